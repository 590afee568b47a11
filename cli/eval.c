#include "cli.h"
#include "eval_print.h"
#include "experiment.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILES_MAX     64
#define RESAMPLES_MAX 100000
#define NAMES_MAX     256 /* bytes of --model and --compare together */

enum {
    OPTION_TRAIN = 256,
    OPTION_TEST,
    OPTION_ITEMS,
    OPTION_PROTOCOL,
    OPTION_MODEL,
    OPTION_COMPARE,
    OPTION_SET,
    OPTION_CONFIG,
    OPTION_CUTOFFS,
    OPTION_SEED,
    OPTION_RESAMPLES,
    OPTION_JSON
};

static const struct option options[] = {
    {"train", required_argument, NULL, OPTION_TRAIN},
    {"test", required_argument, NULL, OPTION_TEST},
    {"items", required_argument, NULL, OPTION_ITEMS},
    {"protocol", required_argument, NULL, OPTION_PROTOCOL},
    {"model", required_argument, NULL, OPTION_MODEL},
    {"compare", required_argument, NULL, OPTION_COMPARE},
    {"set", required_argument, NULL, OPTION_SET},
    {"config", required_argument, NULL, OPTION_CONFIG},
    {"cutoffs", required_argument, NULL, OPTION_CUTOFFS},
    {"seed", required_argument, NULL, OPTION_SEED},
    {"resamples", required_argument, NULL, OPTION_RESAMPLES},
    {"json", no_argument, NULL, OPTION_JSON}, {NULL, 0, NULL, 0}};

typedef struct {
    const char *name; /* of the subcommand */
    const char *train[FILES_MAX];
    const char *test[FILES_MAX];
    reco_experiment_files_t files;
    char names[NAMES_MAX]; /* what models point to */
    size_t nnames;
    const char *models[RECO_EVAL_MODELS_MAX];
    unsigned nmodels;
    int named; /* --model was there */
    unsigned resamples;
    int json;
    reco_evaluate_options_t evaluate;
    reco_config_t *config;
} run_t;


static int
parse_cutoffs(run_t *run, const char *text)
{
    unsigned long cutoff;
    char *end;

    run->evaluate.ncutoffs = 0;

    for (;;) {
        cutoff = strtoul(text, &end, 10);
        if (end == text || cutoff < 1 || cutoff > RECO_ENGINE_RESULT_MAX
            || run->evaluate.ncutoffs == RECO_CUTOFFS_MAX)
        {
            return reco_cli_misuse(run->name,
                "--cutoffs takes up to %d numbers from 1 to %d, as in 5,10,20",
                RECO_CUTOFFS_MAX, RECO_ENGINE_RESULT_MAX);
        }

        run->evaluate.cutoffs[run->evaluate.ncutoffs++] = (unsigned) cutoff;
        if (*end == '\0') {
            return RECO_CLI_OK;
        }
        text = *end == ',' ? end + 1 : "";
    }
}


static int
parse_resamples(run_t *run, const char *text)
{
    unsigned long count;
    char *end;

    count = strtoul(text, &end, 10);
    if (end == text || *end != '\0' || count > RESAMPLES_MAX) {
        return reco_cli_misuse(run->name,
            "--resamples takes a number from 0 to %d", RESAMPLES_MAX);
    }

    run->resamples = (unsigned) count;

    return RECO_CLI_OK;
}


static int
add_file(run_t *run, const char **files, unsigned *nfiles, const char *path)
{
    if (*nfiles == FILES_MAX) {
        return reco_cli_misuse(
            run->name, "more than %d files are too many", FILES_MAX);
    }

    files[(*nfiles)++] = path;

    return RECO_CLI_OK;
}


static int
set_seed(run_t *run, const char *text)
{
    reco_str_t key = reco_string("seed"), value = {strlen(text), text};
    reco_error_t error = {0};

    if (reco_config_set(run->config, key, value, &error) != RECO_OK) {
        return reco_cli_misuse(run->name, "%s", error.message);
    }

    return RECO_CLI_OK;
}


/* Names of models, between commas; the first of all is compared with the
   others, and may be given after them. */
static int
parse_models(run_t *run, const char *text, int first)
{
    size_t length;

    for (;; text += length + 1) {
        length = strcspn(text, ",");
        if (length == 0 || run->nnames + length + 1 > sizeof(run->names)
            || run->nmodels == RECO_EVAL_MODELS_MAX)
        {
            return reco_cli_misuse(run->name,
                "--model and --compare take up to %d names between commas",
                RECO_EVAL_MODELS_MAX);
        }

        memcpy(run->names + run->nnames, text, length);
        run->models[first ? 0 : run->nmodels++] = run->names + run->nnames;
        run->nnames += length + 1;
        run->named |= first;
        first = 0;

        if (text[length] == '\0') {
            return RECO_CLI_OK;
        }
    }
}


