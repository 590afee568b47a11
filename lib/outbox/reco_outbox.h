/*
 * The outbox: a ring in a mapped file.  An appended record survives the death
 * of any process; what a power cut may cost depends on when the caller syncs.
 * One process writes and reads a file at a time, held by a lock on it.
 */

#ifndef RECO_OUTBOX_H
#define RECO_OUTBOX_H

#include "reco.h"


typedef struct reco_outbox_s reco_outbox_t;

typedef struct {
    uint64_t records;  /* waiting: appended and not yet acknowledged */
    uint64_t bytes;    /* of the ring in use */
    uint64_t capacity; /* of the ring */
    uint64_t torn;     /* records skipped on recovery */
    uint64_t appended; /* since open */
    uint64_t dropped;  /* oldest records given up to make room, since open */
} reco_outbox_stats_t;

/*
 * Opens or creates path with a ring of size bytes (rounded up to pages; an
 * existing file keeps its own size), locks it and recovers: torn records are
 * skipped and counted.  RECO_BUSY: another process has it.  RECO_IO,
 * RECO_CORRUPT (not an outbox), RECO_UNSUPPORTED (newer version), RECO_NOMEM.
 */
reco_status_t reco_outbox_open(const char *path, uint64_t size,
    reco_outbox_t **outbox, reco_error_t *error);

/* Unlocks and unmaps; waiting records stay in the file.  NULL is fine. */
void reco_outbox_close(reco_outbox_t *outbox);

/*
 * Appends a record; once RECO_OK is returned it survives kill -9.
 * RECO_FULL: no room; RECO_TOO_LARGE: could never fit.
 */
reco_status_t reco_outbox_append(reco_outbox_t *outbox, reco_str_t record);

/* Gives up the oldest waiting record, counting it.  RECO_DECLINED: none. */
reco_status_t reco_outbox_drop_oldest(reco_outbox_t *outbox);

/*
 * Reads on from a cursor: *cursor = 0 starts at the oldest waiting record and
 * is advanced past the one returned.  record refers to the mapping and is
 * valid until it is acknowledged.  RECO_DECLINED: no more.
 */
reco_status_t reco_outbox_next(
    reco_outbox_t *outbox, uint64_t *cursor, reco_str_t *record);

/* Everything before cursor was delivered and its room may be used again. */
void reco_outbox_acknowledge(reco_outbox_t *outbox, uint64_t cursor);

/* Brings the file to the disk; blocking: sync(2) semantics as told by async. */
reco_status_t reco_outbox_sync(reco_outbox_t *outbox, int async);

void reco_outbox_stats(const reco_outbox_t *outbox, reco_outbox_stats_t *stats);

#endif /* RECO_OUTBOX_H */
