/*
 * Batch runs in a process of their own: the ingest goes on meanwhile, and
 * what a run needs of memory is given back when it ends.
 */

#ifndef RECO_RUNNER_H
#define RECO_RUNNER_H

#include "reco.h"

#include <sys/types.h>


typedef struct {
    const char *program;
    const char *path; /* of the configuration */
    pid_t pid;        /* 0: none is running */
    int failures;     /* in a row */
    int64_t ended;    /* monotonic ns; 0: none ever */
} reco_runner_t;

/* What there is to learn, and what was learnt. */
typedef struct {
    int followed;        /* the live version was taken over; then: */
    double age;          /* s, since it was made */
    uint64_t learnt;     /* the newest event that it knows of */
    uint64_t newest;     /* event of the store */
    uint64_t events;     /* of the store */
    uint64_t min_events; /* that a first run is worth */
    double interval;     /* s, between two runs */
} reco_runner_state_t;

/*
 * Whether it is time for a run.  Where no version is followed, a run that
 * failed is tried again after a minute, then two, four, up to the interval;
 * one that succeeded is not: what is live may be pinned, and damaged.
 */
int reco_runner_due(
    const reco_runner_t *runner, const reco_runner_state_t *state);

/* RECO_BUSY: one is running; RECO_IO: it cannot be started. */
reco_status_t reco_runner_start(
    reco_runner_t *runner, int force, reco_error_t *error);

/* Looks whether the run has ended; 1 when it just has. */
int reco_runner_poll(reco_runner_t *runner);

/* Ends the run, which leaves nothing half done behind. */
void reco_runner_stop(reco_runner_t *runner);

#endif /* RECO_RUNNER_H */
