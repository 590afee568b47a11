#include "ngx_http_reco_zone.h"

#include <errno.h>


/* -- lists --------------------------------------------------------------- */

/* The low half tells the stripe, the high half the bucket. */
static uint64_t
ngx_http_reco_shelf_hash(
    const ngx_http_reco_zone_header_t *header, const ngx_http_reco_id_t *id)
{
    return reco_hash_keyed(header->secret, id->bytes, sizeof(id->bytes));
}


static uint32_t *
ngx_http_reco_shelf_bucket(
    ngx_http_reco_shelf_t *shelf, const ngx_http_reco_id_t *id)
{
    uint32_t hash;

    hash = ngx_http_reco_shelf_hash(shelf->header, id) >> 32;

    return &shelf->buckets[hash & (shelf->header->buckets - 1)];
}


/* Puts a record next to one that is older; NONE: at the oldest end. */
static void
ngx_http_reco_shelf_link(
    ngx_http_reco_shelf_t *shelf, uint32_t n, uint8_t list, uint32_t older)
{
    ngx_http_reco_list_t *l;
    ngx_http_reco_record_t *record;

    l = &shelf->stripe->lists[list];
    record = &shelf->records[n];

    record->list = list;
    record->older = older;

    if (older != NGX_HTTP_RECO_ZONE_NONE) {
        record->newer = shelf->records[older].newer;
        shelf->records[older].newer = n;

    } else {
        record->newer = l->oldest;
        l->oldest = n;
    }

    if (record->newer != NGX_HTTP_RECO_ZONE_NONE) {
        shelf->records[record->newer].older = n;

    } else {
        l->newest = n;
    }

    l->length++;
}


static void
ngx_http_reco_shelf_unlink(ngx_http_reco_shelf_t *shelf, uint32_t n)
{
    ngx_http_reco_list_t *l;
    ngx_http_reco_record_t *record;

    record = &shelf->records[n];
    l = &shelf->stripe->lists[record->list];

    if (record->newer != NGX_HTTP_RECO_ZONE_NONE) {
        shelf->records[record->newer].older = record->older;

    } else {
        l->newest = record->older;
    }

    if (record->older != NGX_HTTP_RECO_ZONE_NONE) {
        shelf->records[record->older].newer = record->newer;

    } else {
        l->oldest = record->newer;
    }

    l->length--;
}


void
ngx_http_reco_shelf_remove(ngx_http_reco_shelf_t *shelf, uint32_t n)
{
    uint32_t *link;
    ngx_http_reco_record_t *record;

    record = &shelf->records[n];
    link = ngx_http_reco_shelf_bucket(shelf, &record->id);

    while (*link != n) {
        link = &shelf->records[*link].next;
    }

    *link = record->next;
    ngx_http_reco_shelf_unlink(shelf, n);

    record->used = 0;
    record->next = shelf->stripe->free;
    shelf->stripe->free = n;
    shelf->stripe->used--;
}


/* Makes links, lists and the free chain anew from what the records say. */
static void
ngx_http_reco_shelf_rebuild(ngx_http_reco_shelf_t *shelf)
{
    uint8_t list;
    uint32_t i, n, older, *bucket;
    ngx_http_reco_stripe_t *stripe;
    ngx_http_reco_record_t *record;

    stripe = shelf->stripe;
    stripe->free = NGX_HTTP_RECO_ZONE_NONE;
    stripe->used = 0;
    stripe->recovered++;

    for (i = 0; i < NGX_HTTP_RECO_LISTS; i++) {
        stripe->lists[i].newest = NGX_HTTP_RECO_ZONE_NONE;
        stripe->lists[i].oldest = NGX_HTTP_RECO_ZONE_NONE;
        stripe->lists[i].length = 0;
    }

    n = shelf->header->records;
    ngx_memset(shelf->buckets, 0xff, shelf->header->buckets * sizeof(uint32_t));

    for (i = 0; i < n; i++) {
        record = &shelf->records[i];

        if (record->used == 0 || record->writing) {
            record->used = 0;
            record->writing = 0;
            record->next = stripe->free;
            stripe->free = i;
            continue;
        }

        bucket = ngx_http_reco_shelf_bucket(shelf, &record->id);
        record->next = *bucket;
        *bucket = i;
        stripe->used++;

        list = record->list == NGX_HTTP_RECO_PROTECTED;
        older = stripe->lists[list].newest;

        while (older != NGX_HTTP_RECO_ZONE_NONE
               && shelf->records[older].used > record->used)
        {
            older = shelf->records[older].older;
        }

        ngx_http_reco_shelf_link(shelf, i, list, older);
    }
}


