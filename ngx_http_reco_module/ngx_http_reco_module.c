#include "ngx_http_reco_module.h"


#define NGX_HTTP_RECO_MODEL_STALE 3600 /* s */
#define NGX_HTTP_RECO_MODEL_CHECK 500  /* ms */


static ngx_int_t ngx_http_reco_preconfiguration(ngx_conf_t *cf);
static ngx_int_t ngx_http_reco_postconfiguration(ngx_conf_t *cf);
static void *ngx_http_reco_create_main_conf(ngx_conf_t *cf);
static char *ngx_http_reco_init_main_conf(ngx_conf_t *cf, void *conf);
static void *ngx_http_reco_create_loc_conf(ngx_conf_t *cf);
static char *ngx_http_reco_merge_loc_conf(
    ngx_conf_t *cf, void *parent, void *child);
static char *ngx_http_reco_model(
    ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
static char *ngx_http_reco_cache(
    ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
static char *ngx_http_reco_statuses(
    ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
static char *ngx_http_reco_origins(
    ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
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


static ngx_str_t ngx_http_reco_types[] = {
    ngx_string("text/html"),
    ngx_string("application/xhtml+xml"),
    ngx_null_string,
};


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
    NGX_HTTP_RECO_VALUE("reco_visitor", visitor),
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
        NGX_HTTP_MAIN_CONF | NGX_CONF_TAKE1,
        ngx_http_reco_answers_directive,
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


/* nginx's gunzip filter, found by name: it may not be built in. */
static void
ngx_http_reco_find_gunzip(ngx_conf_t *cf, ngx_http_reco_main_conf_t *main)
{
    ngx_uint_t i;
    ngx_command_t *cmd;
    ngx_module_t **modules;

    modules = cf->cycle->modules;

    for (i = 0; modules[i] != NULL; i++) {
        if (ngx_strcmp(modules[i]->name, "ngx_http_gunzip_filter_module") != 0)
        {
            continue;
        }

        for (cmd = modules[i]->commands; cmd->name.len > 0; cmd++) {
            if (ngx_strcmp(cmd->name.data, "gunzip") == 0) {
                main->gunzip = modules[i];
                main->gunzip_enable = cmd->offset;
            }
        }
    }
}


static void *
ngx_http_reco_create_main_conf(ngx_conf_t *cf)
{
    ngx_http_reco_main_conf_t *main;

    main = ngx_pcalloc(cf->pool, sizeof(ngx_http_reco_main_conf_t));
    if (main == NULL) {
        return NULL;
    }

    if (ngx_array_init(&main->models, cf->pool, 1, sizeof(void *)) != NGX_OK
        || ngx_array_init(&main->templates, cf->pool, 4, sizeof(void *))
               != NGX_OK
        || ngx_array_init(&main->slots, cf->pool, 4, sizeof(void *)) != NGX_OK
        || ngx_array_init(&main->zones, cf->pool, 1, sizeof(void *)) != NGX_OK)
    {
        return NULL;
    }

    main->redis = ngx_http_reco_redis_create_conf(cf);
    if (main->redis == NULL) {
        return NULL;
    }

    main->answers = NGX_CONF_UNSET_UINT;
    ngx_http_reco_find_gunzip(cf, main);

    return main;
}


static char *
ngx_http_reco_init_main_conf(ngx_conf_t *cf, void *conf)
{
    ngx_http_reco_main_conf_t *main = conf;

    ngx_http_reco_answers_init_conf(main);

    main->robots = ngx_http_reco_robot_zone(cf);
    if (main->robots == NULL
        || ngx_http_reco_profiles_init_conf(cf, main->profiles) != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    return ngx_http_reco_redis_init_conf(cf, main->redis);
}


static void *
ngx_http_reco_create_loc_conf(ngx_conf_t *cf)
{
    ngx_http_reco_loc_conf_t *conf;

    conf = ngx_pcalloc(cf->pool, sizeof(ngx_http_reco_loc_conf_t));
    if (conf == NULL) {
        return NULL;
    }

    /*
     * set by ngx_pcalloc():
     *
     *     conf->plan = NULL;
     *     conf->item, visitor, consent, nonce, locale = NULL;
     *     conf->cache_control = NULL;
     *     conf->experiment = { 0, NULL };
     *     conf->types = { NULL };
     *     conf->types_keys = NULL;
     */

    conf->enable = NGX_CONF_UNSET;
    conf->learn = NGX_CONF_UNSET;
    conf->robot_rate = NGX_CONF_UNSET;
    conf->last_modified = NGX_CONF_UNSET;
    conf->cache_control_off = NGX_CONF_UNSET_UINT;
    conf->model = NGX_CONF_UNSET_PTR;
    conf->zone = NGX_CONF_UNSET_PTR;
    conf->cookie = NGX_CONF_UNSET_PTR;
    conf->sdk = NGX_CONF_UNSET_PTR;
    conf->slots = NGX_CONF_UNSET_PTR;
    conf->statuses = NGX_CONF_UNSET_PTR;
    conf->origins = NGX_CONF_UNSET_PTR;
    conf->rules = NGX_CONF_UNSET_PTR;
    conf->arms = NGX_CONF_UNSET_PTR;

    return conf;
}


static char *
ngx_http_reco_merge_loc_conf(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_http_reco_loc_conf_t *prev = parent;
    ngx_http_reco_loc_conf_t *conf = child;

    ngx_http_reco_main_conf_t *main;

    ngx_conf_merge_value(conf->enable, prev->enable, 0);
    if (conf->learn == NGX_CONF_UNSET) {
        conf->learn_every = prev->learn_every;
    }

    ngx_conf_merge_value(conf->learn, prev->learn, 0);

    if (conf->learn) {
        main = ngx_http_conf_get_module_main_conf(cf, ngx_http_reco_module);
        main->learning = 1;
    }

    ngx_conf_merge_value(conf->last_modified, prev->last_modified, 0);
    ngx_conf_merge_value(conf->robot_rate, prev->robot_rate, 600);
    ngx_conf_merge_ptr_value(conf->model, prev->model, NULL);
    ngx_conf_merge_ptr_value(conf->zone, prev->zone, NULL);
    ngx_conf_merge_ptr_value(conf->statuses, prev->statuses, NULL);
    ngx_conf_merge_ptr_value(conf->origins, prev->origins, NULL);
    ngx_conf_merge_ptr_value(conf->rules, prev->rules, NULL);
    ngx_conf_merge_ptr_value(conf->arms, prev->arms, NULL);

    if (conf->experiment.data == NULL) {
        conf->experiment = prev->experiment;
    }

    if (conf->item == NULL) {
        conf->item = prev->item;
    }

    if (conf->visitor == NULL) {
        conf->visitor = prev->visitor;
    }

    if (conf->consent == NULL) {
        conf->consent = prev->consent;
    }

    if (conf->nonce == NULL) {
        conf->nonce = prev->nonce;
    }

    if (conf->locale == NULL) {
        conf->locale = prev->locale;
    }

    if (conf->cache_control_off == NGX_CONF_UNSET_UINT) {
        conf->cache_control = prev->cache_control;
    }

    ngx_conf_merge_uint_value(
        conf->cache_control_off, prev->cache_control_off, 0);

    /* the plan goes with the slots that it was made of */

    if (conf->slots == NGX_CONF_UNSET_PTR) {
        conf->plan = prev->plan;
    }

    ngx_conf_merge_ptr_value(conf->slots, prev->slots, NULL);
    ngx_conf_merge_ptr_value(conf->sdk, prev->sdk, NULL);

    if (ngx_http_reco_sdk_place(cf, conf) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    if (conf->cookie == NGX_CONF_UNSET_PTR) {
        if (prev->cookie == NGX_CONF_UNSET_PTR) {
            prev->cookie = ngx_http_reco_cookie_default(cf);
        }

        conf->cookie = prev->cookie;
        if (conf->cookie == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    if (ngx_http_merge_types(cf, &conf->types_keys, &conf->types,
            &prev->types_keys, &prev->types, ngx_http_reco_types)
        != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_reco_postconfiguration(ngx_conf_t *cf)
{
    ngx_http_reco_main_conf_t *main;

    main = ngx_http_conf_get_module_main_conf(cf, ngx_http_reco_module);

    if (ngx_http_reco_stats_init(cf, main) != NGX_OK
        || ngx_http_reco_learn_init(cf, main) != NGX_OK
        || ngx_http_reco_profiles_init(cf, main) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_http_reco_filter_init(cf);
}


/* -- directives ---------------------------------------------------------- */

/* reco_model PATH [stale=TIME] [check=TIME] */
static char *
ngx_http_reco_model(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_reco_loc_conf_t *lcf = conf;

    time_t stale;
    ngx_int_t check;
    ngx_str_t *value, path, s;
    ngx_uint_t i;
    ngx_http_reco_main_conf_t *main;

    if (lcf->model != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    value = cf->args->elts;
    path = value[1];
    stale = NGX_HTTP_RECO_MODEL_STALE;
    check = NGX_HTTP_RECO_MODEL_CHECK;

    for (i = 2; i < cf->args->nelts; i++) {
        s.data = value[i].data + sizeof("stale=") - 1;
        s.len = value[i].len - (sizeof("stale=") - 1);

        if (ngx_strncmp(value[i].data, "stale=", 6) == 0) {
            stale = ngx_parse_time(&s, 1);
            if (stale != (time_t) NGX_ERROR) {
                continue;
            }

        } else if (ngx_strncmp(value[i].data, "check=", 6) == 0) {
            check = ngx_parse_time(&s, 0);
            if (check > 0) {
                continue;
            }
        }

        ngx_conf_log_error(
            NGX_LOG_EMERG, cf, 0, "invalid parameter \"%V\"", &value[i]);
        return NGX_CONF_ERROR;
    }

    if (ngx_conf_full_name(cf->cycle, &path, 0) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    while (path.len > 1 && path.data[path.len - 1] == '/') {
        path.len--;
    }

    main = ngx_http_conf_get_module_main_conf(cf, ngx_http_reco_module);

    lcf->model = ngx_http_reco_model_add(cf, main, &path, stale, check);

    return lcf->model != NULL ? NGX_CONF_OK : NGX_CONF_ERROR;
}


/* reco_cache_control off | VALUE */
static char *
ngx_http_reco_cache(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_reco_loc_conf_t *lcf = conf;

    ngx_str_t *value;
    ngx_command_t slot;

    if (lcf->cache_control_off != NGX_CONF_UNSET_UINT) {
        return "is duplicate";
    }

    value = cf->args->elts;
    lcf->cache_control_off = ngx_strcmp(value[1].data, "off") == 0;

    if (lcf->cache_control_off) {
        return NGX_CONF_OK;
    }

    ngx_memzero(&slot, sizeof(slot));
    slot.offset = offsetof(ngx_http_reco_loc_conf_t, cache_control);

    return ngx_http_set_complex_value_slot(cf, &slot, conf);
}


/* reco_statuses CODE ... */
static char *
ngx_http_reco_statuses(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_reco_loc_conf_t *lcf = conf;

    ngx_int_t n;
    ngx_str_t *value;
    ngx_uint_t i, *status;

    if (lcf->statuses != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    lcf->statuses =
        ngx_array_create(cf->pool, cf->args->nelts, sizeof(ngx_uint_t));
    if (lcf->statuses == NULL) {
        return NGX_CONF_ERROR;
    }

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {
        n = ngx_atoi(value[i].data, value[i].len);

        if (n < 200 || n > 599 || n == NGX_HTTP_NO_CONTENT
            || n == NGX_HTTP_PARTIAL_CONTENT || n == NGX_HTTP_NOT_MODIFIED)
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                "invalid status \"%V\", it must be one whose answers are pages",
                &value[i]);
            return NGX_CONF_ERROR;
        }

        status = ngx_array_push(lcf->statuses);
        if (status == NULL) {
            return NGX_CONF_ERROR;
        }

        *status = n;
    }

    return NGX_CONF_OK;
}


/* reco_beacon_origins ORIGIN ... */
static char *
ngx_http_reco_origins(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_reco_loc_conf_t *lcf = conf;

    ngx_str_t *value, *origin;
    ngx_uint_t i;

    if (lcf->origins != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    lcf->origins =
        ngx_array_create(cf->pool, cf->args->nelts, sizeof(ngx_str_t));
    if (lcf->origins == NULL) {
        return NGX_CONF_ERROR;
    }

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {
        if (ngx_strstr(value[i].data, "://") == NULL
            || value[i].data[value[i].len - 1] == '/')
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                "invalid origin \"%V\", it must be like https://example.com",
                &value[i]);
            return NGX_CONF_ERROR;
        }

        origin = ngx_array_push(lcf->origins);
        if (origin == NULL) {
            return NGX_CONF_ERROR;
        }

        *origin = value[i];
    }

    return NGX_CONF_OK;
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
        || ngx_http_reco_answers_init_process(cycle, main->answers) != NGX_OK
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
