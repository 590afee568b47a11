/*
 * Passages that are known: pages come out as if each byte had been read,
 * however they are made, changed and cut, and what they have in common is not
 * read again.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "html_rewriting.h"

#define PAGE_MAX   (64 * 1024)
#define PIECES_MAX 1024


/* What pages are made of: most of it closes what it opens. */
static const char *const pieces[] = {
    "<li class=\"card\"><a href=\"/product/%u\"><img src=\"/%u.jpg\"></a></li>\n",
    "<p>Soft cotton, made to last. <em>New</em> in %u &amp; in stock.</p>\n",
    "<div id=\"d%u\" class='tile a'><span title='<b>'>Product %u</span></div>",
    "<script>var a%u = \"</div><!-- reco:s -->\";</script>",
    "<script><!-- <script> %u </script> --></script>",
    "<!-- reco:nobody%u --><!-- <p> -->",
    "<textarea><b class=a></textarea><style>a > b { x: '%u' }</style>",
    "<svg viewBox=\"0 0 %u 9\"><path d=\"M0\"/><title><b>t</b></title></svg>",
    "<div data-reco-slot=\"u%u\">x</div><b data-id=%u>y</b>",
    "<ul><li>one %u<li>two</ul>",
    "text without a tag, %u times, and more of it, up to where the next begins ",
    "<math><mi>x</mi><annotation-xml><p>%u</annotation-xml></math>",
    "<section><h2 class=\"b a\">Heading %u</h2><div><div><p>deep</p></div></div>"
    "</section>",
    "<table><tr><td>%u</td></tr></table>",
};

/* What changes how the rest is read, or takes a block. */
static const char *const seldom[] = {
    "<div>",
    "</div>",
    "<script>",
    "</script>",
    "<!-- ",
    " -->",
    "<svg>",
    "</svg>",
    "<b title=\"",
    "\">",
    "<!-- reco:s -->",
    "<!-- reco:t -->",
    "<div data-reco-slot=s>here</div>",
    "<p id=x>the place</p>",
    "<textarea>",
    "</textarea>",
    "<plaintext>",
    "</body>",
    "<![CDATA[",
    "<",
};

/* What they begin with, which may tell the character set. */
static const char *const begins[] = {
    "",
    "<!DOCTYPE html><meta charset=utf-8><title>A</title>",
    "<!DOCTYPE html><meta charset=latin1><title>A</title>",
    "<!DOCTYPE html><meta charset=iso-2022-jp><title>A</title>",
    "<!DOCTYPE html><!-- reco:s --><meta charset=utf-8>",
    "\xef\xbb\xbf<meta charset=latin1>",
};

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))


typedef struct {
    const char *selector;
    reco_html_position_t position;
    int all;
    int fallback;
} place_t;

static const place_t places[] = {
    {NULL, RECO_HTML_AFTER, 0, 0},
    {"#x", RECO_HTML_AFTER, 0, 0},
    {"#x", RECO_HTML_BEFORE, 0, 0},
    {"div .a", RECO_HTML_APPEND, 1, 0},
    {"section > h2", RECO_HTML_PREPEND, 1, 0},
    {"b", RECO_HTML_REPLACE, 1, 0},
    {"#d7", RECO_HTML_PREPEND, 0, 1},
};

typedef struct {
    void *blocks;
    reco_html_memory_t memory;
    reco_html_plan_t *plans[COUNT(places)];
    reco_html_passages_t *passages;
} world_t;


static int
set_up(void **state)
{
    unsigned i, s, t;
    world_t *world;
    const place_t *place;

    world = calloc(1, sizeof(world_t));
    assert_non_null(world);
    world->memory = (reco_html_memory_t){rewriting_alloc, &world->blocks};
    world->passages = reco_html_passages_create(1 << 20, &world->memory);

    for (i = 0; i < COUNT(places); i++) {
        place = &places[i];
        world->plans[i] = reco_html_plan_create(&world->memory);
        assert_int_equal(
            reco_html_plan_slot(world->plans[i], reco_string("s"), &s, NULL),
            RECO_OK);
        assert_int_equal(
            reco_html_plan_slot(world->plans[i], reco_string("t"), &t, NULL),
            RECO_OK);

        if (place->selector != NULL) {
            assert_int_equal(
                reco_html_plan_select(world->plans[i], s,
                    (reco_str_t){strlen(place->selector), place->selector},
                    place->position, place->all, NULL),
                RECO_OK);
        }

        if (place->fallback) {
            reco_html_plan_fallback(world->plans[i], t);
        }
    }

    *state = world;

    return 0;
}


