#include "event/event_reader.h"

#include <string.h>

/* Digits that a uint64_t holds, and powers of ten that a long double does. */
#define DIGITS_MAX   19
#define POWER_MAX    22
#define EXPONENT_MAX 400


static reco_status_t
malformed(reco_event_reader_t *reader)
{
    reader->malformed = 1;

    return RECO_INVALID;
}


const char *
reco_event_skip_space(const char *p, const char *end)
{
    while (p < end && (*p == ' ' || *p == '\t' || *p == '\r' || *p == '\n')) {
        p++;
    }

    return p;
}


/* The next byte that is no white space; 0, which JSON forbids, at the end. */
static char
peek(reco_event_reader_t *reader)
{
    if (reader->next != reader->end && *reader->next > ' ') {
        return *reader->next;
    }

    reader->next = reco_event_skip_space(reader->next, reader->end);

    return reader->next < reader->end ? *reader->next : '\0';
}


static reco_status_t
count_value(reco_event_reader_t *reader)
{
    return ++reader->values <= RECO_EVENT_VALUES_MAX ? RECO_OK
                                                     : malformed(reader);
}


/* -- strings -------------------------------------------------------------- */

/* Four hex digits at p; -1 where they are none. */
static int
code_unit(const char *p, const char *end)
{
    int i, unit, digit;

    if (end - p < 4) {
        return -1;
    }

    unit = 0;

    for (i = 0; i < 4; i++) {
        if (p[i] >= '0' && p[i] <= '9') {
            digit = p[i] - '0';
        } else if ((p[i] | 0x20) >= 'a' && (p[i] | 0x20) <= 'f') {
            digit = (p[i] | 0x20) - 'a' + 10;
        } else {
            return -1;
        }
        unit = unit << 4 | digit;
    }

    return unit;
}


static char *
put_utf8(char *out, int code)
{
    if (code < 0x80) {
        *out++ = (char) code;
        return out;
    }

    if (code < 0x800) {
        *out++ = (char) (0xc0 | code >> 6);

    } else {
        if (code < 0x10000) {
            *out++ = (char) (0xe0 | code >> 12);

        } else {
            *out++ = (char) (0xf0 | code >> 18);
            *out++ = (char) (0x80 | (code >> 12 & 0x3f));
        }

        *out++ = (char) (0x80 | (code >> 6 & 0x3f));
    }

    *out++ = (char) (0x80 | (code & 0x3f));

    return out;
}


/* What \uXXXX stands for, with its second half; p: past the "u".  NULL: no
   character. */
static const char *
put_escaped(const char *p, const char *end, char **out)
{
    int code, low;

    code = code_unit(p, end);
    p += 4;

    if (code <= 0 || (code >= 0xdc00 && code < 0xe000)) {
        return NULL;
    }

    if (code >= 0xd800 && code < 0xdc00) {
        if (end - p < 6 || p[0] != '\\' || p[1] != 'u') {
            return NULL;
        }

        low = code_unit(p + 2, end);
        p += 6;

        if (low < 0xdc00 || low >= 0xe000) {
            return NULL;
        }

        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    }

    *out = put_utf8(*out, code);

    return p;
}


/* text without its escapes, in the arena. */
static reco_status_t
unescape(reco_event_reader_t *reader, reco_str_t *text)
{
    static const char letters[] = "\"\\/bfnrt";
    static const char bytes[] = "\"\\/\b\f\n\r\t";

    const char *p, *end, *letter;
    char *start, *out;

    /* No escape is shorter than what it stands for. */
    if (reader->arena->size - reader->arena->used < text->len) {
        return RECO_NOMEM;
    }

    start = reader->arena->data + reader->arena->used;
    out = start;
    p = text->data;
    end = p + text->len;

    while (p < end) {
        if (*p != '\\') {
            *out++ = *p++;
            continue;
        }

        /* A backslash is never the last byte: it would escape the quote. */
        if (p[1] == 'u') {
            p = put_escaped(p + 2, end, &out);
            if (p == NULL) {
                return malformed(reader);
            }
            continue;
        }

        letter = memchr(letters, p[1], sizeof(letters) - 1);
        if (letter == NULL) {
            return malformed(reader);
        }

        *out++ = bytes[letter - letters];
        p += 2;
    }

    text->data = start;
    text->len = (size_t) (out - start);
    reader->arena->used += text->len;

    return RECO_OK;
}


/*
 * To the first quote, backslash or control character, eight bytes at a time: a
 * borrow reaches only bytes behind the first of them.  Stops early where less
 * than a word is left.
 */
