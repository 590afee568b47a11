#include "overlay.h"

#include <stdlib.h>
#include <string.h>

#include "overlay_state.h"
#include "snapshot/reco_snapshot_view.h"


/* A quiet shop's overlay is written again before it could look stale. */
#define HEARTBEAT_MS 10000

/* Taken in at once; between two such steps the ingest gets its turn. */
#define EVENTS_MAX 5000


static void
read_type_weights(reco_overlay_t *overlay, const reco_config_t *config)
{
    overlay->type_weights[RECO_EVENT_VIEW] =
        (float) reco_config_number(config, "weight.view");
    overlay->type_weights[RECO_EVENT_CLICK] =
        (float) reco_config_number(config, "weight.click");
    overlay->type_weights[RECO_EVENT_CART] =
        (float) reco_config_number(config, "weight.cart");
    overlay->type_weights[RECO_EVENT_PURCHASE] =
        (float) reco_config_number(config, "weight.purchase");
    overlay->type_weights[RECO_EVENT_RATING] =
        (float) reco_config_number(config, "weight.rating");
}


reco_status_t
reco_overlay_open(reco_store_t *store, reco_snapshot_t *base, uint64_t since,
    const reco_config_t *config, reco_overlay_t **overlay, reco_error_t *error)
{
    reco_overlay_t *self;
    reco_status_t status;

    self = calloc(1, sizeof(*self));
    if (self == NULL) {
        return reco_error_set(
            error, RECO_NOMEM, "no memory for the overlay's sessions");
    }

    status = reco_overlay_sessions_init(&self->sessions,
        (uint32_t) reco_config_integer(config, "overlay_sessions"),
        (uint32_t) (reco_config_integer(config, "session_gap") / 1000));
    if (status != RECO_OK) {
        free(self);
        return reco_error_set(
            error, status, "no memory for the overlay's sessions");
    }

    reco_snapshot_acquire(base);
    self->base = base;
    self->store = store;
    self->sequence = since;
    self->published = UINT64_MAX;
    self->halflife = (double) reco_config_integer(config, "trend_halflife");
    self->weight = (float) reco_config_number(config, "overlay_weight");
    read_type_weights(self, config);

    *overlay = self;

    return RECO_OK;
}


void
reco_overlay_close(reco_overlay_t *overlay)
{
    if (overlay == NULL) {
        return;
    }

    reco_snapshot_release(overlay->base);
    reco_overlay_sessions_done(&overlay->sessions);
    free(overlay->items);
    free(overlay->trend);
    free(overlay->added.numbers);
    free(overlay->added_keys);
    free(overlay->touched.numbers);
    free(overlay->moving.numbers);
    free(overlay->ids);
    free(overlay);
}


void
reco_overlay_watch(reco_overlay_t *overlay, const reco_overlay_watch_t *watch)
{
    overlay->watch = *watch;
}


const reco_overlay_session_t *
reco_overlay_session(
    const reco_overlay_t *overlay, const reco_store_event_t *event)
{
    reco_overlay_act_t act = {.name = event->session,
        .visitor = event->visitor,
        .time = (uint32_t) (event->ts / 1000)};

    return event->ts < 0 ? NULL
                         : reco_overlay_sessions_find(&overlay->sessions, &act);
}


uint64_t
reco_overlay_sequence(const reco_overlay_t *overlay)
{
    return overlay->sequence;
}


reco_status_t
reco_overlay_product(reco_overlay_t *overlay, reco_str_t id)
{
    size_t size;
    char *ids;

    /* No id holds NUL: such an event was refused. */
    if (memchr(id.data, '\0', id.len) != NULL) {
        return RECO_OK;
    }

    if (overlay->ids_size - overlay->ids_length <= id.len) {
        size = 2 * (overlay->ids_length + id.len) + 1024;
        ids = realloc(overlay->ids, size);
        if (ids == NULL) {
            return RECO_NOMEM;
        }
        overlay->ids = ids;
        overlay->ids_size = size;
    }

    memcpy(overlay->ids + overlay->ids_length, id.data, id.len);
    overlay->ids_length += id.len;
    overlay->ids[overlay->ids_length++] = '\0';

    return RECO_OK;
}


