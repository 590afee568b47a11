#include "ngx_http_reco_module.h"


static ngx_str_t ngx_http_reco_json_type = ngx_string("application/json");

/* What a status of the library means to a client. */
static const ngx_uint_t ngx_http_reco_answers[RECO_STATUS_COUNT] = {
    [RECO_OK] = NGX_HTTP_OK,
    [RECO_AGAIN] = NGX_HTTP_SERVICE_UNAVAILABLE,
    [RECO_DECLINED] = NGX_HTTP_NOT_FOUND,
    [RECO_INVALID] = NGX_HTTP_BAD_REQUEST,
    [RECO_TOO_LARGE] = NGX_HTTP_REQUEST_ENTITY_TOO_LARGE,
    [RECO_FULL] = NGX_HTTP_SERVICE_UNAVAILABLE,
    [RECO_NOMEM] = NGX_HTTP_SERVICE_UNAVAILABLE,
    [RECO_IO] = NGX_HTTP_SERVICE_UNAVAILABLE,
    [RECO_CORRUPT] = NGX_HTTP_INTERNAL_SERVER_ERROR,
    [RECO_UNSUPPORTED] = NGX_HTTP_BAD_REQUEST,
    [RECO_BUSY] = NGX_HTTP_SERVICE_UNAVAILABLE,
};


ngx_uint_t
ngx_http_reco_answer(reco_status_t status)
{
    return ngx_http_reco_answers[status];
}


