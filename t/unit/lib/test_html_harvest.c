/*
 * The harvest: pages and the product that they are found to be about, read
 * whole, byte by byte, and by the rewriter on its way.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "html/reco_html_harvest.h"
#include "html_rewriting.h"


/* "id|title|url|image|category|brand|currency|price|available", "" if none. */
static void
describe(reco_html_harvest_t *harvest, char *out, size_t size)
{
    reco_html_product_t p;

    out[0] = '\0';

    if (reco_html_harvest_product(harvest, &p) == RECO_OK) {
        snprintf(out, size, "%.*s|%.*s|%.*s|%.*s|%.*s|%.*s|%.*s|%.2f|%d",
            (int) p.id.len, p.id.data, (int) p.title.len, p.title.data,
            (int) p.url.len, p.url.data, (int) p.image.len, p.image.data,
            (int) p.category.len, p.category.data, (int) p.brand.len,
            p.brand.data, (int) p.currency.len, p.currency.data, p.price,
            p.available);
    }
}


static void
read_alone(const char *page, size_t len, size_t piece, char *out, size_t size)
{
    char *copy;
    void *blocks;
    size_t at, n;
    reco_html_memory_t memory;
    reco_html_harvest_t *harvest;

    blocks = NULL;
    memory = (reco_html_memory_t){rewriting_alloc, &blocks};
    harvest = reco_html_harvest_create(&memory);
    assert_non_null(harvest);

    for (at = 0; at < len; at += n) {
        n = len - at < piece ? len - at : piece;
        copy = malloc(n);
        memcpy(copy, page + at, n);
        reco_html_harvest_feed(harvest, copy, n);
        free(copy);
    }

    describe(harvest, out, size);
    rewriting_free(&blocks);
}


static void
read_with_rewriter(const char *page, size_t len, char *out, size_t size)
{
    void *blocks;
    size_t pos;
    unsigned slot;
    reco_html_step_t step;
    reco_html_memory_t memory;
    reco_html_plan_t *plan;
    reco_html_harvest_t *harvest;
    reco_html_rewriter_t *rewriter;

    blocks = NULL;
    memory = (reco_html_memory_t){rewriting_alloc, &blocks};
    plan = reco_html_plan_create(&memory);
    assert_int_equal(
        reco_html_plan_slot(plan, reco_string("s"), &slot, NULL), RECO_OK);
    assert_int_equal(
        reco_html_plan_select(plan, slot, reco_string("link, html, meta"),
            RECO_HTML_BEFORE, 0, NULL),
        RECO_OK);

    harvest = reco_html_harvest_create(&memory);
    rewriter = reco_html_rewriter_create(plan, &memory);
    reco_html_rewriter_harvest(rewriter, harvest);
    assert_false(reco_html_rewriter_finished(rewriter));
    pos = 0;

    while (reco_html_rewriter_feed(rewriter, page, len, 1, &pos, &step)
           == RECO_OK) {
        /* what comes out is for other tests */
    }

    describe(harvest, out, size);
    rewriting_free(&blocks);
}


static void
check_bytes(const char *page, size_t len, const char *expected)
{
    char out[8192];

    read_alone(page, len, len, out, sizeof(out));
    assert_string_equal(out, expected);

    read_alone(page, len, 1, out, sizeof(out));
    assert_string_equal(out, expected);

    read_alone(page, len, 7, out, sizeof(out));
    assert_string_equal(out, expected);

    read_with_rewriter(page, len, out, sizeof(out));
    assert_string_equal(out, expected);
}


static void
check(const char *page, const char *expected)
{
    check_bytes(page, strlen(page), expected);
}


#define LD(json) "<script type=\"application/ld+json\">" json "</script>"


