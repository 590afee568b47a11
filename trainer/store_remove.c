/*
 * What leaves the store: a visitor who asks for it, and what is too old.
 */

#include "store.h"

#include "store_env.h"
#include "store_state.h"

#include <string.h>


typedef struct {
    reco_store_name_t name;
    uint64_t removed;
} forget_t;

typedef struct {
    int64_t retention;
    uint64_t limit;
    uint64_t removed;
} expire_t;


static int
get(reco_store_t *store, MDB_txn *txn, reco_store_table_t table,
    const void *key, size_t len, reco_str_t *data)
{
    MDB_val name = {len, (void *) key};
    MDB_val value;
    int rc;

    rc = mdb_get(txn, store->tables[table], &name, &value);
    if (rc == 0) {
        data->data = value.mv_data;
        data->len = value.mv_size;
    }

    return rc;
}


/* It is no failure if there is nothing to remove. */
static int
del(reco_store_t *store, MDB_txn *txn, reco_store_table_t table,
    const void *key, size_t len, MDB_val *value)
{
    MDB_val name = {len, (void *) key};
    int rc;

    rc = mdb_del(txn, store->tables[table], &name, value);

    return rc == MDB_NOTFOUND ? 0 : rc;
}


static int
remove_visitor(reco_store_t *store, MDB_txn *txn, const reco_store_name_t *name,
    uint32_t number)
{
    char key[1 + sizeof(number)];
    const char *first;
    int rc;

    rc = del(store, txn, RECO_STORE_VISITORS, name->data, name->len, NULL);
    if (rc == 0) {
        rc = del(store, txn, RECO_STORE_NAMES, &number, sizeof(number), NULL);
    }
    if (rc == 0) {
        rc = del(store, txn, RECO_STORE_IDS, &number, sizeof(number), NULL);
    }
    memcpy(key + 1, &number, sizeof(number));
    for (first = RECO_STORE_STATE_VISITORS; rc == 0 && *first != '\0'; first++)
    {
        key[0] = *first;
        rc = del(store, txn, RECO_STORE_STATE, key, sizeof(key), NULL);
    }

    return rc;
}


static int
get_visitor(reco_store_t *store, MDB_txn *txn, const reco_store_name_t *name,
    reco_store_visitor_t *visitor)
{
    reco_str_t data;
    int rc;

    rc = get(store, txn, RECO_STORE_VISITORS, name->data, name->len, &data);
    if (rc == 0 && reco_store_visitor_decode(data, visitor) != RECO_OK) {
        rc = MDB_CORRUPTED;
    }

    return rc;
}


static int
forget(reco_store_t *store, MDB_txn *txn, void *context)
{
    forget_t *request = context;
    reco_store_visitor_t visitor;
    reco_store_event_t event;
    uint64_t sequence;
    reco_str_t data;
    int rc;

    request->removed = 0;

    rc = get_visitor(store, txn, &request->name, &visitor);
    if (rc != 0) {
        return rc;
    }

    /* The chain ends at the first event, or at one that has expired. */
    for (sequence = visitor.last; sequence != 0; sequence = event.previous) {
        rc = get(
            store, txn, RECO_STORE_EVENTS, &sequence, sizeof(sequence), &data);
        if (rc == MDB_NOTFOUND) {
            break;
        }
        if (rc == 0
            && (reco_store_event_decode(data, &event) != RECO_OK
                || event.visitor != visitor.number
                || event.previous >= sequence))
        {
            rc = MDB_CORRUPTED;
        }
        if (rc == 0) {
            rc = del(store, txn, RECO_STORE_EVENTS, &sequence, sizeof(sequence),
                NULL);
        }
        if (rc != 0) {
            return rc;
        }
        request->removed++;
    }

    rc = remove_visitor(store, txn, &request->name, visitor.number);

    return rc == 0 ? reco_store_count(store, txn, RECO_STORE_FORGOTTEN, 1) : rc;
}


