/*
 * A batch of events, applied in one transaction.
 */

#include "store.h"

#include "store_catalog.h"
#include "store_check.h"
#include "store_env.h"

#include <errno.h>
#include <string.h>

#define DAY INT64_C(86400000)


/* The visitor of the event before this one: most come in runs. */
typedef struct {
    reco_store_name_t name;
    reco_store_visitor_t record;
    int loaded;
    int changed;
} visitor_cache_t;

typedef struct {
    reco_store_t *store;
    MDB_txn *txn;
    const reco_store_batch_t *batch;
    const reco_store_limits_t *limits;
    reco_store_meta_t meta;
    visitor_cache_t visitor;
    uint64_t outcomes[RECO_STORE_OUTCOME_COUNT];
    uint64_t types[RECO_EVENT_TYPE_COUNT];
    reco_store_rates_t rates;
    char record[RECO_STORE_RECORD_MAX];
} apply_t;

typedef struct {
    const reco_store_batch_t *batch;
    const reco_store_limits_t *limits;
} request_t;


const char *
reco_store_outcome_name(reco_store_outcome_t outcome)
{
    static const char *const names[RECO_STORE_OUTCOME_COUNT] = {
        [RECO_STORE_APPLIED] = "applied",
        [RECO_STORE_DUPLICATE] = "duplicate",
        [RECO_STORE_BAD_VISITOR] = "bad-visitor",
        [RECO_STORE_BAD_ID] = "bad-id",
        [RECO_STORE_BAD_ITEM] = "bad-item",
        [RECO_STORE_BAD_TIME] = "bad-time",
        [RECO_STORE_BAD_VALUE] = "bad-value",
        [RECO_STORE_TOO_OLD] = "too-old",
        [RECO_STORE_TOO_MANY] = "too-many",
    };

    return names[outcome];
}


static int
flush_visitor(apply_t *apply)
{
    char record[RECO_STORE_VISITOR_BYTES];
    visitor_cache_t *visitor = &apply->visitor;
    int rc;

    if (!visitor->loaded || !visitor->changed) {
        return 0;
    }

    reco_store_visitor_encode(&visitor->record, record);
    rc = reco_store_put(apply->store, apply->txn, RECO_STORE_VISITORS,
        visitor->name.data, visitor->name.len, record, sizeof(record), 0);
    visitor->changed = 0;

    return rc;
}


/* A visitor who is new has number 0 until an event of theirs is applied. */
static int
load_visitor(apply_t *apply, const reco_store_name_t *name)
{
    visitor_cache_t *visitor = &apply->visitor;
    MDB_val value;
    int rc;

    if (visitor->loaded && visitor->name.len == name->len
        && memcmp(visitor->name.data, name->data, name->len) == 0)
    {
        return 0;
    }

    rc = flush_visitor(apply);
    if (rc != 0) {
        return rc;
    }

    visitor->loaded = 1;
    visitor->name = *name;
    memset(&visitor->record, 0, sizeof(visitor->record));

    rc = reco_store_get(apply->store, apply->txn, RECO_STORE_VISITORS,
        name->data, name->len, &value);
    if (rc == MDB_NOTFOUND) {
        return 0;
    }

    if (rc == 0
        && reco_store_visitor_decode(
               (reco_str_t){value.mv_size, value.mv_data}, &visitor->record)
               != RECO_OK)
    {
        rc = MDB_CORRUPTED;
    }

    return rc;
}


static int
name_visitor(apply_t *apply)
{
    visitor_cache_t *visitor = &apply->visitor;

    if (visitor->record.number != 0) {
        return 0;
    }

    if (apply->meta.visitors == UINT32_MAX) {
        return ENOSPC;
    }

    visitor->record.number = ++apply->meta.visitors;
    visitor->changed = 1;

    return reco_store_put(apply->store, apply->txn, RECO_STORE_NAMES,
        &visitor->record.number, sizeof(visitor->record.number),
        visitor->name.data, visitor->name.len, 0);
}


