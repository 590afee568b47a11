/*
 * What a template may say, and where: errors name line and column.
 */

#include "render_case.h"


typedef struct {
    const char *source;
    unsigned line;
    unsigned column;
    const char *message; /* a part of it */
} case_t;


static void
check(const case_t *cases, size_t ncases)
{
    reco_error_t error;
    size_t i;

    for (i = 0; i < ncases; i++) {
        error = refused(cases[i].source);

        if (strstr(error.message, cases[i].message) == NULL) {
            fail_msg("%s: \"%s\" lacks \"%s\"", cases[i].source, error.message,
                cases[i].message);
        }

        if (error.line != cases[i].line || error.column != cases[i].column) {
            fail_msg("%s: %u:%u, not %u:%u", cases[i].source, error.line,
                error.column, cases[i].line, cases[i].column);
        }
    }
}

#define CHECK(cases) check(cases, sizeof(cases) / sizeof((cases)[0]))


static void
test_tags(void **state)
{
    static const case_t cases[] = {
        {"<p>\n  {{titel}}", 2, 3, "unknown variable \"titel\", did you mean"},
        {"{{nonsense}}", 1, 1, "unknown variable \"nonsense\""},
        {"\xC3\xA9\xC3\xA9{{x}}", 1, 3, "unknown variable \"x\""},
        {"{{#items}}{{reason.becuase}}", 1, 11, "unknown variable"},
        {"{{title}}", 1, 1, "only between {{#items}} and {{/items}}"},
        {"{{#items}}{{/items}}{{id}}", 1, 21, "only between"},
        {"a\nb{{#count}}\n", 2, 2, "section \"count\" is never closed"},
        {"{{/items}}", 1, 1, "no section is open"},
        {"{{#items}}{{#id}}{{/items}}", 1, 18, "the open section is \"id\""},
        {"{{#items}}{{#items}}", 1, 11, "cannot be nested"},
        {"{{items}}", 1, 1, "can only start a section"},
        {"{{#items}}{{reason.viewed}}{{/items}}", 1, 11, "start a section"},
        {"{{slot", 1, 1, "is expected"},
        {"{{slot}", 1, 1, "is expected"},
        {"{{{count}}", 1, 1, "is expected"},
        {"{{slot slot}}", 1, 1, "is expected"},
        {"{{}}", 1, 1, "no name"},
        {"{{", 1, 1, "not closed"},
        {"{{! x", 1, 1, "comment is not closed"},
        {"{{> other}}", 1, 1, "partials"},
        {"{{=<% %>=}}", 1, 1, "delimiters"},
        {"{{{heading}}}", 1, 1, "never printed unescaped"},
        {"{{#items}}{{&price}}{{/items}}", 1, 11, "never printed unescaped"},
        {"", 0, 0, "empty"},
        {"a\xFF", 1, 2, "UTF-8"},
        {"{{#slot}}{{#slot}}{{#slot}}{{#slot}}{{#slot}}{{#slot}}{{#slot}}"
         "{{#slot}}{{#slot}}{{#slot}}{{#slot}}{{#slot}}{{#slot}}{{#slot}}"
         "{{#slot}}{{#slot}}{{#slot}}",
            1, 145, "too deeply"},
    };

    (void) state;

    CHECK(cases);
}


