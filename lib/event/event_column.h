/*
 * The one table of fields: what each is called in JSON and in the stream,
 * where it lives in the event, what it may hold.  Parsing, encoding, decoding
 * and export walk it; docs/events.md is written from it.
 */

#ifndef EVENT_COLUMN_H
#define EVENT_COLUMN_H

#include "event/reco_event.h"


/* Times: from 2000 on, to where nothing overflows. */
#define RECO_EVENT_TIME_MIN INT64_C(946684800000)
#define RECO_EVENT_TIME_MAX INT64_C(9999999999999)

typedef enum {
    RECO_EVENT_KIND_TYPE,     /* reco_event_type_t */
    RECO_EVENT_KIND_VERSION,  /* the number 1; not kept */
    RECO_EVENT_KIND_TOKEN,    /* string of printable ASCII, no space */
    RECO_EVENT_KIND_NAME,     /* UTF-8 string; an integer is taken as text */
    RECO_EVENT_KIND_TEXT,     /* UTF-8 string; tab, CR, LF become spaces */
    RECO_EVENT_KIND_URL,      /* http:, https:, or a path of the site */
    RECO_EVENT_KIND_INT64,    /* int64_t */
    RECO_EVENT_KIND_INT,      /* int */
    RECO_EVENT_KIND_REAL,     /* double, six decimals */
    RECO_EVENT_KIND_FLAG,     /* int: 1, 0, -1 */
    RECO_EVENT_KIND_SEQUENCE, /* uint64_t, 16 hex digits */
    RECO_EVENT_KIND_LINES,
    RECO_EVENT_KIND_CONTEXT
} reco_event_kind_t;

/* Who may set a column. */
#define RECO_EVENT_BY_CLIENT 1
#define RECO_EVENT_BY_SERVER 2

typedef struct {
    reco_str_t name;   /* in JSON and query strings */
    reco_str_t stream; /* in records; empty: not there */
    reco_event_kind_t kind;
    unsigned by;
    size_t offset; /* in reco_event_draft_t */
    double min;    /* of numbers */
    double max;    /* of numbers; of strings, bytes */
    double absent; /* of numbers */
    int product;   /* belongs to type "item" alone */
} reco_event_column_t;

extern const reco_event_column_t reco_event_columns[];
extern const unsigned reco_event_ncolumns;


/* An event while it is being read. */
typedef struct {
    reco_event_t event; /* first: offsets of columns hold for it alone too */
    int64_t sent;       /* client's clock when it sent; 0 absent */
} reco_event_draft_t;

/*
 * The outcome of setting a column: RECO_OK, RECO_NOMEM, or RECO_INVALID with
 * *reason filled.
 */
typedef struct {
    reco_event_arena_t *arena;
    reco_event_reason_t reason;
} reco_event_setter_t;

const reco_event_column_t *reco_event_column_by_name(reco_str_t name);
const reco_event_column_t *reco_event_column_by_stream(reco_str_t name);

/* reco_event_type_name(), counted. */
reco_str_t reco_event_type_text(reco_event_type_t type);

/* True where the event holds nothing in this column. */
static inline int
reco_event_column_absent(
    const reco_event_column_t *column, const reco_event_t *event)
{
    const void *place;

    place = (const char *) event + column->offset;

    switch (column->kind) {
    case RECO_EVENT_KIND_TYPE:
        return event->type >= RECO_EVENT_TYPE_COUNT;
    case RECO_EVENT_KIND_VERSION:
        return 0;
    case RECO_EVENT_KIND_TOKEN:
    case RECO_EVENT_KIND_NAME:
    case RECO_EVENT_KIND_TEXT:
    case RECO_EVENT_KIND_URL:
        return ((const reco_str_t *) place)->len == 0;
    case RECO_EVENT_KIND_INT64:
        return *(const int64_t *) place == (int64_t) column->absent;
    case RECO_EVENT_KIND_INT:
    case RECO_EVENT_KIND_FLAG:
        return *(const int *) place < 0;
    case RECO_EVENT_KIND_REAL:
        return *(const double *) place <= column->absent;
    case RECO_EVENT_KIND_SEQUENCE:
        return *(const uint64_t *) place == 0;
    case RECO_EVENT_KIND_LINES:
        return event->nlines == 0;
    case RECO_EVENT_KIND_CONTEXT:
        return event->ncontext == 0;
    }

    return 1;
}

/* From text, whatever the kind, but for lines and context. */
reco_status_t reco_event_column_set_text(const reco_event_column_t *column,
    reco_str_t text, reco_event_draft_t *draft, reco_event_setter_t *setter);

/* From a number. */
reco_status_t reco_event_column_set_number(const reco_event_column_t *column,
    double number, reco_event_draft_t *draft, reco_event_setter_t *setter);

/* One more pair of ctx, one more line; the arrays are allocated whole. */
reco_status_t reco_event_add_context(reco_event_t *event, reco_str_t key,
    reco_str_t value, reco_event_setter_t *setter);
reco_status_t reco_event_add_line(reco_event_t *event, reco_str_t item,
    double qty, double price, reco_event_setter_t *setter);

/*
 * By a name as in a query string: that of a column, "ctx.KEY", or "items",
 * which adds one line.  *field is the column's name.  RECO_DECLINED: none.
 */
reco_status_t reco_event_set_named(reco_str_t name, reco_str_t text,
    reco_event_draft_t *draft, reco_event_setter_t *setter, const char **field);

/* Fails the setter. */
reco_status_t reco_event_refuse(
    reco_event_setter_t *setter, reco_event_reason_t reason);

/*
 * What the type requires; defaults; the clock.  On RECO_INVALID *field names
 * the column.
 */
reco_status_t reco_event_complete(reco_event_draft_t *draft, int64_t received,
    reco_event_setter_t *setter, const char **field);


/* Room in an arena, aligned for any type; NULL when it is used up. */
void *reco_event_alloc(reco_event_arena_t *arena, size_t size);

#endif /* EVENT_COLUMN_H */
