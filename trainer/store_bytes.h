/*
 * Numbers in the store's records: little-endian, at any alignment; and digits
 * that are packed.
 */

#ifndef RECO_STORE_BYTES_H
#define RECO_STORE_BYTES_H

#include <stdint.h>
#include <string.h>


static inline void
reco_store_u32(char *out, uint32_t value)
{
    int i;

    for (i = 0; i < 4; i++) {
        out[i] = (char) (value >> (8 * i));
    }
}


static inline void
reco_store_u64(char *out, uint64_t value)
{
    reco_store_u32(out, (uint32_t) value);
    reco_store_u32(out + 4, (uint32_t) (value >> 32));
}


static inline uint32_t
reco_load_u32(const char *in)
{
    const unsigned char *p = (const unsigned char *) in;

    return (uint32_t) p[0] | (uint32_t) p[1] << 8 | (uint32_t) p[2] << 16
           | (uint32_t) p[3] << 24;
}


static inline uint64_t
reco_load_u64(const char *in)
{
    return (uint64_t) reco_load_u32(in)
           | (uint64_t) reco_load_u32(in + 4) << 32;
}


static inline void
reco_store_double(char *out, double value)
{
    uint64_t bits;

    memcpy(&bits, &value, sizeof(bits));
    reco_store_u64(out, bits);
}


static inline double
reco_load_double(const char *in)
{
    uint64_t bits;
    double value;

    bits = reco_load_u64(in);
    memcpy(&value, &bits, sizeof(value));

    return value;
}


/* Of the lower-case digits in which ids come; -1: none. */
static inline int
reco_hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }

    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

#endif /* RECO_STORE_BYTES_H */
