/*
 * Prices by locale and currency.
 */

#include <math.h>

#include "render_case.h"

#include "render/price.h"


#define NB "\xC2\xA0"

typedef struct {
    const char *locale;
    const char *currency;
    double price;
    const char *expected;
} case_t;


static const char *
price(const char *locale, const char *currency, double value)
{
    static char out[RECO_PRICE_MAX + 1];
    size_t len;

    len = reco_render_price(out, reco_render_locale(text(locale)), text(locale),
        text(currency), value);
    assert_true(len < RECO_PRICE_MAX);
    out[len] = '\0';

    return out;
}


static void
check(const case_t *cases, size_t ncases)
{
    size_t i;

    for (i = 0; i < ncases; i++) {
        assert_string_equal(
            price(cases[i].locale, cases[i].currency, cases[i].price),
            cases[i].expected);
    }
}

#define CHECK(cases) check(cases, sizeof(cases) / sizeof((cases)[0]))


static void
test_locales(void **state)
{
    static const case_t cases[] = {
        {"en-GB", "GBP", 1234.5,
            "\xC2\xA3"
            "1,234.50"},
        {"en-US", "USD", 0.99, "$0.99"},
        {"en-CA", "USD", 12, "US$12.00"},
        {"en-CA", "CAD", 12, "$12.00"},
        {"de-DE", "EUR", 1234567.891, "1.234.567,89" NB "\xE2\x82\xAC"},
        {"de-AT", "EUR", 1234.5, "\xE2\x82\xAC" NB "1.234,50"},
        {"de-CH", "CHF", 1234.5,
            "CHF" NB "1\xE2\x80\x99"
            "234.50"},
        {"fr-FR", "EUR", 1234.5,
            "1\xE2\x80\xAF"
            "234,50" NB "\xE2\x82\xAC"},
        {"nl", "EUR", 5, "\xE2\x82\xAC" NB "5,00"},
        {"sv-SE", "SEK", 1234.5, "1" NB "234,50" NB "kr"},
        {"pl", "PLN", 1234.5, "1234,50" NB "z\xC5\x82"},
        {"pl", "PLN", 12345.6, "12" NB "345,60" NB "z\xC5\x82"},
        {"pt-BR", "BRL", 1234.5, "R$" NB "1.234,50"},
        {"hi-IN", "INR", 12345678.9,
            "\xE2\x82\xB9"
            "1,23,45,678.90"},
        {"en-IN", "INR", 999.5,
            "\xE2\x82\xB9"
            "999.50"},
        {"he", "ILS", 10, "10.00" NB "\xE2\x82\xAA"},
        {"tr", "TRY", 10,
            "\xE2\x82\xBA"
            "10,00"},
    };

    (void) state;

    CHECK(cases);
}


static void
test_decimals(void **state)
{
    static const case_t cases[] = {
        {"ja-JP", "JPY", 1234.5,
            "\xEF\xBF\xA5"
            "1,235"},
        {"en", "JPY", 1234.4,
            "\xC2\xA5"
            "1,234"},
        {"ar-KW", "KWD", 1.2345, "1.235" NB "KWD"},
        {"en", "KWD", 0.001, "KWD" NB "0.001"},
        {"en", "GBP", 0.005,
            "\xC2\xA3"
            "0.01"},
        {"en", "GBP", 0.999,
            "\xC2\xA3"
            "1.00"},
        {"en", "GBP", 0,
            "\xC2\xA3"
            "0.00"},
    };

    (void) state;

    CHECK(cases);
}


static void
test_tags(void **state)
{
    static const case_t cases[] = {
        {"DE_de", "EUR", 1.5, "1,50" NB "\xE2\x82\xAC"},
        {"zh-Hant-TW", "TWD", 1.5, "$1.50"},
        {"", "USD", 1.5, "$1.50"},
        {"tlh", "EUR", 1.5,
            "\xE2\x82\xAC"
            "1.50"},
        {"overlong-XX", "EUR", 1.5,
            "\xE2\x82\xAC"
            "1.50"},
    };

    (void) state;

    CHECK(cases);
}


static void
test_currencies(void **state)
{
    static const case_t cases[] = {
        {"en", "XTS", 1234.5, "XTS" NB "1,234.50"},
        {"en", "", 1234.5, "1,234.50"},
        {"en", "<b>", 1, "1.00"},
        {"en", "usd", 1, "1.00"},
        {"en", "USDX", 1, "1.00"},
    };

    (void) state;

    CHECK(cases);
}


static void
test_no_price(void **state)
{
    static const double prices[] = {-1, -0.001, 1e16, INFINITY, -INFINITY, NAN};
    char out[RECO_PRICE_MAX];
    size_t i;

    (void) state;

    for (i = 0; i < sizeof(prices) / sizeof(prices[0]); i++) {
        assert_string_equal(price("en", "USD", prices[i]), "");
        assert_int_equal(
            reco_render_price_value(out, text("USD"), prices[i]), 0);
    }

    assert_string_equal(price("hi", "INR", 1e15), "\xE2\x82\xB9"
                                                  "1,00,00,00,00,00,00,000.00");
}


static void
test_value(void **state)
{
    char out[RECO_PRICE_MAX];
    size_t len;

    (void) state;

    len = reco_render_price_value(out, text("EUR"), 1234567.5);
    assert_int_equal(len, 10);
    assert_memory_equal(out, "1234567.50", len);

    len = reco_render_price_value(out, text("JPY"), 1234567.5);
    assert_int_equal(len, 7);
    assert_memory_equal(out, "1234568", len);
}


static void
test_direction(void **state)
{
    (void) state;

    assert_true(reco_render_is_rtl(text("ar")));
    assert_true(reco_render_is_rtl(text("HE-il")));
    assert_true(reco_render_is_rtl(text("fa_IR")));
    assert_false(reco_render_is_rtl(text("en-GB")));
    assert_false(reco_render_is_rtl(text("")));
    assert_false(reco_render_is_rtl(text("arrr")));
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_locales),
        cmocka_unit_test(test_decimals),
        cmocka_unit_test(test_tags),
        cmocka_unit_test(test_currencies),
        cmocka_unit_test(test_no_price),
        cmocka_unit_test(test_value),
        cmocka_unit_test(test_direction),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
