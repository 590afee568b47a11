/*
 * Rendering: what comes out of values, sections and escapes.
 */

#include "render_case.h"


#define HOSTILE "<b>\"x' & y</b>"

static reco_render_item_t items[3];
static reco_render_block_t block;


static int
fill(void **state)
{
    (void) state;

    memset(items, 0, sizeof(items));
    memset(&block, 0, sizeof(block));

    items[0].id = reco_string("A1");
    items[0].title = reco_string("Blue mug");
    items[0].url = reco_string("/p/A1?x=1&y=2");
    items[0].image = reco_string("https://cdn.example/a 1.jpg");
    items[0].price = 1234.5;
    items[0].currency = reco_string("GBP");
    items[0].available = 1;
    items[0].reason = reco_string("because");
    items[0].reason_title = reco_string("Red mug");
    items[1].id = reco_string("B/2");
    items[1].title = reco_string(HOSTILE);
    items[1].url = reco_string("javascript:alert(1)");
    items[1].price = -1;
    items[2].id = reco_string("C");
    items[2].title = reco_string("Caf\xC3\xA9 \xE2\x82\xAC");
    items[2].price = 0;
    items[2].currency = reco_string("EUR");

    block.slot = reco_string("related");
    block.heading = reco_string("Related to this");
    block.request = reco_string("r1");
    block.locale = reco_string("en-GB");
    block.items = items;
    block.nitems = 3;

    return 0;
}


static void
test_values(void **state)
{
    (void) state;

    assert_string_equal(
        rendered("{{slot}} {{ heading }} {{{count}}} {{&dir}}", &block),
        "related Related to this 3 ltr");
    assert_string_equal(
        rendered("{{#items}}{{rank}}:{{id}} {{/items}}", &block),
        "1:A1 2:B/2 3:C ");

    block.locale = reco_string("ar-EG");
    assert_string_equal(rendered("{{dir}}", &block), "rtl");

    assert_string_equal(
        rendered("<p{{#live}} data-reco-live{{/live}}>{{page_item}}", &block),
        "<p>");
    block.live = 1;
    block.page_item = reco_string("Z9");
    assert_string_equal(
        rendered("<p{{#live}} data-reco-live{{/live}}>{{page_item}}", &block),
        "<p data-reco-live>Z9");
}


static void
test_sections(void **state)
{
    (void) state;

    assert_string_equal(
        rendered("{{#items}}{{#first}}[{{/first}}{{id}}{{^last}},{{/last}}"
                 "{{#last}}]{{/last}}{{/items}}",
            &block),
        "[A1,B/2,C]");
    assert_string_equal(
        rendered("{{#items}}{{#price}}{{price}}{{/price}}{{^price}}-{{/price}} "
                 "{{/items}}",
            &block),
        "\xC2\xA3"
        "1,234.50 - \xE2\x82\xAC"
        "0.00 ");
    assert_string_equal(
        rendered("{{#items}}{{#available}}y{{/available}}{{^available}}n"
                 "{{/available}}{{#even}}e{{/even}}{{/items}}",
            &block),
        "ynen");
    assert_string_equal(
        rendered("{{#items}}{{#reason.because}}you saw {{reason_title}}"
                 "{{/reason.because}}{{/items}}",
            &block),
        "you saw Red mug");
    assert_string_equal(
        rendered("{{#strategy}}s{{/strategy}}{{^strategy}}none{{/strategy}}",
            &block),
        "none");

    block.nitems = 0;
    assert_string_equal(
        rendered("{{#items}}x{{/items}}{{^items}}empty{{/items}}", &block),
        "empty");
}


/* A URL that would not be shown is not there for a section either. */
static void
test_section_of_url(void **state)
{
    (void) state;

    assert_string_equal(
        rendered(
            "{{#items}}{{#url}}+{{/url}}{{^url}}-{{/url}}{{/items}}", &block),
        "+--");
}


static void
test_lines(void **state)
{
    (void) state;

    assert_string_equal(
        rendered("<ul>\n  {{! a comment\n  of two lines }}\n  {{#items}}\n"
                 "  <li>{{id}}\n  {{/items}}\r\n</ul>\n",
            &block),
        "<ul>\n  <li>A1\n  <li>B/2\n  <li>C\n</ul>\n");
    assert_string_equal(
        rendered("a {{#items}} \n{{/items}}b", &block), "a  \n \n \nb");
}


