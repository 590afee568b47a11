/*
 * From what the catalogue says of an item to a vector in the space of the
 * factors: ridge regression of the vectors of items that visitors have met on
 * their hashed tokens (Weinberger et al. 2009).  An
 * item that nobody has met has a vector from its first second (Gantner et al.
 * 2010).
 */

#ifndef RECO_CONTENT_MAP_H
#define RECO_CONTENT_MAP_H

#include "reco.h"
#include "snapshot/reco_snapshot.h"


typedef struct {
    uint32_t nfeatures; /* buckets, a power of two; 0: no map */
    float *rarities;
    float *map;       /* nfeatures + 1 rows; the last is the mean */
    uint32_t nitems;  /* that it was learnt from */
    double penalty;   /* chosen by items kept apart */
    double explained; /* of their variance about the mean, 0 .. 1 */
} reco_content_map_t;

/*
 * factors: nitems rows of dimensions floats.  counts: how often each item was
 * met; the vectors of those that were met often count for more, those of
 * others are not learnt from.  One item in ten is kept apart to choose the
 * penalty; where none tells more than the mean there is no map.  The same
 * for the same input, whatever the threads.  RECO_NOMEM.
 */
reco_status_t reco_content_map_learn(reco_content_map_t *map, uint32_t nitems,
    const reco_snapshot_item_t *items, const float *counts,
    const float *factors, uint32_t dimensions, unsigned threads,
    reco_error_t *error);
void reco_content_map_done(reco_content_map_t *map);

/*
 * The item's vector of dimensions floats; 0 where the map is empty or knows
 * nothing that is said of it.
 */
int reco_content_map_vector(const reco_snapshot_content_t *map,
    uint32_t dimensions, const reco_snapshot_item_t *item, float *vector);

#endif /* RECO_CONTENT_MAP_H */