static uint64_t
session_of(const reco_event_t *event)
{
    static const char key[] = "session";
    const reco_event_pair_t *pair;
    unsigned i;

    for (i = 0; i < event->ncontext; i++) {
        pair = &event->context[i];
        if (pair->key.len == sizeof(key) - 1 && pair->value.len > 0
            && memcmp(pair->key.data, key, sizeof(key) - 1) == 0)
        {
            return reco_item_key(pair->value);
        }
    }

    return 0;
}


/* May the visitor send one more on that day?  A day that is past counts as
   the newest, or going back and forth would start a new count each time. */
static int
within_rate(apply_t *apply, int64_t ts)
{
    reco_store_visitor_t *record = &apply->visitor.record;
    uint32_t day;

    day = (uint32_t) (ts / DAY);
    if (day > record->day) {
        record->day = day;
        record->day_events = 0;
    }

    return record->day_events < apply->limits->visitor_rate;
}


static void
note_visit(apply_t *apply, int64_t ts)
{
    reco_store_visitor_t *record = &apply->visitor.record;

    if (record->nevents == 0 || ts < record->first_seen) {
        record->first_seen = ts;
    }
    if (record->nevents == 0 || ts > record->last_seen) {
        record->last_seen = ts;
    }

    record->nevents++;
    record->day_events++;
    record->last = apply->meta.sequence;
    apply->visitor.changed = 1;
}


static int
append_event(apply_t *apply, const reco_event_t *event)
{
    reco_store_line_t lines[RECO_EVENT_ITEMS_MAX];
    reco_store_event_t header;
    unsigned i;
    size_t len;
    int rc;

    memset(&header, 0, sizeof(header));
    header.type = (uint8_t) event->type;
    header.ts = event->ts;
    header.ms = event->ms < UINT32_MAX ? (uint32_t) event->ms : UINT32_MAX;
    header.item = RECO_STORE_NO_ITEM;
    header.visitor = apply->visitor.record.number;
    header.previous = apply->visitor.record.last;
    header.session = session_of(event);

    if (event->item.len > 0) {
        rc = reco_store_touch_item(apply->store, apply->txn, &apply->meta,
            event->item, event->ts, &header.item);
        if (rc != 0) {
            return rc;
        }
    }

    for (i = 0; i < event->nlines; i++) {
        rc = reco_store_touch_item(apply->store, apply->txn, &apply->meta,
            event->lines[i].item, event->ts, &lines[i].item);
        if (rc != 0) {
            return rc;
        }
        lines[i].qty = (float) event->lines[i].qty;
        lines[i].price = (float) event->lines[i].price;
    }

    if (reco_store_event_encode(&header, event, lines, apply->record, &len)
        != RECO_OK)
    {
        return MDB_BAD_VALSIZE;
    }

    apply->meta.sequence++;

    return reco_store_put(apply->store, apply->txn, RECO_STORE_EVENTS,
        &apply->meta.sequence, sizeof(apply->meta.sequence), apply->record, len,
        MDB_APPEND);
}


static int
apply_act(
    apply_t *apply, const reco_event_t *event, reco_store_outcome_t *outcome)
{
    uint64_t hash;
    reco_store_name_t name;
    int rc;

    reco_store_pack_name(event->visitor, &name);

    rc = load_visitor(apply, &name);
    if (rc != 0) {
        return rc;
    }

    if (!within_rate(apply, event->ts)) {
        *outcome = RECO_STORE_TOO_MANY;
        return 0;
    }

    rc = name_visitor(apply);
    if (rc != 0) {
        return rc;
    }

    hash = reco_store_id_hash(event->id);
    rc = reco_store_put(apply->store, apply->txn, RECO_STORE_IDS,
        &apply->visitor.record.number, sizeof(apply->visitor.record.number),
        &hash, sizeof(hash), MDB_NODUPDATA);
    if (rc == MDB_KEYEXIST) {
        *outcome = RECO_STORE_DUPLICATE;
        return 0;
    }

    if (rc == 0) {
        rc = append_event(apply, event);
    }

    if (rc == 0) {
        note_visit(apply, event->ts);
        apply->types[event->type]++;
        reco_store_rates_note(&apply->rates, event);
        if (event->ts > apply->meta.newest) {
            apply->meta.newest = event->ts;
        }
    }

    return rc;
}


