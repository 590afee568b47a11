/*
 * A visit to ask the engine about: one that is spelt out, or what the store
 * knows of a visitor.
 */

#ifndef RECO_VISIT_H
#define RECO_VISIT_H

#include "engine/reco_engine.h"
#include "store.h"


typedef struct {
    reco_engine_session_t session;
    reco_engine_event_t *history; /* from before the session, oldest first */
    unsigned nhistory;
    float *taste; /* the visitor's long-term vector; NULL: none is known */
    reco_engine_query_t query; /* refers to them; n, repeat are the caller's */
} reco_visit_t;

/*
 * Views of the items of text, "id,id,...", one after the other until now; the
 * last one is the page's.  RECO_DECLINED: the model does not know one of them,
 * which error names.
 */
reco_status_t reco_visit_spell(reco_visit_t *visit,
    const reco_engine_model_t *model, const char *text, reco_error_t *error);

/*
 * The visitor's latest session and what was before it; gap: ms that part two
 * sessions.  The page is that of the item seen last, the time that of the last
 * event.  RECO_DECLINED: the store does not know the visitor.
 */
reco_status_t reco_visit_recall(reco_visit_t *visit, reco_store_t *store,
    reco_str_t visitor, int64_t gap, reco_error_t *error);

/*
 * Gives a visit that was recalled the vector that the store keeps of its visitor
 * for the version base, as the feature store tells it to nginx: learnt online
 * from what was before the session, or imported.  RECO_NOMEM, RECO_IO.
 */
reco_status_t reco_visit_taste(reco_visit_t *visit, reco_store_t *store,
    reco_str_t visitor, const reco_snapshot_t *base, reco_error_t *error);

/*
 * What the visitor of event, whose item is the page's if it has one, had done
 * before it.  RECO_NOMEM, RECO_CORRUPT.
 */
reco_status_t reco_visit_before(reco_visit_t *visit, reco_store_view_t *view,
    const reco_store_event_t *event, int64_t gap, reco_error_t *error);

void reco_visit_done(reco_visit_t *visit);

#endif /* RECO_VISIT_H */