static void
json_ld(void **state)
{
    (void) state;

    check(LD("{\"@context\":\"https://schema.org\",\"@type\":\"Product\","
             "\"name\":\"Cotton shirt\",\"sku\":\"A-42\",\"url\":\"/p/42\","
             "\"image\":\"https://x.example/42.jpg\",\"category\":\"Shirts\","
             "\"brand\":{\"@type\":\"Brand\",\"name\":\"Acme\"},"
             "\"offers\":{\"@type\":\"Offer\",\"price\":\"39.90\","
             "\"priceCurrency\":\"EUR\","
             "\"availability\":\"https://schema.org/InStock\"}}"),
        "A-42|Cotton shirt|/p/42|https://x.example/42.jpg|Shirts|Acme|EUR|"
        "39.90|1");

    /* strings, numbers and lists where objects and strings might be */
    check(
        LD("[{\"@type\":[\"Thing\",\"http://schema.org/Product\"],"
           "\"name\":\"a\",\"sku\":1234567890123,\"brand\":\"B\","
           "\"image\":[{\"@type\":\"ImageObject\",\"url\":\"/i.jpg\"},"
           "\"/j.jpg\"],\"category\":[\"C\",\"D\"],\"offers\":[{\"price\":12},"
           "{\"price\":9.5,\"availability\":\"OutOfStock\"}]}]"),
        "1234567890123|a||/i.jpg|C|B||12.00|0");

    check(LD("{\"@type\":\"Product\",\"name\":\"a\",\"offers\":{\"@type\":"
             "\"AggregateOffer\",\"lowPrice\":\"5\",\"highPrice\":\"9\","
             "\"priceCurrency\":\"USD\",\"offers\":[{\"availability\":"
             "\"http://schema.org/SoldOut\"}]}}"),
        "|a|||||USD|5.00|0");

    check(LD("{\"@type\":\"Product\",\"name\":\"a\",\"offers\":{"
             "\"availability\":\"InStock\",\"priceSpecification\":[{\"price\":"
             "\"7,50\",\"priceCurrency\":\"EUR\"}]}}"),
        "|a|||||EUR|7.50|1");
}


static void
json_ld_nesting(void **state)
{
    (void) state;

    check(LD("{\"@graph\":[{\"@type\":\"WebSite\"},{\"@type\":\"Product\","
             "\"name\":\"a\"}]}"),
        "|a||||||-1.00|-1");
    check(LD("{\"@type\":\"WebPage\",\"mainEntity\":{\"@type\":\"Product\","
             "\"name\":\"a\"}}"),
        "|a||||||-1.00|-1");
    check(LD("{\"@type\":\"ProductGroup\",\"name\":\"g\",\"hasVariant\":[{"
             "\"@type\":\"Product\",\"name\":\"v\",\"image\":\"/v.jpg\","
             "\"offers\":{\"price\":3}}]}"),
        "|g||/v.jpg||||3.00|-1");

    /* the first product of several; lists of products are not the page's */
    check(LD("{\"@type\":\"Product\",\"name\":\"a\"}")
              LD("{\"@type\":\"Product\",\"name\":\"b\",\"url\":\"/b\"}"),
        "|a||||||-1.00|-1");
    /* but one of the same name is the same one */
    check(LD("{\"@type\":\"Product\",\"name\":\"a\",\"aggregateRating\":{}}")
              LD("{\"@type\":\"Product\",\"name\":\"a\",\"sku\":\"s\","
                 "\"offers\":{\"price\":2}}"),
        "s|a||||||2.00|-1");
    check(LD("{\"@type\":\"Product\",\"name\":[{\"@value\":\"a\",\"@language\":"
             "\"en\"},{\"@value\":\"b\"}],\"brand\":{\"@value\":\"B\"}}"),
        "|a||||B||-1.00|-1");
    check(LD("{\"@type\":\"ItemList\",\"itemListElement\":[{\"@type\":"
             "\"Product\",\"name\":\"a\"}]}"),
        "");

    check(LD("{\"@type\":\"Product\",\"name\":\"Shirt\"}")
              LD("{\"@type\":\"BreadcrumbList\",\"itemListElement\":[{\"name\":"
                 "\"Home\"},{\"item\":{\"name\":\"Women\"}},{\"name\":"
                 "\"Shirt\"}]}"),
        "|Shirt|||Women|||-1.00|-1");
}