static int
tear_down(void **state)
{
    world_t *world;

    world = *state;
    rewriting_passages = NULL;
    rewriting_free(&world->blocks);
    free(world);

    return 0;
}


static unsigned
draw(uint64_t *seed, unsigned limit)
{
    *seed = *seed * UINT64_C(6364136223846793005) + 1442695040888963407;

    return (unsigned) (*seed >> 33) % limit;
}


/* Into pieces of up to 6,000 bytes; state points at the seed. */
static size_t
cut_large(void *state, size_t left)
{
    size_t size;

    size = draw(state, 2) == 0 ? draw(state, 6000) : 4096;

    return size < left ? size : left;
}


/* A page as numbers: what it is made of, in order. */
typedef struct {
    unsigned begin;
    unsigned count;
    unsigned pieces[PIECES_MAX];
} recipe_t;


static void
make_recipe(recipe_t *recipe, uint64_t *seed)
{
    unsigned i;

    recipe->count = 60 + draw(seed, 200);
    recipe->begin = draw(seed, COUNT(begins));

    for (i = 0; i < recipe->count; i++) {
        recipe->pieces[i] = draw(seed, 1u << 16);
    }
}


/* Another page that has most of it. */
static void
change_recipe(recipe_t *recipe, uint64_t *seed)
{
    unsigned i, at, times;

    times = draw(seed, 4);

    for (i = 0; i < times; i++) {
        at = draw(seed, recipe->count);
        recipe->pieces[at] = draw(seed, 1u << 16) | draw(seed, 2) << 16;
    }

    if (draw(seed, 8) == 0) {
        recipe->begin = draw(seed, COUNT(begins));
    }

    if (draw(seed, 4) == 0) {
        at = draw(seed, recipe->count);
        memmove(recipe->pieces + at, recipe->pieces + at + 1,
            (recipe->count - at - 1) * sizeof(recipe->pieces[0]));
        recipe->count--;
    }
}


static size_t
make_page(const recipe_t *recipe, char *page)
{
    size_t len;
    unsigned i, piece;

    len = (size_t) snprintf(page, PAGE_MAX, "%s", begins[recipe->begin]);

    for (i = 0; i < recipe->count; i++) {
        piece = recipe->pieces[i];

        if (piece >> 16 != 0) {
            len += (size_t) snprintf(page + len, PAGE_MAX - len, "%s",
                seldom[piece % COUNT(seldom)]);
            continue;
        }

        len += (size_t) snprintf(page + len, PAGE_MAX - len,
            pieces[piece % COUNT(pieces)], piece / 16, piece / 64);
    }

    return len;
}


/* Returns the bytes that did not have to be read. */
static uint64_t
compare(world_t *world, const reco_html_plan_t *plan, const char *page,
    size_t len, rewriting_cut_t cut, uint64_t seed)
{
    uint64_t recalled, again;
    rewriting_t got, expected;

    again = seed;
    rewriting_passages = NULL;
    expected = rewriting_run(plan, page, len, cut, &again);
    rewriting_passages = world->passages;
    got = rewriting_run(plan, page, len, cut, &seed);

    assert_int_equal(got.out_len, expected.out_len);
    assert_memory_equal(got.out, expected.out, expected.out_len);
    assert_int_equal(got.limited, expected.limited);
    assert_int_equal(got.finished, expected.finished);
    assert_int_equal(got.held_most, expected.held_most);
    assert_int_equal(got.charset, expected.charset);

    recalled = got.recalled;
    free(got.out);
    free(expected.out);

    return recalled;
}


