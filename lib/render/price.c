/*
 * Decimal and grouping marks, and where the currency's sign stands, after the
 * Unicode CLDR, with Latin digits everywhere; decimals after ISO 4217.  Abroad,
 * a currency's sign is one that cannot be mistaken: US$, not $.
 */

#include <math.h>
#include <string.h>

#include "render/price.h"


#define NBSP    "\xC2\xA0"
#define NNBSP   "\xE2\x80\xAF"
#define QUOTE   "\xE2\x80\x99"
#define LARGEST 1e15

typedef enum {
    SIGN_BEFORE, /* £12 */
    SIGN_APART,  /* € 12 */
    SIGN_BEHIND  /* 12 € */
} sign_t;

struct reco_render_locale_s {
    char language[4];
    char region[3]; /* empty: any */
    char home[3];   /* region that a bare language tag stands for */
    const char *decimal;
    const char *group;
    sign_t sign;
    unsigned char least; /* digits before the first mark: 2 leaves 1234 */
    unsigned char lakh;  /* 12,34,567 */
};

/* Regions before their language. */
static const reco_render_locale_t locales[] = {
    {"ar", "", "AE", ".", ",", SIGN_BEHIND, 1, 0},
    {"bg", "", "BG", ",", NBSP, SIGN_BEHIND, 2, 0},
    {"ca", "", "ES", ",", ".", SIGN_BEHIND, 1, 0},
    {"cs", "", "CZ", ",", NBSP, SIGN_BEHIND, 1, 0},
    {"da", "", "DK", ",", ".", SIGN_BEHIND, 1, 0},
    {"de", "AT", "AT", ",", ".", SIGN_APART, 1, 0},
    {"de", "CH", "CH", ".", QUOTE, SIGN_APART, 1, 0},
    {"de", "LI", "LI", ".", QUOTE, SIGN_APART, 1, 0},
    {"de", "", "DE", ",", ".", SIGN_BEHIND, 1, 0},
    {"el", "", "GR", ",", ".", SIGN_BEHIND, 1, 0},
    {"en", "IN", "IN", ".", ",", SIGN_BEFORE, 1, 1},
    {"en", "ZA", "ZA", ",", NBSP, SIGN_BEFORE, 1, 0},
    {"en", "", "US", ".", ",", SIGN_BEFORE, 1, 0},
    {"es", "AR", "AR", ",", ".", SIGN_APART, 1, 0},
    {"es", "CL", "CL", ",", ".", SIGN_BEFORE, 1, 0},
    {"es", "CO", "CO", ",", ".", SIGN_APART, 1, 0},
    {"es", "MX", "MX", ".", ",", SIGN_BEFORE, 1, 0},
    {"es", "US", "US", ".", ",", SIGN_BEFORE, 1, 0},
    {"es", "", "ES", ",", ".", SIGN_BEHIND, 2, 0},
    {"et", "", "EE", ",", NBSP, SIGN_BEHIND, 2, 0},
    {"eu", "", "ES", ",", ".", SIGN_BEHIND, 1, 0},
    {"fi", "", "FI", ",", NBSP, SIGN_BEHIND, 1, 0},
    {"fr", "CA", "CA", ",", NBSP, SIGN_BEHIND, 1, 0},
    {"fr", "CH", "CH", ".", NNBSP, SIGN_BEHIND, 1, 0},
    {"fr", "", "FR", ",", NNBSP, SIGN_BEHIND, 1, 0},
    {"ga", "", "IE", ".", ",", SIGN_BEFORE, 1, 0},
    {"gl", "", "ES", ",", ".", SIGN_BEHIND, 1, 0},
    {"he", "", "IL", ".", ",", SIGN_BEHIND, 1, 0},
    {"hi", "", "IN", ".", ",", SIGN_BEFORE, 1, 1},
    {"hr", "", "HR", ",", ".", SIGN_BEHIND, 1, 0},
    {"hu", "", "HU", ",", NBSP, SIGN_BEHIND, 1, 0},
    {"id", "", "ID", ",", ".", SIGN_APART, 1, 0},
    {"is", "", "IS", ",", ".", SIGN_BEHIND, 1, 0},
    {"it", "CH", "CH", ".", QUOTE, SIGN_APART, 1, 0},
    {"it", "", "IT", ",", ".", SIGN_BEHIND, 1, 0},
    {"ja", "", "JP", ".", ",", SIGN_BEFORE, 1, 0},
    {"ko", "", "KR", ".", ",", SIGN_BEFORE, 1, 0},
    {"lt", "", "LT", ",", NBSP, SIGN_BEHIND, 1, 0},
    {"lv", "", "LV", ",", NBSP, SIGN_BEHIND, 2, 0},
    {"ms", "", "MY", ".", ",", SIGN_APART, 1, 0},
    {"mt", "", "MT", ".", ",", SIGN_BEFORE, 1, 0},
    {"nb", "", "NO", ",", NBSP, SIGN_BEHIND, 1, 0},
    {"nl", "", "NL", ",", ".", SIGN_APART, 1, 0},
    {"nn", "", "NO", ",", NBSP, SIGN_BEHIND, 1, 0},
    {"no", "", "NO", ",", NBSP, SIGN_BEHIND, 1, 0},
    {"pl", "", "PL", ",", NBSP, SIGN_BEHIND, 2, 0},
    {"pt", "PT", "PT", ",", NBSP, SIGN_BEHIND, 2, 0},
    {"pt", "", "BR", ",", ".", SIGN_APART, 1, 0},
    {"ro", "", "RO", ",", ".", SIGN_BEHIND, 1, 0},
    {"ru", "", "RU", ",", NBSP, SIGN_BEHIND, 1, 0},
    {"sk", "", "SK", ",", NBSP, SIGN_BEHIND, 1, 0},
    {"sl", "", "SI", ",", ".", SIGN_BEHIND, 1, 0},
    {"sr", "", "RS", ",", ".", SIGN_BEHIND, 1, 0},
    {"sv", "", "SE", ",", NBSP, SIGN_BEHIND, 1, 0},
    {"th", "", "TH", ".", ",", SIGN_BEFORE, 1, 0},
    {"tr", "", "TR", ",", ".", SIGN_BEFORE, 1, 0},
    {"uk", "", "UA", ",", NBSP, SIGN_BEHIND, 1, 0},
    {"vi", "", "VN", ",", ".", SIGN_BEHIND, 1, 0},
    {"zh", "", "CN", ".", ",", SIGN_BEFORE, 1, 0},
};

