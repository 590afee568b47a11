#include "ngx_http_reco_outbox.h"

#define NGX_HTTP_RECO_OUTBOX_SUFFIX   ".outbox"
#define NGX_HTTP_RECO_OUTBOX_NAME_LEN 32
#define NGX_HTTP_RECO_OUTBOX_NAMES    100   /* of one slot, one after another */
#define NGX_HTTP_RECO_OUTBOX_ADOPTED  64    /* at a time */
#define NGX_HTTP_RECO_OUTBOX_STEP     65536 /* sizes are rounded up to it */


struct ngx_http_reco_outbox_s {
    ngx_http_reco_redis_conf_t *conf;
    ngx_log_t *log;

    ngx_http_reco_source_t own; /* no file: it could not be opened */

    /* Those without a file are free: the others keep their places. */
    ngx_http_reco_source_t adopted[NGX_HTTP_RECO_OUTBOX_ADOPTED];

    uint64_t torn;       /* in files that were let go */
    unsigned dirty : 1;  /* appended to since the last sync */
    unsigned failed : 1; /* the failure was logged */
};


static void ngx_http_reco_outbox_open(ngx_http_reco_outbox_t *outbox);
static reco_status_t ngx_http_reco_outbox_open_file(
    ngx_http_reco_outbox_t *outbox, const char *path, size_t size,
    reco_outbox_t **file, reco_error_t *error);
static ngx_uint_t ngx_http_reco_outbox_adopt(ngx_http_reco_outbox_t *outbox);
static ngx_uint_t ngx_http_reco_outbox_adopt_file(
    ngx_http_reco_outbox_t *outbox, ngx_str_t *name);


ngx_http_reco_outbox_t *
ngx_http_reco_outbox_create(
    ngx_cycle_t *cycle, ngx_http_reco_redis_conf_t *conf)
{
    ngx_http_reco_outbox_t *outbox;

    outbox = ngx_pcalloc(cycle->pool, sizeof(ngx_http_reco_outbox_t));
    if (outbox == NULL) {
        return NULL;
    }

    outbox->conf = conf;
    outbox->log = cycle->log;

    ngx_http_reco_outbox_open(outbox);

    return outbox;
}


void
ngx_http_reco_outbox_done(ngx_http_reco_outbox_t *outbox)
{
    ngx_uint_t i;

    for (i = 0; i < NGX_HTTP_RECO_OUTBOX_ADOPTED; i++) {
        reco_outbox_close(outbox->adopted[i].file);
        outbox->adopted[i].file = NULL;
    }

    reco_outbox_close(outbox->own.file);
    outbox->own.file = NULL;
}


/*
 * The first of the slot's names that nobody holds.  One that holds records in a
 * ring of another size than is configured now is adopted instead.
 */
static void
ngx_http_reco_outbox_open(ngx_http_reco_outbox_t *outbox)
{
    char path[NGX_MAX_PATH];
    reco_outbox_t *file;
    reco_error_t error;
    reco_status_t rc;
    ngx_uint_t i;
    u_char *p;

    file = NULL;
    rc = RECO_BUSY;

    for (i = 0; i < NGX_HTTP_RECO_OUTBOX_NAMES && rc == RECO_BUSY; i++) {
        p = ngx_snprintf((u_char *) path,
            sizeof(path) - NGX_HTTP_RECO_OUTBOX_NAME_LEN, "%V/worker-%ui",
            &outbox->conf->outbox->name, ngx_worker);
        if (i > 0) {
            p = ngx_sprintf(p, ".%ui", i);
        }
        (void) ngx_sprintf(p, "%s%Z", NGX_HTTP_RECO_OUTBOX_SUFFIX);

        rc = ngx_http_reco_outbox_open_file(
            outbox, path, outbox->conf->size, &file, &error);
    }

    ngx_http_reco_source_init(
        &outbox->own, rc == RECO_OK ? file : NULL, outbox->conf->hold);

    if (rc == RECO_OK) {
        outbox->failed = 0;
        return;
    }

    if (!outbox->failed) {
        outbox->failed = 1;
        ngx_log_error(NGX_LOG_ERR, outbox->log, 0,
            "reco: %s; events are refused until it can be opened",
            error.message);
    }
}


