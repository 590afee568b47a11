#include "trial_options.h"

#include "cli.h"
#include "words.h"

#include <string.h>


int
reco_trial_options_init(reco_trial_options_t *options, const char *name)
{
    memset(options, 0, sizeof(*options));

    options->name = name;
    options->files.train = options->train;
    options->files.test = options->judged;
    options->files.protocol = RECO_PROTOCOL_COUNT;
    options->config = reco_config_create();

    return options->config != NULL ? RECO_CLI_OK
                                   : reco_cli_fail(name, "out of memory");
}


void
reco_trial_options_done(reco_trial_options_t *options)
{
    reco_config_destroy(options->config);
}


static int
add_file(const reco_trial_options_t *options, const char **files,
    unsigned *nfiles, const char *path)
{
    if (*nfiles == RECO_TRIAL_FILES_MAX) {
        return reco_cli_misuse(options->name, "more than %d files are too many",
            RECO_TRIAL_FILES_MAX);
    }

    files[(*nfiles)++] = path;

    return RECO_CLI_OK;
}


static int
set_seed(const reco_trial_options_t *options, const char *text)
{
    reco_str_t key = reco_string("seed"), value = {strlen(text), text};
    reco_error_t error = {0};

    return reco_config_set(options->config, key, value, &error) == RECO_OK
               ? RECO_CLI_OK
               : reco_cli_misuse(options->name, "%s", error.message);
}


static int
set_protocol(reco_trial_options_t *options, const char *text)
{
    char list[128];
    int place;

    place = reco_words_find(reco_protocols, text);
    options->files.protocol = (reco_protocol_t) place;

    if (place != RECO_PROTOCOL_COUNT) {
        return RECO_CLI_OK;
    }

    reco_words_list(reco_protocols, list, sizeof(list));

    return reco_cli_misuse(options->name, "--protocol takes one of%s", list);
}


int
reco_trial_option(reco_trial_options_t *options, int option, const char *value)
{
    reco_experiment_files_t *files = &options->files;
    reco_error_t error = {0};

    switch (option) {
    case RECO_TRIAL_TRAIN:
        return add_file(options, options->train, &files->ntrain, value);
    case RECO_TRIAL_JUDGED:
        return add_file(options, options->judged, &files->ntest, value);
    case RECO_TRIAL_ITEMS:
        files->items = value;
        return RECO_CLI_OK;
    case RECO_TRIAL_PROTOCOL:
        return set_protocol(options, value);
    case RECO_TRIAL_SET:
        return reco_config_set_pair(options->config, value, &error) == RECO_OK
                   ? RECO_CLI_OK
                   : reco_cli_misuse(options->name, "%s", error.message);
    case RECO_TRIAL_CONFIG:
        return reco_config_read(options->config, value, &error) == RECO_OK
                   ? RECO_CLI_OK
                   : reco_cli_fail_at(options->name, value, &error);
    case RECO_TRIAL_SEED:
        return set_seed(options, value);
    default:
        return reco_cli_misuse(
            options->name, "an option is unknown or lacks its value");
    }
}


int
reco_trial_options_complete(const reco_trial_options_t *options)
{
    return options->files.ntrain > 0 && options->files.ntest > 0
           && options->files.protocol != RECO_PROTOCOL_COUNT;
}


int
reco_trial_options_load(
    const reco_trial_options_t *options, reco_experiment_t *experiment)
{
    reco_error_t error = {0};
    const char *path;

    if (reco_experiment_load(
            experiment, &options->files, options->config, &path, &error)
        != RECO_OK)
    {
        return reco_cli_fail_at(options->name, path, &error);
    }

    if (reco_experiment_configure(experiment, options->config, &error)
        != RECO_OK) {
        reco_experiment_done(experiment);
        return reco_cli_fail(options->name, "%s", error.message);
    }

    return RECO_CLI_OK;
}
