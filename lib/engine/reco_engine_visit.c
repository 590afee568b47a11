/*
 * From keys and events to items and weights.
 */

#include "reco_engine_visit.h"

#include <math.h>


/* What an event counts, by its type, active time and age. */
static float
visit_weight(const reco_engine_model_t *model, const reco_engine_event_t *event,
    uint32_t now)
{
    float weight, share, halflife;

    if (event->type >= RECO_ENGINE_TYPE_COUNT) {
        return 0;
    }

    weight = model->type_weight[event->type];

    if (event->dwell != 0) {
        share = (float) event->dwell
                / (1000 * reco_engine_value(model, RECO_ENGINE_DWELL_FULL));
        share = share < 1 ? share : 1;
        weight *=
            share
            + (1 - share) * reco_engine_value(model, RECO_ENGINE_DWELL_FLOOR);
    }

    halflife = reco_engine_value(model, RECO_ENGINE_AGE_HALFLIFE);

    if (halflife > 0 && event->time < now) {
        weight *= exp2f(-(float) (now - event->time) / halflife);
    }

    return weight;
}


/* Once each item, at its newest place, with the weight of its best event. */
static void
visit_add(
    reco_engine_visit_t *visit, uint32_t item, float weight, uint32_t time)
{
    unsigned i;

    if (item == RECO_ITEM_NONE || !(weight > 0)) {
        return;
    }

    for (i = 0; i < visit->nitems; i++) {
        if (visit->items[i].item == item) {
            visit->items[i].weight = fmaxf(visit->items[i].weight, weight);

            if (time > visit->items[i].time) {
                visit->items[i].time = time;
            }
            return;
        }
    }

    visit->items[visit->nitems].item = item;
    visit->items[visit->nitems].weight = weight;
    visit->items[visit->nitems].time = time;
    visit->nitems++;
}


/* Everything that will be looked up in the catalogue: one by one, each would
   wait for memory twice. */
static void
visit_prefetch(
    const reco_engine_model_t *model, const reco_engine_session_t *session)
{
    unsigned i, count;
    uint64_t keys[RECO_ENGINE_EVENTS_MAX + RECO_ENGINE_SEEN_MAX];

    count = 0;

    for (i = 0; i < session->nevents; i++) {
        keys[count++] = reco_engine_session_event(session, i)->item;
    }

    for (i = 0; i < session->nseen && i < RECO_ENGINE_SEEN_MAX; i++) {
        keys[count++] = session->seen[i];
    }

    reco_snapshot_catalog_prefetch(&model->base->catalog, keys, count);
}


static void
visit_add_session(reco_engine_visit_t *visit, const reco_engine_model_t *model)
{
    unsigned i;
    const reco_engine_query_t *query;
    const reco_engine_event_t *event;
    const reco_engine_session_t *session;

    query = visit->query;
    session = query->session;

    if (session == NULL || session->nevents > RECO_ENGINE_EVENTS_MAX) {
        return;
    }

    visit_prefetch(model, session);

    for (i = session->nevents; i-- > 0;) {
        event = reco_engine_session_event(session, i);
        visit->events[i] = reco_engine_find(model, event->item);
        visit_add(visit, visit->events[i],
            visit_weight(model, event, query->now), event->time);
    }
}


reco_status_t
reco_engine_visit_init(reco_engine_visit_t *visit,
    const reco_engine_model_t *model, const reco_engine_query_t *query)
{
    const reco_snapshot_hot_t *hot;

    visit->query = query;
    visit->nitems = 0;
    visit->flags = RECO_SNAPSHOT_AVAILABLE;
    visit->current = RECO_ITEM_NONE;
    visit->category = RECO_ITEM_NONE;
    visit->anchor_category = 0;
    visit->anchor_price = 0;
    visit->sources = query->sources != 0 ? query->sources : UINT32_MAX;

    if (query->linked) {
        visit->flags |= RECO_SNAPSHOT_UNLINKED;
    }

    /* Who does not say when it is asks right after the base was trained. */
    visit->today = query->now != 0 ? query->now : model->base->sessions.newest;
    visit->located =
        model->base->vectors.dimensions != 0
        && (reco_engine_visit_wants(visit, RECO_ENGINE_FACTORS)
            || reco_engine_value(model, RECO_ENGINE_DIVERSITY_LAMBDA) < 1);
    visit->latest = query->now != 0 ? query->now : UINT32_MAX;

    reco_engine_rules_resolve(&visit->rules, model, query);
    visit->narrow = visit->rules.excluding != 0 || query->category.len != 0
                    || query->price_min > 0 || !(query->price_max < 0);

    if (query->category.len != 0) {
        visit->category = reco_engine_find_category(model, query->category);

        if (visit->category == RECO_ITEM_NONE) {
            return RECO_DECLINED;
        }
    }

    if (query->current != 0) {
        visit->current = reco_engine_find(model, query->current);
        visit_add(visit, visit->current, 1, query->now);
    }

    visit_add_session(visit, model);
    visit->first_return =
        query->current == 0 || visit->current != RECO_ITEM_NONE;
    visit->newest = query->current != 0 ? query->now : 0;

    if (visit->nitems != 0) {
        visit->newest =
            visit->newest != 0 ? visit->newest : visit->items[0].time;
        hot = reco_engine_hot(model, visit->items[0].item);
        visit->anchor_category =
            reco_engine_category(model, visit->items[0].item, hot);
        visit->anchor_price = hot->price;
    }

    return RECO_OK;
}
