/*
 * What the trainer learns between two batch runs beside the overlay's
 * sessions: it watches the overlay take in events, asks the models what each
 * visitor will do next before they see it (prequential.h), lets the online
 * factorisation learn from it (online.h), and says how workers are to use the
 * overlay (selection.h).
 *
 * All of it is kept in the store's state, in one transaction, with the number
 * of the last event in it: events up to that one are passed over when the
 * overlay is made again after a restart.
 */

#ifndef RECO_LEARNER_H
#define RECO_LEARNER_H

#include "config.h"
#include "feature_store.h"
#include "overlay.h"
#include "reco.h"
#include "snapshot/reco_snapshot.h"
#include "store.h"


typedef struct reco_learner_s reco_learner_t;

/*
 * Watches overlay, which is over base and whose newest event is since; config,
 * store and overlay outlive it.  features is told of each event; NULL: none.  RECO_NOMEM, RECO_CORRUPT.
 */
reco_status_t reco_learner_open(reco_store_t *store, reco_snapshot_t *base,
    uint64_t since, const reco_config_t *config, reco_overlay_t *overlay,
    reco_features_t *features, reco_learner_t **learner, reco_error_t *error);

/* A visitor's long-term vector, of *dimensions floats, until the next call;
   NULL: there is none. */
const float *reco_learner_vector(reco_learner_t *learner,
    reco_store_view_t *view, uint32_t visitor, uint32_t *dimensions);

/* Saves, and ends. */
void reco_learner_close(reco_learner_t *learner);

/*
 * The overlay in the file path is what workers use from now on.  Saves from
 * time to time.  now: ms since the epoch.
 */
reco_status_t reco_learner_published(reco_learner_t *learner, const char *path,
    int64_t now, reco_error_t *error);

/*
 * What the daemon's learner last saved of its figures: the version's id, NUL,
 * JSON as in the overlay's report, NUL.  For the caller to free; NULL: there
 * are none.  RECO_NOMEM, RECO_IO.
 */
reco_status_t reco_learner_figures(
    reco_store_t *store, char **text, reco_error_t *error);

#endif /* RECO_LEARNER_H */
