/*
 * One version folder: the models of a history, written.
 */

#ifndef RECO_VERSION_H
#define RECO_VERSION_H

#include "model/blend.h"
#include "train.h"


/*
 * Trains all models but the blend, and writes them with the blend's weights
 * (NULL: none were learnt) to the new folder path.  Adds to report.
 * RECO_NOMEM, RECO_INVALID (config), RECO_IO.
 */
reco_status_t reco_version_train(const reco_history_t *history,
    const reco_snapshot_item_t *items, const reco_config_t *config,
    const reco_blend_t *blend, const char *path, reco_train_report_t *report,
    reco_error_t *error);

#endif /* RECO_VERSION_H */
