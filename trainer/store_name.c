#include "store_bytes.h"
#include "store_env.h"

#include <string.h>

/* The first byte of a key tells how the name is written behind it. */
#define PLAIN  's'
#define PACKED 'x'
#define DIGITS 32


static int
pack(const char *digits, char *out)
{
    int i, high, low;

    for (i = 0; i < DIGITS / 2; i++) {
        high = reco_hex_digit(digits[2 * i]);
        low = reco_hex_digit(digits[2 * i + 1]);
        if (high < 0 || low < 0) {
            return 0;
        }
        out[i] = (char) (high << 4 | low);
    }

    return 1;
}


int
reco_store_pack_name(reco_str_t visitor, reco_store_name_t *name)
{
    if (visitor.len == 0 || visitor.len > RECO_STORE_VISITOR_MAX) {
        return 0;
    }

    if (visitor.len == DIGITS && pack(visitor.data, name->data + 1)) {
        name->data[0] = PACKED;
        name->len = 1 + DIGITS / 2;
        return 1;
    }

    name->data[0] = PLAIN;
    memcpy(name->data + 1, visitor.data, visitor.len);
    name->len = 1 + visitor.len;

    return 1;
}


size_t
reco_store_unpack_name(reco_str_t key, char visitor[RECO_STORE_VISITOR_MAX])
{
    static const char digits[] = "0123456789abcdef";
    size_t i, len;

    if (key.len < 2 || key.len > RECO_STORE_VISITOR_MAX + 1) {
        return 0;
    }

    len = key.len - 1;

    if (key.data[0] == PLAIN) {
        memcpy(visitor, key.data + 1, len);
        return len;
    }

    for (i = 0; i < len && i < DIGITS / 2; i++) {
        visitor[2 * i] = digits[(unsigned char) key.data[i + 1] >> 4];
        visitor[2 * i + 1] = digits[key.data[i + 1] & 15];
    }

    return 2 * i;
}