static const char *
skip_plain(const char *p, const char *end)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    const uint64_t highs = ones << 7;

    uint64_t word, quote, backslash, special;

    for (; end - p >= (ptrdiff_t) sizeof(word); p += sizeof(word)) {
        memcpy(&word, p, sizeof(word));
        quote = word ^ ones * '"';
        backslash = word ^ ones * '\\';

        special = (quote - ones) & ~quote;
        special |= (backslash - ones) & ~backslash;
        special |= (word - ones * 0x20) & ~word;
        special &= highs;

        if (special != 0) {
            return p + __builtin_ctzll(special) / 8;
        }
    }

    return p;
}


/* reader->next is past the opening quote. */
static reco_status_t
read_string(reco_event_reader_t *reader, reco_str_t *text)
{
    const char *p, *end;
    int escapes;

    escapes = 0;
    end = reader->end;

    for (p = skip_plain(reader->next, end); p < end && *p != '"'; p++) {
        if ((unsigned char) *p < 0x20) {
            return malformed(reader);
        }

        if (*p == '\\') {
            escapes = 1;
            p += end - p > 1;
        }
    }

    if (p == end) {
        return malformed(reader);
    }

    text->data = reader->next;
    text->len = (size_t) (p - text->data);
    reader->next = p + 1;

    return escapes ? unescape(reader, text) : RECO_OK;
}


/* -- numbers -------------------------------------------------------------- */

typedef struct {
    uint64_t mantissa;
    int digits;   /* of it */
    int exponent; /* of ten */
} decimal_t;


/* Past the digits from p on, which go into the mantissa while there is room. */
static const char *
read_digits(const char *p, const char *end, decimal_t *decimal, int fraction)
{
    for (; p < end && *p >= '0' && *p <= '9'; p++) {
        if (decimal->digits == DIGITS_MAX) {
            decimal->exponent += !fraction;
            continue;
        }

        decimal->mantissa = decimal->mantissa * 10 + (uint64_t) (*p - '0');
        decimal->digits += decimal->mantissa != 0;
        decimal->exponent -= fraction;
    }

    return p;
}


/* p: past the "e".  NULL: no digit follows. */
static const char *
read_exponent(const char *p, const char *end, decimal_t *decimal)
{
    const char *start;
    int negative, exponent;

    negative = p < end && *p == '-';
    if (p < end && (*p == '-' || *p == '+')) {
        p++;
    }

    exponent = 0;

    for (start = p; p < end && *p >= '0' && *p <= '9'; p++) {
        if (exponent < EXPONENT_MAX) {
            exponent = exponent * 10 + (*p - '0');
        }
    }

    decimal->exponent += negative ? -exponent : exponent;

    return p > start ? p : NULL;
}


/*
 * Of two numbers that a double holds exactly, as nearly all are, the quotient
 * or product is the double nearest to the decimal.
 */
static double
decimal_value(const decimal_t *decimal)
{
    static const long double powers[POWER_MAX + 1] = {1e0L, 1e1L, 1e2L, 1e3L,
        1e4L, 1e5L, 1e6L, 1e7L, 1e8L, 1e9L, 1e10L, 1e11L, 1e12L, 1e13L, 1e14L,
        1e15L, 1e16L, 1e17L, 1e18L, 1e19L, 1e20L, 1e21L, 1e22L};

    long double value;
    int exponent, step;

    if (decimal->exponent == 0) {
        return (double) decimal->mantissa;
    }

    if (decimal->mantissa <= UINT64_C(1) << 53 && decimal->exponent < 0
        && decimal->exponent >= -POWER_MAX)
    {
        return (double) decimal->mantissa / (double) powers[-decimal->exponent];
    }

    value = (long double) decimal->mantissa;
    exponent = decimal->exponent;

    for (; exponent > 0 && value != 0; exponent -= step) {
        step = exponent < POWER_MAX ? exponent : POWER_MAX;
        value *= powers[step];
    }

    for (; exponent < 0 && value != 0; exponent += step) {
        step = exponent > -POWER_MAX ? -exponent : POWER_MAX;
        value /= powers[step];
    }

    return (double) value;
}


