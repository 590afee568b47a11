#include "model/blend.h"

#include "files.h"
#include "model/dense.h"
#include "model/replay.h"
#include "model/softmax.h"
#include "model/version.h"
#include "random.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CANDIDATES_MAX 2048
#define CASES_MIN      100
#define CHECK_EVERY    5     /* groups: one judges, the others teach */
#define TOLERANCE      0.99  /* few cases check, and more have taught */
#define WEIGHT_MAX     100.0 /* as the engine's table has it */
#define PROFILE_RIDGE  10.0


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

typedef struct {
    const reco_history_t *history;
    const reco_snapshot_item_t *items;
    const reco_config_t *config;
    reco_replay_t replay;
    uint64_t *keys;
    reco_knobs_t knobs;
    reco_snapshot_t *snapshot;
    reco_engine_model_t *model;
    reco_engine_scratch_t *scratch;
    reco_case_query_t query;
    reco_engine_candidate_t *candidates;
    uint32_t limit; /* candidates kept of a case */
    unsigned nfeatures;
    reco_random_t random;
    reco_softmax_t examples; /* those that teach, then those that check */
    const double *first;     /* weights of the first round; NULL: it is that */
    uint32_t nteach;
    double asked; /* what the cases that check count */
} learning_t;


static int
compare_candidates(const void *left, const void *right)
{
    const reco_engine_candidate_t *a = left, *b = right;

    if (a->score != b->score) {
        return a->score < b->score ? 1 : -1;
    }

    return (a->item > b->item) - (a->item < b->item);
}


static void
swap_candidates(reco_engine_candidate_t *a, reco_engine_candidate_t *b)
{
    reco_engine_candidate_t held;

    held = *a;
    *a = *b;
    *b = held;
}


static int
is_true(const learning_t *learning, const reco_case_t *which, uint32_t item)
{
    uint64_t i, end;

    end = learning->replay.cases.protocol == RECO_PROTOCOL_HELDOUT
              ? which->end
              : which->truth + 1;
    for (i = which->truth; i < end; i++) {
        if (learning->replay.cases.items[i] == item) {
            return 1;
        }
    }

    return 0;
}


static void
add_row(learning_t *learning, const reco_engine_candidate_t *candidate,
    float share, float count)
{
    reco_softmax_t *softmax = &learning->examples;
    uint64_t *row;

    row = &softmax->offsets[softmax->ngroups + 1];
    memcpy(softmax->features + *row * softmax->stride, candidate->features,
        learning->nfeatures * sizeof(float));
    softmax->shares[*row] = share;
    softmax->counts[*row] = count;
    (*row)++;
}


static float
case_weight(const learning_t *learning, uint64_t number)
{
    return learning->replay.weights != NULL ? learning->replay.weights[number]
                                            : 1;
}


/*
 * The candidates of one case become a group, where the truth is among them:
 * the strongest all, the others as a sample.  Whole, it stands for them; else
 * for itself: the fit is to order those in front, and others need only stay
 * behind them.
 */
static void
add_case(learning_t *learning, uint64_t number, unsigned ncandidates, int whole)
{
    const reco_case_t *which = &learning->replay.cases.cases[number];
    reco_softmax_t *softmax = &learning->examples;
    reco_engine_candidate_t *candidates = learning->candidates;
    unsigned i, pick, ntrue, nfalse, strongest, sampled;
    float count;

    /* The true ones to the front. */
    ntrue = 0;
    for (i = 0; i < ncandidates; i++) {
        if (is_true(learning, which, candidates[i].item)) {
            swap_candidates(&candidates[i], &candidates[ntrue++]);
        }
    }
    if (ntrue == 0 || ntrue == ncandidates) {
        return;
    }

    nfalse = ncandidates - ntrue;
    qsort(
        candidates + ntrue, nfalse, sizeof(candidates[0]), compare_candidates);
    ntrue = ntrue < learning->limit ? ntrue : learning->limit;
    strongest = learning->first == NULL ? learning->limit / 2
                                        : learning->limit - learning->limit / 4;
    strongest = nfalse < learning->limit ? nfalse : strongest;
    sampled = nfalse < learning->limit ? 0 : learning->limit - strongest;
    count = whole && sampled > 0
                ? (float) (nfalse - strongest) / (float) sampled
                : 1;
    candidates += ncandidates - nfalse;

    softmax->offsets[softmax->ngroups + 1] = softmax->offsets[softmax->ngroups];
    softmax->weights[softmax->ngroups] = case_weight(learning, number);
    for (i = 0; i < ntrue; i++) {
        add_row(learning, &learning->candidates[i], 1 / (float) ntrue, 1);
    }
    for (i = 0; i < strongest; i++) {
        add_row(learning, &candidates[i], 0, 1);
    }
    for (i = strongest; i < strongest + sampled; i++) {
        pick = i + (unsigned) reco_random_below(&learning->random, nfalse - i);
        swap_candidates(&candidates[i], &candidates[pick]);
        add_row(learning, &candidates[i], 0, count);
    }
    softmax->ngroups++;
}


