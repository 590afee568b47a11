/*
 * The event: from a visitor's JSON or query string to a validated value, to
 * the record that outbox and Redis stream hold, and back.  docs/events.md is
 * its reference.
 */

#ifndef RECO_EVENT_H
#define RECO_EVENT_H

#include "reco.h"


#define RECO_EVENT_BATCH_MAX   64    /* events of one body */
#define RECO_EVENT_BODY_MAX    65536 /* bytes of one body */
#define RECO_EVENT_DEPTH_MAX   4   /* nested objects and arrays of one event */
#define RECO_EVENT_VALUES_MAX  512 /* JSON values in one event */
#define RECO_EVENT_ID_MAX      36
#define RECO_EVENT_ITEM_MAX    128
#define RECO_EVENT_ITEMS_MAX   50
#define RECO_EVENT_CONTEXT_MAX 8
#define RECO_EVENT_KEY_MAX     32  /* bytes of a key of ctx */
#define RECO_EVENT_VALUE_MAX   256 /* bytes of a value of ctx */

/* An event's age when it arrives, at most: what waited longer is refused. */
#define RECO_EVENT_AGE_MAX (INT64_C(30) * 24 * 3600 * 1000)

/* Of a sequence, what tells apart those that were given in one millisecond. */
#define RECO_EVENT_SEQUENCE_BITS 20


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
    double qty;   /* 1 where the client named none */
    double price; /* of one piece; -1 absent */
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

/*
 * One validated event.  Strings live in the arena it was parsed into.  Real
 * numbers are multiples of a millionth, so that they survive the stream.
 */
typedef struct {
    reco_event_type_t type;
    reco_str_t id;
    reco_str_t item;
    int64_t ts;   /* ms since the epoch, corrected for the client's skew */
    int64_t ms;   /* dwell and hover: active time; 0 absent */
    double depth; /* 0..1, -1 absent */
    double value; /* rating; -1 absent */
    double qty;   /* 0 absent; 1 in a cart or purchase that names none */
    double price; /* of one piece; -1 absent */
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
    uint64_t sequence;  /* orders the events of one visitor; 0 absent; above
                           RECO_EVENT_SEQUENCE_BITS when it was given, in ms */
    reco_str_t arm;     /* experiment arm */
    reco_str_t model;   /* model version that was live */
    reco_str_t source;  /* "sdk", "page", "import", "learn" */
} reco_event_t;

/* Memory that a batch is parsed into; nothing of it outlives the arena. */
typedef struct {
    char *data; /* aligned as malloc aligns */
    size_t size;
    size_t used;
} reco_event_arena_t;

/* Enough for any body. */
#define RECO_EVENT_ARENA_SIZE 262144


/* Why an element of a batch was refused. */
typedef enum {
    RECO_EVENT_MALFORMED,     /* not JSON, or not an object */
    RECO_EVENT_TOO_DEEP,      /* RECO_EVENT_DEPTH_MAX */
    RECO_EVENT_TOO_MANY,      /* values, items or keys */
    RECO_EVENT_MISSING,       /* the type requires this field */
    RECO_EVENT_WRONG_TYPE,    /* a string for a number, ... */
    RECO_EVENT_OUT_OF_RANGE,  /* a number */
    RECO_EVENT_TOO_LONG,      /* a string */
    RECO_EVENT_BAD_UTF8,      /* a string */
    RECO_EVENT_BAD_CHARACTER, /* control characters, spaces in an id, ... */
    RECO_EVENT_UNKNOWN_VALUE, /* type, version, scheme of a URL */
    RECO_EVENT_NOT_ALLOWED,   /* the caller's own rule */
    RECO_EVENT_REASON_COUNT
} reco_event_reason_t;

/* "malformed", "too_deep", ...: for answers and counters. */
const char *reco_event_reason_name(reco_event_reason_t reason);

typedef struct {
    unsigned index;    /* in the body, from 0 */
    const char *field; /* "ts", "item", ...; static */
    reco_event_reason_t reason;
} reco_event_reject_t;

typedef struct {
    reco_event_t events[RECO_EVENT_BATCH_MAX];
    unsigned index[RECO_EVENT_BATCH_MAX]; /* in the body, of each event */
    unsigned nevents;
    reco_event_reject_t rejects[RECO_EVENT_BATCH_MAX];
    unsigned nrejects;
} reco_event_batch_t;

/*
 * Parses one JSON object or an array of them.  Good elements of a batch count
 * although others are refused.  received: now, ms since the epoch.  ts is
 * moved to the server's clock: ts + received - sent where "sent" says what the
 * client's clock showed when it sent the body (the first element's counts for
 * those that have none), never later than received; ts alone is taken as it is
 * unless it lies in the future; no ts is received.
 *
 * received = 0 takes events from a trusted file: ts is required and kept, and
 * the fields that the server adds ("visitor", ...) are read too.
 *
 * RECO_OK: batch is filled (perhaps only with rejects); RECO_INVALID: not JSON;
 * RECO_TOO_LARGE: a limit on the whole; RECO_NOMEM: the arena is too small.
 * Nothing is taken from the heap.
 */
