#include "cli.h"
#include "examples.h"
#include "place.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>


typedef struct {
    const char *name;
    reco_config_t *config;
    const char *out;
    reco_examples_options_t options;
} run_t;

static const struct option options[] = {RECO_PLACE_OPTIONS,
    {"out", required_argument, NULL, 'o'},
    {"from", required_argument, NULL, 'f'},
    {"share", required_argument, NULL, 'h'},
    {"limit", required_argument, NULL, 'n'},
    {"candidates", required_argument, NULL, 'k'},
    {"repeat", no_argument, NULL, 'r'}, {NULL, 0, NULL, 0}};


static int
take_count(const char *name, const char *option, const char *text,
    unsigned long most, unsigned long *count)
{
    char *end;

    errno = 0;
    *count = strtoul(text, &end, 10);

    return *end == '\0' && errno == 0 && *text != '-' && *count > 0
                   && *count <= most
               ? RECO_CLI_OK
               : reco_cli_misuse(name, "--%s is from 1 to %lu", option, most);
}


static int
take_option(run_t *run, int option, const char *value)
{
    unsigned long count;
    char *end;
    int result;

    switch (option) {
    case 'o':
        run->out = value;
        return RECO_CLI_OK;
    case 'f':
        run->options.kind = strcmp(value, "shown") == 0 ? RECO_EXAMPLES_SHOWN
                                                        : RECO_EXAMPLES_REPLAY;
        return strcmp(value, "shown") == 0 || strcmp(value, "replay") == 0
                   ? RECO_CLI_OK
                   : reco_cli_misuse(run->name, "--from is shown or replay");
    case 'h':
        run->options.share = strtod(value, &end);
        return *end == '\0' && run->options.share > 0 && run->options.share < 1
                   ? RECO_CLI_OK
                   : reco_cli_misuse(run->name, "--share is between 0 and 1");
    case 'n':
        result = take_count(run->name, "limit", value, UINT32_MAX, &count);
        run->options.limit = count;
        return result;
    case 'k':
        result = take_count(
            run->name, "candidates", value, RECO_EXAMPLES_CANDIDATES, &count);
        run->options.candidates = (unsigned) count;
        return result;
    case 'r':
        run->options.repeat = 1;
        return RECO_CLI_OK;
    default:
        return reco_place_option(run->name, option, value, run->config);
    }
}


static int
take_options(run_t *run, int argc, char **argv)
{
    int option, result;

    result = RECO_CLI_OK;

    while (result == RECO_CLI_OK
           && (option = getopt_long(argc, argv, "c:s:", options, NULL)) != -1)
    {
        result = take_option(run, option, optarg);
    }

    return result == RECO_CLI_OK && optind < argc ? reco_cli_misuse(
               run->name, "\"%s\" is one argument too many", argv[optind])
                                                  : result;
}


/* On standard error: standard output may hold the examples. */
static void
print_report(const reco_examples_report_t *report)
{
    fprintf(stderr,
        "%llu requests from %s: %llu examples, %llu of them taken; "
        "%llu were no candidates\n",
        (unsigned long long) report->requests,
        report->kind == RECO_EXAMPLES_SHOWN ? "blocks that were shown"
                                            : "a replay of sessions",
        (unsigned long long) report->examples,
        (unsigned long long) report->positive,
        (unsigned long long) report->lost);
}


static int export(const run_t *run)
{
    reco_examples_report_t report;
    reco_error_t error = {0};
    reco_status_t status;
    reco_store_t *store;
    FILE *out;
    int result;

    result =
        reco_place_open(run->name, run->config, RECO_STORE_EXISTING, &store);
    if (result != RECO_CLI_OK) {
        return result;
    }

    out = run->out != NULL ? fopen(run->out, "w") : stdout;
    if (out == NULL) {
        reco_store_close(store);
        return reco_cli_fail(
            run->name, "cannot create \"%s\": %s", run->out, strerror(errno));
    }

    status = reco_examples_write(
        store, run->config, &run->options, out, &report, &error);
    if (out != stdout && fclose(out) != 0 && status == RECO_OK) {
        status = reco_error_set(&error, RECO_IO, "cannot write \"%s\": %s",
            run->out, strerror(errno));
    }
    reco_store_close(store);

    if (status != RECO_OK) {
        return reco_cli_fail(run->name, "%s", error.message);
    }

    print_report(&report);

    return RECO_CLI_OK;
}


int
reco_cli_export_examples(int argc, char **argv)
{
    run_t run = {.name = argv[0],
        .options = {.kind = RECO_EXAMPLES_EITHER,
            .share = 0.1,
            .limit = 10000,
            .candidates = 50}};
    int result;

    run.config = reco_place_create(argc, argv);
    result =
        run.config != NULL ? take_options(&run, argc, argv) : RECO_CLI_FAILED;
    if (result == RECO_CLI_OK) {
        result = export(&run);
    }

    reco_config_destroy(run.config);

    return result;
}
