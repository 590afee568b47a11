#include "store.h"

#include "store_bytes.h"
#include "store_env.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#define FORMAT      1
#define META_BYTES  32
#define READERS_MAX 126
#define GROWTH_MAX  (UINT64_C(16) << 30)
#define SIZE_MIN    (UINT64_C(1) << 20)
#define RETRIES     64
#define OPEN_TRIES  100


typedef struct {
    const char *name;
    unsigned flags;
} table_t;

static const table_t tables[RECO_STORE_TABLE_COUNT] = {
    [RECO_STORE_EVENTS] = {"events", MDB_INTEGERKEY},
    [RECO_STORE_VISITORS] = {"visitors", 0},
    [RECO_STORE_NAMES] = {"names", MDB_INTEGERKEY},
    [RECO_STORE_IDS] = {"ids",
        MDB_INTEGERKEY | MDB_DUPSORT | MDB_DUPFIXED | MDB_INTEGERDUP},
    [RECO_STORE_ITEMS] = {"items", 0},
    [RECO_STORE_CATALOG] = {"catalog", MDB_INTEGERKEY},
    [RECO_STORE_CHANGES] = {"changes", MDB_INTEGERKEY},
    [RECO_STORE_STREAMS] = {"streams", 0},
    [RECO_STORE_COUNTERS] = {"counters", 0},
    [RECO_STORE_STATE] = {"state", 0},
    [RECO_STORE_RATES] = {"rates", 0},
    [RECO_STORE_META] = {"meta", 0},
};


/* Of a page that the disk had room for a part of, LMDB says EIO. */
static int
reason_of(const reco_store_t *store, int code)
{
    struct statvfs disk;

    return code == EIO && statvfs(store->path, &disk) == 0 && disk.f_bavail == 0
               ? ENOSPC
               : code;
}


reco_status_t
reco_store_status(
    const reco_store_t *store, int code, const char *what, reco_error_t *error)
{
    reco_status_t status;

    switch (code) {
    case 0:
        return RECO_OK;
    case MDB_NOTFOUND:
        status = RECO_DECLINED;
        break;
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
    case MDB_INVALID:
    case MDB_PANIC:
        status = RECO_CORRUPT;
        break;
    case MDB_VERSION_MISMATCH:
        status = RECO_UNSUPPORTED;
        break;
    case ENOMEM:
        status = RECO_NOMEM;
        break;
    default:
        status = RECO_IO;
        break;
    }

    return reco_error_set(error, status, "cannot %s the store \"%s\": %s", what,
        store->path, mdb_strerror(reason_of(store, code)));
}


static MDB_val
text_val(const char *text)
{
    return (MDB_val){strlen(text), (void *) text};
}


int
reco_store_load_meta(reco_store_t *store, MDB_txn *txn, reco_store_meta_t *meta)
{
    MDB_val key, value;
    const char *in;
    int rc;

    key = text_val("numbers");
    memset(meta, 0, sizeof(*meta));

    rc = mdb_get(txn, store->tables[RECO_STORE_META], &key, &value);
    if (rc != 0) {
        return rc == MDB_NOTFOUND ? 0 : rc;
    }

    if (value.mv_size != META_BYTES) {
        return MDB_CORRUPTED;
    }

    in = value.mv_data;
    meta->sequence = reco_load_u64(in);
    meta->newest = (int64_t) reco_load_u64(in + 8);
    meta->visitors = reco_load_u32(in + 16);
    meta->items = reco_load_u32(in + 20);
    meta->changes = reco_load_u64(in + 24);

    return 0;
}


int
reco_store_save_meta(
    reco_store_t *store, MDB_txn *txn, const reco_store_meta_t *meta)
{
    MDB_val key, value;
    char out[META_BYTES];

    reco_store_u64(out, meta->sequence);
    reco_store_u64(out + 8, (uint64_t) meta->newest);
    reco_store_u32(out + 16, meta->visitors);
    reco_store_u32(out + 20, meta->items);
    reco_store_u64(out + 24, meta->changes);

    key = text_val("numbers");
    value = (MDB_val){sizeof(out), out};

    return mdb_put(txn, store->tables[RECO_STORE_META], &key, &value, 0);
}


