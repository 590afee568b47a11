#include "train.h"

#include "model/model.h"
#include "model/version.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>


reco_status_t
reco_train(const reco_history_t *history, const reco_snapshot_item_t *items,
    const reco_config_t *config, const reco_blend_t *blend, const char *path,
    reco_train_report_t *report, reco_error_t *error)
{
    char replay[PATH_MAX];
    reco_status_t status;
    reco_blend_t learnt;
    double begin;

    memset(report, 0, sizeof(*report));
    begin = reco_model_clock();

    if (snprintf(replay, sizeof(replay), "%s-replay", path)
        >= (int) sizeof(replay)) {
        return reco_error_set(error, RECO_TOO_LARGE, "the path is too long");
    }

    status = RECO_OK;
    if (blend == NULL) {
        status =
            reco_blend_learn(&learnt, history, items, config, replay, error);
        report->blend = reco_model_clock() - begin;
        blend = &learnt;
    }

    if (status == RECO_OK) {
        status = reco_version_train(
            history, items, config, blend, path, report, error);
    }

    report->total = reco_model_clock() - begin;

    return status;
}
