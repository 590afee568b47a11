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

/* Features that are computed from others: no source tells them. */
#define RECO_ENGINE_DERIVED(feature)                                           \
    (((feature) >= RECO_ENGINE_FEATURE_SESSION_LOG                             \
         && (feature) <= RECO_ENGINE_FEATURE_BACKFILL_LOG)                     \
        || ((feature) >= RECO_ENGINE_FEATURE_UNMET                             \
            && (feature) <= RECO_ENGINE_FEATURE_SESSION_NEXT))

/* Features that only what the visitor has seen can have, and only what is in
   the profile: not there where a query has none of it. */
#define RECO_ENGINE_RETURNED(feature)                                          \
    (((feature) >= RECO_ENGINE_FEATURE_RETURN_LAST                             \
         && (feature) <= RECO_ENGINE_FEATURE_RETURN_LENGTH)                    \
        || ((feature) >= RECO_ENGINE_FEATURE_RETURN_AGE                        \
            && (feature) <= RECO_ENGINE_FEATURE_RETURN_LAST_GAP))
#define RECO_ENGINE_PROFILED(feature)                                          \
    ((feature) == RECO_ENGINE_FEATURE_HISTORY                                  \
        || (feature) == RECO_ENGINE_FEATURE_HISTORY_COUNT                      \
        || (feature) == RECO_ENGINE_FEATURE_HISTORY_RECENT)

/* What is the same for all candidates of a query. */
typedef struct reco_engine_terms_s {
    const float *weights; /* RECO_ENGINE_FEATURES_MAX */
    float price;          /* of the newest item; <= 0: unknown */
    float halflife;       /* of freshness, seconds */
    int returned;         /* the features of what was seen are there, */
    int profiled;         /* and those of the profile; else they are 0 */
    int keep;             /* derived features are written into the blocks */
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
