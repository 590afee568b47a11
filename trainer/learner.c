#include "learner.h"

#include "clock.h"
#include "learner_state.h"
#include "log.h"
#include "snapshot/reco_snapshot_view.h"
#include "visitor_vectors.h"

#include <stdlib.h>
#include <string.h>

#define SAVE_MS    5000
#define CASES_MAX  1000 /* between two publishes */
#define CHANCE_MIN 0.001


static reco_status_t
open_online(reco_learner_t *learner, uint64_t since, reco_error_t *error)
{
    reco_status_t status;

    if (!reco_config_integer(learner->config, "online")) {
        return RECO_OK;
    }

    status = reco_online_open(learner->store, learner->base, since,
        learner->config, &learner->online, error);

    if (status == RECO_CORRUPT) {
        reco_log(
            RECO_LOG_WARN, "%s: beginning anew from the base", error->message);
        status = reco_store_state_save(learner->store, "oiv", NULL, 0, error);
        if (status == RECO_OK) {
            status = reco_online_open(learner->store, learner->base, since,
                learner->config, &learner->online, error);
        }
    }

    return status == RECO_DECLINED ? RECO_OK : status;
}


static reco_status_t
make_room(reco_learner_t *learner)
{
    size_t max, dimensions;

    max = (size_t) reco_config_integer(learner->config, "online_vectors");
    learner->dimensions = reco_snapshot_view(learner->base)->vectors.dimensions;
    dimensions = (size_t) learner->dimensions + 1;
    learner->nhistory_max =
        (unsigned) reco_config_integer(learner->config, "online_profile");
    learner->nvectors_max = (uint32_t) max;
    learner->history =
        calloc((size_t) learner->nhistory_max + 1, sizeof(learner->history[0]));
    learner->context = malloc(dimensions * sizeof(float));
    learner->content = malloc(dimensions * sizeof(float));
    learner->recent = malloc((max + 1) * sizeof(uint32_t));
    learner->recent_vectors = malloc((max + 1) * sizeof(float *));
    learner->vector_items = malloc((max + 1) * sizeof(uint32_t));
    learner->vectors = malloc((max + 1) * dimensions * sizeof(float));

    return learner->history != NULL && learner->context != NULL
                   && learner->content != NULL && learner->recent != NULL
                   && learner->recent_vectors != NULL
                   && learner->vector_items != NULL && learner->vectors != NULL
               ? RECO_OK
               : RECO_NOMEM;
}


/* -- events -- */


/* What the visitor did before, oldest first; how many events. */
static unsigned
read_history(
    reco_learner_t *learner, reco_store_view_t *view, uint64_t sequence)
{
    reco_engine_event_t *entry;
    reco_store_event_t event;
    reco_store_item_t item;
    unsigned place;

    place = learner->nhistory_max;

    while (place > 0 && sequence != 0
           && reco_store_view_get(view, sequence, &event) == RECO_OK
           && event.previous < sequence)
    {
        sequence = event.previous;
        if (event.item == RECO_STORE_NO_ITEM
            || reco_store_view_item(view, event.item, &item) != RECO_OK)
        {
            continue;
        }

        entry = &learner->history[--place];
        memset(entry, 0, sizeof(*entry));
        entry->item = reco_item_key(item.id);
        entry->time = (uint32_t) (event.ts / 1000);
        entry->type = event.type;
    }

    memmove(learner->history, learner->history + place,
        (learner->nhistory_max - place) * sizeof(learner->history[0]));

    return learner->nhistory_max - place;
}


/* A visitor who comes for the first time since the base: from the profile. */
static void
fold_profile(reco_learner_t *learner, reco_store_view_t *view,
    const reco_store_event_t *event, reco_online_visitor_t *visitor)
{
    reco_engine_query_t query;

    memset(&query, 0, sizeof(query));
    query.history = learner->history;
    query.nhistory = read_history(learner, view, event->previous);
    query.n = 1;

    if (query.nhistory > 0
        && reco_engine_fold_in(reco_prequential_model(learner->prequential),
            &query, reco_prequential_scratch(learner->prequential),
            visitor->vector))
    {
        visitor->nevents = 1;
        visitor->dirty = 1;
    }
}


