#include "gate.h"

#include "clock.h"
#include "evaluate.h"
#include "files.h"
#include "train.h"

#include <cjson/cJSON.h>

#include <stdlib.h>
#include <string.h>

#define METRIC       "MRR@20"
#define CUTOFF       20
#define SESSIONS_MIN 50
#define CASES_MIN    200
#define CASES_MAX    20000
#define RESAMPLES    500


typedef struct {
    const reco_history_t *history;
    const reco_snapshot_item_t *items;
    reco_blend_t *blend;
    uint64_t *keys;
    reco_cases_t cases;
    reco_evaluation_t candidate;
    reco_evaluation_t live;
} compare_t;


const char *
reco_gate_name(reco_gate_verdict_t verdict)
{
    switch (verdict) {
    case RECO_GATE_OFF:
        return "off";
    case RECO_GATE_SCARCE:
        return "too few new sessions";
    case RECO_GATE_PASSED:
        return "passed";
    default:
        return "failed";
    }
}


/* The newest event that the live version was trained on, s; 0: unknown. */
static uint32_t
trained_until(reco_snapshot_t *live)
{
    const cJSON *last;
    uint32_t until;
    reco_str_t text;
    cJSON *root;

    text = reco_snapshot_manifest(live);
    root = cJSON_ParseWithLength(text.data, text.len);
    last = cJSON_GetObjectItemCaseSensitive(
        cJSON_GetObjectItemCaseSensitive(root, "trained"), "last");
    until = cJSON_IsNumber(last) && last->valuedouble > 0
                    && last->valuedouble < UINT32_MAX
                ? (uint32_t) last->valuedouble
                : 0;
    cJSON_Delete(root);

    return until;
}


/* The first session that is all newer than until, at most a share of all. */
static uint32_t
tail_begin(const reco_history_t *history, uint32_t until, double share)
{
    uint32_t begin, first;

    first =
        history->nsessions - (uint32_t) ((double) history->nsessions * share);

    for (begin = history->nsessions; begin > first; begin--) {
        if (history->times[history->offsets[begin - 1]] <= until) {
            break;
        }
    }

    return begin;
}


static reco_status_t
evaluate(compare_t *compare, reco_snapshot_t *snapshot,
    reco_evaluation_t *evaluation, reco_error_t *error)
{
    static const reco_evaluate_options_t options = {
        .ncutoffs = 1, .cutoffs = {CUTOFF}};
    reco_engine_model_t *model;
    reco_status_t status;

    status = reco_engine_model_open(snapshot, NULL, NULL, &model, error);
    if (status != RECO_OK) {
        return status;
    }

    status = reco_evaluate(evaluation, model, compare->history->nitems,
        &compare->cases, compare->keys, &options, error);
    reco_engine_model_close(model);

    return status;
}


static reco_status_t
evaluate_candidate(compare_t *compare, uint32_t begin,
    const reco_config_t *config, const char *path, reco_error_t *error)
{
    reco_train_report_t report;
    reco_snapshot_t *snapshot;
    reco_history_t before;
    reco_status_t status;

    reco_history_slice(compare->history, 0, begin, &before);
    status = reco_blend_learn(
        compare->blend, &before, compare->items, config, path, error);
    if (status == RECO_OK) {
        status = reco_train(&before, compare->items, config, compare->blend,
            path, &report, error);
    }
    if (status == RECO_OK) {
        status = reco_snapshot_open(path, 0, &snapshot, error);
    }

    if (status == RECO_OK) {
        status = evaluate(compare, snapshot, &compare->candidate, error);
        reco_snapshot_release(snapshot);
    }

    reco_files_remove(path, NULL);

    return status;
}


static reco_status_t
judge(reco_gate_t *gate, const compare_t *compare, const reco_config_t *config,
    reco_error_t *error)
{
    reco_interval_t interval;
    reco_status_t status;
    double tolerance;
    int metric;

    metric = reco_evaluation_metric(&compare->candidate, METRIC);
    status = reco_evaluation_bootstrap(&interval, &compare->candidate,
        &compare->live, &compare->cases, (unsigned) metric, RESAMPLES, 1,
        error);
    if (status != RECO_OK) {
        return status;
    }

    gate->candidate = compare->candidate.means[metric];
    gate->live = compare->live.means[metric];
    gate->low = interval.low;
    gate->high = interval.high;

    tolerance = reco_config_number(config, "gate_tolerance") * gate->live;
    gate->verdict = interval.difference < -tolerance && interval.high < 0
                        ? RECO_GATE_FAILED
                        : RECO_GATE_PASSED;

    return RECO_OK;
}


static reco_status_t
number_items(compare_t *compare)
{
    uint32_t i;

    compare->keys =
        malloc(((size_t) compare->history->nitems + 1) * sizeof(uint64_t));
    if (compare->keys == NULL) {
        return RECO_NOMEM;
    }

    for (i = 0; i < compare->history->nitems; i++) {
        compare->keys[i] = reco_item_key(compare->items[i].id);
    }

    return RECO_OK;
}


static reco_status_t
compare_versions(reco_gate_t *gate, compare_t *compare, reco_snapshot_t *live,
    const reco_config_t *config, const char *path, reco_error_t *error)
{
    reco_history_t before, tail;
    reco_status_t status;
    uint32_t begin;

    begin = tail_begin(compare->history, trained_until(live),
        reco_config_number(config, "gate_holdout"));
    gate->sessions = compare->history->nsessions - begin;
    gate->verdict = RECO_GATE_SCARCE;

    if (begin == 0 || gate->sessions < SESSIONS_MIN) {
        return RECO_OK;
    }

    reco_history_slice(compare->history, 0, begin, &before);
    reco_history_slice(
        compare->history, begin, compare->history->nsessions, &tail);
    status = reco_cases_build(
        &compare->cases, RECO_PROTOCOL_NEXT, &before, &tail, 0, error);
    if (status != RECO_OK) {
        return status;
    }

    reco_cases_thin(&compare->cases, CASES_MAX);
    gate->cases = compare->cases.ncases;
    if (gate->cases < CASES_MIN) {
        return RECO_OK;
    }

    status = number_items(compare);
    if (status == RECO_OK) {
        status = evaluate(compare, live, &compare->live, error);
    }
    if (status == RECO_OK) {
        status = evaluate_candidate(compare, begin, config, path, error);
    }

    return status == RECO_OK ? judge(gate, compare, config, error) : status;
}


reco_status_t
reco_gate(reco_gate_t *gate, const reco_history_t *history,
    const reco_snapshot_item_t *items, const reco_config_t *config,
    const char *path, const char *live, reco_blend_t *blend,
    reco_error_t *error)
{
    compare_t compare = {.history = history, .items = items, .blend = blend};
    reco_snapshot_t *snapshot;
    reco_status_t status;
    int64_t began;

    memset(gate, 0, sizeof(*gate));
    began = reco_clock_monotonic_ns();

    /* A live version that cannot be read is no reason to keep it. */
    if (reco_snapshot_open(live, 0, &snapshot, NULL) != RECO_OK) {
        return RECO_OK;
    }

    status = compare_versions(gate, &compare, snapshot, config, path, error);
    gate->seconds = reco_clock_elapsed(began);

    reco_snapshot_release(snapshot);
    reco_evaluation_done(&compare.candidate);
    reco_evaluation_done(&compare.live);
    reco_cases_done(&compare.cases);
    free(compare.keys);

    return status;
}
