#include "visit.h"

#include "clock.h"
#include "online.h"
#include "snapshot/reco_snapshot_view.h"
#include "visitor_vectors.h"

#include <stdlib.h>
#include <string.h>

#define EVENTS_MAX 2000 /* of a visitor, the newest */


/* A visitor's events, newest first, while they are being read. */
typedef struct {
    reco_store_view_t *view;
    reco_store_event_t events[EVENTS_MAX];
    unsigned nevents;
} recall_t;


static void
begin(reco_visit_t *visit, uint32_t now)
{
    memset(visit, 0, sizeof(*visit));
    visit->query.session = &visit->session;
    visit->query.price_min = -1;
    visit->query.price_max = -1;
    visit->query.history_repeat = 1;
    visit->query.now = now;
}


reco_status_t
reco_visit_spell(reco_visit_t *visit, const reco_engine_model_t *model,
    const char *text, reco_error_t *error)
{
    reco_engine_event_t event = {.type = RECO_EVENT_VIEW};
    reco_str_t id;

    begin(visit, (uint32_t) (reco_clock_ms() / 1000));
    event.time = visit->query.now;

    while (*text != '\0') {
        id.data = text;
        id.len = strcspn(text, ",");
        text += id.len + (text[id.len] == ',');

        event.item = reco_item_key(id);
        if (reco_engine_find(model, event.item) == RECO_ITEM_NONE) {
            return reco_error_set(error, RECO_DECLINED,
                "the model knows no item \"%.*s\"",
                (int) (id.len < 128 ? id.len : 128), id.data);
        }
        reco_engine_session_apply(&visit->session, &event);
        visit->query.current = event.item;
    }

    return RECO_OK;
}


/* Where the latest session ends, going back in time. */
static unsigned
session_length(const recall_t *recall, int64_t gap)
{
    const reco_store_event_t *event, *after;
    unsigned i;

    for (i = 1; i < recall->nevents; i++) {
        event = &recall->events[i];
        after = &recall->events[i - 1];
        if (event->session != 0 || after->session != 0
                ? event->session != after->session
                : after->ts - event->ts > gap)
        {
            break;
        }
    }

    return i;
}


static uint64_t
item_key(const recall_t *recall, uint32_t number)
{
    reco_store_item_t item;

    return number != RECO_STORE_NO_ITEM
                   && reco_store_view_item(recall->view, number, &item)
                          == RECO_OK
               ? reco_item_key(item.id)
               : 0;
}


static void
apply(reco_visit_t *visit, const recall_t *recall,
    const reco_store_event_t *header)
{
    reco_store_line_t lines[RECO_EVENT_ITEMS_MAX];
    uint64_t keys[RECO_EVENT_ITEMS_MAX];
    reco_engine_event_t event = {0};
    unsigned i, nlines, nkeys;

    nlines = reco_store_event_lines(header, lines);
    nkeys = 0;
    for (i = 0; i < nlines; i++) {
        keys[nkeys] = item_key(recall, lines[i].item);
        nkeys += keys[nkeys] != 0;
    }

    if (header->type == RECO_EVENT_IMPRESSION) {
        reco_engine_session_shown(&visit->session, keys, nkeys);
        return;
    }

    event.time = (uint32_t) (header->ts / 1000);
    event.dwell = header->ms;
    event.type = header->type;

    if (nkeys == 0) {
        keys[nkeys] = item_key(recall, header->item);
        nkeys += keys[nkeys] != 0;
    }

    for (i = 0; i < nkeys; i++) {
        event.item = keys[i];
        reco_engine_session_apply(&visit->session, &event);
        if (event.type == RECO_EVENT_VIEW) {
            visit->query.current = event.item;
        }
    }
}


static void
remember(reco_visit_t *visit, const recall_t *recall,
    const reco_store_event_t *header)
{
    reco_engine_event_t *event = &visit->history[visit->nhistory];

    memset(event, 0, sizeof(*event));
    event->item = item_key(recall, header->item);
    event->time = (uint32_t) (header->ts / 1000);
    event->dwell = header->ms;
    event->type = header->type;
    visit->nhistory +=
        event->item != 0 && header->type != RECO_EVENT_IMPRESSION;
}


/* Follows the visitor's chain back from event number sequence. */
static reco_status_t
read_events(recall_t *recall, uint64_t sequence)
{
    reco_store_event_t *event;
    reco_status_t status;

    status = RECO_OK;

    while (status == RECO_OK && sequence != 0 && recall->nevents < EVENTS_MAX) {
        event = &recall->events[recall->nevents];
        status = reco_store_view_seek(recall->view, sequence, event);

        /* What expired leaves the chain's end hanging. */
        if (status == RECO_DECLINED
            || (status == RECO_OK && event->sequence != sequence))
        {
            return RECO_OK;
        }
        sequence = event->previous;
        recall->nevents++;
    }

    return status;
}


