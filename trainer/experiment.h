/*
 * A model trained on files and asked the cases of other files: what recoctl
 * eval does once and recoctl tune many times.
 */

#ifndef RECO_EXPERIMENT_H
#define RECO_EXPERIMENT_H

#include "catalog.h"
#include "config.h"
#include "dataset.h"
#include "evaluate.h"
#include "history.h"
#include "protocol.h"
#include "train.h"


/* Which files, and what to do with them. */
typedef struct {
    const char *const *train;
    unsigned ntrain;
    const char *const *test;
    unsigned ntest;
    const char *items; /* a catalogue; NULL: ids alone are known */
    reco_protocol_t protocol;
} reco_experiment_files_t;

/* All but the model: read once, the same for every configuration. */
typedef struct {
    reco_protocol_t protocol;
    int profiles; /* what a user did in train is known in test */
    reco_dataset_names_t names;
    reco_history_t train;
    reco_history_t test;
    reco_catalog_t catalog; /* of train's items */
    uint64_t *keys;         /* of all items, those of the test alone too */
    reco_cases_t cases;
} reco_experiment_t;

/*
 * RECO_IO, RECO_INVALID, RECO_CORRUPT, RECO_TOO_LARGE; RECO_NOMEM.  *path is
 * the file that it was about, NULL if none.
 */
reco_status_t reco_experiment_load(reco_experiment_t *experiment,
    const reco_experiment_files_t *files, const reco_config_t *config,
    const char **path, reco_error_t *error);
void reco_experiment_done(reco_experiment_t *experiment);

/* Where config leaves it open, the blend is learnt for what will be asked. */
reco_status_t reco_experiment_configure(const reco_experiment_t *experiment,
    reco_config_t *config, reco_error_t *error);


/* A model in a temporary folder of its own, which close() removes. */
typedef struct {
    char folder[256];
    reco_snapshot_t *snapshot;
    reco_engine_params_t params;
    reco_engine_model_t *model;
    reco_train_report_t report;
} reco_trial_t;

/* Trains, writes, opens.  trial needs no close() where this fails. */
reco_status_t reco_trial_open(reco_trial_t *trial,
    const reco_experiment_t *experiment, const reco_config_t *config,
    reco_error_t *error);
void reco_trial_close(reco_trial_t *trial);

/*
 * Asks one of the models by its name: "blend", "session", "ials", "neighbors",
 * "popular", a source by the engine's name, or "vmis": VMIS-kNN as published,
 * with the parameters that Serenade was tuned to.  RECO_INVALID: no such name;
 * RECO_NOMEM.
 */
reco_status_t reco_trial_evaluate(const reco_trial_t *trial,
    const reco_experiment_t *experiment, const char *name,
    const reco_evaluate_options_t *options, reco_evaluation_t *evaluation,
    reco_error_t *error);

#endif /* RECO_EXPERIMENT_H */