static reco_status_t
tell_step(reco_overlay_t *overlay, reco_store_view_t *view,
    const reco_store_event_t *event, uint32_t item,
    const reco_overlay_act_t *act)
{
    reco_overlay_step_t step;

    step.event = event;
    step.item = item;
    step.number = act->item;
    step.weight = act->weight;
    step.session = reco_overlay_sessions_find(&overlay->sessions, act);

    return overlay->watch.step(overlay->watch.context, view, &step);
}


/* An item makes one step up for each visit that it is in, and for a cart or
   purchase: whoever loads a page again and again pushes nothing. */
static int
was_there(const reco_overlay_t *overlay, const reco_overlay_act_t *act)
{
    const reco_overlay_session_t *session;
    uint32_t i;

    session = reco_overlay_sessions_find(&overlay->sessions, act);

    for (i = 0; session != NULL && i < session->nitems; i++) {
        if (session->items[i] == act->item
            && session->weights[i] >= act->weight) {
            return 1;
        }
    }

    return 0;
}


/* One item that a visitor's event is about. */
static reco_status_t
take_act(reco_overlay_t *overlay, reco_store_view_t *view,
    const reco_store_event_t *event, uint32_t item)
{
    reco_overlay_act_t act;
    reco_status_t status;
    int again;

    act.weight = overlay->type_weights[event->type];
    if (!(act.weight > 0) || event->ts < 0) {
        return RECO_OK;
    }

    status = reco_overlay_item(overlay, view, item, &act.item);
    if (status != RECO_OK || act.item == RECO_ITEM_NONE) {
        return status;
    }

    act.visitor = event->visitor;
    act.name = event->session;
    act.time = (uint32_t) (event->ts / 1000);

    again = was_there(overlay, &act);
    if (overlay->watch.step != NULL) {
        status = tell_step(overlay, view, event, item, &act);
        if (status != RECO_OK) {
            return status;
        }
    }

    status = reco_overlay_sessions_add(&overlay->sessions, &act);
    if (status != RECO_OK) {
        return status;
    }

    return again ? RECO_OK
                 : reco_overlay_trend(overlay, item, event->ts, act.weight);
}


/* Not in the base, or sold out though the base offers it. */
static int
may_differ(const reco_overlay_t *overlay, const reco_store_item_t *item)
{
    return item->product.available == 0
           || reco_snapshot_find(overlay->base, reco_item_key(item->id))
                  == RECO_ITEM_NONE;
}


/* Metadata of an item: it may be new, sold out, or back again. */
static reco_status_t
take_product(reco_overlay_t *overlay, reco_store_view_t *view, uint32_t item)
{
    reco_status_t status;
    uint32_t number;

    status = reco_overlay_item(overlay, view, item, &number);
    if (status != RECO_OK || number == RECO_ITEM_NONE
        || overlay->items[item].checked)
    {
        return status;
    }

    overlay->items[item].checked = 1;

    return reco_overlay_list_add(&overlay->touched, item);
}


/* Differences between catalogue and base, from before this overlay. */
static reco_status_t
scan_catalog(reco_overlay_t *overlay, reco_store_view_t *view)
{
    reco_store_item_t item;
    reco_status_t status;
    uint32_t i, nitems;

    nitems = reco_store_view_nitems(view);

    for (i = 0; i < nitems; i++) {
        status = reco_store_view_item(view, i, &item);
        if (status == RECO_DECLINED
            || (status == RECO_OK
                && (item.updated == 0 || !may_differ(overlay, &item))))
        {
            continue;
        }

        if (status == RECO_OK) {
            status = take_product(overlay, view, i);
        }
        if (status != RECO_OK) {
            return status;
        }
    }

    overlay->scanned = 1;

    return RECO_OK;
}