/* first: the newest event that counts; those before it tell the session. */
static reco_status_t
fill(reco_visit_t *visit, const recall_t *recall, unsigned first, int64_t gap)
{
    unsigned length, i;

    begin(visit,
        recall->nevents > 0 ? (uint32_t) (recall->events[0].ts / 1000) : 0);

    visit->history = calloc(recall->nevents + 1U, sizeof(*visit->history));
    if (visit->history == NULL) {
        return RECO_NOMEM;
    }

    length = recall->nevents > 0 ? session_length(recall, gap) : 0;
    for (i = recall->nevents; i-- > length;) {
        remember(visit, recall, &recall->events[i]);
    }
    for (i = length; i-- > first;) {
        apply(visit, recall, &recall->events[i]);
    }

    visit->query.history = visit->history;
    visit->query.nhistory = visit->nhistory;

    return RECO_OK;
}


reco_status_t
reco_visit_recall(reco_visit_t *visit, reco_store_t *store, reco_str_t visitor,
    int64_t gap, reco_error_t *error)
{
    reco_store_visitor_t record;
    reco_status_t status;
    recall_t *recall;

    memset(visit, 0, sizeof(*visit));

    recall = calloc(1, sizeof(*recall));
    if (recall == NULL) {
        return reco_error_set(error, RECO_NOMEM, "out of memory");
    }

    status = reco_store_view_begin(store, &recall->view, error);
    if (status != RECO_OK) {
        free(recall);
        return status;
    }

    status = reco_store_view_visitor(recall->view, visitor, &record);
    if (status == RECO_OK) {
        status = read_events(recall, record.last);
    }
    if (status == RECO_OK) {
        status = fill(visit, recall, 0, gap);
    }

    reco_store_view_end(recall->view);
    free(recall);

    if (status == RECO_DECLINED) {
        return reco_error_set(error, status,
            "the store knows no visitor \"%.*s\"",
            (int) (visitor.len < 64 ? visitor.len : 64), visitor.data);
    }

    return status == RECO_OK ? RECO_OK
                             : reco_error_set(error, status,
                                 "cannot read the visitor's events: %s",
                                 reco_status_name(status));
}


reco_status_t
reco_visit_taste(reco_visit_t *visit, reco_store_t *store, reco_str_t visitor,
    const reco_snapshot_t *base, reco_error_t *error)
{
    reco_store_visitor_t record;
    reco_store_view_t *view;
    reco_status_t status;
    uint32_t dimensions;

    dimensions = reco_snapshot_view(base)->vectors.dimensions;
    visit->taste = malloc((dimensions + 1) * sizeof(float));
    if (visit->taste == NULL) {
        return reco_error_set(error, RECO_NOMEM, "out of memory");
    }

    status = reco_store_view_begin(store, &view, error);
    if (status != RECO_OK) {
        return status;
    }

    /* Of who comes for the first time nginx knows the session alone. */
    if (reco_store_view_visitor(view, visitor, &record) == RECO_OK
        && ((visit->nhistory > 0
                && reco_online_kept(view, base, record.number, visit->taste))
            || reco_visitor_vectors_get(view, reco_snapshot_identity(base),
                dimensions, record.number, visit->taste)))
    {
        visit->query.user = visit->taste;
    }
    reco_store_view_end(view);

    return RECO_OK;
}


reco_status_t
reco_visit_before(reco_visit_t *visit, reco_store_view_t *view,
    const reco_store_event_t *event, int64_t gap, reco_error_t *error)
{
    reco_status_t status;
    recall_t *recall;
    uint64_t page;

    memset(visit, 0, sizeof(*visit));

    recall = calloc(1, sizeof(*recall));
    if (recall == NULL) {
        return reco_error_set(error, RECO_NOMEM, "out of memory");
    }

    recall->view = view;
    recall->events[recall->nevents++] = *event;
    status = read_events(recall, event->previous);
    if (status == RECO_OK) {
        status = fill(visit, recall, 1, gap);
    }

    page = item_key(recall, event->item);
    if (status == RECO_OK && page != 0) {
        visit->query.current = page;
    }
    free(recall);

    return status == RECO_OK ? RECO_OK
                             : reco_error_set(error, status,
                                 "cannot read a visitor's events: %s",
                                 reco_status_name(status));
}


void
reco_visit_done(reco_visit_t *visit)
{
    free(visit->history);
    free(visit->taste);
    memset(visit, 0, sizeof(*visit));
}
