/*
 * The rewriter: each case is a page and what comes out of it, {0} being the
 * block of the first slot.  Each page is cut at every offset, into single
 * bytes and at random: the output must be the same.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "html_rewriting.h"


typedef struct {
    const char *places; /* "position[*] selector; ..." of slot s, or "" */
    const char *page;
    const char *expected;
} case_t;


static reco_html_position_t
position_of(const char *word)
{
    switch (word[0]) {

    case 'b':
        return RECO_HTML_BEFORE;

    case 'p':
        return RECO_HTML_PREPEND;

    case 'r':
        return RECO_HTML_REPLACE;

    default:
        return word[1] == 'p' ? RECO_HTML_APPEND : RECO_HTML_AFTER;
    }
}


/* Slots s and t; of places, those that begin with "t:" are of the second. */
static reco_html_plan_t *
plan_of(const char *places, const reco_html_memory_t *memory)
{
    char text[1024], *item, *save, *selector;
    unsigned s, t, slot;
    reco_error_t error;
    reco_html_plan_t *plan;

    plan = reco_html_plan_create(memory);
    assert_non_null(plan);
    assert_int_equal(
        reco_html_plan_slot(plan, reco_string("s"), &s, NULL), RECO_OK);
    assert_int_equal(
        reco_html_plan_slot(plan, reco_string("t"), &t, NULL), RECO_OK);

    snprintf(text, sizeof(text), "%s", places);

    for (item = strtok_r(text, ";", &save); item != NULL;
         item = strtok_r(NULL, ";", &save))
    {
        item += strspn(item, " ");
        slot = s;

        if (strncmp(item, "t:", 2) == 0) {
            slot = t;
            item += 2;
        }

        if (strcmp(item, "fallback") == 0) {
            reco_html_plan_fallback(plan, slot);
            continue;
        }

        selector = strchr(item, ' ') + 1;
        error.message[0] = '\0';
        if (reco_html_plan_select(plan, slot,
                (reco_str_t){strlen(selector), selector}, position_of(item),
                selector[-2] == '*', &error)
            != RECO_OK)
        {
            fail_msg("%s: %s", selector, error.message);
        }
    }

    return plan;
}


static void
check_run(const reco_html_plan_t *plan, const case_t *test, const char *how,
    size_t parameter, rewriting_cut_t cut, void *state)
{
    rewriting_t result;

    result = rewriting_run(plan, test->page, strlen(test->page), cut, state);

    if (strcmp(result.out, test->expected) != 0) {
        fail_msg("places: %s\npage: %s\n%s %zu\nout:      %s\nexpected: %s",
            test->places, test->page, how, parameter, result.out,
            test->expected);
    }

    assert_true(result.held_most <= RECO_HTML_HELD_MAX);
    free(result.out);
}


static void
check(const case_t *tests, size_t count)
{
    void *blocks;
    size_t i, at, offset, size;
    uint64_t seed;
    reco_html_memory_t memory;
    reco_html_plan_t *plan;

    for (i = 0; i < count; i++) {
        blocks = NULL;
        memory = (reco_html_memory_t){rewriting_alloc, &blocks};
        plan = plan_of(tests[i].places, &memory);

        check_run(plan, &tests[i], "whole", 0, NULL, NULL);

        size = 1;
        check_run(plan, &tests[i], "pieces of", 1, rewriting_cut_equal, &size);

        for (offset = 0; offset <= strlen(tests[i].page); offset++) {
            at = offset;
            check_run(plan, &tests[i], "cut at", offset, rewriting_cut_at, &at);
        }

        for (offset = 0; offset < 20; offset++) {
            seed = offset;
            check_run(
                plan, &tests[i], "seed", offset, rewriting_cut_random, &seed);
        }

        rewriting_free(&blocks);
    }
}

/* Plain tags are read at speed only where the chunk goes on for a while. */
#define PADDING                                                                \
    "................................................................"         \
    "................................................................"         \
    "................................................................"

#define CHECK(tests) check(tests, sizeof(tests) / sizeof(tests[0]))


