#include "reco_html_name.h"
#include "reco_html_scan.h"

#include <string.h>


/* One to eight bytes, lowered, as a little-endian number. */
static uint64_t
pack(const char *data, size_t len)
{
    uint32_t low, high;
    uint64_t bytes;

    if (len == 8) {
        memcpy(&bytes, data, 8);

    } else if (len >= 4) {
        memcpy(&low, data, 4);
        memcpy(&high, data + len - 4, 4);
        bytes = low | (uint64_t) high << (len - 4) * 8;

    } else {
        bytes = (unsigned char) data[0];
        bytes |= (uint64_t) (unsigned char) data[len / 2] << len / 2 * 8;
        bytes |= (uint64_t) (unsigned char) data[len - 1] << (len - 1) * 8;
    }

    return reco_html_lower8(bytes);
}


uint64_t
reco_html_name(const char *data, size_t len)
{
    uint64_t hash;

    if (len <= 8) {
        return len != 0 ? pack(data, len) : 0;
    }

    hash = len;

    for (/* void */; len > 8; data += 8, len -= 8) {
        hash = RECO_HTML_NAME_MIX(hash, pack(data, 8));
    }

    return RECO_HTML_NAME_MIX(hash, pack(data, len));
}


int
reco_html_same(reco_str_t string, const char *other)
{
    size_t i;

    for (i = 0; i < string.len; i++) {
        if (other[i] == '\0'
            || reco_html_lower(string.data[i]) != reco_html_lower(other[i]))
        {
            return 0;
        }
    }

    return other[i] == '\0';
}
