/*
 * What the files of the learner share: learner.c, which learns,
 * learner_vectors.c, which fills the overlay, learner_clicks.c, which looks at
 * blocks, and learner_state.c, which keeps.
 */

#ifndef RECO_LEARNER_STATE_H
#define RECO_LEARNER_STATE_H

#include "clicks.h"
#include "learner.h"
#include "online.h"
#include "prequential.h"
#include "random.h"
#include "selection.h"


#define RECO_LEARNER_PARAMETERS_MAX 4096
#define RECO_LEARNER_CANDIDATES_MAX 2048

struct reco_learner_s {
    reco_store_t *store;
    reco_snapshot_t *base;
    reco_overlay_t *overlay;
    const reco_config_t *config;
    reco_features_t *features; /* NULL: off */
    reco_online_t *online;     /* NULL: off, or the base has no vectors */
    reco_prequential_t *prequential;
    reco_selection_t selection;
    reco_clicks_t *clicks;               /* NULL: off */
    reco_engine_candidate_t *candidates; /* of a block that was shown */
    uint64_t identity;
    uint64_t sequence; /* the newest event that is learnt */
    int64_t saved;     /* ms */

    /* How many of the cases can be afforded. */
    double share;
    double chance;
    double spent;  /* seconds since the last publish */
    int64_t began; /* monotonic ns: the last publish */
    unsigned ncases;
    reco_random_t random;

    reco_engine_session_t session; /* of the query in hand */
    reco_engine_event_t *history;
    unsigned nhistory_max;
    uint32_t dimensions; /* of the base's vectors; 0: none */
    float *content;      /* of an item, as the catalogue lets expect */
    float *context;

    /* For the file. */
    uint32_t nvectors_max;
    uint32_t *recent;
    const float **recent_vectors;
    uint32_t *vector_items;
    float *vectors;
    char parameters[RECO_LEARNER_PARAMETERS_MAX];
    char *report;
};


/* The vector that the catalogue lets expect of an item of the store that came
   after the base, until the next call; NULL if nothing tells. */
const float *reco_learner_content(
    reco_learner_t *learner, reco_store_view_t *view, uint32_t item);

/* The overlay's vectors: of items that were met lately, and of new ones. */
void reco_learner_vectors(reco_learner_t *learner, reco_store_view_t *view,
    reco_overlay_learnt_t *learnt);

/* What a visitor with such a session would be recommended at the event; the
   session has an item. */
void reco_learner_query(reco_learner_t *learner,
    const reco_store_event_t *event, const reco_overlay_session_t *session,
    reco_engine_query_t *query);

/* Opens the learning from clicks, where it is on.  RECO_NOMEM. */
reco_status_t reco_learner_clicks_open(
    reco_learner_t *learner, reco_error_t *error);

/* An event: blocks that were shown, and clicks.  RECO_NOMEM. */
reco_status_t reco_learner_clicks(reco_learner_t *learner,
    reco_store_view_t *view, const reco_store_event_t *event);

/* Writes everything that was learnt, in one transaction. */
reco_status_t reco_learner_save(reco_learner_t *learner, reco_error_t *error);

/* Reads figures and selection; the sequence, where they are this base's. */
reco_status_t reco_learner_load(reco_learner_t *learner, reco_error_t *error);

#endif /* RECO_LEARNER_STATE_H */
