#include "ngx_http_reco_forward.h"

/* Room for "$99999" and two line ends. */
#define NGX_HTTP_RECO_XADD_FRAME 10


/* How each kind of refusal is met, by the reply's first word. */
static const struct {
    ngx_str_t word;
    ngx_http_reco_error_e kind;
    ngx_msec_t delay;
} ngx_http_reco_errors[] = {
    {ngx_string("LOADING"), NGX_HTTP_RECO_ERROR_PAUSE, 500},
    {ngx_string("OOM"), NGX_HTTP_RECO_ERROR_PAUSE, 1000},
    {ngx_string("MISCONF"), NGX_HTTP_RECO_ERROR_PAUSE, 1000},
    {ngx_string("NOREPLICAS"), NGX_HTTP_RECO_ERROR_PAUSE, 1000},
    {ngx_string("CLUSTERDOWN"), NGX_HTTP_RECO_ERROR_PAUSE, 1000},
    {ngx_string("TRYAGAIN"), NGX_HTTP_RECO_ERROR_PAUSE, 200},
    {ngx_string("ASK"), NGX_HTTP_RECO_ERROR_PAUSE, 200},
    {ngx_string("BUSY"), NGX_HTTP_RECO_ERROR_PAUSE, 200},
    {ngx_string("READONLY"), NGX_HTTP_RECO_ERROR_RECONNECT, 200},
    {ngx_string("MASTERDOWN"), NGX_HTTP_RECO_ERROR_RECONNECT, 500},
    {ngx_string("UNBLOCKED"), NGX_HTTP_RECO_ERROR_RECONNECT, 200},
    {ngx_string("NOAUTH"), NGX_HTTP_RECO_ERROR_RECONNECT, 3000},
    {ngx_string("MOVED"), NGX_HTTP_RECO_ERROR_REDIRECT, 100},
    {ngx_string("NOPERM"), NGX_HTTP_RECO_ERROR_SETTINGS, 3000},
    {ngx_string("WRONGTYPE"), NGX_HTTP_RECO_ERROR_SETTINGS, 3000},
    {ngx_null_string, NGX_HTTP_RECO_ERROR_SETTINGS, 3000},
};


ngx_http_reco_error_e
ngx_http_reco_error_kind(const char *reply, ngx_msec_t *delay)
{
    ngx_uint_t i;

    for (i = 0; ngx_http_reco_errors[i].word.len > 0; i++) {
        if (ngx_strncmp(reply, ngx_http_reco_errors[i].word.data,
                ngx_http_reco_errors[i].word.len)
            == 0)
        {
            break;
        }
    }

    *delay = ngx_http_reco_errors[i].delay;

    return ngx_http_reco_errors[i].kind;
}


ngx_int_t
ngx_http_reco_xadd_init(ngx_http_reco_xadd_t *xadd, ngx_pool_t *pool,
    ngx_str_t *key, ngx_uint_t maxlen, ngx_uint_t words)
{
    u_char number[NGX_INT_T_LEN], *p;
    size_t len;

    p = ngx_pnalloc(pool, 64 + key->len + 4 * NGX_INT_T_LEN);
    if (p == NULL) {
        return NGX_ERROR;
    }

    xadd->text.data = p;
    xadd->words = words;
    p = ngx_sprintf(p, "*%ui\r\n$4\r\nXADD\r\n$%uz\r\n%V\r\n",
        words + (maxlen > 0 ? 6 : 3), key->len, key);

    if (maxlen > 0) {
        len = (size_t) (ngx_sprintf(number, "%ui", maxlen) - number);
        p = ngx_sprintf(
            p, "$6\r\nMAXLEN\r\n$1\r\n~\r\n$%uz\r\n%ui\r\n", len, maxlen);
    }

    p = ngx_sprintf(p, "$1\r\n*\r\n");
    xadd->text.len = (size_t) (p - xadd->text.data);

    return NGX_OK;
}


static u_char *
ngx_http_reco_put_number(u_char *p, size_t n)
{
    if (n >= 10) {
        p = ngx_http_reco_put_number(p, n / 10);
        n %= 10;
    }

    *p++ = (u_char) ('0' + n);

    return p;
}


static u_char *
ngx_http_reco_put_length(u_char *p, size_t len)
{
    *p++ = '$';
    p = ngx_http_reco_put_number(p, len);
    *p++ = CR;
    *p++ = LF;

    return p;
}


static u_char *
ngx_http_reco_put_bulk(u_char *p, reco_str_t text)
{
    p = ngx_http_reco_put_length(p, text.len);
    p = ngx_cpymem(p, text.data, text.len);
    *p++ = CR;
    *p++ = LF;

    return p;
}


reco_status_t
ngx_http_reco_xadd(const ngx_http_reco_xadd_t *xadd, const reco_str_t *words,
    u_char *out, size_t size, size_t *len)
{
    size_t need;
    ngx_uint_t i;
    u_char *p;

    need = xadd->text.len;
    for (i = 0; i < xadd->words; i++) {
        need += words[i].len + NGX_HTTP_RECO_XADD_FRAME;
    }

    if (need > size) {
        return RECO_FULL;
    }

    p = ngx_cpymem(out, xadd->text.data, xadd->text.len);
    for (i = 0; i < xadd->words; i++) {
        p = ngx_http_reco_put_bulk(p, words[i]);
    }

    *len = (size_t) (p - out);

    return RECO_OK;
}


reco_status_t
ngx_http_reco_xadd_records(const ngx_http_reco_xadd_t *xadd,
    const reco_str_t *records, ngx_uint_t n, u_char *out, size_t size,
    size_t *len)
{
    size_t bytes;
    ngx_uint_t i;
    u_char *p;

    bytes = n - 1;
    for (i = 0; i < n; i++) {
        bytes += records[i].len;
    }

    if (xadd->text.len + sizeof(RECO_EVENT_FIELD) + bytes
            + 2 * NGX_HTTP_RECO_XADD_FRAME
        > size)
    {
        return RECO_FULL;
    }

    p = ngx_cpymem(out, xadd->text.data, xadd->text.len);
    p = ngx_http_reco_put_bulk(p, reco_string(RECO_EVENT_FIELD));
    p = ngx_http_reco_put_length(p, bytes);

    for (i = 0; i < n; i++) {
        if (i > 0) {
            *p++ = LF;
        }
        p = ngx_cpymem(p, records[i].data, records[i].len);
    }

    *p++ = CR;
    *p++ = LF;
    *len = (size_t) (p - out);

    return RECO_OK;
}
