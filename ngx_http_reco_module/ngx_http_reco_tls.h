/*
 * TLS on the connections to Redis, where the build found hiredis with it
 * (libhiredis_ssl; Debian 13 has it, Debian 12 has not).  Hiredis shakes hands
 * as it reads and writes, so nothing waits.
 */

#ifndef NGX_HTTP_RECO_TLS_H
#define NGX_HTTP_RECO_TLS_H

#include <ngx_config.h>
#include <ngx_core.h>

#include <hiredis/async.h>
#include <hiredis/hiredis.h>


typedef struct {
    ngx_uint_t on;
    ngx_uint_t verify; /* 0: any certificate will do */
    ngx_str_t ca;      /* files in PEM; empty: those of the system */
    ngx_str_t cert;    /* of ours, and its key; empty: none */
    ngx_str_t key;
    ngx_str_t name; /* whom the certificate is for; empty: the address's host */
    void *ctx;
} ngx_http_reco_tls_t;


/* Checks the parameters and reads the files; what is wrong is logged. */
char *ngx_http_reco_tls_init(ngx_conf_t *cf, ngx_http_reco_tls_t *tls);

/*
 * Begins to shake hands on a connection that is being made.  host: an IP address
 * or a name, for the certificate; NULL: a socket, which has none.  The session is
 * the context's, as long as that lives; NULL: out of memory, or refused already.
 */
void *ngx_http_reco_tls_start(
    ngx_http_reco_tls_t *tls, redisAsyncContext *context, u_char *host);

/* Why the server's certificate was refused; NULL: it was not. */
const char *ngx_http_reco_tls_problem(void *session);

#endif /* NGX_HTTP_RECO_TLS_H */
