/*
 * What was seen before: in this visit, with how the visitor comes back to
 * things, and in the profile.
 */

#include "reco_engine_sources.h"

#include <math.h>
#include <string.h>


#define RETURN_SOON 60.f /* seconds that make return_soon a half */


/* The record's events, without those that do not count; newest last. */
typedef struct {
    uint32_t items[RECO_ENGINE_EVENTS_MAX];
    unsigned count;
    unsigned distinct;
    int back;     /* the last one was there before */
    int again;    /* the newest item was */
    float habit;  /* share of the events that were returns */
    float length; /* logarithm of the events */
    float gap;    /* logarithm of the seconds to the newest item from the one
                     before it */
} return_trail_t;


typedef struct {
    unsigned feature;
    float value;
} return_feature_t;


/* Seconds from an item's newest event to the visit's. */
static float
return_age(const reco_engine_visit_t *visit, unsigned place)
{
    uint32_t time;

    time = visit->items[place].time;

    return time < visit->newest ? (float) (visit->newest - time) : 0;
}


/* Was item there before the last event? */
static int
return_before(const return_trail_t *trail, uint32_t item)
{
    unsigned i;

    for (i = 0; i + 1 < trail->count; i++) {
        if (trail->items[i] == item) {
            return 1;
        }
    }

    return 0;
}


static void
return_follow(return_trail_t *trail, const reco_engine_model_t *model,
    const reco_engine_visit_t *visit)
{
    unsigned i, j, type;
    uint32_t item;
    const reco_engine_session_t *session;

    memset(trail, 0, sizeof(*trail));
    session = visit->query->session;

    if (session == NULL || session->nevents > RECO_ENGINE_EVENTS_MAX) {
        return;
    }

    for (i = 0; i < session->nevents; i++) {
        item = visit->events[i];
        type = reco_engine_session_event(session, i)->type;

        if (item == RECO_ITEM_NONE || type >= RECO_ENGINE_TYPE_COUNT
            || !(model->type_weight[type] > 0))
        {
            continue;
        }

        for (j = 0; j < trail->count && trail->items[j] != item; j++) {
            /* void */
        }

        trail->back = j < trail->count;
        trail->distinct += !trail->back;
        trail->items[trail->count++] = item;
    }

    /* What nobody knows was not there before either. */
    trail->back = trail->back && visit->first_return != 0;
    trail->again =
        visit->first_return != 0 && return_before(trail, visit->items[0].item);
    trail->length = logf(1 + (float) trail->count);

    if (visit->first_return < visit->nitems) {
        trail->gap = logf(1 + return_age(visit, visit->first_return));
    }

    if (trail->count != 0) {
        trail->habit =
            (float) (trail->count - trail->distinct) / (float) trail->count;
    }
}


/* How often item stood next to the newest one; before it counts half. */
static float
return_again(const return_trail_t *trail, uint32_t item, uint32_t newest)
{
    float again;
    unsigned i;

    again = 0;

    for (i = 0; i + 2 < trail->count; i++) {
        if (trail->items[i] == newest && trail->items[i + 1] == item) {
            again += 1;
        }

        if (trail->items[i + 1] == newest && trail->items[i] == item) {
            again += 0.5f;
        }
    }

    return again;
}


/* How often item is in the visit. */
static unsigned
return_count(const return_trail_t *trail, uint32_t item)
{
    unsigned i, count;

    count = 0;

    for (i = 0; i < trail->count; i++) {
        count += trail->items[i] == item;
    }

    return count;
}


static void
return_describe(reco_engine_pool_t *pool, unsigned row,
    const return_trail_t *trail, const reco_engine_visit_t *visit,
    unsigned place)
{
    float age, again;
    unsigned i, count;
    uint32_t item, newest;

    item = visit->items[place].item;
    newest = visit->first_return != 0 ? visit->items[0].item : RECO_ITEM_NONE;
    age = return_age(visit, place);

    /* Most visits come back to nothing. */
    count = trail->count != trail->distinct ? return_count(trail, item) : 1;
    again = trail->again ? return_again(trail, item, newest) : 0;

    const return_feature_t told[] = {
        {RECO_ENGINE_FEATURE_RETURN_LAST, place == visit->first_return},
        {RECO_ENGINE_FEATURE_RETURN_COUNT, count > 1 ? logf((float) count) : 0},
        {RECO_ENGINE_FEATURE_RETURN_AGAIN, again},
        {RECO_ENGINE_FEATURE_RETURN_HABIT, trail->habit},
        {RECO_ENGINE_FEATURE_RETURN_BACK, trail->back ? 1 : 0},
        {RECO_ENGINE_FEATURE_RETURN_LENGTH, trail->length},
        {RECO_ENGINE_FEATURE_RETURN_AGE, logf(1 + age)},
        {RECO_ENGINE_FEATURE_RETURN_SOON, RETURN_SOON / (RETURN_SOON + age)},
        {RECO_ENGINE_FEATURE_RETURN_GAP, trail->gap},
        {RECO_ENGINE_FEATURE_RETURN_LAST_GAP,
            place == visit->first_return ? trail->gap : 0}};

    for (i = 0; i < sizeof(told) / sizeof(told[0]); i++) {
        *reco_engine_pool_feature(pool, row, told[i].feature) = told[i].value;
    }
}


static void
return_visit(const reco_engine_model_t *model, reco_engine_scratch_t *scratch)
{
    uint16_t row;
    unsigned place;
    return_trail_t trail;
    const reco_engine_visit_t *visit;

    visit = &scratch->visit;
    return_follow(&trail, model, visit);

    for (place = visit->first_return; place < visit->nitems; place++) {
        reco_engine_pool_add(&scratch->pool, model, visit,
            visit->items[place].item, RECO_ENGINE_RETURN,
            model->return_place[place - visit->first_return],
            visit->items[place].item);
        row = reco_engine_pool_find(&scratch->pool, visit->items[place].item);

        if (row != RECO_ENGINE_POOL_REFUSED) {
            reco_engine_pool_returned(&scratch->pool);
            return_describe(&scratch->pool, row, &trail, visit, place);
        }
    }
}


/* Items of the profile become candidates; features tell how often and when. */
static void
return_history(const reco_engine_model_t *model, reco_engine_scratch_t *scratch)
{
    unsigned i, first, count;
    uint32_t item;
    const reco_engine_query_t *query;

    query = scratch->visit.query;
    count = reco_engine_count(model, RECO_ENGINE_RETURN_HISTORY);
    first = query->nhistory > count ? query->nhistory - count : 0;

    for (i = first; i < query->nhistory; i++) {
        item = reco_engine_find(model, query->history[i].item);

        if (item != RECO_ITEM_NONE) {
            reco_engine_pool_add(&scratch->pool, model, &scratch->visit, item,
                RECO_ENGINE_RETURN, 0, item);
        }
    }
}


void
reco_engine_source_return(
    const reco_engine_model_t *model, reco_engine_scratch_t *scratch)
{
    const reco_engine_query_t *query;

    query = scratch->visit.query;

    if (!reco_engine_visit_wants(&scratch->visit, RECO_ENGINE_RETURN)) {
        return;
    }

    if (query->repeat) {
        return_visit(model, scratch);
    }

    if (query->history != NULL && query->history_repeat) {
        return_history(model, scratch);
    }
}
