#include "ngx_http_reco_zone.h"

#include "engine/reco_engine_profile.h"

#include <sys/mman.h>


/*
 * A zone's sessions over a restart, little-endian as the profiles in it:
 *
 *     "RECZ" | u32 version | u64 records | u64 bytes | u64 XXH3 of them | u64 0
 *     16 bytes id | u32 last use | u8 list | u8 0 | u16 length | profile  ...
 *
 * Read once and removed: a visitor who is forgotten later does not come back.
 */

#define NGX_HTTP_RECO_FILE_MAGIC   "RECZ"
#define NGX_HTTP_RECO_FILE_VERSION 1
#define NGX_HTTP_RECO_FILE_HEAD    40
#define NGX_HTTP_RECO_FILE_RECORD  24
#define NGX_HTTP_RECO_FILE_BUFFER                                              \
    (64 * 1024 + NGX_HTTP_RECO_FILE_RECORD + RECO_ENGINE_PROFILE_SIZE_MAX)


/* What is written, until it is enough for a write() or the end. */
typedef struct {
    ngx_fd_t fd;
    ngx_err_t failed; /* why no more is written; 0: it is */
    reco_hasher_t *hasher;
    uint64_t records;
    uint64_t bytes;
    size_t used; /* of the buffer */
    reco_engine_profile_t profile;
    u_char buffer[NGX_HTTP_RECO_FILE_BUFFER];
} ngx_http_reco_file_writer_t;

/* Bytes in memory, and how many of them were used. */
typedef struct {
    u_char *data;
    size_t size;
    size_t used;
    reco_engine_profile_t profile;
} ngx_http_reco_file_t;


static void
ngx_http_reco_file_number(u_char *p, uint64_t number, ngx_uint_t bytes)
{
    while (bytes-- > 0) {
        *p++ = (u_char) number;
        number >>= 8;
    }
}


static uint64_t
ngx_http_reco_file_value(const u_char *p, ngx_uint_t bytes)
{
    uint64_t number;

    number = 0;

    while (bytes-- > 0) {
        number = number << 8 | p[bytes];
    }

    return number;
}


/* -- writing ------------------------------------------------------------- */

/*
 * By write(): where the disk is full, a mapped file would end the master by a
 * signal.
 */
static void
ngx_http_reco_file_put(ngx_http_reco_file_writer_t *file, const u_char *p,
    size_t len, off_t offset)
{
    ssize_t n;

    while (len > 0 && file->failed == 0) {
        n = pwrite(file->fd, p, len, offset);

        if (n > 0) {
            p += n;
            len -= n;
            offset += n;

        } else if (n == 0 || ngx_errno != NGX_EINTR) {
            file->failed = n == 0 ? NGX_ENOSPC : ngx_errno;
        }
    }
}


static void
ngx_http_reco_file_flush(ngx_http_reco_file_writer_t *file)
{
    reco_hasher_add(file->hasher, file->buffer, file->used);
    ngx_http_reco_file_put(
        file, file->buffer, file->used, NGX_HTTP_RECO_FILE_HEAD + file->bytes);

    file->bytes += file->used;
    file->used = 0;
}


static void
ngx_http_reco_file_add(const ngx_http_reco_record_t *record, void *data)
{
    ngx_http_reco_file_writer_t *file = data;

    u_char *p;
    size_t len;

    if (file->failed != 0) {
        return;
    }

    ngx_memzero(&file->profile, sizeof(file->profile));
    file->profile.updated = (int64_t) record->used * 1000;
    file->profile.session = record->session;
    ngx_http_reco_taste_get(&record->taste, &file->profile);

    p = file->buffer + file->used;

    if (reco_engine_profile_encode(&file->profile,
            p + NGX_HTTP_RECO_FILE_RECORD, RECO_ENGINE_PROFILE_SIZE_MAX, &len)
        != RECO_OK)
    {
        return;
    }

    ngx_memcpy(p, record->id.bytes, sizeof(record->id.bytes));
    ngx_http_reco_file_number(p + 16, record->used, 4);
    p[20] = record->list;
    p[21] = 0;
    ngx_http_reco_file_number(p + 22, len, 2);

    file->used += NGX_HTTP_RECO_FILE_RECORD + len;
    file->records++;

    if (sizeof(file->buffer) - file->used
        < NGX_HTTP_RECO_FILE_RECORD + RECO_ENGINE_PROFILE_SIZE_MAX)
    {
        ngx_http_reco_file_flush(file);
    }
}


