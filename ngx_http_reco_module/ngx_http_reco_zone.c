#include "ngx_http_reco_zone.h"


#define NGX_HTTP_RECO_ZONE_SIZE_MIN (256 * 1024)
#define NGX_HTTP_RECO_ZONE_TTL      (30 * 24 * 3600)


static ngx_int_t ngx_http_reco_zone_init(ngx_shm_zone_t *zone, void *data);


char *
ngx_http_reco_zone(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_reco_loc_conf_t *lcf = conf;

    u_char *p;
    time_t ttl;
    ssize_t size;
    ngx_str_t *value, name, save, s;
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
    ngx_str_null(&save);
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

        } else if (ngx_strncmp(value[i].data, "save=", 5) == 0
                   && value[i].len > 5) {
            save.data = value[i].data + 5;
            save.len = value[i].len - 5;
            if (ngx_conf_full_name(cf->cycle, &save, 0) != NGX_OK) {
                return NGX_CONF_ERROR;
            }

            continue;
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
        ctx->save = save;
        return NGX_CONF_OK;
    }

    ctx = ngx_pcalloc(cf->pool, sizeof(ngx_http_reco_zone_ctx_t));
    if (ctx == NULL) {
        return NGX_CONF_ERROR;
    }

    ctx->ttl = ttl;
    ctx->save = save;

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


/* A zone that was there before the reload, but of another size. */
static ngx_http_reco_zone_ctx_t *
ngx_http_reco_zone_before(ngx_shm_zone_t *zone)
{
    ngx_uint_t i;
    ngx_shm_zone_t *old;
    ngx_list_part_t *part;

    if (ngx_cycle == NULL) {
        return NULL;
    }

    for (part = (ngx_list_part_t *) &ngx_cycle->shared_memory.part;
         part != NULL; part = part->next)
    {
        old = part->elts;

        for (i = 0; i < part->nelts; i++) {
            if (old[i].tag == zone->tag && old[i].data != NULL
                && old[i].init == zone->init
                && old[i].shm.name.len == zone->shm.name.len
                && ngx_strncmp(old[i].shm.name.data, zone->shm.name.data,
                       zone->shm.name.len)
                       == 0)
            {
                return old[i].data;
            }
        }
    }

    return NULL;
}


static void
ngx_http_reco_zone_move_record(const ngx_http_reco_record_t *record, void *data)
{
    ngx_http_reco_shelf_put(data, record);
}


static ngx_int_t
ngx_http_reco_zone_init(ngx_shm_zone_t *zone, void *data)
{
    ngx_http_reco_zone_ctx_t *old = data;

    size_t size;
    ngx_uint_t moved;
    ngx_slab_pool_t *shpool;
    ngx_http_reco_zone_ctx_t *ctx;

    ctx = zone->data;

    if (old != NULL) {
        ctx->header = old->header;
        return NGX_OK;
    }

    shpool = (ngx_slab_pool_t *) zone->shm.addr;

    /* a fresh pool is one run of pages: take all of it at once */

    size = shpool->pfree * ngx_pagesize;

    ctx->header = ngx_slab_calloc(shpool, size);
    if (ctx->header == NULL
        || ngx_http_reco_zone_format(ctx->header, size) != NGX_OK)
    {
        return NGX_ERROR;
    }

    old = ngx_http_reco_zone_before(zone);

    if (old != NULL && old->header != NULL) {
        moved =
            ngx_http_reco_shelf_each(old, ngx_http_reco_zone_move_record, ctx);
        ngx_log_error(NGX_LOG_NOTICE, ngx_cycle->log, 0,
            "reco: zone \"%V\" changed its size, %ui sessions moved",
            &zone->shm.name, moved);

    } else if (ctx->save.len > 0 && !ngx_test_config) {
        ngx_http_reco_zone_restore(ctx, ngx_cycle->log);
    }

    return NGX_OK;
}


void
ngx_http_reco_zone_exit_master(ngx_http_reco_main_conf_t *main)
{
    ngx_uint_t i;
    ngx_shm_zone_t **zones;
    ngx_http_reco_zone_ctx_t *ctx;

    zones = main->zones.elts;

    for (i = 0; i < main->zones.nelts; i++) {
        ctx = zones[i]->data;

        if (ctx->save.len > 0 && ctx->header != NULL) {
            ngx_http_reco_zone_save(ctx, ngx_cycle->log);
        }
    }
}