static void
test_html_escape(void **state)
{
    (void) state;

    block.items = items + 1;
    block.nitems = 1;

    assert_string_equal(
        rendered(
            "{{#items}}<p title='{{title}}'>{{title}}</p>{{/items}}", &block),
        "<p title='&lt;b&gt;&#34;x&#39; &amp; y&lt;/b&gt;'>"
        "&lt;b&gt;&#34;x&#39; &amp; y&lt;/b&gt;</p>");

    items[1].title = (reco_str_t){11, "a\0b\x1B\xC3(\xF0\x9F\x98\x80\xED"};
    assert_string_equal(rendered("{{#items}}{{title}}{{/items}}", &block),
        "a\xEF\xBF\xBD"
        "b\xEF\xBF\xBD\xEF\xBF\xBD(\xF0\x9F\x98\x80\xEF\xBF\xBD");
}


static void
test_ascii(void **state)
{
    (void) state;

    block.items = items + 2;
    block.nitems = 1;
    block.ascii = 1;

    assert_string_equal(
        rendered("\xC3\xBC<!-- \xC3\xBC --><a title='\xF0\x9F\x98\x80'>"
                 "{{#items}}{{title}} {{price}}{{/items}}</a>",
            &block),
        "&#xFC;<!-- ? --><a title='&#x1F600;'>"
        "Caf&#xE9; &#x20AC; &#x20AC;0.00</a>");
    assert_string_equal(
        rendered("<script type=\"application/json\">[\"\xC3\xBC\", "
                 "{{#items}}{{title}}{{/items}}]</script>",
            &block),
        "<script type=\"application/json\">[\"\\u00FC\", "
        "\"Caf\\u00E9 \\u20AC\"]</script>");
}


static void
test_url_escape(void **state)
{
    (void) state;

    assert_string_equal(
        rendered("{{#items}}<a href=\"{{url}}\">{{/items}}", &block),
        "<a href=\"/p/A1?x=1&amp;y=2\"><a href=\"#\"><a href=\"#\">");
    assert_string_equal(
        rendered(
            "{{#items}}<a href=\"/p/{{id}}?q={{title}}\">{{/items}}", &block),
        "<a href=\"/p/A1?q=Blue%20mug\">"
        "<a href=\"/p/B%2F2?q=%3Cb%3E%22x%27%20%26%20y%3C%2Fb%3E\">"
        "<a href=\"/p/C?q=Caf%C3%A9%20%E2%82%AC\">");

    block.nitems = 1;
    items[0].image = reco_string("https://cdn.example/a,1 2.jpg");
    assert_string_equal(
        rendered("{{#items}}<img src='{{image}}' srcset='{{image}} 1x, "
                 "{{image}}?w=2 2x'>{{/items}}",
            &block),
        "<img src='https://cdn.example/a,1%202.jpg' "
        "srcset='https://cdn.example/a%2C1%202.jpg 1x, "
        "https://cdn.example/a%2C1%202.jpg?w=2 2x'>");
}


static void
test_refused_urls(void **state)
{
    static const char *const urls[] = {
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        " javascript:alert(1)",
        "java\tscript:alert(1)",
        "java\nscript:alert(1)",
        "\x01javascript:alert(1)",
        "javascript&#58;alert(1)",
        "javascript&colon;alert(1)",
        "data:text/html,<script>alert(1)</script>",
        "vbscript:x",
        "ftp://example.com/",
        "http:",
        "http:/example.com",
        "https:javascript:1",
        "blob:https://example.com/1",
        "",
    };
    size_t i;

    (void) state;

    block.nitems = 1;

    for (i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
        items[0].url = text(urls[i]);
        assert_string_equal(
            rendered("{{#items}}<a href=\"{{url}}\">{{/items}}", &block),
            "<a href=\"#\">");
    }
}


static void
test_allowed_urls(void **state)
{
    static const char *const urls[][2] = {
        {"http://example.com", "http://example.com"},
        {"HTTPS://example.com/a?b#c", "HTTPS://example.com/a?b#c"},
        {"//cdn.example/x.png", "//cdn.example/x.png"},
        {"p/1:2", "p/1:2"},
        {"?q=a:b", "?q=a:b"},
        {"#javascript:1", "#javascript:1"},
        {"/b\xC3\xBC"
         "cher",
            "/b%C3%BCcher"},
        {"/a\\b\"c'<>", "/a%5Cb%22c%27%3C%3E"},
        {"/broken\xFF", "/broken%EF%BF%BD"},
    };
    char expected[128];
    size_t i;

    (void) state;

    block.nitems = 1;

    for (i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
        items[0].url = text(urls[i][0]);
        snprintf(expected, sizeof(expected), "<a href=\"%s\">", urls[i][1]);
        assert_string_equal(
            rendered("{{#items}}<a href=\"{{url}}\">{{/items}}", &block),
            expected);
    }
}


