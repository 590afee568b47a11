#include "event/event_column.h"
#include "event/event_text.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <string.h>

/* Fractions in ctx: what six decimals can hold. */
#define CONTEXT_REAL_MAX 9.0e9


/*
 * A walk over JSON text that finds where each element of a batch ends, and
 * whether it keeps the limits, before cJSON allocates for any of it.
 */
typedef struct {
    const char *start; /* of the element */
    const char *end;   /* past it */
    unsigned depth;    /* deepest */
    unsigned values;   /* as many or more */
    int control;       /* has a byte that JSON forbids, or \u0000 */
} event_span_t;


static const char *
skip_space(const char *p, const char *end)
{
    while (p < end && (*p == ' ' || *p == '\t' || *p == '\r' || *p == '\n')) {
        p++;
    }

    return p;
}


/* Past the closing quote; NULL where there is none.  p: past the opening. */
static const char *
skip_string(const char *p, const char *end, event_span_t *span)
{
    while (p < end) {
        if (*p == '"') {
            return p + 1;
        }

        if ((unsigned char) *p < 0x20) {
            span->control = 1;
        }

        if (*p != '\\') {
            p++;
            continue;
        }

        if (end - p >= 6 && memcmp(p, "\\u0000", 6) == 0) {
            span->control = 1;
        }

        p += end - p >= 2 ? 2 : 1;
    }

    return NULL;
}


/*
 * Finds the end of the value at p: balanced brackets, whatever is inside.
 * Returns 0 where the text ends before the value does.
 */
static int
find_span(const char *p, const char *end, event_span_t *span)
{
    unsigned depth;
    char c;

    *span = (event_span_t){.start = p, .values = 1};
    depth = 0;

    while (p < end) {
        c = *p;

        if (depth == 0 && (c == ',' || c == ']' || c == '}')) {
            break;
        }

        p++;

        switch (c) {
        case '"':
            p = skip_string(p, end, span);
            if (p == NULL) {
                return 0;
            }
            break;

        case '{':
        case '[':
            depth++;
            span->values++;
            if (depth > span->depth) {
                span->depth = depth;
            }
            break;

        case '}':
        case ']':
            depth--;
            break;

        case ',':
        case ':':
            span->values++;
            break;

        default:
            if ((unsigned char) c < 0x20 && c != '\t' && c != '\r' && c != '\n')
            {
                span->control = 1;
            }
        }
    }

    span->end = p;

    return depth == 0;
}


static reco_str_t
json_string(const char *text)
{
    reco_str_t str;

    str.data = text;
    str.len = strlen(text);

    return str;
}


/* A scalar of ctx, as text. */
static reco_status_t
add_context(const cJSON *node, reco_event_t *event, reco_event_setter_t *setter)
{
    char digits[RECO_EVENT_NUMBER_MAX];
    reco_str_t key, value;

    key = json_string(node->string);

    if (cJSON_IsString(node)) {
        value = json_string(node->valuestring);

    } else if (cJSON_IsBool(node)) {
        value = cJSON_IsTrue(node) ? reco_string("true") : reco_string("false");

    } else if (cJSON_IsNumber(node)) {
        value.data = digits;
        if (reco_event_format_whole(node->valuedouble, digits, &value.len)
            != RECO_OK) {
            if (!(fabs(node->valuedouble) < CONTEXT_REAL_MAX)) {
                return reco_event_refuse(setter, RECO_EVENT_OUT_OF_RANGE);
            }
            value.len = reco_event_format_real(node->valuedouble, digits);
        }

    } else if (cJSON_IsNull(node)) {
        return RECO_OK;

    } else {
        return reco_event_refuse(setter, RECO_EVENT_WRONG_TYPE);
    }

    return reco_event_add_context(event, key, value, setter);
}


static reco_status_t
set_context(
    const cJSON *object, reco_event_t *event, reco_event_setter_t *setter)
{
    const cJSON *node;
    reco_status_t rc;

    if (!cJSON_IsObject(object)) {
        return reco_event_refuse(setter, RECO_EVENT_WRONG_TYPE);
    }

    event->ncontext = 0;

    for (node = object->child; node != NULL; node = node->next) {
        rc = add_context(node, event, setter);
        if (rc != RECO_OK) {
            return rc;
        }
    }

    return RECO_OK;
}


/* An item's id: a string, or an integer taken as text. */
static reco_status_t
item_id(const cJSON *node, char *digits, reco_str_t *id,
    reco_event_setter_t *setter)
{
    if (cJSON_IsString(node)) {
        *id = json_string(node->valuestring);
        return RECO_OK;
    }

    if (!cJSON_IsNumber(node)
        || reco_event_format_whole(node->valuedouble, digits, &id->len)
               != RECO_OK)
    {
        return reco_event_refuse(setter, RECO_EVENT_WRONG_TYPE);
    }

    id->data = digits;

    return RECO_OK;
}


