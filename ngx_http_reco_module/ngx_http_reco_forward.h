/* The forwarder: outbox -> XADD -> acknowledge; and the zone of counters. */

#ifndef NGX_HTTP_RECO_FORWARD_H
#define NGX_HTTP_RECO_FORWARD_H

#include <ngx_config.h>

#include "event/reco_event.h"
#include "ngx_http_reco_redis.h"


#define NGX_HTTP_RECO_REDIS_ZONE (64 * 1024)

ngx_int_t ngx_http_reco_redis_init_zone(ngx_shm_zone_t *zone, void *data);


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


/*
 * Writes one XADD of the fields for a stream, in Redis's protocol.  RECO_FULL:
 * size is too small.
 */
reco_status_t ngx_http_reco_xadd(const ngx_str_t *prefix,
    const reco_event_field_t *fields, unsigned nfields, u_char *out,
    size_t size, size_t *len);

/* What stands before the fields: XADD key MAXLEN ~ n *. */
ngx_int_t ngx_http_reco_xadd_prefix(
    ngx_pool_t *pool, ngx_str_t *key, ngx_uint_t maxlen, ngx_str_t *prefix);

#endif /* NGX_HTTP_RECO_FORWARD_H */
