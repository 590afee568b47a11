/*
 * Input: a byte that chooses a plan, two that seed the cuts, a page.  However
 * the page is cut, what comes out is the same, and every step is as the
 * header promises (html_rewriting.h aborts where one is not).
 */

#include "../unit/html_rewriting.h"


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
        || result.limited != whole->limited
        || result.held_most > RECO_HTML_HELD_MAX)
    {
        abort();
    }

    free(result.out);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    void *blocks;
    size_t len, one, at;
    uint64_t seed;
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
    compare(plan, &whole, page, len, rewriting_cut_random, &seed);

    free(whole.out);
    rewriting_free(&blocks);

    return 0;
}
