#include "batch.h"
#include "cli.h"
#include "place.h"

#include <stdio.h>


static const struct option options[] = {
    RECO_PLACE_OPTIONS, {"force", no_argument, NULL, 'f'}, {NULL, 0, NULL, 0}};


static void
print_report(const reco_batch_report_t *report)
{
    const reco_gate_t *gate = &report->gate;

    printf("version %s %s\n", report->id.id,
        report->live ? "is live" : "is kept, but not published");
    printf("learnt from %llu events in %u sessions, %u items; %llu events were "
           "too old and removed\n",
        (unsigned long long) report->events, report->sessions, report->items,
        (unsigned long long) report->expired);
    printf("seconds: %.1f; sessions %.1f, factors %.1f, neighbours %.1f, "
           "blend %.1f, write %.1f, gate %.1f\n",
        report->seconds, report->train.sessions, report->train.factors,
        report->train.neighbors, report->train.blend, report->train.write,
        gate->seconds);
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
train(const char *name, const reco_config_t *config, int force)
{
    reco_batch_report_t report;
    reco_error_t error = {0};
    reco_status_t status;
    reco_store_t *store;
    int result;

    result = reco_place_open(name, config, RECO_STORE_EXISTING, &store);
    if (result != RECO_CLI_OK) {
        return result;
    }

    status = reco_batch_run(config, store, force, &report, &error);
    reco_store_close(store);

    if (status != RECO_OK) {
        return reco_cli_fail(name, "%s", error.message);
    }

    print_report(&report);

    return RECO_CLI_OK;
}


int
reco_cli_train(int argc, char **argv)
{
    reco_config_t *config;
    int option, force, result;

    force = 0;
    config = reco_place_create(argc, argv);
    result = config != NULL ? RECO_CLI_OK : RECO_CLI_FAILED;

    while (result == RECO_CLI_OK
           && (option = getopt_long(argc, argv, "c:s:", options, NULL)) != -1)
    {
        if (option == 'f') {
            force = 1;
        } else {
            result = reco_place_option(argv[0], option, optarg, config);
        }
    }

    if (result == RECO_CLI_OK && optind < argc) {
        result = reco_cli_misuse(
            argv[0], "\"%s\" is one argument too many", argv[optind]);
    }
    if (result == RECO_CLI_OK) {
        result = train(argv[0], config, force);
    }

    reco_config_destroy(config);

    return result;
}