/* Opens, or sets aside what is damaged.  size 0: only what exists. */
static reco_status_t
ngx_http_reco_outbox_open_file(ngx_http_reco_outbox_t *outbox, const char *path,
    size_t size, reco_outbox_t **file, reco_error_t *error)
{
    u_char aside[NGX_MAX_PATH];
    reco_outbox_stats_t stats;
    reco_status_t rc;

    rc = reco_outbox_open(path, size, file, error);

    if (rc == RECO_CORRUPT) {
        ngx_log_error(NGX_LOG_ERR, outbox->log, 0,
            "reco: %s; set aside as *.damaged", error->message);

        (void) ngx_snprintf(
            aside, sizeof(aside), "%s.%T.damaged%Z", path, ngx_time());
        if (rename(path, (char *) aside) != 0) {
            return rc;
        }

        rc = reco_outbox_open(path, size, file, error);
    }

    if (rc != RECO_OK) {
        return rc;
    }

    reco_outbox_stats(*file, &stats);

    if (stats.torn > 0) {
        ngx_log_error(NGX_LOG_WARN, outbox->log, 0,
            "reco: outbox \"%s\": skipped %uL damaged stretches, %uL records "
            "are whole",
            path, stats.torn, stats.records);
    }

    if (size == 0 || stats.capacity - size < NGX_HTTP_RECO_OUTBOX_STEP) {
        return RECO_OK;
    }

    /* Of another size: made anew if it is empty, else left to be adopted. */
    if (stats.records > 0) {
        reco_outbox_close(*file);
        return RECO_BUSY;
    }

    outbox->torn += stats.torn;
    (void) reco_outbox_remove(*file);

    return reco_outbox_open(path, size, file, error);
}


ngx_int_t
ngx_http_reco_outbox_append(
    ngx_http_reco_outbox_t *outbox, reco_str_t record, ngx_uint_t *dropped)
{
    reco_outbox_t *file;
    reco_status_t rc;

    *dropped = 0;

    file = outbox->own.file;
    if (file == NULL) {
        return NGX_ERROR;
    }

    rc = reco_outbox_append(file, record);

    if (rc == RECO_FULL && outbox->own.held > 0) {
        ngx_http_reco_source_release(&outbox->own, 1);
        rc = reco_outbox_append(file, record);
    }

    while (rc == RECO_FULL && outbox->conf->drop == NGX_HTTP_RECO_DROP_OLDEST) {
        if (reco_outbox_drop_oldest(file) == RECO_OK) {
            (*dropped)++;
        }
        rc = reco_outbox_append(file, record);
    }

    if (rc == RECO_FULL) {
        return outbox->conf->drop == NGX_HTTP_RECO_DROP_NEWEST ? NGX_DECLINED
                                                               : NGX_BUSY;
    }

    if (rc != RECO_OK) {
        return NGX_ERROR;
    }

    if (outbox->conf->sync == NGX_HTTP_RECO_SYNC_ALWAYS
        && reco_outbox_sync(file, 0) != RECO_OK)
    {
        ngx_log_error(NGX_LOG_ERR, outbox->log, ngx_errno,
            "reco: the outbox cannot be brought to the disk");
        return NGX_ERROR;
    }

    outbox->dirty = 1;

    return NGX_OK;
}


ngx_http_reco_source_t *
ngx_http_reco_outbox_source(ngx_http_reco_outbox_t *outbox, uint64_t *others)
{
    ngx_http_reco_source_t *source, *oldest;
    ngx_uint_t i;
    uint64_t sequence, first, cursor;
    reco_str_t record;

    oldest = NULL;
    first = UINT64_MAX;
    *others = UINT64_MAX;

    for (i = 0; i <= NGX_HTTP_RECO_OUTBOX_ADOPTED; i++) {
        source = i == 0 ? &outbox->own : &outbox->adopted[i - 1];

        if (source->file == NULL
            || ngx_http_reco_source_next(source, &cursor, &record) != NGX_OK)
        {
            continue;
        }

        sequence = ngx_http_reco_source_sequence(source);

        if (oldest == NULL || sequence < first) {
            *others = first;
            oldest = source;
            first = sequence;

        } else if (sequence < *others) {
            *others = sequence;
        }
    }

    return oldest;
}


void
ngx_http_reco_outbox_rewind(ngx_http_reco_outbox_t *outbox)
{
    ngx_uint_t i;

    for (i = 0; i < NGX_HTTP_RECO_OUTBOX_ADOPTED; i++) {
        ngx_http_reco_source_rewind(&outbox->adopted[i], 1);
    }

    ngx_http_reco_source_rewind(&outbox->own, 1);
}


/* Lets go of what was held long enough; a file that is empty then is deleted,
   and its place is free. */
