#include "event/event_column.h"
#include "event/event_reader.h"
#include "event/event_span.h"
#include "event/event_text.h"

#include <math.h>
#include <string.h>

/* Fractions in ctx: what six decimals can hold. */
#define CONTEXT_REAL_MAX 9.0e9


static int
equals(reco_str_t a, reco_str_t b)
{
    return a.len == b.len && memcmp(a.data, b.data, a.len) == 0;
}


/* A scalar of ctx, as text. */
static reco_status_t
add_context(reco_str_t key, const reco_event_json_t *value, reco_event_t *event,
    reco_event_setter_t *setter)
{
    char digits[RECO_EVENT_NUMBER_MAX];
    reco_str_t text;

    switch (value->kind) {
    case RECO_EVENT_JSON_NULL:
        return RECO_OK;

    case RECO_EVENT_JSON_STRING:
        text = value->text;
        break;

    case RECO_EVENT_JSON_TRUE:
        text = reco_string("true");
        break;

    case RECO_EVENT_JSON_FALSE:
        text = reco_string("false");
        break;

    case RECO_EVENT_JSON_NUMBER:
        text.data = digits;
        if (reco_event_format_whole(value->number, digits, &text.len)
            != RECO_OK) {
            if (!(fabs(value->number) < CONTEXT_REAL_MAX)) {
                return reco_event_refuse(setter, RECO_EVENT_OUT_OF_RANGE);
            }
            text.len = reco_event_format_real(value->number, digits);
        }
        break;

    default:
        return reco_event_refuse(setter, RECO_EVENT_WRONG_TYPE);
    }

    return reco_event_add_context(event, key, text, setter);
}


static reco_status_t
set_context(reco_event_reader_t *reader, reco_event_json_t *object,
    reco_event_t *event, reco_event_setter_t *setter)
{
    reco_event_json_t value;
    reco_str_t key;
    reco_status_t rc;

    if (object->kind != RECO_EVENT_JSON_OBJECT) {
        return reco_event_refuse(setter, RECO_EVENT_WRONG_TYPE);
    }

    event->ncontext = 0;

    do {
        rc = reco_event_read_member(reader, object, &key, &value);
        if (rc == RECO_OK) {
            rc = add_context(key, &value, event, setter);
        }
    } while (rc == RECO_OK);

    return rc == RECO_DECLINED ? RECO_OK : rc;
}


/* An item's id: a string, or an integer taken as text. */
static reco_status_t
item_id(const reco_event_json_t *value, char *digits, reco_str_t *id,
    reco_event_setter_t *setter)
{
    if (value->kind == RECO_EVENT_JSON_STRING) {
        *id = value->text;
        return RECO_OK;
    }

    if (value->kind != RECO_EVENT_JSON_NUMBER
        || reco_event_format_whole(value->number, digits, &id->len) != RECO_OK)
    {
        return reco_event_refuse(setter, RECO_EVENT_WRONG_TYPE);
    }

    id->data = digits;

    return RECO_OK;
}


/* A number, or a string that holds one. */
static reco_status_t
line_number(
    const reco_event_json_t *value, double *number, reco_event_setter_t *setter)
{
    if (value->kind == RECO_EVENT_JSON_NUMBER) {
        *number = value->number;
        return RECO_OK;
    }

    if (value->kind == RECO_EVENT_JSON_STRING
        && reco_event_parse_real(value->text, number) == RECO_OK)
    {
        return RECO_OK;
    }

    return reco_event_refuse(setter, RECO_EVENT_WRONG_TYPE);
}


/* A line while it is being read. */
typedef struct {
    char digits[RECO_EVENT_NUMBER_MAX];
    reco_str_t id;
    double qty;
    double price;
} event_line_t;


static reco_status_t
set_line_part(event_line_t *line, reco_str_t key,
    const reco_event_json_t *value, reco_event_setter_t *setter)
{
    reco_status_t rc;

    if (equals(key, reco_string("item"))) {
        return item_id(value, line->digits, &line->id, setter);
    }

    if (equals(key, reco_string("qty"))) {
        return line_number(value, &line->qty, setter);
    }

    if (equals(key, reco_string("price"))) {
        rc = line_number(value, &line->price, setter);

        return rc == RECO_OK && !(line->price >= 0)
                   ? reco_event_refuse(setter, RECO_EVENT_OUT_OF_RANGE)
                   : rc;
    }

    return RECO_OK;
}


