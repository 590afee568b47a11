/*
 * The one step of quickselect that costs time.
 */

#include "reco_engine_partition.h"

#ifdef RECO_ENGINE_X86
#include <immintrin.h>
#include <string.h>
#endif

#define PARTITION_MOST 1024 /* keys that are parted side by side */


/* Without a branch on the keys: which way one would go cannot be foreseen. */
RECO_ENGINE_PARTITION_VARIANT(baseline)
{
    unsigned i, larger;
    uint64_t key;

    larger = 0;

    for (i = 0; i < count; i++) {
        key = keys[i];
        keys[i] = keys[larger];
        keys[larger] = key;
        larger += key > pivot;
    }

    return larger;
}


#ifdef RECO_ENGINE_X86

/* Eight at a time: the larger ones move up, the others wait aside. */
__attribute__((target("avx512f"))) RECO_ENGINE_PARTITION_VARIANT(avx512)
{
    unsigned i, left, larger, smaller, nlarger;
    uint64_t aside[PARTITION_MOST + 8];
    __m512i eight, pivots;
    __mmask8 lanes, above;

    if (count > PARTITION_MOST) {
        return reco_engine_partition_baseline(keys, count, pivot);
    }

    pivots = _mm512_set1_epi64((long long) pivot);
    larger = 0;
    smaller = 0;

    for (i = 0; i < count; i += 8) {
        left = count - i;
        lanes = left < 8 ? (__mmask8) ((1u << left) - 1) : 0xff;
        eight = _mm512_maskz_loadu_epi64(lanes, keys + i);
        above = _mm512_mask_cmpgt_epu64_mask(lanes, eight, pivots);
        nlarger = (unsigned) __builtin_popcount(above);

        _mm512_storeu_si512(aside + smaller,
            _mm512_maskz_compress_epi64(lanes & (__mmask8) ~above, eight));
        smaller += (left < 8 ? left : 8) - nlarger;

        /* What is written over was read before, but for the last few. */
        _mm512_mask_storeu_epi64(
            keys + larger, lanes, _mm512_maskz_compress_epi64(above, eight));
        larger += nlarger;
    }

    memcpy(keys + larger, aside, smaller * sizeof(keys[0]));

    return larger;
}

#endif /* RECO_ENGINE_X86 */
