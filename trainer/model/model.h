/*
 * All parts of a batch model in memory.
 */

#ifndef RECO_MODEL_H
#define RECO_MODEL_H

#include "config.h"
#include "history.h"
#include "model/content_map.h"
#include "model/edges.h"
#include "model/sessions.h"
#include "snapshot/reco_snapshot.h"
#include "train.h"


typedef struct {
    reco_sessions_t sessions;
    reco_edges_t edges[RECO_NEIGHBORS_COUNT];
    float *popularity;
    float *velocity;
    uint32_t dimensions;
    float *factors; /* of items that nobody met by their content */
    reco_content_map_t content;
} reco_model_t;

/*
 * Trains every part; items: history->nitems catalogue entries.  Adds the
 * seconds of its phases to report.  RECO_NOMEM, RECO_INVALID (config).
 */
reco_status_t reco_model_build(reco_model_t *model,
    const reco_history_t *history, const reco_snapshot_item_t *items,
    const reco_config_t *config, reco_train_report_t *report,
    reco_error_t *error);
void reco_model_done(reco_model_t *model);

/* source refers to model and items. */
void reco_model_source(const reco_model_t *model, uint32_t nitems,
    const reco_snapshot_item_t *items, const char *manifest,
    reco_snapshot_source_t *source);

/* Seconds of a clock that only goes forward. */
double reco_model_clock(void);

#endif /* RECO_MODEL_H */