/* -- visitors ------------------------------------------------------------ */

static void
ngx_http_reco_shelf_place(
    ngx_http_reco_shelf_t *shelf, ngx_http_reco_zone_ctx_t *ctx, uint32_t n)
{
    u_char *base;

    base = (u_char *) ctx->header;

    shelf->ttl = ctx->ttl;
    shelf->header = ctx->header;
    shelf->stripe =
        (ngx_http_reco_stripe_t *) (base + ctx->header->stripes_offset) + n;
    shelf->buckets = (uint32_t *) (base + ctx->header->buckets_offset)
                     + (size_t) n * ctx->header->buckets;
    shelf->records =
        (ngx_http_reco_record_t *) (base + ctx->header->records_offset)
        + (size_t) n * ctx->header->records;
}


static void
ngx_http_reco_shelf_lock_stripe(ngx_http_reco_shelf_t *shelf)
{
    if (pthread_mutex_lock(&shelf->stripe->lock) == EOWNERDEAD) {
        ngx_http_reco_shelf_rebuild(shelf);
        (void) pthread_mutex_consistent(&shelf->stripe->lock);
    }
}


/* The stripe that a visitor belongs to. */
static void
ngx_http_reco_shelf_locate(ngx_http_reco_shelf_t *shelf,
    ngx_http_reco_zone_ctx_t *ctx, const ngx_http_reco_id_t *id)
{
    uint32_t n;

    n = ngx_http_reco_shelf_hash(ctx->header, id);

    ngx_http_reco_shelf_place(shelf, ctx, n & (ctx->header->stripes - 1));
}


void
ngx_http_reco_shelf_expect(
    ngx_http_reco_zone_ctx_t *ctx, const ngx_http_reco_id_t *id)
{
    ngx_http_reco_shelf_t shelf;

    ngx_http_reco_shelf_locate(&shelf, ctx, id);

    __builtin_prefetch(shelf.stripe, 1);
    __builtin_prefetch(ngx_http_reco_shelf_bucket(&shelf, id), 1);
}


/* The number is read without the lock: it may be another one by now. */
void
ngx_http_reco_shelf_expect_record(
    ngx_http_reco_zone_ctx_t *ctx, const ngx_http_reco_id_t *id)
{
    uint32_t n;
    ngx_http_reco_shelf_t shelf;
    ngx_http_reco_record_t *record;

    ngx_http_reco_shelf_locate(&shelf, ctx, id);

    n = __atomic_load_n(
        ngx_http_reco_shelf_bucket(&shelf, id), __ATOMIC_RELAXED);

    if (n < ctx->header->records) {
        record = &shelf.records[n];
        __builtin_prefetch(record, 1);
        __builtin_prefetch(&record->session.events[0], 1);
        __builtin_prefetch(&record->session.nevents, 1);
        __builtin_prefetch(&record->session.next_seen, 1);
    }
}


void
ngx_http_reco_shelf_lock(ngx_http_reco_shelf_t *shelf,
    ngx_http_reco_zone_ctx_t *ctx, const ngx_http_reco_id_t *id)
{
    ngx_http_reco_shelf_locate(shelf, ctx, id);
    ngx_http_reco_shelf_lock_stripe(shelf);
}


void
ngx_http_reco_shelf_unlock(ngx_http_reco_shelf_t *shelf)
{
    (void) pthread_mutex_unlock(&shelf->stripe->lock);
}


ngx_http_reco_record_t *
ngx_http_reco_shelf_find(
    ngx_http_reco_shelf_t *shelf, const ngx_http_reco_id_t *id)
{
    uint32_t n;
    ngx_http_reco_record_t *record;

    for (n = *ngx_http_reco_shelf_bucket(shelf, id);
         n != NGX_HTTP_RECO_ZONE_NONE; n = record->next)
    {
        record = &shelf->records[n];

        if (ngx_memcmp(&record->id, id, sizeof(*id)) != 0) {
            continue;
        }

        if (ngx_time() - (time_t) record->used > shelf->ttl) {
            ngx_http_reco_shelf_remove(shelf, n);
            return NULL;
        }

        return record;
    }

    return NULL;
}