static void
markers(void **state)
{
    static const case_t tests[] = {
        {"", "", ""},
        {"", "plain", "plain"},
        {"", "a<!-- reco:s -->b", "a<!-- reco:s -->{0}b"},
        {"", "<!--reco:s-->", "<!--reco:s-->{0}"},
        {"", "<!-- reco:t --><!--\n\treco:s\r\n-->",
            "<!-- reco:t -->{1}<!--\n\treco:s\r\n-->{0}"},
        {"", "<!-- reco:s --><!-- reco:s -->",
            "<!-- reco:s -->{0}<!-- reco:s -->"},
        {"", "<!-- reco:ss --><!-- reco: --><!-- reco:s x --><!-- Reco:s -->",
            "<!-- reco:ss --><!-- reco: --><!-- reco:s x --><!-- Reco:s -->"},
        {"", "<!-- reco:s --!>x", "<!-- reco:s --!>{0}x"},
        {"", "<!-- reco:s --->x", "<!-- reco:s --->x"},
        {"", "<! -- reco:s -->x", "<! -- reco:s -->x"},
        {"", "<!-- reco:s", "<!-- reco:s"},
        {"", "<!-- reco:s --", "<!-- reco:s --"},
        {"", "<p title='<!-- reco:s -->'>", "<p title='<!-- reco:s -->'>"},
        {"", "<script><!-- reco:s --></script>",
            "<script><!-- reco:s --></script>"},
        {"", "<textarea><!-- reco:s --></textarea><!-- reco:s -->",
            "<textarea><!-- reco:s --></textarea><!-- reco:s -->{0}"},
    };

    (void) state;
    CHECK(tests);
}


static void
slots(void **state)
{
    static const case_t tests[] = {
        {"", "<div data-reco-slot=\"&#x73;\"></div>",
            "<div data-reco-slot=\"&#x73;\">{0}</div>"},
        {"", "<div data-reco-slot=\"s\"></div>",
            "<div data-reco-slot=\"s\">{0}</div>"},
        {"", "<div DATA-RECO-SLOT=s>old <b>x</b></div>y",
            "<div DATA-RECO-SLOT=s>{0}</div>y"},
        {"", "<div data-reco-slot='s'><div>old</div></div>y",
            "<div data-reco-slot='s'>{0}</div>y"},
        {"", "<div data-reco-slot='s'><!-- reco:t --></div><!-- reco:t -->",
            "<div data-reco-slot='s'>{0}</div><!-- reco:t -->{1}"},
        {"", "<p><i data-reco-slot=s>old</p>y",
            "<p><i data-reco-slot=s>{0}</p>y"},
        {"", "<div data-reco-slot=s />kept</div>",
            "<div data-reco-slot=s />{0}kept</div>"},
        {"", "<img data-reco-slot=s><b data-reco-slot=s></b>",
            "<img data-reco-slot=s><b data-reco-slot=s>{0}</b>"},
        {"", "<title data-reco-slot=s></title>",
            "<title data-reco-slot=s></title>"},
        {"", "<b data-reco-slot=x>1</b><b data-reco-slot=s>2</b>",
            "<b data-reco-slot=x>1</b><b data-reco-slot=s>{0}</b>"},
        {"", "<b data-reco-slot=x data-reco-slot=s>1</b>",
            "<b data-reco-slot=x data-reco-slot=s>1</b>"},
    };

    (void) state;
    CHECK(tests);
}