reco_status_t reco_event_parse_json(reco_str_t body, int64_t received,
    reco_event_arena_t *arena, reco_event_batch_t *batch, reco_error_t *error);

/*
 * The same from a query string: one event, with the names of JSON
 * (type=view&item=42), ctx.KEY=VALUE, and items=ID repeated.
 */
reco_status_t reco_event_parse_query(reco_str_t query, int64_t received,
    reco_event_arena_t *arena, reco_event_batch_t *batch, reco_error_t *error);

/*
 * For events that are not parsed but made (a page's own view, learnt product
 * data, imports).  init: everything absent.  set: a field by its name in a
 * query string (ctx.KEY too, items adds one; those of the server too), under the
 * rules of a visitor's event; the text is copied into the arena.  finish: the fields
 * that the type requires are there; fills what can be left out.
 * RECO_INVALID: *reject tells (index is left alone); RECO_DECLINED: no such
 * field; RECO_NOMEM.
 */
void reco_event_init(reco_event_t *event);
reco_status_t reco_event_set(reco_event_t *event, reco_str_t name,
    reco_str_t text, reco_event_arena_t *arena, reco_event_reject_t *reject);
reco_status_t reco_event_finish(
    reco_event_t *event, reco_event_reject_t *reject);

/*
 * Moves an event to the rejects, by a rule of the caller's: visitors that may
 * not send type "item", say.  field is static.  Later events move up by one.
 */
void reco_event_batch_refuse(
    reco_event_batch_t *batch, unsigned event, const char *field);


/* The one field of a stream entry: its value is a record, or several with an
   empty line between one and the next. */
#define RECO_EVENT_FIELD "e"

/* Records of one entry. */
#define RECO_EVENT_RECORDS_MAX 64

/*
 * The first record of an entry, which is moved behind it.  Returns 0 where it
 * was the last one: there is always one, which may be empty.
 */
int reco_event_next_record(reco_str_t *entry, reco_str_t *record);

/* Enough for any event that was parsed. */
#define RECO_EVENT_RECORD_MAX 24576

/*
 * The event as a record, which the outbox and the stream hold as it is: lines,
 * in the order of the table of columns.
 *
 *     u TAB 0123456789abcdef0123456789abcdef LF
 *     q TAB 19ab697e80000003 LF
 *     t TAB purchase LF
 *     l TAB item TAB qty TAB price LF            one for each line
 *     c TAB key TAB value LF                     one for each pair of ctx
 *     ...
 *
 * An event without an id gets one from its sequence: it is the same in every
 * replay of the record.  Times that others tell are left out: received where
 * it is the sequence's, or there is none and it is ts; then ts where it is
 * received.  *len is what was written.  RECO_TOO_LARGE: size is too small;
 * RECO_INVALID: a string holds a control character, which none may that was
 * parsed or set.
 */
reco_status_t reco_event_encode(
    const reco_event_t *event, char *out, size_t size, size_t *len);

/*
 * An event from a record, whoever wrote it, its lines in any order; names that
 * are unknown here are passed over.  Strings are copied into the arena.
 * RECO_INVALID (error names field and reason), RECO_NOMEM.
 */
reco_status_t reco_event_decode(reco_str_t record, reco_event_arena_t *arena,
    reco_event_t *event, reco_error_t *error);

/*
 * The first line of a record, which is moved behind it; value may hold TABs,
 * where a column has several parts.  RECO_DECLINED: there is none left;
 * RECO_INVALID: it is no line, and record stays where it is.
 */
reco_status_t reco_event_next_line(
    reco_str_t *record, reco_str_t *name, reco_str_t *value);

/*
 * Whose it is and its sequence, without the rest: those lines come first, and
 * are looked for further on where they do not.  Empty and 0 where there are
 * none.  RECO_INVALID: up to there it is no record.
 */
reco_status_t reco_event_peek(
    reco_str_t record, reco_str_t *visitor, uint64_t *sequence);

/*
 * The event as one JSON object without a newline, for people and export;
 * reco_event_parse_json() with received = 0 reads it back.  RECO_TOO_LARGE if
 * size is too small (RECO_EVENT_JSON_MAX is enough).
 */
#define RECO_EVENT_JSON_MAX (6 * RECO_EVENT_RECORD_MAX)

reco_status_t reco_event_to_json(
    const reco_event_t *event, char *out, size_t size, size_t *len);

/* Same visitor, same shard: 0 .. shards - 1. */
unsigned reco_event_shard(reco_str_t visitor, unsigned shards);

/* Well-formed UTF-8 (RFC 3629) without NUL. */
int reco_event_utf8_valid(reco_str_t text);

#endif /* RECO_EVENT_H */
