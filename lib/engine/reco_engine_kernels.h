/*
 * The arithmetic on vectors, for the processor at hand.
 *
 * All variants have equal results, to the last bit, so that what a trainer
 * measured on one machine is what a worker answers on another: floats are
 * added in one order (sixteen partial sums, element i to sum i % 16, folded
 * in halves; no fused multiply-add), bytes are added as integers.
 */

#ifndef RECO_ENGINE_KERNELS_H
#define RECO_ENGINE_KERNELS_H

#include "reco.h"


#define RECO_ENGINE_CODE_MAX   1024
#define RECO_ENGINE_SCAN_SPARE 16
#define RECO_ENGINE_RANKED     96


/* A vector as bytes, to be multiplied with codes (reco_snapshot_codes_t). */
typedef struct {
    int8_t bytes[RECO_ENGINE_CODE_MAX] __attribute__((aligned(64)));
    uint32_t stride; /* how many of them: a multiple of 4 */
    int32_t excess;  /* 128 * their sum: codes are so much too large */
} reco_engine_code_t;

/* What a query's candidates are, and what they are weighed with
   (reco_engine_score.h). */
struct reco_engine_block_s;
struct reco_engine_terms_s;

/* A session that votes, and what it says (reco_engine_vote.h). */
struct reco_engine_voter_s;
struct reco_engine_votes_s;

typedef struct {
    const char *name;

    /* The product of two vectors of the dimensions that the kernels were
       asked for; both may be unaligned. */
    float (*dot)(const void *a, const void *b, uint32_t dimensions);

    /* The products of a with each of count vectors; 0 where there is none. */
    void (*dots)(const void *a, const void *const *vectors, unsigned count,
        uint32_t dimensions, float *products);

    /* sum += weight * vector, which may be unaligned. */
    void (*add)(
        float *sum, float weight, const void *vector, uint32_t dimensions);

    /*
     * Multiplies query with the codes of count blocks that follow each other,
     * numbered from first on, and writes the keys (reco_engine_key()) of the
     * products above threshold, with their numbers, in order.  keys has room
     * for RECO_ENGINE_SCAN_SPARE more than there can be.  Returns how many.
     */
    unsigned (*scan)(const reco_engine_code_t *query, const uint8_t *blocks,
        uint32_t count, uint32_t first, float threshold, uint64_t *keys);

    /* Moves the keys larger than pivot to the front; returns how many.  The
       order of all keys then is the same for every variant. */
    unsigned (*partition)(uint64_t *keys, unsigned count, uint64_t pivot);

    /*
     * Writes how many of the keys are larger than each; RECO_ENGINE_RANKED of
     * them at most, with room for as many.  NULL where that is no gain.
     */
    void (*rank)(const uint64_t *keys, unsigned count, uint64_t *ranks);

    /*
     * Completes the features of count blocks, and writes the weighted sums of
     * all of their candidates to scores.
     */
    void (*score)(struct reco_engine_block_s *blocks, unsigned count,
        const struct reco_engine_terms_s *terms, float *scores);

    /* Writes down the items of the voters, with what each gets: a weight of the
       voter's times the distance from its match, before or after it.  Returns
       how many voters there was room for, one at least. */
    unsigned (*vote)(struct reco_engine_votes_s *votes,
        const struct reco_engine_voter_s *voters, unsigned nvoters,
        const float *distance);
} reco_engine_kernels_t;

/* The best that this processor has for vectors of so many dimensions. */
const reco_engine_kernels_t *reco_engine_kernels(uint32_t dimensions);

/* Each of those that this processor has; NULL past the last one. */
const reco_engine_kernels_t *reco_engine_kernels_at(
    unsigned index, uint32_t dimensions);

#endif /* RECO_ENGINE_KERNELS_H */