/* Pages that change a little each time, in all plans and cuts. */
static void
changing_pages(void **state)
{
    static char page[PAGE_MAX + 1];

    size_t len;
    unsigned i, times;
    uint64_t seed, recalled, all;
    recipe_t recipe;
    world_t *world;

    world = *state;
    times = getenv("RECO_PAGES") != NULL
                ? (unsigned) strtoul(getenv("RECO_PAGES"), NULL, 10)
                : 1500;
    seed = getenv("RECO_SEED") != NULL ? strtoull(getenv("RECO_SEED"), NULL, 10)
                                       : 1;
    recalled = 0;
    all = 0;

    for (i = 0; i < times; i++) {
        if (i % 30 == 0) {
            make_recipe(&recipe, &seed);
        }

        change_recipe(&recipe, &seed);
        len = make_page(&recipe, page);
        all += len;
        rewriting_xml = i % 5 == 4;
        recalled +=
            compare(world, world->plans[i / 6 % COUNT(places)], page, len,
                i % 3 == 0   ? NULL
                : i % 3 == 1 ? cut_large
                             : rewriting_cut_random,
                seed);
    }

    rewriting_xml = 0;
    assert_true(recalled > all / 200);
}


/* What differs in the middle of it is read up to there, and from there on. */
static void
change_in_the_middle(void **state)
{
    static char page[PAGE_MAX + 1];

    size_t len, size, at;
    unsigned i;
    uint64_t recalled;
    world_t *world;
    const reco_html_plan_t *plan;

    world = *state;
    plan = world->plans[0];
    len = 0;

    for (i = 0; len < 40000; i++) {
        len += (size_t) snprintf(page + len, PAGE_MAX - len, pieces[0], i, i);
    }

    for (size = 1000; size <= PAGE_MAX; size *= 4) {
        rewriting_passages = world->passages;
        compare(world, plan, page, len, rewriting_cut_equal, size);
        recalled =
            compare(world, plan, page, len, rewriting_cut_equal, size + 1);
        assert_true(recalled > len - 8192);
        assert_true(recalled > len - 4096 || size < RECO_HTML_CHARSET_SPAN);

        /* the rest is known wherever it stands */

        at = (size_t) ((char *) memchr(page + 20000, '\n', 1000) - page);
        memmove(page + at + 5, page + at, len - at);
        memcpy(page + at, "other", 5);
        len += 5;
        recalled = compare(world, plan, page, len, rewriting_cut_equal, size);
        assert_true(recalled > len / 2);
    }
}


/* Bytes that are the same elsewhere are no place there, and are one here. */
static void
same_bytes_elsewhere(void **state)
{
    static char page[PAGE_MAX + 1];

    static const char *const around[] = {"<script>", "<svg>", "<!--", "<div>",
        "<b title='", "<textarea>", "", "<section class=tile>", NULL};

    char list[8192];
    size_t len, cut;
    unsigned i, round;
    world_t *world;

    world = *state;
    len = 0;

    for (i = 0; len < 4096; i++) {
        len += (size_t) snprintf(list + len, sizeof(list) - len,
            "<li><h2 class=a>%u</h2><div><i class=a>x</i></div></li>", i);
    }

    for (round = 0; round < 64; round++) {
        for (i = 0; around[i] != NULL; i++) {
            len = (size_t) snprintf(page, sizeof(page),
                "%1200s%s%s%s<!-- reco:s --><div><h2 class=a>y</h2>%s</div>",
                " ", around[i], list, round % 2 == 0 ? "<p id=x>" : "", list);
            cut = 500 + 300 * round;
            compare(world, world->plans[round % COUNT(places)], page, len,
                rewriting_cut_equal, cut);
        }
    }
}


/* What is a script in HTML is an empty element in XML. */
static void
xml_is_another_thing(void **state)
{
    static char page[PAGE_MAX + 1];

    size_t len;
    unsigned i;
    world_t *world;

    world = *state;
    len = 0;

    for (i = 0; len < 16384; i++) {
        len += (size_t) snprintf(page + len, PAGE_MAX - len,
            "Number %u<script/>%s</script>\n", i,
            i == 200 ? "<!-- reco:s -->" : "text");
    }

    for (i = 0; i < 6; i++) {
        rewriting_xml = i / 2 % 2;
        compare(world, world->plans[0], page, len, rewriting_cut_equal, 4096);
        compare(world, world->plans[1], page, len, NULL, 0);
    }

    rewriting_xml = 0;
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(changing_pages, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            change_in_the_middle, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            same_bytes_elsewhere, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            xml_is_another_thing, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
