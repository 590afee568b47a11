/*
 * Runs of bytes that may pass are copied whole; a table of 256 entries says
 * which bytes need a look.
 */

#include "render/escape.h"
#include "render/escape_scan.h"


#define REPLACEMENT 0xFFFD

/* Control characters, markup and everything beyond ASCII. */
#define CONTROLS(n) [(n)] = 1, [(n) + 1] = 1, [(n) + 2] = 1, [(n) + 3] = 1
#define SIXTEEN(n)                                                             \
    CONTROLS(n), CONTROLS((n) + 4), CONTROLS((n) + 8), CONTROLS((n) + 12)
#define BEYOND_ASCII                                                           \
    SIXTEEN(0x80), SIXTEEN(0x90), SIXTEEN(0xA0), SIXTEEN(0xB0), SIXTEEN(0xC0), \
        SIXTEEN(0xD0), SIXTEEN(0xE0), SIXTEEN(0xF0)

static const unsigned char html_special[256] = {CONTROLS(0),
    CONTROLS(4), [8] = 1, [0x0B] = 1, [0x0C] = 1, [0x0E] = 1, [0x0F] = 1,
    SIXTEEN(0x10), [0x7F] = 1, ['<'] = 1, ['>'] = 1, ['&'] = 1, ['"'] = 1,
    ['\''] = 1, BEYOND_ASCII};

static const unsigned char json_special[256] = {SIXTEEN(0),
    SIXTEEN(0x10), [0x7F] = 1, ['<'] = 1, ['>'] = 1, ['&'] = 1, ['"'] = 1,
    ['\''] = 1, ['\\'] = 1, BEYOND_ASCII};


/* How long a sequence its first byte announces, and its second byte's range. */
static int
lead(unsigned char c, size_t *len, unsigned char *low, unsigned char *high)
{
    *low = 0x80;
    *high = 0xBF;

    if (c >= 0xC2 && c <= 0xDF) {
        *len = 2;
        return 1;
    }

    if (c >= 0xE0 && c <= 0xEF) {
        *len = 3;
        *low = c == 0xE0 ? 0xA0 : 0x80;
        *high = c == 0xED ? 0x9F : 0xBF;
        return 1;
    }

    if (c >= 0xF0 && c <= 0xF4) {
        *len = 4;
        *low = c == 0xF0 ? 0x90 : 0x80;
        *high = c == 0xF4 ? 0x8F : 0xBF;
        return 1;
    }

    return 0;
}


size_t
reco_render_decode(const char *p, const char *end, uint32_t *code)
{
    unsigned char c, low, high;
    uint32_t value;
    size_t len, i;

    c = (unsigned char) *p;

    if (c < 0x80) {
        *code = c;
        return 1;
    }

    *code = RECO_CODE_INVALID;

    if (!lead(c, &len, &low, &high)) {
        return 1;
    }

    value = c & (0x7F >> len);

    for (i = 1; i < len; i++) {
        if (p + i == end) {
            return i;
        }

        c = (unsigned char) p[i];
        if (c < low || c > high) {
            return i;
        }

        value = value << 6 | (c & 0x3F);
        low = 0x80;
        high = 0xBF;
    }

    *code = value;

    return len;
}


static size_t
put_hex(char *out, uint32_t value, unsigned digits)
{
    static const char hex[] = "0123456789ABCDEF";
    unsigned i;

    for (i = 0; i < digits; i++) {
        out[i] = hex[value >> (4 * (digits - 1 - i)) & 15];
    }

    return digits;
}


void
reco_render_reference(reco_render_out_t *out, uint32_t code)
{
    char text[RECO_REFERENCE_MAX];
    unsigned digits;
    size_t len;

    digits = code > 0xFFFFF  ? 6
             : code > 0xFFFF ? 5
             : code > 0xFFF  ? 4
             : code > 0xFF   ? 3
                             : 2;

    memcpy(text, "&#x", 3);
    len = 3 + put_hex(text + 3, code, digits);
    text[len++] = ';';

    reco_render_put(out, text, len);
}


