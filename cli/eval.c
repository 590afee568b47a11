#include "cli.h"
#include "eval_print.h"
#include "trial_options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RESAMPLES_MAX 100000
#define NAMES_MAX     256 /* bytes of --model and --compare together */

enum {
    MODEL = RECO_TRIAL_OWN,
    COMPARE,
    CUTOFFS,
    RESAMPLES,
    JSON
};

static const struct option table[] = {RECO_TRIAL_OPTIONS,
    {"test", required_argument, NULL, RECO_TRIAL_JUDGED},
    {"model", required_argument, NULL, MODEL},
    {"compare", required_argument, NULL, COMPARE},
    {"cutoffs", required_argument, NULL, CUTOFFS},
    {"resamples", required_argument, NULL, RESAMPLES},
    {"json", no_argument, NULL, JSON}, {NULL, 0, NULL, 0}};

typedef struct {
    reco_trial_options_t trial;
    char names[NAMES_MAX]; /* what models point to */
    size_t nnames;
    const char *models[RECO_EVAL_MODELS_MAX];
    unsigned nmodels;
    int named; /* --model was there */
    uint64_t resamples;
    int json;
    reco_evaluate_options_t evaluate;
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
            return reco_cli_misuse(run->trial.name,
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
            return reco_cli_misuse(run->trial.name,
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
take_option(void *data, int option, const char *value)
{
    run_t *run = data;

    switch (option) {
    case MODEL:
        return parse_models(run, value, !run->named);
    case COMPARE:
        return parse_models(run, value, 0);
    case CUTOFFS:
        return parse_cutoffs(run, value);
    case RESAMPLES:
        return reco_options_count(run->trial.name, "resamples", value, 0,
            RESAMPLES_MAX, &run->resamples);
    case JSON:
        run->json = 1;
        return RECO_CLI_OK;
    default:
        return reco_trial_option(&run->trial, option, value);
    }
}


static const reco_options_t options = {"", table, take_option, 0};


static int
parse(run_t *run, int argc, char **argv)
{
    int result;

    result = reco_options_read(argc, argv, &options, run);
    if (result != RECO_CLI_OK) {
        return result;
    }

    return reco_trial_options_complete(&run->trial)
               ? RECO_CLI_OK
               : reco_cli_misuse(run->trial.name,
                   "--train, --test and --protocol are needed");
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
            .resamples = (unsigned) run->resamples,
            .seed = (uint64_t) reco_config_integer(run->trial.config, "seed")};
        status =
            (run->json ? reco_eval_print_json : reco_eval_print_text)(&print);
        reco_error_set(&error, status, "out of memory");
    }

    result = RECO_CLI_OK;
    if (status == RECO_INVALID) {
        result = reco_cli_misuse(run->trial.name, "%s", error.message);
    } else if (status != RECO_OK) {
        result = reco_cli_fail(run->trial.name, "%s", error.message);
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
    int result;

    result = reco_trial_options_load(&run->trial, &experiment);
    if (result != RECO_CLI_OK) {
        return result;
    }

    if (reco_trial_open(&trial, &experiment, run->trial.config, &error)
        == RECO_OK) {
        result = report(run, &experiment, &trial);
        reco_trial_close(&trial);
    } else {
        result = reco_cli_fail(run->trial.name, "%s", error.message);
    }

    reco_experiment_done(&experiment);

    return result;
}


int
reco_cli_eval(int argc, char **argv)
{
    run_t run = {.models = {"blend"}, .nmodels = 1, .resamples = 1000};
    int result;

    parse_cutoffs(&run, "5,10,20");

    result = reco_trial_options_init(&run.trial, argv[0]);
    if (result == RECO_CLI_OK) {
        result = parse(&run, argc, argv);
    }
    if (result == RECO_CLI_OK) {
        result = run_experiment(&run);
    }

    reco_trial_options_done(&run.trial);

    return result;
}