/* "id", 42, or {"item":"id","qty":2,"price":9.9}. */
static reco_status_t
add_line(reco_event_reader_t *reader, reco_event_json_t *value,
    reco_event_t *event, reco_event_setter_t *setter)
{
    event_line_t line;
    reco_event_json_t part;
    reco_str_t key;
    reco_status_t rc;

    line.id = reco_null_string;
    line.qty = 1;
    line.price = -1;

    if (value->kind != RECO_EVENT_JSON_OBJECT) {
        rc = item_id(value, line.digits, &line.id, setter);
        if (rc != RECO_OK) {
            return rc;
        }
        return reco_event_add_line(
            event, line.id, line.qty, line.price, setter);
    }

    do {
        rc = reco_event_read_member(reader, value, &key, &part);
        if (rc == RECO_OK) {
            rc = set_line_part(&line, key, &part, setter);
        }
        if (rc == RECO_OK) {
            rc = reco_event_read_past(reader, &part);
        }
    } while (rc == RECO_OK);

    return rc == RECO_DECLINED ? reco_event_add_line(
               event, line.id, line.qty, line.price, setter)
                               : rc;
}


static reco_status_t
set_lines(reco_event_reader_t *reader, reco_event_json_t *array,
    reco_event_t *event, reco_event_setter_t *setter)
{
    reco_event_json_t value;
    reco_status_t rc;

    if (array->kind != RECO_EVENT_JSON_ARRAY) {
        return reco_event_refuse(setter, RECO_EVENT_WRONG_TYPE);
    }

    event->nlines = 0;

    do {
        rc = reco_event_read_item(reader, array, &value);
        if (rc == RECO_OK) {
            rc = add_line(reader, &value, event, setter);
        }
    } while (rc == RECO_OK);

    return rc == RECO_DECLINED ? RECO_OK : rc;
}


static reco_status_t
set_column(const reco_event_column_t *column, reco_event_reader_t *reader,
    reco_event_json_t *value, reco_event_draft_t *draft,
    reco_event_setter_t *setter)
{
    switch (column->kind) {
    case RECO_EVENT_KIND_LINES:
        return set_lines(reader, value, &draft->event, setter);

    case RECO_EVENT_KIND_CONTEXT:
        return set_context(reader, value, &draft->event, setter);

    default:
        break;
    }

    switch (value->kind) {
    case RECO_EVENT_JSON_STRING:
        return reco_event_column_set_text(column, value->text, draft, setter);

    case RECO_EVENT_JSON_NUMBER:
        return reco_event_column_set_number(
            column, value->number, draft, setter);

    case RECO_EVENT_JSON_FALSE:
    case RECO_EVENT_JSON_TRUE:
        if (column->kind == RECO_EVENT_KIND_FLAG) {
            return reco_event_column_set_number(
                column, value->kind == RECO_EVENT_JSON_TRUE, draft, setter);
        }
        break;

    default:
        break;
    }

    return reco_event_refuse(setter, RECO_EVENT_WRONG_TYPE);
}


/* What is true of all elements of one body. */
typedef struct {
    int64_t received;
    int64_t sent; /* of the first element, 0 where it has none */
    unsigned by;
    reco_event_arena_t *arena;
} event_body_t;


/* All columns of an object; *field is the one that fails. */
static reco_status_t
read_object(reco_event_reader_t *reader, reco_event_json_t *object, unsigned by,
    reco_event_draft_t *draft, reco_event_setter_t *setter, const char **field)
{
    reco_event_json_t value;
    reco_str_t key;
    const reco_event_column_t *column;
    reco_status_t rc;

    for (;;) {
        rc = reco_event_read_member(reader, object, &key, &value);
        if (rc != RECO_OK) {
            return rc == RECO_DECLINED ? RECO_OK : rc;
        }

        column = reco_event_column_by_name(key);

        if (column == NULL || (column->by & by) == 0
            || value.kind == RECO_EVENT_JSON_NULL)
        {
            rc = reco_event_read_past(reader, &value);

        } else {
            *field = column->name.data;
            rc = set_column(column, reader, &value, draft, setter);
        }

        if (rc != RECO_OK) {
            return rc;
        }
    }
}


/* One event from the object that reader is at. */
static reco_status_t
read_event(reco_event_reader_t *reader, event_body_t *body, reco_event_t *event,
    reco_event_setter_t *setter, const char **field)
{
    reco_event_draft_t draft;
    reco_event_json_t value;
    reco_status_t rc;

    rc = reco_event_read_value(reader, &value);
    if (rc != RECO_OK) {
        return rc;
    }

    if (value.kind != RECO_EVENT_JSON_OBJECT) {
        reader->malformed = 1;
        return RECO_INVALID;
    }

    reco_event_init(&draft.event);
    draft.sent = body->sent;

    rc = read_object(reader, &value, body->by, &draft, setter, field);

    if (rc == RECO_OK) {
        if (body->sent == 0) {
            body->sent = draft.sent;
        }
        rc = reco_event_complete(&draft, body->received, setter, field);
    }

    *event = draft.event;

    return rc;
}