/* A record that may be used anew, out of all lists. */
static uint32_t
ngx_http_reco_shelf_take(ngx_http_reco_shelf_t *shelf)
{
    uint32_t n;
    ngx_http_reco_list_t *lists;
    ngx_http_reco_stripe_t *stripe;

    stripe = shelf->stripe;
    lists = stripe->lists;

    if (stripe->free == NGX_HTTP_RECO_ZONE_NONE) {
        n = lists[NGX_HTTP_RECO_PROBATION].length > shelf->header->records / 4
                    || lists[NGX_HTTP_RECO_PROTECTED].length == 0
                ? lists[NGX_HTTP_RECO_PROBATION].oldest
                : lists[NGX_HTTP_RECO_PROTECTED].oldest;

        ngx_http_reco_shelf_remove(shelf, n);
        stripe->evicted++;
    }

    n = stripe->free;
    stripe->free = shelf->records[n].next;
    stripe->used++;

    return n;
}


static void
ngx_http_reco_shelf_newest(
    ngx_http_reco_shelf_t *shelf, ngx_http_reco_record_t *record, uint8_t list)
{
    record->used = ngx_time();
    ngx_http_reco_shelf_link(shelf, record - shelf->records, list,
        shelf->stripe->lists[list].newest);
}


ngx_http_reco_record_t *
ngx_http_reco_shelf_add(
    ngx_http_reco_shelf_t *shelf, const ngx_http_reco_id_t *id)
{
    uint32_t n, *bucket;
    ngx_http_reco_record_t *record;

    n = ngx_http_reco_shelf_take(shelf);
    record = &shelf->records[n];
    record->writing = 1;
    ngx_memory_barrier();
    record->id = *id;
    ngx_memzero(&record->taste, sizeof(ngx_http_reco_taste_t));

    bucket = ngx_http_reco_shelf_bucket(shelf, id);
    record->next = *bucket;
    *bucket = n;

    ngx_http_reco_shelf_newest(shelf, record, NGX_HTTP_RECO_PROBATION);

    return record;
}


ngx_http_reco_record_t *
ngx_http_reco_shelf_open(
    ngx_http_reco_shelf_t *shelf, const ngx_http_reco_id_t *id)
{
    ngx_http_reco_record_t *record;

    record = ngx_http_reco_shelf_find(shelf, id);

    if (record == NULL) {
        record = ngx_http_reco_shelf_add(shelf, id);
        ngx_memzero(&record->session, sizeof(reco_engine_session_t));
        return record;
    }

    record->writing = 1;
    ngx_memory_barrier();

    /* what was moved in this second would only change places with others of it,
       whose records would have to be fetched */

    if (record->list != NGX_HTTP_RECO_PROTECTED
        || record->used != (uint32_t) ngx_time())
    {
        ngx_http_reco_shelf_unlink(shelf, record - shelf->records);
        ngx_http_reco_shelf_newest(shelf, record, NGX_HTTP_RECO_PROTECTED);
    }

    return record;
}


void
ngx_http_reco_shelf_close(ngx_http_reco_record_t *record)
{
    ngx_memory_barrier();
    record->writing = 0;
}


void
ngx_http_reco_shelf_put(
    ngx_http_reco_zone_ctx_t *ctx, const ngx_http_reco_record_t *from)
{
    ngx_http_reco_shelf_t shelf;
    ngx_http_reco_record_t *record;

    ngx_http_reco_shelf_lock(&shelf, ctx, &from->id);

    record = ngx_http_reco_shelf_open(&shelf, &from->id);

    if (from->list == NGX_HTTP_RECO_PROTECTED) {
        ngx_http_reco_shelf_close(record);
        record = ngx_http_reco_shelf_open(&shelf, &from->id);
    }

    record->session = from->session;
    record->taste = from->taste;
    record->used = from->used;

    ngx_http_reco_shelf_close(record);
    ngx_http_reco_shelf_unlock(&shelf);
}


ngx_uint_t
ngx_http_reco_shelf_each(ngx_http_reco_zone_ctx_t *ctx,
    void (*fn)(const ngx_http_reco_record_t *record, void *data), void *data)
{
    uint32_t i, n;
    ngx_uint_t list, count;
    ngx_http_reco_shelf_t shelf;

    count = 0;

    for (i = 0; i < ctx->header->stripes; i++) {
        ngx_http_reco_shelf_place(&shelf, ctx, i);
        ngx_http_reco_shelf_lock_stripe(&shelf);

        for (list = 0; list < NGX_HTTP_RECO_LISTS; list++) {
            for (n = shelf.stripe->lists[list].oldest;
                 n != NGX_HTTP_RECO_ZONE_NONE; n = shelf.records[n].newer)
            {
                fn(&shelf.records[n], data);
                count++;
            }
        }

        ngx_http_reco_shelf_unlock(&shelf);
    }

    return count;
}