static void
json_ld_offers(void **state)
{
    (void) state;

    /* what is struck through, for members, or for delivery is not the price */
    check(
        LD("{\"@type\":\"Product\",\"name\":\"a\",\"offers\":[{\"@type\":"
           "\"Offer\",\"priceSpecification\":[{\"price\":\"20\",\"priceType\":"
           "\"https://schema.org/ListPrice\",\"priceCurrency\":\"EUR\"},"
           "{\"price\":18,\"priceCurrency\":\"EUR\"},{\"price\":15,"
           "\"validForMemberTier\":{\"name\":\"gold\"}},{\"@type\":"
           "\"DeliveryChargeSpecification\",\"price\":0}]}]}"),
        "|a|||||EUR|18.00|-1");
    check(
        LD("{\"@type\":\"Product\",\"name\":\"a\",\"offers\":{"
           "\"priceSpecification\":[{\"price\":20},{\"price\":12,\"priceType\":"
           "\"SalePrice\"}],\"priceCurrency\":\"EUR\"}}"),
        "|a|||||EUR|12.00|-1");
    check(LD("{\"@type\":\"Product\",\"name\":\"a\",\"offers\":{"
             "\"priceSpecification\":{\"price\":20,\"priceType\":\"SRP\"}}}"),
        "|a||||||-1.00|-1");

    /* the id of the first where the product has none */
    check(
        LD("{\"@type\":\"Product\",\"name\":\"a\",\"offers\":[{\"sku\":\"A-1\","
           "\"price\":2},{\"sku\":\"A-2\",\"price\":1}]}"),
        "A-1|a||||||1.00|-1");

    /* an offer is in the currency of those that it is among */
    check(LD("{\"@type\":\"Product\",\"name\":\"a\",\"offers\":{\"@type\":"
             "\"AggregateOffer\",\"priceCurrency\":\"SEK\",\"lowPrice\":5,"
             "\"offers\":[{\"price\":7,\"availability\":\"InStock\"}]}}"),
        "|a|||||SEK|7.00|1");

    /* one variant is sold out, another is not */
    check(LD("{\"@type\":\"ProductGroup\",\"name\":\"g\",\"productGroupID\":"
             "\"G1\",\"hasVariant\":[{\"@type\":\"Product\",\"sku\":\"G1-S\","
             "\"offers\":{\"price\":3,\"priceCurrency\":\"EUR\","
             "\"availability\":\"OutOfStock\"}},{\"@type\":\"Product\","
             "\"sku\":\"G1-M\",\"offers\":{\"price\":4,\"priceCurrency\":"
             "\"EUR\",\"availability\":\"InStock\"}}]}"),
        "G1|g|||||EUR|4.00|1");
}


static void
prices(void **state)
{
    size_t i;
    char page[256], expected[64];

    static const struct {
        const char *written;
        double price;
    } cases[] = {
        {"39.90", 39.9},
        {"39,90 EUR", 39.9},
        {"EUR 1.299,00", 1299},
        {"1,299", 1299},
        {"1.299.000", 1299000},
        {"1,23,456.50", 123456.5},
        {"0.500", 0.5},
        {"CHF 1'299.00", 1299},
        {"CHF 1\u2019299\u2019000.-", 1299000},
        {"1 299,50", 1299.5},
        {"1&nbsp;299,50", 1299.5},
        {"1\u202f299,50 \u20ac", 1299.5},
        {"1\u2009299", 1299},
        {"12 34", 12},
        {"12' 300", 12},
        {"12'", 12},
        {"12\u2019", 12},
        {".99", 0.99},
        {"Rs.99", 99},
        {"12,-", 12},
        {"-5", -1},
        {"free", -1},
        {"", -1},
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        snprintf(page, sizeof(page),
            LD("{\"@type\":\"Product\",\"name\":\"a\",\"offers\":{\"price\":"
               "\"%s\"}}"),
            cases[i].written);
        snprintf(expected, sizeof(expected), "|a||||||%.2f|-1", cases[i].price);
        check(page, expected);
    }
}


