/*
 * History in memory, by column: what every model is trained on and every
 * evaluation runs over, whether it came from the store or from a file.
 */

#ifndef RECO_HISTORY_H
#define RECO_HISTORY_H

#include "reco.h"


/*
 * Sessions in order of their last event; the events of session s are
 * [offsets[s], offsets[s + 1]), oldest first.  Columns are parallel.
 */
typedef struct {
    uint32_t nitems;
    uint32_t nusers;
    uint32_t nsessions;
    uint64_t nevents;
    uint64_t *offsets; /* nsessions + 1 */
    uint32_t *users;   /* of each session: 0 .. nusers - 1 */
    uint32_t *items;   /* of each event: dense, 0 .. nitems - 1 */
    uint32_t *times;   /* seconds since the epoch */
    uint32_t *dwells;  /* ms of active time, 0 unknown */
    uint8_t *types;    /* reco_event_type_t */
    uint64_t sequence; /* newest event of the store that is in; 0: no store */
} reco_history_t;

void reco_history_done(reco_history_t *history);

#endif /* RECO_HISTORY_H */
