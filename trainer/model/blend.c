#include "model/blend.h"

#include "files.h"
#include "model/blend_cases.h"
#include "model/version.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CASES_MIN     100
#define TOLERANCE     0.99  /* few cases check, and more have taught */
#define WEIGHT_MAX    100.0 /* as the engine's table has it */
#define PROFILE_RIDGE 10.0


static const reco_blend_view_t blend_views[] = {
    {"visit", {{NULL, NULL}}},
    {"fading", {{"neighbors.items", "32"}, {"neighbors.decay", "8"},
                   {"neighbors.candidates", "200"}, {"factors.items", "32"},
                   {"factors.decay", "12"}, {"factors.candidates", "200"},
                   {"session.position_decay", "2"}}},
    {"profile",
        {{"neighbors.items", "32"}, {"neighbors.decay", "0"},
            {"neighbors.history", "1000"}, {"neighbors.history_weight", "1"},
            {"neighbors.candidates", "200"}, {"factors.items", "32"},
            {"factors.decay", "0"}, {"factors.history", "1000"},
            {"factors.history_weight", "1"}, {"factors.candidates", "200"}}},
};

/* Sources speak for an item or say nothing; the rest may speak against it. */
static void
set_floors(const reco_blend_learning_t *learning, double *floors)
{
    unsigned j;

    for (j = 0; j < learning->nfeatures; j++) {
        floors[j] = j < RECO_ENGINE_SOURCE_COUNT ? 0 : -INFINITY;
    }
}


static void
shipped_weights(const reco_blend_learning_t *learning, double *weights)
{
    const reco_engine_param_t *param;
    char name[64];
    unsigned i, j;

    for (j = 0; j < learning->nfeatures; j++) {
        snprintf(name, sizeof(name), "weight.%s", reco_engine_feature_name(j));
        for (i = 0; (param = reco_engine_param(i)) != NULL; i++) {
            if (strcmp(param->name, name) == 0) {
                weights[j] = param->value;
            }
        }
    }
}


/* Into the engine's bounds; scores mean nothing but their order. */
static void
bound_weights(const reco_blend_learning_t *learning, double *weights)
{
    double largest;
    unsigned j;

    largest = 0;
    for (j = 0; j < learning->nfeatures; j++) {
        largest = fmax(largest, fabs(weights[j]));
    }
    for (j = 0; largest > WEIGHT_MAX && j < learning->nfeatures; j++) {
        weights[j] *= WEIGHT_MAX / largest;
    }
}


/* Visits have one view; who asks with a profile may have others. */
static unsigned
count_views(const reco_blend_learning_t *learning)
{
    return learning->replay.cases.protocol == RECO_PROTOCOL_HELDOUT
                   || learning->replay.cases.protocol
                          == RECO_PROTOCOL_LEAVE_LAST
               ? sizeof(blend_views) / sizeof(blend_views[0])
               : 1;
}


static reco_status_t
fit(const reco_blend_learning_t *learning, const reco_softmax_t *examples,
    double *weights, reco_error_t *error)
{
    double floors[RECO_ENGINE_FEATURES_MAX], ridge;

    set_floors(learning, floors);
    ridge = reco_config_number(learning->config, "blend_ridge");

    /* A profile fits many features a little: their weights follow noise. */
    if (count_views(learning) > 1) {
        ridge *= PROFILE_RIDGE;
    }

    return reco_softmax_fit(examples, ridge,
        reco_config_number(learning->config, "blend_focus"), floors, weights,
        error);
}


