/*
 * What an event counts: by its type, the time spent on it, and its age.
 */

#ifndef RECO_WEIGHTS_H
#define RECO_WEIGHTS_H

#include "config.h"
#include "history.h"


/*
 * events: of each event from history->offsets[0] on; 0 means that no model
 * learns from it (impressions, searches).  recency: of each session, halved
 * each half-life before the last event of the history; 1 without one.
 */
typedef struct {
    float *events;
    float *recency;
} reco_weights_t;

/* Keys weight.TYPE, dwell_full, history_halflife.  RECO_NOMEM. */
reco_status_t reco_weights_build(reco_weights_t *weights,
    const reco_history_t *history, const reco_config_t *config,
    reco_error_t *error);
void reco_weights_done(reco_weights_t *weights);

#endif /* RECO_WEIGHTS_H */
