/*
 * What online.c, which learns, and online_store.c, which keeps, share.
 */

#ifndef RECO_ONLINE_STATE_H
#define RECO_ONLINE_STATE_H

#include "online.h"
#include "random.h"


/* Three rows of dimensions floats: the vector; where the base has it, or
   where it began; the batch's gradient. */
typedef struct {
    reco_lru_link_t link; /* its number is the item's, in the store */
    float squares;
    float bound; /* how far it may drift */
    uint8_t dirty;
    uint8_t stirred; /* is in the batch */
    float values[];
} reco_online_row_t;

struct reco_online_s {
    reco_store_t *store;
    reco_snapshot_t *base;
    uint64_t identity; /* of the base: hash of its manifest */
    uint64_t sequence;
    uint32_t dimensions;
    float length; /* r */
    float rate;
    float pull;
    float drift;
    unsigned negatives;
    unsigned batch;
    unsigned nsteps; /* of this batch */
    int fresh;       /* what the store has is another base's */
    reco_lru_t rows;
    reco_lru_t visitors;
    reco_online_row_t **stirred;
    uint32_t nstirred;
    uint32_t stirred_size;
    uint32_t *displaced; /* items whose records are to go */
    uint32_t ndisplaced;
    uint32_t displaced_size;
    float *gradient; /* of the visitor's vector */
};


/* How far the row may drift from where it began. */
void reco_online_bound(const reco_online_t *online, reco_online_row_t *row);

/* Applies the gradients of the batch. */
void reco_online_settle(reco_online_t *online);

/* Reads what the store has of this base; with another's, fresh is set. */
reco_status_t reco_online_load(reco_online_t *online, reco_error_t *error);

#endif /* RECO_ONLINE_STATE_H */
