#include "ngx_http_reco_zone.h"


#define NGX_HTTP_RECO_ZONE_MAGIC       0x72656373
#define NGX_HTTP_RECO_ZONE_STRIPES_MIN 4
#define NGX_HTTP_RECO_ZONE_STRIPES_MAX 4096
#define NGX_HTTP_RECO_ZONE_PER_STRIPE  256
#define NGX_HTTP_RECO_ZONE_SIZE_MIN    (256 * 1024)
#define NGX_HTTP_RECO_ZONE_TTL         (30 * 24 * 3600)


static ngx_int_t ngx_http_reco_zone_init(ngx_shm_zone_t *zone, void *data);
static ngx_int_t ngx_http_reco_zone_format(
    ngx_shm_zone_t *zone, ngx_http_reco_zone_ctx_t *ctx);


char *
ngx_http_reco_zone(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_reco_loc_conf_t *lcf = conf;

    u_char *p;
    time_t ttl;
    ssize_t size;
    ngx_str_t *value, name, s;
    ngx_uint_t i;
    ngx_shm_zone_t *zone, **member;
    ngx_http_reco_zone_ctx_t *ctx;
    ngx_http_reco_main_conf_t *main;

    if (lcf->zone != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    value = cf->args->elts;
    ttl = NGX_HTTP_RECO_ZONE_TTL;
    size = 0;
    name = value[1];

    p = (u_char *) ngx_strchr(name.data, ':');

    if (p != NULL) {
        s.data = p + 1;
        s.len = name.data + name.len - s.data;
        name.len = p - name.data;
        size = ngx_parse_size(&s);
    }

    if (p == NULL || name.len == 0 || size == NGX_ERROR) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
            "invalid zone \"%V\", it must be NAME:SIZE", &value[1]);
        return NGX_CONF_ERROR;
    }

    if (size < NGX_HTTP_RECO_ZONE_SIZE_MIN) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
            "zone \"%V\" is too small, it must be 256k at least", &value[1]);
        return NGX_CONF_ERROR;
    }

    for (i = 2; i < cf->args->nelts; i++) {
        if (ngx_strncmp(value[i].data, "ttl=", 4) == 0) {
            s.data = value[i].data + 4;
            s.len = value[i].len - 4;
            ttl = ngx_parse_time(&s, 1);
            if (ttl != (time_t) NGX_ERROR && ttl > 0) {
                continue;
            }
        }

        ngx_conf_log_error(
            NGX_LOG_EMERG, cf, 0, "invalid parameter \"%V\"", &value[i]);
        return NGX_CONF_ERROR;
    }

    zone = ngx_shared_memory_add(cf, &name, size, &ngx_http_reco_module);
    if (zone == NULL) {
        return NGX_CONF_ERROR;
    }

    lcf->zone = zone;

    if (zone->data != NULL) {
        /* another server names the same zone */
        ctx = zone->data;
        ctx->ttl = ttl;
        return NGX_CONF_OK;
    }

    ctx = ngx_pcalloc(cf->pool, sizeof(ngx_http_reco_zone_ctx_t));
    if (ctx == NULL) {
        return NGX_CONF_ERROR;
    }

    ctx->ttl = ttl;

    zone->init = ngx_http_reco_zone_init;
    zone->data = ctx;

    main = ngx_http_conf_get_module_main_conf(cf, ngx_http_reco_module);
    member = ngx_array_push(&main->zones);
    if (member == NULL) {
        return NGX_CONF_ERROR;
    }

    *member = zone;

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_reco_zone_init(ngx_shm_zone_t *zone, void *data)
{
    ngx_http_reco_zone_ctx_t *old = data;

    ngx_http_reco_zone_ctx_t *ctx;

    ctx = zone->data;

    if (old != NULL
        && old->header->record_size == sizeof(ngx_http_reco_record_t)) {
        ctx->header = old->header;
        return NGX_OK;
    }

    return ngx_http_reco_zone_format(zone, ctx);
}


