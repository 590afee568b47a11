/*
 * The sessions that session kNN searches.
 */

#ifndef RECO_SESSIONS_H
#define RECO_SESSIONS_H

#include "config.h"
#include "history.h"
#include "model/weights.h"
#include "snapshot/reco_snapshot.h"


typedef struct {
    uint32_t limit;   /* the latest so many sessions */
    uint32_t longest; /* only the last so many items of a session */
} reco_sessions_params_t;

void reco_sessions_params_read(
    reco_sessions_params_t *params, const reco_config_t *config);

/* What reco_snapshot_sessions_t points to. */
typedef struct {
    uint32_t nsessions;
    uint64_t *offsets;
    uint32_t *items;
    float *weights;
    uint32_t *times;
} reco_sessions_t;

/*
 * Sessions of two items or more, an item once in each, where it occurred last,
 * with the weight of its weightiest event.  RECO_NOMEM.
 */
reco_status_t reco_sessions_build(reco_sessions_t *sessions,
    const reco_sessions_params_t *params, const reco_history_t *history,
    const reco_weights_t *weights, reco_error_t *error);
void reco_sessions_done(reco_sessions_t *sessions);

#endif /* RECO_SESSIONS_H */