typedef struct {
    char code[4];
    unsigned char decimals;
    const char *sign; /* NULL: the code itself */
    const char *home; /* regions where the short sign is understood */
    const char *home_sign;
} currency_t;

/* What is not listed has two decimals and its code for a sign. */
static const currency_t currencies[] = {
    {"AED", 2, NULL, NULL, NULL},
    {"ARS", 2, NULL, "AR", "$"},
    {"AUD", 2, "A$", "AU", "$"},
    {"BDT", 2, NULL, "BD", "\xE0\xA7\xB3"},
    {"BGN", 2, NULL, "BG", "\xD0\xBB\xD0\xB2."},
    {"BHD", 3, NULL, NULL, NULL},
    {"BIF", 0, NULL, NULL, NULL},
    {"BRL", 2, "R$", NULL, NULL},
    {"CAD", 2, "CA$", "CA", "$"},
    {"CHF", 2, NULL, NULL, NULL},
    {"CLP", 0, NULL, "CL", "$"},
    {"CNY", 2, "CN\xC2\xA5", "CN", "\xC2\xA5"},
    {"COP", 2, NULL, "CO", "$"},
    {"CZK", 2, NULL, "CZ", "K\xC4\x8D"},
    {"DJF", 0, NULL, NULL, NULL},
    {"DKK", 2, NULL, "DK", "kr."},
    {"EUR", 2, "\xE2\x82\xAC", NULL, NULL},
    {"GBP", 2, "\xC2\xA3", NULL, NULL},
    {"GNF", 0, NULL, NULL, NULL},
    {"HKD", 2, "HK$", NULL, NULL},
    {"HUF", 2, NULL, "HU", "Ft"},
    {"IDR", 2, NULL, "ID", "Rp"},
    {"ILS", 2, "\xE2\x82\xAA", NULL, NULL},
    {"INR", 2, "\xE2\x82\xB9", NULL, NULL},
    {"IQD", 3, NULL, NULL, NULL},
    {"ISK", 0, NULL, "IS", "kr."},
    {"JOD", 3, NULL, NULL, NULL},
    {"JPY", 0, "\xC2\xA5", "JP", "\xEF\xBF\xA5"},
    {"KMF", 0, NULL, NULL, NULL},
    {"KRW", 0, "\xE2\x82\xA9", NULL, NULL},
    {"KWD", 3, NULL, NULL, NULL},
    {"LYD", 3, NULL, NULL, NULL},
    {"MXN", 2, "MX$", "MX", "$"},
    {"MYR", 2, NULL, "MY", "RM"},
    {"NOK", 2, NULL, "NO", "kr"},
    {"NZD", 2, "NZ$", "NZ", "$"},
    {"OMR", 3, NULL, NULL, NULL},
    {"PHP", 2, "\xE2\x82\xB1", NULL, NULL},
    {"PLN", 2, NULL, "PL", "z\xC5\x82"},
    {"PYG", 0, NULL, NULL, NULL},
    {"RON", 2, NULL, "RO", "RON"},
    {"RUB", 2, NULL, "RU", "\xE2\x82\xBD"},
    {"RWF", 0, NULL, NULL, NULL},
    {"SEK", 2, NULL, "SE", "kr"},
    {"SGD", 2, NULL, "SG", "$"},
    {"THB", 2, NULL, "TH", "\xE0\xB8\xBF"},
    {"TND", 3, NULL, NULL, NULL},
    {"TRY", 2, NULL, "TR", "\xE2\x82\xBA"},
    {"TWD", 2, "NT$", "TW", "$"},
    {"UAH", 2, NULL, "UA", "\xE2\x82\xB4"},
    {"UGX", 0, NULL, NULL, NULL},
    {"USD", 2, "US$", "US", "$"},
    {"VND", 0, "\xE2\x82\xAB", NULL, NULL},
    {"VUV", 0, NULL, NULL, NULL},
    {"XAF", 0, "FCFA", NULL, NULL},
    {"XOF", 0, "F" NNBSP "CFA", NULL, NULL},
    {"XPF", 0, "CFPF", NULL, NULL},
    {"ZAR", 2, NULL, "ZA", "R"},
};

