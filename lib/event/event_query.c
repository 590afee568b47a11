#include "event/event_column.h"

#include <string.h>


static int
hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }

    c |= 0x20;
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }

    return -1;
}


/* application/x-www-form-urlencoded; a lone "%" stands for itself. */
static reco_status_t
decode(reco_str_t text, reco_event_arena_t *arena, reco_str_t *out)
{
    char *p;
    size_t i;

    if (arena->size - arena->used < text.len) {
        return RECO_NOMEM;
    }

    p = arena->data + arena->used;
    out->data = p;

    for (i = 0; i < text.len; i++) {
        if (text.data[i] == '%' && text.len - i > 2
            && hex_digit(text.data[i + 1]) >= 0
            && hex_digit(text.data[i + 2]) >= 0)
        {
            *p++ = (char) (hex_digit(text.data[i + 1]) * 16
                           + hex_digit(text.data[i + 2]));
            i += 2;

        } else {
            *p++ = text.data[i] == '+' ? ' ' : text.data[i];
        }
    }

    out->len = (size_t) (p - out->data);
    arena->used += out->len;

    return RECO_OK;
}


/* The client's fields alone: others are passed over, as unknown ones are. */
static int
is_foreign(reco_str_t name, int64_t received)
{
    const reco_event_column_t *column;

    column = reco_event_column_by_name(name);

    return column != NULL && received != 0
           && (column->by & RECO_EVENT_BY_CLIENT) == 0;
}


static reco_status_t
set_pair(reco_str_t pair, int64_t received, reco_event_draft_t *draft,
    reco_event_setter_t *setter, const char **field)
{
    reco_str_t name, value;
    const char *equals;
    reco_status_t rc;

    equals = memchr(pair.data, '=', pair.len);
    if (equals == NULL) {
        return RECO_OK;
    }

    name.data = pair.data;
    name.len = (size_t) (equals - pair.data);
    value.data = equals + 1;
    value.len = pair.len - name.len - 1;

    rc = decode(name, setter->arena, &name);
    if (rc != RECO_OK || is_foreign(name, received)) {
        return rc;
    }

    rc = decode(value, setter->arena, &value);
    if (rc != RECO_OK || value.len == 0) {
        return rc;
    }

    rc = reco_event_set_named(name, value, draft, setter, field);

    return rc == RECO_DECLINED ? RECO_OK : rc;
}


static reco_status_t
read_query(reco_str_t query, int64_t received, reco_event_draft_t *draft,
    reco_event_setter_t *setter, const char **field)
{
    const char *p, *end, *next;
    reco_status_t rc;

    end = query.data + query.len;

    for (p = query.data; p < end; p = next + 1) {
        next = memchr(p, '&', (size_t) (end - p));
        if (next == NULL) {
            next = end;
        }

        rc = set_pair((reco_str_t){(size_t) (next - p), p}, received, draft,
            setter, field);
        if (rc != RECO_OK) {
            return rc;
        }
    }

    return reco_event_complete(draft, received, setter, field);
}


reco_status_t
reco_event_parse_query(reco_str_t query, int64_t received,
    reco_event_arena_t *arena, reco_event_batch_t *batch, reco_error_t *error)
{
    reco_event_draft_t draft;
    reco_event_setter_t setter;
    reco_event_reject_t *reject;
    const char *field;
    reco_status_t rc;

    batch->nevents = 0;
    batch->nrejects = 0;

    if (query.len > RECO_EVENT_BODY_MAX) {
        return reco_error_set(error, RECO_TOO_LARGE,
            "the query is larger than %d bytes", RECO_EVENT_BODY_MAX);
    }

    reco_event_init(&draft.event);
    draft.sent = 0;
    setter.arena = arena;
    setter.reason = RECO_EVENT_MALFORMED;
    field = "event";

    rc = read_query(query, received, &draft, &setter, &field);

    switch (rc) {
    case RECO_OK:
        batch->events[0] = draft.event;
        batch->index[0] = 0;
        batch->nevents = 1;
        return RECO_OK;

    case RECO_INVALID:
        reject = &batch->rejects[batch->nrejects++];
        reject->index = 0;
        reject->field = field;
        reject->reason = setter.reason;
        return RECO_OK;

    default:
        return reco_error_set(error, rc, "the arena is too small");
    }
}
