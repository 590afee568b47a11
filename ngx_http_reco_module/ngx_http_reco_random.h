/* Bytes that no client can foresee. */

#ifndef NGX_HTTP_RECO_RANDOM_H
#define NGX_HTTP_RECO_RANDOM_H

#include <ngx_config.h>
#include <ngx_core.h>


/*
 * Fills out.  Early after the machine's start it waits until the kernel has
 * them; that nginx starts at all has waited for it (ngx_http_reco_robot.c), so
 * that no request ever does.  NGX_ERROR: the kernel gives none.
 */
ngx_int_t ngx_http_reco_random(void *out, size_t len);

#endif /* NGX_HTTP_RECO_RANDOM_H */
