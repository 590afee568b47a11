#include "batch.h"
#include "cli.h"
#include "place.h"

#include <cjson/cJSON.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>


typedef struct {
    const char *name;
    reco_config_t *config;
    int force;
    int json;
} run_t;

static const struct option table[] = {RECO_PLACE_OPTIONS,
    {"force", no_argument, NULL, 'f'}, {"json", no_argument, NULL, 'j'},
    {NULL, 0, NULL, 0}};


/* The most memory that the process had, in bytes, mapped files with it. */
static double
peak_memory(void)
{
    struct rusage usage;

    return getrusage(RUSAGE_SELF, &usage) == 0
               ? 1024.0 * (double) usage.ru_maxrss
               : 0;
}


static void
print_report(const reco_batch_report_t *report)
{
    const reco_train_report_t *train = &report->train;
    const reco_gate_t *gate = &report->gate;

    printf("version %s %s\n", report->id.id, reco_batch_outcome(report));
    printf("learnt from %llu events in %u sessions, %u items; %llu events were "
           "too old and removed\n",
        (unsigned long long) report->events, report->sessions, report->items,
        (unsigned long long) report->expired);
    printf("seconds: %.1f; read %.1f, sessions %.1f, factors %.1f, rules %.1f, "
           "neighbours %.1f, content %.1f, blend %.1f, write %.1f, gate %.1f; "
           "memory: %.0f MiB at most\n",
        report->seconds, report->read, train->sessions, train->factors,
        train->rules, train->neighbors, train->content, train->blend,
        train->write, gate->seconds, peak_memory() / 1048576);
    printf("gate: %s\n", reco_gate_name(gate->verdict));

    if (gate->verdict == RECO_GATE_PASSED || gate->verdict == RECO_GATE_FAILED)
    {
        printf("  MRR@20 of %llu cases in %u sessions since the live version: "
               "new %.4f, live %.4f (difference %+.4f to %+.4f at 95 %%)\n",
            (unsigned long long) gate->cases, gate->sessions, gate->candidate,
            gate->live, gate->low, gate->high);
    }
}


static int
add_seconds(cJSON *root, const reco_batch_report_t *report)
{
    const reco_train_report_t *train = &report->train;
    cJSON *seconds;

    seconds = cJSON_AddObjectToObject(root, "seconds");

    return seconds != NULL
           && cJSON_AddNumberToObject(seconds, "total", report->seconds)
           && cJSON_AddNumberToObject(seconds, "read", report->read)
           && cJSON_AddNumberToObject(seconds, "sessions", train->sessions)
           && cJSON_AddNumberToObject(seconds, "factors", train->factors)
           && cJSON_AddNumberToObject(seconds, "rules", train->rules)
           && cJSON_AddNumberToObject(seconds, "neighbors", train->neighbors)
           && cJSON_AddNumberToObject(seconds, "content", train->content)
           && cJSON_AddNumberToObject(seconds, "blend", train->blend)
           && cJSON_AddNumberToObject(seconds, "write", train->write)
           && cJSON_AddNumberToObject(seconds, "gate", report->gate.seconds);
}


static int
add_gate(cJSON *root, const reco_gate_t *gate)
{
    cJSON *object;

    object = cJSON_AddObjectToObject(root, "gate");

    return object != NULL
           && cJSON_AddStringToObject(
               object, "verdict", reco_gate_name(gate->verdict))
           && cJSON_AddNumberToObject(object, "cases", (double) gate->cases)
           && cJSON_AddNumberToObject(object, "sessions", gate->sessions)
           && cJSON_AddNumberToObject(object, "candidate", gate->candidate)
           && cJSON_AddNumberToObject(object, "live", gate->live)
           && cJSON_AddNumberToObject(object, "low", gate->low)
           && cJSON_AddNumberToObject(object, "high", gate->high);
}


static int
print_json(const char *name, const reco_batch_report_t *report)
{
    cJSON *root;
    char *text;

    root = cJSON_CreateObject();
    text = NULL;

    if (root != NULL && cJSON_AddStringToObject(root, "version", report->id.id)
        && cJSON_AddBoolToObject(root, "live", report->live)
        && cJSON_AddNumberToObject(root, "events", (double) report->events)
        && cJSON_AddNumberToObject(root, "sessions", report->sessions)
        && cJSON_AddNumberToObject(root, "items", report->items)
        && cJSON_AddNumberToObject(root, "expired", (double) report->expired)
        && cJSON_AddNumberToObject(root, "peak_memory", peak_memory())
        && add_seconds(root, report) && add_gate(root, &report->gate))
    {
        text = cJSON_PrintUnformatted(root);
    }

    cJSON_Delete(root);

    if (text == NULL) {
        return reco_cli_fail(name, "out of memory");
    }

    reco_cli_print_json(text);
    free(text);

    return RECO_CLI_OK;
}


static int
train(const run_t *run)
{
    reco_batch_report_t report;
    reco_error_t error = {0};
    reco_status_t status;
    reco_store_t *store;
    int result;

    result =
        reco_place_open(run->name, run->config, RECO_STORE_EXISTING, &store);
    if (result != RECO_CLI_OK) {
        return result;
    }

    status = reco_batch_run(run->config, store, run->force, &report, &error);
    reco_store_close(store);

    if (status != RECO_OK) {
        return reco_cli_fail(run->name, "%s", error.message);
    }

    if (run->json) {
        return print_json(run->name, &report);
    }

    print_report(&report);

    return RECO_CLI_OK;
}


static int
take_option(void *data, int option, const char *value)
{
    run_t *run = data;

    switch (option) {
    case 'f':
        run->force = 1;
        return RECO_CLI_OK;
    case 'j':
        run->json = 1;
        return RECO_CLI_OK;
    default:
        return reco_place_option(run->name, option, value, run->config);
    }
}


static const reco_options_t options = {
    RECO_OPTIONS_LETTERS, table, take_option, 0};


int
reco_cli_train(int argc, char **argv)
{
    run_t run = {.name = argv[0]};
    int result;

    result = reco_place_read(argc, argv, &options, &run, &run.config);
    if (result == RECO_CLI_OK) {
        result = train(&run);
    }

    reco_config_destroy(run.config);

    return result;
}
