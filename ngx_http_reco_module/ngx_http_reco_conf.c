#include "ngx_http_reco_answers.h"
#include "ngx_http_reco_module.h"
#include "ngx_http_reco_reference.h"


#define NGX_HTTP_RECO_MODEL_STALE 3600 /* s */
#define NGX_HTTP_RECO_MODEL_CHECK 500  /* ms */


ngx_str_t ngx_http_reco_types[] = {
    ngx_string("text/html"),
    ngx_string("application/xhtml+xml"),
    ngx_null_string,
};


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


void *
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
        || ngx_array_init(&main->references, cf->pool, 4, sizeof(void *))
               != NGX_OK
        || ngx_array_init(&main->zones, cf->pool, 1, sizeof(void *)) != NGX_OK)
    {
        return NULL;
    }

    main->redis = ngx_http_reco_redis_create_conf(cf);
    if (main->redis == NULL) {
        return NULL;
    }

    main->answers = NGX_CONF_UNSET_UINT;
    main->blocks_size = NGX_CONF_UNSET_SIZE;
    main->passages_size = NGX_CONF_UNSET_SIZE;
    ngx_http_reco_find_gunzip(cf, main);

    return main;
}


char *
ngx_http_reco_init_main_conf(ngx_conf_t *cf, void *conf)
{
    ngx_http_reco_main_conf_t *main = conf;

    ngx_http_reco_answers_init_conf(main);
    ngx_http_reco_passages_init_conf(main);

    main->robots = ngx_http_reco_robot_zone(cf);
    if (main->robots == NULL
        || ngx_http_reco_profiles_init_conf(cf, main->profiles) != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    return ngx_http_reco_redis_init_conf(cf, main->redis);
}


void *
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
     *     conf->item, visitor, visitor_secret, consent, nonce, locale = NULL;
     *     conf->visitor_answered, consent_answered = 0;
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


/* Those for which there is no macro of nginx's. */
static void
ngx_http_reco_merge_strings(
    ngx_http_reco_loc_conf_t *conf, ngx_http_reco_loc_conf_t *prev)
{
    if (conf->experiment.data == NULL) {
        conf->experiment = prev->experiment;
    }

    if (conf->item == NULL) {
        conf->item = prev->item;
    }

    if (conf->visitor == NULL) {
        conf->visitor = prev->visitor;
        conf->visitor_secret = prev->visitor_secret;
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
}


char *
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

    ngx_http_reco_merge_strings(conf, prev);

    conf->visitor_answered = ngx_http_reco_visitor_answered(conf->visitor);
    conf->consent_answered = ngx_http_reco_visitor_answered(conf->consent);

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

    ngx_http_reco_references_hold(cf, conf, conf->rules);
    ngx_http_reco_references_hold(cf, conf, conf->arms);

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


/* -- directives ---------------------------------------------------------- */

/* reco_model PATH [stale=TIME] [check=TIME] */
char *
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
char *
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
char *
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
char *
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