/* From a vector that was learnt elsewhere, or else from what they did. */
static void
begin_visitor(reco_learner_t *learner, reco_store_view_t *view,
    const reco_store_event_t *event, reco_online_visitor_t *visitor)
{
    if (reco_visitor_vectors_get(view, learner->identity, learner->dimensions,
            event->visitor, visitor->vector))
    {
        visitor->nevents = 1;
        visitor->dirty = 1;

    } else if (event->previous != 0) {
        fold_profile(learner, view, event, visitor);
    }
}


void
reco_learner_query(reco_learner_t *learner, const reco_store_event_t *event,
    const reco_overlay_session_t *session, reco_engine_query_t *query)
{
    reco_engine_event_t *entry;
    uint32_t i, first;

    first = session->nitems > RECO_ENGINE_EVENTS_MAX
                ? session->nitems - RECO_ENGINE_EVENTS_MAX
                : 0;
    learner->session.nevents = session->nitems - first;
    learner->session.nseen = 0;

    for (i = first; i < session->nitems; i++) {
        entry = &learner->session.events[i - first];
        memset(entry, 0, sizeof(*entry));
        entry->item = reco_overlay_key(learner->overlay, session->items[i]);
        entry->time = session->time;
    }

    memset(query, 0, sizeof(*query));
    query->session = &learner->session;
    query->current =
        reco_overlay_key(learner->overlay, session->items[session->nitems - 1]);
    query->now = (uint32_t) (event->ts / 1000);
    query->n = RECO_PREQUENTIAL_CUTOFF;
    query->repeat = 1;
    query->price_min = -1;
    query->price_max = -1;
}


static void
make_query(reco_learner_t *learner, const reco_overlay_step_t *step,
    const reco_online_visitor_t *visitor, reco_engine_query_t *query)
{
    reco_learner_query(learner, step->event, step->session, query);

    if (visitor != NULL && visitor->returned && visitor->nevents > 0) {
        query->user = visitor->vector;
    }
}


static void
test(reco_learner_t *learner, const reco_engine_query_t *query, uint32_t number)
{
    int64_t began;

    if (learner->ncases >= CASES_MAX
        || reco_random_unit(&learner->random) >= learner->chance)
    {
        return;
    }

    began = reco_clock_monotonic_ns();
    reco_prequential_case(learner->prequential, query, number);
    learner->spent += reco_clock_elapsed(began);
    learner->ncases++;
}


static reco_status_t
learn(reco_learner_t *learner, reco_store_view_t *view,
    const reco_overlay_step_t *step, const reco_engine_query_t *query,
    reco_online_visitor_t *visitor)
{
    const float *context, *content;

    content = step->number >= reco_snapshot_nitems(learner->base)
                  ? reco_learner_content(learner, view, step->item)
                  : NULL;
    context = query != NULL
                      && reco_engine_fold_in(
                          reco_prequential_model(learner->prequential), query,
                          reco_prequential_scratch(learner->prequential),
                          learner->context)
                  ? learner->context
                  : NULL;

    return reco_online_learn(learner->online, context, visitor, step->item,
        step->number, content, step->weight);
}


static reco_status_t
on_step(void *context, reco_store_view_t *view, const reco_overlay_step_t *step)
{
    const reco_overlay_session_t *session = step->session;
    reco_online_visitor_t *visitor;
    reco_engine_query_t query;
    reco_learner_t *learner = context;
    reco_status_t status;
    int asked;

    if (step->event->sequence <= learner->sequence) {
        return RECO_OK;
    }

    visitor = NULL;
    if (learner->online != NULL) {
        status = reco_online_visitor(
            learner->online, step->event->visitor, &visitor);
        if (status != RECO_OK) {
            return status;
        }
        if (visitor->nevents == 0) {
            begin_visitor(learner, view, step->event, visitor);
        }
        if (session == NULL) {
            visitor->returned = visitor->nevents > 0;
        }
    }

    /* The same page again is nobody's choice. */
    asked = session != NULL && session->nitems > 0;
    if (asked && session->items[session->nitems - 1] == step->number) {
        return RECO_OK;
    }

    if (asked) {
        make_query(learner, step, visitor, &query);
        test(learner, &query, step->number);
    }

    return learner->online != NULL
               ? learn(learner, view, step, asked ? &query : NULL, visitor)
               : RECO_OK;
}


