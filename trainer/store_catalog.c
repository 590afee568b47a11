#include "store_catalog.h"

#include <errno.h>
#include <string.h>

#define HOUR        INT64_C(3600000)
#define CHANGES_MAX 1000000

/* A catalogue entry's times come first: see store_record.h. */
#define ITEM_TIMES 24


typedef struct {
    reco_store_t *store;
    MDB_txn *txn;
    reco_store_meta_t *meta;
} writing_t;


static int
put_record(
    const writing_t *writing, uint32_t number, const reco_store_item_t *item)
{
    char record[RECO_STORE_RECORD_MAX];
    size_t len;

    if (reco_store_item_encode(item, record, &len) != RECO_OK) {
        return MDB_BAD_VALSIZE;
    }

    return reco_store_put(writing->store, writing->txn, RECO_STORE_CATALOG,
        &number, sizeof(number), record, len, 0);
}


/* Followers of the catalogue read on from the change they know. */
static int
log_change(const writing_t *writing, uint32_t number)
{
    MDB_val key;
    uint64_t old;
    int rc;

    writing->meta->changes++;
    rc = reco_store_put(writing->store, writing->txn, RECO_STORE_CHANGES,
        &writing->meta->changes, sizeof(writing->meta->changes), &number,
        sizeof(number), MDB_APPEND);

    if (rc == 0 && writing->meta->changes > CHANGES_MAX) {
        old = writing->meta->changes - CHANGES_MAX;
        key = (MDB_val){sizeof(old), &old};
        rc = mdb_del(writing->txn, writing->store->tables[RECO_STORE_CHANGES],
            &key, NULL);
        rc = rc == MDB_NOTFOUND ? 0 : rc;
    }

    return rc;
}


/* Loads the item or makes an entry for it, in which nothing is written yet. */
static int
load_item(const writing_t *writing, reco_str_t id, int64_t ts, uint32_t *number,
    reco_store_item_t *item, int *is_new)
{
    MDB_val value;
    int rc;

    *is_new = 0;

    rc = reco_store_get(writing->store, writing->txn, RECO_STORE_ITEMS, id.data,
        id.len, &value);
    if (rc == MDB_NOTFOUND) {
        if (writing->meta->items == RECO_STORE_NO_ITEM) {
            return ENOSPC;
        }
        *is_new = 1;
        *number = writing->meta->items++;
        memset(item, 0, sizeof(*item));
        item->id = id;
        item->product.price = -1;
        item->product.available = -1;
        item->first_seen = ts;
        item->last_seen = ts;
        return reco_store_put(writing->store, writing->txn, RECO_STORE_ITEMS,
            id.data, id.len, number, sizeof(*number), 0);
    }

    if (rc != 0 || value.mv_size != sizeof(*number)) {
        return rc != 0 ? rc : MDB_CORRUPTED;
    }

    memcpy(number, value.mv_data, sizeof(*number));

    rc = reco_store_get(writing->store, writing->txn, RECO_STORE_CATALOG,
        number, sizeof(*number), &value);
    if (rc == 0
        && reco_store_item_decode(
               (reco_str_t){value.mv_size, value.mv_data}, item)
               != RECO_OK)
    {
        rc = MDB_CORRUPTED;
    }

    return rc;
}


int
reco_store_touch_item(reco_store_t *store, MDB_txn *txn,
    reco_store_meta_t *meta, reco_str_t id, int64_t ts, uint32_t *number)
{
    const writing_t writing = {store, txn, meta};
    reco_store_item_t item;
    int rc, is_new;

    rc = load_item(&writing, id, ts, number, &item, &is_new);
    if (rc != 0) {
        return rc;
    }

    if (!is_new && ts <= item.last_seen + HOUR && ts >= item.first_seen) {
        return 0;
    }

    if (ts > item.last_seen) {
        item.last_seen = ts;
    }
    if (ts < item.first_seen) {
        item.first_seen = ts;
    }

    return put_record(&writing, *number, &item);
}


static void
merge_text(reco_str_t *text, reco_str_t news)
{
    if (news.len > 0) {
        *text = news;
    }
}


/* What is given replaces, what is absent stays. */
static void
merge_product(reco_store_item_t *item, const reco_event_t *event)
{
    const reco_event_product_t *news = &event->product;
    reco_event_product_t *product = &item->product;

    item->updated = event->ts;
    if (event->ts < item->first_seen) {
        item->first_seen = event->ts;
    }

    merge_text(&product->title, news->title);
    merge_text(&product->url, news->url);
    merge_text(&product->image, news->image);
    merge_text(&product->category, news->category);
    merge_text(&product->brand, news->brand);
    merge_text(&item->currency, event->currency);
    if (news->price >= 0) {
        product->price = news->price;
    }
    if (news->available >= 0) {
        product->available = news->available;
    }
}


int
reco_store_apply_product(reco_store_t *store, MDB_txn *txn,
    reco_store_meta_t *meta, const reco_event_t *event,
    reco_store_outcome_t *outcome)
{
    const writing_t writing = {store, txn, meta};
    char before[RECO_STORE_RECORD_MAX], after[RECO_STORE_RECORD_MAX];
    size_t before_len, after_len;
    reco_store_item_t item;
    uint32_t number;
    int rc, is_new;

    rc = load_item(&writing, event->item, event->ts, &number, &item, &is_new);
    if (rc != 0) {
        return rc;
    }

    if (event->ts < item.updated) {
        *outcome = RECO_STORE_DUPLICATE;
        return 0;
    }

    is_new = is_new || item.updated == 0;

    if (reco_store_item_encode(&item, before, &before_len) != RECO_OK) {
        return MDB_CORRUPTED;
    }

    merge_product(&item, event);
    if (reco_store_item_encode(&item, after, &after_len) != RECO_OK) {
        return MDB_BAD_VALSIZE;
    }

    rc = reco_store_put(store, txn, RECO_STORE_CATALOG, &number, sizeof(number),
        after, after_len, 0);
    if (rc == 0
        && (is_new || before_len != after_len
            || memcmp(before + ITEM_TIMES, after + ITEM_TIMES,
                   after_len - ITEM_TIMES)
                   != 0))
    {
        rc = log_change(&writing, number);
    }

    return rc;
}