static void
ngx_http_reco_outbox_release(
    ngx_http_reco_outbox_t *outbox, const ngx_http_reco_source_t *in_use)
{
    reco_outbox_stats_t stats;
    ngx_http_reco_source_t *source;
    ngx_uint_t i;

    for (i = 0; i < NGX_HTTP_RECO_OUTBOX_ADOPTED; i++) {
        source = &outbox->adopted[i];

        if (source->file == NULL) {
            continue;
        }

        ngx_http_reco_source_release(source, 0);
        reco_outbox_stats(source->file, &stats);

        if (source != in_use && reco_outbox_remove(source->file) != RECO_BUSY) {
            outbox->torn += stats.torn;
            source->file = NULL;
        }
    }

    if (outbox->own.file != NULL) {
        ngx_http_reco_source_release(&outbox->own, 0);
    }
}


ngx_uint_t
ngx_http_reco_outbox_tend(
    ngx_http_reco_outbox_t *outbox, const ngx_http_reco_source_t *in_use)
{
    if (outbox->own.file == NULL) {
        ngx_http_reco_outbox_open(outbox);
    }

    if (outbox->dirty && outbox->conf->sync == NGX_HTTP_RECO_SYNC_SECOND) {
        outbox->dirty = 0;

        if (reco_outbox_sync(outbox->own.file, 1) != RECO_OK) {
            ngx_log_error(NGX_LOG_ERR, outbox->log, ngx_errno,
                "reco: the outbox cannot be brought to the disk");
        }
    }

    ngx_http_reco_outbox_release(outbox, in_use);

    /* A worker that is finishing leaves the files of others to others. */
    return ngx_exiting ? 0 : ngx_http_reco_outbox_adopt(outbox);
}


/* NULL: as many were adopted as are at a time. */
static ngx_http_reco_source_t *
ngx_http_reco_outbox_place(ngx_http_reco_outbox_t *outbox)
{
    ngx_uint_t i;

    for (i = 0; i < NGX_HTTP_RECO_OUTBOX_ADOPTED; i++) {
        if (outbox->adopted[i].file == NULL) {
            return &outbox->adopted[i];
        }
    }

    return NULL;
}


static ngx_uint_t
ngx_http_reco_outbox_adopt(ngx_http_reco_outbox_t *outbox)
{
    ngx_str_t name, suffix;
    ngx_uint_t n;
    ngx_dir_t dir;

    if (ngx_open_dir(&outbox->conf->outbox->name, &dir) == NGX_ERROR) {
        return 0;
    }

    ngx_str_set(&suffix, NGX_HTTP_RECO_OUTBOX_SUFFIX);
    n = 0;

    while (ngx_http_reco_outbox_place(outbox) != NULL
           && ngx_read_dir(&dir) == NGX_OK)
    {
        name.data = ngx_de_name(&dir);
        name.len = ngx_de_namelen(&dir);

        if (name.len > suffix.len
            && ngx_strncmp(
                   name.data + name.len - suffix.len, suffix.data, suffix.len)
                   == 0)
        {
            n += ngx_http_reco_outbox_adopt_file(outbox, &name);
        }
    }

    (void) ngx_close_dir(&dir);

    return n;
}


static ngx_uint_t
ngx_http_reco_outbox_adopt_file(ngx_http_reco_outbox_t *outbox, ngx_str_t *name)
{
    char path[NGX_MAX_PATH];
    reco_outbox_stats_t stats;
    reco_outbox_t *file;
    reco_error_t error;

    (void) ngx_snprintf((u_char *) path, sizeof(path), "%V/%V%Z",
        &outbox->conf->outbox->name, name);

    /* Its owner is alive, or it is one of our own; or another was faster. */
    if (ngx_http_reco_outbox_open_file(outbox, path, 0, &file, &error)
        != RECO_OK) {
        return 0;
    }

    reco_outbox_stats(file, &stats);

    if (stats.records == 0) {
        outbox->torn += stats.torn;
        (void) reco_outbox_remove(file);
        return 0;
    }

    ngx_http_reco_source_init(
        ngx_http_reco_outbox_place(outbox), file, outbox->conf->hold);

    ngx_log_error(NGX_LOG_NOTICE, outbox->log, 0,
        "reco: outbox \"%s\" of a worker that is gone: forwarding its %uL "
        "records",
        path, stats.records);

    return 1;
}


void
ngx_http_reco_outbox_stats(
    ngx_http_reco_outbox_t *outbox, reco_outbox_stats_t *stats)
{
    reco_outbox_stats_t one;
    ngx_uint_t i;

    ngx_memzero(stats, sizeof(reco_outbox_stats_t));

    ngx_http_reco_source_stats(&outbox->own, stats);
    stats->torn += outbox->torn;

    for (i = 0; i < NGX_HTTP_RECO_OUTBOX_ADOPTED; i++) {
        ngx_http_reco_source_stats(&outbox->adopted[i], &one);
        stats->records += one.records;
        stats->bytes += one.bytes;
        stats->torn += one.torn;
    }
}
