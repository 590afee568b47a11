#include "ngx_http_reco_module.h"


/*
 * Under the location's address:
 *
 *   recommendations?slot=NAME[&item=ID][&n=N][&format=json|html]
 *       a slot's block as JSON, or as HTML for a script to put in
 *   forget (POST)
 *       removes the visitor's session and the cookie
 */

#define NGX_HTTP_RECO_API_METHODS "GET, HEAD, OPTIONS"
#define NGX_HTTP_RECO_API_CACHE   "private, no-store"


static ngx_int_t ngx_http_reco_api_handler(ngx_http_request_t *r);
static ngx_int_t ngx_http_reco_api_recommend(ngx_http_request_t *r);
static ngx_int_t ngx_http_reco_api_forget(ngx_http_request_t *r);


static ngx_str_t ngx_http_reco_json_type = ngx_string("application/json");
static ngx_str_t ngx_http_reco_html_type =
    ngx_string("text/html; charset=utf-8");


char *
ngx_http_reco_api(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_reco_loc_conf_t *lcf = conf;

    ngx_http_core_loc_conf_t *clcf;

    lcf->api = 1;
    lcf->any_slot = 1;
    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    clcf->handler = ngx_http_reco_api_handler;

    return NGX_CONF_OK;
}


/* True where the address ends so. */
static ngx_uint_t
ngx_http_reco_api_named(ngx_http_request_t *r, const char *name)
{
    size_t len;

    len = ngx_strlen(name);

    return r->uri.len > len && r->uri.data[r->uri.len - len - 1] == '/'
           && ngx_strncmp(r->uri.data + r->uri.len - len, name, len) == 0;
}


static ngx_int_t
ngx_http_reco_api_handler(ngx_http_request_t *r)
{
    ngx_int_t rc;

    if (ngx_http_discard_request_body(r) != NGX_OK) {
        return NGX_HTTP_BAD_REQUEST;
    }

    if (ngx_http_reco_header(r, "Cache-Control", NGX_HTTP_RECO_API_CACHE,
            sizeof(NGX_HTTP_RECO_API_CACHE) - 1)
        != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rc = ngx_http_reco_cors(r, NGX_HTTP_RECO_API_METHODS);

    if (rc == NGX_ERROR) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (rc == NGX_DECLINED) {
        return ngx_http_reco_refuse(
            r, NGX_HTTP_FORBIDDEN, "origin not allowed");
    }

    if (r->method == NGX_HTTP_OPTIONS) {
        return ngx_http_reco_send_empty(r, NGX_HTTP_NO_CONTENT);
    }

    if (ngx_http_reco_api_named(r, "forget")) {
        return ngx_http_reco_api_forget(r);
    }

    if (!ngx_http_reco_api_named(r, "recommendations")) {
        return ngx_http_reco_refuse(r, NGX_HTTP_NOT_FOUND, "no such resource");
    }

    if (r->method != NGX_HTTP_GET && r->method != NGX_HTTP_HEAD) {
        return ngx_http_reco_not_allowed(r, NGX_HTTP_RECO_API_METHODS);
    }

    return ngx_http_reco_api_recommend(r);
}


/* -- recommendations ----------------------------------------------------- */

/* An argument, decoded.  NGX_DECLINED: absent or empty. */
static ngx_int_t
ngx_http_reco_api_argument(
    ngx_http_request_t *r, const char *name, ngx_str_t *value)
{
    u_char *src, *dst;
    size_t i;
    ngx_str_t raw;

    if (ngx_http_arg(r, (u_char *) name, ngx_strlen(name), &raw) != NGX_OK
        || raw.len == 0)
    {
        return NGX_DECLINED;
    }

    src = ngx_pnalloc(r->pool, raw.len);
    if (src == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < raw.len; i++) {
        src[i] = raw.data[i] == '+' ? ' ' : raw.data[i];
    }

    /* decoding never makes text longer, so it may write where it reads */
    dst = src;
    value->data = src;

    ngx_unescape_uri(&dst, &src, raw.len, 0);

    value->len = dst - value->data;

    return NGX_OK;
}


/* The location's own slot of a name, or else any one of the configuration. */
static ngx_http_reco_slot_t *
ngx_http_reco_api_slot(ngx_http_request_t *r, ngx_str_t *name)
{
    ngx_uint_t i, k;
    ngx_array_t *arrays[2];
    ngx_http_reco_slot_t **slots;
    ngx_http_reco_loc_conf_t *lcf;
    ngx_http_reco_main_conf_t *main;

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_reco_module);
    main = ngx_http_get_module_main_conf(r, ngx_http_reco_module);

    arrays[0] = lcf->slots;
    arrays[1] = &main->slots;

    for (i = 0; i < 2; i++) {
        if (arrays[i] == NULL) {
            continue;
        }

        slots = arrays[i]->elts;

        for (k = 0; k < arrays[i]->nelts; k++) {
            if (slots[k]->name.len == name->len
                && ngx_strncmp(slots[k]->name.data, name->data, name->len) == 0)
            {
                return slots[k];
            }
        }
    }

    return NULL;
}