/* Fits to those that teach, judges by the others, and fits to all. */
static reco_status_t
fit_judged(
    reco_blend_learning_t *learning, reco_blend_t *blend, reco_error_t *error)
{
    double shipped[RECO_ENGINE_FEATURES_MAX] = {0}, share;
    reco_softmax_t teach, check;
    reco_status_t status;
    uint64_t row;
    uint32_t i;

    teach = check = learning->examples;
    teach.ngroups = learning->nteach;
    check.ngroups -= learning->nteach;
    check.offsets += learning->nteach;
    check.weights += learning->nteach;
    blend->cases = learning->examples.ngroups;
    blend->checked = check.ngroups;
    if (teach.ngroups < CASES_MIN) {
        return RECO_OK;
    }

    shipped_weights(learning, shipped);
    status = fit(learning, &teach, blend->weights, error);
    if (status != RECO_OK) {
        return status;
    }

    share = 0;
    for (i = 0; i < check.ngroups; i++) {
        share += (double) check.weights[i];
    }
    share /= fmax(1, learning->asked);
    blend->asked = (uint32_t) (learning->asked + 0.5);
    blend->shipped = share * reco_softmax_rank(&check, shipped);
    blend->found = share * reco_softmax_rank(&check, blend->weights);
    blend->learnt = blend->found >= TOLERANCE * blend->shipped;

    for (row = check.offsets[0]; row < check.offsets[check.ngroups]; row++) {
        check.counts[row] = 1;
    }
    status = fit(learning, &learning->examples, blend->weights, error);
    bound_weights(learning, blend->weights);

    return status;
}


/* The weights of the first round say which candidates are in front. */
static reco_status_t
set_first(const reco_blend_learning_t *learning, reco_engine_params_t *params,
    reco_error_t *error)
{
    reco_status_t status;
    const char *feature;
    char name[64], value[32];
    unsigned j;

    status = RECO_OK;
    for (j = 0;
         status == RECO_OK && (feature = reco_engine_feature_name(j)) != NULL;
         j++)
    {
        snprintf(name, sizeof(name), "weight.%s", feature);
        snprintf(value, sizeof(value), "%.7g", learning->first[j]);
        status =
            reco_engine_params_set(params, (reco_str_t){strlen(name), name},
                (reco_str_t){strlen(value), value}, error);
    }

    return status;
}


/* The engine as a view, and over it the configuration, has it. */
static reco_status_t
open_view(reco_blend_learning_t *learning, const reco_blend_view_t *view,
    reco_error_t *error)
{
    reco_engine_params_t params;
    reco_status_t status;
    const char *key, *value;
    unsigned i;

    reco_engine_params_init(&params);
    status = RECO_OK;
    for (i = 0; status == RECO_OK && view->settings[i][0] != NULL; i++) {
        key = view->settings[i][0];
        value = view->settings[i][1];
        status = reco_engine_params_set(&params, (reco_str_t){strlen(key), key},
            (reco_str_t){strlen(value), value}, error);
    }
    if (status == RECO_OK) {
        status = reco_knobs_apply(&learning->knobs, &params, error);
    }
    if (status == RECO_OK) {
        status = reco_config_engine(learning->config, &params, error);
    }
    if (status == RECO_OK && learning->first != NULL) {
        status = set_first(learning, &params, error);
    }

    return status == RECO_OK ? reco_engine_model_open(
               learning->snapshot, NULL, &params, &learning->model, error)
                             : status;
}


/* Asks the cases and fits; only the last round's weights are judged. */
static reco_status_t
learn_round(reco_blend_learning_t *learning, int last, reco_blend_t *blend,
    reco_error_t *error)
{
    reco_status_t status;

    learning->asked = 0;
    status = open_view(learning, blend->view, error);
    if (status != RECO_OK) {
        return status;
    }

    status = reco_blend_cases_open(learning);
    if (status == RECO_OK) {
        status = reco_blend_cases_ask(learning, 0);
    }
    if (status == RECO_OK && last) {
        learning->nteach = learning->examples.ngroups;
        status = reco_blend_cases_ask(learning, 1);
    }

    if (status != RECO_OK) {
        reco_error_set(error, status, "out of memory for a replay");
    } else if (last) {
        status = fit_judged(learning, blend, error);
    } else {
        status = fit(learning, &learning->examples, blend->weights, error);
        bound_weights(learning, blend->weights);
    }

    reco_blend_cases_close(learning);
    reco_engine_model_close(learning->model);

    return status;
}