void
reco_render_json_code(reco_render_out_t *out, uint32_t code)
{
    char text[RECO_REFERENCE_MAX];

    memcpy(text, "\\u", 2);

    if (code < 0x10000) {
        (void) put_hex(text + 2, code, 4);
        reco_render_put(out, text, 6);
        return;
    }

    code -= 0x10000;
    (void) put_hex(text + 2, 0xD800 + (code >> 10), 4);
    memcpy(text + 6, "\\u", 2);
    (void) put_hex(text + 8, 0xDC00 + (code & 0x3FF), 4);
    reco_render_put(out, text, 12);
}


/* No XML may hold these two. */
static int
is_noncharacter(uint32_t code)
{
    return code == 0xFFFE || code == 0xFFFF;
}


/* U+FFFD for what may not be in a document: C1 controls, broken UTF-8. */
static uint32_t
sound(uint32_t code)
{
    if (code == RECO_CODE_INVALID || is_noncharacter(code)
        || (code >= 0x7F && code < 0xA0)
        || (code < 0x20 && code != '\t' && code != '\n' && code != '\r'))
    {
        return REPLACEMENT;
    }

    return code;
}


/* Is the character fit to be copied as it is? */
static int
is_copied(const reco_render_out_t *out, uint32_t code)
{
    return code >= 0xA0 && code != RECO_CODE_INVALID && !is_noncharacter(code)
           && !out->ascii;
}


/*
 * Copies text, but for what put() writes in another way: characters that begin
 * with a byte that is special and are not to be kept.
 */
static inline void
escape(reco_render_out_t *out, reco_str_t text,
    const unsigned char special[256],
    int (*is_kept)(const reco_render_out_t *out, uint32_t code),
    void (*put)(reco_render_out_t *out, uint32_t code))
{
    const char *p, *end, *start;
    uint32_t code;
    size_t len;

    if (text.len == 0) {
        return;
    }

    p = text.data;
    end = p + text.len;
    start = p;

    while ((p = reco_render_scan_text(p, end, special)) < end) {
        len = reco_render_decode(p, end, &code);

        if (!is_kept(out, code)) {
            reco_render_put(out, start, p - start);
            put(out, code);
            start = p + len;
        }

        p += len;
    }

    reco_render_put(out, start, p - start);
}


static void
put_html_code(reco_render_out_t *out, uint32_t code)
{
    switch (code) {
    case '<':
        reco_render_put_literal(out, "&lt;");
        return;
    case '>':
        reco_render_put_literal(out, "&gt;");
        return;
    case '&':
        reco_render_put_literal(out, "&amp;");
        return;
    case '"':
        reco_render_put_literal(out, "&#34;");
        return;
    case '\'':
        reco_render_put_literal(out, "&#39;");
        return;
    default:
        code = sound(code);
        if (out->ascii) {
            reco_render_reference(out, code);
        } else {
            reco_render_put_literal(out, "\xEF\xBF\xBD");
        }
        return;
    }
}


void
reco_render_html(reco_render_out_t *out, reco_str_t text)
{
    escape(out, text, html_special, is_copied, put_html_code);
}


/* U+2028 and U+2029 end a line of a script. */
static int
is_copied_json(const reco_render_out_t *out, uint32_t code)
{
    return is_copied(out, code) && code != 0x2028 && code != 0x2029;
}


static void
put_json_code(reco_render_out_t *out, uint32_t code)
{
    switch (code) {
    case '\n':
        reco_render_put_literal(out, "\\n");
        return;
    case '\\':
        reco_render_put_literal(out, "\\\\");
        return;
    case '\t':
        reco_render_put_literal(out, "\\t");
        return;
    case '\r':
        reco_render_put_literal(out, "\\r");
        return;
    default:
        reco_render_json_code(
            out, code == RECO_CODE_INVALID ? REPLACEMENT : code);
        return;
    }
}


void
reco_render_json_string(reco_render_out_t *out, reco_str_t text)
{
    escape(out, text, json_special, is_copied_json, put_json_code);
}