static void
positions(void **state)
{
    static const case_t tests[] = {
        {"before #x", "a<b id=x>c</b>d", "a{0}<b id=x>c</b>d"},
        {"prepend #x", "a<b id=x>c</b>d", "a<b id=x>{0}c</b>d"},
        {"append #x", "a<b id=x>c</b>d", "a<b id=x>c{0}</b>d"},
        {"after #x", "a<b id=x>c</b>d", "a<b id=x>c</b>{0}d"},
        {"replace #x", "a<b id=x>c</b>d", "a{0}d"},
        {"before .x", "<p class='a x'><p class=x>",
            "{0}<p class='a x'><p class=x>"},
        {"before* .x", "<p class='a x'><p class=x>",
            "{0}<p class='a x'>{0}<p class=x>"},
        {"after* b", "<b>1<b>2</b></b>", "<b>1<b>2</b>{0}</b>{0}"},
        {"append* b", "<b>1<b>2</b></b>", "<b>1<b>2{0}</b>{0}</b>"},
        {"replace* b", "<b>1<b>2</b></b>-<b>3</b>", "{0}-{0}"},
        {"append img; after img", "<img>x", "<img>{0}x"},
        {"replace img", "<img/>x", "{0}x"},
        {"prepend textarea; before textarea", "<textarea></textarea>",
            "{0}<textarea></textarea>"},
        {"after textarea", "<textarea><b></b></textarea>x",
            "<textarea><b></b></textarea>{0}x"},
        {"replace script", "<script>'<b></b>'</script>x", "{0}x"},
        {"after p", "<div><p>one</div>x", "<div><p>one{0}</div>x"},
        {"append p", "<div><p>one</div>x", "<div><p>one{0}</div>x"},
        {"replace p", "<div><p>one</div>x", "<div>{0}</div>x"},
        {"after p", "<p>one</b>two", "<p>one</b>two{0}"},
        {"replace p", "<p>one", "{0}"},
        {"before b; t:after b", "<b>x</b>y", "{0}<b>x</b>{1}y"},
        {"prepend b; t:prepend b", "<b>x</b>y", "<b>{0}{1}x</b>y"},
        {"replace b; t:replace b", "<b>x</b>y", "{0}{1}y"},
        {"after b; t:after b", "<b>x</b>y", "<b>x</b>{0}{1}y"},
        {"after svg", "<svg><p>x", "<svg>{0}<p>x"},
        {"after svg", "<svg><g/></svg>x", "<svg><g/></svg>{0}x"},
        {"after g", "<svg><g/>y</svg>x", "<svg><g/>{0}y</svg>x"},
        {"before b", "<p <b>", "<p <b>"},
        {"before b", "<title>x</title><b>", "<title>x</title>{0}<b>"},
        {"before b", "<b", "<b"},
        {"append p", "<p>x<b", "<p>x<b"},
        {"after p", "<p></></p>x" PADDING, "<p></></p>{0}x" PADDING},
    };

    (void) state;
    CHECK(tests);
}


#define REPEAT_10(s)  s s s s s s s s s s
#define REPEAT_400(s) REPEAT_10(REPEAT_10(s s s s))

/* A tag that is too long to be held until it is complete. */
static void
long_tags(void **state)
{
    static const case_t tests[] = {
        /* one that nobody asked for says nothing about the next one */
        {"before #x",
            "<a class=y title='" REPEAT_400("long") "'>a</a><b id=x>b</b>",
            "<a class=y title='" REPEAT_400("long") "'>a</a>{0}<b id=x>b</b>"},
        {"replace #x",
            "<a class=y title='" REPEAT_400("long") "'>a</a><b id=x>b</b>c",
            "<a class=y title='" REPEAT_400("long") "'>a</a>{0}c"},
        {"before #x", "<b id=x title='" REPEAT_400("long") "'>b</b>",
            "{0}<b id=x title='" REPEAT_400("long") "'>b</b>"},
        /* what is replaced from a tag on that is not complete has an end */
        {"replace #x", "<b id=x title='" REPEAT_400("long") "'>b</b>c", "{0}c"},
        {"replace b", "<b title='" REPEAT_400("long") "'><p>b</b>c", "{0}c"},
        {"before #x; t:after #x",
            "<b title='" REPEAT_400("long") "' id=x>b</b>",
            "<b title='" REPEAT_400("long") "' id=x>b</b>{1}"},
    };

    (void) state;
    CHECK(tests);
}


/* HTML within SVG: what is skimmed there is read once. */
static void
html_in_svg(void **state)
{
    static const case_t tests[] = {
        {"after .x",
            "<b class=x><svg><title><b>t</b></title></svg></b>y" PADDING,
            "<b class=x><svg><title><b>t</b></title></svg></b>{0}y" PADDING},
        {"replace .x",
            "<b class=x><svg><desc><b>t</b></desc></svg>z</b>y" PADDING,
            "{0}y" PADDING},
        {"append .x",
            "<p class=x><svg><foreignObject><p>t</p></foreignObject></svg>" PADDING
            "</p>y" PADDING,
            "<p class=x><svg><foreignObject><p>t</p></foreignObject></svg>" PADDING
            "{0}</p>y" PADDING},
    };

    (void) state;
    CHECK(tests);
}


