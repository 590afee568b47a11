/*
 * The link's inside: what it is, and the part that logs in, or asks a sentinel
 * who the master is.  ngx_http_reco_link.c has its life cycle and its events.
 */

#ifndef NGX_HTTP_RECO_LOGIN_H
#define NGX_HTTP_RECO_LOGIN_H

#include <ngx_config.h>

#include <ngx_event.h>

#include "ngx_http_reco_link.h"

#define NGX_HTTP_RECO_LINK_LONGEST  3000 /* ms of a pause */
#define NGX_HTTP_RECO_LINK_REASON   160
#define NGX_HTTP_RECO_LINK_HOST_LEN 64


typedef enum {
    NGX_HTTP_RECO_LINK_IDLE,
    NGX_HTTP_RECO_LINK_WAITING,
    NGX_HTTP_RECO_LINK_CONNECTING,
    NGX_HTTP_RECO_LINK_LOGIN,
    NGX_HTTP_RECO_LINK_UP
} ngx_http_reco_link_state_e;


/* A server that another one named. */
typedef struct {
    u_char host[NGX_HTTP_RECO_LINK_HOST_LEN]; /* an IP address */
    u_char *server;                           /* as its certificate names it */
    in_port_t port;                           /* 0: none */
} ngx_http_reco_link_target_t;


struct ngx_http_reco_link_s {
    void *unused[3];
    ngx_int_t ident; /* where events' debug log looks for a descriptor */

    ngx_http_reco_redis_conf_t *conf;
    const ngx_http_reco_link_events_t *events;
    void *data;
    ngx_log_t *log;

    redisAsyncContext *context;
    ngx_connection_t *connection;
    void *session;     /* of TLS, the context's; NULL: none */
    ngx_event_t timer; /* to connect, or until connected */

    ngx_http_reco_link_state_e state;
    ngx_uint_t next;     /* address */
    ngx_uint_t failures; /* in a row */
    ngx_msec_t delay;    /* at least, before the next attempt */

    u_char *host;   /* of the last attempt, an IP address; NULL: a path */
    u_char *server; /* the same, as its certificate names it */
    ngx_http_reco_link_target_t target;       /* in place of the addresses */
    u_char reason[NGX_HTTP_RECO_LINK_REASON]; /* of this failure */
    u_char logged[NGX_HTTP_RECO_LINK_REASON]; /* the last one told */

    unsigned asking : 1;  /* connected to a sentinel */
    unsigned leaving : 1; /* the context is given up */
    unsigned writing : 1; /* in redisAsyncHandleWrite() */
    unsigned closed : 1;
};


/* Sends what makes the connection useful, or asks; then one of these is called:
   ready(), fail(), or leave() where a target was named. */
void ngx_http_reco_login(ngx_http_reco_link_t *link);

void ngx_http_reco_link_ready(ngx_http_reco_link_t *link);

/* Closes the connection; the next one goes to the target. */
void ngx_http_reco_link_leave(ngx_http_reco_link_t *link);

#endif /* NGX_HTTP_RECO_LOGIN_H */