static int
apply_event(
    apply_t *apply, const reco_event_t *event, reco_store_outcome_t *outcome)
{
    *outcome = reco_store_check(event, apply->limits);
    if (*outcome != RECO_STORE_APPLIED) {
        return 0;
    }

    if (event->type == RECO_EVENT_ITEM) {
        return reco_store_apply_product(
            apply->store, apply->txn, &apply->meta, event, outcome);
    }

    if (event->ts < apply->meta.newest - apply->limits->retention) {
        *outcome = RECO_STORE_TOO_OLD;
        return 0;
    }

    return apply_act(apply, event, outcome);
}


static int
count_all(apply_t *apply)
{
    const reco_store_batch_t *batch = apply->batch;
    int rc, i;
    size_t j;

    rc = 0;

    for (i = 0; rc == 0 && i < RECO_STORE_OUTCOME_COUNT; i++) {
        if (apply->outcomes[i] > 0) {
            rc = reco_store_count(apply->store, apply->txn,
                reco_store_outcome_name((reco_store_outcome_t) i),
                apply->outcomes[i]);
        }
    }

    for (i = 0; rc == 0 && i < RECO_EVENT_TYPE_COUNT; i++) {
        if (apply->types[i] > 0) {
            rc = reco_store_count(apply->store, apply->txn,
                reco_event_type_name((reco_event_type_t) i), apply->types[i]);
        }
    }

    for (j = 0; rc == 0 && j < batch->ncounts; j++) {
        rc = reco_store_count(apply->store, apply->txn, batch->counts[j].name,
            batch->counts[j].count);
    }

    return rc;
}


static int
save_positions(apply_t *apply)
{
    const reco_store_position_t *position;
    size_t i;
    int rc;

    rc = 0;

    for (i = 0; rc == 0 && i < apply->batch->npositions; i++) {
        position = &apply->batch->positions[i];
        if (position->id[0] != '\0') {
            rc = reco_store_put(apply->store, apply->txn, RECO_STORE_STREAMS,
                position->stream, strlen(position->stream), position->id,
                strlen(position->id), 0);
        }
    }

    return rc;
}


static int
apply_batch(reco_store_t *store, MDB_txn *txn, void *context)
{
    const request_t *request = context;
    apply_t apply;
    size_t i;
    int rc;

    memset(&apply, 0, offsetof(apply_t, record));
    apply.store = store;
    apply.txn = txn;
    apply.batch = request->batch;
    apply.limits = request->limits;

    rc = reco_store_load_meta(store, txn, &apply.meta);

    for (i = 0; rc == 0 && i < apply.batch->nevents; i++) {
        rc = apply_event(
            &apply, &apply.batch->events[i], &apply.batch->outcomes[i]);
        apply.outcomes[apply.batch->outcomes[i]]++;
    }

    if (rc == 0) {
        rc = flush_visitor(&apply);
    }
    if (rc == 0) {
        rc = reco_store_save_meta(store, txn, &apply.meta);
    }
    if (rc == 0) {
        rc = count_all(&apply);
    }
    if (rc == 0) {
        rc = reco_store_rates_save(store, txn, &apply.rates);
    }
    if (rc == 0) {
        rc = save_positions(&apply);
    }

    return rc;
}


reco_status_t
reco_store_apply(reco_store_t *store, const reco_store_batch_t *batch,
    const reco_store_limits_t *limits, reco_error_t *error)
{
    request_t request = {batch, limits};

    return reco_store_write(store, apply_batch, &request, error);
}
