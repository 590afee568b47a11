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

/* One event before it found its place. */
typedef struct {
    uint32_t group; /* what it is a session of; see reco_history_build() */
    uint32_t user;
    uint32_t item;
    uint32_t time;
    uint32_t dwell;
    uint16_t fraction; /* of a second, in 1/65536; for the order alone */
    uint8_t type;
} reco_history_row_t;

/*
 * Sorts rows into history: each group's by time, rows of one time in the
 * order given.  gap > 0 cuts a group (then: a user) where gap seconds or more
 * pass between two events; 0 makes each group one session.  Groups are
 * numbered from 0 below ngroups; nitems and nusers bound the numbers in rows.
 * Less than 2^32 rows.  RECO_INVALID (a number is out of bounds), RECO_NOMEM;
 * history is then empty.
 */
reco_status_t reco_history_build(reco_history_t *history,
    const reco_history_row_t *rows, uint64_t nrows, uint32_t ngroups,
    uint32_t nitems, uint32_t nusers, uint32_t gap, reco_error_t *error);

/* An event of session s as a row again; its group is the session. */
void reco_history_row(const reco_history_t *history, uint32_t s, uint64_t event,
    reco_history_row_t *row);

/*
 * The sessions [begin, end) of history as one of their own, in the same
 * memory: valid as long as history is, not to be done.
 */
void reco_history_slice(const reco_history_t *history, uint32_t begin,
    uint32_t end, reco_history_t *slice);

void reco_history_done(reco_history_t *history);

#endif /* RECO_HISTORY_H */
