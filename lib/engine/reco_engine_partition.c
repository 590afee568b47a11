/*
 * The step of quickselect, and of sorting a few, that costs time.
 */

#include "reco_engine_partition.h"

#include <string.h>

#ifdef RECO_ENGINE_X86
#include <immintrin.h>
#endif

#define PARTITION_MOST   1024 /* keys that are parted side by side */
#define PARTITION_RANKED 4    /* times eight keys are ranked at a time */


/* More than are parted side by side: those that are not larger change places. */
static unsigned
partition_many(uint64_t *keys, unsigned count, uint64_t pivot)
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


/* Without a branch on the keys: which way one would go cannot be foreseen. */
RECO_ENGINE_PARTITION_VARIANT(baseline)
{
    unsigned i, larger;
    uint64_t key, aside[PARTITION_MOST];

    if (count > PARTITION_MOST) {
        return partition_many(keys, count, pivot);
    }

    larger = 0;

    for (i = 0; i < count; i++) {
        key = keys[i];
        keys[larger] = key;
        aside[i - larger] = key;
        larger += key > pivot;
    }

    for (i = larger; i < count; i++) {
        keys[i] = aside[i - larger];
    }

    return larger;
}


#ifdef RECO_ENGINE_X86

/* Which of eight keys from first on there are. */
static inline __mmask8
partition_lanes(unsigned first, unsigned count)
{
    unsigned left;

    left = count > first ? count - first : 0;

    return left < 8 ? (__mmask8) ((1u << left) - 1) : 0xff;
}


/* Eight at a time: the larger ones move up, the others wait aside. */
__attribute__((target("avx512f"))) RECO_ENGINE_PARTITION_VARIANT(avx512)
{
    unsigned i, larger, smaller, nlarger;
    uint64_t aside[PARTITION_MOST + 8];
    __m512i eight, pivots;
    __mmask8 lanes, above;

    if (count > PARTITION_MOST) {
        return partition_many(keys, count, pivot);
    }

    pivots = _mm512_set1_epi64((long long) pivot);
    larger = 0;
    smaller = 0;

    for (i = 0; i < count; i += 8) {
        lanes = partition_lanes(i, count);
        eight = _mm512_maskz_loadu_epi64(lanes, keys + i);
        above = _mm512_mask_cmpgt_epu64_mask(lanes, eight, pivots);
        nlarger = (unsigned) __builtin_popcount(above);

        _mm512_storeu_si512(aside + smaller,
            _mm512_maskz_compress_epi64(lanes & (__mmask8) ~above, eight));
        smaller += (unsigned) __builtin_popcount(lanes) - nlarger;

        /* What is written over was read before, but for the last few. */
        _mm512_mask_storeu_epi64(
            keys + larger, lanes, _mm512_maskz_compress_epi64(above, eight));
        larger += nlarger;
    }

    memcpy(keys + larger, aside, smaller * sizeof(keys[0]));

    return larger;
}


/* Every key with all others: a product of vectors, and nothing to foresee. */
__attribute__((target("avx512f"))) void
reco_engine_rank_avx512(const uint64_t *keys, unsigned count, uint64_t *ranks)
{
    unsigned first, i, j;
    __m512i one, key, mine[PARTITION_RANKED], larger[PARTITION_RANKED];

    one = _mm512_set1_epi64(1);

    for (first = 0; first < count; first += 8 * PARTITION_RANKED) {
#pragma GCC unroll 4
        for (i = 0; i < PARTITION_RANKED; i++) {
            mine[i] = _mm512_maskz_loadu_epi64(
                partition_lanes(first + 8 * i, count), keys + first + 8 * i);
            larger[i] = _mm512_setzero_si512();
        }

        for (j = 0; j < count; j++) {
            key = _mm512_set1_epi64((long long) keys[j]);

#pragma GCC unroll 4
            for (i = 0; i < PARTITION_RANKED; i++) {
                larger[i] = _mm512_mask_add_epi64(larger[i],
                    _mm512_cmpgt_epu64_mask(key, mine[i]), larger[i], one);
            }
        }

#pragma GCC unroll 4
        for (i = 0; i < PARTITION_RANKED; i++) {
            _mm512_mask_storeu_epi64(ranks + first + 8 * i,
                partition_lanes(first + 8 * i, count), larger[i]);
        }
    }
}

#endif /* RECO_ENGINE_X86 */