static void
json_ld_references(void **state)
{
    char page[16384], *p;
    size_t i;

    (void) state;

    /* what a node stands for */
    check(LD("{\"@graph\":[{\"@type\":\"ItemPage\",\"mainEntity\":{\"@type\":"
             "\"Product\",\"@id\":\"#p\"}},{\"@type\":\"Product\",\"@id\":"
             "\"#p\",\"name\":\"a\",\"brand\":{\"@id\":\"#b\"},\"image\":{"
             "\"@id\":\"#i\"},\"offers\":{\"@id\":\"#o\"}},{\"@id\":\"#b\","
             "\"@type\":\"Brand\",\"name\":\"Acme\"},{\"@id\":\"#i\",\"url\":"
             "\"/i.jpg\"},{\"@id\":\"#o\",\"@type\":\"Offer\",\"price\":3}]}"),
        "|a||/i.jpg||Acme||3.00|-1");
    check(
        LD("[{\"@type\":\"Product\",\"name\":\"a\",\"hasVariant\":[{\"@id\":"
           "\"#v\"}]},{\"@id\":\"#v\",\"sku\":\"V\",\"offers\":{\"price\":1}}]"),
        "V|a||||||1.00|-1");

    /* and those that stand for nothing, or for each other */
    check(LD("{\"@type\":\"Product\",\"name\":\"a\",\"brand\":{\"@id\":"
             "\"https://x.example/#b\"}}"),
        "|a||||||-1.00|-1");
    check(LD("{\"@graph\":[{\"@id\":\"#a\",\"mainEntity\":{\"@id\":\"#b\"}},{"
             "\"@id\":\"#b\",\"mainEntity\":{\"@id\":\"#a\"}},{\"@type\":"
             "\"Product\",\"name\":\"a\",\"offers\":{\"@id\":\"#o\"}},{\"@id\":"
             "\"#o\",\"price\":2,\"offers\":{\"@id\":\"#o\"}}]}"),
        "|a||||||2.00|-1");

    p = stpcpy(page, "<script type=application/ld+json>[");
    for (i = 0; i < 300; i++) {
        p += sprintf(
            p, "{\"@id\":\"%d\",\"mainEntity\":{\"@id\":\"x\"}},", (int) i);
    }
    strcpy(p, "{\"@type\":\"Product\",\"name\":\"a\"}]</script>");
    check(page, "|a||||||-1.00|-1");
}


static void
json_ld_refused(void **state)
{
    (void) state;

    check(LD("{\"@type\":\"Product\",\"name\":"), "");
    check(LD(""), "");
    check(LD("{}"), "");
    check("<script type=\"text/javascript\">{\"@type\":\"Product\"}</script>",
        "");
    check(
        "<textarea>" LD("{\"@type\":\"Product\",\"name\":\"a\"}") "</textarea>",
        "");
    check("<!--" LD("{\"@type\":\"Product\",\"name\":\"a\"}") "-->", "");
    check("<script type='application/ld+json'>{\"@type\":\"Product\"}", "");

    /* what old pages put around it */
    check(LD("<!--\n{\"@type\":\"Product\",\"name\":\"a\"}\n-->"),
        "|a||||||-1.00|-1");
    check(LD("{\"@type\":\"Product\",\"name\":\"a\",\"description\":"
             "\"<![CDATA[x]]>\",\"sku\":\"s\"}"),
        "s|a||||||-1.00|-1");
    check(LD("//<![CDATA[\n{\"@type\":\"Product\",\"name\":\"a\"}\n//]]>"),
        "|a||||||-1.00|-1");
    check("<script type='Application/LD+JSON; charset=utf-8'>"
          "{\"@type\":\"Product\",\"name\":\"a\"}</script x>",
        "|a||||||-1.00|-1");

    /* fields that are not fit */
    check(
        LD("{\"@type\":\"Product\",\"name\":\"a\",\"image\":[\"data:x\","
           "\"javascript:x\",\"/ok.jpg\"],\"url\":\"ftp://x\",\"sku\":\"a b\","
           "\"offers\":{\"price\":-3,\"priceCurrency\":\"euro\"}}"),
        "|a||/ok.jpg||||-1.00|-1");
}


