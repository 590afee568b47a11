#include "examples.h"

#include "folder.h"
#include "linear_weights.h"
#include "train.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>


void
reco_examples_ask(reco_examples_t *examples, const reco_engine_query_t *query)
{
    examples->ncandidates = reco_engine_candidates(examples->model, query,
        examples->scratch, examples->candidates, RECO_EXAMPLES_CANDIDATES);
}


void
reco_examples_line(reco_examples_t *examples, int taken, unsigned place,
    const reco_engine_candidate_t *candidate)
{
    const char *name;
    unsigned i;

    fprintf(examples->out, "%s 1 'r%llu ", taken ? "1" : "-1",
        (unsigned long long) examples->report->requests + 1);
    if (place > 0) {
        fprintf(examples->out, "|place p%u ", place);
    }
    fputs("|" RECO_LINEAR_WEIGHTS_NAMESPACE, examples->out);

    for (i = 0; (name = reco_engine_feature_name(i)) != NULL; i++) {
        if (candidate->features[i] != 0) {
            fprintf(examples->out, " %s:%.6g", name,
                (double) candidate->features[i]);
        }
    }
    putc('\n', examples->out);

    examples->report->examples++;
    examples->report->positive += taken != 0;
}


static reco_status_t
read_history(reco_examples_t *examples, reco_error_t *error)
{
    const reco_config_t *config = examples->config;
    reco_store_history_options_t options;
    reco_status_t status;

    options.session_gap = reco_config_integer(config, "session_gap");
    options.retention = reco_config_integer(config, "retention");
    options.events_max = (uint64_t) reco_config_integer(config, "history_max");

    status = reco_store_history(examples->store, &options, &examples->history,
        &examples->catalog, error);
    if (status != RECO_OK) {
        return status;
    }

    examples->begin =
        examples->history.nsessions
        - (uint32_t) (examples->history.nsessions * examples->options->share);

    if (examples->begin == 0 || examples->begin == examples->history.nsessions)
    {
        return reco_error_set(error, RECO_DECLINED,
            "%u sessions are too few to learn from some and ask others",
            examples->history.nsessions);
    }

    return RECO_OK;
}


/* A model of what was before. */
static reco_status_t
train(reco_examples_t *examples, reco_error_t *error)
{
    reco_train_report_t report;
    char path[PATH_MAX + 8];
    reco_history_t before;
    reco_status_t status;

    status = reco_folder_temporary(
        examples->folder, sizeof(examples->folder), error);
    if (status != RECO_OK) {
        return status;
    }

    snprintf(path, sizeof(path), "%s/before", examples->folder);
    reco_history_slice(&examples->history, 0, examples->begin, &before);
    status = reco_train(&before, examples->catalog.items, examples->config,
        NULL, path, &report, error);

    if (status == RECO_OK) {
        status = reco_snapshot_open(path, 0, &examples->snapshot, error);
    }
    if (status == RECO_OK) {
        status = reco_engine_model_open(
            examples->snapshot, NULL, NULL, &examples->model, error);
    }
    if (status == RECO_OK) {
        status =
            reco_engine_scratch_create(examples->model, &examples->scratch);
    }

    examples->candidates =
        malloc(RECO_EXAMPLES_CANDIDATES * sizeof(*examples->candidates));
    if (status == RECO_OK && examples->candidates == NULL) {
        status = reco_error_set(error, RECO_NOMEM, "out of memory");
    }

    return status;
}


static reco_status_t
write_examples(reco_examples_t *examples, reco_error_t *error)
{
    reco_examples_kind_t kind = examples->options->kind;
    reco_status_t status;

    status = RECO_OK;

    if (kind != RECO_EXAMPLES_REPLAY) {
        examples->report->kind = RECO_EXAMPLES_SHOWN;
        status = reco_examples_shown(examples, error);
    }

    if (status == RECO_OK && kind != RECO_EXAMPLES_SHOWN
        && examples->report->examples == 0)
    {
        examples->report->kind = RECO_EXAMPLES_REPLAY;
        status = reco_examples_replay(examples, error);
    }

    if (status == RECO_OK
        && (fflush(examples->out) != 0 || ferror(examples->out))) {
        status =
            reco_error_set(error, RECO_IO, "cannot write: %s", strerror(errno));
    }
    if (status == RECO_OK && examples->report->examples == 0) {
        status = reco_error_set(error, RECO_DECLINED, "%s",
            kind == RECO_EXAMPLES_SHOWN
                ? "the newest sessions hold no clicks on blocks that were "
                  "shown: \"--from replay\" makes examples of what came next"
                : "the newest sessions hold nothing to make examples of");
    }

    return status;
}


reco_status_t
reco_examples_write(reco_store_t *store, const reco_config_t *config,
    const reco_examples_options_t *options, FILE *out,
    reco_examples_report_t *report, reco_error_t *error)
{
    reco_examples_t *examples;
    reco_status_t status;

    examples = calloc(1, sizeof(*examples));
    if (examples == NULL) {
        return reco_error_set(error, RECO_NOMEM, "out of memory");
    }

    memset(report, 0, sizeof(*report));
    examples->store = store;
    examples->config = config;
    examples->options = options;
    examples->out = out;
    examples->report = report;

    status = read_history(examples, error);
    if (status == RECO_OK) {
        status = train(examples, error);
    }
    if (status == RECO_OK) {
        status = write_examples(examples, error);
    }

    free(examples->candidates);
    reco_engine_scratch_destroy(examples->scratch);
    reco_engine_model_close(examples->model);
    if (examples->snapshot != NULL) {
        reco_snapshot_release(examples->snapshot);
    }
    if (examples->folder[0] != '\0') {
        reco_folder_remove(examples->folder);
    }
    reco_history_done(&examples->history);
    reco_store_catalog_done(&examples->catalog);
    free(examples);

    return status;
}
