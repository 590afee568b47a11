/*
 * Working memory: what one query needs at a time.
 */

#ifndef RECO_ENGINE_SCRATCH_H
#define RECO_ENGINE_SCRATCH_H

#include "reco_engine_pool.h"
#include "reco_engine_tally.h"


#define RECO_ENGINE_SCAN_MAX    1024 /* products computed at a time */
#define RECO_ENGINE_FOUND_MAX   2048 /* of a vector search, before the cut */
#define RECO_ENGINE_DIVERSE_MAX 512
#define RECO_ENGINE_VOTERS_MAX  4000 /* session.k of base and of overlay */
#define RECO_ENGINE_FOLDS_MAX   (RECO_ENGINE_PLACES + 1000)

/* An item that is folded into the visitor's vector. */
typedef struct {
    const void *vector; /* unaligned */
    float weight;
} reco_engine_fold_t;

/* A session that votes. */
typedef struct {
    const reco_snapshot_postings_t *postings;
    reco_snapshot_row_t row; /* of its items */
    float weight;
    uint32_t place; /* of the visit's item that it matches */
} reco_engine_neighbor_t;

/* What MMR keeps of a candidate. */
typedef struct {
    const void *vector; /* NULL: none */
    float norm;
    float relevance;  /* 0 .. 1 */
    float similarity; /* to the nearest of the chosen that were compared */
    uint32_t category;
    uint16_t compared; /* how many of the chosen */
    uint16_t row;
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
    unsigned nneighbors;
    reco_engine_neighbor_t neighbors[RECO_ENGINE_VOTERS_MAX];
    reco_engine_visit_t visit;
    reco_engine_pool_t pool;
    reco_engine_diverse_t diverse[RECO_ENGINE_DIVERSE_MAX];
    uint64_t ranking[RECO_ENGINE_POOL_ROWS];
    uint64_t found[RECO_ENGINE_FOUND_MAX];
    float products[RECO_ENGINE_SCAN_MAX + 1];
    uint32_t places[RECO_ENGINE_SCAN_MAX + 1];
    reco_engine_code_t code; /* of the vector */
    unsigned nfolds;
    reco_engine_fold_t folds[RECO_ENGINE_FOLDS_MAX];
    float vector[RECO_SNAPSHOT_DIMENSIONS_MAX] __attribute__((aligned(64)));
    float fold_residual[RECO_SNAPSHOT_DIMENSIONS_MAX];
    float fold_direction[RECO_SNAPSHOT_DIMENSIONS_MAX];
    float fold_product[RECO_SNAPSHOT_DIMENSIONS_MAX];
};

#endif /* RECO_ENGINE_SCRATCH_H */
