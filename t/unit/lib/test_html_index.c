/*
 * Reading at speed: what is indexed 64 bytes at a time, by each instruction
 * set, is read as the tokenizer reads it byte by byte.  Pages are made of
 * seeds, of tags as usual and of what is next to it.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "html/reco_html_rewriter.h"
#include "html/reco_html_scan.h"
#include "html_rewriting.h"

#define PAGE_MAX 12000
#define PAGES    1500


typedef struct {
    const char *places[6]; /* "position selector" */
} plan_t;


static const plan_t plans[] = {
    {{NULL}},
    {{"a #no-such, div.no-such > p", "b main .no-such"}},
    {{"b* .card", "a [data-new]", "r* li[title='x>y'] em"}},
    {{"b* #i", "p* div p", "a* [class='a&b']"}},
    {{"p* *"}},
    {{"a .one, .two, .three, .four, .five, .six, .seven, .eight, .nine"}},
};

#define PLANS (sizeof(plans) / sizeof(plans[0]))


typedef struct {
    uint64_t state;
} random_t;


static unsigned
draw(random_t *random, unsigned below)
{
    random->state =
        random->state * UINT64_C(6364136223846793005) + 1442695040888963407;

    return (unsigned) ((random->state >> 33) % below);
}


static const char *const names[] = {"a", "p", "li", "ul", "div", "em", "span",
    "h1", "section", "b", "x-y", "main", "tr", "td", "figcaption", "fieldset"};

static const char *const voids[] = {
    "br", "img", "input", "meta", "link", "hr", "br/", "wbr"};

static const char *const attributes[] = {" class=\"card\"", " href='/p/1'",
    " title=\"x>y\"", " id=i", " alt=\"\"", " data-gtm='{\"a\":\"b\"}'",
    " checked", " title=\"it's\"", "\n class = \"card\"", " src=\"a?b=\"",
    " href=\"/?a=1&amp;b=2\"", " class='a&amp;b'", " data-new", "/",
    " width=\"1\"", " x=y=\"z", " a\"b=\"c\"", " =\"x\"", " data-reco-slot=t",
    " title='<b>'", " style=\"a: b\"", "\tclass=\"a card b\"", " a= 'b'",
    " CLASS=\"card\"", " a=b'c'", " a='\"' b=\"'\""};

static const char *const texts[] = {"text", " it's ", " a > b ", "\n",
    " a < b ", "&amp;", " \"quoted\" ", "=", "1 = 2", "class=\"card\"", "reco"};

static const char *const hostile[] = {"<", ">", "\"", "'", "=", "/", "</", "<!",
    "<!-- x -->", "<!-- > -->", "<!-- x -> y -->", "<!-- it's -->", "<!-->",
    "<!--->", "<!---->", "<!-- reco:none -->", "<!--reco:s-->", "<!x>", "<?x?>",
    "</ x>", "</>", "<>", "< b>", "<1>", "<svg>", "</svg>", "<svg/>",
    "<math><mi>", "</math>", "<foreignObject>", "<![CDATA[ <b> ]]>",
    "<script>if (a<b && c>d) '<p>'", "</script>", "<style>", "</style>",
    "<title>", "</title>", "<textarea>", "</textarea>", "<plaintexts>", "<DIV>",
    "</Div>", "<p\v>", "<p\f>", "<p\x01>", "</p\x01>", "<a\"b=\"c>",
    "<br></br>", "</br>", "</p>", "<p><p><p><p><p><p>", "\xc3\xa9",
    "<\xc3\xa9>", "<a =\"'>\" b='>'>", "<a b=\"x> <script> \">",
    "<a b=\"c\"d=\"e>f\">", "<a b='c\"d>e'>", "<a b= '><b><c d=\"'\">",
    "<a ='><b c=\"'\">", "<a =\"='\"><b><i>'>", "<i j='k'><a =\"=\"><b>\">",
    "<svg><foreignObject><div></div><![CDATA[>]]<b>]]>", "<body>", "</body>",
    "</html>"};

