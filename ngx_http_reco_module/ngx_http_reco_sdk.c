#include "ngx_http_reco_module.h"
#include "reco_sdk_data.h"


/*
 * reco.js, out of the module's own memory.  An address that names the content
 * (…?v=HASH) never changes its meaning and may be kept for ever; any other is
 * asked for again, and answered 304 while nothing changed.
 */

#define NGX_HTTP_RECO_SDK_FOREVER "public, max-age=31536000, immutable"
#define NGX_HTTP_RECO_SDK_SHORT   "public, max-age=300"


static ngx_int_t ngx_http_reco_sdk_handler(ngx_http_request_t *r);


char *
ngx_http_reco_sdk(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_core_loc_conf_t *clcf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    clcf->handler = ngx_http_reco_sdk_handler;

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_reco_sdk_etag(ngx_http_request_t *r, ngx_uint_t gzip)
{
    u_char *p;
    ngx_table_elt_t *h;

    h = ngx_list_push(&r->headers_out.headers);
    p = ngx_pnalloc(r->pool, ngx_strlen(ngx_http_reco_sdk_hash) + 5);
    if (h == NULL || p == NULL) {
        return NGX_ERROR;
    }

    /* two representations, so two strong validators */

    ngx_memzero(h, sizeof(ngx_table_elt_t));
    h->hash = 1;
    ngx_str_set(&h->key, "ETag");
    h->value.data = p;
    h->value.len =
        ngx_sprintf(p, "\"%s%s\"", ngx_http_reco_sdk_hash, gzip ? "-gz" : "")
        - p;

    r->headers_out.etag = h;

    return NGX_OK;
}


static ngx_int_t
ngx_http_reco_sdk_encoding(ngx_http_request_t *r)
{
    ngx_table_elt_t *h;

    h = ngx_list_push(&r->headers_out.headers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(h, sizeof(ngx_table_elt_t));
    h->hash = 1;
    ngx_str_set(&h->key, "Content-Encoding");
    ngx_str_set(&h->value, "gzip");

    r->headers_out.content_encoding = h;

    return NGX_OK;
}


static ngx_uint_t
ngx_http_reco_sdk_accepts_gzip(ngx_http_request_t *r)
{
#if (NGX_HTTP_GZIP)
    ngx_table_elt_t *h;

    h = r->headers_in.accept_encoding;

    return h != NULL && ngx_strcasestrn(h->value.data, "gzip", 4 - 1) != NULL;
#else
    return 0;
#endif
}


static ngx_int_t
ngx_http_reco_sdk_handler(ngx_http_request_t *r)
{
    ngx_int_t rc;
    ngx_str_t type, body, version;
    ngx_uint_t gzip;
    const char *cache;

    if (!(r->method & (NGX_HTTP_GET | NGX_HTTP_HEAD))) {
        return NGX_HTTP_NOT_ALLOWED;
    }

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    gzip = ngx_http_reco_sdk_accepts_gzip(r);

    cache = NGX_HTTP_RECO_SDK_SHORT;

    if (ngx_http_arg(r, (u_char *) "v", 1, &version) == NGX_OK
        && version.len == ngx_strlen(ngx_http_reco_sdk_hash)
        && ngx_strncmp(version.data, ngx_http_reco_sdk_hash, version.len) == 0)
    {
        cache = NGX_HTTP_RECO_SDK_FOREVER;
    }

    if (ngx_http_reco_header(r, "Cache-Control", cache, ngx_strlen(cache))
            != NGX_OK
        || ngx_http_reco_header(
               r, "Vary", "Accept-Encoding", sizeof("Accept-Encoding") - 1)
               != NGX_OK
        || ngx_http_reco_header(
               r, "X-Content-Type-Options", "nosniff", sizeof("nosniff") - 1)
               != NGX_OK
        || ngx_http_reco_sdk_etag(r, gzip) != NGX_OK
        || (gzip && ngx_http_reco_sdk_encoding(r) != NGX_OK))
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (gzip) {
        body.data = (u_char *) ngx_http_reco_sdk_gzip;
        body.len = ngx_http_reco_sdk_gzip_size;

    } else {
        body.data = (u_char *) ngx_http_reco_sdk_plain;
        body.len = ngx_http_reco_sdk_plain_size;
    }

    ngx_str_set(&type, "application/javascript");

    return ngx_http_reco_send(r, NGX_HTTP_OK, &type, &body);
}
