#include "ngx_http_reco_profile.h"

#include "engine/reco_engine_profile.h"


#define NGX_HTTP_RECO_PROFILES_MAX    256  /* under way in a worker */
#define NGX_HTTP_RECO_PROFILE_TIMEOUT 1000 /* ms */
#define NGX_HTTP_RECO_PROFILE_TTL     (30 * 24 * 3600)


/* A request that waits; lives in its pool. */
typedef struct {
    ngx_queue_t queue;
    ngx_http_request_t *request;
    unsigned queued : 1;
} ngx_http_reco_profile_wait_t;


static void ngx_http_reco_profile_timer(ngx_event_t *ev);


/* -- configuration ------------------------------------------------------- */

static ngx_int_t
ngx_http_reco_profiles_word(
    ngx_conf_t *cf, ngx_http_reco_profiles_t *profiles, ngx_str_t *word)
{
    size_t i;
    ngx_int_t time;
    ngx_str_t value;

    if (ngx_http_reco_word_value(word, &value) != NGX_OK) {
        return NGX_ERROR;
    }

    if (ngx_strncmp(word->data, "prefix=", 7) == 0) {
        for (i = 0; i < value.len; i++) {
            if (value.data[i] <= ' ' || value.data[i] >= 0x7f) {
                return NGX_ERROR;
            }
        }

        profiles->prefix = value;

        return value.len <= NGX_HTTP_RECO_PROFILE_KEY_MAX ? NGX_OK : NGX_ERROR;
    }

    if (ngx_strncmp(word->data, "ttl=", 4) == 0) {
        profiles->ttl = ngx_parse_time(&value, 1);
        return profiles->ttl > 0 && profiles->store->put != NULL ? NGX_OK
                                                                 : NGX_ERROR;
    }

    time = ngx_parse_time(&value, 0);

    if (time == NGX_ERROR) {
        return NGX_ERROR;
    }

    if (ngx_strncmp(word->data, "budget=", 7) == 0) {
        profiles->budget = time;
        return NGX_OK;
    }

    if (ngx_strncmp(word->data, "timeout=", 8) == 0 && time > 0) {
        profiles->timeout = time;
        return NGX_OK;
    }

    return NGX_ERROR;
}


/*
 * reco_profiles redis | memcached=ADDRESS
 *     [budget=T] [timeout=T] [ttl=T] [prefix=P];
 */