static void
json_ld_limits(void **state)
{
    char *page, *p;
    size_t i, room;

    static const char head[] = "<script type='application/ld+json'>"
                               "{\"@type\":\"Product\",\"name\":\"a\",\"x\":\"";
    static const char tail[] = "\"}</script>";

    (void) state;

    for (i = 0; i < 2; i++) {
        /* a script of exactly the limit, and of one byte more */
        room = RECO_HTML_JSON_MAX + i;
        page = malloc(sizeof(head) + room + sizeof(tail));
        p = stpcpy(page, head);
        room -= sizeof(head) - 1 - strlen("<script type='application/ld+json'>")
                + strlen("\"}");
        memset(p, 'x', room);
        strcpy(p + room, tail);
        check(page, i == 0 ? "|a||||||-1.00|-1" : "");
        free(page);
    }
}


static void
meta(void **state)
{
    (void) state;

    check("<meta property=\"og:type\" content=\"product\">"
          "<meta property=\"og:title\" content=\"Tom &amp; Jerry&#39;s\n mug\">"
          "<meta property=\"og:image\" content=\"https://x.example/m.jpg?a=1"
          "&amp;b=2\">"
          "<meta property=\"og:url\" content=\"https://x.example/mug\">"
          "<meta property=\"product:price:amount\" content=\"1.299,00\">"
          "<meta property=\"product:price:currency\" content=\"EUR\">"
          "<meta property=\"product:availability\" content=\"in stock\">"
          "<meta name=\"product:retailer_item_id\" content=\"mug-1\">"
          "<meta property=\"product:category\" content=\"Mugs\">"
          "<meta property=\"product:brand\" content=\"Acme\">",
        "mug-1|Tom & Jerry's mug|https://x.example/mug|"
        "https://x.example/m.jpg?a=1&b=2|Mugs|Acme|EUR|1299.00|1");

    check("<meta property=product:price:amount content=20>"
          "<meta property=product:sale_price:amount content=15>"
          "<meta property=product:price:amount content=21>",
        "|||||||15.00|-1");
    check("<meta property=og:title content=x>", "");
    check("<meta property=og:type content=website>", "");
    check("<meta property=og:type content=product><title>x</title>",
        "|||||||-1.00|-1");

    /* the canonical link before all, JSON-LD before meta */
    check("<meta property=og:type content=product>"
          "<meta property=og:url content=/a><meta property=og:title content=m>"
          "<link rel=canonical href=/c>" LD(
              "{\"@type\":\"Product\",\"name\":\"j\",\"url\":\"/j\"}"),
        "|j|/c|||||-1.00|-1");
    check("<svg><meta property=og:type content=product></svg>",
        "|||||||-1.00|-1");
}


static void
charsets(void **state)
{
    static const char latin1[] =
        "<meta charset=iso-8859-1><meta property=og:type content=product>"
        "<meta property=og:title content='Caf\xe9 \x80 &eacute;'>";
    static const char wrong[] = "<meta property=og:type content=product>"
                                "<meta property=og:title content='Caf\xe9'>";
    static const char other[] =
        "<meta charset=shift_jis><meta property=og:type content=product>"
        "<meta property=og:title content='\x83\x56'>"
        "<meta property=product:brand content=Acme>";

    (void) state;

    check_bytes(latin1, sizeof(latin1) - 1,
        "|Caf\xc3\xa9 \xe2\x82\xac \xc3\xa9||||||-1.00|-1");
    check_bytes(wrong, sizeof(wrong) - 1, "|||||||-1.00|-1");
    check_bytes(other, sizeof(other) - 1, "|||||Acme||-1.00|-1");
}


