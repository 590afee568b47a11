/*
 * The batch model: history and catalogue in, a version folder out.
 */

#ifndef RECO_TRAIN_H
#define RECO_TRAIN_H

#include "config.h"
#include "history.h"
#include "model/blend.h"
#include "reco.h"
#include "snapshot/reco_snapshot.h"


/* Seconds of each phase, and what the content says; also goes to the manifest. */
typedef struct {
    double sessions;
    double factors;
    double rules;
    double neighbors; /* by co-view and by purchase */
    double content;
    double blend;
    double write;
    double total;
    uint32_t mapped; /* items that the content's map was learnt from; 0: none */
    double penalty;  /* of its ridge */
    double explained; /* share of the variance of items kept apart */
} reco_train_report_t;

/*
 * Trains every model on history and writes the version to the new folder
 * path.  items: history->nitems catalogue entries, index = dense number.
 * blend: weights that are known already; NULL: they are learnt by a replay of
 * history.  RECO_NOMEM, RECO_IO, RECO_INVALID (config).
 */
reco_status_t reco_train(const reco_history_t *history,
    const reco_snapshot_item_t *items, const reco_config_t *config,
    const reco_blend_t *blend, const char *path, reco_train_report_t *report,
    reco_error_t *error);

#endif /* RECO_TRAIN_H */
