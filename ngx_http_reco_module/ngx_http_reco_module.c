#include "ngx_http_reco_answers.h"
#include "ngx_http_reco_module.h"
#include "ngx_http_reco_reference.h"


static ngx_int_t ngx_http_reco_preconfiguration(ngx_conf_t *cf);
static ngx_int_t ngx_http_reco_postconfiguration(ngx_conf_t *cf);
static ngx_int_t ngx_http_reco_init_process(ngx_cycle_t *cycle);
static void ngx_http_reco_exit_process(ngx_cycle_t *cycle);
static void ngx_http_reco_exit_master(ngx_cycle_t *cycle);
static void ngx_http_reco_cleanup_ctx(void *data);


#define NGX_HTTP_RECO_ANYWHERE                                                 \
    (NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF)

#define NGX_HTTP_RECO_VALUE(name, field)                                       \
    {                                                                          \
        ngx_string(name), NGX_HTTP_RECO_ANYWHERE | NGX_CONF_TAKE1,             \
            ngx_http_set_complex_value_slot, NGX_HTTP_LOC_CONF_OFFSET,         \
            offsetof(ngx_http_reco_loc_conf_t, field), NULL                    \
    }

#define NGX_HTTP_RECO_HANDLER(name, set)                                       \
    {                                                                          \
        ngx_string(name), NGX_HTTP_LOC_CONF | NGX_CONF_NOARGS, set,            \
            NGX_HTTP_LOC_CONF_OFFSET, 0, NULL                                  \
    }

#define NGX_HTTP_RECO_SET(name, where, arguments, set)                         \
    {                                                                          \
        ngx_string(name), (where) | (arguments), set,                          \
            NGX_HTTP_LOC_CONF_OFFSET, 0, NULL                                  \
    }