#define PICK(random, list)                                                     \
    ((list)[draw(random, sizeof(list) / sizeof((list)[0]))])


typedef struct {
    char *data;
    size_t len;
} page_t;


static void
put(page_t *page, const char *text)
{
    size_t len;

    len = strlen(text);

    if (page->len + len <= PAGE_MAX) {
        memcpy(page->data + page->len, text, len);
        page->len += len;
    }
}


/* What makes a tag longer than some limit. */
static void
put_long(page_t *page, random_t *random)
{
    unsigned i;
    const char *quote;

    quote = draw(random, 2) ? "\"" : "";
    put(page, *quote ? " class=\"" : " ");

    for (i = draw(random, 3000); i != 0; i--) {
        put(page, draw(random, 4) != 0 ? " " : "x");
    }

    put(page, quote);
}


static void
put_start_tag(page_t *page, random_t *random, const char *name, unsigned odd)
{
    unsigned i, count;

    put(page, "<");
    put(page, name);

    count = name[0] == 'b' ? draw(random, 20) == 0 : draw(random, 4);

    for (i = 0; i < count; i++) {
        /* The first few are as usual. */
        put(page, draw(random, 100) < odd ? PICK(random, attributes)
                                          : attributes[draw(random, 2)]);
    }

    if (draw(random, 500) < odd) {
        put_long(page, random);
    }

    put(page, ">");
}


/* Puts characters that mean something where others were. */
static void
damage(page_t *page, random_t *random, unsigned times)
{
    static const char characters[] = "<>\"'=/ \n!-aA&";

    while (times-- != 0 && page->len != 0) {
        page->data[draw(random, (unsigned) page->len)] =
            characters[draw(random, sizeof(characters) - 1)];
    }
}


/* odd: how much of it in a hundred is not as usual. */
static void
make_page(page_t *page, random_t *random, unsigned odd)
{
    const char *open[PAGE_MAX / 3];
    unsigned depth, choices;
    size_t max;

    page->len = 0;
    depth = 0;
    max = draw(random, PAGE_MAX);

    /* Some get deeper and deeper. */
    choices = draw(random, 8) == 0 ? 2 : 5;

    while (page->len < max) {
        if (draw(random, 100) < odd) {
            put(page, PICK(random, hostile));
        }

        switch (draw(random, choices)) {

        case 0:
        case 1:
            open[depth] = choices == 5 ? PICK(random, names) : "b";
            put_start_tag(page, random, open[depth++], odd);
            break;

        case 2:
        case 3:
            if (depth != 0) {
                put(page, "</");
                put(page, open[--depth]);
                if (draw(random, 500) < odd) {
                    put_long(page, random);
                }
                put(page, ">");
            }
            break;

        default:
            put(page, PICK(random, texts));
            if (draw(random, 3) == 0) {
                put_start_tag(page, random, PICK(random, voids), odd);
            }
        }
    }

    damage(page, random, draw(random, 4 + odd));
}


static reco_html_plan_t *
make_plan(const plan_t *of, const reco_html_memory_t *memory)
{
    unsigned i, none, s, t;
    const char *selector;
    reco_html_plan_t *plan;

    static const char letters[] = "bpa r";

    plan = reco_html_plan_create(memory);
    reco_html_plan_slot(plan, reco_string("never"), &none, NULL);
    reco_html_plan_slot(plan, reco_string("s"), &s, NULL);
    reco_html_plan_slot(plan, reco_string("t"), &t, NULL);

    for (i = 0; i < 6 && of->places[i] != NULL; i++) {
        selector = strchr(of->places[i], ' ') + 1;
        assert_int_equal(
            reco_html_plan_select(plan, s,
                (reco_str_t){strlen(selector), selector},
                (reco_html_position_t) (strchr(letters, of->places[i][0])
                                        - letters),
                selector[-2] == '*', NULL),
            RECO_OK);
    }

    return plan;
}