static int
parse_option(run_t *run, int option, const char *value)
{
    reco_error_t error = {0};

    switch (option) {
    case OPTION_TRAIN:
        return add_file(run, run->train, &run->files.ntrain, value);
    case OPTION_TEST:
        return add_file(run, run->test, &run->files.ntest, value);
    case OPTION_ITEMS:
        run->files.items = value;
        return RECO_CLI_OK;
    case OPTION_PROTOCOL:
        run->files.protocol = reco_protocol_find(value);
        if (run->files.protocol == RECO_PROTOCOL_COUNT) {
            return reco_cli_misuse(run->name,
                "--protocol takes next, novel, heldout or leave-last");
        }
        return RECO_CLI_OK;
    case OPTION_MODEL:
        return parse_models(run, value, !run->named);
    case OPTION_COMPARE:
        return parse_models(run, value, 0);
    case OPTION_SET:
        return reco_config_set_pair(run->config, value, &error) == RECO_OK
                   ? RECO_CLI_OK
                   : reco_cli_misuse(run->name, "%s", error.message);
    case OPTION_CONFIG:
        return reco_config_read(run->config, value, &error) == RECO_OK
                   ? RECO_CLI_OK
                   : reco_cli_fail_at(run->name, value, &error);
    case OPTION_CUTOFFS:
        return parse_cutoffs(run, value);
    case OPTION_SEED:
        return set_seed(run, value);
    case OPTION_RESAMPLES:
        return parse_resamples(run, value);
    case OPTION_JSON:
        run->json = 1;
        return RECO_CLI_OK;
    default:
        return reco_cli_misuse(run->name, "that option is unknown");
    }
}


static int
parse(run_t *run, int argc, char **argv)
{
    int option, result;

    result = RECO_CLI_OK;
    while (result == RECO_CLI_OK
           && (option = getopt_long(argc, argv, "", options, NULL)) != -1)
    {
        result = parse_option(run, option, optarg);
    }
    if (result != RECO_CLI_OK) {
        return result;
    }

    if (optind < argc) {
        return reco_cli_misuse(
            run->name, "\"%s\" is one argument too many", argv[optind]);
    }
    if (run->files.ntrain == 0 || run->files.ntest == 0
        || run->files.protocol == RECO_PROTOCOL_COUNT)
    {
        return reco_cli_misuse(
            run->name, "--train, --test and --protocol are needed");
    }

    return RECO_CLI_OK;
}


static int
report(
    run_t *run, const reco_experiment_t *experiment, const reco_trial_t *trial)
{
    reco_evaluation_t evaluations[RECO_EVAL_MODELS_MAX];
    reco_error_t error = {0};
    reco_eval_print_t print;
    reco_status_t status;
    unsigned i;
    int result;

    memset(evaluations, 0, sizeof(evaluations));
    status = RECO_OK;
    for (i = 0; status == RECO_OK && i < run->nmodels; i++) {
        status = reco_trial_evaluate(trial, experiment, run->models[i],
            &run->evaluate, &evaluations[i], &error);
    }

    if (status == RECO_OK) {
        print = (reco_eval_print_t){.experiment = experiment,
            .trial = trial,
            .nmodels = run->nmodels,
            .models = run->models,
            .evaluations = evaluations,
            .resamples = run->resamples,
            .seed = (uint64_t) reco_config_integer(run->config, "seed")};
        status =
            (run->json ? reco_eval_print_json : reco_eval_print_text)(&print);
        reco_error_set(&error, status, "out of memory");
    }

    result = RECO_CLI_OK;
    if (status == RECO_INVALID) {
        result = reco_cli_misuse(run->name, "%s", error.message);
    } else if (status != RECO_OK) {
        result = reco_cli_fail(run->name, "%s", error.message);
    }

    for (i = 0; i < run->nmodels; i++) {
        reco_evaluation_done(&evaluations[i]);
    }

    return result;
}


static int
run_experiment(run_t *run)
{
    reco_experiment_t experiment;
    reco_error_t error = {0};
    reco_trial_t trial;
    const char *path;
    int result;

    if (reco_experiment_load(
            &experiment, &run->files, run->config, &path, &error)
        != RECO_OK)
    {
        return reco_cli_fail_at(run->name, path, &error);
    }

    if (reco_experiment_configure(&experiment, run->config, &error) == RECO_OK
        && reco_trial_open(&trial, &experiment, run->config, &error) == RECO_OK)
    {
        result = report(run, &experiment, &trial);
        reco_trial_close(&trial);
    } else {
        result = reco_cli_fail(run->name, "%s", error.message);
    }

    reco_experiment_done(&experiment);

    return result;
}


int
reco_cli_eval(int argc, char **argv)
{
    run_t run = {
        .name = argv[0], .models = {"blend"}, .nmodels = 1, .resamples = 1000};
    int result;

    run.files.train = run.train;
    run.files.test = run.test;
    run.files.protocol = RECO_PROTOCOL_COUNT;
    parse_cutoffs(&run, "5,10,20");

    run.config = reco_config_create();
    if (run.config == NULL) {
        return reco_cli_fail(run.name, "out of memory");
    }

    result = parse(&run, argc, argv);
    if (result == RECO_CLI_OK) {
        result = run_experiment(&run);
    }

    reco_config_destroy(run.config);

    return result;
}
