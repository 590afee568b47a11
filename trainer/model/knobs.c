#include "model/knobs.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CASES_MAX  1500 /* asked for each value */
#define VALUES_MAX 6
#define CUTOFF     20


/* What moves most comes first; each key is decided before the next. */
static const struct {
    const char *key;
    const char *values[VALUES_MAX];
} knobs_ranges[] = {
    {"session.position_decay", {"0.5", "0.7", "1.5", "2", "3"}},
    {"session.before", {"0", "0.2", "0.35", "0.5", "1"}},
    {"session.distance_decay", {"1", "1.5", "2", "5", "10"}},
    {"session.items", {"1", "3", "20"}},
    {"session.recency_decay", {"40", "10"}},
    {"session.idf_match", {"0", "0.5", "2"}},
    {"session.idf", {"0", "0.5", "1.5"}},
    {"session.length", {"0.25", "0.5"}},
};

#define NRANGES (sizeof(knobs_ranges) / sizeof(knobs_ranges[0]))

_Static_assert(NRANGES <= RECO_KNOBS_MAX, "the ranges outgrew reco_knobs_t");

typedef struct {
    const reco_cases_t *cases;
    const uint64_t *keys;
    reco_snapshot_t *snapshot;
    const reco_config_t *config;
    uint64_t step;  /* between cases that are asked */
    double *values; /* 1 / rank of each of these */
    double *chosen; /* the same with the best of the values that are tried */
    double *best;   /* the same of the settings so far */
    reco_case_query_t query;
    reco_engine_result_t result;
} choosing_t;


static int
is_configured(const reco_config_t *config, const char *key)
{
    static const char prefix[] = "engine.";
    reco_config_entry_t entry;
    size_t i;

    for (i = 0; reco_config_at(config, i, &entry); i++) {
        if (strncmp(entry.key, prefix, sizeof(prefix) - 1) == 0
            && strcmp(entry.key + sizeof(prefix) - 1, key) == 0)
        {
            return 1;
        }
    }

    return 0;
}


static reco_status_t
set_param(reco_engine_params_t *params, const char *key, const char *value,
    reco_error_t *error)
{
    return reco_engine_params_set(params, (reco_str_t){strlen(key), key},
        (reco_str_t){strlen(value), value}, error);
}


reco_status_t
reco_knobs_apply(const reco_knobs_t *knobs, reco_engine_params_t *params,
    reco_error_t *error)
{
    reco_status_t status;
    unsigned i;

    status = RECO_OK;
    for (i = 0; status == RECO_OK && i < knobs->count; i++) {
        status = set_param(
            params, knobs->settings[i][0], knobs->settings[i][1], error);
    }

    return status;
}


/* The engine with the settings, and with one more where key is not NULL. */
static reco_status_t
open_engine(const choosing_t *choosing, const reco_knobs_t *knobs,
    const char *key, const char *value, reco_engine_model_t **model,
    reco_error_t *error)
{
    reco_engine_params_t params;
    reco_status_t status;

    reco_engine_params_init(&params);
    status = reco_knobs_apply(knobs, &params, error);
    if (status == RECO_OK && key != NULL) {
        status = set_param(&params, key, value, error);
    }
    if (status == RECO_OK) {
        status = reco_config_engine(choosing->config, &params, error);
    }
    if (status == RECO_OK) {
        status = set_param(&params, "fallback", "0", error);
    }

    return status == RECO_OK ? reco_engine_model_open(
               choosing->snapshot, NULL, &params, model, error)
                             : status;
}


static double
reciprocal_rank(const choosing_t *choosing, const reco_engine_model_t *model,
    const reco_case_t *which)
{
    uint32_t item;
    unsigned i;

    item = reco_engine_find(
        model, choosing->keys[choosing->cases->items[which->truth]]);
    for (i = 0; i < choosing->result.nhits; i++) {
        if (choosing->result.hits[i].item == item) {
            return 1 / (double) (i + 1);
        }
    }

    return 0;
}


static reco_status_t
ask(choosing_t *choosing, const reco_engine_model_t *model,
    reco_engine_scratch_t *scratch)
{
    const reco_cases_t *cases = choosing->cases;
    const reco_case_t *which;
    reco_status_t status;
    uint64_t i, n;

    n = 0;
    for (i = 0; i < cases->ncases; i += choosing->step) {
        which = &cases->cases[i];
        status =
            reco_case_query(&choosing->query, cases, which, choosing->keys);
        if (status != RECO_OK) {
            return status;
        }

        choosing->query.query.n = CUTOFF;
        choosing->query.query.sources = 1U << RECO_ENGINE_SESSION;
        status = reco_engine_recommend(
            model, &choosing->query.query, scratch, &choosing->result);
        if (status != RECO_OK && status != RECO_DECLINED) {
            return status;
        }
        choosing->values[n++] = reciprocal_rank(choosing, model, which);
    }

    return RECO_OK;
}


