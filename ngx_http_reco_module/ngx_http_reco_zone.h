#ifndef NGX_HTTP_RECO_ZONE_H
#define NGX_HTTP_RECO_ZONE_H

/* First: it decides what the system headers declare. */
#include <ngx_config.h>

#include <pthread.h>

#include "ngx_http_reco_module.h"


/*
 * Visitors' sessions in shared memory.  The zone is cut into stripes, each
 * with a lock of its own, a hash table and two lists:
 *
 *   header | stripe 0 .. S-1 | buckets of stripe 0 .. | records of stripe 0 ..
 *
 *   probation   visitors seen in one request so far; at most a quarter
 *   protected   visitors who came back
 *
 * A crawler that takes no cookie is a new visitor with every request; it turns
 * over the probation list and leaves returning visitors in peace.
 *
 * Everything refers by number, nothing by address, so that the zone survives a
 * reload.  A lock whose holder was killed is taken over by the next process:
 * robust mutexes tell (EOWNERDEAD), links are rebuilt from the records, and
 * the one record that was being written is dropped.
 */

#define NGX_HTTP_RECO_ZONE_NONE UINT32_MAX


/*
 * A visitor's long-term vector, to the nearest 127th of its largest component.
 * One of more dimensions, or of a base with a longer id, is not kept.
 */
#define NGX_HTTP_RECO_TASTE_DIMENSIONS 128
#define NGX_HTTP_RECO_TASTE_BASE       24

typedef struct {
    uint8_t nbase;
    uint8_t dimensions; /* 0: none */
    char base[NGX_HTTP_RECO_TASTE_BASE];
    int8_t components[NGX_HTTP_RECO_TASTE_DIMENSIONS];
} ngx_http_reco_taste_t;


typedef struct {
    ngx_http_reco_id_t id;
    uint32_t next;  /* in its bucket */
    uint32_t newer; /* in its list */
    uint32_t older;
    uint32_t used; /* last use, seconds since the epoch; 0: free */
    uint8_t list;
    uint8_t writing; /* the session is not consistent */
    reco_engine_session_t session;
    ngx_http_reco_taste_t taste;
} ngx_http_reco_record_t;


typedef struct {
    uint32_t newest;
    uint32_t oldest;
    uint32_t length;
} ngx_http_reco_list_t;

enum {
    NGX_HTTP_RECO_PROBATION = 0,
    NGX_HTTP_RECO_PROTECTED,
    NGX_HTTP_RECO_LISTS
};


typedef struct {
    pthread_mutex_t lock;
    ngx_http_reco_list_t lists[NGX_HTTP_RECO_LISTS];
    uint32_t free; /* chain of unused records, by next */
    uint32_t used;
    uint64_t evicted;
    uint64_t recovered;
} ngx_http_reco_stripe_t;


typedef struct {
    uint64_t secret;  /* clients choose ids, and may not choose their places */
    uint32_t stripes; /* a power of two, as are buckets */
    uint32_t buckets; /* of each stripe */
    uint32_t records; /* of each stripe */
    size_t stripes_offset;
    size_t buckets_offset;
    size_t records_offset;
} ngx_http_reco_zone_header_t;


/* Of one configuration cycle. */
typedef struct {
    ngx_http_reco_zone_header_t *header;
    time_t ttl;
    ngx_str_t save; /* the file, ends with NUL; empty: none */
} ngx_http_reco_zone_ctx_t;


/* One stripe, locked. */
typedef struct {
    ngx_http_reco_zone_header_t *header;
    ngx_http_reco_stripe_t *stripe;
    uint32_t *buckets;
    ngx_http_reco_record_t *records;
    time_t ttl;
} ngx_http_reco_shelf_t;


/* Lays an empty zone out in zeroed memory. */
ngx_int_t ngx_http_reco_zone_format(
    ngx_http_reco_zone_header_t *header, size_t size);

/* Has what a visitor's record is found by brought into the processor's cache;
   and, when that is there, the record. */
void ngx_http_reco_shelf_expect(
    ngx_http_reco_zone_ctx_t *ctx, const ngx_http_reco_id_t *id);
void ngx_http_reco_shelf_expect_record(
    ngx_http_reco_zone_ctx_t *ctx, const ngx_http_reco_id_t *id);

/* Locks the stripe of a visitor; mends it where the last holder died. */
void ngx_http_reco_shelf_lock(ngx_http_reco_shelf_t *shelf,
    ngx_http_reco_zone_ctx_t *ctx, const ngx_http_reco_id_t *id);
void ngx_http_reco_shelf_unlock(ngx_http_reco_shelf_t *shelf);

/* The visitor's record, or NULL; one that has expired is removed. */
ngx_http_reco_record_t *ngx_http_reco_shelf_find(
    ngx_http_reco_shelf_t *shelf, const ngx_http_reco_id_t *id);

/*
 * The visitor's record, made where there is none, marked as being written:
 * close it when its session is consistent again.
 */
ngx_http_reco_record_t *ngx_http_reco_shelf_open(
    ngx_http_reco_shelf_t *shelf, const ngx_http_reco_id_t *id);
void ngx_http_reco_shelf_close(ngx_http_reco_record_t *record);

/* The same for a visitor who has none, whose session the caller sets. */
ngx_http_reco_record_t *ngx_http_reco_shelf_add(
    ngx_http_reco_shelf_t *shelf, const ngx_http_reco_id_t *id);

/* Calls fn for each record, the oldest first; returns how many there are. */
ngx_uint_t ngx_http_reco_shelf_each(ngx_http_reco_zone_ctx_t *ctx,
    void (*fn)(const ngx_http_reco_record_t *record, void *data), void *data);

/* Puts a record of elsewhere in. */
void ngx_http_reco_shelf_put(
    ngx_http_reco_zone_ctx_t *ctx, const ngx_http_reco_record_t *record);

/* Frees a record by its number. */
void ngx_http_reco_shelf_remove(ngx_http_reco_shelf_t *shelf, uint32_t n);

/* To and from a profile; its length does not matter to the engine. */
void ngx_http_reco_taste_set(
    ngx_http_reco_taste_t *taste, const reco_engine_profile_t *profile);
void ngx_http_reco_taste_get(
    const ngx_http_reco_taste_t *taste, reco_engine_profile_t *profile);

/* Writes the zone's file, and reads it and removes it; failures are logged. */
void ngx_http_reco_zone_save(ngx_http_reco_zone_ctx_t *ctx, ngx_log_t *log);
void ngx_http_reco_zone_restore(ngx_http_reco_zone_ctx_t *ctx, ngx_log_t *log);

#endif /* NGX_HTTP_RECO_ZONE_H */