static reco_status_t
on_event(
    void *context, reco_store_view_t *view, const reco_store_event_t *event)
{
    reco_learner_t *learner = context;
    reco_status_t status;

    if (event->sequence > learner->sequence) {
        learner->sequence = event->sequence - 1;
        if (learner->online != NULL) {
            reco_online_reach(learner->online, event->sequence);
        }
        if (learner->clicks != NULL) {
            status = reco_learner_clicks(learner, view, event);
            if (status != RECO_OK) {
                return status;
            }
        }
    }

    /* Its counts begin with the base, whatever is learnt already. */
    return learner->features != NULL
               ? reco_features_note(learner->features, event)
               : RECO_OK;
}


/* -- the file -- */


/* How many of the next cases can be afforded, by what the last ones took. */
static void
budget(reco_learner_t *learner)
{
    double allowed;

    allowed = learner->share * reco_clock_elapsed(learner->began);

    if (learner->spent > allowed) {
        learner->chance *= allowed / learner->spent;
    } else {
        learner->chance *= 2;
    }

    if (learner->chance < CHANCE_MIN) {
        learner->chance = CHANCE_MIN;
    } else if (learner->chance > 1) {
        learner->chance = 1;
    }

    learner->spent = 0;
    learner->ncases = 0;
    learner->began = reco_clock_monotonic_ns();
}


static void
choose(reco_learner_t *learner, int64_t lag)
{
    reco_prequential_figures_t *figures;

    figures = reco_prequential_figures(learner->prequential);

    if (reco_config_integer(learner->config, "selection")) {
        reco_selection_age(&learner->selection, lag);
        if (reco_selection_choose(&learner->selection, figures)) {
            reco_log(RECO_LOG_NOTICE,
                "by %llu predictions: %s, weight %g, vectors %s",
                (unsigned long long) figures->cases,
                learner->selection.use ? "base and overlay" : "base alone",
                (double) learner->selection.setting.weight,
                learner->selection.setting.vectors ? "on" : "off");
        }
    }
}


static reco_status_t
on_fill(void *context, reco_store_view_t *view, int64_t lag,
    reco_overlay_learnt_t *learnt)
{
    reco_learner_t *learner = context;

    if (reco_overlay_sequence(learner->overlay) > learner->sequence) {
        learner->sequence = reco_overlay_sequence(learner->overlay);
    }

    budget(learner);
    choose(learner, lag);

    reco_learner_vectors(learner, view, learnt);

    if (learner->clicks != NULL && reco_clicks_step(learner->clicks)) {
        reco_log(
            RECO_LOG_NOTICE, "a weight of the blend was changed by clicks");
    }

    free(learner->report);
    learner->report = reco_selection_report(&learner->selection,
        reco_prequential_figures(learner->prequential), learner->clicks);
    if (learner->report == NULL) {
        return RECO_NOMEM;
    }

    learnt->report = (reco_str_t){strlen(learner->report), learner->report};
    learnt->parameters.data = learner->parameters;
    learnt->parameters.len = reco_selection_parameters(
        &learner->selection, learner->parameters, sizeof(learner->parameters));
    if (learner->clicks != NULL) {
        learnt->parameters.len += reco_clicks_parameters(learner->clicks,
            learner->parameters + learnt->parameters.len,
            sizeof(learner->parameters) - learnt->parameters.len);
    }

    return RECO_OK;
}


