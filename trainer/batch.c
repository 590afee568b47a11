#include "batch.h"

#include "clock.h"
#include "learner.h"
#include "store_history.h"

#include <cjson/cJSON.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPIRE_STEP 20000


typedef struct {
    const reco_config_t *config;
    reco_store_t *store;
    reco_registry_t *registry;
    reco_history_t history;
    reco_store_catalog_t catalog;
    reco_batch_report_t *report;
    reco_blend_t blend; /* as the gate judged it */
    char path[PATH_MAX];
} batch_t;


reco_status_t
reco_batch_registry(const reco_config_t *config, reco_registry_mode_t mode,
    reco_registry_t **registry, reco_error_t *error)
{
    return reco_registry_open(reco_config_string(config, "model"),
        reco_config_string(config, "archive"), mode, registry, error);
}


static int64_t
whole_number(const cJSON *root, const char *name)
{
    const cJSON *number;

    number = cJSON_GetObjectItemCaseSensitive(root, name);

    return cJSON_IsNumber(number) && number->valuedouble > 0
                   && number->valuedouble < 9e15
               ? (int64_t) number->valuedouble
               : 0;
}


void
reco_batch_facts(reco_str_t manifest, reco_batch_facts_t *facts)
{
    cJSON *root;

    root = cJSON_ParseWithLength(manifest.data, manifest.len);
    facts->sequence = (uint64_t) whole_number(root, "sequence");
    facts->created = whole_number(root, "created");
    cJSON_Delete(root);
}


/* In steps, so that the ingest gets its turns at writing. */
static reco_status_t
expire(batch_t *batch, reco_error_t *error)
{
    reco_status_t status;
    uint64_t removed;

    do {
        status = reco_store_expire(batch->store,
            reco_config_integer(batch->config, "retention"), EXPIRE_STEP,
            &removed, error);
        if (status == RECO_OK) {
            batch->report->expired += removed;
        }
    } while (status == RECO_OK && removed == EXPIRE_STEP);

    return status;
}


static reco_status_t
read_history(batch_t *batch, reco_error_t *error)
{
    const reco_config_t *config = batch->config;
    reco_store_history_options_t options;
    reco_status_t status;
    int64_t began;

    began = reco_clock_monotonic_ns();
    options.session_gap = reco_config_integer(config, "session_gap");
    options.retention = reco_config_integer(config, "retention");
    options.events_max = (uint64_t) reco_config_integer(config, "history_max");

    status = reco_store_history(
        batch->store, &options, &batch->history, &batch->catalog, error);
    if (status != RECO_OK) {
        return status;
    }

    batch->report->read = reco_clock_elapsed(began);
    batch->report->events = batch->history.nevents;
    batch->report->sessions = batch->history.nsessions;
    batch->report->items = batch->history.nitems;

    if (batch->history.nevents == 0) {
        return reco_error_set(error, RECO_DECLINED,
            "the store holds no views or purchases to learn from yet");
    }

    return RECO_OK;
}


/* Where it stands, there may be a live version to compare with. */
static reco_status_t
pass_gate(batch_t *batch, reco_error_t *error)
{
    char live[PATH_MAX], path[PATH_MAX];
    reco_version_id_t id;

    if (!reco_config_integer(batch->config, "gate")
        || reco_registry_live(batch->registry, &id, NULL) != RECO_OK
        || reco_registry_path(batch->registry, &id, live, NULL) != RECO_OK
        || snprintf(path, PATH_MAX, "%s-gate", batch->path) >= PATH_MAX)
    {
        return RECO_OK;
    }

    return reco_gate(&batch->report->gate, &batch->history,
        batch->catalog.items, batch->config, path, live, &batch->blend, error);
}


/* What is published has the weights that were judged. */
static const reco_blend_t *
judged_blend(const batch_t *batch)
{
    reco_gate_verdict_t verdict = batch->report->gate.verdict;

    return verdict == RECO_GATE_PASSED || verdict == RECO_GATE_FAILED
               ? &batch->blend
               : NULL;
}


static int
add_gate(cJSON *root, const reco_gate_t *gate)
{
    cJSON *object;

    object = cJSON_AddObjectToObject(root, "gate");
    if (object == NULL
        || cJSON_AddStringToObject(
               object, "verdict", reco_gate_name(gate->verdict))
               == NULL)
    {
        return 0;
    }

    if (gate->cases == 0) {
        return 1;
    }

    return cJSON_AddStringToObject(object, "metric", "MRR@20") != NULL
           && cJSON_AddNumberToObject(object, "sessions", gate->sessions)
                  != NULL
           && cJSON_AddNumberToObject(object, "cases", (double) gate->cases)
                  != NULL
           && cJSON_AddNumberToObject(object, "candidate", gate->candidate)
                  != NULL
           && cJSON_AddNumberToObject(object, "live", gate->live) != NULL
           && cJSON_AddNumberToObject(object, "low", gate->low) != NULL
           && cJSON_AddNumberToObject(object, "high", gate->high) != NULL;
}


