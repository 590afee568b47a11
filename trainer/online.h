/*
 * Matrix factorisation that goes on learning between two batch runs: from the
 * base's vectors, by stochastic gradient descent with negative sampling
 * (Mikolov et al. 2013) and AdaGrad steps (Duchi et al. 2011), a rate for each
 * row.
 *
 * An event says that its visitor, as a unit vector x, went for item i:
 *
 *     loss = -w log s(c <x, y_i> / r) - sum over negatives n of
 *             log s(-c <x, y_n> / r)
 *
 * where s is the logistic function, r the root mean square length of the
 * base's vectors, and the negatives are drawn evenly from the items of the
 * last events.  The visitor's vector takes a step with each event, the items'
 * in batches; an item's stays within online_drift of where the base has it,
 * and is drawn back to it.
 *
 * What it learnt is kept in the store's state with the number of the last
 * event in it.  After a crash it goes on behind that one.
 */

#ifndef RECO_ONLINE_H
#define RECO_ONLINE_H

#include "config.h"
#include "lru.h"
#include "reco.h"
#include "snapshot/reco_snapshot.h"
#include "store.h"
#include "store_state.h"


typedef struct reco_online_s reco_online_t;

/*
 * For the base, whose newest event is since: as it was saved, or from the
 * start where that belongs to another base.  Keys online_*.  RECO_DECLINED:
 * the base has no vectors.  RECO_NOMEM; RECO_CORRUPT: what was saved cannot be
 * read.
 */
reco_status_t reco_online_open(reco_store_t *store, reco_snapshot_t *base,
    uint64_t since, const reco_config_t *config, reco_online_t **online,
    reco_error_t *error);
void reco_online_close(reco_online_t *online);

/* Of the newest event that is learnt. */
uint64_t reco_online_sequence(const reco_online_t *online);

/* A visitor's vector, of length 1. */
typedef struct {
    reco_lru_link_t link; /* its number is the visitor's, in the store */
    uint32_t nevents;     /* learnt from; 0: there is no vector yet */
    float squares;        /* AdaGrad's sum */
    uint8_t dirty;
    uint8_t returned; /* was known when this session began */
    float vector[];
} reco_online_visitor_t;

/* The visitor's, made where it is not there; who was away for longest makes
   room.  It stays until it is displaced.  RECO_NOMEM. */
reco_status_t reco_online_visitor(
    reco_online_t *online, uint32_t number, reco_online_visitor_t **visitor);

/* The vector of a visitor who has one; NULL. */
const float *reco_online_known(const reco_online_t *online, uint32_t number);

/*
 * An event: context is the visitor as the model sees it, of length 1, NULL if
 * it knows nothing.  item is the store's number, number the base's, or
 * RECO_ITEM_NONE; content is the vector of an item that is not in the base, as
 * the catalogue lets it expect, or NULL.
 * RECO_NOMEM.
 */
reco_status_t reco_online_learn(reco_online_t *online, const float *context,
    reco_online_visitor_t *visitor, uint32_t item, uint32_t number,
    const float *content, float weight);

/* Everything up to this event is learnt. */
void reco_online_reach(reco_online_t *online, uint64_t sequence);

/* The item's vector where it differs from the base's; NULL. */
const float *reco_online_vector(const reco_online_t *online, uint32_t item);

/*
 * The items that were learnt last, the newest first, at most max: the store's
 * numbers and where their vectors are until the next call.  Ends the batch.
 */
uint32_t reco_online_recent(reco_online_t *online, uint32_t max,
    uint32_t *items, const float **vectors);

/* r, the root mean square length of the base's vectors. */
float reco_online_length(const reco_online_t *online);

/*
 * Ends the batch, and saves what has changed; others' records go with it in
 * one transaction.
 */
reco_status_t reco_online_save(reco_online_t *online,
    const reco_store_state_t *others, size_t nothers, reco_error_t *error);

/* What was saved of a visitor for this base, into vector, of the base's
   dimensions; 0: nothing was. */
int reco_online_kept(reco_store_view_t *view, const reco_snapshot_t *base,
    uint32_t visitor, float *vector);

#endif /* RECO_ONLINE_H */
