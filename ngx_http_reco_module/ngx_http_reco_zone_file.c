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


/* Bytes in memory, and how many of them were used. */
typedef struct {
    u_char *data;
    size_t size;
    size_t used;
    uint64_t records;
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

static void
ngx_http_reco_file_add(const ngx_http_reco_record_t *record, void *data)
{
    ngx_http_reco_file_t *file = data;

    u_char *p;
    size_t len;

    if (file->size - file->used < NGX_HTTP_RECO_FILE_RECORD) {
        return;
    }

    ngx_memzero(&file->profile, sizeof(file->profile));
    file->profile.updated = (int64_t) record->used * 1000;
    file->profile.session = record->session;
    ngx_http_reco_taste_get(&record->taste, &file->profile);

    p = file->data + file->used;

    if (reco_engine_profile_encode(&file->profile,
            p + NGX_HTTP_RECO_FILE_RECORD,
            file->size - file->used - NGX_HTTP_RECO_FILE_RECORD, &len)
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
}


/* Room for every record that there may be; what is not used takes no disk. */
static size_t
ngx_http_reco_file_room(const ngx_http_reco_zone_header_t *header)
{
    size_t largest;

    largest = NGX_HTTP_RECO_FILE_RECORD + RECO_ENGINE_PROFILE_SIZE_MAX
              - (RECO_SNAPSHOT_DIMENSIONS_MAX - NGX_HTTP_RECO_TASTE_DIMENSIONS)
                    * sizeof(float);

    return NGX_HTTP_RECO_FILE_HEAD
           + (size_t) header->stripes * header->records * largest;
}


static ngx_int_t
ngx_http_reco_file_fill(
    ngx_http_reco_zone_ctx_t *ctx, ngx_fd_t fd, ngx_http_reco_file_t *file)
{
    u_char *p;

    file->size = ngx_http_reco_file_room(ctx->header);
    file->used = NGX_HTTP_RECO_FILE_HEAD;
    file->records = 0;

    if (ftruncate(fd, file->size) != 0) {
        return NGX_ERROR;
    }

    file->data =
        mmap(NULL, file->size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (file->data == MAP_FAILED) {
        return NGX_ERROR;
    }

    (void) ngx_http_reco_shelf_each(ctx, ngx_http_reco_file_add, file);

    p = file->data;
    ngx_memcpy(p, NGX_HTTP_RECO_FILE_MAGIC, 4);
    ngx_http_reco_file_number(p + 4, NGX_HTTP_RECO_FILE_VERSION, 4);
    ngx_http_reco_file_number(p + 8, file->records, 8);
    ngx_http_reco_file_number(p + 16, file->used - NGX_HTTP_RECO_FILE_HEAD, 8);
    ngx_http_reco_file_number(p + 24,
        reco_hash(
            p + NGX_HTTP_RECO_FILE_HEAD, file->used - NGX_HTTP_RECO_FILE_HEAD),
        8);

    (void) munmap(file->data, file->size);

    return ftruncate(fd, file->used) == 0 && fsync(fd) == 0 ? NGX_OK
                                                            : NGX_ERROR;
}


void
ngx_http_reco_zone_save(ngx_http_reco_zone_ctx_t *ctx, ngx_log_t *log)
{
    char aside[NGX_MAX_PATH];
    ngx_fd_t fd;
    ngx_int_t rc;
    ngx_http_reco_file_t file;

    (void) ngx_snprintf(
        (u_char *) aside, sizeof(aside), "%s.new%Z", ctx->save.data);
    aside[sizeof(aside) - 1] = '\0';

    /* the master may be root: never through a link that somebody else put */

    (void) unlink(aside);
    fd = open(aside, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

    if (fd == NGX_INVALID_FILE) {
        ngx_log_error(NGX_LOG_ERR, log, ngx_errno,
            "reco: sessions are not saved: cannot write \"%s\"", aside);
        return;
    }

    rc = ngx_http_reco_file_fill(ctx, fd, &file);

    if (rc == NGX_OK && rename(aside, (char *) ctx->save.data) == 0) {
        ngx_log_error(NGX_LOG_NOTICE, log, 0,
            "reco: %uL sessions saved to \"%V\"", file.records, &ctx->save);

    } else {
        ngx_log_error(NGX_LOG_ERR, log, ngx_errno,
            "reco: sessions are not saved: cannot write \"%V\"", &ctx->save);
        (void) unlink(aside);
    }

    (void) close(fd);
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
