/*
 * The outbox: a ring in a mapped file.  An appended record survives the death
 * of any process; what a power cut may cost depends on when the caller syncs.
 * One process writes and reads a file at a time, held by a lock on it.
 *
 * The file, all numbers little-endian:
 *
 *     0        65536                                      65536 + capacity
 *     +--------+------------------------------------------+
 *     | header | ring: capacity bytes, a multiple of 64 K |
 *     +--------+------------------------------------------+
 *
 *     header  0  magic "RECOOBX1"     written once, in this order backwards:
 *             8  u32 version, u32 crc the magic makes the file an outbox
 *            16  u64 capacity
 *            24  u64 salt             random; seeds every checksum
 *            64  u64 head             oldest record that waits
 *           128  u64 tail             where the next record goes
 *
 *     record  0  u32 crc              CRC-32C of salt, length .. payload
 *             4  u32 length           of the payload
 *             8  u64 position         its own
 *            16  payload, then up to 7 bytes that mean nothing
 *
 * A position counts bytes since the file was made, from capacity on, and never
 * wraps; its place in the ring is position mod capacity.  Records start at multiples of 8.  The
 * ring is mapped twice in a row, so that a record that runs over the end of
 * the ring is contiguous in memory.
 *
 * Append, in program order: payload, position, length; then crc; then tail.
 *
 *   - A process killed before crc leaves bytes that no checksum fits: nothing
 *     was acknowledged, nothing is there.
 *   - Killed between crc and tail it leaves a complete record at tail, which
 *     recovery takes in.
 *   - After tail the record is acknowledged to the visitor and will be found.
 *
 * Stores of one thread reach the page cache in program order as far as any
 * later process can tell, because the kernel stops a thread between two
 * instructions and its lock is released after that; so compiler barriers are
 * enough for a kill, and release stores serve those who look at a live file.
 * Acknowledging is one store to head.  A power cut writes pages in any order:
 * position, salt and crc tell a record of this lap from the remains of another
 * one or of a torn page.  The salt keeps a visitor from writing a record into
 * the payload of another that recovery might come upon.
 */

#ifndef RECO_OUTBOX_H
#define RECO_OUTBOX_H

#include "reco.h"


typedef struct reco_outbox_s reco_outbox_t;

typedef struct {
    uint64_t records;  /* waiting: appended and not yet acknowledged */
    uint64_t bytes;    /* of the ring in use */
    uint64_t capacity; /* of the ring */
    uint64_t torn;     /* damaged stretches skipped, since open */
    uint64_t appended; /* since open */
    uint64_t dropped;  /* oldest records given up to make room, since open */
} reco_outbox_stats_t;

/*
 * Opens or creates path with a ring of size bytes (rounded up to 64 KiB; an
 * existing file keeps its own size), locks it and recovers: torn records are
 * skipped and counted.  The room is reserved on the disk, so that a full disk
 * fails here and never at an append.  A symbolic link is not followed.
 * size = 0 opens an existing file only.  RECO_DECLINED: there is none, or one
 * that was never finished, which is deleted; RECO_BUSY: another process has
 * it; RECO_IO (errno); RECO_CORRUPT: not an outbox, or its header is damaged;
 * RECO_UNSUPPORTED: newer version; RECO_TOO_LARGE: size; RECO_NOMEM.
 */
reco_status_t reco_outbox_open(const char *path, uint64_t size,
    reco_outbox_t **outbox, reco_error_t *error);

/*
 * Opens an existing file to look at it, without a lock and without changing
 * it; a writer may be at work on it, and records may then seem torn.  Append,
 * drop and acknowledge are not for such a handle: RECO_INVALID, or no effect.
 */
reco_status_t reco_outbox_view(
    const char *path, reco_outbox_t **outbox, reco_error_t *error);

/* Unlocks and unmaps; waiting records stay in the file.  NULL is fine. */
void reco_outbox_close(reco_outbox_t *outbox);

/*
 * Deletes the file and closes: for one that was adopted and emptied.
 * RECO_BUSY: records wait, nothing is done; RECO_IO: closed but not deleted.
 */
reco_status_t reco_outbox_remove(reco_outbox_t *outbox);

/*
 * Appends a record; once RECO_OK is returned it survives kill -9.
 * RECO_FULL: no room; RECO_TOO_LARGE: could never fit.
 */
reco_status_t reco_outbox_append(reco_outbox_t *outbox, reco_str_t record);

/* Gives up the oldest waiting record, counting it.  RECO_DECLINED: none. */
reco_status_t reco_outbox_drop_oldest(reco_outbox_t *outbox);

/*
 * Reads on from a cursor: *cursor = 0 starts at the oldest waiting record and
 * is advanced past the one returned; what was dropped meanwhile is passed
 * over.  record refers to the mapping and is valid until it is acknowledged
 * or dropped.  RECO_DECLINED: no more.
 */
reco_status_t reco_outbox_next(
    reco_outbox_t *outbox, uint64_t *cursor, reco_str_t *record);

/*
 * Everything before cursor, which reco_outbox_next() set, was delivered: its
 * room may be used again.  A cursor in what was dropped has no effect.
 */
void reco_outbox_acknowledge(reco_outbox_t *outbox, uint64_t cursor);

/*
 * Brings what waits to the disk.  async: asks the kernel to begin and does not
 * wait for the disk; else returns when it is there.  RECO_IO.
 */
reco_status_t reco_outbox_sync(reco_outbox_t *outbox, int async);

void reco_outbox_stats(const reco_outbox_t *outbox, reco_outbox_stats_t *stats);

#endif /* RECO_OUTBOX_H */