static reco_status_t
read_number(reco_event_reader_t *reader, double *number)
{
    const char *p, *start, *end;
    decimal_t decimal;
    int negative;

    decimal = (decimal_t){0};
    p = reader->next;
    end = reader->end;

    negative = *p == '-';
    p += negative;

    start = p;
    p = read_digits(p, end, &decimal, 0);

    if (p == start || (*start == '0' && p - start > 1)) {
        return malformed(reader);
    }

    if (p < end && *p == '.') {
        start = ++p;
        p = read_digits(p, end, &decimal, 1);
        if (p == start) {
            return malformed(reader);
        }
    }

    if (p < end && (*p == 'e' || *p == 'E')) {
        p = read_exponent(p + 1, end, &decimal);
        if (p == NULL) {
            return malformed(reader);
        }
    }

    reader->next = p;
    *number = decimal_value(&decimal);

    if (negative) {
        *number = -*number;
    }

    return RECO_OK;
}


/* -- values --------------------------------------------------------------- */

static reco_status_t
read_literal(reco_event_reader_t *reader, reco_str_t literal)
{
    if ((size_t) (reader->end - reader->next) < literal.len
        || memcmp(reader->next, literal.data, literal.len) != 0)
    {
        return malformed(reader);
    }

    reader->next += literal.len;

    return RECO_OK;
}


static reco_status_t
open_container(reco_event_reader_t *reader, reco_event_json_t *value,
    reco_event_json_kind_t kind)
{
    value->kind = kind;
    value->n = 0;
    reader->next++;

    if (++reader->depth > RECO_EVENT_DEPTH_MAX) {
        return malformed(reader);
    }

    return count_value(reader);
}


reco_status_t
reco_event_read_value(reco_event_reader_t *reader, reco_event_json_t *value)
{
    switch (peek(reader)) {
    case '"':
        reader->next++;
        value->kind = RECO_EVENT_JSON_STRING;
        return read_string(reader, &value->text);

    case '{':
        return open_container(reader, value, RECO_EVENT_JSON_OBJECT);

    case '[':
        return open_container(reader, value, RECO_EVENT_JSON_ARRAY);

    case 'n':
        value->kind = RECO_EVENT_JSON_NULL;
        return read_literal(reader, reco_string("null"));

    case 't':
        value->kind = RECO_EVENT_JSON_TRUE;
        return read_literal(reader, reco_string("true"));

    case 'f':
        value->kind = RECO_EVENT_JSON_FALSE;
        return read_literal(reader, reco_string("false"));

    case '\0':
        return malformed(reader);

    default:
        value->kind = RECO_EVENT_JSON_NUMBER;
        return read_number(reader, &value->number);
    }
}


/* To the next one of a container.  RECO_DECLINED: past its closing bracket. */
static reco_status_t
go_on(reco_event_reader_t *reader, reco_event_json_t *container, char bracket)
{
    char c;

    c = peek(reader);

    if (c == bracket) {
        reader->next++;
        reader->depth--;
        return RECO_DECLINED;
    }

    if (container->n++ == 0) {
        return RECO_OK;
    }

    if (c != ',') {
        return malformed(reader);
    }

    reader->next++;

    return count_value(reader);
}


reco_status_t
reco_event_read_member(reco_event_reader_t *reader, reco_event_json_t *object,
    reco_str_t *key, reco_event_json_t *value)
{
    reco_status_t rc;

    rc = go_on(reader, object, '}');
    if (rc != RECO_OK) {
        return rc;
    }

    if (peek(reader) != '"') {
        return malformed(reader);
    }

    reader->next++;

    rc = read_string(reader, key);
    if (rc != RECO_OK) {
        return rc;
    }

    if (peek(reader) != ':' || count_value(reader) != RECO_OK) {
        return malformed(reader);
    }

    reader->next++;

    return reco_event_read_value(reader, value);
}


reco_status_t
reco_event_read_item(reco_event_reader_t *reader, reco_event_json_t *array,
    reco_event_json_t *value)
{
    reco_status_t rc;

    rc = go_on(reader, array, ']');

    return rc == RECO_OK ? reco_event_read_value(reader, value) : rc;
}


/* Recursion ends at RECO_EVENT_DEPTH_MAX. */
reco_status_t
reco_event_read_past(reco_event_reader_t *reader, reco_event_json_t *value)
{
    reco_event_json_t inner;
    reco_str_t key;
    reco_status_t rc;

    if (value->kind < RECO_EVENT_JSON_OBJECT) {
        return RECO_OK;
    }

    do {
        rc = value->kind == RECO_EVENT_JSON_OBJECT
                 ? reco_event_read_member(reader, value, &key, &inner)
                 : reco_event_read_item(reader, value, &inner);

        if (rc == RECO_OK) {
            rc = reco_event_read_past(reader, &inner);
        }
    } while (rc == RECO_OK);

    return rc == RECO_DECLINED ? RECO_OK : rc;
}
