/*
 * The search of recoctl tune: trial after trial, each kept in a file, the best
 * as a configuration.
 */

#ifndef RECO_SEARCH_H
#define RECO_SEARCH_H

#include "experiment.h"
#include "tune.h"

#include <limits.h>
#include <stdio.h>


typedef struct {
    const char *name; /* of the subcommand */
    const char *metric;
    const char *out;
    uint64_t budget;     /* seconds */
    uint64_t trials_max; /* 0: as many as the budget allows */
    reco_protocol_t protocol;
    reco_config_t *config; /* to start from */
    const reco_experiment_t *experiment;

    /* The search's own; all zero at first. */
    char trials[PATH_MAX];
    int place; /* of the metric */
    reco_tune_t tune;
    reco_evaluation_t before; /* what is configured */
    reco_evaluation_t best;
    FILE *log; /* the trials' file */
} reco_search_t;

/* Searches until budget or trials end; an exit status. */
int reco_search(reco_search_t *search);

#endif /* RECO_SEARCH_H */