/* A place that a limit hides is told. */
static void
late_attribute_is_a_limit(void **state)
{
    static const char page[] =
        "<b title='" REPEAT_400("long") "' id=x>b</b><b id=y>b</b>";

    void *blocks;
    size_t one;
    unsigned limited, whole;
    rewriting_t result;
    reco_html_memory_t memory;
    reco_html_plan_t *plan;

    (void) state;
    blocks = NULL;
    memory = (reco_html_memory_t){rewriting_alloc, &blocks};
    one = 1;

    plan = plan_of("before #x", &memory);
    result = rewriting_run(plan, page, strlen(page), NULL, NULL);
    whole = (unsigned) result.limited;
    free(result.out);
    result = rewriting_run(plan, page, strlen(page), rewriting_cut_equal, &one);
    limited = (unsigned) result.limited;
    assert_string_equal(result.out, page);
    free(result.out);
    assert_true(whole && limited);

    plan = plan_of("before #y", &memory);
    result = rewriting_run(plan, page, strlen(page), NULL, NULL);
    assert_false(result.limited);
    free(result.out);

    rewriting_free(&blocks);
}


/* Attributes without a value are compared like empty ones. */
static void
absent_values(void **state)
{
    static const case_t tests[] = {
        {"before [id^=x]", "<b id><b id=x>", "<b id>{0}<b id=x>"},
        {"before [id='']", "<b id=x><b id>", "<b id=x>{0}<b id>"},
        {"before [class~=x]", "<b class><b class=''><b class=x>",
            "<b class><b class=''>{0}<b class=x>"},
    };

    (void) state;
    CHECK(tests);
}


static void
fallbacks(void **state)
{
    static const case_t tests[] = {
        {"fallback", "<body>x</body></html>", "<body>x{0}</body></html>"},
        {"fallback; t:fallback", "x</body>", "x{0}{1}</body>"},
        {"fallback", "x</body>y</body>", "x{0}</body>y</body>"},
        {"fallback", "<script>'</body>'</script>x",
            "<script>'</body>'</script>x{0}"},
        {"fallback", "<!-- reco:s -->x</body>", "<!-- reco:s -->{0}x</body>"},
        {"fallback", "<!-- </body> -->", "<!-- </body> -->{0}"},
        {"fallback", "<!-- ", "<!-- "},
        {"fallback", "", "{0}"},
        {"fallback; t:append body", "<body>x</body>", "<body>x{0}{1}</body>"},
        {"fallback; t:append p", "<body><p>x</body>",
            "<body><p>x{1}{0}</body>"},
        {"fallback; t:after body", "<body>x</body>y", "<body>x{0}</body>{1}y"},
    };

    (void) state;
    CHECK(tests);
}


/* XHTML as its readers have it: what is empty there opens nothing. */
static void
xml(void **state)
{
    static const case_t tests[] = {
        {"",
            "<?xml version=\"1.0\"?><html><head><script src=\"x\"/></head>"
            "<body><!-- reco:s --></body></html>",
            "<?xml version=\"1.0\"?><html><head><script src=\"x\"/></head>"
            "<body><!-- reco:s -->{0}</body></html>"},
        {"", "<title/><style/><textarea/><iframe/><!-- reco:s -->",
            "<title/><style/><textarea/><iframe/><!-- reco:s -->{0}"},
        {"", "<![CDATA[<!-- reco:s --> ]] > ]]><!-- reco:s -->",
            "<![CDATA[<!-- reco:s --> ]] > ]]><!-- reco:s -->{0}"},
        {"", "<p><![CDATA[<!-- reco:s -->]]></p><!-- reco:s -->",
            "<p><![CDATA[<!-- reco:s -->]]></p><!-- reco:s -->{0}"},
        {"",
            "<script>//<![CDATA[\n'<!-- reco:s -->'\n//]]></script>"
            "<!-- reco:s -->",
            "<script>//<![CDATA[\n'<!-- reco:s -->'\n//]]></script>"
            "<!-- reco:s -->{0}"},
        {"append #i; t:after #j", "<div id='i'><a/><br/><b id='j'/>x</div>y",
            "<div id='i'><a/><br/><b id='j'/>{1}x{0}</div>y"},
        {"after #i", "<div id='i'/>x<p>y</p>", "<div id='i'/>{0}x<p>y</p>"},
        {"append #i", "<svg><p id='i'><g/></p></svg></p>",
            "<svg><p id='i'><g/>{0}</p></svg></p>"},
        {"after #i", "<svg><g id='i'><p/></g></svg>",
            "<svg><g id='i'><p/></g>{0}</svg>"},
        {"replace #i", "<table id='i'/><td id='i'/>", "{0}<td id='i'/>"},
        {"prepend div > p", "<div><br/><p/><p>x</p></div>",
            "<div><br/><p/><p>{0}x</p></div>"},
        {"", "<div data-reco-slot='s'/><div data-reco-slot='s'>x</div>",
            "<div data-reco-slot='s'/><div data-reco-slot='s'>{0}</div>"},
        {"fallback", "<body><script/></body>", "<body><script/>{0}</body>"},
    };

    (void) state;
    rewriting_xml = 1;
    CHECK(tests);
    rewriting_xml = 0;
}


