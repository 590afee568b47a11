#include "reco.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define XXH_INLINE_ALL
#include <xxhash.h>


const char *
reco_status_name(reco_status_t status)
{
    static const char *const names[RECO_STATUS_COUNT] = {
        [RECO_OK] = "ok",
        [RECO_AGAIN] = "again",
        [RECO_DECLINED] = "declined",
        [RECO_INVALID] = "invalid",
        [RECO_TOO_LARGE] = "too large",
        [RECO_FULL] = "full",
        [RECO_NOMEM] = "out of memory",
        [RECO_IO] = "input/output error",
        [RECO_CORRUPT] = "corrupt",
        [RECO_UNSUPPORTED] = "unsupported",
        [RECO_BUSY] = "busy",
    };

    if ((unsigned) status >= RECO_STATUS_COUNT) {
        return "unknown status";
    }

    return names[status];
}


void
reco_error_write(reco_error_t *error, const char *format, ...)
{
    va_list args;

    if (error == NULL) {
        return;
    }

    va_start(args, format);
    vsnprintf(error->message, sizeof(error->message), format, args);
    va_end(args);
}


uint64_t
reco_hash(const void *data, size_t len)
{
    return XXH3_64bits(data, len);
}


struct reco_hasher_s {
    XXH3_state_t state; /* which says how it is to be aligned */
};


reco_hasher_t *
reco_hasher_create(void)
{
    reco_hasher_t *hasher;

    hasher = aligned_alloc(_Alignof(reco_hasher_t), sizeof(*hasher));

    if (hasher != NULL) {
        XXH3_64bits_reset(&hasher->state);
    }

    return hasher;
}


void
reco_hasher_destroy(reco_hasher_t *hasher)
{
    free(hasher);
}


void
reco_hasher_add(reco_hasher_t *hasher, const void *data, size_t len)
{
    XXH3_64bits_update(&hasher->state, data, len);
}


uint64_t
reco_hasher_end(reco_hasher_t *hasher)
{
    uint64_t hash;

    hash = XXH3_64bits_digest(&hasher->state);
    XXH3_64bits_reset(&hasher->state);

    return hash;
}


uint64_t
reco_hash_keyed(uint64_t key, const void *data, size_t len)
{
    return XXH3_64bits_withSeed(data, len, key);
}


uint64_t
reco_item_key(reco_str_t id)
{
    uint64_t key;

    key = XXH3_64bits(id.data, id.len);

    return key != 0 ? key : 1;
}
