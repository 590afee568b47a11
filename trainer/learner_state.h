/*
 * What learner.c, which learns, and learner_state.c, which keeps, share.
 */

#ifndef RECO_LEARNER_STATE_H
#define RECO_LEARNER_STATE_H

#include "learner.h"
#include "online.h"
#include "prequential.h"
#include "random.h"
#include "selection.h"


#define RECO_LEARNER_PARAMETERS_MAX 256

struct reco_learner_s {
    reco_store_t *store;
    reco_snapshot_t *base;
    reco_overlay_t *overlay;
    const reco_config_t *config;
    reco_features_t *features; /* NULL: off */
    reco_online_t *online;     /* NULL: off, or the base has no vectors */
    reco_prequential_t *prequential;
    reco_selection_t selection;
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


/* Writes everything that was learnt, in one transaction. */
reco_status_t reco_learner_save(reco_learner_t *learner, reco_error_t *error);

/* Reads figures and selection; the sequence, where they are this base's. */
reco_status_t reco_learner_load(reco_learner_t *learner, reco_error_t *error);

#endif /* RECO_LEARNER_STATE_H */
