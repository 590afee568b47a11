/*
 * The cases of a replay, asked of a model: what the blend's weights are fitted
 * to.
 */

#ifndef RECO_BLEND_CASES_H
#define RECO_BLEND_CASES_H

#include "config.h"
#include "engine/reco_engine.h"
#include "history.h"
#include "model/knobs.h"
#include "model/replay.h"
#include "model/softmax.h"
#include "random.h"
#include "snapshot/reco_snapshot.h"


/* What learning the blend has at hand; the caller fills in what the cases hang
   on: replay, keys, model, limit, first. */
typedef struct {
    const reco_history_t *history;
    const reco_snapshot_item_t *items;
    const reco_config_t *config;
    reco_replay_t replay;
    uint64_t *keys;
    reco_knobs_t knobs;
    reco_snapshot_t *snapshot;
    reco_engine_model_t *model;
    reco_engine_scratch_t *scratch;
    reco_case_query_t query;
    reco_engine_candidate_t *candidates;
    uint32_t limit; /* candidates kept of a case */
    unsigned nfeatures;
    reco_random_t random;
    reco_softmax_t examples; /* those that teach, then those that check */
    const double *first;     /* weights of the first round; NULL: it is that */
    uint32_t nteach;
    double asked; /* what the cases that check count */
} reco_blend_learning_t;

/* Memory for what the cases make, of the model.  RECO_NOMEM. */
reco_status_t reco_blend_cases_open(reco_blend_learning_t *learning);

/* Adds the cases that teach, or those that check.  RECO_NOMEM. */
reco_status_t reco_blend_cases_ask(
    reco_blend_learning_t *learning, int checking);

/* Also where opening failed. */
void reco_blend_cases_close(reco_blend_learning_t *learning);

#endif /* RECO_BLEND_CASES_H */
