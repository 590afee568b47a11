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

static const struct option table[] = {RECO_PLACE_OPTIONS,
    {"out", required_argument, NULL, 'o'},
    {"from", required_argument, NULL, 'f'},
    {"share", required_argument, NULL, 'h'},
    {"limit", required_argument, NULL, 'n'},
    {"candidates", required_argument, NULL, 'k'},
    {"repeat", no_argument, NULL, 'r'}, {NULL, 0, NULL, 0}};


static int
take_option(void *data, int option, const char *value)
{
    run_t *run = data;
    uint64_t count;
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
        return reco_options_count(
            run->name, "limit", value, 1, UINT32_MAX, &run->options.limit);
    case 'k':
        result = reco_options_count(run->name, "candidates", value, 1,
            RECO_EXAMPLES_CANDIDATES, &count);
        run->options.candidates = (unsigned) count;
        return result;
    case 'r':
        run->options.repeat = 1;
        return RECO_CLI_OK;
    default:
        return reco_place_option(run->name, option, value, run->config);
    }
}


static const reco_options_t options = {
    RECO_OPTIONS_LETTERS, table, take_option, 0};


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

    result = reco_place_read(argc, argv, &options, &run, &run.config);
    if (result == RECO_CLI_OK) {
        result = export(&run);
    }

    reco_config_destroy(run.config);

    return result;
}