int
reco_store_count(
    reco_store_t *store, MDB_txn *txn, const char *name, uint64_t count)
{
    MDB_val key, value;
    uint64_t total;
    int rc;

    key = text_val(name);
    total = 0;

    rc = mdb_get(txn, store->tables[RECO_STORE_COUNTERS], &key, &value);
    if (rc == 0 && value.mv_size == sizeof(total)) {
        memcpy(&total, value.mv_data, sizeof(total));
    } else if (rc != 0 && rc != MDB_NOTFOUND) {
        return rc;
    }

    total += count;
    value = (MDB_val){sizeof(total), &total};

    return mdb_put(txn, store->tables[RECO_STORE_COUNTERS], &key, &value, 0);
}


uint64_t
reco_store_id_hash(reco_str_t id)
{
    return reco_hash(id.data, id.len);
}


/* Another process may have grown the map: take over its size. */
static int
begin(reco_store_t *store, unsigned flags, MDB_txn **txn)
{
    int rc;

    rc = mdb_txn_begin(store->env, NULL, flags, txn);
    if (rc == MDB_MAP_RESIZED) {
        rc = mdb_env_set_mapsize(store->env, 0);
        if (rc == 0) {
            rc = mdb_txn_begin(store->env, NULL, flags, txn);
        }
    }

    return rc;
}


static int
grow(reco_store_t *store)
{
    MDB_envinfo info;
    uint64_t growth;
    int rc;

    rc = mdb_env_info(store->env, &info);
    if (rc != 0) {
        return rc;
    }

    growth = info.me_mapsize < GROWTH_MAX ? info.me_mapsize : GROWTH_MAX;

    return mdb_env_set_mapsize(store->env, info.me_mapsize + growth);
}


static int
change_once(reco_store_t *store, reco_store_change_t change, void *context)
{
    MDB_txn *txn;
    int rc;

    rc = begin(store, 0, &txn);
    if (rc != 0) {
        return rc;
    }

    rc = change(store, txn, context);
    if (rc != 0) {
        mdb_txn_abort(txn);
        return rc;
    }

    return mdb_txn_commit(txn);
}


static int
change_growing(reco_store_t *store, reco_store_change_t change, void *context)
{
    int rc, tries;

    rc = change_once(store, change, context);

    for (tries = 0; rc == MDB_MAP_FULL && tries < RETRIES; tries++) {
        rc = grow(store);
        if (rc == 0) {
            rc = change_once(store, change, context);
        }
    }

    return rc;
}


reco_status_t
reco_store_write(reco_store_t *store, reco_store_change_t change, void *context,
    reco_error_t *error)
{
    return reco_store_status(
        store, change_growing(store, change, context), "write to", error);
}


reco_status_t
reco_store_begin_read(reco_store_t *store, MDB_txn **txn, reco_error_t *error)
{
    return reco_store_status(
        store, begin(store, MDB_RDONLY, txn), "read", error);
}


static int
open_tables(reco_store_t *store, MDB_txn *txn, void *context)
{
    MDB_val key, value;
    uint32_t format;
    int i, rc;

    (void) context;

    for (i = 0; i < RECO_STORE_TABLE_COUNT; i++) {
        rc = mdb_dbi_open(txn, tables[i].name, tables[i].flags | MDB_CREATE,
            &store->tables[i]);
        if (rc != 0) {
            return rc;
        }
    }

    key = text_val("format");
    rc = mdb_get(txn, store->tables[RECO_STORE_META], &key, &value);
    if (rc == MDB_NOTFOUND) {
        format = FORMAT;
        value = (MDB_val){sizeof(format), &format};
        return mdb_put(txn, store->tables[RECO_STORE_META], &key, &value, 0);
    }

    if (rc != 0 || value.mv_size != sizeof(format)) {
        return rc != 0 ? rc : MDB_CORRUPTED;
    }

    memcpy(&format, value.mv_data, sizeof(format));

    return format == FORMAT ? 0 : MDB_VERSION_MISMATCH;
}


