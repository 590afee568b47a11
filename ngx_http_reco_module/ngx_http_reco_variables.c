#include "ngx_http_reco_module.h"


typedef ngx_int_t (*ngx_http_reco_variable_pt)(
    ngx_http_request_t *r, ngx_http_reco_ctx_t *ctx, ngx_str_t *value);


static ngx_int_t
ngx_http_reco_variable_set(ngx_http_variable_value_t *v, ngx_str_t *value)
{
    v->len = value->len;
    v->data = value->data;
    v->valid = 1;
    v->no_cacheable = 1;
    v->not_found = 0;

    return NGX_OK;
}


static ngx_int_t
ngx_http_reco_variable_number(
    ngx_http_request_t *r, ngx_uint_t number, ngx_str_t *value)
{
    value->data = ngx_pnalloc(r->pool, NGX_INT_T_LEN);
    if (value->data == NULL) {
        return NGX_ERROR;
    }

    value->len = ngx_sprintf(value->data, "%ui", number) - value->data;

    return NGX_OK;
}


/* -- each one ------------------------------------------------------------ */

static ngx_int_t
ngx_http_reco_variable_visitor(
    ngx_http_request_t *r, ngx_http_reco_ctx_t *ctx, ngx_str_t *value)
{
    if (ngx_http_reco_visitor(r, ctx) != NGX_OK) {
        return NGX_DECLINED;
    }

    value->data = ctx->hex;
    value->len = sizeof(ctx->hex);

    return NGX_OK;
}


static ngx_int_t
ngx_http_reco_variable_item(
    ngx_http_request_t *r, ngx_http_reco_ctx_t *ctx, ngx_str_t *value)
{
    if (ngx_http_reco_item(r, ctx) != NGX_OK) {
        return NGX_ERROR;
    }

    *value = ctx->item;

    return value->len > 0 ? NGX_OK : NGX_DECLINED;
}


static ngx_int_t
ngx_http_reco_variable_model(
    ngx_http_request_t *r, ngx_http_reco_ctx_t *ctx, ngx_str_t *value)
{
    ngx_http_reco_loc_conf_t *lcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_reco_module);

    if (ctx->version == NULL) {
        ctx->version = ngx_http_reco_version_acquire(lcf->model);
    }

    if (ctx->version == NULL) {
        return NGX_DECLINED;
    }

    *value = ctx->version->id;

    return NGX_OK;
}


static ngx_int_t
ngx_http_reco_variable_arm(
    ngx_http_request_t *r, ngx_http_reco_ctx_t *ctx, ngx_str_t *value)
{
    if (ngx_http_reco_arm(r, ctx) == NULL) {
        return NGX_DECLINED;
    }

    *value = *ngx_http_reco_arm_label(ctx->arm);

    return NGX_OK;
}


static ngx_int_t
ngx_http_reco_variable_strategy(
    ngx_http_request_t *r, ngx_http_reco_ctx_t *ctx, ngx_str_t *value)
{
    if (ctx->strategy == NULL) {
        return NGX_DECLINED;
    }

    value->data = (u_char *) ctx->strategy;
    value->len = ngx_strlen(ctx->strategy);

    return NGX_OK;
}


static ngx_int_t
ngx_http_reco_variable_rendering(
    ngx_http_request_t *r, ngx_http_reco_ctx_t *ctx, ngx_str_t *value)
{
    if (ctx->rendering[0] == '\0') {
        return NGX_DECLINED;
    }

    value->data = ctx->rendering;
    value->len = sizeof(ctx->rendering);

    return NGX_OK;
}


static ngx_int_t
ngx_http_reco_variable_count(
    ngx_http_request_t *r, ngx_http_reco_ctx_t *ctx, ngx_str_t *value)
{
    return ngx_http_reco_variable_number(r, ctx->count, value);
}


static ngx_int_t
ngx_http_reco_variable_time(
    ngx_http_request_t *r, ngx_http_reco_ctx_t *ctx, ngx_str_t *value)
{
    return ngx_http_reco_variable_number(r, ctx->time_us, value);
}


