/*
 * Ranking by 64-bit keys: a score in the upper half, a tie-breaker in the
 * lower, so that an order is total and comparing is one instruction.
 */

#ifndef RECO_ENGINE_SELECT_H
#define RECO_ENGINE_SELECT_H

#include "reco_engine_kernels.h"

#include <string.h>


/* Larger scores, then smaller numbers, make larger keys. */
static inline uint64_t
reco_engine_key(float score, uint32_t number)
{
    uint32_t bits;

    memcpy(&bits, &score, sizeof(bits));
    bits ^= (bits & 0x80000000u) != 0 ? 0xffffffffu : 0x80000000u;

    return (uint64_t) bits << 32 | (uint32_t) ~number;
}


static inline uint32_t
reco_engine_key_number(uint64_t key)
{
    return ~(uint32_t) key;
}


static inline float
reco_engine_key_score(uint64_t key)
{
    float score;
    uint32_t bits;

    bits = (uint32_t) (key >> 32);
    bits ^= (bits & 0x80000000u) != 0 ? 0x80000000u : 0xffffffffu;
    memcpy(&score, &bits, sizeof(score));

    return score;
}


/*
 * Moves the wanted largest of count keys, all different, to the front, in an
 * order that is the same for all kernels.  Returns how many those are.
 */
unsigned reco_engine_select(const reco_engine_kernels_t *kernels,
    uint64_t *keys, unsigned count, unsigned wanted);

/* Largest first; keys all different. */
void reco_engine_sort(
    const reco_engine_kernels_t *kernels, uint64_t *keys, unsigned count);

#endif /* RECO_ENGINE_SELECT_H */
