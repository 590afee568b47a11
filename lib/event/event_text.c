#include "event/event_text.h"

#include "event/reco_event.h"

#include <math.h>
#include <string.h>

/* Whole numbers up to here are doubles without loss. */
#define REAL_MAX 9.0e15


/* The bytes after the lead byte of a sequence, or -1. */
static int
utf8_tail(unsigned char lead)
{
    if (lead >= 0xc2 && lead <= 0xdf) {
        return 1;
    }
    if (lead >= 0xe0 && lead <= 0xef) {
        return 2;
    }
    if (lead >= 0xf0 && lead <= 0xf4) {
        return 3;
    }

    return -1;
}


/* The second byte rules out overlong forms, surrogates, > U+10FFFF. */
static int
utf8_second_valid(unsigned char lead, unsigned char second)
{
    switch (lead) {
    case 0xe0:
        return second >= 0xa0 && second <= 0xbf;
    case 0xed:
        return second >= 0x80 && second <= 0x9f;
    case 0xf0:
        return second >= 0x90 && second <= 0xbf;
    case 0xf4:
        return second >= 0x80 && second <= 0x8f;
    default:
        return second >= 0x80 && second <= 0xbf;
    }
}


int
reco_event_utf8_valid(reco_str_t text)
{
    const unsigned char *p, *end;
    int tail, i;

    p = (const unsigned char *) text.data;
    end = p + text.len;

    while (p < end) {
        if (*p < 0x80) {
            if (*p == '\0') {
                return 0;
            }
            p++;
            continue;
        }

        tail = utf8_tail(*p);
        if (tail < 0 || end - p <= tail || !utf8_second_valid(p[0], p[1])) {
            return 0;
        }

        for (i = 2; i <= tail; i++) {
            if ((p[i] & 0xc0) != 0x80) {
                return 0;
            }
        }

        p += tail + 1;
    }

    return 1;
}


/*
 * True where one of eight bytes is below 0x20, DEL, or 0xc2, with which U+0080
 * to U+00BF begin.  A borrow reaches only bytes behind the first of them.
 */
static int
is_suspect(uint64_t word)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);

    uint64_t delete, lead, found;

    delete = word ^ ones * 0x7f;
    lead = word ^ ones * 0xc2;

    found = (word - ones * 0x20) & ~word;
    found |= (delete - ones) & ~delete;
    found |= (lead - ones) & ~lead;

    return (found & ones << 7) != 0;
}


/* Most texts have none, which eight bytes at a time tell; the last eight may
   have been looked at before.  0: it takes a closer look. */
static int
has_surely_none(reco_str_t text)
{
    const char *p, *last;
    uint64_t word;

    if (text.len < sizeof(word)) {
        return 0;
    }

    last = text.data + text.len - sizeof(word);

    for (p = text.data; p < last; p += sizeof(word)) {
        memcpy(&word, p, sizeof(word));
        if (is_suspect(word)) {
            return 0;
        }
    }

    memcpy(&word, last, sizeof(word));

    return !is_suspect(word);
}


int
reco_event_has_control(reco_str_t text)
{
    size_t i;

    if (has_surely_none(text)) {
        return 0;
    }

    for (i = 0; i < text.len; i++) {
        if (reco_control(text, i) != 0) {
            return 1;
        }
    }

    return 0;
}


int
reco_event_is_token(reco_str_t text)
{
    size_t i;
    unsigned char c;

    for (i = 0; i < text.len; i++) {
        c = (unsigned char) text.data[i];
        if (c <= 0x20 || c >= 0x7f) {
            return 0;
        }
    }

    return 1;
}


size_t
reco_event_format_int64(int64_t number, char *out)
{
    uint64_t rest;
    char digits[RECO_EVENT_NUMBER_MAX];
    char *p, *end;

    rest = number < 0 ? 0 - (uint64_t) number : (uint64_t) number;
    end = digits + sizeof(digits);
    p = end;

    for (; rest >= 100; rest /= 100) {
        *--p = (char) ('0' + rest % 10);
        *--p = (char) ('0' + rest / 10 % 10);
    }

    do {
        *--p = (char) ('0' + rest % 10);
        rest /= 10;
    } while (rest != 0);

    if (number < 0) {
        *--p = '-';
    }

    memcpy(out, p, (size_t) (end - p));

    return (size_t) (end - p);
}


