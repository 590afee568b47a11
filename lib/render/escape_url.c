/*
 * URLs from the catalogue.  A browser strips leading space, drops tabs and
 * newlines anywhere, and decodes character references before it looks for a
 * scheme; all of these spellings are refused rather than undone.
 */

#include "render/escape.h"
#include "render/escape_scan.h"


/* Where a byte may stand as it is. */
#define PART 1 /* a piece of a URL: RFC 3986's unreserved characters */
#define URL  2 /* a whole URL: also the reserved ones, and "%" */
#define LIST 4 /* one URL among several: no comma */

#define UNRESERVED  (PART | URL | LIST)
#define RESERVED(c) [(c)] = URL | LIST

static const unsigned char passes[256] = {['-'] = UNRESERVED,
    ['.'] = UNRESERVED,
    ['_'] = UNRESERVED,
    ['~'] = UNRESERVED,
    ['0' ... '9'] = UNRESERVED,
    ['A' ... 'Z'] = UNRESERVED,
    ['a' ... 'z'] = UNRESERVED,
    RESERVED('!'),
    RESERVED('$'),
    RESERVED('('),
    RESERVED(')'),
    RESERVED('*'),
    RESERVED('+'),
    RESERVED(';'),
    RESERVED('='),
    RESERVED(':'),
    RESERVED('@'),
    RESERVED('/'),
    RESERVED('?'),
    RESERVED('#'),
    RESERVED('['),
    RESERVED(']'),
    RESERVED('%'),
    [','] = URL};


static int
is_web_scheme(const char *scheme, size_t len, const char *end)
{
    size_t i;
    char c;

    if (len != 4 && len != 5) {
        return 0;
    }

    for (i = 0; i < len; i++) {
        c = scheme[i];
        c = c >= 'A' && c <= 'Z' ? c + 32 : c;
        if (c != "https"[i]) {
            return 0;
        }
    }

    return end - (scheme + len) > 3 && memcmp(scheme + len, "://", 3) == 0;
}


int
reco_render_url_is_safe(reco_str_t url)
{
    const char *p, *end;

    if (url.len == 0 || *url.data == ' ') {
        return 0;
    }

    end = url.data + url.len;

    if (reco_render_has_control(url.data, end)) {
        return 0;
    }

    for (p = url.data; p < end; p++) {
        switch (*p) {
        case '/':
        case '?':
        case '#':
            return 1;
        case '&':
            return 0;
        case ':':
            return is_web_scheme(url.data, p - url.data, end);
        default:
            break;
        }
    }

    return 1;
}


static void
put_percent(reco_render_out_t *out, const char *data, size_t len)
{
    static const char hex[] = "0123456789ABCDEF";
    char triple[3];
    size_t i;

    for (i = 0; i < len; i++) {
        triple[0] = '%';
        triple[1] = hex[(unsigned char) data[i] >> 4];
        triple[2] = hex[(unsigned char) data[i] & 15];
        reco_render_put(out, triple, 3);
    }
}


/* The first byte that is not copied in this place, else end. */
static const char *
next_encoded(const char *p, const char *end, unsigned place)
{
    if (place != PART) {
        return reco_render_scan_url(p, end, passes, place);
    }

    while (p < end && (passes[(unsigned char) *p] & PART)) {
        p++;
    }

    return p;
}


static void
encode(reco_render_out_t *out, reco_str_t text, unsigned place)
{
    const char *p, *end, *start;
    uint32_t code;
    size_t len;

    if (text.len == 0) {
        return;
    }

    end = text.data + text.len;
    start = text.data;

    while ((p = next_encoded(start, end, place)) < end) {
        reco_render_put(out, start, p - start);
        len = reco_render_decode(p, end, &code);
        start = p + len;

        if (code == RECO_CODE_INVALID) {
            reco_render_put_literal(out, "%EF%BF%BD");
        } else if (code == '&' && place != PART) {
            reco_render_put_literal(out, "&amp;");
        } else {
            put_percent(out, p, len);
        }
    }

    reco_render_put(out, start, end - start);
}


void
reco_render_url(reco_render_out_t *out, reco_str_t url, int list)
{
    if (reco_render_url_is_safe(url)) {
        encode(out, url, list ? LIST : URL);
    } else {
        reco_render_put_literal(out, "#");
    }
}


void
reco_render_url_part(reco_render_out_t *out, reco_str_t text)
{
    encode(out, text, PART);
}
