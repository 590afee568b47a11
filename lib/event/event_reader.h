/*
 * JSON (RFC 8259) read as it stands, value by value: no tree is built and
 * nothing is allocated but room in the caller's arena for strings that have
 * escapes.  Stricter than the standard where an event is: no U+0000, at most
 * RECO_EVENT_DEPTH_MAX brackets within one another and RECO_EVENT_VALUES_MAX
 * values.
 */

#ifndef EVENT_READER_H
#define EVENT_READER_H

#include "event/reco_event.h"


typedef enum {
    RECO_EVENT_JSON_NULL,
    RECO_EVENT_JSON_FALSE,
    RECO_EVENT_JSON_TRUE,
    RECO_EVENT_JSON_NUMBER,
    RECO_EVENT_JSON_STRING,
    RECO_EVENT_JSON_OBJECT, /* its members come from read_member() */
    RECO_EVENT_JSON_ARRAY   /* its elements come from read_item() */
} reco_event_json_kind_t;

typedef struct {
    reco_event_json_kind_t kind;
    reco_str_t text; /* of a string: in the JSON itself, or in the arena */
    double number;   /* the nearest double, or its neighbour */
    unsigned n;      /* of an object or array: what was read of it */
} reco_event_json_t;

typedef struct {
    const char *next;
    const char *end;
    reco_event_arena_t *arena;
    unsigned depth;
    unsigned values;
    int malformed; /* set with each RECO_INVALID */
} reco_event_reader_t;


/*
 * These return RECO_OK; RECO_INVALID: not such JSON; RECO_NOMEM: the arena is
 * too small.  A container has to be read to its end, or skipped, before what
 * follows it.
 */
reco_status_t reco_event_read_value(
    reco_event_reader_t *reader, reco_event_json_t *value);

/* The next one of a container.  RECO_DECLINED: it is at its end. */
reco_status_t reco_event_read_member(reco_event_reader_t *reader,
    reco_event_json_t *object, reco_str_t *key, reco_event_json_t *value);
reco_status_t reco_event_read_item(reco_event_reader_t *reader,
    reco_event_json_t *array, reco_event_json_t *value);

/* Past what value holds, which may be a scalar. */
reco_status_t reco_event_read_past(
    reco_event_reader_t *reader, reco_event_json_t *value);

/* The first byte from p on that is no white space, or end. */
const char *reco_event_skip_space(const char *p, const char *end);

#endif /* EVENT_READER_H */
