/*
 * What the files of the store share: the environment and its tables.
 */

#ifndef RECO_STORE_ENV_H
#define RECO_STORE_ENV_H

#include "store.h"
#include "store_rates.h"

#include <lmdb.h>


typedef enum {
    RECO_STORE_EVENTS,
    RECO_STORE_VISITORS,
    RECO_STORE_NAMES,
    RECO_STORE_IDS,
    RECO_STORE_ITEMS,
    RECO_STORE_CATALOG,
    RECO_STORE_CHANGES,
    RECO_STORE_STREAMS,
    RECO_STORE_COUNTERS,
    RECO_STORE_STATE,
    RECO_STORE_RATES,
    RECO_STORE_META,
    RECO_STORE_TABLE_COUNT
} reco_store_table_t;

struct reco_store_s {
    MDB_env *env;
    MDB_dbi tables[RECO_STORE_TABLE_COUNT];
    char *path;
};

/* What a batch numbers from; kept in meta, written with the batch. */
typedef struct {
    uint64_t sequence; /* of the newest event */
    int64_t newest;    /* time of the newest event */
    uint64_t changes;  /* the newest change of metadata */
    uint32_t visitors; /* the largest visitor's number */
    uint32_t items;    /* how many item numbers are taken */
} reco_store_meta_t;

/* A change within a transaction; says an LMDB code, 0 is done. */
typedef int (*reco_store_change_t)(
    reco_store_t *store, MDB_txn *txn, void *context);

/*
 * Runs change in a write transaction and commits.  Where the map is full it
 * is grown, and change is run again from the start.
 */
reco_status_t reco_store_write(reco_store_t *store, reco_store_change_t change,
    void *context, reco_error_t *error);

reco_status_t reco_store_begin_read(
    reco_store_t *store, MDB_txn **txn, reco_error_t *error);

/* The status of an LMDB code, with a message that names the store. */
reco_status_t reco_store_status(
    const reco_store_t *store, int code, const char *what, reco_error_t *error);

int reco_store_load_meta(
    reco_store_t *store, MDB_txn *txn, reco_store_meta_t *meta);
int reco_store_save_meta(
    reco_store_t *store, MDB_txn *txn, const reco_store_meta_t *meta);

/* LMDB's code. */
static inline int
reco_store_get(const reco_store_t *store, MDB_txn *txn,
    reco_store_table_t table, const void *key, size_t len, MDB_val *value)
{
    MDB_val name = {len, (void *) key};

    return mdb_get(txn, store->tables[table], &name, value);
}

static inline int
reco_store_put(const reco_store_t *store, MDB_txn *txn,
    reco_store_table_t table, const void *key, size_t len, const void *data,
    size_t size, unsigned flags)
{
    MDB_val name = {len, (void *) key};
    MDB_val value = {size, (void *) data};

    return mdb_put(txn, store->tables[table], &name, &value, flags);
}

/* Of visitors who were removed on demand. */
#define RECO_STORE_FORGOTTEN "forgotten"

/* Adds what was counted. */
int reco_store_rates_save(
    reco_store_t *store, MDB_txn *txn, const reco_store_rates_t *rates);

/* Adds to a counter. */
int reco_store_count(
    reco_store_t *store, MDB_txn *txn, const char *name, uint64_t count);

/* A visitor's name as a key: packed, where it is 32 hex digits. */
typedef struct {
    size_t len;
    char data[RECO_STORE_VISITOR_MAX + 1];
} reco_store_name_t;

/* 0: it is empty or too long. */
int reco_store_pack_name(reco_str_t visitor, reco_store_name_t *name);

/* Returns the length of the name. */
size_t reco_store_unpack_name(
    reco_str_t key, char visitor[RECO_STORE_VISITOR_MAX]);

/* What tells a visitor's event from its others. */
uint64_t reco_store_id_hash(reco_str_t id);

#endif /* RECO_STORE_ENV_H */
