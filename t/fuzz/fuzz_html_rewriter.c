/*
 * Input: a byte that chooses a plan, two that seed the cuts, a page.  However
 * the page is cut, what comes out is the same, and every step is as the
 * header promises (html_rewriting.h aborts where one is not).  So it is where
 * passages of it are known, for which the page is repeated in a longer one.
 */

#include "../unit/html_rewriting.h"


/* Of a page that is known in part: two passages at least. */
#define LONG 8192

/* Bytes of a piece of it, at least. */
#define PIECE 64


typedef struct {
    reco_html_position_t position;
    int all;
    const char *selector;
} place_t;


static const place_t plans[][6] = {
    {{0}},
    {{RECO_HTML_BEFORE, 0, "#x"}, {RECO_HTML_AFTER, 1, "b"}},
    {{RECO_HTML_PREPEND, 1, ".a"}, {RECO_HTML_APPEND, 1, "div"}},
    {{RECO_HTML_REPLACE, 1, "b, [href^='/']"}, {RECO_HTML_AFTER, 0, "p"}},
    {{RECO_HTML_BEFORE, 1, "div > b"}, {RECO_HTML_AFTER, 1, "div b"}},
    {{RECO_HTML_REPLACE, 0, "svg"}, {RECO_HTML_APPEND, 1, "svg, g, math"}},
    {{RECO_HTML_BEFORE, 1, "*"}, {RECO_HTML_PREPEND, 1, "*"},
        {RECO_HTML_APPEND, 1, "*"}, {RECO_HTML_AFTER, 1, "*"}},
    {{RECO_HTML_REPLACE, 1, "[class~=a i]"}, {RECO_HTML_BEFORE, 1, "[id]"},
        {RECO_HTML_AFTER, 1, "p [id$=x]"}},
    {{RECO_HTML_REPLACE, 1, "script, textarea, title"},
        {RECO_HTML_AFTER, 1, "script"}},
};

#define PLANS (sizeof(plans) / sizeof(plans[0]))


static reco_html_plan_t *
make_plan(uint8_t choice, const reco_html_memory_t *memory)
{
    unsigned s, t, i;
    const place_t *place;
    reco_html_plan_t *plan;

    plan = reco_html_plan_create(memory);

    if (reco_html_plan_slot(plan, reco_string("s"), &s, NULL) != RECO_OK
        || reco_html_plan_slot(plan, reco_string("t"), &t, NULL) != RECO_OK)
    {
        abort();
    }

    for (i = 0; i < 6; i++) {
        place = &plans[choice % PLANS][i];
        if (place->selector != NULL
            && reco_html_plan_select(plan, i % 2,
                   (reco_str_t){strlen(place->selector), place->selector},
                   place->position, place->all, NULL)
                   != RECO_OK)
        {
            abort();
        }
    }

    if (choice / PLANS % 2 != 0) {
        reco_html_plan_fallback(plan, s);
        reco_html_plan_fallback(plan, t);
    }

    return plan;
}


static void
compare(const reco_html_plan_t *plan, const rewriting_t *whole,
    const char *page, size_t len, rewriting_cut_t cut, void *state)
{
    rewriting_t result;

    result = rewriting_run(plan, page, len, cut, state);

    if (result.out_len != whole->out_len
        || memcmp(result.out, whole->out, whole->out_len) != 0
        || result.limited != whole->limited || result.charset != whole->charset
        || result.held_most > RECO_HTML_HELD_MAX)
    {
        abort();
    }

    free(result.out);
}


/* The page over and over. */
static void
compare_known(
    const reco_html_plan_t *plan, const char *page, size_t len, uint64_t seed)
{
    static char repeated[LONG];

    void *blocks;
    size_t at, size;
    uint64_t state;
    rewriting_t whole;
    reco_html_memory_t memory;
    reco_html_passages_t *passages;

    if (len == 0 || len > LONG / 4) {
        return;
    }

    for (at = 0; at + len <= LONG; at += len) {
        memcpy(repeated + at, page, len);
    }

    blocks = NULL;
    memory = (reco_html_memory_t){rewriting_alloc, &blocks};
    whole = rewriting_run(plan, repeated, at, NULL, NULL);

    rewriting_passages = reco_html_passages_create(0, &memory);
    size = PIECE + seed % LONG;
    state = seed;

    compare(plan, &whole, repeated, at, rewriting_cut_equal, &size);
    compare(plan, &whole, repeated, at, rewriting_cut_random, &state);
    compare(plan, &whole, repeated, at, NULL, NULL);
    free(whole.out);

    /* and where it ends within what is known */

    at -= seed % len;
    passages = rewriting_passages;
    rewriting_passages = NULL;
    whole = rewriting_run(plan, repeated, at, NULL, NULL);
    rewriting_passages = passages;
    compare(plan, &whole, repeated, at, rewriting_cut_equal, &size);
    free(whole.out);

    rewriting_passages = NULL;
    rewriting_free(&blocks);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    void *blocks;
    size_t len, one, at;
    uint64_t seed, state;
    const char *page;
    rewriting_t whole;
    reco_html_memory_t memory;
    reco_html_plan_t *plan;

    if (size < 3) {
        return 0;
    }

    blocks = NULL;
    memory = (reco_html_memory_t){rewriting_alloc, &blocks};
    plan = make_plan(data[0], &memory);
    page = (const char *) data + 3;
    len = size - 3;
    one = 1;
    seed = (uint64_t) data[1] << 8 | data[2];
    at = len != 0 ? seed % len : 0;

    rewriting_xml = data[0] / PLANS / 2 % 2;
    whole = rewriting_run(plan, page, len, NULL, NULL);
    compare(plan, &whole, page, len, rewriting_cut_equal, &one);
    compare(plan, &whole, page, len, rewriting_cut_at, &at);
    state = seed;
    compare(plan, &whole, page, len, rewriting_cut_random, &state);
    compare_known(plan, page, len, seed);

    free(whole.out);
    rewriting_free(&blocks);

    return 0;
}
