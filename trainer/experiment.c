#include "experiment.h"

#include "folder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PUBLISHED "vmis"    /* a model that is not ours */
#define ALONE     "ials"    /* the factors without what content adds to them */
#define COUNTED   "popular" /* by counts alone, however long the list */

typedef struct {
    reco_str_t key;
    reco_str_t value;
} setting_t;

/* VMIS-kNN (Kersbergen et al. 2022): the engine's session kNN, set back. */
static const setting_t published_settings[] = {
    {reco_string("session.linear"), reco_string("1")},
    {reco_string("session.m"), reco_string("1502")},
    {reco_string("session.k"), reco_string("288")},
    {reco_string("session.items"), reco_string("4")},
    {reco_string("session.idf"), reco_string("1")},
    {reco_string("session.idf_match"), reco_string("0")},
    {reco_string("session.length"), reco_string("0")},
    {reco_string("session.recency_decay"), reco_string("0")},
    {reco_string("session.candidates"), reco_string("1000")},
    {reco_null_string, reco_null_string}};

static const setting_t alone_settings[] = {
    {reco_string("factors.unmet"), reco_string("0")},
    {reco_null_string, reco_null_string}};

/* A page's few popular ones are filled up with others, as trends. */
static const setting_t counted_settings[] = {
    {reco_string("popular.candidates"), reco_string("1000")},
    {reco_null_string, reco_null_string}};


static reco_status_t
read_files(reco_history_t *history, reco_experiment_t *experiment,
    const char *const *files, unsigned nfiles, uint32_t gap, int *profiles,
    const char **path, reco_error_t *error)
{
    reco_dataset_t dataset = {0};
    reco_status_t status;
    unsigned i;

    status = RECO_OK;
    for (i = 0; status == RECO_OK && i < nfiles; i++) {
        *path = files[i];
        status =
            reco_dataset_read(&dataset, &experiment->names, files[i], error);
    }

    if (status == RECO_OK) {
        *path = NULL;
        status = reco_dataset_history(
            &dataset, &experiment->names, gap, history, error);
    }

    *profiles = dataset.has_users;
    reco_dataset_done(&dataset);

    return status;
}


static reco_status_t
make_keys(reco_experiment_t *experiment, reco_error_t *error)
{
    uint32_t i;

    experiment->keys =
        malloc(((size_t) experiment->names.items.count + 1) * sizeof(uint64_t));
    if (experiment->keys == NULL) {
        return reco_error_set(error, RECO_NOMEM, "out of memory");
    }

    for (i = 0; i < experiment->names.items.count; i++) {
        experiment->keys[i] =
            reco_item_key(reco_names_at(&experiment->names.items, i));
    }

    return RECO_OK;
}


static reco_status_t
read_catalog(reco_experiment_t *experiment, const char *items,
    const char **path, reco_error_t *error)
{
    reco_status_t status;

    status = reco_catalog_create(
        &experiment->catalog, &experiment->names.items, error);
    if (status == RECO_OK && items != NULL) {
        *path = items;
        status = reco_catalog_read(
            &experiment->catalog, &experiment->names.items, items, error);
    }

    return status;
}


static reco_status_t
load(reco_experiment_t *experiment, const reco_experiment_files_t *files,
    uint32_t gap, const char **path, reco_error_t *error)
{
    int train_users, test_users;
    reco_status_t status;
    uint32_t nitems;

    status = read_files(&experiment->train, experiment, files->train,
        files->ntrain, gap, &train_users, path, error);
    if (status != RECO_OK) {
        return status;
    }

    if (files->items != NULL) {
        *path = files->items;
        status =
            reco_catalog_names(&experiment->names.items, files->items, error);
        if (status != RECO_OK) {
            return status;
        }
    }

    nitems = experiment->names.items.count;
    experiment->train.nitems = nitems;
    status = read_files(&experiment->test, experiment, files->test,
        files->ntest, gap, &test_users, path, error);
    if (status == RECO_OK) {
        status = read_catalog(experiment, files->items, path, error);
    }
    if (status != RECO_OK) {
        return status;
    }

    /* What only the test knows of was not there to be learnt. */
    experiment->catalog.nitems = nitems;

    *path = NULL;
    status = make_keys(experiment, error);
    if (status == RECO_OK && files->protocol == RECO_PROTOCOL_LEAVE_LAST) {
        status = reco_cases_hide(&experiment->train, &experiment->test, error);
    }
    if (status != RECO_OK) {
        return status;
    }

    experiment->profiles = train_users && test_users;

    return reco_cases_build(&experiment->cases, files->protocol,
        &experiment->train, &experiment->test, experiment->profiles, error);
}