reco_status_t
reco_event_format_whole(double number, char *out, size_t *len)
{
    if (!(fabs(number) <= REAL_MAX) || number != trunc(number)) {
        return RECO_INVALID;
    }

    *len = reco_event_format_int64((int64_t) number, out);

    return RECO_OK;
}


size_t
reco_event_format_real(double number, char *out)
{
    int64_t micros, fraction;
    size_t len;

    micros = llround(number * RECO_EVENT_MICROS);

    len = 0;
    if (micros < 0) {
        out[len++] = '-';
        micros = -micros;
    }

    len += reco_event_format_int64(micros / RECO_EVENT_MICROS, out + len);

    fraction = micros % RECO_EVENT_MICROS;
    if (fraction == 0) {
        return len;
    }

    out[len++] = '.';
    for (; fraction != 0; fraction = fraction * 10 % RECO_EVENT_MICROS) {
        out[len++] = (char) ('0' + fraction * 10 / RECO_EVENT_MICROS);
    }

    return len;
}


double
reco_event_round(double number)
{
    return (double) llround(number * RECO_EVENT_MICROS) / RECO_EVENT_MICROS;
}


/* Digits at *pos, at least one; stops at the first other byte. */
static reco_status_t
parse_digits(reco_str_t text, size_t *pos, double *number)
{
    size_t start;
    char c;

    start = *pos;
    *number = 0;

    while (*pos < text.len) {
        c = text.data[*pos];
        if (c < '0' || c > '9') {
            break;
        }

        *number = *number * 10 + (c - '0');
        if (*number > REAL_MAX) {
            return RECO_TOO_LARGE;
        }
        (*pos)++;
    }

    return *pos > start ? RECO_OK : RECO_INVALID;
}


/* The digits after the point, in millionths, rounded at the seventh. */
static reco_status_t
parse_fraction(reco_str_t text, size_t *pos, double *micros)
{
    double place;
    size_t start;
    char c;

    start = *pos;
    *micros = 0;
    place = RECO_EVENT_MICROS / 10;

    for (; *pos < text.len; (*pos)++) {
        c = text.data[*pos];
        if (c < '0' || c > '9') {
            break;
        }

        if (place >= 1) {
            *micros += (c - '0') * place;
            place /= 10;

        } else if (place > 0) {
            *micros += c >= '5';
            place = 0;
        }
    }

    return *pos > start ? RECO_OK : RECO_INVALID;
}


reco_status_t
reco_event_parse_real(reco_str_t text, double *number)
{
    size_t pos;
    double integer, micros;
    int negative;
    reco_status_t rc;

    pos = 0;
    negative = text.len > 0 && text.data[0] == '-';
    if (negative) {
        pos++;
    }

    rc = parse_digits(text, &pos, &integer);
    if (rc != RECO_OK) {
        return rc;
    }

    micros = 0;
    if (pos < text.len && text.data[pos] == '.') {
        pos++;
        if (parse_fraction(text, &pos, &micros) != RECO_OK) {
            return RECO_INVALID;
        }
    }

    if (pos != text.len) {
        return RECO_INVALID;
    }

    /* One division of two exact numbers gives the double nearest to the
       decimal, as strtod() would. */
    if (micros != 0) {
        integer = (integer * RECO_EVENT_MICROS + micros) / RECO_EVENT_MICROS;
    }

    *number = negative ? -integer : integer;

    return RECO_OK;
}


void
reco_event_format_hex(uint64_t number, char *out)
{
    static const char digits[] = "0123456789abcdef";
    int i;

    for (i = RECO_EVENT_HEX_LEN - 1; i >= 0; i--) {
        out[i] = digits[number & 15];
        number >>= 4;
    }
}


reco_status_t
reco_event_parse_hex(reco_str_t text, uint64_t *number)
{
    size_t i;
    char c;
    unsigned digit;

    if (text.len == 0 || text.len > RECO_EVENT_HEX_LEN) {
        return RECO_INVALID;
    }

    *number = 0;

    for (i = 0; i < text.len; i++) {
        c = text.data[i];
        if (c >= '0' && c <= '9') {
            digit = (unsigned) (c - '0');
        } else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f') {
            digit = (unsigned) ((c | 0x20) - 'a') + 10;
        } else {
            return RECO_INVALID;
        }
        *number = *number << 4 | digit;
    }

    return RECO_OK;
}