ngx_int_t
ngx_http_reco_header(
    ngx_http_request_t *r, const char *name, const char *value, size_t len)
{
    ngx_table_elt_t *h;

    h = ngx_list_push(&r->headers_out.headers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(h, sizeof(ngx_table_elt_t));
    h->hash = 1;
    h->key.data = (u_char *) name;
    h->key.len = ngx_strlen(name);
    h->value.data = (u_char *) value;
    h->value.len = len;

    return NGX_OK;
}


ngx_str_t *
ngx_http_reco_header_in(ngx_http_request_t *r, const char *name)
{
    size_t len;
    ngx_uint_t i;
    ngx_list_part_t *part;
    ngx_table_elt_t *h;

    len = ngx_strlen(name);

    for (part = &r->headers_in.headers.part; part != NULL; part = part->next) {
        h = part->elts;

        for (i = 0; i < part->nelts; i++) {
            if (h[i].key.len == len
                && ngx_strncasecmp(h[i].key.data, (u_char *) name, len) == 0)
            {
                return &h[i].value;
            }
        }
    }

    return NULL;
}


ngx_int_t
ngx_http_reco_send(
    ngx_http_request_t *r, ngx_uint_t status, ngx_str_t *type, ngx_str_t *body)
{
    ngx_int_t rc;
    ngx_buf_t *b;
    ngx_chain_t out;

    r->headers_out.status = status;
    r->headers_out.content_length_n = body->len;

    if (body->len > 0) {
        r->headers_out.content_type = *type;
        r->headers_out.content_type_len = type->len;
        r->headers_out.content_type_lowcase = NULL;

    } else {
        r->header_only = 1;
    }

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    b = ngx_calloc_buf(r->pool);
    if (b == NULL) {
        return NGX_ERROR;
    }

    b->pos = body->data;
    b->last = body->data + body->len;
    b->memory = 1;
    b->last_buf = (r == r->main);
    b->last_in_chain = 1;

    out.buf = b;
    out.next = NULL;

    return ngx_http_output_filter(r, &out);
}


ngx_int_t
ngx_http_reco_send_empty(ngx_http_request_t *r, ngx_uint_t status)
{
    ngx_str_t none = ngx_null_string;

    return ngx_http_reco_send(r, status, NULL, &none);
}


ngx_int_t
ngx_http_reco_refuse(
    ngx_http_request_t *r, ngx_uint_t status, const char *reason)
{
    ngx_str_t body;

    body.len = ngx_strlen(reason) + sizeof("{\"error\":\"\"}\n") - 1;
    body.data = ngx_pnalloc(r->pool, body.len);
    if (body.data == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_sprintf(body.data, "{\"error\":\"%s\"}\n", reason);

    if (status == NGX_HTTP_SERVICE_UNAVAILABLE
        && ngx_http_reco_header(r, "Retry-After", "5", 1) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_reco_send(r, status, &ngx_http_reco_json_type, &body);
}


/* True where the site lists this origin. */
static ngx_uint_t
ngx_http_reco_cors_listed(ngx_array_t *origins, ngx_str_t *origin)
{
    ngx_uint_t i;
    ngx_str_t *listed;

    listed = origins->elts;

    for (i = 0; i < origins->nelts; i++) {
        if (listed[i].len == origin->len
            && ngx_strncasecmp(listed[i].data, origin->data, origin->len) == 0)
        {
            return 1;
        }
    }

    return 0;
}


/* True where the page that asks is on the host that it asks. */
static ngx_uint_t
ngx_http_reco_cors_same(ngx_http_request_t *r, ngx_str_t *origin)
{
    u_char *host;
    ngx_str_t *own;

    host =
        (u_char *) ngx_strlchr(origin->data, origin->data + origin->len, '/');

    if (host == NULL || r->headers_in.host == NULL
        || host + 2 > origin->data + origin->len || host[1] != '/')
    {
        return 0;
    }

    host += 2;
    own = &r->headers_in.host->value;

    return own->len == (size_t) (origin->data + origin->len - host)
           && ngx_strncasecmp(host, own->data, own->len) == 0;
}


ngx_uint_t
ngx_http_reco_cross_site(ngx_http_request_t *r)
{
    ngx_str_t *origin, *site;
    ngx_http_reco_loc_conf_t *lcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_reco_module);

    origin = ngx_http_reco_header_in(r, "Origin");
    site = ngx_http_reco_header_in(r, "Sec-Fetch-Site");

    if (origin != NULL && lcf->origins != NULL
        && ngx_http_reco_cors_listed(lcf->origins, origin))
    {
        return 0;
    }

    /* the browser knows best: a proxy before us may have changed the host */

    if (site != NULL) {
        return site->len == sizeof("cross-site") - 1
               && ngx_strncmp(site->data, "cross-site", site->len) == 0;
    }

    return origin != NULL && !ngx_http_reco_cors_same(r, origin);
}


ngx_int_t
ngx_http_reco_cors(ngx_http_request_t *r, const char *methods)
{
    ngx_str_t *origin;
    ngx_http_reco_loc_conf_t *lcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_reco_module);

    origin = ngx_http_reco_header_in(r, "Origin");

    if (origin == NULL || ngx_http_reco_cors_same(r, origin)) {
        return NGX_OK;
    }

    if (lcf->origins == NULL) {
        /* nothing is promised to other sites' scripts, and nothing shown */
        return NGX_OK;
    }

    if (!ngx_http_reco_cors_listed(lcf->origins, origin)) {
        return NGX_DECLINED;
    }

    if (ngx_http_reco_header(r, "Access-Control-Allow-Origin",
            (const char *) origin->data, origin->len)
            != NGX_OK
        || ngx_http_reco_header(
               r, "Access-Control-Allow-Credentials", "true", 4)
               != NGX_OK
        || ngx_http_reco_header(r, "Vary", "Origin", 6) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (r->method != NGX_HTTP_OPTIONS) {
        return NGX_OK;
    }

    if (ngx_http_reco_header(
            r, "Access-Control-Allow-Methods", methods, ngx_strlen(methods))
            != NGX_OK
        || ngx_http_reco_header(
               r, "Access-Control-Allow-Headers", "Content-Type", 12)
               != NGX_OK
        || ngx_http_reco_header(r, "Access-Control-Max-Age", "86400", 5)
               != NGX_OK)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_reco_not_allowed(ngx_http_request_t *r, const char *methods)
{
    if (ngx_http_reco_header(r, "Allow", methods, ngx_strlen(methods))
        != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_reco_refuse(r, NGX_HTTP_NOT_ALLOWED, "method not allowed");
}
