/*
 * The catalogue's entries that a history is about, copied out of the store.
 */

#ifndef RECO_STORE_ENTRIES_H
#define RECO_STORE_ENTRIES_H

#include "reco.h"
#include "snapshot/reco_snapshot.h"
#include "store.h"


/* Entries by the dense numbers of the history; strings are owned. */
typedef struct {
    uint32_t nitems;
    reco_snapshot_item_t *items;
    char *text;
} reco_store_catalog_t;

/*
 * Copies those that have metadata, or a number other than 0 among numbers, one
 * for each of the store's nitems.  numbers become the entries' in catalog,
 * RECO_ITEM_NONE of those left out.  catalog is all zeros at first, and the
 * caller's to end also on failure.  RECO_NOMEM, RECO_CORRUPT.
 */
reco_status_t reco_store_catalog_copy(reco_store_catalog_t *catalog,
    reco_store_view_t *view, uint32_t *numbers, uint32_t nitems);

void reco_store_catalog_done(reco_store_catalog_t *catalog);

#endif /* RECO_STORE_ENTRIES_H */
