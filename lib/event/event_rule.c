#include "event/event_column.h"

#include <string.h>

/* The fields that a type cannot do without. */
#define REQUIRED_MAX 2

typedef struct {
    reco_str_t name;
    reco_str_t required[REQUIRED_MAX];
} event_rule_t;

static const event_rule_t event_rules[RECO_EVENT_TYPE_COUNT] = {
    [RECO_EVENT_VIEW] = {reco_string("view"), {}},
    [RECO_EVENT_CLICK] = {reco_string("click"), {reco_string("item")}},
    [RECO_EVENT_HOVER] = {reco_string("hover"), {reco_string("item")}},
    [RECO_EVENT_SCROLL] = {reco_string("scroll"), {reco_string("depth")}},
    [RECO_EVENT_DWELL] = {reco_string("dwell"), {reco_string("ms")}},
    [RECO_EVENT_IMPRESSION] = {reco_string("impression"),
        {reco_string("items")}},
    [RECO_EVENT_CART] = {reco_string("cart"), {reco_string("item")}},
    [RECO_EVENT_PURCHASE] = {reco_string("purchase"), {}},
    [RECO_EVENT_RATING] = {reco_string("rating"),
        {reco_string("item"), reco_string("value")}},
    [RECO_EVENT_ITEM] = {reco_string("item"), {reco_string("item")}},
    [RECO_EVENT_SEARCH] = {reco_string("search"), {}},
    [RECO_EVENT_CUSTOM] = {reco_string("custom"), {}},
};


const char *
reco_event_type_name(reco_event_type_t type)
{
    if ((unsigned) type >= RECO_EVENT_TYPE_COUNT) {
        return "unknown";
    }

    return event_rules[type].name.data;
}


reco_str_t
reco_event_type_text(reco_event_type_t type)
{
    return event_rules[type].name;
}


reco_event_type_t
reco_event_type(reco_str_t name)
{
    unsigned type;

    for (type = 0; type < RECO_EVENT_TYPE_COUNT; type++) {
        if (event_rules[type].name.len == name.len
            && memcmp(event_rules[type].name.data, name.data, name.len) == 0)
        {
            break;
        }
    }

    return (reco_event_type_t) type;
}


const char *
reco_event_reason_name(reco_event_reason_t reason)
{
    static const char *const names[RECO_EVENT_REASON_COUNT] = {
        [RECO_EVENT_MALFORMED] = "malformed",
        [RECO_EVENT_TOO_DEEP] = "too_deep",
        [RECO_EVENT_TOO_MANY] = "too_many",
        [RECO_EVENT_MISSING] = "missing",
        [RECO_EVENT_WRONG_TYPE] = "wrong_type",
        [RECO_EVENT_OUT_OF_RANGE] = "out_of_range",
        [RECO_EVENT_TOO_LONG] = "too_long",
        [RECO_EVENT_BAD_UTF8] = "bad_utf8",
        [RECO_EVENT_BAD_CHARACTER] = "bad_character",
        [RECO_EVENT_UNKNOWN_VALUE] = "unknown_value",
        [RECO_EVENT_NOT_ALLOWED] = "not_allowed",
    };

    if ((unsigned) reason >= RECO_EVENT_REASON_COUNT) {
        return "unknown";
    }

    return names[reason];
}


/* From the client's clock to the server's. */
static reco_status_t
correct_clock(
    reco_event_draft_t *draft, int64_t received, reco_event_setter_t *setter)
{
    reco_event_t *event;
    int64_t age;

    event = &draft->event;

    if (event->ts == 0) {
        event->ts = received;
        return RECO_OK;
    }

    age = (draft->sent != 0 ? draft->sent : received) - event->ts;
    if (age < 0) {
        age = 0;
    }

    if (age > RECO_EVENT_AGE_MAX) {
        return reco_event_refuse(setter, RECO_EVENT_OUT_OF_RANGE);
    }

    event->ts = received - age;

    return RECO_OK;
}


/* NULL, or the name of a field that the type requires and the event lacks. */
static const char *
missing_field(const reco_event_t *event)
{
    const event_rule_t *rule;
    const reco_event_column_t *column;
    unsigned i;

    if (event->type >= RECO_EVENT_TYPE_COUNT) {
        return "type";
    }

    rule = &event_rules[event->type];

    for (i = 0; i < REQUIRED_MAX && rule->required[i].len > 0; i++) {
        column = reco_event_column_by_name(rule->required[i]);
        if (reco_event_column_absent(column, event)) {
            return column->name.data;
        }
    }

    if (event->type == RECO_EVENT_PURCHASE && event->nlines == 0
        && event->item.len == 0)
    {
        return "items";
    }

    return NULL;
}


static void
set_defaults(reco_event_t *event)
{
    if (event->type == RECO_EVENT_ITEM) {
        event->product.price = event->price;

    } else {
        event->product = (reco_event_product_t){.price = -1, .available = -1};
    }

    if (event->qty <= 0 && event->item.len > 0
        && (event->type == RECO_EVENT_CART
            || event->type == RECO_EVENT_PURCHASE))
    {
        event->qty = 1;
    }
}


reco_status_t
reco_event_complete(reco_event_draft_t *draft, int64_t received,
    reco_event_setter_t *setter, const char **field)
{
    *field = missing_field(&draft->event);
    if (*field != NULL) {
        return reco_event_refuse(setter, RECO_EVENT_MISSING);
    }

    *field = "ts";

    if (received == 0) {
        if (draft->event.ts == 0) {
            return reco_event_refuse(setter, RECO_EVENT_MISSING);
        }

    } else {
        draft->event.received = received;
        if (correct_clock(draft, received, setter) != RECO_OK) {
            return RECO_INVALID;
        }
    }

    set_defaults(&draft->event);

    return RECO_OK;
}


reco_status_t
reco_event_set(reco_event_t *event, reco_str_t name, reco_str_t text,
    reco_event_arena_t *arena, reco_event_reject_t *reject)
{
    reco_event_draft_t draft;
    reco_event_setter_t setter;
    const char *field;
    reco_status_t rc;

    draft.event = *event;
    setter.arena = arena;

    rc = reco_event_set_named(name, text, &draft, &setter, &field);

    if (rc == RECO_OK) {
        *event = draft.event;

    } else if (rc == RECO_INVALID) {
        reject->field = field;
        reject->reason = setter.reason;
    }

    return rc;
}


reco_status_t
reco_event_finish(reco_event_t *event, reco_event_reject_t *reject)
{
    reco_event_draft_t draft;
    reco_event_setter_t setter;

    draft.event = *event;

    if (reco_event_complete(&draft, 0, &setter, &reject->field) != RECO_OK) {
        reject->reason = setter.reason;
        return RECO_INVALID;
    }

    *event = draft.event;

    return RECO_OK;
}


void
reco_event_batch_refuse(
    reco_event_batch_t *batch, unsigned event, const char *field)
{
    reco_event_reject_t *reject;
    unsigned i;

    reject = &batch->rejects[batch->nrejects++];
    reject->index = batch->index[event];
    reject->field = field;
    reject->reason = RECO_EVENT_NOT_ALLOWED;

    batch->nevents--;
    for (i = event; i < batch->nevents; i++) {
        batch->events[i] = batch->events[i + 1];
        batch->index[i] = batch->index[i + 1];
    }
}