static void
test_json_escape(void **state)
{
    (void) state;

    items[1].title = reco_string("</script>\"\\\n\xE2\x80\xA8&");

    assert_string_equal(
        rendered("<script type='application/ld+json'>[{{#items}}{"
                 "\"name\": \"{{title}}\", \"price\": {{price_value}}, "
                 "\"in\": {{available}}, \"id\": {{id}}}{{^last}},{{/last}}"
                 "{{/items}}]</script>",
            &block),
        "<script type='application/ld+json'>["
        "{\"name\": \"Blue mug\", \"price\": 1234.50, \"in\": true, "
        "\"id\": \"A1\"},"
        "{\"name\": \"\\u003C/script\\u003E\\u0022\\\\\\n\\u2028\\u0026\", "
        "\"price\": null, \"in\": false, \"id\": \"B/2\"},"
        "{\"name\": \"Caf\xC3\xA9 \xE2\x82\xAC\", \"price\": 0.00, "
        "\"in\": false, \"id\": \"C\"}]</script>");
}


static void
test_size(void **state)
{
    static const char source[] = "<p>{{heading}}</p>{{#items}}{{id}}{{/items}}";
    static const char whole[] = "<p>Related to this</p>A1B/2C";
    reco_render_memory_t memory;
    reco_render_template_t *template;
    render_pool_t pool = {.left = RENDER_POOL};
    char *out;
    size_t size, len;

    (void) state;

    memory.alloc = render_pool_alloc;
    memory.owner = &pool;
    assert_int_equal(
        reco_render_parse(text(source), &memory, &template, NULL), RECO_OK);

    for (size = 0; size <= strlen(whole); size++) {
        out = malloc(size > 0 ? size : 1); /* ASan sees a byte beyond */
        assert_int_equal(reco_render(template, &block, out, size, &len),
            size < strlen(whole) ? RECO_TOO_LARGE : RECO_OK);
        assert_int_equal(len, strlen(whole));
        if (size == len) {
            assert_memory_equal(out, whole, len);
        }
        free(out);
    }

    render_pool_done(&pool);
}


/* A template, and what is said of it. */
typedef struct {
    const char *source;
    int said;
} judged_t;


static void
check_judged(const judged_t *cases, size_t ncases,
    int (*judge)(const reco_render_template_t *template))
{
    reco_render_memory_t memory;
    reco_render_template_t *template;
    render_pool_t pool = {.left = RENDER_POOL};
    size_t i;

    memory.alloc = render_pool_alloc;
    memory.owner = &pool;

    for (i = 0; i < ncases; i++) {
        assert_int_equal(
            reco_render_parse(text(cases[i].source), &memory, &template, NULL),
            RECO_OK);
        assert_int_equal(judge(template), cases[i].said);
    }

    render_pool_done(&pool);
}


/* In a value or a condition, but not in text. */
static void
test_nonce(void **state)
{
    static const judged_t cases[] = {
        {"<p>nonce</p>{{#items}}{{id}}{{/items}}", 0},
        {"<i nonce=\"{{nonce}}\"></i>", 1},
        {"<p>{{#nonce}}x{{/nonce}}</p>", 1},
        {"{{#items}}{{^nonce}}x{{/nonce}}{{/items}}", 1},
    };

    (void) state;

    check_judged(
        cases, sizeof(cases) / sizeof(cases[0]), reco_render_uses_nonce);
}


/* Which templates cannot show an item without an address. */
static void
test_links(void **state)
{
    static const judged_t cases[] = {
        {"{{#items}}<a href=\"/product/{{id}}\">{{title}}</a>{{/items}}", 0},
        {"{{#items}}<a href=\"{{url}}\">{{title}}</a>{{/items}}", 1},
        {"{{#items}}{{#url}}<a href=\"{{url}}\">x</a>{{/url}}{{/items}}", 0},
        {"{{#items}}{{^url}}-{{/url}}<a href=\"{{url}}\">x</a>{{/items}}", 0},
        {"<p>{{#items}}url{{image}}{{/items}}</p>", 0},
    };

    (void) state;

    check_judged(cases, sizeof(cases) / sizeof(cases[0]), reco_render_links);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_values, fill),
        cmocka_unit_test_setup(test_sections, fill),
        cmocka_unit_test_setup(test_section_of_url, fill),
        cmocka_unit_test_setup(test_lines, fill),
        cmocka_unit_test_setup(test_html_escape, fill),
        cmocka_unit_test_setup(test_ascii, fill),
        cmocka_unit_test_setup(test_url_escape, fill),
        cmocka_unit_test_setup(test_refused_urls, fill),
        cmocka_unit_test_setup(test_allowed_urls, fill),
        cmocka_unit_test_setup(test_json_escape, fill),
        cmocka_unit_test_setup(test_size, fill),
        cmocka_unit_test(test_nonce),
        cmocka_unit_test(test_links),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