/* Bytes that are no ASCII hold no place. */
static void
charsets(void **state)
{
    static const case_t tests[] = {
        {"", "<meta charset=ISO-2022-JP><!-- reco:s -->",
            "<meta charset=ISO-2022-JP><!-- reco:s -->"},
        {"fallback; before p; after* b",
            "<meta http-equiv=content-type content='text/html; charset=utf-7'>"
            "<p><b>x</b></p></body>",
            "<meta http-equiv=content-type content='text/html; charset=utf-7'>"
            "<p><b>x</b></p></body>"},
        {"", "<meta charset=shift_jis><!-- reco:s -->",
            "<meta charset=shift_jis><!-- reco:s -->{0}"},
        {"", "<meta charset=utf-8><meta charset=iso-2022-jp><!-- reco:s -->",
            "<meta charset=utf-8><meta charset=iso-2022-jp>"
            "<!-- reco:s -->{0}"},

        /* what could not have been read, were it true */

        {"", "<meta charset=utf-16><!-- reco:s -->",
            "<meta charset=utf-16><!-- reco:s -->{0}"},
        {"", "<meta charset=unicode><!-- reco:s -->",
            "<meta charset=unicode><!-- reco:s -->{0}"},

        {"", "<title><meta charset=iso-2022-jp></title><!-- reco:s -->",
            "<title><meta charset=iso-2022-jp></title><!-- reco:s -->{0}"},
    };

    (void) state;
    CHECK(tests);
}


/* A <meta> that begins in the span where it counts may end behind it. */
static void
charset_at_the_end(void **state)
{
    char page[RECO_HTML_CHARSET_SPAN + 64], expected[sizeof(page) + 4];
    int blank;
    unsigned before;
    case_t test;

    (void) state;

    for (before = 0; before < 3; before++) {
        blank = RECO_HTML_CHARSET_SPAN - 2 + (int) before;
        snprintf(page, sizeof(page), "%*s<meta charset=utf-7><!-- reco:s -->",
            blank, "");
        snprintf(expected, sizeof(expected), "%s%s", page,
            blank >= RECO_HTML_CHARSET_SPAN ? "{0}" : "");
        test = (case_t){"", page, expected};
        check(&test, 1);
    }
}


/* What the header says comes before what the page says. */
static void
header_charset(void **state)
{
    static const char page[] = "<meta charset=iso-2022-jp><!-- reco:s -->";

    void *blocks;
    size_t pos;
    unsigned i, inserted;
    reco_html_step_t step;
    reco_html_memory_t memory;
    reco_html_rewriter_t *rewriter;

    (void) state;

    for (i = 0; i < 2; i++) {
        blocks = NULL;
        memory = (reco_html_memory_t){rewriting_alloc, &blocks};
        rewriter = reco_html_rewriter_create(plan_of("", &memory), &memory);
        reco_html_rewriter_header_charset(rewriter,
            i == 0 ? reco_string("utf-8") : reco_string("iso-2022-jp"));
        inserted = 0;
        pos = 0;

        while (reco_html_rewriter_feed(
                   rewriter, page, strlen(page), 1, &pos, &step)
               == RECO_OK)
        {
            inserted += step.action == RECO_HTML_INSERT;
        }

        assert_int_equal(inserted, i == 0);
        rewriting_free(&blocks);
    }
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(markers),
        cmocka_unit_test(slots),
        cmocka_unit_test(positions),
        cmocka_unit_test(long_tags),
        cmocka_unit_test(html_in_svg),
        cmocka_unit_test(late_attribute_is_a_limit),
        cmocka_unit_test(absent_values),
        cmocka_unit_test(fallbacks),
        cmocka_unit_test(xml),
        cmocka_unit_test(charsets),
        cmocka_unit_test(charset_at_the_end),
        cmocka_unit_test(header_charset),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
