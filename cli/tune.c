#include "cli.h"
#include "search.h"
#include "trial_options.h"

#include <stdlib.h>
#include <string.h>

#define BUDGET 600 /* seconds */

enum {
    METRIC = RECO_TRIAL_OWN,
    BUDGET_SECONDS,
    TRIALS,
    OUT
};

static const struct option table[] = {RECO_TRIAL_OPTIONS,
    {"valid", required_argument, NULL, RECO_TRIAL_JUDGED},
    {"metric", required_argument, NULL, METRIC},
    {"budget", required_argument, NULL, BUDGET_SECONDS},
    {"trials", required_argument, NULL, TRIALS},
    {"out", required_argument, NULL, OUT}, {NULL, 0, NULL, 0}};

typedef struct {
    reco_trial_options_t trial;
    reco_search_t search;
} run_t;


static int
take_option(void *data, int option, const char *value)
{
    run_t *run = data;

    switch (option) {
    case METRIC:
        run->search.metric = value;
        return RECO_CLI_OK;
    case BUDGET_SECONDS:
        return reco_options_count(run->trial.name, "budget", value, 1,
            UINT32_MAX, &run->search.budget);
    case TRIALS:
        return reco_options_count(run->trial.name, "trials", value, 1,
            UINT32_MAX, &run->search.trials_max);
    case OUT:
        run->search.out = value;
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

    if (!reco_trial_options_complete(&run->trial) || run->search.out == NULL) {
        return reco_cli_misuse(run->trial.name,
            "--train, --valid, --protocol and --out are needed");
    }
    if (run->search.metric == NULL) {
        run->search.metric = "NDCG@20";
    }

    return RECO_CLI_OK;
}


static int
load_and_search(run_t *run)
{
    reco_experiment_t experiment;
    int result;

    result = reco_trial_options_load(&run->trial, &experiment);
    if (result != RECO_CLI_OK) {
        return result;
    }

    run->search.name = run->trial.name;
    run->search.protocol = run->trial.files.protocol;
    run->search.config = run->trial.config;
    run->search.experiment = &experiment;
    result = reco_search(&run->search);

    reco_experiment_done(&experiment);

    return result;
}


int
reco_cli_tune(int argc, char **argv)
{
    run_t *run;
    int result;

    run = calloc(1, sizeof(*run));
    if (run == NULL) {
        return reco_cli_fail(argv[0], "out of memory");
    }

    run->search.budget = BUDGET;
    result = reco_trial_options_init(&run->trial, argv[0]);
    if (result == RECO_CLI_OK) {
        result = parse(run, argc, argv);
    }
    if (result == RECO_CLI_OK) {
        result = load_and_search(run);
    }

    reco_trial_options_done(&run->trial);
    free(run);

    return result;
}