/* The cases that teach, or those that check. */
static reco_status_t
ask_cases(learning_t *learning, int checking)
{
    const reco_cases_t *cases = &learning->replay.cases;
    const reco_case_t *which;
    reco_status_t status;
    unsigned ncandidates;
    uint64_t i;

    for (i = 0; i < cases->ncases; i++) {
        which = &cases->cases[i];
        if ((which->group % CHECK_EVERY == 0) != checking) {
            continue;
        }

        status =
            reco_case_query(&learning->query, cases, which, learning->keys);
        if (status != RECO_OK) {
            return status;
        }

        learning->query.query.n = RECO_ENGINE_RESULT_MAX;
        ncandidates =
            reco_engine_candidates(learning->model, &learning->query.query,
                learning->scratch, learning->candidates, CANDIDATES_MAX);
        learning->asked += checking ? (double) case_weight(learning, i) : 0;
        add_case(learning, i, ncandidates, checking || learning->first == NULL);
    }

    return RECO_OK;
}


static reco_status_t
allocate_examples(learning_t *learning)
{
    reco_softmax_t *examples = &learning->examples;
    uint64_t ncases, nrows;

    ncases = learning->replay.cases.ncases;
    nrows = ncases * learning->limit * 2;
    examples->nfeatures = learning->nfeatures;
    examples->stride = reco_dense_stride(learning->nfeatures);
    examples->offsets = calloc(ncases + 2, sizeof(uint64_t));
    examples->features = calloc((nrows + 1) * examples->stride, sizeof(float));
    examples->shares = malloc((nrows + 1) * sizeof(float));
    examples->counts = malloc((nrows + 1) * sizeof(float));
    examples->weights = malloc((ncases + 1) * sizeof(float));

    return examples->offsets != NULL && examples->features != NULL
                   && examples->shares != NULL && examples->counts != NULL
                   && examples->weights != NULL
               ? RECO_OK
               : RECO_NOMEM;
}


static reco_status_t
allocate(learning_t *learning)
{
    learning->nfeatures = 0;
    while (reco_engine_feature_name(learning->nfeatures) != NULL) {
        learning->nfeatures++;
    }

    learning->candidates =
        malloc(CANDIDATES_MAX * sizeof(learning->candidates[0]));
    if (learning->candidates == NULL || allocate_examples(learning) != RECO_OK)
    {
        return RECO_NOMEM;
    }

    return reco_engine_scratch_create(learning->model, &learning->scratch);
}


static void
release(learning_t *learning)
{
    reco_engine_scratch_destroy(learning->scratch);
    reco_case_query_done(&learning->query);
    free(learning->candidates);
    free(learning->examples.offsets);
    free(learning->examples.features);
    free(learning->examples.shares);
    free(learning->examples.counts);
    free(learning->examples.weights);
    memset(&learning->examples, 0, sizeof(learning->examples));
    memset(&learning->query, 0, sizeof(learning->query));
    learning->scratch = NULL;
    learning->candidates = NULL;
}


/* Sources speak for an item or say nothing; the rest may speak against it. */
static void
set_floors(const learning_t *learning, double *floors)
{
    unsigned j;

    for (j = 0; j < learning->nfeatures; j++) {
        floors[j] = j < RECO_ENGINE_SOURCE_COUNT ? 0 : -INFINITY;
    }
}


static void
shipped_weights(const learning_t *learning, double *weights)
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
bound_weights(const learning_t *learning, double *weights)
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
count_views(const learning_t *learning)
{
    return learning->replay.cases.protocol == RECO_PROTOCOL_HELDOUT
                   || learning->replay.cases.protocol
                          == RECO_PROTOCOL_LEAVE_LAST
               ? sizeof(blend_views) / sizeof(blend_views[0])
               : 1;
}


static reco_status_t
fit(const learning_t *learning, const reco_softmax_t *examples, double *weights,
    reco_error_t *error)
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
fit_judged(learning_t *learning, reco_blend_t *blend, reco_error_t *error)
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
set_first(const learning_t *learning, reco_engine_params_t *params,
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
open_view(
    learning_t *learning, const reco_blend_view_t *view, reco_error_t *error)
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
learn_round(
    learning_t *learning, int last, reco_blend_t *blend, reco_error_t *error)
{
    reco_status_t status;

    learning->asked = 0;
    status = open_view(learning, blend->view, error);
    if (status != RECO_OK) {
        return status;
    }

    status = allocate(learning);
    if (status == RECO_OK) {
        status = ask_cases(learning, 0);
    }
    if (status == RECO_OK && last) {
        learning->nteach = learning->examples.ngroups;
        status = ask_cases(learning, 1);
    }

    if (status != RECO_OK) {
        reco_error_set(error, status, "out of memory for a replay");
    } else if (last) {
        status = fit_judged(learning, blend, error);
    } else {
        status = fit(learning, &learning->examples, blend->weights, error);
        bound_weights(learning, blend->weights);
    }

    release(learning);
    reco_engine_model_close(learning->model);

    return status;
}


static reco_status_t
learn_view(learning_t *learning, const reco_blend_view_t *view,
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
make_keys(learning_t *learning, reco_error_t *error)
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
learn(learning_t *learning, const char *path, reco_blend_t *blend,
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
    learning_t learning = {
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
