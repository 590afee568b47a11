/*
 * The event: from a visitor's JSON or query string to a validated value, to
 * the fields of a Redis stream entry, and back.  docs/events.md is its
 * reference.
 */

#ifndef RECO_EVENT_H
#define RECO_EVENT_H

#include "reco.h"


#define RECO_EVENT_BATCH_MAX   64
#define RECO_EVENT_BODY_MAX    65536
#define RECO_EVENT_ID_MAX      36
#define RECO_EVENT_ITEM_MAX    128
#define RECO_EVENT_ITEMS_MAX   50
#define RECO_EVENT_CONTEXT_MAX 8


typedef enum {
    RECO_EVENT_VIEW,
    RECO_EVENT_CLICK,
    RECO_EVENT_HOVER,
    RECO_EVENT_SCROLL,
    RECO_EVENT_DWELL,
    RECO_EVENT_IMPRESSION,
    RECO_EVENT_CART,
    RECO_EVENT_PURCHASE,
    RECO_EVENT_RATING,
    RECO_EVENT_ITEM, /* catalogue metadata, not a visitor's act */
    RECO_EVENT_SEARCH,
    RECO_EVENT_CUSTOM,
    RECO_EVENT_TYPE_COUNT
} reco_event_type_t;

/* "view", "click", ...; and back, RECO_EVENT_TYPE_COUNT if unknown. */
const char *reco_event_type_name(reco_event_type_t type);
reco_event_type_t reco_event_type(reco_str_t name);


/* A line of a purchase, an item of an impression. */
typedef struct {
    reco_str_t item;
    double qty;
    double price;
} reco_event_line_t;

typedef struct {
    reco_str_t key;
    reco_str_t value;
} reco_event_pair_t;

/* A catalogue entry; empty strings absent, price < 0 absent. */
typedef struct {
    reco_str_t title;
    reco_str_t url;
    reco_str_t image;
    reco_str_t category;
    reco_str_t brand;
    double price;
    int available; /* 1, 0, or -1 for unknown */
} reco_event_product_t;

/* One validated event.  Strings live in the arena it was parsed into. */
typedef struct {
    reco_event_type_t type;
    reco_str_t id;
    reco_str_t item;
    int64_t ts;   /* ms since the epoch, corrected for the client's skew */
    int64_t ms;   /* dwell and hover: active time */
    double depth; /* 0..1, -1 absent */
    double value; /* rating; -1 absent */
    double qty;
    double price; /* -1 absent */
    reco_str_t currency;
    reco_str_t slot;
    int rank;       /* -1 absent */
    reco_str_t req; /* the rendering that led here */
    reco_event_line_t *lines;
    unsigned nlines;
    reco_event_pair_t *context;
    unsigned ncontext;
    reco_event_product_t product; /* type RECO_EVENT_ITEM */

    /* Added by the server. */
    reco_str_t visitor; /* 32 hex digits */
    int64_t received;   /* ms since the epoch */
    uint64_t sequence;  /* worker epoch and counter; orders one visitor */
    reco_str_t arm;     /* experiment arm */
    reco_str_t model;   /* model version that was live */
    reco_str_t source;  /* "sdk", "page", "import", "learn" */
} reco_event_t;


/* Memory that a batch is parsed into; nothing is allocated beyond it. */
typedef struct {
    char *data;
    size_t size;
    size_t used;
} reco_event_arena_t;

/* Why an element of a batch was refused. */
typedef struct {
    unsigned index;
    const char *field;  /* "ts", "item", ...; static */
    const char *reason; /* static; also a counter's name */
} reco_event_reject_t;

typedef struct {
    reco_event_t events[RECO_EVENT_BATCH_MAX];
    unsigned nevents;
    reco_event_reject_t rejects[RECO_EVENT_BATCH_MAX];
    unsigned nrejects;
} reco_event_batch_t;

/*
 * Parses one JSON object or an array of them.  Good elements of a batch count
 * although others are refused.  received: now, ms since the epoch; a client's
 * clock is corrected with "sent".  RECO_OK: batch is filled (perhaps only with
 * rejects); RECO_INVALID: not JSON; RECO_TOO_LARGE: a limit on the whole;
 * RECO_NOMEM: the arena is too small (4 × the body plus 64 KiB is enough).
 */
reco_status_t reco_event_parse_json(reco_str_t body, int64_t received,
    reco_event_arena_t *arena, reco_event_batch_t *batch, reco_error_t *error);

/* The same from a query string (t=view&item=42): one event. */
reco_status_t reco_event_parse_query(reco_str_t query, int64_t received,
    reco_event_arena_t *arena, reco_event_batch_t *batch, reco_error_t *error);


/* One field of a stream entry: short name and its value. */
#define RECO_EVENT_FIELDS_MAX 40

typedef struct {
    reco_str_t name;
    reco_str_t value;
} reco_event_field_t;

/*
 * The event as a record: fields with their short names in a flat form that
 * the outbox stores and the forwarder splits without parsing.  *len is what
 * was written; RECO_TOO_LARGE if size is too small.
 */
reco_status_t reco_event_encode(
    const reco_event_t *event, char *out, size_t size, size_t *len);

/* Splits a record; names and values refer to it.  RECO_CORRUPT. */
reco_status_t reco_event_split(
    reco_str_t record, reco_event_field_t *fields, unsigned *nfields);

/* An event from the fields of a stream entry.  RECO_INVALID, RECO_NOMEM. */
reco_status_t reco_event_from_fields(const reco_event_field_t *fields,
    unsigned nfields, reco_event_arena_t *arena, reco_event_t *event,
    reco_error_t *error);

/* The event as one JSON object, for people and export. */
reco_status_t reco_event_to_json(
    const reco_event_t *event, char *out, size_t size, size_t *len);

/* Same visitor, same shard: 0 .. shards - 1. */
unsigned reco_event_shard(reco_str_t visitor, unsigned shards);

#endif /* RECO_EVENT_H */