/* A number, or a string that holds one. */
static reco_status_t
line_number(const cJSON *node, double *number, reco_event_setter_t *setter)
{
    if (cJSON_IsNumber(node)) {
        *number = node->valuedouble;
        return RECO_OK;
    }

    if (cJSON_IsString(node)
        && reco_event_parse_real(json_string(node->valuestring), number)
               == RECO_OK)
    {
        return RECO_OK;
    }

    return reco_event_refuse(setter, RECO_EVENT_WRONG_TYPE);
}


/* "id", 42, or {"item":"id","qty":2,"price":9.9}. */
static reco_status_t
add_line(const cJSON *node, reco_event_t *event, reco_event_setter_t *setter)
{
    char digits[RECO_EVENT_NUMBER_MAX];
    reco_str_t id;
    double qty, price;
    const cJSON *part;
    reco_status_t rc;

    qty = 1;
    price = -1;
    id = reco_null_string;

    if (!cJSON_IsObject(node)) {
        rc = item_id(node, digits, &id, setter);
        if (rc != RECO_OK) {
            return rc;
        }
        return reco_event_add_line(event, id, qty, price, setter);
    }

    for (part = node->child; part != NULL; part = part->next) {
        rc = RECO_OK;

        if (strcmp(part->string, "item") == 0) {
            rc = item_id(part, digits, &id, setter);

        } else if (strcmp(part->string, "qty") == 0) {
            rc = line_number(part, &qty, setter);

        } else if (strcmp(part->string, "price") == 0) {
            rc = line_number(part, &price, setter);
            if (rc == RECO_OK && !(price >= 0)) {
                rc = reco_event_refuse(setter, RECO_EVENT_OUT_OF_RANGE);
            }
        }

        if (rc != RECO_OK) {
            return rc;
        }
    }

    return reco_event_add_line(event, id, qty, price, setter);
}


static reco_status_t
set_lines(const cJSON *array, reco_event_t *event, reco_event_setter_t *setter)
{
    const cJSON *node;
    reco_status_t rc;

    if (!cJSON_IsArray(array)) {
        return reco_event_refuse(setter, RECO_EVENT_WRONG_TYPE);
    }

    event->nlines = 0;

    for (node = array->child; node != NULL; node = node->next) {
        rc = add_line(node, event, setter);
        if (rc != RECO_OK) {
            return rc;
        }
    }

    return RECO_OK;
}


static reco_status_t
set_column(const reco_event_column_t *column, const cJSON *node,
    reco_event_draft_t *draft, reco_event_setter_t *setter)
{
    switch (column->kind) {
    case RECO_EVENT_KIND_LINES:
        return set_lines(node, &draft->event, setter);

    case RECO_EVENT_KIND_CONTEXT:
        return set_context(node, &draft->event, setter);

    case RECO_EVENT_KIND_FLAG:
        if (cJSON_IsBool(node)) {
            return reco_event_column_set_number(
                column, cJSON_IsTrue(node), draft, setter);
        }
        break;

    default:
        break;
    }

    if (cJSON_IsString(node)) {
        return reco_event_column_set_text(
            column, json_string(node->valuestring), draft, setter);
    }

    if (cJSON_IsNumber(node)) {
        return reco_event_column_set_number(
            column, node->valuedouble, draft, setter);
    }

    return reco_event_refuse(setter, RECO_EVENT_WRONG_TYPE);
}


/* All columns of an object; *field is the one that fails. */
static reco_status_t
read_object(const cJSON *object, unsigned by, reco_event_draft_t *draft,
    reco_event_setter_t *setter, const char **field)
{
    const cJSON *node;
    const reco_event_column_t *column;
    reco_status_t rc;

    for (node = object->child; node != NULL; node = node->next) {
        if (cJSON_IsNull(node)) {
            continue;
        }

        column = reco_event_column_by_name(json_string(node->string));
        if (column == NULL || (column->by & by) == 0) {
            continue;
        }

        rc = set_column(column, node, draft, setter);
        if (rc != RECO_OK) {
            *field = column->name.data;
            return rc;
        }
    }

    return RECO_OK;
}


