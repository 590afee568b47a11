/*
 * Names of elements and attributes as one number each (internal).  Names of
 * up to eight bytes are the number itself, ASCII letters lowered; longer ones
 * are a hash of it.  Two long names that share a hash would be taken for one
 * another, which can misplace a block in the page that was written to do so.
 */

#ifndef RECO_HTML_NAME_H
#define RECO_HTML_NAME_H

#include "reco.h"

#include <string.h>

/* Bytes of a name that count; what is longer is told apart by its length. */
#define RECO_HTML_NAME_MAX 64

uint64_t reco_html_name(const char *data, size_t len);

/* True where two strings are equal but for the case of ASCII letters. */
int reco_html_same(reco_str_t string, const char *other);


#define RECO_HTML_NAME_FACTOR UINT64_C(0x9e3779b97f4a7c15)

/* One step of the hash of a long name: constant where its operands are. */
#define RECO_HTML_NAME_MIX(hash, block)                                        \
    ((((hash) ^ (block)) * RECO_HTML_NAME_FACTOR)                              \
        ^ ((((hash) ^ (block)) * RECO_HTML_NAME_FACTOR) >> 29))

/* Up to eight bytes as a little-endian number. */
#define RECO_HTML_PACK(a, b, c, d, e, f, g, h)                                 \
    ((uint64_t) (a) | (uint64_t) (b) << 8 | (uint64_t) (c) << 16               \
        | (uint64_t) (d) << 24 | (uint64_t) (e) << 32 | (uint64_t) (f) << 40   \
        | (uint64_t) (g) << 48 | (uint64_t) (h) << 56)

#define RECO_HTML_LONG(len, first, second)                                     \
    RECO_HTML_NAME_MIX(RECO_HTML_NAME_MIX((uint64_t) (len), first), second)


/* Lowers the ASCII letters among eight bytes at once. */
static inline uint64_t
reco_html_lower8(uint64_t bytes)
{
    uint64_t low, from_a, past_z, upper;

    low = bytes & UINT64_C(0x7f7f7f7f7f7f7f7f);
    from_a = low + UINT64_C(0x3f3f3f3f3f3f3f3f);
    past_z = low + UINT64_C(0x2525252525252525);
    upper = from_a & ~past_z & ~bytes & UINT64_C(0x8080808080808080);

    return bytes | upper >> 2;
}


/* The same as reco_html_name(), where data may be read up to end. */
static inline uint64_t
reco_html_name_at(const char *data, size_t len, const char *end)
{
    uint64_t bytes;

    if (len - 1 < 8 && end - data >= 8) {
        memcpy(&bytes, data, 8);
        return reco_html_lower8(bytes & UINT64_MAX >> (8 - len) * 8);
    }

    return reco_html_name(data, len);
}

#endif /* RECO_HTML_NAME_H */
