#include "store.h"

#include "store_env.h"
#include "store_state.h"

#include <stdlib.h>
#include <string.h>


struct reco_store_view_s {
    reco_store_t *store;
    MDB_txn *txn;
    MDB_cursor *events;
    reco_store_meta_t meta;
};


reco_status_t
reco_store_view_begin(
    reco_store_t *store, reco_store_view_t **view, reco_error_t *error)
{
    reco_store_view_t *begun;
    reco_status_t status;
    int rc;

    begun = calloc(1, sizeof(*begun));
    if (begun == NULL) {
        return reco_error_set(error, RECO_NOMEM, "out of memory");
    }

    begun->store = store;

    status = reco_store_begin_read(store, &begun->txn, error);
    if (status != RECO_OK) {
        free(begun);
        return status;
    }

    rc = reco_store_load_meta(store, begun->txn, &begun->meta);
    if (rc == 0) {
        rc = mdb_cursor_open(
            begun->txn, store->tables[RECO_STORE_EVENTS], &begun->events);
    }

    if (rc != 0) {
        reco_store_view_end(begun);
        return reco_store_status(store, rc, "read", error);
    }

    *view = begun;

    return RECO_OK;
}


void
reco_store_view_end(reco_store_view_t *view)
{
    if (view == NULL) {
        return;
    }

    if (view->events != NULL) {
        mdb_cursor_close(view->events);
    }

    mdb_txn_abort(view->txn);
    free(view);
}


static reco_status_t
get_event(reco_store_view_t *view, MDB_val *key, MDB_cursor_op op,
    reco_store_event_t *event)
{
    MDB_val value;
    int rc;

    rc = mdb_cursor_get(view->events, key, &value, op);
    if (rc != 0) {
        return reco_store_status(view->store, rc, "read", NULL);
    }

    if (key->mv_size != sizeof(event->sequence)) {
        return RECO_CORRUPT;
    }

    memcpy(&event->sequence, key->mv_data, sizeof(event->sequence));

    return reco_store_event_decode(
        (reco_str_t){value.mv_size, value.mv_data}, event);
}


reco_status_t
reco_store_view_seek(
    reco_store_view_t *view, uint64_t sequence, reco_store_event_t *event)
{
    MDB_val key = {sizeof(sequence), &sequence};

    return get_event(view, &key, MDB_SET_RANGE, event);
}


reco_status_t
reco_store_view_next(reco_store_view_t *view, reco_store_event_t *event)
{
    MDB_val key;

    return get_event(view, &key, MDB_NEXT, event);
}


static reco_status_t
get(reco_store_view_t *view, reco_store_table_t table, const void *key,
    size_t len, reco_str_t *data)
{
    MDB_val name = {len, (void *) key};
    MDB_val value;
    int rc;

    *data = reco_null_string;

    rc = mdb_get(view->txn, view->store->tables[table], &name, &value);
    if (rc == 0) {
        data->data = value.mv_data;
        data->len = value.mv_size;
    }

    return reco_store_status(view->store, rc, "read", NULL);
}


reco_status_t
reco_store_view_get(
    reco_store_view_t *view, uint64_t sequence, reco_store_event_t *event)
{
    reco_status_t status;
    reco_str_t record;

    status = get(view, RECO_STORE_EVENTS, &sequence, sizeof(sequence), &record);
    if (status != RECO_OK) {
        return status;
    }

    event->sequence = sequence;

    return reco_store_event_decode(record, event);
}


reco_status_t
reco_store_view_item(
    reco_store_view_t *view, uint32_t number, reco_store_item_t *item)
{
    reco_status_t status;
    reco_str_t record;

    status = get(view, RECO_STORE_CATALOG, &number, sizeof(number), &record);

    return status == RECO_OK ? reco_store_item_decode(record, item) : status;
}


reco_status_t
reco_store_view_find_item(
    reco_store_view_t *view, reco_str_t id, uint32_t *number)
{
    reco_status_t status;
    reco_str_t data;

    if (id.len == 0 || id.len > RECO_EVENT_ITEM_MAX) {
        return RECO_DECLINED;
    }

    status = get(view, RECO_STORE_ITEMS, id.data, id.len, &data);
    if (status != RECO_OK) {
        return status;
    }

    if (data.len != sizeof(*number)) {
        return RECO_CORRUPT;
    }

    memcpy(number, data.data, sizeof(*number));

    return RECO_OK;
}


reco_status_t
reco_store_view_change(
    reco_store_view_t *view, uint64_t *change, uint32_t *item)
{
    uint64_t number = *change + 1;
    MDB_val key = {sizeof(number), &number};
    MDB_cursor *cursor;
    MDB_val value;
    int rc;

    rc = mdb_cursor_open(
        view->txn, view->store->tables[RECO_STORE_CHANGES], &cursor);
    if (rc != 0) {
        return reco_store_status(view->store, rc, "read", NULL);
    }

    rc = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE);
    if (rc == 0
        && (key.mv_size != sizeof(*change) || value.mv_size != sizeof(*item)))
    {
        rc = MDB_CORRUPTED;
    }
    if (rc == 0) {
        memcpy(change, key.mv_data, sizeof(*change));
        memcpy(item, value.mv_data, sizeof(*item));
    }
    mdb_cursor_close(cursor);

    return reco_store_status(view->store, rc, "read", NULL);
}


