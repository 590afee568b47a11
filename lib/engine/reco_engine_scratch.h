/*
 * Working memory: what one query needs at a time.
 */

#ifndef RECO_ENGINE_SCRATCH_H
#define RECO_ENGINE_SCRATCH_H

#include "reco_engine_pool.h"
#include "reco_engine_tally.h"


#define RECO_ENGINE_FOUND_MAX   2048 /* of a vector search, before the cut */
#define RECO_ENGINE_DIVERSE_MAX 512
#define RECO_ENGINE_VOTERS_MAX  4000 /* session.k of base and of overlay */
#define RECO_ENGINE_FOLDS_MAX   (RECO_ENGINE_PLACES + 1000)

/* Whose lists those are that the queries of a page share. */
typedef struct {
    uint64_t page; /* 0: nobody's */
    unsigned nitems;
    reco_engine_visited_t items[RECO_ENGINE_PLACES]; /* the visit's */
    const reco_engine_model_t *model;
    uint32_t ready;  /* mask of the sources whose lists are made */
    int near;        /* what was found is from lists, where these have it */
    unsigned wanted; /* how many the search was to find */
    unsigned nfound;
} reco_engine_shared_t;

/* What MMR keeps of the candidates, the most relevant first. */
typedef struct {
    const void *vectors[RECO_ENGINE_DIVERSE_MAX]; /* NULL: none */
    float norms[RECO_ENGINE_DIVERSE_MAX];
    float gains[RECO_ENGINE_DIVERSE_MAX]; /* lambda * relevance; -INFINITY:
                                             chosen, or left out */
    float similarities[RECO_ENGINE_DIVERSE_MAX]; /* to the nearest chosen */
    uint16_t rows[RECO_ENGINE_DIVERSE_MAX];
} reco_engine_diverse_t;

_Static_assert(RECO_ENGINE_CODE_MAX == RECO_SNAPSHOT_DIMENSIONS_MAX,
    "a code holds any vector");

struct reco_engine_scratch_s {
    reco_engine_tally_t sessions;
    reco_engine_tally_t items;
    uint64_t *keys; /* room for every entry of either tally, and the lists */
    uint32_t nkeys;
    uint32_t nsessions; /* entries of each tally */
    uint32_t nitems;
    unsigned nvoters;
    uint32_t nvotes; /* items of theirs */
    reco_engine_voter_t voters[RECO_ENGINE_VOTERS_MAX];
    reco_engine_votes_t votes;
    int keep;        /* features are wanted, not scores alone */
    unsigned enough; /* best rows of the one source asked; 0: name all */
    reco_engine_shared_t shared;
    reco_engine_list_t lists[RECO_ENGINE_SOURCE_COUNT];
    reco_engine_visit_t visit;
    reco_engine_pool_t pool;
    reco_engine_diverse_t diverse;
    uint64_t ranking[RECO_ENGINE_POOL_ROWS];
    uint64_t found[RECO_ENGINE_FOUND_MAX + RECO_ENGINE_SCAN_SPARE];
    reco_engine_code_t code; /* of the vector */
    unsigned nfolds; /* items that are folded into the visitor's vector */
    const void *fold_vectors[RECO_ENGINE_FOLDS_MAX]; /* unaligned */
    float fold_weights[RECO_ENGINE_FOLDS_MAX];
    float fold_products[RECO_ENGINE_FOLDS_MAX];
    float vector[RECO_SNAPSHOT_DIMENSIONS_MAX] __attribute__((aligned(64)));
    float fold_residual[RECO_SNAPSHOT_DIMENSIONS_MAX]
        __attribute__((aligned(64)));
    float fold_direction[RECO_SNAPSHOT_DIMENSIONS_MAX]
        __attribute__((aligned(64)));
    float fold_product[RECO_SNAPSHOT_DIMENSIONS_MAX]
        __attribute__((aligned(64)));
};

/* Has a query of the same page made the source's list already? */
static inline int
reco_engine_shared(
    const reco_engine_scratch_t *scratch, reco_engine_source_t source)
{
    return (scratch->shared.ready & 1u << source) != 0;
}

#endif /* RECO_ENGINE_SCRATCH_H */