reco_status_t
reco_experiment_load(reco_experiment_t *experiment,
    const reco_experiment_files_t *files, const reco_config_t *config,
    const char **path, reco_error_t *error)
{
    reco_status_t status;
    uint32_t gap;

    memset(experiment, 0, sizeof(*experiment));
    experiment->protocol = files->protocol;
    *path = NULL;

    gap = (uint32_t) (reco_config_integer(config, "session_gap") / 1000);
    status = load(experiment, files, gap, path, error);

    if (status == RECO_OK
        && (experiment->train.nevents == 0 || experiment->cases.ncases == 0))
    {
        status = reco_error_set(error, RECO_INVALID,
            "there is nothing to %s in the %s files",
            experiment->train.nevents == 0 ? "train on" : "ask",
            experiment->train.nevents == 0 ? "--train" : "--test or --valid");
    }
    if (status != RECO_OK) {
        reco_experiment_done(experiment);
    }

    return status;
}


void
reco_experiment_done(reco_experiment_t *experiment)
{
    reco_cases_done(&experiment->cases);
    reco_history_done(&experiment->train);
    reco_history_done(&experiment->test);
    reco_catalog_done(&experiment->catalog);
    reco_dataset_names_done(&experiment->names);
    free(experiment->keys);
    memset(experiment, 0, sizeof(*experiment));
}


reco_status_t
reco_experiment_configure(const reco_experiment_t *experiment,
    reco_config_t *config, reco_error_t *error)
{
    const char *name;
    reco_str_t value;
    reco_status_t status;

    status = RECO_OK;
    if (!reco_config_is_set(config, "blend_protocol")) {
        name = reco_protocols[experiment->protocol];
        value = (reco_str_t){strlen(name), name};
        status = reco_config_set(
            config, (reco_str_t) reco_string("blend_protocol"), value, error);
    }
    if (status == RECO_OK && experiment->profiles
        && !reco_config_is_set(config, "blend_profiles"))
    {
        status =
            reco_config_set(config, (reco_str_t) reco_string("blend_profiles"),
                (reco_str_t) reco_string("on"), error);
    }

    return status;
}


static reco_status_t
open_model(
    reco_trial_t *trial, const reco_config_t *config, reco_error_t *error)
{
    reco_status_t status;

    reco_engine_params_init(&trial->params);
    status = reco_engine_params_load(&trial->params, trial->snapshot, error);
    if (status == RECO_OK) {
        status = reco_config_engine(config, &trial->params, error);
    }

    return status == RECO_OK ? reco_engine_model_open(
               trial->snapshot, NULL, &trial->params, &trial->model, error)
                             : status;
}


reco_status_t
reco_trial_open(reco_trial_t *trial, const reco_experiment_t *experiment,
    const reco_config_t *config, reco_error_t *error)
{
    char path[sizeof(trial->folder) + 8];
    reco_status_t status;

    memset(trial, 0, sizeof(*trial));
    status = reco_folder_temporary(trial->folder, sizeof(trial->folder), error);
    if (status != RECO_OK) {
        return status;
    }

    snprintf(path, sizeof(path), "%s/model", trial->folder);
    status = reco_train(&experiment->train, experiment->catalog.items, config,
        NULL, path, &trial->report, error);
    if (status == RECO_OK) {
        status = reco_snapshot_open(path, 0, &trial->snapshot, error);
    }
    if (status == RECO_OK) {
        status = open_model(trial, config, error);
    }
    if (status != RECO_OK) {
        reco_trial_close(trial);
    }

    return status;
}