/* What was found out about the version before, while it was live. */
static int
add_prequential(cJSON *root, const char *figures)
{
    cJSON *object;

    if (figures == NULL) {
        return 1;
    }

    object = cJSON_Parse(figures + strlen(figures) + 1);
    if (object == NULL) {
        return 1;
    }

    if (!cJSON_AddItemToObject(root, "prequential", object)) {
        cJSON_Delete(object);
        return 0;
    }

    return cJSON_AddStringToObject(object, "version", figures) != NULL;
}


/* What the trainer adds to the manifest, for the caller to free. */
static char *
describe(const batch_t *batch, const char *figures)
{
    cJSON *root;
    char *text;

    root = cJSON_CreateObject();
    text = NULL;

    if (root != NULL
        && cJSON_AddNumberToObject(
               root, "sequence", (double) batch->history.sequence)
               != NULL
        && add_gate(root, &batch->report->gate)
        && add_prequential(root, figures))
    {
        text = cJSON_PrintUnformatted(root);
    }

    cJSON_Delete(root);

    return text;
}


static reco_status_t
build(batch_t *batch, reco_error_t *error)
{
    char *members, *figures;
    reco_status_t status;

    status = reco_registry_begin(
        batch->registry, &batch->report->id, batch->path, error);
    if (status != RECO_OK) {
        return status;
    }

    status = pass_gate(batch, error);
    if (status == RECO_OK) {
        status =
            reco_train(&batch->history, batch->catalog.items, batch->config,
                judged_blend(batch), batch->path, &batch->report->train, error);
    }

    if (status != RECO_OK) {
        reco_registry_cancel(batch->registry);
        return status;
    }

    /* Its figures are worth a line, and no reason to do without a version. */
    (void) reco_learner_figures(batch->store, &figures, NULL);
    members = describe(batch, figures);
    status =
        reco_registry_add(batch->registry, &batch->report->id, members, error);
    free(members);
    free(figures);

    return status;
}


const char *
reco_batch_outcome(const reco_batch_report_t *report)
{
    if (report->live) {
        return "is live";
    }

    return report->pinned
               ? "is kept, not published: another one is pinned"
               : "is kept, not published: it is worse than the live one";
}


static reco_status_t
publish(batch_t *batch, int force, reco_error_t *error)
{
    reco_version_id_t pinned;
    reco_error_t reason = {0};
    reco_status_t status;

    if (batch->report->gate.verdict == RECO_GATE_FAILED && !force) {
        return RECO_OK;
    }

    if (reco_registry_pinned(batch->registry, &pinned, NULL) == RECO_OK) {
        batch->report->pinned = 1;
        return RECO_OK;
    }

    status = reco_registry_publish(
        batch->registry, &batch->report->id, RECO_REGISTRY_PUBLISH, &reason);
    batch->report->live = status == RECO_OK;

    return status == RECO_OK
               ? RECO_OK
               : reco_error_set(error, status,
                   "version %s is kept, and could not be made live: %s",
                   batch->report->id.id, reason.message);
}


/* One that cannot be made live takes its place among those that are kept. */
static reco_status_t
publish_and_prune(batch_t *batch, int force, reco_error_t *error)
{
    reco_status_t status, pruned;
    size_t keep;

    keep = (size_t) reco_config_integer(batch->config, "keep");
    status = publish(batch, force, error);
    pruned = reco_registry_prune(
        batch->registry, keep, status == RECO_OK ? error : NULL);

    return status == RECO_OK ? pruned : status;
}


reco_status_t
reco_batch_run(const reco_config_t *config, reco_store_t *store, int force,
    reco_batch_report_t *report, reco_error_t *error)
{
    batch_t batch = {.config = config, .store = store, .report = report};
    reco_status_t status;
    int64_t began;

    memset(report, 0, sizeof(*report));
    began = reco_clock_monotonic_ns();

    status = reco_batch_registry(
        config, RECO_REGISTRY_CREATE, &batch.registry, error);
    if (status == RECO_OK) {
        status = expire(&batch, error);
    }
    if (status == RECO_OK) {
        status = read_history(&batch, error);
    }
    if (status == RECO_OK) {
        status = build(&batch, error);
    }
    if (status == RECO_OK) {
        status = publish_and_prune(&batch, force, error);
    }

    report->seconds = reco_clock_elapsed(began);

    reco_history_done(&batch.history);
    reco_store_catalog_done(&batch.catalog);
    reco_registry_close(batch.registry);

    return status;
}