static int
open_env(reco_store_t *store, uint64_t size)
{
    int rc, dead;

    rc = mdb_env_create(&store->env);
    if (rc != 0) {
        return rc;
    }

    rc = mdb_env_set_maxdbs(store->env, RECO_STORE_TABLE_COUNT);
    if (rc == 0) {
        rc = mdb_env_set_maxreaders(store->env, READERS_MAX);
    }
    if (rc == 0) {
        rc = mdb_env_set_mapsize(store->env, size > SIZE_MIN ? size : SIZE_MIN);
    }
    if (rc == 0) {
        rc = mdb_env_open(store->env, store->path, MDB_NORDAHEAD, 0640);
    }
    if (rc == 0) {
        /* Slots of readers that were killed would keep pages from reuse. */
        rc = mdb_reader_check(store->env, &dead);
    }

    return rc;
}


static void
close_env(reco_store_t *store)
{
    if (store->env != NULL) {
        mdb_env_close(store->env);
        store->env = NULL;
    }
}


/*
 * In LMDB 0.9.27 to 0.9.31 the last process to close an environment destroys
 * its locks, also while another one waits to open it, which then finds locks
 * that are none: EINVAL until everybody has closed it (ITS#10095).
 */
static int
open_tried(reco_store_t *store, uint64_t size)
{
    struct timespec pause = {0, 0};
    int rc, tries;

    for (tries = 0;; tries++) {
        rc = open_env(store, size);
        if (rc == 0) {
            rc = change_growing(store, open_tables, NULL);
        }
        if (rc != EINVAL || tries == OPEN_TRIES) {
            return rc;
        }

        /* Of two that meet, one has to be away while the other opens it. */
        close_env(store);
        pause.tv_nsec = 1000000 * (1 + (getpid() * 7 + tries * 13) % 20);
        nanosleep(&pause, NULL);
    }
}


/* Creates path and the folders above it.  0 or an errno. */
static int
make_folder(const char *path)
{
    char *copy, *p;
    int rc;

    copy = strdup(path);
    if (copy == NULL) {
        return ENOMEM;
    }

    rc = 0;

    for (p = copy + 1; rc == 0 && *p != '\0'; p++) {
        if (*p != '/') {
            continue;
        }
        *p = '\0';
        if (mkdir(copy, 0755) != 0 && errno != EEXIST) {
            rc = errno;
        }
        *p = '/';
    }

    if (rc == 0 && mkdir(copy, 0750) != 0 && errno != EEXIST) {
        rc = errno;
    }

    free(copy);

    return rc;
}


/* One that may not be looked at is there for all we know. */
static int
has_data(const char *path)
{
    struct stat info;
    char file[4096];

    return snprintf(file, sizeof(file), "%s/data.mdb", path)
               < (int) sizeof(file)
           && (stat(file, &info) == 0 || errno == EACCES);
}


reco_status_t
reco_store_open(const char *path, reco_store_mode_t mode, uint64_t size,
    reco_store_t **store, reco_error_t *error)
{
    reco_status_t status;
    reco_store_t *opened;
    int rc;

    if (mode == RECO_STORE_EXISTING && !has_data(path)) {
        return reco_error_set(error, RECO_DECLINED,
            "there is no store in \"%s\": nothing came in or was imported yet",
            path);
    }

    opened = calloc(1, sizeof(*opened));
    if (opened == NULL) {
        return reco_error_set(error, RECO_NOMEM, "out of memory");
    }

    opened->path = strdup(path);
    if (opened->path == NULL) {
        free(opened);
        return reco_error_set(error, RECO_NOMEM, "out of memory");
    }

    rc = mode == RECO_STORE_WRITE ? make_folder(path) : 0;
    if (rc == 0) {
        rc = open_tried(opened, size);
    }

    status = reco_store_status(opened, rc, "open", error);
    if (rc == EACCES) {
        status = reco_error_set(error, status,
            "cannot open the store \"%s\": Permission denied; be the user whom "
            "it belongs to, as the trainer is (sudo -u reco ...)",
            path);
    }
    if (status != RECO_OK) {
        reco_store_close(opened);
        return status;
    }

    *store = opened;

    return RECO_OK;
}


