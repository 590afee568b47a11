#include "clock.h"
#include "learner_state.h"

#include <stdlib.h>


reco_status_t
reco_learner_clicks_open(reco_learner_t *learner, reco_error_t *error)
{
    reco_engine_params_t params;
    reco_status_t status;

    reco_engine_params_init(&params);
    status = reco_engine_params_load(&params, learner->base, error);
    if (status == RECO_OK) {
        status = reco_clicks_create(
            learner->config, &params, &learner->clicks, error);
    }
    if (status != RECO_OK) {
        return status == RECO_DECLINED ? RECO_OK : status;
    }

    learner->candidates =
        malloc(RECO_LEARNER_CANDIDATES_MAX * sizeof(learner->candidates[0]));

    return learner->candidates != NULL
               ? RECO_OK
               : reco_error_set(error, RECO_NOMEM, "out of memory");
}


static const reco_engine_candidate_t *
find_candidate(
    const reco_learner_t *learner, unsigned ncandidates, uint32_t item)
{
    unsigned i;

    for (i = 0; i < ncandidates; i++) {
        if (learner->candidates[i].item == item) {
            return &learner->candidates[i];
        }
    }

    return NULL;
}


/* What the model says of the items that were seen, by their places. */
static reco_status_t
note_block(reco_learner_t *learner, const reco_store_event_t *header,
    const reco_event_t *event, unsigned ncandidates)
{
    reco_clicks_item_t items[RECO_CLICKS_ITEMS_MAX];
    reco_store_line_t lines[RECO_EVENT_ITEMS_MAX];
    const reco_engine_model_t *model;
    unsigned i, nlines, nitems, first;

    model = reco_prequential_model(learner->prequential);
    nlines = reco_store_event_lines(header, lines);
    first = event->rank > 0 ? (unsigned) event->rank : 1;
    nitems = 0;

    for (i = 0;
         i < nlines && i < event->nlines && nitems < RECO_CLICKS_ITEMS_MAX; i++)
    {
        items[nitems].item = lines[i].item;
        items[nitems].place = first + i;
        items[nitems].candidate = find_candidate(learner, ncandidates,
            reco_engine_find(model, reco_item_key(event->lines[i].item)));
        nitems += items[nitems].candidate != NULL;
    }

    return reco_clicks_shown(learner->clicks, header->visitor, items, nitems);
}


/* As many of the blocks as can be afforded. */
static reco_status_t
note_impression(reco_learner_t *learner, reco_store_view_t *view,
    const reco_store_event_t *header)
{
    const reco_overlay_session_t *session;
    reco_store_scratch_t scratch;
    reco_engine_query_t query;
    reco_event_t event;
    reco_status_t status;
    unsigned ncandidates;
    int64_t began;

    session = reco_overlay_session(learner->overlay, header);
    if (session == NULL || session->nitems == 0
        || reco_random_unit(&learner->random) >= learner->chance)
    {
        return RECO_OK;
    }

    status = reco_store_view_event(view, header, &scratch, &event);
    if (status != RECO_OK) {
        return status;
    }

    began = reco_clock_monotonic_ns();
    reco_learner_query(learner, header, session, &query);
    ncandidates =
        reco_engine_candidates(reco_prequential_model(learner->prequential),
            &query, reco_prequential_scratch(learner->prequential),
            learner->candidates, RECO_LEARNER_CANDIDATES_MAX);
    status = note_block(learner, header, &event, ncandidates);
    learner->spent += reco_clock_elapsed(began);

    return status;
}


reco_status_t
reco_learner_clicks(reco_learner_t *learner, reco_store_view_t *view,
    const reco_store_event_t *event)
{
    if (event->type == RECO_EVENT_IMPRESSION) {
        return note_impression(learner, view, event);
    }

    if (event->type == RECO_EVENT_CLICK) {
        reco_clicks_clicked(learner->clicks, event->visitor, event->item);
    }

    return RECO_OK;
}
