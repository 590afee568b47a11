/*
 * Records of the store, as bytes: little-endian, at any alignment.
 *
 *   event     0 type, 1 source, 4 item, 8 visitor, 12 active ms, 16 time,
 *             24 the visitor's event before this one, 32 session; from 40 on
 *             fields: tag, length (2 bytes), bytes
 *   product   0 first seen, 8 last seen, 16 updated, 24 price, 32 available;
 *             from 40 on fields
 *   visitor   0 number, 4 events, 8 last event, 16 first seen, 24 last seen,
 *             32 day, 36 events of that day
 */

#ifndef RECO_STORE_RECORD_H
#define RECO_STORE_RECORD_H

#include "event/reco_event.h"
#include "reco.h"


#define RECO_STORE_RECORD_MAX  16384
#define RECO_STORE_NO_ITEM     UINT32_MAX
#define RECO_STORE_VISITOR_MAX 64

/* What history and overlay need of an event, without its strings. */
typedef struct {
    uint64_t sequence; /* of the store: order of arrival, from 1 */
    uint64_t previous; /* the same visitor's event before; 0: none */
    uint64_t session;  /* hash of the session that the source named, or 0 */
    int64_t ts;        /* ms since the epoch */
    uint32_t visitor;  /* dense, from 1 */
    uint32_t item;     /* dense, or RECO_STORE_NO_ITEM */
    uint32_t ms;       /* active time */
    uint8_t type;      /* reco_event_type_t */
    uint8_t source;
    reco_str_t fields; /* the rest, encoded; refers to the store's map */
} reco_store_event_t;

/* A line of a purchase, an item of an impression. */
typedef struct {
    uint32_t item;
    double qty;
    double price;
} reco_store_line_t;

/* A catalogue entry.  Strings refer to the store's map. */
typedef struct {
    reco_str_t id;
    reco_event_product_t product;
    reco_str_t currency;
    int64_t first_seen; /* ms since the epoch */
    int64_t last_seen;
    int64_t updated; /* of the metadata; 0: there is none yet */
} reco_store_item_t;

typedef struct {
    uint64_t last; /* the newest event */
    int64_t first_seen;
    int64_t last_seen;
    uint32_t number;
    uint32_t nevents;
    uint32_t day;
    uint32_t day_events;
} reco_store_visitor_t;

#define RECO_STORE_VISITOR_BYTES 40


/*
 * The event with its lines, whose items are numbered already, into
 * RECO_STORE_RECORD_MAX bytes.  RECO_TOO_LARGE.
 */
reco_status_t reco_store_event_encode(const reco_store_event_t *header,
    const reco_event_t *event, const reco_store_line_t *lines, char *out,
    size_t *len);

/* Fills all but header->sequence.  RECO_CORRUPT. */
reco_status_t reco_store_event_decode(
    reco_str_t record, reco_store_event_t *header);

/* Up to RECO_EVENT_ITEMS_MAX lines; returns how many. */
unsigned reco_store_event_lines(
    const reco_store_event_t *header, reco_store_line_t *lines);

/* Memory that a whole event is restored into. */
typedef struct {
    char id[RECO_EVENT_ID_MAX];
    char visitor[RECO_STORE_VISITOR_MAX];
    reco_event_pair_t context[RECO_EVENT_CONTEXT_MAX];
    reco_event_line_t lines[RECO_EVENT_ITEMS_MAX];
} reco_store_scratch_t;

/*
 * The whole event; its strings refer to the record and to scratch.  item,
 * visitor and the lines are left empty: only the store knows the names.
 */
void reco_store_event_restore(const reco_store_event_t *header,
    reco_store_scratch_t *scratch, reco_event_t *event);

/* RECO_TOO_LARGE. */
reco_status_t reco_store_item_encode(
    const reco_store_item_t *item, char *out, size_t *len);
reco_status_t reco_store_item_decode(
    reco_str_t record, reco_store_item_t *item);

void reco_store_visitor_encode(
    const reco_store_visitor_t *visitor, char out[RECO_STORE_VISITOR_BYTES]);
reco_status_t reco_store_visitor_decode(
    reco_str_t record, reco_store_visitor_t *visitor);

#endif /* RECO_STORE_RECORD_H */
