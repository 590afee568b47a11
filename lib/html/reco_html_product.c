#include "reco_html_product.h"
#include "reco_html_name.h"
#include "reco_html_references.h"
#include "reco_html_scan.h"

#include <string.h>

/* Text that is longer than any field, with what is folded and resolved. */
#define TEXT_MAX 4096

#define PRICE_MAX 1e9


typedef enum {
    TEXT, /* spaces are folded, what is too long is cut */
    TOKEN,
    ADDRESS,
    CURRENCY
} kind_t;


static const struct {
    kind_t kind;
    size_t offset;
    size_t size;
} shapes[RECO_HTML_FIELDS] = {
#define SHAPE(field, kind, member)                                             \
    [RECO_HTML_FIELD_##field] = {kind, offsetof(reco_html_fields_t, member),   \
        sizeof(((reco_html_fields_t *) 0)->member)}
    SHAPE(ID, TOKEN, id),
    SHAPE(TITLE, TEXT, title),
    SHAPE(URL, ADDRESS, url),
    SHAPE(IMAGE, ADDRESS, image),
    SHAPE(CATEGORY, TEXT, category),
    SHAPE(BRAND, TEXT, brand),
    SHAPE(CURRENCY, CURRENCY, currency),
#undef SHAPE
};


void
reco_html_fields_init(reco_html_fields_t *fields)
{
    memset(fields, 0, offsetof(reco_html_fields_t, id));
    fields->price = -1;
    fields->available = -1;
}


/* The length of the UTF-8 sequence at p; 0 where it is none, or U+FFFD,
   which stands for what could not be read. */
static size_t
sequence_length(const char *p, size_t len)
{
    size_t i, need;
    uint32_t code;
    unsigned char first;

    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};

    first = (unsigned char) p[0];

    if (first < 0x80) {
        return 1;
    }

    need = first >= 0xf0 && first < 0xf8   ? 4
           : first >= 0xe0 && first < 0xf0 ? 3
           : first >= 0xc0 && first < 0xe0 ? 2
                                           : 0;

    if (need == 0 || need > len) {
        return 0;
    }

    code = first & (0x7fu >> need);

    for (i = 1; i < need; i++) {
        if (((unsigned char) p[i] & 0xc0) != 0x80) {
            return 0;
        }
        code = code << 6 | ((unsigned char) p[i] & 0x3f);
    }

    return code >= least[need] && code <= 0x10ffff
                   && (code < 0xd800 || code > 0xdfff) && code != 0xfffd
               ? need
               : 0;
}


static int
is_control(const char *p, size_t len)
{
    return (unsigned char) p[0] < 0x20 || p[0] == 0x7f
           || (len == 2 && (unsigned char) p[0] == 0xc2
               && (unsigned char) p[1] < 0xa0);
}


/* Spaces of all kinds, controls and U+00A0 become one space each run. */
static size_t
fold(char *text, size_t len)
{
    size_t in, out, size;

    out = 0;

    for (in = 0; in < len; in += size) {
        size = sequence_length(text + in, len - in);
        if (size == 0) {
            return 0;
        }

        if (is_control(text + in, size) || text[in] == ' '
            || (size == 2 && memcmp(text + in, "\xc2\xa0", 2) == 0))
        {
            if (out != 0 && text[out - 1] != ' ') {
                text[out++] = ' ';
            }
            continue;
        }

        memmove(text + out, text + in, size);
        out += size;
    }

    return out != 0 && text[out - 1] == ' ' ? out - 1 : out;
}


/* At most max bytes of folded text, no character cut in two. */
static size_t
cut(const char *text, size_t len, size_t max)
{
    if (len <= max) {
        return len;
    }

    while (max != 0 && ((unsigned char) text[max] & 0xc0) == 0x80) {
        max--;
    }

    return max;
}


static int
begins_with(reco_str_t text, const char *prefix)
{
    size_t len;

    len = strlen(prefix);

    return text.len >= len
           && reco_html_same((reco_str_t){len, text.data}, prefix);
}


static int
is_currency(reco_str_t text)
{
    size_t i;

    for (i = 0; i < text.len; i++) {
        if (text.data[i] < 'A' || text.data[i] > 'Z') {
            return 0;
        }
    }

    return text.len == 3;
}


/* Whether folded text is fit for a field of a kind. */
static int
is_fit(kind_t kind, reco_str_t text)
{
    switch (kind) {

    case TEXT:
        return 1;

    case TOKEN:
        return memchr(text.data, ' ', text.len) == NULL;

    case ADDRESS:
        return memchr(text.data, ' ', text.len) == NULL
               && (begins_with(text, "https://") || begins_with(text, "http://")
                   || text.data[0] == '/');

    case CURRENCY:
        return is_currency(text);
    }

    return 0;
}


