/*
 * Records by dense numbers, of which the most recently used are kept.
 */

#ifndef RECO_LRU_H
#define RECO_LRU_H

#include "reco.h"


#define RECO_LRU_NONE UINT32_MAX

/* What a record begins with. */
typedef struct {
    uint32_t number;
    uint32_t place;
    uint32_t newer; /* places of its neighbours in order of use */
    uint32_t older;
} reco_lru_link_t;

typedef struct {
    void **records;
    size_t size; /* bytes of a record */
    uint32_t count;
    uint32_t capacity;
    uint32_t max;
    uint32_t *places; /* number -> place */
    uint32_t nplaces;
    uint32_t newest;
    uint32_t oldest;
} reco_lru_t;

void reco_lru_init(reco_lru_t *lru, size_t size, uint32_t max);
void reco_lru_done(reco_lru_t *lru);

/* NULL if it is not there. */
void *reco_lru_find(const reco_lru_t *lru, uint32_t number);

/* What the number's record would displace; NULL: nothing. */
void *reco_lru_victim(const reco_lru_t *lru, uint32_t number);

/*
 * The record, as the newest; all zeros but for the link where it is new: then
 * *made is 1.  Records stay where they are until they are displaced.
 * RECO_NOMEM.
 */
reco_status_t reco_lru_take(
    reco_lru_t *lru, uint32_t number, void **record, int *made);

/* In order of use; NULL past the last one. */
void *reco_lru_newest(const reco_lru_t *lru);
void *reco_lru_older(const reco_lru_t *lru, const void *record);

#endif /* RECO_LRU_H */
