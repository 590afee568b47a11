/*
 * The parts of an open outbox, for the two files that share them:
 * outbox_file.c makes, locks and maps; outbox_ring.c keeps the records.
 */

#ifndef OUTBOX_RING_H
#define OUTBOX_RING_H

#include "outbox/reco_outbox.h"


#define RECO_OUTBOX_MAGIC   "RECOOBX1"
#define RECO_OUTBOX_VERSION 1

/* Of a header; and what a ring is a multiple of: a page, on any machine. */
#define RECO_OUTBOX_PAGE 65536

/* What the ring's arithmetic and the file system surely hold. */
#define RECO_OUTBOX_CAPACITY_MAX (UINT64_C(1) << 40)

typedef struct {
    char magic[8];
    uint32_t version;
    uint32_t crc; /* of capacity and salt */
    uint64_t capacity;
    uint64_t salt;
    uint64_t unused1[4];
    uint64_t head; /* a cache line of its own: readers poll it */
    uint64_t unused2[7];
    uint64_t tail;
} reco_outbox_header_t;

_Static_assert(offsetof(reco_outbox_header_t, head) == 64, "layout");
_Static_assert(offsetof(reco_outbox_header_t, tail) == 128, "layout");

typedef struct {
    uint32_t crc;
    uint32_t length;
    uint64_t position;
} reco_outbox_record_t;

_Static_assert(sizeof(reco_outbox_record_t) == 16, "layout");

struct reco_outbox_s {
    reco_outbox_header_t *header; /* the mapping starts here */
    char *ring;                   /* capacity bytes, and the same again */
    uint64_t capacity;
    uint64_t head; /* what the mapping holds, but nobody else's to change */
    uint64_t tail;
    uint64_t records;
    uint64_t torn;
    uint64_t appended;
    uint64_t dropped;
    uint64_t salt;
    uint64_t patience; /* bytes that may yet fail their checksum */
    int fd;
    int writable;
    char path[];
};

/* Bytes that are mapped for a ring of this capacity. */
size_t reco_outbox_mapped(uint64_t capacity);

/*
 * Takes head and tail from the header and finds the records between and
 * behind them.  RECO_CORRUPT: head and tail make no sense.
 */
reco_status_t reco_outbox_recover(reco_outbox_t *outbox, reco_error_t *error);

#endif /* OUTBOX_RING_H */