static reco_status_t
learn_view(reco_blend_learning_t *learning, const reco_blend_view_t *view,
    reco_blend_t *blend, reco_error_t *error)
{
    double first[RECO_ENGINE_FEATURES_MAX];
    reco_status_t status;

    memset(blend, 0, sizeof(*blend));
    blend->view = view;
    blend->knobs = learning->knobs;
    learning->first = NULL;
    status = RECO_OK;

    /* What a profile's user takes stands too deep for a fit to the front. */
    if (count_views(learning) == 1) {
        status = learn_round(learning, 0, blend, error);
        memcpy(first, blend->weights, sizeof(first));
        memset(blend->weights, 0, sizeof(blend->weights));
        learning->first = first;
    }

    if (status == RECO_OK) {
        status = learn_round(learning, 1, blend, error);
    }
    learning->first = NULL;

    return status;
}


static reco_status_t
make_keys(reco_blend_learning_t *learning, reco_error_t *error)
{
    uint32_t i;

    learning->keys =
        malloc(((size_t) learning->history->nitems + 1) * sizeof(uint64_t));
    if (learning->keys == NULL) {
        return reco_error_set(error, RECO_NOMEM, "out of memory for a replay");
    }

    for (i = 0; i < learning->history->nitems; i++) {
        learning->keys[i] = reco_item_key(learning->items[i].id);
    }

    return RECO_OK;
}


static reco_status_t
learn(reco_blend_learning_t *learning, const char *path, reco_blend_t *blend,
    reco_error_t *error)
{
    reco_train_report_t report = {0};
    reco_blend_t trial;
    reco_status_t status;
    unsigned i;

    status = reco_version_train(&learning->replay.before, learning->items,
        learning->config, NULL, path, &report, error);
    if (status == RECO_OK) {
        status = reco_snapshot_open(path, 0, &learning->snapshot, error);
    }
    if (status != RECO_OK) {
        return status;
    }

    /* Views have knobs of their own. */
    if (count_views(learning) == 1) {
        status = reco_knobs_choose(&learning->knobs, &learning->replay.cases,
            learning->keys, learning->snapshot, learning->config, error);
    }

    for (i = 0; status == RECO_OK && i < count_views(learning); i++) {
        status = learn_view(learning, &blend_views[i], &trial, error);
        if (status == RECO_OK && (i == 0 || trial.found > blend->found)) {
            *blend = trial;
        }
    }

    reco_snapshot_release(learning->snapshot);

    return status;
}


reco_status_t
reco_blend_learn(reco_blend_t *blend, const reco_history_t *history,
    const reco_snapshot_item_t *items, const reco_config_t *config,
    const char *path, reco_error_t *error)
{
    reco_blend_learning_t learning = {
        .history = history, .items = items, .config = config};
    reco_replay_options_t options;
    reco_status_t status;

    memset(blend, 0, sizeof(*blend));
    if (!reco_config_integer(config, "blend")) {
        return RECO_OK;
    }

    options.protocol =
        (reco_protocol_t) reco_config_integer(config, "blend_protocol");
    options.profiles = (int) reco_config_integer(config, "blend_profiles");
    options.share = reco_config_number(config, "blend_holdout");
    options.limit = (uint64_t) reco_config_integer(config, "blend_cases");
    options.seed = (uint64_t) reco_config_integer(config, "seed");
    options.items = items;
    learning.limit = (uint32_t) reco_config_integer(config, "blend_candidates");

    status = reco_replay_split(&learning.replay, history, &options, error);
    if (status != RECO_OK) {
        return status;
    }

    if (learning.replay.cases.ncases >= CASES_MIN
        && learning.replay.before.nevents > 0)
    {
        status = make_keys(&learning, error);
        if (status == RECO_OK) {
            status = learn(&learning, path, blend, error);
            reco_files_remove(path, NULL);
        }
        free(learning.keys);
    }

    reco_replay_done(&learning.replay);

    return status;
}
