/*
 * How often items of blocks were shown and clicked, by the model version that
 * was live: counted in the transaction that stores the events.
 */

#ifndef RECO_STORE_RATES_H
#define RECO_STORE_RATES_H

#include "store.h"


typedef struct {
    uint64_t shown; /* items, in impressions */
    uint64_t clicked;
} reco_store_rate_t;

/* All zeros where nothing of the version was seen. */
reco_status_t reco_store_rate(reco_store_t *store, const char *version,
    reco_store_rate_t *rate, reco_error_t *error);


/* Counts of a transaction until it is written. */
#define RECO_STORE_RATES_MAX      8
#define RECO_STORE_RATES_NAME_MAX 64

typedef struct {
    unsigned count;
    struct {
        size_t len;
        char name[RECO_STORE_RATES_NAME_MAX];
        reco_store_rate_t rate;
    } versions[RECO_STORE_RATES_MAX];
} reco_store_rates_t;

/* An event that was stored: an impression, or a click in a block, counts for
   its version; of too many versions at once the last ones do not. */
void reco_store_rates_note(
    reco_store_rates_t *rates, const reco_event_t *event);

#endif /* RECO_STORE_RATES_H */