static reco_status_t
take_products(reco_overlay_t *overlay, reco_store_view_t *view)
{
    reco_status_t status;
    uint32_t number;
    reco_str_t id;
    size_t at;

    if (!overlay->scanned) {
        status = scan_catalog(overlay, view);
        if (status != RECO_OK) {
            return status;
        }
    }

    for (at = 0; at < overlay->ids_length; at += id.len + 1) {
        id.data = overlay->ids + at;
        id.len = strlen(id.data);

        status = reco_store_view_find_item(view, id, &number);
        if (status == RECO_OK) {
            status = take_product(overlay, view, number);
        }
        if (status != RECO_OK && status != RECO_DECLINED) {
            return status;
        }
    }

    return RECO_OK;
}


static reco_status_t
take_event(reco_overlay_t *overlay, reco_store_view_t *view,
    const reco_store_event_t *event)
{
    reco_store_line_t lines[RECO_EVENT_ITEMS_MAX];
    reco_status_t status;
    unsigned i, nlines;

    if (event->type >= RECO_EVENT_TYPE_COUNT) {
        return RECO_OK;
    }

    if (overlay->watch.event != NULL) {
        status = overlay->watch.event(overlay->watch.context, view, event);
        if (status != RECO_OK) {
            return status;
        }
    }

    nlines =
        event->type == RECO_EVENT_PURCHASE || event->type == RECO_EVENT_CART
            ? reco_store_event_lines(event, lines)
            : 0;
    if (nlines == 0) {
        return take_act(overlay, view, event, event->item);
    }

    for (i = 0; i < nlines; i++) {
        status = take_act(overlay, view, event, lines[i].item);
        if (status != RECO_OK) {
            return status;
        }
    }

    return RECO_OK;
}


static reco_status_t
take_events(reco_overlay_t *overlay, reco_store_view_t *view)
{
    reco_store_event_t event;
    reco_status_t status;
    unsigned taken;

    status = reco_overlay_room(overlay, reco_store_view_nitems(view));
    if (status != RECO_OK) {
        return status;
    }

    status = reco_store_view_seek(view, overlay->sequence + 1, &event);

    for (taken = 0; status == RECO_OK; taken++) {
        if (taken == EVENTS_MAX) {
            return RECO_AGAIN;
        }
        status = take_event(overlay, view, &event);
        if (status != RECO_OK) {
            return status;
        }
        overlay->sequence = event.sequence;
        if (event.ts > overlay->newest) {
            overlay->newest = event.ts;
        }
        status = reco_store_view_next(view, &event);
    }

    return status == RECO_DECLINED ? take_products(overlay, view) : status;
}


/* Is there anything to publish, or could readers take the last one for stale?
   What is still on its way is worth it only then. */
static int
is_due(const reco_overlay_t *overlay, int64_t now, int catching_up)
{
    int changed;

    changed =
        overlay->sequence != overlay->published || overlay->ids_length != 0;

    return (changed && !catching_up)
           || now - overlay->published_at >= HEARTBEAT_MS;
}


reco_status_t
reco_overlay_publish(
    reco_overlay_t *overlay, const char *path, int64_t now, reco_error_t *error)
{
    reco_store_view_t *view;
    reco_status_t taken, status;

    status = reco_store_view_begin(overlay->store, &view, error);
    if (status != RECO_OK) {
        return status;
    }

    taken = take_events(overlay, view);

    if (taken != RECO_OK && taken != RECO_AGAIN) {
        status = reco_error_set(error, taken,
            "cannot read the store's events after number %llu",
            (unsigned long long) overlay->sequence);

    } else if (is_due(overlay, now, taken == RECO_AGAIN)) {
        status = reco_overlay_sheet_write(overlay, view, path, now, error);

    } else {
        status = RECO_DECLINED;
    }

    reco_store_view_end(view);

    if (status == RECO_OK) {
        overlay->published = overlay->sequence;
        overlay->published_at = now;
        overlay->newest = 0;
        overlay->ids_length = taken == RECO_OK ? 0 : overlay->ids_length;
    }

    return taken == RECO_AGAIN && status == RECO_DECLINED ? RECO_AGAIN : status;
}