static void
references(void **state)
{
    size_t i;
    char page[256], expected[256];

    static const struct {
        const char *written;
        const char *read;
    } names[] = {
        {"Caf&eacute; cr&Egrave;me", "Caf\u00e9 cr\u00c8me"},
        {"10 &ndash; 20 &euro;", "10 \u2013 20 \u20ac"},
        {"5&rsquo;&nbsp;x &thetasym;", "5\u2019 x \u03d1"},
        {"M&ouml bel &amp co &copy", "M\u00f6 bel & co \u00a9"},
        {"a&eacuteb a&eacute=b a&eacute1", "a&eacuteb a&eacute=b a&eacute1"},
        {"&apos &ndash &apos;", "&apos &ndash '"},
        {"&Eacut; &eacutes; &nothing; &; & &x",
            "&Eacut; &eacutes; &nothing; &; & &x"},
        {"&not;in &notin; &sup &sup2;", "\u00acin \u2209 &sup \u00b2"},
    };

    (void) state;

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        snprintf(page, sizeof(page),
            "<meta property=og:type content=product>"
            "<meta property=og:title content=\"%s\">",
            names[i].written);
        snprintf(
            expected, sizeof(expected), "|%s||||||-1.00|-1", names[i].read);
        check(page, expected);
    }
}


static void
header_charset(void **state)
{
    char out[512];
    void *blocks;
    reco_html_memory_t memory;
    reco_html_harvest_t *harvest;

    static const char page[] = "<meta charset=utf-8>"
                               "<meta property=og:type content=product>"
                               "<meta property=og:title content='\xe9'>";
    static const char utf8[] = "<meta charset=latin1>"
                               "<meta property=og:type content=product>"
                               "<meta property=og:title content='\xc3\xa9'>";

    (void) state;
    blocks = NULL;
    memory = (reco_html_memory_t){rewriting_alloc, &blocks};
    harvest = reco_html_harvest_create(&memory);
    reco_html_harvest_charset(harvest, reco_string("Latin1"));
    reco_html_harvest_feed(harvest, page, sizeof(page) - 1);
    describe(harvest, out, sizeof(out));
    assert_string_equal(out, "|\xc3\xa9||||||-1.00|-1");

    harvest = reco_html_harvest_create(&memory);
    reco_html_harvest_charset(harvest, reco_string("utf-8; x=y"));
    reco_html_harvest_feed(harvest, utf8, sizeof(utf8) - 1);
    describe(harvest, out, sizeof(out));
    assert_string_equal(out, "|\xc3\xa9||||||-1.00|-1");
    rewriting_free(&blocks);
}


static void
long_fields(void **state)
{
    char page[8192], title[1024], url[4096], expected[8192];

    (void) state;

    /* 511 letters and a letter of two bytes: cut before it */
    memset(title, 'x', sizeof(title));
    memcpy(title + 511, "\xc3\xa9yy", 5);
    snprintf(page, sizeof(page),
        "<meta property=og:type content=product>"
        "<meta property=og:title content=\"%s\">",
        title);
    snprintf(expected, sizeof(expected), "|%.511s||||||-1.00|-1", title);
    check(page, expected);

    /* an address is whole or is none */
    memset(url, 'u', sizeof(url));
    url[0] = '/';
    url[RECO_HTML_URL_MAX] = '\0';
    snprintf(
        page, sizeof(page), LD("{\"@type\":\"Product\",\"url\":\"%s\"}"), url);
    snprintf(expected, sizeof(expected), "||%s|||||-1.00|-1", url);
    check(page, expected);

    url[RECO_HTML_URL_MAX] = 'u';
    url[RECO_HTML_URL_MAX + 1] = '\0';
    snprintf(
        page, sizeof(page), LD("{\"@type\":\"Product\",\"url\":\"%s\"}"), url);
    check(page, "|||||||-1.00|-1");
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_ld),
        cmocka_unit_test(json_ld_nesting),
        cmocka_unit_test(json_ld_offers),
        cmocka_unit_test(prices),
        cmocka_unit_test(json_ld_references),
        cmocka_unit_test(json_ld_refused),
        cmocka_unit_test(json_ld_limits),
        cmocka_unit_test(meta),
        cmocka_unit_test(charsets),
        cmocka_unit_test(references),
        cmocka_unit_test(header_charset),
        cmocka_unit_test(long_fields),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