void
reco_store_close(reco_store_t *store)
{
    if (store == NULL) {
        return;
    }

    close_env(store);
    free(store->path);
    free(store);
}


reco_status_t
reco_store_position(
    reco_store_t *store, reco_store_position_t *position, reco_error_t *error)
{
    reco_status_t status;
    MDB_val key, value;
    MDB_txn *txn;
    int rc;

    position->id[0] = '\0';

    status = reco_store_begin_read(store, &txn, error);
    if (status != RECO_OK) {
        return status;
    }

    key = text_val(position->stream);
    rc = mdb_get(txn, store->tables[RECO_STORE_STREAMS], &key, &value);
    if (rc == 0 && value.mv_size < sizeof(position->id)) {
        memcpy(position->id, value.mv_data, value.mv_size);
        position->id[value.mv_size] = '\0';
    }
    mdb_txn_abort(txn);

    return reco_store_status(store, rc, "read", error);
}


reco_status_t
reco_store_stats(
    reco_store_t *store, reco_store_stats_t *stats, reco_error_t *error)
{
    MDB_stat events, visitors, catalog;
    reco_store_meta_t meta;
    reco_status_t status;
    MDB_envinfo info;
    MDB_stat whole;
    MDB_txn *txn;
    int rc;

    status = reco_store_begin_read(store, &txn, error);
    if (status != RECO_OK) {
        return status;
    }

    rc = reco_store_load_meta(store, txn, &meta);
    if (rc == 0) {
        rc = mdb_stat(txn, store->tables[RECO_STORE_EVENTS], &events);
    }
    if (rc == 0) {
        rc = mdb_stat(txn, store->tables[RECO_STORE_VISITORS], &visitors);
    }
    if (rc == 0) {
        rc = mdb_stat(txn, store->tables[RECO_STORE_CATALOG], &catalog);
    }
    if (rc == 0) {
        rc = mdb_env_info(store->env, &info);
    }
    if (rc == 0) {
        rc = mdb_env_stat(store->env, &whole);
    }
    mdb_txn_abort(txn);

    if (rc == 0) {
        stats->events = events.ms_entries;
        stats->visitors = visitors.ms_entries;
        stats->items = catalog.ms_entries;
        stats->sequence = meta.sequence;
        stats->newest = meta.newest;
        stats->bytes = ((uint64_t) info.me_last_pgno + 1) * whole.ms_psize;
    }

    return reco_store_status(store, rc, "read", error);
}


reco_status_t
reco_store_counters(reco_store_t *store,
    reco_status_t (*visit)(void *context, reco_str_t name, uint64_t count),
    void *context, reco_error_t *error)
{
    reco_status_t status;
    MDB_val key, value;
    MDB_cursor *cursor;
    uint64_t count;
    MDB_txn *txn;
    int rc;

    status = reco_store_begin_read(store, &txn, error);
    if (status != RECO_OK) {
        return status;
    }

    rc = mdb_cursor_open(txn, store->tables[RECO_STORE_COUNTERS], &cursor);
    if (rc != 0) {
        mdb_txn_abort(txn);
        return reco_store_status(store, rc, "read", error);
    }

    while (status == RECO_OK
           && (rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) == 0)
    {
        if (value.mv_size == sizeof(count)) {
            memcpy(&count, value.mv_data, sizeof(count));
            status =
                visit(context, (reco_str_t){key.mv_size, key.mv_data}, count);
        }
    }

    mdb_cursor_close(cursor);
    mdb_txn_abort(txn);

    if (status == RECO_OK && rc != MDB_NOTFOUND) {
        return reco_store_status(store, rc, "read", error);
    }

    return status;
}