/*
 * Counts the element at *p among the events or the rejects, and moves *p past
 * it.  RECO_INVALID: the text ends inside of it.
 */
static reco_status_t
add_element(const char **p, const char *end, event_body_t *body,
    reco_event_batch_t *batch)
{
    reco_event_reader_t reader;
    reco_event_setter_t setter;
    reco_event_reject_t *reject;
    reco_event_span_t span;
    unsigned index;
    reco_status_t rc;

    reader = (reco_event_reader_t){
        .next = *p, .end = end, .arena = body->arena, .values = 1};
    setter = (reco_event_setter_t){body->arena, RECO_EVENT_MALFORMED};
    index = batch->nevents + batch->nrejects;
    reject = &batch->rejects[batch->nrejects];

    rc = read_event(
        &reader, body, &batch->events[batch->nevents], &setter, &reject->field);

    if (rc == RECO_OK) {
        reader.next = reco_event_skip_space(reader.next, end);

        if (reader.next == end || *reader.next == ',' || *reader.next == ']') {
            batch->index[batch->nevents++] = index;
            *p = reader.next;
            return RECO_OK;
        }

        reader.malformed = 1;

    } else if (rc != RECO_INVALID) {
        return rc;
    }

    if (!reco_event_span_find(*p, end, &span)) {
        return RECO_INVALID;
    }

    /* A limit that it breaks, JSON that it is not, or what its columns said. */
    if (reco_event_span_check(&span, &setter) != RECO_OK || reader.malformed) {
        reject->field = "event";
    }

    reject->index = index;
    reject->reason = setter.reason;
    batch->nrejects++;
    *p = span.end;

    return RECO_OK;
}


static reco_status_t
no_element(reco_status_t rc, reco_error_t *error)
{
    return rc == RECO_INVALID
               ? reco_error_set(error, rc,
                   "the body is not JSON: it ends inside a "
                   "value")
               : reco_error_set(error, rc, "the arena is too small");
}


/* p: past the opening bracket. */
static reco_status_t
parse_array(const char *p, const char *end, event_body_t *body,
    reco_event_batch_t *batch, reco_error_t *error)
{
    reco_status_t rc;

    p = reco_event_skip_space(p, end);
    if (p < end && *p == ']') {
        return reco_event_skip_space(p + 1, end) == end
                   ? RECO_OK
                   : reco_error_set(error, RECO_INVALID,
                       "the body is not JSON: something follows the array");
    }

    for (;;) {
        if (batch->nevents + batch->nrejects == RECO_EVENT_BATCH_MAX) {
            return reco_error_set(error, RECO_TOO_LARGE,
                "more than %d events in one body", RECO_EVENT_BATCH_MAX);
        }

        p = reco_event_skip_space(p, end);

        rc = add_element(&p, end, body, batch);
        if (rc == RECO_OK && p == end) {
            rc = RECO_INVALID;
        }
        if (rc != RECO_OK) {
            return no_element(rc, error);
        }

        if (*p == ']') {
            break;
        }
        if (*p != ',') {
            return reco_error_set(error, RECO_INVALID,
                "the body is not JSON: a bracket has no partner");
        }
        p++;
    }

    if (reco_event_skip_space(p + 1, end) != end) {
        return reco_error_set(error, RECO_INVALID,
            "the body is not JSON: something follows the array");
    }

    return RECO_OK;
}


reco_status_t
reco_event_parse_json(reco_str_t text, int64_t received,
    reco_event_arena_t *arena, reco_event_batch_t *batch, reco_error_t *error)
{
    const char *p, *end;
    event_body_t body;
    reco_status_t rc;

    batch->nevents = 0;
    batch->nrejects = 0;

    if (text.len > RECO_EVENT_BODY_MAX) {
        return reco_error_set(error, RECO_TOO_LARGE,
            "the body is larger than %d bytes", RECO_EVENT_BODY_MAX);
    }

    body.received = received;
    body.sent = 0;
    body.by = received == 0 ? RECO_EVENT_BY_CLIENT | RECO_EVENT_BY_SERVER
                            : RECO_EVENT_BY_CLIENT;
    body.arena = arena;

    end = text.data + text.len;
    p = reco_event_skip_space(text.data, end);

    if (p < end && *p == '[') {
        return parse_array(p + 1, end, &body, batch, error);
    }

    if (p == end || *p != '{') {
        return reco_error_set(error, RECO_INVALID,
            "the body is neither a JSON object nor an array");
    }

    rc = add_element(&p, end, &body, batch);
    if (rc != RECO_OK) {
        return no_element(rc, error);
    }

    if (p != end) {
        return reco_error_set(error, RECO_INVALID,
            "the body is not JSON: something follows the object");
    }

    return RECO_OK;
}