static ngx_command_t ngx_http_reco_commands[] = {
    {
        ngx_string("reco"),
        NGX_HTTP_RECO_ANYWHERE | NGX_HTTP_LIF_CONF | NGX_CONF_FLAG,
        ngx_conf_set_flag_slot,
        NGX_HTTP_LOC_CONF_OFFSET,
        offsetof(ngx_http_reco_loc_conf_t, enable),
        NULL,
    },

    {
        ngx_string("reco_robot_rate"),
        NGX_HTTP_RECO_ANYWHERE | NGX_CONF_TAKE1,
        ngx_conf_set_num_slot,
        NGX_HTTP_LOC_CONF_OFFSET,
        offsetof(ngx_http_reco_loc_conf_t, robot_rate),
        NULL,
    },

    {
        ngx_string("reco_last_modified"),
        NGX_HTTP_RECO_ANYWHERE | NGX_CONF_FLAG,
        ngx_conf_set_flag_slot,
        NGX_HTTP_LOC_CONF_OFFSET,
        offsetof(ngx_http_reco_loc_conf_t, last_modified),
        NULL,
    },

    NGX_HTTP_RECO_VALUE("reco_item", item),
    NGX_HTTP_RECO_VALUE("reco_consent", consent),
    NGX_HTTP_RECO_VALUE("reco_nonce", nonce),
    NGX_HTTP_RECO_VALUE("reco_locale", locale),
    NGX_HTTP_RECO_SET("reco_model", NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF,
        NGX_CONF_TAKE123, ngx_http_reco_model),
    NGX_HTTP_RECO_SET("reco_zone", NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF,
        NGX_CONF_TAKE123, ngx_http_reco_zone),
    NGX_HTTP_RECO_SET("reco_slot", NGX_HTTP_RECO_ANYWHERE, NGX_CONF_1MORE,
        ngx_http_reco_slot),
    NGX_HTTP_RECO_SET("reco_rule", NGX_HTTP_RECO_ANYWHERE, NGX_CONF_2MORE,
        ngx_http_reco_rule),
    NGX_HTTP_RECO_SET("reco_experiment", NGX_HTTP_RECO_ANYWHERE, NGX_CONF_TAKE1,
        ngx_http_reco_experiment),
    NGX_HTTP_RECO_SET("reco_arm", NGX_HTTP_RECO_ANYWHERE, NGX_CONF_2MORE,
        ngx_http_reco_arm_directive),
    NGX_HTTP_RECO_SET("reco_visitor", NGX_HTTP_RECO_ANYWHERE, NGX_CONF_TAKE12,
        ngx_http_reco_visitor_directive),
    NGX_HTTP_RECO_SET("reco_cookie", NGX_HTTP_RECO_ANYWHERE, NGX_CONF_1MORE,
        ngx_http_reco_cookie),
    NGX_HTTP_RECO_SET("reco_cache_control", NGX_HTTP_RECO_ANYWHERE,
        NGX_CONF_TAKE1, ngx_http_reco_cache),
    NGX_HTTP_RECO_SET("reco_learn", NGX_HTTP_RECO_ANYWHERE, NGX_CONF_TAKE12,
        ngx_http_reco_learn),
    NGX_HTTP_RECO_SET("reco_statuses", NGX_HTTP_RECO_ANYWHERE, NGX_CONF_1MORE,
        ngx_http_reco_statuses),
    NGX_HTTP_RECO_SET("reco_beacon_origins", NGX_HTTP_RECO_ANYWHERE,
        NGX_CONF_1MORE, ngx_http_reco_origins),
    NGX_HTTP_RECO_HANDLER("reco_beacon", ngx_http_reco_beacon),
    NGX_HTTP_RECO_HANDLER("reco_api", ngx_http_reco_api),
    NGX_HTTP_RECO_SET(
        "reco_sdk", NGX_HTTP_RECO_ANYWHERE, NGX_CONF_ANY, ngx_http_reco_sdk),
    NGX_HTTP_RECO_HANDLER("reco_status", ngx_http_reco_status),
    NGX_HTTP_RECO_HANDLER("reco_honeypot", ngx_http_reco_honeypot),

    {
        ngx_string("reco_redis"),
        NGX_HTTP_MAIN_CONF | NGX_CONF_1MORE,
        ngx_http_reco_redis_directive,
        NGX_HTTP_MAIN_CONF_OFFSET,
        offsetof(ngx_http_reco_main_conf_t, redis),
        NULL,
    },

    {
        ngx_string("reco_outbox"),
        NGX_HTTP_MAIN_CONF | NGX_CONF_1MORE,
        ngx_http_reco_outbox_directive,
        NGX_HTTP_MAIN_CONF_OFFSET,
        offsetof(ngx_http_reco_main_conf_t, redis),
        NULL,
    },

    {
        ngx_string("reco_profiles"),
        NGX_HTTP_MAIN_CONF | NGX_CONF_1MORE,
        ngx_http_reco_profiles,
        NGX_HTTP_MAIN_CONF_OFFSET,
        0,
        NULL,
    },

    {
        ngx_string("reco_answers"),
        NGX_HTTP_MAIN_CONF | NGX_CONF_TAKE12,
        ngx_http_reco_answers_directive,
        NGX_HTTP_MAIN_CONF_OFFSET,
        0,
        NULL,
    },

    {
        ngx_string("reco_passages"),
        NGX_HTTP_MAIN_CONF | NGX_CONF_TAKE1,
        ngx_http_reco_passages_directive,
        NGX_HTTP_MAIN_CONF_OFFSET,
        0,
        NULL,
    },

    {
        ngx_string("reco_types"),
        NGX_HTTP_RECO_ANYWHERE | NGX_CONF_1MORE,
        ngx_http_types_slot,
        NGX_HTTP_LOC_CONF_OFFSET,
        offsetof(ngx_http_reco_loc_conf_t, types_keys),
        &ngx_http_reco_types[0],
    },

    ngx_null_command,
};


static ngx_http_module_t ngx_http_reco_module_ctx = {
    ngx_http_reco_preconfiguration,  /* preconfiguration */
    ngx_http_reco_postconfiguration, /* postconfiguration */

    ngx_http_reco_create_main_conf, /* create main configuration */
    ngx_http_reco_init_main_conf,   /* init main configuration */

    NULL, /* create server configuration */
    NULL, /* merge server configuration */

    ngx_http_reco_create_loc_conf, /* create location configuration */
    ngx_http_reco_merge_loc_conf,  /* merge location configuration */
};


ngx_module_t ngx_http_reco_module = {
    NGX_MODULE_V1,
    &ngx_http_reco_module_ctx,  /* module context */
    ngx_http_reco_commands,     /* module directives */
    NGX_HTTP_MODULE,            /* module type */
    NULL,                       /* init master */
    NULL,                       /* init module */
    ngx_http_reco_init_process, /* init process */
    NULL,                       /* init thread */
    NULL,                       /* exit thread */
    ngx_http_reco_exit_process, /* exit process */
    ngx_http_reco_exit_master,  /* exit master */
    NGX_MODULE_V1_PADDING,
};


/* -- request context ----------------------------------------------------- */

