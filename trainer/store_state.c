#include "store_state.h"

#include "store_env.h"

#include <string.h>


typedef struct {
    const char *clear;
    const reco_store_state_t *records;
    size_t nrecords;
} save_t;


static int
clear_key(reco_store_t *store, MDB_txn *txn, char first)
{
    MDB_cursor *cursor;
    MDB_val key, value;
    int rc;

    rc = mdb_cursor_open(txn, store->tables[RECO_STORE_STATE], &cursor);
    if (rc != 0) {
        return rc;
    }

    for (;;) {
        key = (MDB_val){1, &first};
        rc = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE);
        if (rc != 0 || key.mv_size == 0 || *(char *) key.mv_data != first) {
            break;
        }

        rc = mdb_cursor_del(cursor, 0);
        if (rc != 0) {
            break;
        }
    }

    mdb_cursor_close(cursor);

    return rc == MDB_NOTFOUND ? 0 : rc;
}


/* Is it a record of somebody who was forgotten? */
static int
is_orphan(reco_store_t *store, MDB_txn *txn, reco_str_t key)
{
    MDB_val name, value;
    uint32_t number;

    if (key.len != 1 + sizeof(number)
        || memchr(RECO_STORE_STATE_VISITORS, key.data[0],
               sizeof(RECO_STORE_STATE_VISITORS) - 1)
               == NULL)
    {
        return 0;
    }

    memcpy(&number, key.data + 1, sizeof(number));
    name = (MDB_val){sizeof(number), &number};

    return mdb_get(txn, store->tables[RECO_STORE_NAMES], &name, &value)
           == MDB_NOTFOUND;
}


static int
save_record(reco_store_t *store, MDB_txn *txn, const reco_store_state_t *record)
{
    MDB_val key = {record->key.len, (void *) record->key.data};
    MDB_val value = {record->value.len, (void *) record->value.data};
    int rc;

    if (record->value.len > 0) {
        return is_orphan(store, txn, record->key)
                   ? 0
                   : mdb_put(
                       txn, store->tables[RECO_STORE_STATE], &key, &value, 0);
    }

    rc = mdb_del(txn, store->tables[RECO_STORE_STATE], &key, NULL);

    return rc == MDB_NOTFOUND ? 0 : rc;
}


static int
save(reco_store_t *store, MDB_txn *txn, void *context)
{
    const save_t *request = context;
    const char *first;
    size_t i;
    int rc;

    rc = 0;

    for (first = request->clear; rc == 0 && first != NULL && *first != '\0';
         first++)
    {
        rc = clear_key(store, txn, *first);
    }

    for (i = 0; rc == 0 && i < request->nrecords; i++) {
        rc = save_record(store, txn, &request->records[i]);
    }

    return rc;
}


reco_status_t
reco_store_state_save(reco_store_t *store, const char *clear,
    const reco_store_state_t *records, size_t nrecords, reco_error_t *error)
{
    save_t request = {clear, records, nrecords};

    return reco_store_write(store, save, &request, error);
}
