#include "model/version.h"

#include "model/manifest.h"
#include "model/model.h"

#include <stdlib.h>


reco_status_t
reco_version_train(const reco_history_t *history,
    const reco_snapshot_item_t *items, const reco_config_t *config,
    const reco_blend_t *blend, const char *path, reco_train_report_t *report,
    reco_error_t *error)
{
    reco_snapshot_source_t source;
    reco_status_t status;
    reco_model_t model;
    double begin;
    char *manifest;

    status = reco_model_build(&model, history, items, config, report, error);
    if (status != RECO_OK) {
        return status;
    }

    begin = reco_model_clock();
    manifest = reco_manifest_print(history, config, blend, report);
    if (manifest != NULL) {
        reco_model_source(&model, history->nitems, items, manifest, &source);
        status = reco_snapshot_write(path, &source, error);
    } else {
        status = reco_error_set(error, RECO_NOMEM, "out of memory");
    }
    report->write += reco_model_clock() - begin;

    free(manifest);
    reco_model_done(&model);

    return status;
}