/* The limits that find_span() measured. */
static reco_status_t
check_span(const event_span_t *span, reco_event_setter_t *setter)
{
    if (span->control) {
        return reco_event_refuse(setter, RECO_EVENT_BAD_CHARACTER);
    }

    if (span->depth > RECO_EVENT_DEPTH_MAX) {
        return reco_event_refuse(setter, RECO_EVENT_TOO_DEEP);
    }

    if (span->values > RECO_EVENT_VALUES_MAX) {
        return reco_event_refuse(setter, RECO_EVENT_TOO_MANY);
    }

    return RECO_OK;
}


/* What is true of all elements of one body. */
typedef struct {
    int64_t received;
    int64_t sent; /* of the first element, 0 where it has none */
    unsigned by;
    reco_event_arena_t *arena;
} event_body_t;


static reco_status_t
read_element(const event_span_t *span, event_body_t *body, reco_event_t *event,
    reco_event_setter_t *setter, const char **field)
{
    reco_event_draft_t draft;
    const char *parsed;
    cJSON *object;
    reco_status_t rc;

    *field = "event";

    rc = check_span(span, setter);
    if (rc != RECO_OK) {
        return rc;
    }

    object = cJSON_ParseWithLengthOpts(
        span->start, (size_t) (span->end - span->start), &parsed, 0);

    if (object == NULL || skip_space(parsed, span->end) != span->end
        || !cJSON_IsObject(object))
    {
        cJSON_Delete(object);
        return reco_event_refuse(setter, RECO_EVENT_MALFORMED);
    }

    reco_event_init(&draft.event);
    draft.sent = body->sent;

    rc = read_object(object, body->by, &draft, setter, field);
    cJSON_Delete(object);

    if (rc == RECO_OK) {
        if (body->sent == 0) {
            body->sent = draft.sent;
        }
        rc = reco_event_complete(&draft, body->received, setter, field);
    }

    *event = draft.event;

    return rc;
}


/* Counts an element among the events or the rejects. */
static reco_status_t
add_element(
    const event_span_t *span, event_body_t *body, reco_event_batch_t *batch)
{
    reco_event_setter_t setter;
    reco_event_reject_t *reject;
    const char *field;
    unsigned index;
    reco_status_t rc;

    setter.arena = body->arena;
    index = batch->nevents + batch->nrejects;

    rc = read_element(
        span, body, &batch->events[batch->nevents], &setter, &field);

    if (rc == RECO_OK) {
        batch->index[batch->nevents++] = index;

    } else if (rc == RECO_INVALID) {
        reject = &batch->rejects[batch->nrejects++];
        reject->index = index;
        reject->field = field;
        reject->reason = setter.reason;
        rc = RECO_OK;
    }

    return rc;
}


static reco_status_t
cut_short(reco_error_t *error)
{
    return reco_error_set(
        error, RECO_INVALID, "the body is not JSON: it ends inside a value");
}


/* p: past the opening bracket. */
static reco_status_t
parse_array(const char *p, const char *end, event_body_t *body,
    reco_event_batch_t *batch, reco_error_t *error)
{
    event_span_t span;
    reco_status_t rc;

    p = skip_space(p, end);
    if (p < end && *p == ']') {
        return skip_space(p + 1, end) == end
                   ? RECO_OK
                   : reco_error_set(error, RECO_INVALID,
                       "the body is not JSON: something follows the array");
    }

    for (;;) {
        if (!find_span(skip_space(p, end), end, &span) || span.end == end) {
            return cut_short(error);
        }

        if (batch->nevents + batch->nrejects == RECO_EVENT_BATCH_MAX) {
            return reco_error_set(error, RECO_TOO_LARGE,
                "more than %d events in one body", RECO_EVENT_BATCH_MAX);
        }

        rc = add_element(&span, body, batch);
        if (rc != RECO_OK) {
            return reco_error_set(error, rc, "the arena is too small");
        }

        p = span.end;
        if (*p == ']') {
            break;
        }
        if (*p != ',') {
            return reco_error_set(error, RECO_INVALID,
                "the body is not JSON: a bracket has no partner");
        }
        p++;
    }

    if (skip_space(p + 1, end) != end) {
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
    event_span_t span;
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
    p = skip_space(text.data, end);

    if (p < end && *p == '[') {
        return parse_array(p + 1, end, &body, batch, error);
    }

    if (p == end || *p != '{') {
        return reco_error_set(error, RECO_INVALID,
            "the body is neither a JSON object nor an array");
    }

    if (!find_span(p, end, &span)) {
        return cut_short(error);
    }

    if (span.end != end) {
        return reco_error_set(error, RECO_INVALID,
            "the body is not JSON: something follows the object");
    }

    rc = add_element(&span, &body, batch);
    if (rc != RECO_OK) {
        return reco_error_set(error, rc, "the arena is too small");
    }

    return RECO_OK;
}
