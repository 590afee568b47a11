/*
 * The store's events as history: sessions by visitor, for every model.
 */

#ifndef RECO_STORE_HISTORY_H
#define RECO_STORE_HISTORY_H

#include "history.h"
#include "reco.h"
#include "store.h"
#include "store_entries.h"


typedef struct {
    int64_t session_gap; /* ms without an event end a session */
    int64_t retention;   /* ms before the newest event; older is left out */
    uint64_t events_max; /* the newest that many, in order of arrival */
} reco_store_history_options_t;

/*
 * Fills history and the catalogue that goes with it: every item that has
 * metadata or occurs.  Views, clicks, carts, purchases (line by line) and
 * ratings become events; dwell and hover lend their time to the view before
 * them; a view of the item seen last is the same visit.  Events belong to one
 * session where the source named one (the context "session"), else up to a gap
 * in time.  RECO_NOMEM, RECO_CORRUPT, RECO_IO.
 */
reco_status_t reco_store_history(reco_store_t *store,
    const reco_store_history_options_t *options, reco_history_t *history,
    reco_store_catalog_t *catalog, reco_error_t *error);

#endif /* RECO_STORE_HISTORY_H */