ngx_http_reco_ctx_t *
ngx_http_reco_peek_ctx(ngx_http_request_t *r)
{
    ngx_pool_cleanup_t *cln;
    ngx_http_reco_ctx_t *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_reco_module);

    if (ctx != NULL || !(r->internal || r->filter_finalize)) {
        return ctx;
    }

    for (cln = r->pool->cleanup; cln != NULL; cln = cln->next) {
        if (cln->handler == ngx_http_reco_cleanup_ctx) {
            ctx = cln->data;

            /* a subrequest shares its parent's pool */
            if (ctx->request == r) {
                ngx_http_set_ctx(r, ctx, ngx_http_reco_module);
                return ctx;
            }
        }
    }

    return NULL;
}


ngx_http_reco_ctx_t *
ngx_http_reco_get_ctx(ngx_http_request_t *r)
{
    ngx_pool_cleanup_t *cln;
    ngx_http_reco_ctx_t *ctx;

    ctx = ngx_http_reco_peek_ctx(r);
    if (ctx != NULL) {
        return ctx;
    }

    cln = ngx_pool_cleanup_add(r->pool, sizeof(ngx_http_reco_ctx_t));
    if (cln == NULL) {
        return NULL;
    }

    ctx = cln->data;
    ngx_memzero(ctx, sizeof(ngx_http_reco_ctx_t));
    ctx->request = r;

    cln->handler = ngx_http_reco_cleanup_ctx;
    ngx_http_set_ctx(r, ctx, ngx_http_reco_module);

    return ctx;
}


static void
ngx_http_reco_cleanup_ctx(void *data)
{
    ngx_http_reco_ctx_t *ctx = data;

    if (ctx->version != NULL) {
        ngx_http_reco_version_release(ctx->version);
        ctx->version = NULL;
    }
}


void *
ngx_http_reco_alloc(void *pool, size_t size)
{
    return ngx_palloc(pool, size);
}


/* -- configuration ------------------------------------------------------- */

static ngx_int_t
ngx_http_reco_preconfiguration(ngx_conf_t *cf)
{
    return ngx_http_reco_add_variables(cf);
}


static ngx_int_t
ngx_http_reco_postconfiguration(ngx_conf_t *cf)
{
    ngx_http_reco_main_conf_t *main;

    main = ngx_http_conf_get_module_main_conf(cf, ngx_http_reco_module);

    if (ngx_http_reco_references_check(cf, main) != NGX_OK
        || ngx_http_reco_stats_init(cf, main) != NGX_OK
        || ngx_http_reco_learn_init(cf, main) != NGX_OK
        || ngx_http_reco_profiles_init(cf, main) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_http_reco_filter_init(cf);
}


/* -- processes ----------------------------------------------------------- */

/* NULL where the configuration has no http block. */
static ngx_http_reco_main_conf_t *
ngx_http_reco_cycle_conf(ngx_cycle_t *cycle)
{
    if (ngx_get_conf(cycle->conf_ctx, ngx_http_module) == NULL
        || (ngx_process != NGX_PROCESS_WORKER
            && ngx_process != NGX_PROCESS_SINGLE))
    {
        return NULL;
    }

    return ngx_http_cycle_get_module_main_conf(cycle, ngx_http_reco_module);
}


static ngx_int_t
ngx_http_reco_init_process(ngx_cycle_t *cycle)
{
    ngx_http_reco_main_conf_t *main;

    main = ngx_http_reco_cycle_conf(cycle);

    if (main == NULL) {
        return NGX_OK;
    }

    ngx_http_reco_stats_init_process(main);

    if (ngx_http_reco_block_init_process(cycle) != NGX_OK
        || ngx_http_reco_answers_init_process(cycle, main) != NGX_OK
        || ngx_http_reco_passages_init_process(cycle, main) != NGX_OK
        || ngx_http_reco_redis_init_process(cycle, main->redis) != NGX_OK
        || ngx_http_reco_profiles_init_process(cycle, main->profiles) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_http_reco_model_init_process(cycle, main);
}


static void
ngx_http_reco_exit_process(ngx_cycle_t *cycle)
{
    ngx_http_reco_main_conf_t *main;

    main = ngx_http_reco_cycle_conf(cycle);

    if (main == NULL) {
        return;
    }

    ngx_http_reco_profiles_exit_process(main->profiles);
    ngx_http_reco_redis_exit_process(main->redis);
    ngx_http_reco_model_exit_process(cycle, main);
    ngx_http_reco_answers_exit_process();
    ngx_http_reco_block_exit_process(cycle);
}


static void
ngx_http_reco_exit_master(ngx_cycle_t *cycle)
{
    if (ngx_get_conf(cycle->conf_ctx, ngx_http_module) != NULL) {
        ngx_http_reco_zone_exit_master(
            ngx_http_cycle_get_module_main_conf(cycle, ngx_http_reco_module));
    }
}
