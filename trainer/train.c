#include "train.h"

#include "model/manifest.h"
#include "model/model.h"

#include <stdlib.h>
#include <string.h>


reco_status_t
reco_train(const reco_history_t *history, const reco_snapshot_item_t *items,
    const reco_config_t *config, const char *path, reco_train_report_t *report,
    reco_error_t *error)
{
    reco_snapshot_source_t source;
    reco_status_t status;
    reco_model_t model;
    double begin, built;
    char *manifest;

    memset(report, 0, sizeof(*report));
    begin = reco_model_clock();

    status = reco_model_build(&model, history, items, config, report, error);
    if (status != RECO_OK) {
        return status;
    }

    built = reco_model_clock();
    report->total = built - begin;

    manifest = reco_manifest_print(history, config, report);
    if (manifest != NULL) {
        reco_model_source(&model, history->nitems, items, manifest, &source);
        status = reco_snapshot_write(path, &source, error);
    } else {
        status = reco_error_set(error, RECO_NOMEM, "out of memory");
    }

    report->write = reco_model_clock() - built;
    report->total += report->write;

    free(manifest);
    reco_model_done(&model);

    return status;
}
