#include "replay_history.h"

#include <stdlib.h>
#include <string.h>


/* A visitor's newest visit. */
typedef struct {
    int64_t ts;
    uint64_t session;
    uint32_t visit;
    int known;
} latest_t;


static int
by_time(const void *one, const void *other)
{
    const reco_replay_event_t *a = one;
    const reco_replay_event_t *b = other;

    if (a->ts != b->ts) {
        return a->ts < b->ts ? -1 : 1;
    }

    return a->sequence < b->sequence ? -1 : a->sequence > b->sequence;
}


static reco_status_t
collect(reco_replay_history_t *history, reco_store_view_t *view)
{
    reco_store_event_t event;
    reco_status_t status;

    for (status = reco_store_view_seek(view, 0, &event); status == RECO_OK;
         status = reco_store_view_next(view, &event))
    {
        if (event.type != RECO_EVENT_IMPRESSION
            && (event.item != RECO_STORE_NO_ITEM
                || event.type == RECO_EVENT_PURCHASE))
        {
            history->events[history->nevents++] =
                (reco_replay_event_t){event.ts, event.sequence, 0};
        }
    }

    return status == RECO_DECLINED ? RECO_OK : status;
}


static reco_status_t
number_visits(
    reco_replay_history_t *history, reco_store_view_t *view, int64_t gap)
{
    reco_store_event_t event;
    reco_status_t status;
    latest_t *latest, *mine;
    size_t i;

    latest = calloc(reco_store_view_nvisitors(view), sizeof(latest_t));
    if (latest == NULL) {
        return RECO_NOMEM;
    }

    status = RECO_OK;

    for (i = 0; status == RECO_OK && i < history->nevents; i++) {
        status = reco_store_view_get(view, history->events[i].sequence, &event);
        if (status != RECO_OK
            || event.visitor >= reco_store_view_nvisitors(view)) {
            status = RECO_CORRUPT;
            break;
        }

        mine = &latest[event.visitor];
        if (!mine->known || mine->session != event.session
            || (event.session == 0 && event.ts - mine->ts > gap))
        {
            mine->known = 1;
            mine->session = event.session;
            mine->visit = history->nvisits++;
        }
        mine->ts = event.ts;
        history->events[i].visit = mine->visit;
    }

    free(latest);

    return status;
}


reco_status_t
reco_replay_history_read(reco_replay_history_t *history, reco_store_t *store,
    int64_t gap, reco_error_t *error)
{
    reco_store_stats_t stats;
    reco_store_view_t *view;
    reco_status_t status;

    memset(history, 0, sizeof(*history));

    status = reco_store_stats(store, &stats, error);
    if (status != RECO_OK) {
        return status;
    }

    history->events =
        malloc(((size_t) stats.events + 1) * sizeof(reco_replay_event_t));
    if (history->events == NULL) {
        return reco_error_set(error, RECO_NOMEM, "out of memory");
    }

    status = reco_store_view_begin(store, &view, error);
    if (status != RECO_OK) {
        return status;
    }

    status = collect(history, view);
    if (status == RECO_OK) {
        qsort(history->events, history->nevents, sizeof(reco_replay_event_t),
            by_time);
        status = number_visits(history, view, gap);
    }
    reco_store_view_end(view);

    return status == RECO_OK
               ? RECO_OK
               : reco_error_set(error, status, "the history cannot be read");
}


void
reco_replay_history_done(reco_replay_history_t *history)
{
    free(history->events);
    memset(history, 0, sizeof(*history));
}
