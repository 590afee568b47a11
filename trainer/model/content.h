/*
 * Items that are alike by what the catalogue says of them.  An item that
 * nobody has seen yet has neighbours here.
 */

#ifndef RECO_CONTENT_H
#define RECO_CONTENT_H

#include "config.h"
#include "model/edges.h"
#include "snapshot/reco_snapshot.h"


/*
 * The bag of hashed tokens of each item: words and word pairs of the title,
 * category, brand, and the price's step on a logarithmic scale, weighted by
 * the inverse frequency of the token; rows have length 1.
 */
typedef struct {
    uint32_t nitems;
    uint32_t ntokens;  /* token numbers are below */
    uint64_t *offsets; /* nitems + 1 */
    uint32_t *tokens;
    float *values;
} reco_content_t;

/* RECO_NOMEM. */
reco_status_t reco_content_build(reco_content_t *content, uint32_t nitems,
    const reco_snapshot_item_t *items, reco_error_t *error);
void reco_content_done(reco_content_t *content);

/*
 * The nearest by cosine.  A token that more than common items have leads
 * nowhere, but still counts in the length.  RECO_NOMEM.
 */
reco_status_t reco_content_neighbors(reco_edges_t *edges,
    const reco_content_t *content, uint32_t common, uint32_t limit,
    unsigned threads, reco_error_t *error);

#endif /* RECO_CONTENT_H */