static ngx_uint_t
ngx_http_reco_api_wants_html(ngx_http_request_t *r)
{
    ngx_str_t value, *accept;

    if (ngx_http_arg(r, (u_char *) "format", 6, &value) == NGX_OK) {
        return value.len == 4 && ngx_strncmp(value.data, "html", 4) == 0;
    }

    accept = ngx_http_reco_header_in(r, "Accept");

    return accept != NULL && accept->len >= sizeof("text/html") - 1
           && ngx_strncasecmp(
                  accept->data, (u_char *) "text/html", sizeof("text/html") - 1)
                  == 0;
}


static ngx_int_t
ngx_http_reco_api_item(ngx_http_request_t *r, ngx_http_reco_ctx_t *ctx)
{
    ngx_int_t rc;
    ngx_str_t item;

    rc = ngx_http_reco_api_argument(r, "item", &item);

    if (rc == NGX_OK) {
        ngx_http_reco_item_set(ctx, &item);
    }

    ctx->item_known = 1;

    return rc == NGX_ERROR ? NGX_ERROR : NGX_OK;
}


static ngx_int_t
ngx_http_reco_api_empty(
    ngx_http_request_t *r, ngx_http_reco_slot_t *slot, ngx_uint_t html)
{
    ngx_str_t body;

    if (html) {
        return ngx_http_reco_send_empty(r, NGX_HTTP_NO_CONTENT);
    }

    body.data = ngx_pnalloc(
        r->pool, slot->name.len + sizeof("{\"slot\":\"\",\"items\":[]}\n"));
    if (body.data == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    body.len =
        ngx_sprintf(body.data, "{\"slot\":\"%V\",\"items\":[]}\n", &slot->name)
        - body.data;

    return ngx_http_reco_send(r, NGX_HTTP_OK, &ngx_http_reco_json_type, &body);
}


static ngx_int_t
ngx_http_reco_api_recommend(ngx_http_request_t *r)
{
    ngx_int_t rc, n;
    ngx_str_t name, value, body;
    ngx_uint_t html;
    ngx_http_reco_ctx_t *ctx;
    ngx_http_reco_slot_t *slot, own;

    slot = NULL;
    rc = ngx_http_reco_api_argument(r, "slot", &name);

    if (rc == NGX_OK) {
        slot = ngx_http_reco_api_slot(r, &name);
    }

    if (slot == NULL) {
        return ngx_http_reco_refuse(
            r, NGX_HTTP_NOT_FOUND, "the slot is not in the configuration");
    }

    own = *slot;

    if (ngx_http_arg(r, (u_char *) "n", 1, &value) == NGX_OK) {
        n = ngx_atoi(value.data, value.len);
        if (n < 1 || n > RECO_ENGINE_RESULT_MAX) {
            return ngx_http_reco_refuse(
                r, NGX_HTTP_BAD_REQUEST, "n must be 1 to 100");
        }

        own.n = n;
    }

    ctx = ngx_http_reco_get_ctx(r);
    if (ctx == NULL || ngx_http_reco_api_item(r, ctx) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_http_reco_count(NGX_HTTP_RECO_API, 1);
    html = ngx_http_reco_api_wants_html(r);

    rc = html ? ngx_http_reco_block(r, ctx, &own, 0, &body)
              : ngx_http_reco_block_json(r, ctx, &own, &body);

    if (rc == NGX_ERROR) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (rc == NGX_DECLINED) {
        return ngx_http_reco_api_empty(r, &own, html);
    }

    return ngx_http_reco_send(r, NGX_HTTP_OK,
        html ? &ngx_http_reco_html_type : &ngx_http_reco_json_type, &body);
}


/* -- forget -------------------------------------------------------------- */

static ngx_int_t
ngx_http_reco_api_forget(ngx_http_request_t *r)
{
    ngx_http_reco_ctx_t *ctx;
    ngx_http_reco_loc_conf_t *lcf;

    if (r->method != NGX_HTTP_POST) {
        return ngx_http_reco_not_allowed(r, "POST, OPTIONS");
    }

    if (ngx_http_reco_cross_site(r)) {
        return ngx_http_reco_refuse(
            r, NGX_HTTP_FORBIDDEN, "origin not allowed");
    }

    ctx = ngx_http_reco_get_ctx(r);
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_reco_module);

    /* who has taken back their consent may be forgotten all the same */

    ctx->consent_known = 1;
    ctx->consent = 1;

    if (ngx_http_reco_visitor(r, ctx) == NGX_OK && !ctx->visitor_new
        && lcf->zone != NULL)
    {
        ngx_http_reco_zone_forget(lcf->zone, &ctx->id);
        ngx_http_reco_profile_forget(r, &ctx->id);
    }

    if (ngx_http_reco_visitor_expire(r) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_reco_send_empty(r, NGX_HTTP_NO_CONTENT);
}