reco_status_t
reco_store_forget(reco_store_t *store, reco_str_t visitor, uint64_t *removed,
    reco_error_t *error)
{
    reco_status_t status;
    forget_t request;

    if (!reco_store_pack_name(visitor, &request.name)) {
        return reco_error_set(error, RECO_INVALID,
            "a visitor's name has 1 to %d bytes", RECO_STORE_VISITOR_MAX);
    }

    status = reco_store_write(store, forget, &request, error);
    if (status == RECO_OK) {
        *removed = request.removed;
    } else if (status == RECO_DECLINED) {
        reco_error_set(error, status, "the visitor \"%.*s\" is unknown here",
            (int) visitor.len, visitor.data);
    }

    return status;
}


/* The event is gone; so is what it left with its visitor. */
static int
expire_event(
    reco_store_t *store, MDB_txn *txn, const reco_store_event_t *header)
{
    reco_store_scratch_t scratch;
    reco_store_visitor_t visitor;
    char record[RECO_STORE_VISITOR_BYTES];
    reco_event_t event;
    reco_str_t data;
    reco_store_name_t name;
    MDB_val key, value;
    uint64_t hash;
    int rc;

    rc = get(store, txn, RECO_STORE_NAMES, &header->visitor,
        sizeof(header->visitor), &data);
    if (rc != 0 || data.len > sizeof(name.data)) {
        return rc != 0 ? rc : MDB_CORRUPTED;
    }

    memcpy(name.data, data.data, data.len);
    name.len = data.len;

    rc = get_visitor(store, txn, &name, &visitor);
    if (rc != 0) {
        return rc;
    }

    if (visitor.last == header->sequence) {
        return remove_visitor(store, txn, &name, header->visitor);
    }

    reco_store_event_restore(header, &scratch, &event);
    hash = reco_store_id_hash(event.id);
    value = (MDB_val){sizeof(hash), &hash};
    rc = del(store, txn, RECO_STORE_IDS, &header->visitor,
        sizeof(header->visitor), &value);
    if (rc != 0) {
        return rc;
    }

    visitor.nevents -= visitor.nevents > 0;
    reco_store_visitor_encode(&visitor, record);
    key = (MDB_val){name.len, name.data};
    value = (MDB_val){sizeof(record), record};

    return mdb_put(txn, store->tables[RECO_STORE_VISITORS], &key, &value, 0);
}


static int
expire(reco_store_t *store, MDB_txn *txn, void *context)
{
    expire_t *request = context;
    reco_store_event_t event;
    reco_store_meta_t meta;
    MDB_cursor *cursor;
    MDB_val key, value;
    int rc;

    request->removed = 0;

    rc = reco_store_load_meta(store, txn, &meta);
    if (rc == 0) {
        rc = mdb_cursor_open(txn, store->tables[RECO_STORE_EVENTS], &cursor);
    }
    if (rc != 0) {
        return rc;
    }

    while (request->removed < request->limit) {
        rc = mdb_cursor_get(cursor, &key, &value, MDB_FIRST);
        if (rc != 0) {
            break;
        }

        if (key.mv_size != sizeof(event.sequence)
            || reco_store_event_decode(
                   (reco_str_t){value.mv_size, value.mv_data}, &event)
                   != RECO_OK)
        {
            rc = MDB_CORRUPTED;
            break;
        }

        if (event.ts >= meta.newest - request->retention) {
            break;
        }

        memcpy(&event.sequence, key.mv_data, sizeof(event.sequence));
        rc = expire_event(store, txn, &event);
        if (rc == 0) {
            rc = mdb_cursor_del(cursor, 0);
        }
        if (rc != 0) {
            break;
        }

        request->removed++;
    }

    mdb_cursor_close(cursor);

    return rc == MDB_NOTFOUND ? 0 : rc;
}


reco_status_t
reco_store_expire(reco_store_t *store, int64_t retention, uint64_t limit,
    uint64_t *removed, reco_error_t *error)
{
    expire_t request = {.retention = retention, .limit = limit};
    reco_status_t status;

    status = reco_store_write(store, expire, &request, error);
    if (status == RECO_OK) {
        *removed = request.removed;
    }

    return status;
}
