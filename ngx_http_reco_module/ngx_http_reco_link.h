/*
 * One connection to Redis on nginx's event loop, which comes up by itself and
 * comes back by itself: addresses in turn, sentinels, login, backoff.
 *
 *     IDLE -> WAITING -> CONNECTING -> LOGIN -> UP
 *               ^------------+-----------+------+    after a failure
 */

#ifndef NGX_HTTP_RECO_LINK_H
#define NGX_HTTP_RECO_LINK_H

#include <ngx_config.h>

#include <hiredis/async.h>
#include <hiredis/hiredis.h>

#include "ngx_http_reco_redis.h"


typedef struct ngx_http_reco_link_s ngx_http_reco_link_t;

/* Of the link's owner. */
typedef struct {
    void (*up)(void *data);
    void (*down)(void *data); /* after every pending reply was given up */

    /* The worker is told to finish.  The link stays up; last: it will be closed
       now in any case. */
    void (*exiting)(void *data, ngx_uint_t last);

    const char *broken; /* what that means, for the log */
    const char *mended;
} ngx_http_reco_link_events_t;


ngx_http_reco_link_t *ngx_http_reco_link_create(ngx_cycle_t *cycle,
    ngx_http_reco_redis_conf_t *conf, const ngx_http_reco_link_events_t *events,
    void *data);

/* Begins to connect, where it is idle. */
void ngx_http_reco_link_open(ngx_http_reco_link_t *link);

/* For good: no further attempt. */
void ngx_http_reco_link_close(ngx_http_reco_link_t *link);

ngx_uint_t ngx_http_reco_link_is_up(ngx_http_reco_link_t *link);

/*
 * Sends a command in Redis's protocol.  fn is called with the reply, or with
 * NULL where the connection breaks before it.  NGX_ERROR: the link is not up.
 */
ngx_int_t ngx_http_reco_link_send(ngx_http_reco_link_t *link, const char *data,
    size_t len, redisCallbackFn *fn, void *arg);

/* Gives the connection up, logs why, and tries again after delay ms or more. */
void ngx_http_reco_link_fail(
    ngx_http_reco_link_t *link, ngx_msec_t delay, const char *reason);

/* The server is useful: the next failure begins with a short delay again. */
void ngx_http_reco_link_works(ngx_http_reco_link_t *link);

/* What a server says, for the log: what is no printable ASCII as \xHH, up to
   size - 1 bytes and a NUL. */
void ngx_http_reco_link_quote(u_char *out, size_t size, const char *text);

/* The next connection goes to "host:port", as a -MOVED reply says. */
void ngx_http_reco_link_redirect(ngx_http_reco_link_t *link, ngx_str_t *target);

#endif /* NGX_HTTP_RECO_LINK_H */