static void
test_refused_places(void **state)
{
    static const case_t cases[] = {
        {"<a href={{slot}}>", 1, 9, "in quotes"},
        {"<a href=x{{slot}}>", 1, 10, "in quotes"},
        {"<a {{slot}}>", 1, 4, "quoted attribute"},
        {"<a b{{slot}}=1>", 1, 5, "quoted attribute"},
        {"<a b='1'{{slot}}>", 1, 9, "quoted attribute"},
        {"<{{slot}}>", 1, 2, "tag's name"},
        {"<h{{slot}}>", 1, 3, "tag's name"},
        {"</{{slot}}>", 1, 3, "tag's name"},
        {"<!-- {{slot}} -->", 1, 6, "comment"},
        {"<!-->{{slot}}<!-- --!>{{slot}}<!--->{{slot}}<!--x--{{slot}}", 1, 52,
            "comment"},
        {"<!{{slot}}>", 1, 3, "may"},
        {"<?{{slot}}>", 1, 3, "comment"},
        {"</ {{slot}}>", 1, 4, "comment"},
        {"<script>{{slot}}</script>", 1, 9, "script"},
        {"<script type=module>{{slot}}</script>", 1, 21, "script"},
        {"<script type='application/json' type=''>", 1, 39, "two types"},
        {"<style>{{slot}}</style>", 1, 8, "style"},
        {"<noscript>{{slot}}</noscript>", 1, 11, "noscript"},
        {"<p style='color: {{slot}}'>", 1, 18, "code or style"},
        {"<p onclick='f(\"{{slot}}\")'>", 1, 16, "code or style"},
        {"<P ONCLICK='{{slot}}'>", 1, 13, "code or style"},
        {"<iframe srcdoc='{{slot}}'>", 1, 17, "in this element"},
        {"<iframe src='{{slot}}'>", 1, 14, "in this element"},
        {"<script src='{{slot}}'>", 1, 14, "in this element"},
        {"<script type='{{slot}}'>", 1, 15, "in this element"},
        {"<script type='{{#slot}}a{{/slot}}'>", 1, 15, "depend on a section"},
        {"<script {{#slot}}type='application/json'{{/slot}}>", 1, 41,
            "another place"},
        {"<link href='{{slot}}'>", 1, 13, "URL of this element"},
        {"<object data='{{slot}}'>", 1, 15, "URL of this element"},
        {"<base href='{{slot}}'>", 1, 13, "this element's attributes"},
        {"<animate to='{{slot}}'>", 1, 14, "this element's attributes"},
        {"<meta http-equiv='refresh'>", 1, 17, "http-equiv"},
        {"<plaintext>", 1, 11, "swallows"},
        {"</a b='{{slot}}'>", 1, 8, "end tag"},
        {"<textarea><b>{{slot}}</textarea>", 1, 12, "&lt;"},
        {"<title></titl{{slot}}", 1, 14, "tag's name"},
        {"<script type='application/json'>{\"a\":\"\\{{slot}}\"}</script>", 1,
            40, "backslash"},
        {"<script type='application/json'>\"<b>\"</script>", 1, 35, "u003C"},
        {"<svg><![CDATA[{{slot}}]]></svg>", 1, 8, "CDATA"},
        {"<script/>", 1, 9, "end tag"},
        {"<script><!-- </script>", 1, 10, "where a script ends"},
    };

    (void) state;

    CHECK(cases);
}


static void
test_refused_urls(void **state)
{
    static const case_t cases[] = {
        {"<a href='javascript:{{slot}}'>", 1, 21, "only http"},
        {"<a href=' JavaScript:{{slot}}'>", 1, 22, "only http"},
        {"<a href='java\nscript:{{slot}}'>", 2, 8, "only http"},
        {"<a href='java&#115;cript:{{slot}}'>", 1, 26, "only http"},
        {"<a href='data:{{slot}}'>", 1, 15, "only http"},
        {"<a href='{{slot}}:alert(1)'>", 1, 18, "scheme"},
        {"<a href='{{slot}}script:x'>", 1, 24, "scheme"},
        {"<a href='{{slot}}&colon;x'>", 1, 19, "scheme"},
        {"<a href='{{slot}}&#58;x'>", 1, 19, "scheme"},
        {"<a href='{{#slot}}java{{/slot}}script:{{slot}}'>", 1, 38, "scheme"},
        {"<a href='{{#slot}}{{slot}}{{/slot}}script:'>", 1, 42, "scheme"},
    };

    (void) state;

    CHECK(cases);
}


static void
test_refused_sections(void **state)
{
    static const case_t cases[] = {
        {"<p{{#slot}}>{{/slot}}", 1, 13, "another place"},
        {"<p {{#slot}}a='{{/slot}}'>", 1, 16, "another place"},
        {"<p title='{{#slot}}'{{/slot}}>", 1, 21, "another place"},
        {"{{#slot}}<!--{{/slot}}-->", 1, 14, "cannot start or end here"},
        {"<{{#slot}}b{{/slot}}>", 1, 2, "cannot start or end here"},
        {"<p a{{#slot}}b{{/slot}}='1'>", 1, 14, "a space is needed"},
        {"<p{{#slot}}b{{/slot}}>", 1, 12, "a space is needed"},
        {"<p a='1'{{#slot}}b='2'{{/slot}}>", 1, 18, "a space is needed"},
        {"<p a {{#slot}}b {{/slot}}='1'>", 1, 26, "attribute's name"},
        {"<p {{#items}}a{{/items}}>", 1, 15, "another place"},
        {"<p a={{#slot}}'x'{{/slot}}>", 1, 6, "cannot start or end here"},
        {"<p onclick='{{#slot}}x{{/slot}}'>", 1, 13, "depend on a section"},
        {"<a {{#slot}}><b {{/slot}}>", 1, 17, "another place"},
        {"<a href='{{#items}}{{url}}{{/items}}'>", 1, 27, "another place"},
        {"<script>{{#slot}}{{/slot}}</script>", 1, 9, "cannot start"},
        {"<p title='", 1, 11, "ends inside"},
        {"<!-- ", 1, 6, "ends inside"},
        {"<script>", 1, 9, "ends inside"},
    };

    (void) state;

    CHECK(cases);
}


