/* The forwarder: outbox -> XADD -> confirm; and what workers share of it. */

#ifndef NGX_HTTP_RECO_FORWARD_H
#define NGX_HTTP_RECO_FORWARD_H

#include <ngx_config.h>

#include "event/reco_event.h"
#include "ngx_http_reco_redis.h"
#include "ngx_http_reco_turn.h"


#define NGX_HTTP_RECO_SLOTS 128

/* In shared memory: survives a reload. */
typedef struct {
    ngx_atomic_t sequence;
    struct {
        ngx_atomic_t pid; /* whose gauges these are */
        ngx_http_reco_redis_stats_t stats;
    } slots[NGX_HTTP_RECO_SLOTS];
    ngx_http_reco_mark_t marks[NGX_HTTP_RECO_TURN_WORKERS];
} ngx_http_reco_redis_shared_t;


/* What an error reply asks for. */
typedef enum {
    NGX_HTTP_RECO_ERROR_PAUSE,     /* the server cannot just now */
    NGX_HTTP_RECO_ERROR_RECONNECT, /* another server may */
    NGX_HTTP_RECO_ERROR_REDIRECT,  /* the reply names the other server */
    NGX_HTTP_RECO_ERROR_SETTINGS   /* somebody has to change something */
} ngx_http_reco_error_e;

/* By the first word of the reply; *delay is how long to wait. */
ngx_http_reco_error_e ngx_http_reco_error_kind(
    const char *reply, ngx_msec_t *delay);


/* An XADD up to its fields, in Redis's protocol. */
typedef struct {
    ngx_str_t text;
    ngx_uint_t words; /* names and values that follow */
} ngx_http_reco_xadd_t;

/* XADD key MAXLEN ~ maxlen *; or XADD key *, with 0. */
ngx_int_t ngx_http_reco_xadd_init(ngx_http_reco_xadd_t *xadd, ngx_pool_t *pool,
    ngx_str_t *key, ngx_uint_t maxlen, ngx_uint_t words);

/* Writes one with its names and values.  RECO_FULL: size is too small. */
reco_status_t ngx_http_reco_xadd(const ngx_http_reco_xadd_t *xadd,
    const reco_str_t *words, u_char *out, size_t size, size_t *len);

/* The same with an entry's one field: n records, an empty line between. */
reco_status_t ngx_http_reco_xadd_records(const ngx_http_reco_xadd_t *xadd,
    const reco_str_t *records, ngx_uint_t n, u_char *out, size_t size,
    size_t *len);

#endif /* NGX_HTTP_RECO_FORWARD_H */
