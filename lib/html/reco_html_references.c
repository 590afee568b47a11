#include "reco_html_references.h"
#include "reco_html_entities.h"
#include "reco_html_scan.h"

#include <string.h>

#define LAST_CODE_POINT 0x10ffffu
#define REPLACEMENT     0xfffdu


char *
reco_html_put_character(char *out, uint32_t code)
{
    if (code == 0 || code > LAST_CODE_POINT
        || (code >= 0xd800 && code <= 0xdfff)) {
        code = REPLACEMENT;
    }

    if (code < 0x80) {
        *out++ = (char) code;

    } else if (code < 0x800) {
        *out++ = (char) (0xc0 | code >> 6);
        *out++ = (char) (0x80 | (code & 0x3f));

    } else if (code < 0x10000) {
        *out++ = (char) (0xe0 | code >> 12);
        *out++ = (char) (0x80 | (code >> 6 & 0x3f));
        *out++ = (char) (0x80 | (code & 0x3f));

    } else {
        *out++ = (char) (0xf0 | code >> 18);
        *out++ = (char) (0x80 | (code >> 12 & 0x3f));
        *out++ = (char) (0x80 | (code >> 6 & 0x3f));
        *out++ = (char) (0x80 | (code & 0x3f));
    }

    return out;
}


int
reco_html_has_references(reco_str_t value)
{
    const char *end;

    /* An absent value has no data. */
    if (value.len == 0) {
        return 0;
    }

    end = value.data + value.len;

    return reco_html_scan_either(value.data, end, '&', '\r') != end;
}


uint32_t
reco_html_windows_1252(uint32_t byte)
{
    static const uint16_t letters[32] = {0x20ac, 0x81, 0x201a, 0x0192, 0x201e,
        0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0x8d,
        0x017d, 0x8f, 0x90, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013,
        0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0x9d, 0x017e, 0x0178};

    return byte >= 0x80 && byte < 0xa0 ? letters[byte - 0x80] : byte;
}


static int
digit_of(char c, int base)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }

    c |= 0x20;

    return base == 16 && c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}


/* "&#..." at the start of in.  Returns its length, 0 where it is none. */
static size_t
numeric(reco_str_t in, uint32_t *code)
{
    int base, digit;
    size_t i, begin;

    base = in.len > 2 && (in.data[2] | 0x20) == 'x' ? 16 : 10;
    begin = base == 16 ? 3 : 2;
    *code = 0;

    for (i = begin; i < in.len; i++) {
        digit = digit_of(in.data[i], base);
        if (digit < 0) {
            break;
        }

        if (*code <= LAST_CODE_POINT) {
            *code = *code * (uint32_t) base + (uint32_t) digit;
        }
    }

    if (i == begin) {
        return 0;
    }

    /* Numbers of C1 controls mean what they are there. */
    *code = reco_html_windows_1252(*code);

    return i < in.len && in.data[i] == ';' ? i + 1 : i;
}


static int
is_alphanumeric(char c)
{
    return reco_html_is_alpha(c) || (c >= '0' && c <= '9');
}


/* The character of a name, 0 where there is none. */
static uint32_t
entity_of(reco_str_t name)
{
    int order;
    size_t low, high, middle;
    const reco_html_entity_t *entity;

    low = 0;
    high = sizeof(reco_html_entities) / sizeof(reco_html_entities[0]);

    while (low < high) {
        middle = (low + high) / 2;
        entity = &reco_html_entities[middle];
        order = strncmp(name.data, entity->name, name.len);

        if (order == 0 && entity->name[name.len] == '\0') {
            return entity->code;
        }

        if (order > 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }

    return 0;
}


/*
 * "&name" at the start of in.  Returns its length, 0 where it is none.  Names of
 * what is in Latin-1 do without ';' where neither a letter, a digit nor '='
 * follows.
 */
static size_t
named(reco_str_t in, uint32_t *code)
{
    size_t len;
    reco_str_t name;

    len = 1;

    while (len < in.len && is_alphanumeric(in.data[len])) {
        len++;
    }

    name = (reco_str_t){len - 1, in.data + 1};
    if (name.len == 0 || name.len > RECO_HTML_ENTITY_MAX) {
        return 0;
    }

    *code = entity_of(name);

    if (*code == 0) {
        return 0;
    }

    if (len < in.len && in.data[len] == ';') {
        return len + 1;
    }

    return *code < 0x100 && *code != '\''
                   && !(len < in.len && in.data[len] == '=')
               ? len
               : 0;
}


size_t
reco_html_resolve(reco_str_t value, char *out)
{
    char *begin;
    size_t i, len;
    uint32_t code;
    reco_str_t rest;

    begin = out;
    code = 0;

    for (i = 0; i < value.len; i++) {
        if (value.data[i] == '\r') {
            *out++ = '\n';
            i += i + 1 < value.len && value.data[i + 1] == '\n';
            continue;
        }

        rest = (reco_str_t){value.len - i, value.data + i};
        len = 0;

        if (value.data[i] == '&' && rest.len > 1) {
            len =
                rest.data[1] == '#' ? numeric(rest, &code) : named(rest, &code);
        }

        if (len != 0) {
            out = reco_html_put_character(out, code);
            i += len - 1;
        } else {
            *out++ = value.data[i];
        }
    }

    return (size_t) (out - begin);
}