/* A page that was read: what came out, blocks as one byte, and the reader. */
typedef struct {
    void *blocks;
    reco_html_rewriter_t *rewriter;
    char *out;
    size_t out_len;
} run_t;


static void
feed(run_t *run, const char *chunk, size_t len, int last)
{
    size_t pos;
    char *copy;
    reco_html_step_t step;

    /* A copy of its own, so that a sanitizer sees its bounds. */
    copy = malloc(len != 0 ? len : 1);
    memcpy(copy, chunk, len);
    pos = 0;

    while (reco_html_rewriter_feed(run->rewriter, copy, len, last, &pos, &step)
           == RECO_OK)
    {
        if (step.action == RECO_HTML_INSERT) {
            run->out[run->out_len++] = (char) (1 + step.slot);

        } else if (step.action == RECO_HTML_PASS) {
            memcpy(run->out + run->out_len, step.text.data, step.text.len);
            run->out_len += step.text.len;
        }
    }

    free(copy);
}


/* Reads a page in pieces of up to so many bytes; without kernels, if NULL. */
static void
read_page(run_t *run, const reco_html_plan_t *plan, const page_t *page,
    unsigned piece, const reco_html_kernels_t *kernels, random_t *random)
{
    size_t at, len;
    reco_html_memory_t memory;

    run->blocks = NULL;
    memory = (reco_html_memory_t){rewriting_alloc, &run->blocks};
    run->rewriter = reco_html_rewriter_create(plan, &memory);
    run->rewriter->parser.kernels = kernels;
    run->out = malloc((size_t) PAGE_MAX * 8);
    run->out_len = 0;

    for (at = 0; at < page->len; at += len) {
        len = 1 + draw(random, piece);
        len = len < page->len - at ? len : page->len - at;
        feed(run, page->data + at, len, 0);
    }
}


static void
done(run_t *run)
{
    rewriting_free(&run->blocks);
    free(run->out);
}


/* Where the reader stands: in which state, in which elements. */
static void
compare_places(const reco_html_parser_t *got, const reco_html_parser_t *parser)
{
    unsigned depth;

    depth = parser->tree.depth;

    assert_int_equal(got->tokenizer.state, parser->tokenizer.state);
    assert_int_equal(got->tokenizer.cdata, parser->tokenizer.cdata);
    assert_int_equal(got->lost, parser->lost);
    assert_int_equal(got->tree.depth, depth);
    assert_memory_equal(
        got->tree.names, parser->tree.names, depth * sizeof(uint64_t));
    assert_memory_equal(got->tree.spaces, parser->tree.spaces, depth);

    if (parser->tree.matches != NULL) {
        assert_memory_equal(got->tree.matches, parser->tree.matches,
            depth * sizeof(reco_html_matches_t));
    }
}


static void
compare_outcomes(run_t *got, const run_t *expected)
{
    feed(got, "", 0, 1);

    assert_int_equal(got->out_len, expected->out_len);
    assert_memory_equal(got->out, expected->out, expected->out_len);
    assert_int_equal(got->rewriter->limited, expected->rewriter->limited);
    assert_int_equal(got->rewriter->filled, expected->rewriter->filled);
    assert_int_equal(
        got->rewriter->sniffer.charset, expected->rewriter->sniffer.charset);
}


static void
compare_page(const reco_html_plan_t *plan, const page_t *page, random_t *random)
{
    run_t place, outcome, got;
    unsigned i, k;
    const reco_html_kernels_t *kernels;

    static const unsigned pieces[] = {PAGE_MAX * 2, 4096, 700};

    read_page(&place, plan, page, 1, NULL, random);
    read_page(&outcome, plan, page, 1, NULL, random);
    feed(&outcome, "", 0, 1);

    for (k = 0; (kernels = reco_html_kernels_at(k)) != NULL; k++) {
        for (i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
            read_page(&got, plan, page, pieces[i], kernels, random);
            compare_places(&got.rewriter->parser, &place.rewriter->parser);
            compare_outcomes(&got, &outcome);
            done(&got);
        }
    }

    done(&place);
    done(&outcome);
}