static void
ngx_http_reco_file_fill(
    ngx_http_reco_zone_ctx_t *ctx, ngx_http_reco_file_writer_t *file)
{
    u_char head[NGX_HTTP_RECO_FILE_HEAD];

    (void) ngx_http_reco_shelf_each(ctx, ngx_http_reco_file_add, file);
    ngx_http_reco_file_flush(file);

    ngx_memzero(head, sizeof(head));
    ngx_memcpy(head, NGX_HTTP_RECO_FILE_MAGIC, 4);
    ngx_http_reco_file_number(head + 4, NGX_HTTP_RECO_FILE_VERSION, 4);
    ngx_http_reco_file_number(head + 8, file->records, 8);
    ngx_http_reco_file_number(head + 16, file->bytes, 8);
    ngx_http_reco_file_number(head + 24, reco_hasher_end(file->hasher), 8);
    ngx_http_reco_file_put(file, head, sizeof(head), 0);

    if (file->failed == 0 && fsync(file->fd) != 0) {
        file->failed = ngx_errno;
    }
}


/* Writes aside and moves to its place.  0, or why not. */
static ngx_err_t
ngx_http_reco_file_save(ngx_http_reco_zone_ctx_t *ctx, const char *aside,
    ngx_http_reco_file_writer_t *file)
{
    /* the master may be root: never through a link that somebody else put */

    (void) unlink(aside);
    file->fd =
        open(aside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

    if (file->fd == NGX_INVALID_FILE) {
        return ngx_errno;
    }

    ngx_http_reco_file_fill(ctx, file);

    if (file->failed == 0 && rename(aside, (char *) ctx->save.data) != 0) {
        file->failed = ngx_errno;
    }

    if (file->failed != 0) {
        (void) unlink(aside);
    }

    (void) close(file->fd);

    return file->failed;
}


void
ngx_http_reco_zone_save(ngx_http_reco_zone_ctx_t *ctx, ngx_log_t *log)
{
    char aside[NGX_MAX_PATH];
    ngx_err_t err;
    ngx_http_reco_file_writer_t *file;

    (void) ngx_snprintf(
        (u_char *) aside, sizeof(aside), "%s.new%Z", ctx->save.data);
    aside[sizeof(aside) - 1] = '\0';

    err = NGX_ENOMEM;

    file = ngx_calloc(sizeof(ngx_http_reco_file_writer_t), log);
    if (file != NULL) {
        file->hasher = reco_hasher_create();
    }

    if (file != NULL && file->hasher != NULL) {
        err = ngx_http_reco_file_save(ctx, aside, file);
    }

    if (err == 0) {
        ngx_log_error(NGX_LOG_NOTICE, log, 0,
            "reco: %uL sessions saved to \"%V\"", file->records, &ctx->save);

    } else {
        ngx_log_error(NGX_LOG_ERR, log, err,
            "reco: sessions are not saved: cannot write \"%V\"", &ctx->save);
    }

    if (file != NULL) {
        reco_hasher_destroy(file->hasher);
        ngx_free(file);
    }
}


/* -- reading ------------------------------------------------------------- */

static ngx_uint_t
ngx_http_reco_file_is_sound(const ngx_http_reco_file_t *file)
{
    const u_char *p;

    p = file->data;

    return file->size >= NGX_HTTP_RECO_FILE_HEAD
           && ngx_memcmp(p, NGX_HTTP_RECO_FILE_MAGIC, 4) == 0
           && ngx_http_reco_file_value(p + 4, 4) == NGX_HTTP_RECO_FILE_VERSION
           && ngx_http_reco_file_value(p + 16, 8)
                  == file->size - NGX_HTTP_RECO_FILE_HEAD
           && ngx_http_reco_file_value(p + 24, 8)
                  == reco_hash(p + NGX_HTTP_RECO_FILE_HEAD,
                      file->size - NGX_HTTP_RECO_FILE_HEAD);
}


/* One record; NGX_ERROR: the file ends in it. */
static ngx_int_t
ngx_http_reco_file_next(
    ngx_http_reco_file_t *file, ngx_http_reco_record_t *record)
{
    u_char *p;
    size_t len, left;

    left = file->size - file->used;
    p = file->data + file->used;

    if (left < NGX_HTTP_RECO_FILE_RECORD) {
        return NGX_ERROR;
    }

    len = ngx_http_reco_file_value(p + 22, 2);

    if (left - NGX_HTTP_RECO_FILE_RECORD < len) {
        return NGX_ERROR;
    }

    file->used += NGX_HTTP_RECO_FILE_RECORD + len;

    ngx_memcpy(record->id.bytes, p, sizeof(record->id.bytes));
    record->used = ngx_http_reco_file_value(p + 16, 4);
    record->used = ngx_min((time_t) record->used, ngx_time());
    record->list = p[20] == NGX_HTTP_RECO_PROTECTED;

    if (record->used == 0
        || reco_engine_profile_decode(
               p + NGX_HTTP_RECO_FILE_RECORD, len, &file->profile)
               != RECO_OK)
    {
        return NGX_DECLINED;
    }

    record->session = file->profile.session;
    ngx_http_reco_taste_set(&record->taste, &file->profile);

    return NGX_OK;
}


static ngx_uint_t
ngx_http_reco_file_load(
    ngx_http_reco_zone_ctx_t *ctx, ngx_http_reco_file_t *file)
{
    ngx_int_t rc;
    ngx_uint_t loaded;
    ngx_http_reco_record_t record;

    loaded = 0;
    file->used = NGX_HTTP_RECO_FILE_HEAD;

    while ((rc = ngx_http_reco_file_next(file, &record)) != NGX_ERROR) {
        if (rc == NGX_OK && ngx_time() - (time_t) record.used <= ctx->ttl) {
            ngx_http_reco_shelf_put(ctx, &record);
            loaded++;
        }
    }

    return loaded;
}


void
ngx_http_reco_zone_restore(ngx_http_reco_zone_ctx_t *ctx, ngx_log_t *log)
{
    ngx_fd_t fd;
    struct stat st;
    ngx_http_reco_file_t file;

    fd = open((char *) ctx->save.data, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

    if (fd == NGX_INVALID_FILE) {
        if (ngx_errno != NGX_ENOENT) {
            ngx_log_error(NGX_LOG_ERR, log, ngx_errno,
                "reco: cannot read \"%V\"", &ctx->save);
        }

        return;
    }

    ngx_memzero(&file, sizeof(file));
    file.data = MAP_FAILED;

    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0) {
        file.size = st.st_size;
        file.data = mmap(NULL, file.size, PROT_READ, MAP_PRIVATE, fd, 0);
    }

    (void) close(fd);

    if (file.data == MAP_FAILED || !ngx_http_reco_file_is_sound(&file)) {
        ngx_log_error(NGX_LOG_ERR, log, 0,
            "reco: \"%V\" is damaged, the zone begins empty", &ctx->save);

    } else {
        ngx_log_error(NGX_LOG_NOTICE, log, 0,
            "reco: %ui sessions read from \"%V\"",
            ngx_http_reco_file_load(ctx, &file), &ctx->save);
    }

    if (file.data != MAP_FAILED) {
        (void) munmap(file.data, file.size);
    }

    (void) unlink((char *) ctx->save.data);
}