char *
ngx_http_reco_profiles(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_reco_main_conf_t *main = conf;

    ngx_str_t *value;
    ngx_uint_t i;
    ngx_http_reco_profiles_t *profiles;

    if (main->profiles != NULL) {
        return "is duplicate";
    }

    profiles = ngx_pcalloc(cf->pool, sizeof(ngx_http_reco_profiles_t));
    if (profiles == NULL) {
        return NGX_CONF_ERROR;
    }

    main->profiles = profiles;
    profiles->redis = main->redis;
    profiles->timeout = NGX_HTTP_RECO_PROFILE_TIMEOUT;
    profiles->ttl = NGX_HTTP_RECO_PROFILE_TTL;
    ngx_str_set(&profiles->prefix, "reco:visitor:");

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "redis") == 0) {
        profiles->store = &ngx_http_reco_profile_redis;

    } else if (ngx_strncmp(value[1].data, "memcached=", 10) == 0) {
        profiles->store = &ngx_http_reco_profile_memcached;
        profiles->url.url.data = value[1].data + 10;
        profiles->url.url.len = value[1].len - 10;
        profiles->url.default_port = 11211;

        if (ngx_parse_url(cf->pool, &profiles->url) != NGX_OK) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                "%s in address \"%V\" of memcached",
                profiles->url.err != NULL ? profiles->url.err : "error",
                &profiles->url.url);
            return NGX_CONF_ERROR;
        }

    } else {
        return "needs \"redis\" or \"memcached=ADDRESS\"";
    }

    for (i = 2; i < cf->args->nelts; i++) {
        if (ngx_http_reco_profiles_word(cf, profiles, &value[i]) != NGX_OK) {
            ngx_conf_log_error(
                NGX_LOG_EMERG, cf, 0, "invalid parameter \"%V\"", &value[i]);
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


char *
ngx_http_reco_profiles_init_conf(
    ngx_conf_t *cf, ngx_http_reco_profiles_t *profiles)
{
    if (profiles != NULL && profiles->store == &ngx_http_reco_profile_redis
        && profiles->redis->addresses.nelts == 0)
    {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
            "\"reco_profiles redis\" needs \"reco_redis\"");
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


/* -- processes ----------------------------------------------------------- */

ngx_int_t
ngx_http_reco_profiles_init_process(
    ngx_cycle_t *cycle, ngx_http_reco_profiles_t *profiles)
{
    ngx_uint_t i;
    ngx_http_reco_profile_t *profile;

    if (profiles == NULL) {
        return NGX_OK;
    }

    profile = ngx_pcalloc(cycle->pool,
        NGX_HTTP_RECO_PROFILES_MAX * sizeof(ngx_http_reco_profile_t));
    if (profile == NULL) {
        return NGX_ERROR;
    }

    ngx_queue_init(&profiles->asked);
    ngx_queue_init(&profiles->free);

    for (i = 0; i < NGX_HTTP_RECO_PROFILES_MAX; i++) {
        profile[i].profiles = profiles;
        ngx_queue_insert_tail(&profiles->free, &profile[i].queue);
    }

    profiles->nothing.fd = (ngx_socket_t) -1;
    profiles->nothing.data = profiles;
    profiles->timer.data = &profiles->nothing;
    profiles->timer.handler = ngx_http_reco_profile_timer;
    profiles->timer.log = cycle->log;
    profiles->timer.cancelable = 1;

    return profiles->store->init(cycle, profiles);
}


void
ngx_http_reco_profiles_exit_process(ngx_http_reco_profiles_t *profiles)
{
    if (profiles != NULL && profiles->connection != NULL) {
        profiles->store->done(profiles);
    }
}


/* -- asking -------------------------------------------------------------- */

u_char *
ngx_http_reco_profile_key(
    u_char *p, ngx_http_reco_profiles_t *profiles, ngx_http_reco_id_t *id)
{
    p = ngx_cpymem(p, profiles->prefix.data, profiles->prefix.len);

    return ngx_hex_dump(p, id->bytes, sizeof(id->bytes));
}


static ngx_http_reco_profile_t *
ngx_http_reco_profile_find(
    ngx_http_reco_profiles_t *profiles, const ngx_http_reco_id_t *id)
{
    ngx_queue_t *q;
    ngx_http_reco_profile_t *profile;

    for (q = ngx_queue_head(&profiles->asked);
         q != ngx_queue_sentinel(&profiles->asked); q = ngx_queue_next(q))
    {
        profile = ngx_queue_data(q, ngx_http_reco_profile_t, queue);

        if (ngx_memcmp(&profile->id, id, sizeof(ngx_http_reco_id_t)) == 0) {
            return profile;
        }
    }

    return NULL;
}


void
ngx_http_reco_profile_want(ngx_http_request_t *r, const ngx_http_reco_id_t *id)
{
    ngx_queue_t *q;
    ngx_http_reco_profile_t *profile;
    ngx_http_reco_loc_conf_t *lcf;
    ngx_http_reco_profiles_t *profiles;
    ngx_http_reco_main_conf_t *main;

    main = ngx_http_get_module_main_conf(r, ngx_http_reco_module);
    lcf = ngx_http_get_module_loc_conf(r, ngx_http_reco_module);
    profiles = main->profiles;

    if (profiles == NULL || lcf->zone == NULL
        || ngx_http_reco_zone_knows(lcf->zone, id)
        || ngx_http_reco_visitor_robot(r)
        || ngx_http_reco_profile_find(profiles, id) != NULL)
    {
        return;
    }

    if (ngx_queue_empty(&profiles->free)) {
        ngx_http_reco_count(NGX_HTTP_RECO_PROFILES_FAILED, 1);
        return;
    }

    q = ngx_queue_head(&profiles->free);
    ngx_queue_remove(q);
    ngx_queue_insert_tail(&profiles->asked, q);

    profile = ngx_queue_data(q, ngx_http_reco_profile_t, queue);
    profile->id = *id;
    profile->zone = lcf->zone;
    profile->asked = ngx_current_msec;
    ngx_queue_init(&profile->waiting);

    if (profiles->store->ask(profiles, profile) != NGX_OK) {
        ngx_http_reco_profile_answer(profile, NGX_ERROR, NULL, 0);
        return;
    }

    if (!profiles->timer.timer_set) {
        ngx_add_timer(&profiles->timer, profiles->timeout);
    }
}


void
ngx_http_reco_profile_forget(ngx_http_request_t *r, ngx_http_reco_id_t *id)
{
    ngx_http_reco_profile_t *profile;
    ngx_http_reco_main_conf_t *main;

    main = ngx_http_get_module_main_conf(r, ngx_http_reco_module);

    if (main->profiles != NULL) {
        profile = ngx_http_reco_profile_find(main->profiles, id);

        if (profile != NULL) {
            profile->zone = NULL;
        }

        if (main->profiles->store->put != NULL) {
            main->profiles->store->put(main->profiles, id, NULL, 0);
        }
    }
}


void
ngx_http_reco_profile_put(ngx_http_request_t *r, ngx_http_reco_id_t *id)
{
    u_char record[RECO_ENGINE_PROFILE_SIZE_MAX];
    size_t len;
    ngx_http_reco_loc_conf_t *lcf;
    ngx_http_reco_main_conf_t *main;
    static reco_engine_profile_t profile;

    main = ngx_http_get_module_main_conf(r, ngx_http_reco_module);
    lcf = ngx_http_get_module_loc_conf(r, ngx_http_reco_module);

    if (main->profiles == NULL || main->profiles->store->put == NULL
        || lcf->zone == NULL
        || ngx_http_reco_profile_find(main->profiles, id) != NULL
        || ngx_http_reco_zone_profile(lcf->zone, id, &profile) != NGX_OK)
    {
        return;
    }

    profile.updated = ngx_http_reco_milliseconds();

    if (reco_engine_profile_encode(&profile, record, sizeof(record), &len)
        == RECO_OK)
    {
        main->profiles->store->put(main->profiles, id, record, len);
    }
}


/* The oldest question is too old: the store is silent. */
static void
ngx_http_reco_profile_timer(ngx_event_t *ev)
{
    ngx_connection_t *c = ev->data;

    ngx_msec_t age;
    ngx_http_reco_profile_t *profile;
    ngx_http_reco_profiles_t *profiles;

    profiles = c->data;

    if (ngx_queue_empty(&profiles->asked)) {
        return;
    }

    profile = ngx_queue_data(
        ngx_queue_head(&profiles->asked), ngx_http_reco_profile_t, queue);
    age = ngx_current_msec - profile->asked;

    if (age < profiles->timeout) {
        ngx_add_timer(ev, profiles->timeout - age);
        return;
    }

    profiles->store->reset(profiles, "no answer in time");

    if (!ngx_queue_empty(&profiles->asked)) {
        ngx_add_timer(ev, profiles->timeout);
    }
}


/* -- answers ------------------------------------------------------------- */

static void
ngx_http_reco_profile_take(
    ngx_http_reco_profile_t *profile, const void *data, size_t len)
{
    reco_status_t status;
    reco_engine_profile_t decoded;

    status = reco_engine_profile_decode(data, len, &decoded);

    if (status != RECO_OK) {
        ngx_http_reco_failure(ngx_cycle->log, NGX_HTTP_RECO_PROFILES_BAD,
            "a profile of the feature store is refused: %s",
            reco_status_name(status));
        return;
    }

    ngx_http_reco_count(NGX_HTTP_RECO_PROFILES_LOADED, 1);

    if (profile->zone != NULL) {
        ngx_http_reco_zone_load(profile->zone, &profile->id, &decoded);
    }
}


void
ngx_http_reco_profile_answer(ngx_http_reco_profile_t *profile, ngx_int_t rc,
    const void *data, size_t len)
{
    ngx_event_t *wev;
    ngx_queue_t *q;
    ngx_http_reco_profile_wait_t *wait;

    if (rc == NGX_OK) {
        ngx_http_reco_profile_take(profile, data, len);

    } else {
        ngx_http_reco_count(rc == NGX_DECLINED ? NGX_HTTP_RECO_PROFILES_MISSING
                                               : NGX_HTTP_RECO_PROFILES_FAILED,
            1);
    }

    for (q = ngx_queue_head(&profile->waiting);
         q != ngx_queue_sentinel(&profile->waiting); q = ngx_queue_next(q))
    {
        wait = ngx_queue_data(q, ngx_http_reco_profile_wait_t, queue);
        wait->queued = 0;

        wev = wait->request->connection->write;
        wev->delayed = 0;

        if (wev->timer_set) {
            ngx_del_timer(wev);
        }

        ngx_post_event(wev, &ngx_posted_events);
    }

    ngx_queue_init(&profile->waiting);
    ngx_queue_remove(&profile->queue);
    ngx_queue_insert_head(&profile->profiles->free, &profile->queue);
}


/* -- waiting ------------------------------------------------------------- */

static void
ngx_http_reco_profile_cleanup(void *data)
{
    ngx_http_reco_profile_wait_t *wait = data;

    if (wait->queued) {
        ngx_queue_remove(&wait->queue);
        wait->queued = 0;
    }
}


static void
ngx_http_reco_profile_resume(ngx_http_request_t *r)
{
    ngx_event_t *wev;

    wev = r->connection->write;

    if (wev->delayed) {
        if (ngx_handle_write_event(wev, 0) != NGX_OK) {
            ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
        }

        return;
    }

    if (ngx_handle_read_event(r->connection->read, 0) != NGX_OK) {
        ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
        return;
    }

    r->read_event_handler = ngx_http_block_reading;
    r->write_event_handler = ngx_http_core_run_phases;

    ngx_http_core_run_phases(r);
}


/* Before the content: lets a page wait for its visitor, as long as it may. */
static ngx_int_t
ngx_http_reco_profile_handler(ngx_http_request_t *r)
{
    ngx_pool_cleanup_t *cln;
    ngx_http_reco_ctx_t *ctx;
    ngx_http_reco_profile_t *profile;
    ngx_http_reco_loc_conf_t *lcf;
    ngx_http_reco_main_conf_t *main;
    ngx_http_reco_profile_wait_t *wait;

    main = ngx_http_get_module_main_conf(r, ngx_http_reco_module);
    lcf = ngx_http_get_module_loc_conf(r, ngx_http_reco_module);

    /* an id of the site's own may not be known before the shop has answered */

    if (main->profiles->budget == 0 || r != r->main || lcf->zone == NULL
        || lcf->visitor != NULL || !(lcf->enable || lcf->api))
    {
        return NGX_DECLINED;
    }

    ctx = ngx_http_reco_get_ctx(r);
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (ctx->waited) {
        return NGX_DECLINED;
    }

    ctx->waited = 1;

    if (ngx_http_reco_visitor(r, ctx) != NGX_OK || ctx->visitor_new) {
        return NGX_DECLINED;
    }

    profile = ngx_http_reco_profile_find(main->profiles, &ctx->id);
    if (profile == NULL) {
        return NGX_DECLINED;
    }

    cln = ngx_pool_cleanup_add(r->pool, sizeof(ngx_http_reco_profile_wait_t));
    if (cln == NULL || ngx_handle_read_event(r->connection->read, 0) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    wait = cln->data;
    wait->request = r;
    wait->queued = 1;
    ngx_queue_insert_tail(&profile->waiting, &wait->queue);
    cln->handler = ngx_http_reco_profile_cleanup;

    r->read_event_handler = ngx_http_test_reading;
    r->write_event_handler = ngx_http_reco_profile_resume;
    r->connection->write->delayed = 1;
    ngx_add_timer(r->connection->write, main->profiles->budget);

    return NGX_AGAIN;
}


ngx_int_t
ngx_http_reco_profiles_init(ngx_conf_t *cf, ngx_http_reco_main_conf_t *main)
{
    ngx_http_handler_pt *handler;
    ngx_http_core_main_conf_t *cmcf;

    if (main->profiles == NULL) {
        return NGX_OK;
    }

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    handler = ngx_array_push(&cmcf->phases[NGX_HTTP_PRECONTENT_PHASE].handlers);
    if (handler == NULL) {
        return NGX_ERROR;
    }

    *handler = ngx_http_reco_profile_handler;

    return NGX_OK;
}