/* Every one of these is fine, and prints exactly this. */
static void
test_allowed_places(void **state)
{
    static const char *const cases[][2] = {
        {"<p{{#slot}} class='x'{{/slot}}>", "<p class='x'>"},
        {"<p {{#slot}}hidden {{/slot}}class=a>", "<p hidden class=a>"},
        {"<p hidden{{^slot}} id='x'{{/slot}}>", "<p hidden>"},
        {"<p class='a{{#slot}} b{{/slot}}'>", "<p class='a b'>"},
        {"<!-- <!-- -->{{slot}}<!---->{{slot}}<!--x--!>{{slot}}",
            "<!-- <!-- -->s&t<!---->s&t<!--x--!>s&t"},
        {"<?x?>{{slot}}<!doctype html>{{slot}}</ x>{{slot}}",
            "<?x?>s&t<!doctype html>s&t</ x>s&t"},
        {"1 < 2 {{slot}} <3 {{slot}} << {{slot}}", "1 < 2 s&t <3 s&t << s&t"},
        {"<style>a > b{}</styl></style>{{slot}}",
            "<style>a > b{}</styl></style>s&t"},
        {"<script>a </scripts/ b </script >{{slot}}",
            "<script>a </scripts/ b </script >s&t"},
        {"<script></script/>{{slot}}", "<script></script/>s&t"},
        {"<SCRIPT nonce='{{slot}}' type='Application/JSON'>[{{slot}}]</Script>",
            "<SCRIPT nonce='s&t' type='Application/JSON'>[\"s\\u0026t\"]"
            "</Script>"},
        {"<script{{#slot}} nonce='{{slot}}'{{/slot}} src='/a.js'></script>",
            "<script nonce='s&t' src='/a.js'></script>"},
        {"<title>a {{slot}}</title>", "<title>a s&t</title>"},
        {"<textarea rows=2>{{slot}}</textarea\n>",
            "<textarea rows=2>s&t</textarea\n>"},
        {"<img alt='{{slot}}'/>{{slot}}", "<img alt='s&t'/>s&t"},
        {"<a href='{{slot}}?a={{slot}}&amp;b={{slot}}'>",
            "<a href='#?a=s%26t&amp;b=s%26t'>"},
        {"<a href='x-{{slot}}'>", "<a href='x-s%26t'>"},
        {"<a href='HTTPS://x.example/{{slot}}'>",
            "<a href='HTTPS://x.example/s%26t'>"},
        {"<a href='mailto:?subject={{slot}}'>",
            "<a href='mailto:?subject=s%26t'>"},
        {"<a href='{{#slot}}/p/{{slot}}{{/slot}}{{^slot}}/{{/slot}}'>",
            "<a href='/p/s%26t'>"},
        {"<img src='data:image/gif;base64,R0=' alt='{{slot}}'>",
            "<img src='data:image/gif;base64,R0=' alt='s&t'>"},
        {"<p data-x=\"{{slot}}'\" data-y>", "<p data-x=\"s&t'\" data-y>"},
        {"\xEF\xBB\xBF{{slot}}", "s&t"},
        {"{{! {{slot}}", ""},
        {"{ {{slot}} } }}", "{ s&t } }}"},
    };
    reco_render_block_t block;
    char expected[256], *p;
    size_t i;

    (void) state;

    memset(&block, 0, sizeof(block));
    block.slot = reco_string("s&t");

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        /* "&" is written "s&t" above to keep the table readable. */
        snprintf(expected, sizeof(expected), "%s", cases[i][1]);
        while ((p = strstr(expected, "s&t")) != NULL) {
            memmove(p + 7, p + 3, strlen(p + 3) + 1);
            memcpy(p, "s&amp;t", 7);
        }

        assert_string_equal(rendered(cases[i][0], &block), expected);
    }
}


static void
test_no_memory(void **state)
{
    static const char source[] = "\xC3\xA9{{slot}}\xC3\xA9";
    reco_render_memory_t memory;
    reco_render_template_t *template;
    reco_error_t error;
    reco_status_t status;
    unsigned n;

    (void) state;

    for (n = 0, status = RECO_NOMEM; status != RECO_OK; n++) {
        render_pool_t pool = {.left = n};

        assert_true(n < 16);
        memory.alloc = render_pool_alloc;
        memory.owner = &pool;
        status = reco_render_parse(text(source), &memory, &template, &error);
        assert_true(status == RECO_OK || status == RECO_NOMEM);
        render_pool_done(&pool);
    }

    assert_int_equal(n, 5); /* template, nodes, two literals in ASCII */
}


static void
test_too_large(void **state)
{
    static char source[(1 << 20) + 1];
    reco_render_memory_t memory = {render_pool_alloc, NULL};
    reco_render_template_t *template;
    reco_error_t error;

    (void) state;

    memset(source, 'x', sizeof(source));
    assert_int_equal(reco_render_parse((reco_str_t){sizeof(source), source},
                         &memory, &template, &error),
        RECO_TOO_LARGE);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tags),
        cmocka_unit_test(test_refused_places),
        cmocka_unit_test(test_refused_urls),
        cmocka_unit_test(test_refused_sections),
        cmocka_unit_test(test_allowed_places),
        cmocka_unit_test(test_no_memory),
        cmocka_unit_test(test_too_large),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
