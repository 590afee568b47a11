/*
 * What models keep that learn from the log: records by key, in the store's
 * own transactions.
 *
 * A model that follows the log writes what it has learnt together with the
 * number of the last event in it; after a crash it goes on behind that event,
 * and each event has one effect on it.
 *
 * The first byte of a key says whose it is.  Keys that begin with one of
 * RECO_STORE_STATE_VISITORS go on with the visitor's number, 4 bytes, and go
 * when the visitor is forgotten.
 */

#ifndef RECO_STORE_STATE_H
#define RECO_STORE_STATE_H

#include "store.h"


#define RECO_STORE_STATE_VISITOR  'v' /* learnt from events */
#define RECO_STORE_STATE_IMPORTED 'u' /* learnt elsewhere */
#define RECO_STORE_STATE_VISITORS "vu"

typedef struct {
    reco_str_t key;
    reco_str_t value; /* empty: is removed */
} reco_store_state_t;

/*
 * Writes all of them or none.  clear: first removes every key that begins with
 * a byte of this string.  A record of a visitor who is not known any more is
 * left out.
 */
reco_status_t reco_store_state_save(reco_store_t *store, const char *clear,
    const reco_store_state_t *records, size_t nrecords, reco_error_t *error);

/* Refers to the store's map.  RECO_DECLINED: there is none. */
reco_status_t reco_store_view_state(
    reco_store_view_t *view, reco_str_t key, reco_str_t *value);

/* The records whose keys begin with first, in order; stops where visit does
   not return OK, and returns that. */
reco_status_t reco_store_view_states(reco_store_view_t *view, char first,
    reco_status_t (*visit)(void *context, reco_str_t key, reco_str_t value),
    void *context);

#endif /* RECO_STORE_STATE_H */