static const char *const rtl_languages[] = {"ar", "arc", "ckb", "dv", "fa",
    "he", "iw", "ks", "ps", "sd", "syr", "ug", "ur", "yi", NULL};

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))


static char
lower(char c)
{
    return c >= 'A' && c <= 'Z' ? c + 32 : c;
}


static char
upper(char c)
{
    return c >= 'a' && c <= 'z' ? c - 32 : c;
}


/* The tag's language, in lower case, NUL behind it; "" if it is none. */
static void
language_of(reco_str_t tag, char language[4])
{
    size_t len, i;

    memset(language, 0, 4);

    for (len = 0; len < tag.len; len++) {
        if (tag.data[len] == '-' || tag.data[len] == '_') {
            break;
        }
    }

    if (len > 3) {
        len = 0;
    }

    for (i = 0; i < len; i++) {
        language[i] = lower(tag.data[i]);
    }
}


/* The tag's first part of two letters behind the language: the region. */
static void
region_of(reco_str_t tag, char region[3])
{
    size_t i, start;

    region[0] = '\0';
    start = 0;

    for (i = 0; i <= tag.len; i++) {
        if (i < tag.len && tag.data[i] != '-' && tag.data[i] != '_') {
            continue;
        }

        if (start > 0 && i - start == 2) {
            region[0] = upper(tag.data[start]);
            region[1] = upper(tag.data[start + 1]);
            region[2] = '\0';
            return;
        }

        start = i + 1;
    }
}


const reco_render_locale_t *
reco_render_locale(reco_str_t tag)
{
    static const char english[4] = "en";

    const reco_render_locale_t *locale;
    char language[4], region[3];

    language_of(tag, language);
    region_of(tag, region);

    for (;;) {
        for (locale = locales; locale < locales + COUNT_OF(locales); locale++) {
            if (memcmp(locale->language, language, 4) == 0
                && (locale->region[0] == '\0'
                    || strcmp(locale->region, region) == 0))
            {
                return locale;
            }
        }

        memcpy(language, english, 4);
    }
}


int
reco_render_is_rtl(reco_str_t tag)
{
    const char *const *rtl;
    char language[4];

    language_of(tag, language);

    for (rtl = rtl_languages; *rtl != NULL; rtl++) {
        if (strcmp(*rtl, language) == 0) {
            return 1;
        }
    }

    return 0;
}