static reco_status_t
ask_with(choosing_t *choosing, const reco_knobs_t *knobs, const char *key,
    const char *value, reco_error_t *error)
{
    reco_engine_scratch_t *scratch;
    reco_engine_model_t *model;
    reco_status_t status;

    status = open_engine(choosing, knobs, key, value, &model, error);
    if (status != RECO_OK) {
        return status;
    }

    scratch = NULL;
    status = reco_engine_scratch_create(model, &scratch);
    if (status == RECO_OK) {
        status = ask(choosing, model, scratch);
    }
    if (status != RECO_OK) {
        reco_error_set(error, status, "cannot ask session kNN a replay: %s",
            reco_status_name(status));
    }

    reco_engine_scratch_destroy(scratch);
    reco_engine_model_close(model);

    return status;
}


/* Standard errors by which values are above the best; its sum into gain. */
static double
clearness(const choosing_t *choosing, double *gain)
{
    const reco_cases_t *cases = choosing->cases;
    double sum, squares, group;
    uint64_t i, n;

    sum = squares = group = 0;
    n = 0;
    for (i = 0; i < cases->ncases; i += choosing->step) {
        group += choosing->values[n] - choosing->best[n];
        n++;
        if (i + choosing->step >= cases->ncases
            || cases->cases[i + choosing->step].group != cases->cases[i].group)
        {
            sum += group;
            squares += group * group;
            group = 0;
        }
    }

    *gain = sum;

    return squares > 0 ? sum / sqrt(squares) : 0;
}


static void
swap(double **left, double **right)
{
    double *values;

    values = *left;
    *left = *right;
    *right = values;
}


static reco_status_t
choose_value(choosing_t *choosing, reco_knobs_t *knobs, unsigned range,
    reco_error_t *error)
{
    const char *key, *value, *chosen;
    double gain, highest;
    reco_status_t status;
    unsigned i;

    key = knobs_ranges[range].key;
    chosen = NULL;
    highest = 0;
    for (i = 0;
         i < VALUES_MAX && (value = knobs_ranges[range].values[i]) != NULL; i++)
    {
        status = ask_with(choosing, knobs, key, value, error);
        if (status != RECO_OK) {
            return status;
        }
        if (clearness(choosing, &gain) >= RECO_KNOBS_CLEAR && gain > highest) {
            highest = gain;
            chosen = value;
            swap(&choosing->chosen, &choosing->values);
        }
    }

    if (chosen != NULL) {
        swap(&choosing->best, &choosing->chosen);
        knobs->settings[knobs->count][0] = key;
        knobs->settings[knobs->count++][1] = chosen;
    }

    return RECO_OK;
}


static double
mean(const double *values, uint32_t n)
{
    double sum;
    uint32_t i;

    sum = 0;
    for (i = 0; i < n; i++) {
        sum += values[i];
    }

    return n > 0 ? sum / n : 0;
}


static reco_status_t
choose(choosing_t *choosing, reco_knobs_t *knobs, reco_error_t *error)
{
    reco_status_t status;
    unsigned i;

    status = ask_with(choosing, knobs, NULL, NULL, error);
    swap(&choosing->best, &choosing->values);
    knobs->usual = mean(choosing->best, knobs->asked);

    for (i = 0; status == RECO_OK && i < NRANGES; i++) {
        if (!is_configured(choosing->config, knobs_ranges[i].key)) {
            status = choose_value(choosing, knobs, i, error);
        }
    }
    knobs->found = mean(choosing->best, knobs->asked);

    return status;
}


reco_status_t
reco_knobs_choose(reco_knobs_t *knobs, const reco_cases_t *cases,
    const uint64_t *keys, reco_snapshot_t *snapshot,
    const reco_config_t *config, reco_error_t *error)
{
    choosing_t choosing = {
        .cases = cases, .keys = keys, .snapshot = snapshot, .config = config};
    reco_status_t status;

    memset(knobs, 0, sizeof(*knobs));
    if (cases->ncases == 0) {
        return RECO_OK;
    }

    choosing.step = (cases->ncases + CASES_MAX - 1) / CASES_MAX;
    knobs->asked =
        (uint32_t) ((cases->ncases + choosing.step - 1) / choosing.step);
    choosing.values = calloc(knobs->asked, sizeof(double));
    choosing.chosen = calloc(knobs->asked, sizeof(double));
    choosing.best = calloc(knobs->asked, sizeof(double));
    status = choosing.values != NULL && choosing.chosen != NULL
                     && choosing.best != NULL
                 ? choose(&choosing, knobs, error)
                 : reco_error_set(error, RECO_NOMEM,
                     "out of memory for what session kNN is asked");

    reco_case_query_done(&choosing.query);
    free(choosing.values);
    free(choosing.chosen);
    free(choosing.best);

    return status;
}
