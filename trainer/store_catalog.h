/*
 * The store's catalogue, written within a transaction.  What these return is
 * LMDB's code, or the system's.
 */

#ifndef RECO_STORE_CATALOG_H
#define RECO_STORE_CATALOG_H

#include "event/reco_event.h"
#include "store_env.h"


/*
 * An event met the item at ts (ms since the epoch), which gets an entry where it
 * has none.  Times are kept to the hour, which saves writes.  *number is the
 * item's.
 */
int reco_store_touch_item(reco_store_t *store, MDB_txn *txn,
    reco_store_meta_t *meta, reco_str_t id, int64_t ts, uint32_t *number);

/*
 * What an event of type item says: what is given replaces, what is absent stays.
 * *outcome is set where it is older than what is known.  A change is noted for
 * those who follow the catalogue.
 */
int reco_store_apply_product(reco_store_t *store, MDB_txn *txn,
    reco_store_meta_t *meta, const reco_event_t *event,
    reco_store_outcome_t *outcome);

#endif /* RECO_STORE_CATALOG_H */