/* Is it a code: three capitals?  Then its entry, or NULL. */
static int
find_currency(reco_str_t code, const currency_t **currency)
{
    size_t i;

    *currency = NULL;

    if (code.len != 3) {
        return 0;
    }

    for (i = 0; i < 3; i++) {
        if (code.data[i] < 'A' || code.data[i] > 'Z') {
            return 0;
        }
    }

    for (i = 0; i < COUNT_OF(currencies); i++) {
        if (memcmp(currencies[i].code, code.data, 3) == 0) {
            *currency = &currencies[i];
            break;
        }
    }

    return 1;
}


static const char *
sign_of(const reco_render_locale_t *locale, reco_str_t tag,
    const currency_t *currency)
{
    char region[3];

    if (currency == NULL) {
        return NULL;
    }

    region_of(tag, region);

    if (region[0] == '\0') {
        memcpy(region, locale->home, 3);
    }

    if (currency->home != NULL && strcmp(currency->home, region) == 0) {
        return currency->home_sign;
    }

    return currency->sign;
}


/* A sign or a mark, of few bytes. */
static size_t
append(char *out, size_t len, const char *text)
{
    while (*text != '\0') {
        out[len++] = *text++;
    }

    return len;
}


/* Digits of value, most significant first, with zeros before them up to least. */
static unsigned
digits_of(uint64_t value, unsigned least, char digits[20])
{
    char reversed[20];
    unsigned n, i;

    for (n = 0; n < least || value > 0; n++) {
        reversed[n] = '0' + value % 10;
        value /= 10;
    }

    for (i = 0; i < n; i++) {
        digits[i] = reversed[n - 1 - i];
    }

    return n;
}


/* Is there a mark before the digit that has left ones behind it, and itself? */
static int
is_group(unsigned left, const reco_render_locale_t *locale)
{
    if (!locale->lakh) {
        return left % 3 == 0;
    }

    return left >= 3 && left % 2 == 1;
}


/* The number in units of its last decimal; locale NULL: for machines. */
static size_t
put_number(char *out, const reco_render_locale_t *locale, uint64_t units,
    unsigned decimals)
{
    char digits[20] = {0};
    unsigned i, whole;
    size_t len;

    whole = digits_of(units, decimals + 1, digits) - decimals;
    len = 0;

    for (i = 0; i < whole; i++) {
        if (locale != NULL && i > 0 && whole >= 3u + locale->least
            && is_group(whole - i, locale))
        {
            len = append(out, len, locale->group);
        }
        out[len++] = digits[i];
    }

    if (decimals == 0) {
        return len;
    }

    len = append(out, len, locale != NULL ? locale->decimal : ".");
    memcpy(out + len, digits + whole, decimals);

    return len + decimals;
}


int
reco_render_is_price(double price)
{
    return isfinite(price) && price >= 0 && price <= LARGEST;
}


/* Rounds half away from zero; 0 where there is no price. */
static int
units_of(double price, unsigned decimals, uint64_t *units)
{
    static const double scale[] = {1, 10, 100, 1000};

    if (!reco_render_is_price(price)) {
        return 0;
    }

    *units = (uint64_t) llround(price * scale[decimals]);

    return 1;
}


static int
is_letter(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}


size_t
reco_render_price(char *out, const reco_render_locale_t *locale, reco_str_t tag,
    reco_str_t code, double price)
{
    const currency_t *currency;
    const char *sign;
    unsigned decimals;
    uint64_t units;
    char spelt[4];
    size_t len;
    int known;

    known = find_currency(code, &currency);
    decimals = currency != NULL ? currency->decimals : 2;

    if (!units_of(price, decimals, &units)) {
        return 0;
    }

    if (!known) {
        return put_number(out, locale, units, decimals);
    }

    sign = sign_of(locale, tag, currency);

    if (sign == NULL) {
        memcpy(spelt, code.data, 3);
        spelt[3] = '\0';
        sign = spelt;
    }

    if (locale->sign == SIGN_BEHIND) {
        len = put_number(out, locale, units, decimals);
        len = append(out, len, NBSP);
        return append(out, len, sign);
    }

    len = append(out, 0, sign);

    if (locale->sign == SIGN_APART || is_letter(sign[strlen(sign) - 1])) {
        len = append(out, len, NBSP);
    }

    return len + put_number(out + len, locale, units, decimals);
}


size_t
reco_render_price_value(char *out, reco_str_t code, double price)
{
    const currency_t *currency;
    uint64_t units;
    unsigned decimals;

    (void) find_currency(code, &currency);
    decimals = currency != NULL ? currency->decimals : 2;

    if (!units_of(price, decimals, &units)) {
        return 0;
    }

    return put_number(out, NULL, units, decimals);
}
