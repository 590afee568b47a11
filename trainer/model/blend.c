#include "model/blend.h"

#include "files.h"
#include "model/replay.h"
#include "model/softmax.h"
#include "model/version.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define CANDIDATES_MAX 2048
#define CASES_MIN      100
#define CHECK_EVERY    5 /* groups: one judges, the others teach */
#define GAIN_MIN       0.002


typedef struct {
    const reco_history_t *history;
    const reco_snapshot_item_t *items;
    const reco_config_t *config;
    reco_replay_t replay;
    uint64_t *keys;
    reco_engine_model_t *model;
    reco_engine_scratch_t *scratch;
    reco_case_query_t query;
    reco_engine_candidate_t *candidates;
    uint32_t limit; /* candidates kept of a case */
    unsigned nfeatures;
    uint32_t *truth; /* dense items, of one case */
    reco_softmax_t teach;
    reco_softmax_t check;
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


/* How many of the case's true items a candidate is. */
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
add_row(const learning_t *learning, reco_softmax_t *softmax,
    const reco_engine_candidate_t *candidate, float share)
{
    uint64_t *row;

    row = &softmax->offsets[softmax->ngroups + 1];
    memcpy(softmax->features + *row * softmax->nfeatures, candidate->features,
        learning->nfeatures * sizeof(float));
    softmax->shares[*row] = share;
    (*row)++;
}


/* The candidates of one case become a group, where the truth is among them. */
static void
add_case(learning_t *learning, const reco_case_t *which,
    reco_softmax_t *softmax, unsigned ncandidates)
{
    unsigned i, kept, ntrue;

    ntrue = 0;
    for (i = 0; i < ncandidates; i++) {
        ntrue += is_true(learning, which, learning->candidates[i].item);
    }
    if (ntrue == 0 || ntrue == ncandidates) {
        return;
    }

    qsort(learning->candidates, ncandidates, sizeof(learning->candidates[0]),
        compare_candidates);

    softmax->offsets[softmax->ngroups + 1] = softmax->offsets[softmax->ngroups];
    kept = 0;
    for (i = 0; i < ncandidates; i++) {
        if (is_true(learning, which, learning->candidates[i].item)) {
            if (kept < 2 * learning->limit) {
                add_row(learning, softmax, &learning->candidates[i],
                    1 / (float) ntrue);
            }
            kept++;
        } else if (i < learning->limit) {
            add_row(learning, softmax, &learning->candidates[i], 0);
            kept++;
        }
    }
    softmax->ngroups++;
}


static reco_status_t
ask_cases(learning_t *learning)
{
    const reco_cases_t *cases = &learning->replay.cases;
    const reco_case_t *which;
    reco_status_t status;
    unsigned ncandidates;
    uint64_t i;

    for (i = 0; i < cases->ncases; i++) {
        which = &cases->cases[i];
        status =
            reco_case_query(&learning->query, cases, which, learning->keys);
        if (status != RECO_OK) {
            return status;
        }

        learning->query.query.n = RECO_ENGINE_RESULT_MAX;
        ncandidates =
            reco_engine_candidates(learning->model, &learning->query.query,
                learning->scratch, learning->candidates, CANDIDATES_MAX);
        add_case(learning, which,
            which->group % CHECK_EVERY == 0 ? &learning->check
                                            : &learning->teach,
            ncandidates);
    }

    return RECO_OK;
}


static reco_status_t
allocate_softmax(const learning_t *learning, reco_softmax_t *softmax)
{
    uint64_t ncases, nrows;

    ncases = learning->replay.cases.ncases;
    nrows = ncases * learning->limit * 2;
    softmax->nfeatures = learning->nfeatures;
    softmax->offsets = calloc(ncases + 2, sizeof(uint64_t));
    softmax->features =
        malloc((nrows + 1) * learning->nfeatures * sizeof(float));
    softmax->shares = malloc((nrows + 1) * sizeof(float));

    return softmax->offsets != NULL && softmax->features != NULL
                   && softmax->shares != NULL
               ? RECO_OK
               : RECO_NOMEM;
}


static reco_status_t
allocate(learning_t *learning)
{
    uint32_t i;

    learning->nfeatures = 0;
    while (reco_engine_feature_name(learning->nfeatures) != NULL) {
        learning->nfeatures++;
    }

    learning->keys =
        malloc(((size_t) learning->history->nitems + 1) * sizeof(uint64_t));
    learning->candidates =
        malloc(CANDIDATES_MAX * sizeof(learning->candidates[0]));
    if (learning->keys == NULL || learning->candidates == NULL
        || allocate_softmax(learning, &learning->teach) != RECO_OK
        || allocate_softmax(learning, &learning->check) != RECO_OK)
    {
        return RECO_NOMEM;
    }

    for (i = 0; i < learning->history->nitems; i++) {
        learning->keys[i] = reco_item_key(learning->items[i].id);
    }

    return reco_engine_scratch_create(learning->model, &learning->scratch);
}


static void
release(learning_t *learning)
{
    reco_engine_scratch_destroy(learning->scratch);
    reco_case_query_done(&learning->query);
    free(learning->keys);
    free(learning->candidates);
    free(learning->teach.offsets);
    free(learning->teach.features);
    free(learning->teach.shares);
    free(learning->check.offsets);
    free(learning->check.features);
    free(learning->check.shares);
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


static reco_status_t
fit(learning_t *learning, reco_blend_t *blend, reco_error_t *error)
{
    double floors[RECO_ENGINE_FEATURES_MAX];
    double shipped[RECO_ENGINE_FEATURES_MAX];
    reco_engine_params_t params;
    reco_status_t status;
    unsigned j, first;

    blend->cases = learning->teach.ngroups;
    blend->checked = learning->check.ngroups;
    if (blend->cases < CASES_MIN) {
        return RECO_OK;
    }

    reco_engine_params_init(&params);
    for (first = 0;
         strcmp(reco_engine_param(first)->name, "weight.session") != 0; first++)
    {
        /* void */
    }
    for (j = 0; j < learning->nfeatures; j++) {
        shipped[j] = params.values[first + j];
        blend->weights[j] = 0;
    }

    set_floors(learning, floors);
    status = reco_softmax_fit(&learning->teach,
        reco_config_number(learning->config, "blend_ridge"), floors,
        blend->weights, error);
    if (status != RECO_OK) {
        return status;
    }

    blend->shipped = reco_softmax_rank(
        &learning->check, 0, learning->check.ngroups, shipped);
    blend->found = reco_softmax_rank(
        &learning->check, 0, learning->check.ngroups, blend->weights);
    blend->learnt = blend->found >= blend->shipped - GAIN_MIN;

    return RECO_OK;
}


static reco_status_t
learn(learning_t *learning, const char *path, reco_blend_t *blend,
    reco_error_t *error)
{
    reco_train_report_t report = {0};
    reco_snapshot_t *snapshot;
    reco_status_t status;

    status = reco_version_train(&learning->replay.before, learning->items,
        learning->config, NULL, path, &report, error);
    if (status != RECO_OK) {
        return status;
    }

    status = reco_snapshot_open(path, 0, &snapshot, error);
    if (status != RECO_OK) {
        return status;
    }

    status =
        reco_engine_model_open(snapshot, NULL, NULL, &learning->model, error);
    if (status == RECO_OK) {
        status = allocate(learning);
        if (status == RECO_OK) {
            status = ask_cases(learning);
        }
        if (status != RECO_OK) {
            reco_error_set(error, status, "out of memory for a replay");
        }
        if (status == RECO_OK) {
            status = fit(learning, blend, error);
        }
        release(learning);
        reco_engine_model_close(learning->model);
    }

    reco_snapshot_release(snapshot);

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
        reco_protocol_find(reco_config_string(config, "blend_protocol"));
    if (options.protocol == RECO_PROTOCOL_COUNT) {
        return reco_error_set(error, RECO_INVALID,
            "blend_protocol is next, novel, heldout or leave-last");
    }
    options.profiles = (int) reco_config_integer(config, "blend_profiles");
    options.share = reco_config_number(config, "blend_holdout");
    options.limit = (uint64_t) reco_config_integer(config, "blend_cases");
    options.seed = (uint64_t) reco_config_integer(config, "seed");
    learning.limit = (uint32_t) reco_config_integer(config, "blend_candidates");

    status = reco_replay_split(&learning.replay, history, &options, error);
    if (status != RECO_OK) {
        return status;
    }

    if (learning.replay.cases.ncases >= CASES_MIN
        && learning.replay.before.nevents > 0)
    {
        status = learn(&learning, path, blend, error);
        reco_files_remove(path, NULL);
    }

    reco_replay_done(&learning.replay);

    return status;
}
