/*
 * A query made ready: the visitor's items by their dense numbers, the newest
 * first, with what each counts.
 */

#ifndef RECO_ENGINE_VISIT_H
#define RECO_ENGINE_VISIT_H

#include "reco_engine_rules.h"


typedef struct {
    uint32_t item;
    float weight;  /* by type, dwell and age; the best of its events */
    uint32_t time; /* of its newest event; 0: unknown */
} reco_engine_visited_t;

typedef struct {
    const reco_engine_query_t *query;
    unsigned nitems;
    unsigned first_return; /* place: 1, or 0 where the page's item is unknown */
    uint32_t newest;       /* time of the newest event, the page's own if any */
    reco_engine_visited_t items[RECO_ENGINE_PLACES]; /* place 0 is newest */
    uint32_t events[RECO_ENGINE_EVENTS_MAX]; /* the items of the session's */
    uint32_t current;         /* the page's own item; RECO_ITEM_NONE */
    uint32_t flags;           /* of an item that are looked at: AVAILABLE,
                                 and no other, is to be set */
    uint32_t category;        /* only this one; RECO_ITEM_NONE: any */
    uint32_t anchor_category; /* of the newest item; 0: unknown */
    float anchor_price;       /* of it; <= 0: unknown */
    uint32_t sources;         /* mask, never 0 */
    uint32_t today;           /* seconds since the epoch */
    uint32_t latest;          /* what is born later is not there yet */
    int located;              /* by the product with the visitor's vector, or
                                 compared with each other */
    int narrow;               /* category, price or rules leave items out */
    reco_engine_rules_t rules;
} reco_engine_visit_t;

/*
 * Resolves a query.  RECO_DECLINED: it wants a category that no item has.
 */
reco_status_t reco_engine_visit_init(reco_engine_visit_t *visit,
    const reco_engine_model_t *model, const reco_engine_query_t *query);


static inline int
reco_engine_visit_wants(
    const reco_engine_visit_t *visit, reco_engine_source_t source)
{
    return (visit->sources & 1u << source) != 0;
}

#endif /* RECO_ENGINE_VISIT_H */