/* -- operations ---------------------------------------------------------- */

void
ngx_http_reco_zone_expect(ngx_shm_zone_t *zone, const ngx_http_reco_id_t *id)
{
    ngx_http_reco_shelf_expect(zone->data, id);
}


void
ngx_http_reco_zone_expect_record(
    ngx_shm_zone_t *zone, const ngx_http_reco_id_t *id)
{
    ngx_http_reco_shelf_expect_record(zone->data, id);
}


ngx_int_t
ngx_http_reco_zone_read(ngx_shm_zone_t *zone, const ngx_http_reco_id_t *id,
    reco_engine_session_t *session)
{
    ngx_http_reco_shelf_t shelf;
    ngx_http_reco_record_t *record;

    ngx_http_reco_shelf_lock(&shelf, zone->data, id);

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
ngx_http_reco_zone_begin(ngx_shm_zone_t *zone, const ngx_http_reco_id_t *id,
    const reco_engine_session_t *session)
{
    ngx_http_reco_shelf_t shelf;
    ngx_http_reco_record_t *record;

    ngx_http_reco_shelf_lock(&shelf, zone->data, id);

    record = ngx_http_reco_shelf_add(&shelf, id);
    record->session = *session;
    ngx_http_reco_shelf_close(record);

    ngx_http_reco_shelf_unlock(&shelf);
}


void
ngx_http_reco_zone_apply(ngx_shm_zone_t *zone, const ngx_http_reco_id_t *id,
    const reco_engine_event_t *events, ngx_uint_t nevents,
    reco_engine_session_t *session)
{
    ngx_uint_t i;
    ngx_http_reco_shelf_t shelf;
    ngx_http_reco_record_t *record;

    ngx_http_reco_shelf_lock(&shelf, zone->data, id);

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

    ngx_http_reco_shelf_lock(&shelf, zone->data, id);

    record = ngx_http_reco_shelf_open(&shelf, id);
    reco_engine_session_shown(&record->session, items, nitems);
    ngx_http_reco_shelf_close(record);

    ngx_http_reco_shelf_unlock(&shelf);
}


ngx_int_t
ngx_http_reco_zone_merge(ngx_shm_zone_t *zone, const ngx_http_reco_id_t *from,
    const ngx_http_reco_id_t *to)
{
    uint32_t i;
    ngx_http_reco_shelf_t shelf;
    reco_engine_event_t events[RECO_ENGINE_EVENTS_MAX];
    reco_engine_session_t session;
    ngx_http_reco_record_t *record;

    /* one stripe at a time: no order of locks to keep */

    ngx_http_reco_shelf_lock(&shelf, zone->data, from);

    record = ngx_http_reco_shelf_find(&shelf, from);

    if (record != NULL) {
        session = record->session;
        ngx_http_reco_shelf_remove(&shelf, record - shelf.records);
    }

    ngx_http_reco_shelf_unlock(&shelf);

    if (record == NULL) {
        return NGX_DECLINED;
    }

    session.nevents = ngx_min(session.nevents, RECO_ENGINE_EVENTS_MAX);

    for (i = 0; i < session.nevents; i++) {
        events[i] = *reco_engine_session_event(&session, i);
    }

    ngx_http_reco_zone_apply(zone, to, events, session.nevents, NULL);

    return NGX_OK;
}


/* How many events of a session are older than one. */
static uint32_t
ngx_http_reco_zone_older(
    const reco_engine_session_t *session, const reco_engine_event_t *first)
{
    uint32_t i;
    const reco_engine_event_t *event;

    for (i = 0; i < ngx_min(session->nevents, RECO_ENGINE_EVENTS_MAX); i++) {
        event = reco_engine_session_event(session, i);

        if (event->time > first->time
            || (event->time == first->time && event->item == first->item))
        {
            break;
        }
    }

    return i;
}


/* What came before, with what came since on top of it. */
static void
ngx_http_reco_zone_join(
    reco_engine_session_t *session, const reco_engine_session_t *before)
{
    uint32_t i;
    reco_engine_session_t since;

    since = *session;
    *session = *before;

    /* whoever wrote it may have been told already of what this node saw */

    if (since.nevents > 0) {
        reco_engine_session_keep(
            session, ngx_http_reco_zone_older(
                         before, reco_engine_session_event(&since, 0)));
    }

    for (i = 0; i < ngx_min(since.nevents, RECO_ENGINE_EVENTS_MAX); i++) {
        reco_engine_session_apply(
            session, reco_engine_session_event(&since, i));
    }

    reco_engine_session_shown(
        session, since.seen, ngx_min(since.nseen, RECO_ENGINE_SEEN_MAX));
}


void
ngx_http_reco_zone_load(ngx_shm_zone_t *zone, const ngx_http_reco_id_t *id,
    const reco_engine_profile_t *profile)
{
    ngx_http_reco_shelf_t shelf;
    ngx_http_reco_taste_t taste;
    ngx_http_reco_record_t *record;

    ngx_http_reco_taste_set(&taste, profile);

    ngx_http_reco_shelf_lock(&shelf, zone->data, id);

    record = ngx_http_reco_shelf_open(&shelf, id);
    ngx_http_reco_zone_join(&record->session, &profile->session);
    record->taste = taste;
    ngx_http_reco_shelf_close(record);

    ngx_http_reco_shelf_unlock(&shelf);
}


ngx_int_t
ngx_http_reco_zone_profile(ngx_shm_zone_t *zone, const ngx_http_reco_id_t *id,
    reco_engine_profile_t *profile)
{
    ngx_http_reco_shelf_t shelf;
    ngx_http_reco_record_t *record;

    ngx_memzero(profile, sizeof(reco_engine_profile_t));

    ngx_http_reco_shelf_lock(&shelf, zone->data, id);
    record = ngx_http_reco_shelf_find(&shelf, id);

    if (record != NULL) {
        profile->session = record->session;
        ngx_http_reco_taste_get(&record->taste, profile);
    }

    ngx_http_reco_shelf_unlock(&shelf);

    return record != NULL ? NGX_OK : NGX_DECLINED;
}


ngx_uint_t
ngx_http_reco_zone_knows(ngx_shm_zone_t *zone, const ngx_http_reco_id_t *id)
{
    ngx_uint_t known;
    ngx_http_reco_shelf_t shelf;

    ngx_http_reco_shelf_lock(&shelf, zone->data, id);
    known = ngx_http_reco_shelf_find(&shelf, id) != NULL;
    ngx_http_reco_shelf_unlock(&shelf);

    return known;
}


ngx_int_t
ngx_http_reco_zone_taste(ngx_shm_zone_t *zone, const ngx_http_reco_id_t *id,
    const ngx_str_t *base, uint32_t dimensions, float *taste)
{
    uint32_t i;
    ngx_http_reco_shelf_t shelf;
    ngx_http_reco_taste_t copy;
    ngx_http_reco_record_t *record;

    copy.dimensions = 0;
    copy.nbase = 0;

    ngx_http_reco_shelf_lock(&shelf, zone->data, id);
    record = ngx_http_reco_shelf_find(&shelf, id);

    if (record != NULL) {
        copy = record->taste;
    }

    ngx_http_reco_shelf_unlock(&shelf);

    if (copy.dimensions == 0 || copy.dimensions != dimensions
        || copy.nbase != base->len
        || ngx_memcmp(copy.base, base->data, base->len) != 0)
    {
        return NGX_DECLINED;
    }

    for (i = 0; i < dimensions; i++) {
        taste[i] = copy.components[i];
    }

    return NGX_OK;
}


void
ngx_http_reco_zone_forget(ngx_shm_zone_t *zone, const ngx_http_reco_id_t *id)
{
    ngx_http_reco_shelf_t shelf;
    ngx_http_reco_record_t *record;

    ngx_http_reco_shelf_lock(&shelf, zone->data, id);

    record = ngx_http_reco_shelf_find(&shelf, id);

    if (record != NULL) {
        ngx_memzero(&record->session, sizeof(reco_engine_session_t));
        ngx_memzero(&record->taste, sizeof(ngx_http_reco_taste_t));
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