reco_status_t
reco_learner_published(
    reco_learner_t *learner, const char *path, int64_t now, reco_error_t *error)
{
    reco_snapshot_overlay_t *file;
    reco_status_t status;

    status = reco_snapshot_overlay_open(path, learner->base, &file, error);
    if (status != RECO_OK) {
        return status;
    }

    status = reco_prequential_set(learner->prequential, learner->base, file,
        &learner->selection.setting, error);
    reco_snapshot_overlay_release(file);

    if (status == RECO_OK && now - learner->saved >= SAVE_MS) {
        learner->saved = now;
        status = reco_learner_save(learner, error);
    }

    return status;
}


const float *
reco_learner_vector(reco_learner_t *learner, reco_store_view_t *view,
    uint32_t visitor, uint32_t *dimensions)
{
    const float *vector;

    *dimensions = learner->dimensions;
    vector = learner->online != NULL
                 ? reco_online_known(learner->online, visitor)
                 : NULL;
    if (vector != NULL) {
        return vector;
    }

    return reco_visitor_vectors_get(view, learner->identity,
               learner->dimensions, visitor, learner->context)
               ? learner->context
               : NULL;
}


static void
destroy(reco_learner_t *learner)
{
    reco_clicks_destroy(learner->clicks);
    reco_online_close(learner->online);
    free(learner->candidates);
    reco_prequential_destroy(learner->prequential);
    reco_snapshot_release(learner->base);
    free(learner->history);
    free(learner->context);
    free(learner->content);
    free(learner->recent);
    free(learner->recent_vectors);
    free(learner->vector_items);
    free(learner->vectors);
    free(learner->report);
    free(learner);
}


static reco_status_t
open_parts(reco_learner_t *learner, uint64_t since, reco_error_t *error)
{
    reco_status_t status;

    status =
        reco_prequential_create(learner->config, &learner->prequential, error);
    if (status == RECO_OK) {
        status = reco_prequential_set(learner->prequential, learner->base, NULL,
            &learner->selection.setting, error);
    }
    if (status == RECO_OK) {
        status = reco_learner_clicks_open(learner, error);
    }
    if (status == RECO_OK) {
        status = reco_learner_load(learner, error);
    }
    if (status == RECO_OK) {
        status = open_online(learner, since, error);
    }
    if (status == RECO_OK && make_room(learner) != RECO_OK) {
        status = reco_error_set(error, RECO_NOMEM, "out of memory");
    }

    return status;
}


reco_status_t
reco_learner_open(reco_store_t *store, reco_snapshot_t *base, uint64_t since,
    const reco_config_t *config, reco_overlay_t *overlay,
    reco_features_t *features, reco_learner_t **learner, reco_error_t *error)
{
    reco_overlay_watch_t watch = {NULL, on_event, on_step, on_fill};
    reco_learner_t *opened;
    reco_status_t status;

    opened = calloc(1, sizeof(*opened));
    if (opened == NULL) {
        return reco_error_set(error, RECO_NOMEM, "out of memory");
    }

    reco_snapshot_acquire(base);
    opened->store = store;
    opened->base = base;
    opened->overlay = overlay;
    opened->features = features;
    opened->config = config;
    opened->identity = reco_snapshot_identity(base);
    opened->sequence = since;
    opened->share = reco_config_number(config, "prequential_share");
    opened->chance = 1;
    opened->began = reco_clock_monotonic_ns();
    opened->random.state = since;
    reco_selection_init(&opened->selection);

    status = open_parts(opened, since, error);
    if (status != RECO_OK) {
        destroy(opened);
        return status;
    }

    watch.context = opened;
    reco_overlay_watch(overlay, &watch);
    *learner = opened;

    return RECO_OK;
}


void
reco_learner_close(reco_learner_t *learner)
{
    reco_error_t error = {0};

    if (learner == NULL) {
        return;
    }

    if (reco_learner_save(learner, &error) != RECO_OK) {
        reco_log(RECO_LOG_ERROR, "%s", error.message);
    }
    destroy(learner);
}
