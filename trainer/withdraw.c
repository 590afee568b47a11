#include "withdraw.h"

#include <stdlib.h>
#include <string.h>

#define BATCH 1000


typedef struct {
    reco_event_t events[BATCH];
    reco_store_outcome_t outcomes[BATCH];
    char ids[BATCH][RECO_EVENT_ITEM_MAX];
    size_t nevents;
} withdrawing_t;


static void
add(withdrawing_t *withdrawing, const reco_store_item_t *item)
{
    reco_event_t *event;
    char *id;

    event = &withdrawing->events[withdrawing->nevents];
    id = withdrawing->ids[withdrawing->nevents++];
    memcpy(id, item->id.data, item->id.len);

    reco_event_init(event);
    event->type = RECO_EVENT_ITEM;
    event->item = (reco_str_t){item->id.len, id};
    event->product.available = 0;
    /* A row may bring it back that is no newer than the one before. */
    event->ts = item->updated != 0 ? item->updated : item->last_seen;
    event->received = event->ts;
    event->source = reco_string("import");
}


/* Collects from item *number on, until there is no more or no more room. */
static reco_status_t
collect(withdrawing_t *withdrawing, reco_store_t *store,
    const reco_names_t *names, uint32_t *number, reco_error_t *error)
{
    reco_store_item_t item;
    reco_store_view_t *view;
    reco_status_t status;

    withdrawing->nevents = 0;
    status = reco_store_view_begin(store, &view, error);
    if (status != RECO_OK) {
        return status;
    }

    for (;
         *number < reco_store_view_nitems(view) && withdrawing->nevents < BATCH;
         (*number)++)
    {
        status = reco_store_view_item(view, *number, &item);

        if (status == RECO_OK && item.product.available != 0
            && item.id.len <= RECO_EVENT_ITEM_MAX
            && reco_names_find(names, item.id) == RECO_NAMES_NONE)
        {
            add(withdrawing, &item);
        }

        if (status != RECO_OK && status != RECO_DECLINED) {
            reco_store_view_end(view);
            return reco_error_set(error, status, "cannot read the catalogue");
        }
    }

    reco_store_view_end(view);

    return RECO_OK;
}


reco_status_t
reco_withdraw(reco_store_t *store, const reco_names_t *names,
    const reco_store_limits_t *limits, uint64_t *withdrawn, reco_error_t *error)
{
    reco_store_batch_t batch = {0};
    withdrawing_t *withdrawing;
    reco_status_t status;
    uint32_t number;
    size_t i;

    *withdrawn = 0;
    number = 0;

    withdrawing = malloc(sizeof(*withdrawing));
    if (withdrawing == NULL) {
        return reco_error_set(error, RECO_NOMEM, "out of memory");
    }

    do {
        status = collect(withdrawing, store, names, &number, error);
        batch.events = withdrawing->events;
        batch.nevents = withdrawing->nevents;
        batch.outcomes = withdrawing->outcomes;

        if (status == RECO_OK && batch.nevents > 0) {
            status = reco_store_apply(store, &batch, limits, error);
        }

        for (i = 0; status == RECO_OK && i < batch.nevents; i++) {
            *withdrawn += withdrawing->outcomes[i] == RECO_STORE_APPLIED;
        }
    } while (status == RECO_OK && batch.nevents == BATCH);

    free(withdrawing);

    return status;
}