int
reco_html_fields_put(reco_html_fields_t *fields, reco_html_field_t field,
    reco_html_source_t source, reco_str_t text)
{
    char copy[TEXT_MAX];
    size_t len, size;
    kind_t kind;

    kind = shapes[field].kind;
    size = shapes[field].size;

    if (fields->sources[field] >= source) {
        return 0;
    }

    len = cut(text.data, text.len, sizeof(copy));
    len = reco_html_resolve((reco_str_t){len, text.data}, copy);
    len = fold(copy, len);

    if (kind == TEXT) {
        len = cut(copy, len, size);
    }

    if (len == 0 || len > size || (kind != TEXT && text.len > TEXT_MAX)
        || !is_fit(kind, (reco_str_t){len, copy}))
    {
        return 0;
    }

    memcpy((char *) fields + shapes[field].offset, copy, len);
    fields->lengths[field] = (unsigned) len;
    fields->sources[field] = source;

    return 1;
}


reco_str_t
reco_html_fields_get(const reco_html_fields_t *fields, reco_html_field_t field)
{
    return (reco_str_t){
        fields->lengths[field], (const char *) fields + shapes[field].offset};
}


void
reco_html_fields_put_price(
    reco_html_fields_t *fields, reco_html_source_t source, double price)
{
    if (fields->price_source < source && price >= 0 && price <= PRICE_MAX) {
        fields->price = price;
        fields->price_source = source;
    }
}


void
reco_html_fields_put_available(
    reco_html_fields_t *fields, reco_html_source_t source, int available)
{
    if (fields->available_source < source && available >= 0) {
        fields->available = available;
        fields->available_source = source;
    }
}


static int
is_digit(char c)
{
    return c >= '0' && c <= '9';
}


/* Whether exactly three digits follow p[0], as in a number in groups. */
static int
leads_group(const char *p, const char *end)
{
    return end - p > 3 && is_digit(p[1]) && is_digit(p[2]) && is_digit(p[3])
           && (end - p == 4 || !is_digit(p[4]));
}


/* The length of what does nothing but part groups, and leads one here: a space,
   also a thin one, or an apostrophe of either kind.  0: it is not there. */
static size_t
separator(const char *p, const char *end)
{
    static const char *const separators[] = {
        " ", "'", "\xe2\x80\x99", "\xe2\x80\xaf", "\xe2\x80\x89"};

    size_t i, len;

    for (i = 0; i < sizeof(separators) / sizeof(separators[0]); i++) {
        len = strlen(separators[i]);

        if ((size_t) (end - p) > len && memcmp(p, separators[i], len) == 0) {
            return leads_group(p + len - 1, end) ? len : 0;
        }
    }

    return 0;
}


/* The number in [begin, end), whose decimal point, if any, is at point. */
static double
number_of(const char *begin, const char *end, const char *point)
{
    const char *p;
    double number, scale;

    number = 0;
    scale = 1;

    for (p = begin; p < end; p++) {
        if (is_digit(*p)) {
            number = number * 10 + (*p - '0');
            scale *= p > point ? 10 : 1;
        }
    }

    return number / scale;
}


/*
 * The last '.' or ',' is the decimal point, unless it leads a group of three:
 * "1.299" is a thousand in one country and little more than one in another,
 * but hardly a price has tenths of a cent.
 */
double
reco_html_price(reco_str_t text)
{
    char copy[64];
    size_t len;
    const char *p, *begin, *end, *point, *group;

    if (text.len == 0 || text.len > sizeof(copy)) {
        return -1;
    }

    len = fold(copy, reco_html_resolve(text, copy));
    end = copy + len;

    for (p = copy; p < end && !is_digit(*p); p++) {
        /* void */
    }

    if (p == end || (p > copy && p[-1] == '-')) {
        return -1;
    }

    /* ".99" */

    p -= p == copy + 1 && copy[0] == '.';

    begin = p;
    group = p;
    point = NULL;

    for (/* void */; p < end; p += len) {
        len = 1;

        if (*p == '.' || *p == ',') {
            group = point != NULL ? point + 1 : begin;
            point = p;

        } else if (!is_digit(*p)) {
            len = separator(p, end);
            if (len == 0) {
                break;
            }
        }
    }

    end = p;

    if (point != NULL && leads_group(point, end) && point - group <= 3
        && *begin != '0')
    {
        point = NULL;
    }

    return number_of(begin, end, point != NULL ? point : end);
}


int
reco_html_availability(reco_str_t text)
{
    static const struct {
        const char *word;
        int available;
    } words[] = {
        {"instock", 1},
        {"onlineonly", 1},
        {"instoreonly", 1},
        {"limitedavailability", 1},
        {"preorder", 1},
        {"presale", 1},
        {"backorder", 1},
        {"madetoorder", 1},
        {"availablefororder", 1},
        {"outofstock", 0},
        {"soldout", 0},
        {"discontinued", 0},
        {"reserved", 0},
        {"oos", 0},
    };

    char folded[32];
    size_t i, len, begin;

    for (begin = text.len; begin > 0; begin--) {
        if (text.data[begin - 1] == '/' || text.data[begin - 1] == ':') {
            break;
        }
    }

    len = 0;

    for (i = begin; i < text.len; i++) {
        if (!reco_html_is_alpha(text.data[i])) {
            continue;
        }
        if (len == sizeof(folded)) {
            return -1;
        }
        folded[len++] = text.data[i];
    }

    for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (reco_html_same((reco_str_t){len, folded}, words[i].word)) {
            return words[i].available;
        }
    }

    return -1;
}