uint64_t
reco_store_view_changes(reco_store_view_t *view)
{
    return view->meta.changes;
}


uint32_t
reco_store_view_nitems(reco_store_view_t *view)
{
    return view->meta.items;
}


uint32_t
reco_store_view_nvisitors(reco_store_view_t *view)
{
    return view->meta.visitors + 1;
}


uint64_t
reco_store_view_sequence(reco_store_view_t *view)
{
    return view->meta.sequence;
}


int64_t
reco_store_view_newest(reco_store_view_t *view)
{
    return view->meta.newest;
}


uint64_t
reco_store_view_forgotten(reco_store_view_t *view)
{
    reco_str_t data;
    uint64_t count;

    if (get(view, RECO_STORE_COUNTERS, RECO_STORE_FORGOTTEN,
            strlen(RECO_STORE_FORGOTTEN), &data)
            != RECO_OK
        || data.len != sizeof(count))
    {
        return 0;
    }

    memcpy(&count, data.data, sizeof(count));

    return count;
}


reco_status_t
reco_store_view_visitor(
    reco_store_view_t *view, reco_str_t visitor, reco_store_visitor_t *record)
{
    reco_status_t status;
    reco_str_t data;
    reco_store_name_t name;

    if (!reco_store_pack_name(visitor, &name)) {
        return RECO_DECLINED;
    }

    status = get(view, RECO_STORE_VISITORS, name.data, name.len, &data);

    return status == RECO_OK ? reco_store_visitor_decode(data, record) : status;
}


reco_status_t
reco_store_view_name(reco_store_view_t *view, uint32_t number,
    char name[RECO_STORE_VISITOR_MAX], reco_str_t *visitor)
{
    reco_status_t status;
    reco_str_t data;

    status = get(view, RECO_STORE_NAMES, &number, sizeof(number), &data);
    if (status == RECO_OK) {
        visitor->data = name;
        visitor->len = reco_store_unpack_name(data, name);
    }

    return status;
}


static reco_status_t
name_item(reco_store_view_t *view, uint32_t number, reco_str_t *id)
{
    reco_store_item_t item;
    reco_status_t status;

    if (number == RECO_STORE_NO_ITEM) {
        return RECO_OK;
    }

    status = reco_store_view_item(view, number, &item);
    if (status == RECO_OK) {
        *id = item.id;
    }

    return status;
}


reco_status_t
reco_store_view_event(reco_store_view_t *view, const reco_store_event_t *header,
    reco_store_scratch_t *scratch, reco_event_t *event)
{
    reco_store_line_t lines[RECO_EVENT_ITEMS_MAX];
    reco_status_t status;
    unsigned i;

    reco_store_event_restore(header, scratch, event);

    status = reco_store_view_name(
        view, header->visitor, scratch->visitor, &event->visitor);
    if (status == RECO_OK) {
        status = name_item(view, header->item, &event->item);
    }

    event->nlines = reco_store_event_lines(header, lines);

    for (i = 0; status == RECO_OK && i < event->nlines; i++) {
        event->lines[i].qty = lines[i].qty;
        event->lines[i].price = lines[i].price;
        status = name_item(view, lines[i].item, &event->lines[i].item);
    }

    return status;
}


reco_status_t
reco_store_view_state(
    reco_store_view_t *view, reco_str_t key, reco_str_t *value)
{
    return get(view, RECO_STORE_STATE, key.data, key.len, value);
}


reco_status_t
reco_store_view_states(reco_store_view_t *view, char first,
    reco_status_t (*visit)(void *context, reco_str_t key, reco_str_t value),
    void *context)
{
    MDB_val key = {1, &first};
    reco_status_t status;
    MDB_cursor *cursor;
    MDB_val value;
    int rc;

    cursor = NULL;
    rc = mdb_cursor_open(
        view->txn, view->store->tables[RECO_STORE_STATE], &cursor);
    status = RECO_OK;

    for (rc = rc != 0 ? rc
                      : mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE);
         rc == 0 && status == RECO_OK && *(char *) key.mv_data == first;
         rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT))
    {
        status = visit(context, (reco_str_t){key.mv_size, key.mv_data},
            (reco_str_t){value.mv_size, value.mv_data});
        if (status != RECO_OK) {
            break;
        }
    }

    if (cursor != NULL) {
        mdb_cursor_close(cursor);
    }

    if (status == RECO_OK && rc != 0 && rc != MDB_NOTFOUND) {
        status = reco_store_status(view->store, rc, "read", NULL);
    }

    return status;
}
