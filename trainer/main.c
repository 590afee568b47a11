/*
 * reco-trainer: learns from what visitors do and publishes what it learnt.
 */

#include "batch.h"
#include "daemon.h"
#include "fault.h"
#include "log.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define EXIT_USAGE 2
#define PROCEED    (-1)


typedef struct {
    const char *config;
    int once;
    int force;
    pid_t parent; /* the daemon; 0: started by hand */
} arguments_t;


static void
print_usage(FILE *out)
{
    fprintf(out, "Usage: reco-trainer -c FILE [--once] [--force]\n"
                 "\n"
                 "  -c, --config FILE  trainer.conf\n"
                 "  --once             train from the store, publish and exit\n"
                 "  --force            publish although the gate says no\n");
}


static void
log_batch(const reco_batch_report_t *report)
{
    reco_log(RECO_LOG_NOTICE,
        "version %s %s: %llu events, %u sessions, %u items; %.1f s "
        "(read %.1f, sessions %.1f, factors %.1f, rules %.1f, neighbours %.1f, "
        "content %.1f, blend %.1f, write %.1f, gate %.1f); gate: %s",
        report->id.id, reco_batch_outcome(report),
        (unsigned long long) report->events, report->sessions, report->items,
        report->seconds, report->read, report->train.sessions,
        report->train.factors, report->train.rules, report->train.neighbors,
        report->train.content, report->train.blend, report->train.write,
        report->gate.seconds, reco_gate_name(report->gate.verdict));

    if (report->gate.cases > 0) {
        reco_log(RECO_LOG_NOTICE,
            "gate: MRR@20 of %llu cases since the live version: new %.4f, live "
            "%.4f, difference's 95 %% interval %+.4f to %+.4f",
            (unsigned long long) report->gate.cases, report->gate.candidate,
            report->gate.live, report->gate.low, report->gate.high);
    }
}


static int
run_once(const char *path, int force)
{
    reco_batch_report_t report;
    reco_config_t *config;
    reco_error_t error = {0};
    reco_status_t status;
    reco_store_t *store;

    store = NULL;
    config = reco_config_create();
    status = config != NULL
                 ? reco_config_read(config, path, &error)
                 : reco_error_set(&error, RECO_NOMEM, "out of memory");

    if (status == RECO_OK) {
        status = reco_config_check(config, &error);
    }
    if (status == RECO_OK) {
        status = reco_store_open(reco_config_string(config, "state"),
            RECO_STORE_EXISTING,
            (uint64_t) reco_config_integer(config, "store_size"), &store,
            &error);
    }
    if (status == RECO_OK) {
        status = reco_batch_run(config, store, force, &report, &error);
    }

    if (status == RECO_OK) {
        log_batch(&report);
    } else if (error.line != 0) {
        reco_log(RECO_LOG_ERROR, "%s:%u: %s", path, error.line, error.message);
    } else {
        /* The other run does what this one was to do. */
        reco_log(status == RECO_BUSY ? RECO_LOG_WARN : RECO_LOG_ERROR, "%s",
            error.message);
    }

    reco_store_close(store);
    reco_config_destroy(config);

    return status == RECO_OK ? 0 : 1;
}


static int
run_daemon(const char *program, const char *path)
{
    reco_error_t error = {0};

    if (reco_daemon_run(program, path, &error) == RECO_OK) {
        return 0;
    }

    if (error.line != 0) {
        reco_log(RECO_LOG_ERROR, "%s:%u: %s", path, error.line, error.message);
    } else {
        reco_log(RECO_LOG_ERROR, "%s", error.message);
    }

    return 1;
}


/* Returns PROCEED, or the exit status. */
static int
parse_arguments(int argc, char **argv, arguments_t *arguments)
{
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'},
        {"once", no_argument, NULL, 'o'}, {"force", no_argument, NULL, 'f'},
        {"parent", required_argument, NULL, 'P'},
        {"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};
    int option;

    while ((option = getopt_long(argc, argv, "c:h", options, NULL)) != -1) {
        switch (option) {
        case 'c':
            arguments->config = optarg;
            break;
        case 'o':
            arguments->once = 1;
            break;
        case 'f':
            arguments->force = 1;
            break;
        case 'P':
            arguments->parent = (pid_t) strtol(optarg, NULL, 10);
            break;
        default:
            print_usage(option == 'h' ? stdout : stderr);
            return option == 'h' ? 0 : EXIT_USAGE;
        }
    }

    if (arguments->config == NULL || optind < argc) {
        print_usage(stderr);
        return EXIT_USAGE;
    }

    return PROCEED;
}


int
main(int argc, char **argv)
{
    arguments_t arguments = {.config = NULL};
    int result;

    result = parse_arguments(argc, argv, &arguments);
    if (result != PROCEED) {
        return result;
    }

    reco_fault_install("reco-trainer");

    /* Versions are for the workers, who are another user, to read. */
    umask(022);

    /* What the daemon started ends with it, though it ended before this. */
    if (arguments.parent != 0) {
        prctl(PR_SET_PDEATHSIG, SIGTERM);
        if (getppid() != arguments.parent) {
            return 1;
        }
    }

    return arguments.once ? run_once(arguments.config, arguments.force)
                          : run_daemon("/proc/self/exe", arguments.config);
}
