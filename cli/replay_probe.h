/*
 * How long it takes until what one visitor does changes what another gets: a
 * visitor goes from one item that nobody knows to another; somebody else asks
 * on the page of the first until the second is in the block.
 */

#ifndef RECO_CLI_REPLAY_PROBE_H
#define RECO_CLI_REPLAY_PROBE_H

#include "replay_door.h"


#define RECO_REPLAY_PROBES_OPEN 16

typedef struct {
    int64_t sent; /* monotonic ns; 0: the place is free */
    int64_t asked;
    unsigned number;
} reco_replay_probe_t;

typedef struct {
    reco_replay_probe_t open[RECO_REPLAY_PROBES_OPEN];
    uint64_t run; /* makes the items new */
    double *lags; /* seconds; of all that came */
    size_t nlags;
    size_t size;
    unsigned sent;
    unsigned lost; /* nothing came within a minute */
} reco_replay_probes_t;

/* RECO_FULL: as many as can be are under way. */
reco_status_t reco_replay_probe_send(reco_replay_probes_t *probes,
    reco_replay_door_t *door, reco_error_t *error);

/* Asks for those whose turn it is; returns how many are under way. */
unsigned reco_replay_probe_ask(
    reco_replay_probes_t *probes, reco_replay_door_t *door);

/* The lag that the share of all does not exceed, seconds. */
double reco_replay_probe_quantile(reco_replay_probes_t *probes, double share);

#endif /* RECO_CLI_REPLAY_PROBE_H */