/* What an entry says, held to what the tokenizer reads from its '<' on. */
static void
check_entry(const reco_html_index_t *index, unsigned i, const char *end)
{
    const char *tag, *next;
    reco_html_kind_t kind;
    reco_html_token_t token;
    reco_html_tokenizer_t tokenizer;
    reco_html_attributes_t attributes;

    tag = index->base + index->tags[i];
    next =
        i + 1 < index->count ? index->base + index->tags[i + 1] : index->resume;
    assert_int_equal(*tag, '<');
    assert_true(next <= end);

    if (index->effects[i] & RECO_HTML_EFFECT_OTHER) {
        if (!reco_html_is_alpha(tag[1])
            && !(tag[1] == '/' && reco_html_is_alpha(tag[2])))
        {
            return;
        }
    }

    reco_html_attributes_init(&attributes);
    reco_html_tokenizer_init(&tokenizer, &attributes);
    reco_html_tokenizer_feed(&tokenizer, tag, (size_t) (next - tag));
    token = reco_html_tokenizer_next(&tokenizer);

    assert_int_equal(
        token, tag[1] == '/' ? RECO_HTML_TOKEN_END : RECO_HTML_TOKEN_START);
    assert_null(memchr(tokenizer.p, '<', (size_t) (next - tokenizer.p)));

    if (!(index->effects[i] & RECO_HTML_EFFECT_OTHER)) {
        kind = reco_html_tag_kind(tokenizer.tag.name);
        assert_true(index->names[i] == tokenizer.tag.name);
        assert_int_equal(index->effects[i],
            (kind & RECO_HTML_KIND_VOID) * RECO_HTML_EFFECT_VOID
                | (tag[1] == '/') * RECO_HTML_EFFECT_END);
        assert_true((kind & ~RECO_HTML_KIND_VOID_BREAKOUT) == 0);
    }
}


/* The instruction sets find the same; of an entry that is for others the name
   does not count. */
static void
compare_indexes(const reco_html_index_t *a, const reco_html_index_t *b)
{
    unsigned i, other;

    assert_int_equal(a->count, b->count);
    assert_ptr_equal(a->resume, b->resume);
    assert_ptr_equal(a->plain, b->plain);
    assert_memory_equal(a->tags, b->tags, a->count * sizeof(a->tags[0]));

    for (i = 0; i < a->count; i++) {
        other = a->effects[i] & RECO_HTML_EFFECT_OTHER;
        assert_int_equal(other, b->effects[i] & RECO_HTML_EFFECT_OTHER);
        assert_true(other || a->effects[i] == b->effects[i]);
        assert_true(other || a->names[i] == b->names[i]);
    }
}


static void
indexes_right(void **state)
{
    char *begin;
    size_t blocks, entries;
    page_t page;
    unsigned seed, i, k;
    random_t random;
    reco_html_index_t first, index;
    const reco_html_kernels_t *kernels;

    (void) state;
    page.data = malloc(PAGE_MAX);
    entries = 0;

    for (seed = 0; seed < 10 * PAGES; seed++) {
        random.state = seed;
        make_page(&page, &random, seed % 5 * (seed % 5));
        begin = memchr(page.data, '<', page.len);
        if (begin == NULL
            || page.len - (size_t) (begin - page.data)
                   < RECO_HTML_INDEX_BLOCK + RECO_HTML_INDEX_MARGIN)
        {
            continue;
        }

        blocks =
            (page.len - (size_t) (begin - page.data) - RECO_HTML_INDEX_MARGIN)
            / RECO_HTML_INDEX_BLOCK;
        memset(&first, 0, sizeof(first));

        for (k = 0; (kernels = reco_html_kernels_at(k)) != NULL; k++) {
            memset(&index, 0, sizeof(index));
            kernels->scan(
                &index, begin, (unsigned) (blocks < 64 ? blocks : 64));

            if (k == 0) {
                first = index;
                entries += index.count;
                for (i = 0; i < index.count; i++) {
                    check_entry(&index, i, page.data + page.len);
                }
            }

            compare_indexes(&index, &first);
        }
    }

    /* Else this would be a test of little. */
    assert_true(!reco_html_kernels_at(0) || entries > 10 * PAGES);
    free(page.data);
}