void
reco_trial_close(reco_trial_t *trial)
{
    if (trial->model != NULL) {
        reco_engine_model_close(trial->model);
    }
    if (trial->snapshot != NULL) {
        reco_snapshot_release(trial->snapshot);
    }
    if (trial->folder[0] != '\0') {
        reco_folder_remove(trial->folder);
    }

    memset(trial, 0, sizeof(*trial));
}


static reco_status_t
find_sources(const char *name, uint32_t *sources, reco_error_t *error)
{
    static const struct {
        const char *name;
        uint32_t sources;
    } models[] = {{"blend", 0}, {ALONE, 1U << RECO_ENGINE_FACTORS},
        {"neighbors", 1U << RECO_ENGINE_VIEWED},
        {"rules", 1U << RECO_ENGINE_NEXT},
        {PUBLISHED, 1U << RECO_ENGINE_SESSION}};
    unsigned i;

    for (i = 0; i < sizeof(models) / sizeof(models[0]); i++) {
        if (strcmp(models[i].name, name) == 0) {
            *sources = models[i].sources;
            return RECO_OK;
        }
    }

    for (i = 0; i < RECO_ENGINE_SOURCE_COUNT; i++) {
        if (strcmp(reco_engine_source_name((reco_engine_source_t) i), name)
            == 0) {
            *sources = 1U << i;
            return RECO_OK;
        }
    }

    return reco_error_set(error, RECO_INVALID,
        "there is no model \"%.32s\": blend, session, ials, neighbors, "
        "rules, " COUNTED ", " PUBLISHED ", or a source of docs/engine.md",
        name);
}


/* The settings that name asks for over the trial's; NULL: none. */
static const setting_t *
settings_of(const char *name)
{
    static const struct {
        const char *name;
        const setting_t *settings;
    } models[] = {{PUBLISHED, published_settings}, {ALONE, alone_settings},
        {COUNTED, counted_settings}};
    unsigned i;

    for (i = 0; i < sizeof(models) / sizeof(models[0]); i++) {
        if (strcmp(models[i].name, name) == 0) {
            return models[i].settings;
        }
    }

    return NULL;
}


static reco_status_t
open_set(const reco_trial_t *trial, const setting_t *settings,
    reco_engine_model_t **model, reco_error_t *error)
{
    reco_engine_params_t params;
    reco_status_t status;

    params = trial->params;
    status = RECO_OK;
    for (; status == RECO_OK && settings->key.len > 0; settings++) {
        status = reco_engine_params_set(
            &params, settings->key, settings->value, error);
    }

    return status == RECO_OK ? reco_engine_model_open(
               trial->snapshot, NULL, &params, model, error)
                             : status;
}


reco_status_t
reco_trial_evaluate(const reco_trial_t *trial,
    const reco_experiment_t *experiment, const char *name,
    const reco_evaluate_options_t *options, reco_evaluation_t *evaluation,
    reco_error_t *error)
{
    reco_evaluate_options_t wanted;
    const setting_t *settings;
    reco_engine_model_t *other;
    reco_status_t status;

    wanted = *options;
    other = NULL;
    settings = settings_of(name);
    status = find_sources(name, &wanted.sources, error);
    if (status == RECO_OK && settings != NULL) {
        status = open_set(trial, settings, &other, error);
    }

    if (status == RECO_OK) {
        status = reco_evaluate(evaluation, other != NULL ? other : trial->model,
            experiment->catalog.nitems, &experiment->cases, experiment->keys,
            &wanted, error);
    }
    reco_engine_model_close(other);

    return status;
}
