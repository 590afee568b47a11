/*
 * What eval and tune both ask for: the files that a model is learnt from and
 * judged on, how it is judged, and the configuration.
 */

#ifndef RECO_TRIAL_OPTIONS_H
#define RECO_TRIAL_OPTIONS_H

#include "experiment.h"
#include "options.h"

#define RECO_TRIAL_FILES_MAX 64


/* What goes into a subcommand's table of long options; --test or --valid,
   which name the other files, is the subcommand's own row. */
enum {
    RECO_TRIAL_TRAIN = 256,
    RECO_TRIAL_JUDGED, /* --test, --valid */
    RECO_TRIAL_ITEMS,
    RECO_TRIAL_PROTOCOL,
    RECO_TRIAL_SET,
    RECO_TRIAL_CONFIG,
    RECO_TRIAL_SEED,
    RECO_TRIAL_OWN /* the first that is free for the subcommand */
};

#define RECO_TRIAL_OPTIONS                                                     \
    {"train", required_argument, NULL, RECO_TRIAL_TRAIN},                      \
        {"items", required_argument, NULL, RECO_TRIAL_ITEMS},                  \
        {"protocol", required_argument, NULL, RECO_TRIAL_PROTOCOL},            \
        {"set", required_argument, NULL, RECO_TRIAL_SET},                      \
        {"config", required_argument, NULL, RECO_TRIAL_CONFIG},                \
    {                                                                          \
        "seed", required_argument, NULL, RECO_TRIAL_SEED                       \
    }


typedef struct {
    const char *name; /* of the subcommand */
    const char *train[RECO_TRIAL_FILES_MAX];
    const char *judged[RECO_TRIAL_FILES_MAX];
    reco_experiment_files_t files; /* points at the two above */
    reco_config_t *config;         /* owned */
} reco_trial_options_t;


/*
 * Makes the configuration, with its defaults.  Returns RECO_CLI_OK, or the
 * exit status after a message.  Both are undone by reco_trial_options_done().
 * options must not move in between.
 */
int reco_trial_options_init(reco_trial_options_t *options, const char *name);

void reco_trial_options_done(reco_trial_options_t *options);

/* Takes one of the options above; any other is unknown. */
int reco_trial_option(
    reco_trial_options_t *options, int option, const char *value);

/* Whether the files of both parts and the protocol are there. */
int reco_trial_options_complete(const reco_trial_options_t *options);

/*
 * Reads the files, and configures the experiment by them.  Returns
 * RECO_CLI_OK, or the exit status after a message, with nothing to undo.
 */
int reco_trial_options_load(
    const reco_trial_options_t *options, reco_experiment_t *experiment);

#endif /* RECO_TRIAL_OPTIONS_H */
