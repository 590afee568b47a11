/*
 * Directed, scored edges from item to item: every item model ends as a few of
 * the best for each item.
 */

#ifndef RECO_EDGES_H
#define RECO_EDGES_H

#include "reco.h"


/* Row i is [offsets[i], offsets[i + 1]), best first; ties by item number. */
typedef struct {
    uint32_t nitems;
    uint64_t *offsets; /* nitems + 1 */
    uint32_t *items;
    float *scores;
} reco_edges_t;

/* A row in the making: sums by item, and which of them are not 0. */
typedef struct {
    float *sums;
    uint32_t *touched;
    uint32_t ntouched;
} reco_edges_row_t;

/* value > 0. */
static inline void
reco_edges_add(reco_edges_row_t *row, uint32_t item, float value)
{
    if (row->sums[item] == 0) {
        row->touched[row->ntouched++] = item;
    }

    row->sums[item] += value;
}

/* Fills the empty row of an item; sums that end at 0 or below are dropped. */
typedef void (*reco_edges_pt)(
    const void *model, uint32_t item, reco_edges_row_t *row);

/* The best limit edges of each item.  RECO_NOMEM. */
reco_status_t reco_edges_build(reco_edges_t *edges, uint32_t nitems,
    uint32_t limit, unsigned threads, reco_edges_pt fill, const void *model,
    reco_error_t *error);
void reco_edges_done(reco_edges_t *edges);

#endif /* RECO_EDGES_H */