/* Calls one of those above, whose address is data. */
static ngx_int_t
ngx_http_reco_variable_get(
    ngx_http_request_t *r, ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_int_t rc;
    ngx_str_t value;
    ngx_http_reco_ctx_t *ctx;
    ngx_http_reco_variable_pt get;

    ctx = ngx_http_reco_get_ctx(r->main);
    if (ctx == NULL) {
        return NGX_ERROR;
    }

    get = (ngx_http_reco_variable_pt) data;
    rc = get(r->main, ctx, &value);

    if (rc == NGX_ERROR) {
        return NGX_ERROR;
    }

    if (rc == NGX_DECLINED) {
        v->not_found = 1;
        return NGX_OK;
    }

    return ngx_http_reco_variable_set(v, &value);
}


ngx_uint_t
ngx_http_reco_plain(const ngx_str_t *value)
{
    size_t i;

    for (i = 0; i < value->len; i++) {
        if (reco_control(ngx_http_reco_str(*value), i) != 0) {
            return 0;
        }
    }

    return 1;
}


/* $reco_path_segment_N: the path's Nth part between slashes, from 1. */
static ngx_int_t
ngx_http_reco_variable_segment(
    ngx_http_request_t *r, ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_str_t *name = (ngx_str_t *) data;

    u_char *p, *last, *end;
    ngx_int_t n;
    ngx_str_t value;

    n = ngx_atoi(name->data + sizeof("reco_path_segment_") - 1,
        name->len - (sizeof("reco_path_segment_") - 1));

    p = r->uri.data;
    last = p + r->uri.len;

    while (n > 0 && p < last) {
        /* p is at a slash */
        end = ngx_strlchr(p + 1, last, '/');
        if (end == NULL) {
            end = last;
        }

        if (--n == 0 && end > p + 1) {
            value.data = p + 1;
            value.len = end - (p + 1);
            if (!ngx_http_reco_plain(&value)) {
                break;
            }

            return ngx_http_reco_variable_set(v, &value);
        }

        p = end;
    }

    v->not_found = 1;

    return NGX_OK;
}


static const struct {
    ngx_str_t name;
    ngx_http_reco_variable_pt get;
} ngx_http_reco_variables[] = {
    {ngx_string("reco_visitor"), ngx_http_reco_variable_visitor},
    {ngx_string("reco_item"), ngx_http_reco_variable_item},
    {ngx_string("reco_model"), ngx_http_reco_variable_model},
    {ngx_string("reco_arm"), ngx_http_reco_variable_arm},
    {ngx_string("reco_strategy"), ngx_http_reco_variable_strategy},
    {ngx_string("reco_request"), ngx_http_reco_variable_rendering},
    {ngx_string("reco_count"), ngx_http_reco_variable_count},
    {ngx_string("reco_time_us"), ngx_http_reco_variable_time},
};


ngx_int_t
ngx_http_reco_add_variables(ngx_conf_t *cf)
{
    ngx_str_t name;
    ngx_uint_t i;
    ngx_http_variable_t *var;

    for (i = 0; i < sizeof(ngx_http_reco_variables)
                        / sizeof(ngx_http_reco_variables[0]);
         i++)
    {
        name = ngx_http_reco_variables[i].name;

        var = ngx_http_add_variable(cf, &name, NGX_HTTP_VAR_NOCACHEABLE);
        if (var == NULL) {
            return NGX_ERROR;
        }

        var->get_handler = ngx_http_reco_variable_get;
        var->data = (uintptr_t) ngx_http_reco_variables[i].get;
    }

    ngx_str_set(&name, "reco_path_segment_");

    var = ngx_http_add_variable(
        cf, &name, NGX_HTTP_VAR_NOCACHEABLE | NGX_HTTP_VAR_PREFIX);
    if (var == NULL) {
        return NGX_ERROR;
    }

    var->get_handler = ngx_http_reco_variable_segment;

    return NGX_OK;
}