static size_t
ngx_http_reco_zone_layout(ngx_http_reco_zone_header_t *header, size_t size)
{
    size_t total;

    header->buckets = ngx_max(header->records, 1);
    header->buckets--;
    header->buckets |= header->buckets >> 1;
    header->buckets |= header->buckets >> 2;
    header->buckets |= header->buckets >> 4;
    header->buckets |= header->buckets >> 8;
    header->buckets |= header->buckets >> 16;
    header->buckets++;

    total = ngx_align(sizeof(ngx_http_reco_zone_header_t), 64);
    header->stripes_offset = total;
    total += ngx_align(
        header->stripes * sizeof(ngx_http_reco_stripe_t), (size_t) 64);
    header->buckets_offset = total;
    total +=
        ngx_align((size_t) header->stripes * header->buckets * sizeof(uint32_t),
            (size_t) 64);
    header->records_offset = total;
    total += (size_t) header->stripes * header->records
             * sizeof(ngx_http_reco_record_t);

    return total <= size;
}


static ngx_int_t
ngx_http_reco_zone_format(ngx_shm_zone_t *zone, ngx_http_reco_zone_ctx_t *ctx)
{
    size_t size, records;
    uint32_t i, j, *buckets;
    ngx_slab_pool_t *shpool;
    pthread_mutexattr_t attr;
    ngx_http_reco_stripe_t *stripe;
    ngx_http_reco_record_t *record;
    ngx_http_reco_zone_header_t *header;

    shpool = (ngx_slab_pool_t *) zone->shm.addr;

    /* A fresh pool is one run of pages: take all of it at once. */
    size = shpool->pfree * ngx_pagesize;
    header = ngx_slab_calloc(shpool, size);
    if (header == NULL) {
        return NGX_ERROR;
    }

    records = size / (sizeof(ngx_http_reco_record_t) + sizeof(uint32_t));
    header->stripes = NGX_HTTP_RECO_ZONE_STRIPES_MIN;
    while (header->stripes < NGX_HTTP_RECO_ZONE_STRIPES_MAX
           && records / header->stripes > NGX_HTTP_RECO_ZONE_PER_STRIPE)
    {
        header->stripes *= 2;
    }

    header->records = records / header->stripes;
    while (!ngx_http_reco_zone_layout(header, size)) {
        header->records--;
    }

    if (pthread_mutexattr_init(&attr) != 0
        || pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED) != 0
        || pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST) != 0)
    {
        return NGX_ERROR;
    }

    for (i = 0; i < header->stripes; i++) {
        stripe = (ngx_http_reco_stripe_t *) ((u_char *) header
                                             + header->stripes_offset)
                 + i;
        if (pthread_mutex_init(&stripe->lock, &attr) != 0) {
            return NGX_ERROR;
        }

        for (j = 0; j < NGX_HTTP_RECO_LISTS; j++) {
            stripe->lists[j].newest = NGX_HTTP_RECO_ZONE_NONE;
            stripe->lists[j].oldest = NGX_HTTP_RECO_ZONE_NONE;
        }

        buckets = (uint32_t *) ((u_char *) header + header->buckets_offset)
                  + (size_t) i * header->buckets;
        ngx_memset(buckets, 0xff, header->buckets * sizeof(uint32_t));

        record = (ngx_http_reco_record_t *) ((u_char *) header
                                             + header->records_offset)
                 + (size_t) i * header->records;
        for (j = 0; j < header->records; j++) {
            record[j].next =
                j + 1 < header->records ? j + 1 : NGX_HTTP_RECO_ZONE_NONE;
        }
    }

    pthread_mutexattr_destroy(&attr);

    header->record_size = sizeof(ngx_http_reco_record_t);
    header->magic = NGX_HTTP_RECO_ZONE_MAGIC;
    ctx->header = header;

    return NGX_OK;
}


/* -- operations ---------------------------------------------------------- */

