/*
 * What is replayed: the events of a store, in the order of their times.
 */

#ifndef RECO_CLI_REPLAY_HISTORY_H
#define RECO_CLI_REPLAY_HISTORY_H

#include "reco.h"
#include "store.h"


typedef struct {
    int64_t ts;
    uint64_t sequence; /* in the store */
    uint32_t visit;    /* a visitor's session, dense */
} reco_replay_event_t;

typedef struct {
    reco_replay_event_t *events;
    size_t nevents;
    uint32_t nvisits;
} reco_replay_history_t;

/*
 * The events of the store that are about an item.  A visit ends with the session that the source named, or with a pause of
 * gap ms.  RECO_NOMEM.
 */
reco_status_t reco_replay_history_read(reco_replay_history_t *history,
    reco_store_t *store, int64_t gap, reco_error_t *error);
void reco_replay_history_done(reco_replay_history_t *history);

#endif /* RECO_CLI_REPLAY_HISTORY_H */
