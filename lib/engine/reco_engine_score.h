/*
 * What is known of candidates, sixteen side by side, and the blend's
 * arithmetic on it: the variants of reco_engine_kernels_t.score.
 */

#ifndef RECO_ENGINE_SCORE_H
#define RECO_ENGINE_SCORE_H

#include "reco_engine_params.h"
#include "reco_engine_scan.h"


#define RECO_ENGINE_LANES 16

/*
 * A feature of sixteen candidates is a line of the cache.  Until they are
 * scored, some hold what the feature is computed from: PRICE the price, FRESH
 * the age in seconds, AGREEMENT how many sources there are.
 */
typedef struct reco_engine_block_s {
    float features[RECO_ENGINE_FEATURES_MAX][RECO_ENGINE_LANES]
        __attribute__((aligned(64)));
} reco_engine_block_t;

/* What is the same for all candidates of a query. */
typedef struct reco_engine_terms_s {
    const float *weights; /* RECO_ENGINE_FEATURES_MAX */
    float price;          /* of the newest item; <= 0: unknown */
    float halflife;       /* of freshness, seconds */
} reco_engine_terms_t;

#define RECO_ENGINE_SCORE_BODY(name)                                           \
    void name(reco_engine_block_t *blocks, unsigned count,                     \
        const reco_engine_terms_t *terms, float *scores)

RECO_ENGINE_SCORE_BODY(reco_engine_score_baseline);

#ifdef RECO_ENGINE_X86
RECO_ENGINE_SCORE_BODY(reco_engine_score_avx2);
RECO_ENGINE_SCORE_BODY(reco_engine_score_avx512);
#endif

#endif /* RECO_ENGINE_SCORE_H */