ngx_int_t
ngx_http_reco_zone_read(ngx_shm_zone_t *zone, const ngx_http_reco_id_t *id,
    reco_engine_session_t *session)
{
    ngx_http_reco_shelf_t shelf;
    ngx_http_reco_record_t *record;

    ngx_http_reco_shelf_lock(&shelf, zone, id);

    record = ngx_http_reco_shelf_find(&shelf, id);

    if (record != NULL) {
        *session = record->session;
    }

    ngx_http_reco_shelf_unlock(&shelf);

    if (record == NULL) {
        ngx_memzero(session, sizeof(reco_engine_session_t));
        return NGX_DECLINED;
    }

    return NGX_OK;
}


void
ngx_http_reco_zone_apply(ngx_shm_zone_t *zone, const ngx_http_reco_id_t *id,
    const reco_engine_event_t *events, ngx_uint_t nevents,
    reco_engine_session_t *session)
{
    ngx_uint_t i;
    ngx_http_reco_shelf_t shelf;
    ngx_http_reco_record_t *record;

    ngx_http_reco_shelf_lock(&shelf, zone, id);

    record = ngx_http_reco_shelf_open(&shelf, id);

    for (i = 0; i < nevents; i++) {
        reco_engine_session_apply(&record->session, &events[i]);
    }

    if (session != NULL) {
        *session = record->session;
    }

    ngx_http_reco_shelf_close(record);

    ngx_http_reco_shelf_unlock(&shelf);
}


void
ngx_http_reco_zone_shown(ngx_shm_zone_t *zone, const ngx_http_reco_id_t *id,
    const uint64_t *items, ngx_uint_t nitems)
{
    ngx_http_reco_shelf_t shelf;
    ngx_http_reco_record_t *record;

    ngx_http_reco_shelf_lock(&shelf, zone, id);

    record = ngx_http_reco_shelf_open(&shelf, id);
    reco_engine_session_shown(&record->session, items, nitems);
    ngx_http_reco_shelf_close(record);

    ngx_http_reco_shelf_unlock(&shelf);
}


ngx_int_t
ngx_http_reco_zone_merge(ngx_shm_zone_t *zone, const ngx_http_reco_id_t *from,
    const ngx_http_reco_id_t *to)
{
    ngx_http_reco_shelf_t shelf;
    reco_engine_session_t session;
    ngx_http_reco_record_t *record;

    /* one stripe at a time: no order of locks to keep */

    ngx_http_reco_shelf_lock(&shelf, zone, from);

    record = ngx_http_reco_shelf_find(&shelf, from);

    if (record != NULL) {
        session = record->session;
        ngx_http_reco_shelf_remove(&shelf, record - shelf.records);
    }

    ngx_http_reco_shelf_unlock(&shelf);

    if (record == NULL) {
        return NGX_DECLINED;
    }

    ngx_http_reco_zone_apply(zone, to, session.events, session.nevents, NULL);

    return NGX_OK;
}


void
ngx_http_reco_zone_forget(ngx_shm_zone_t *zone, const ngx_http_reco_id_t *id)
{
    ngx_http_reco_shelf_t shelf;
    ngx_http_reco_record_t *record;

    ngx_http_reco_shelf_lock(&shelf, zone, id);

    record = ngx_http_reco_shelf_find(&shelf, id);

    if (record != NULL) {
        ngx_memzero(&record->session, sizeof(reco_engine_session_t));
        ngx_http_reco_shelf_remove(&shelf, record - shelf.records);
    }

    ngx_http_reco_shelf_unlock(&shelf);
}


void
ngx_http_reco_zone_state(
    ngx_shm_zone_t *zone, ngx_http_reco_zone_state_t *state)
{
    uint32_t i;
    ngx_http_reco_stripe_t *stripe;
    ngx_http_reco_zone_header_t *header;

    header = ((ngx_http_reco_zone_ctx_t *) zone->data)->header;
    stripe =
        (ngx_http_reco_stripe_t *) ((u_char *) header + header->stripes_offset);

    ngx_memzero(state, sizeof(ngx_http_reco_zone_state_t));
    state->capacity = (ngx_uint_t) header->stripes * header->records;

    /* read without locks: each figure is one word */

    for (i = 0; i < header->stripes; i++) {
        state->used += stripe[i].used;
        state->evicted += stripe[i].evicted;
        state->recovered += stripe[i].recovered;
    }
}