static void
reads_alike(void **state)
{
    void *blocks;
    page_t page;
    unsigned seed;
    random_t random;
    reco_html_memory_t memory;

    (void) state;
    blocks = NULL;
    memory = (reco_html_memory_t){rewriting_alloc, &blocks};
    page.data = malloc(PAGE_MAX);

    for (seed = 0; seed < PAGES; seed++) {
        random.state = seed;
        make_page(&page, &random, seed / PLANS % 6 * (seed / PLANS % 6));
        compare_page(make_plan(&plans[seed % PLANS], &memory), &page, &random);
    }

    rewriting_free(&blocks);
    free(page.data);
}


/* What looks regular and is not, or is and looks odd: each at every place of a
   block, within a page as usual, so that it is indexed where it can be. */
static void
reads_snippets(void **state)
{
    void *blocks;
    page_t page;
    unsigned i, shift, filled;
    random_t random;
    reco_html_memory_t memory;

    static const char *const snippets[] = {
        /* Out of HTML again, by an end tag. */
        "<svg><foreignObject><div></div></foreignObject><g><p></p></g>",
        "<svg><foreignObject><div></div></foreignObject><g><a></a><b>",
        "<math><mi><b></b></mi><mo></mo><li>",
        "<svg><desc><p></p></desc><g></g></svg><p>",
        /* A quote after '=' within a value of the other quotes, or its end. */
        "<a b='=\"' c='x'><p></p><i d='\"'>",
        "<a b=\"='\" c='x'><p></p><i d=\"'\">",
        "<a b='=' c='=\"x' d='\"><p>'></p>",
        "<a b='x='c='><p>'></p>",
        "<a b=\"x=\"c='><p>' d=\"y\"></p>",
        "<a b='x=\"y' c=\"'><p>\"></p>",
        "<a b=\"x='y\" c='\"><p>'></p>",
        "<a b=\"x='\" c=\"y\"><p d=\"'\"></p>",
        "<a b='\"=' c='=\"'><p d=\"'\"></p>",
        "<a b='='><p c='d'></p>",
        "<a b='=\"' c='x\" ><p d='y'>",
        "<a b=\"='\" c=\"x' ><p d=\"y\">",
        "<a b='' c=\"\" d='\"\"' e=\"''\"><p></p>",
    };

    (void) state;
    blocks = NULL;
    memory = (reco_html_memory_t){rewriting_alloc, &blocks};
    page.data = malloc(PAGE_MAX);
    random.state = 1;

    for (i = 0; i < sizeof(snippets) / sizeof(snippets[0]); i++) {
        for (shift = 0; shift < RECO_HTML_INDEX_BLOCK; shift++) {
            page.len = 0;

            for (filled = 0; filled < 30; filled++) {
                put(&page, "<li><b class=\"card\">text</b></li>");
                if (filled == 15) {
                    memset(page.data + page.len, '.', shift);
                    page.len += shift;
                    put(&page, snippets[i]);
                }
            }

            /* As many tags as that are indexed where none is wanted. */
            compare_page(make_plan(&plans[0], &memory), &page, &random);
        }
    }

    rewriting_free(&blocks);
    free(page.data);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(indexes_right),
        cmocka_unit_test(reads_alike),
        cmocka_unit_test(reads_snippets),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
