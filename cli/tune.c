#include "cli.h"
#include "search.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#define FILES_MAX 64
#define BUDGET    600 /* seconds */

enum {
    OPTION_TRAIN = 256,
    OPTION_VALID,
    OPTION_ITEMS,
    OPTION_PROTOCOL,
    OPTION_METRIC,
    OPTION_SET,
    OPTION_CONFIG,
    OPTION_BUDGET,
    OPTION_TRIALS,
    OPTION_SEED,
    OPTION_OUT
};

static const struct option options[] = {
    {"train", required_argument, NULL, OPTION_TRAIN},
    {"valid", required_argument, NULL, OPTION_VALID},
    {"items", required_argument, NULL, OPTION_ITEMS},
    {"protocol", required_argument, NULL, OPTION_PROTOCOL},
    {"metric", required_argument, NULL, OPTION_METRIC},
    {"set", required_argument, NULL, OPTION_SET},
    {"config", required_argument, NULL, OPTION_CONFIG},
    {"budget", required_argument, NULL, OPTION_BUDGET},
    {"trials", required_argument, NULL, OPTION_TRIALS},
    {"seed", required_argument, NULL, OPTION_SEED},
    {"out", required_argument, NULL, OPTION_OUT}, {NULL, 0, NULL, 0}};

typedef struct {
    const char *name; /* of the subcommand */
    const char *train[FILES_MAX];
    const char *valid[FILES_MAX];
    reco_experiment_files_t files;
    reco_search_t search;
    reco_config_t *config;
} run_t;


static int
parse_number(
    run_t *run, const char *option, const char *text, unsigned long *number)
{
    char *end;

    *number = strtoul(text, &end, 10);
    if (end == text || *end != '\0' || *number == 0 || *text == '-') {
        return reco_cli_misuse(
            run->name, "--%s takes a number above 0", option);
    }

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
set_value(run_t *run, reco_str_t key, const char *text)
{
    reco_str_t value = {strlen(text), text};
    reco_error_t error = {0};

    return reco_config_set(run->config, key, value, &error) == RECO_OK
               ? RECO_CLI_OK
               : reco_cli_misuse(run->name, "%s", error.message);
}


static int
parse_option(run_t *run, int option, const char *value)
{
    reco_error_t error = {0};

    switch (option) {
    case OPTION_TRAIN:
        return add_file(run, run->train, &run->files.ntrain, value);
    case OPTION_VALID:
        return add_file(run, run->valid, &run->files.ntest, value);
    case OPTION_ITEMS:
        run->files.items = value;
        return RECO_CLI_OK;
    case OPTION_PROTOCOL:
        run->files.protocol = reco_protocol_find(value);
        return run->files.protocol != RECO_PROTOCOL_COUNT
                   ? RECO_CLI_OK
                   : reco_cli_misuse(run->name,
                       "--protocol takes next, novel, heldout or leave-last");
    case OPTION_METRIC:
        run->search.metric = value;
        return RECO_CLI_OK;
    case OPTION_SET:
        return reco_config_set_pair(run->config, value, &error) == RECO_OK
                   ? RECO_CLI_OK
                   : reco_cli_misuse(run->name, "%s", error.message);
    case OPTION_CONFIG:
        return reco_config_read(run->config, value, &error) == RECO_OK
                   ? RECO_CLI_OK
                   : reco_cli_fail_at(run->name, value, &error);
    case OPTION_BUDGET:
        return parse_number(run, "budget", value, &run->search.budget);
    case OPTION_TRIALS:
        return parse_number(run, "trials", value, &run->search.trials_max);
    case OPTION_SEED:
        return set_value(run, (reco_str_t) reco_string("seed"), value);
    case OPTION_OUT:
        run->search.out = value;
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
        || run->search.out == NULL
        || run->files.protocol == RECO_PROTOCOL_COUNT)
    {
        return reco_cli_misuse(
            run->name, "--train, --valid, --protocol and --out are needed");
    }
    if (run->search.metric == NULL) {
        run->search.metric =
            run->files.protocol == RECO_PROTOCOL_NEXT
                    || run->files.protocol == RECO_PROTOCOL_NOVEL
                ? "MRR@20"
                : "NDCG@20";
    }

    return RECO_CLI_OK;
}


static int
load_and_search(run_t *run)
{
    reco_experiment_t experiment;
    reco_error_t error = {0};
    const char *path;
    int result;

    if (reco_experiment_load(
            &experiment, &run->files, run->config, &path, &error)
        != RECO_OK)
    {
        return reco_cli_fail_at(run->name, path, &error);
    }

    if (reco_experiment_configure(&experiment, run->config, &error) == RECO_OK)
    {
        run->search.name = run->name;
        run->search.protocol = run->files.protocol;
        run->search.config = run->config;
        run->search.experiment = &experiment;
        result = reco_search(&run->search);
    } else {
        result = reco_cli_fail(run->name, "%s", error.message);
    }

    reco_experiment_done(&experiment);

    return result;
}


int
reco_cli_tune(int argc, char **argv)
{
    run_t *run;
    int result;

    run = calloc(1, sizeof(*run));
    if (run != NULL) {
        run->config = reco_config_create();
    }
    if (run == NULL || run->config == NULL) {
        free(run);
        return reco_cli_fail(argv[0], "out of memory");
    }

    run->name = argv[0];
    run->search.budget = BUDGET;
    run->files.train = run->train;
    run->files.test = run->valid;
    run->files.protocol = RECO_PROTOCOL_COUNT;

    result = parse(run, argc, argv);
    if (result == RECO_CLI_OK) {
        result = load_and_search(run);
    }

    reco_config_destroy(run->config);
    free(run);

    return result;
}
