#include "store_rates.h"

#include "store_env.h"

#include <string.h>


static reco_store_rate_t *
find(reco_store_rates_t *rates, reco_str_t name)
{
    unsigned i;

    if (name.len == 0 || name.len >= RECO_STORE_RATES_NAME_MAX) {
        return NULL;
    }

    for (i = 0; i < rates->count; i++) {
        if (rates->versions[i].len == name.len
            && memcmp(rates->versions[i].name, name.data, name.len) == 0)
        {
            return &rates->versions[i].rate;
        }
    }

    if (i == RECO_STORE_RATES_MAX) {
        return NULL;
    }

    rates->count++;
    rates->versions[i].len = name.len;
    memcpy(rates->versions[i].name, name.data, name.len);
    memset(&rates->versions[i].rate, 0, sizeof(rates->versions[i].rate));

    return &rates->versions[i].rate;
}


void
reco_store_rates_note(reco_store_rates_t *rates, const reco_event_t *event)
{
    reco_store_rate_t *rate;

    if (event->type == RECO_EVENT_IMPRESSION) {
        rate = find(rates, event->model);
        if (rate != NULL) {
            rate->shown += event->nlines > 0 ? event->nlines : 1;
        }

    } else if (event->type == RECO_EVENT_CLICK && event->req.len > 0) {
        rate = find(rates, event->model);
        if (rate != NULL) {
            rate->clicked++;
        }
    }
}


static int
load(reco_store_t *store, MDB_txn *txn, MDB_val *key, reco_store_rate_t *rate)
{
    MDB_val value;
    int rc;

    rc = mdb_get(txn, store->tables[RECO_STORE_RATES], key, &value);
    if (rc == 0 && value.mv_size != sizeof(*rate)) {
        return MDB_CORRUPTED;
    }

    if (rc == 0) {
        memcpy(rate, value.mv_data, sizeof(*rate));
    } else {
        memset(rate, 0, sizeof(*rate));
    }

    return rc == MDB_NOTFOUND ? 0 : rc;
}


int
reco_store_rates_save(
    reco_store_t *store, MDB_txn *txn, const reco_store_rates_t *rates)
{
    reco_store_rate_t rate;
    MDB_val key, value;
    unsigned i;
    int rc;

    rc = 0;

    for (i = 0; rc == 0 && i < rates->count; i++) {
        key =
            (MDB_val){rates->versions[i].len, (void *) rates->versions[i].name};
        rc = load(store, txn, &key, &rate);
        if (rc == 0) {
            rate.shown += rates->versions[i].rate.shown;
            rate.clicked += rates->versions[i].rate.clicked;
            value = (MDB_val){sizeof(rate), &rate};
            rc = mdb_put(txn, store->tables[RECO_STORE_RATES], &key, &value, 0);
        }
    }

    return rc;
}


reco_status_t
reco_store_rate(reco_store_t *store, const char *version,
    reco_store_rate_t *rate, reco_error_t *error)
{
    reco_status_t status;
    MDB_txn *txn;
    MDB_val key;
    int rc;

    status = reco_store_begin_read(store, &txn, error);
    if (status != RECO_OK) {
        return status;
    }

    key = (MDB_val){strlen(version), (void *) version};
    rc = load(store, txn, &key, rate);
    mdb_txn_abort(txn);

    return reco_store_status(store, rc, "read", error);
}
