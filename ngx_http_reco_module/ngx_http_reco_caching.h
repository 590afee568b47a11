#ifndef NGX_HTTP_RECO_CACHING_H
#define NGX_HTTP_RECO_CACHING_H

#include "ngx_http_reco_module.h"


/*
 * Has the answer say that it is one visitor's, as reco_cache_control wants it:
 * what lets shared caches keep the page goes.
 */
ngx_int_t ngx_http_reco_caching(ngx_http_request_t *r);

/* Removes the answer's headers of a name. */
void ngx_http_reco_clear_header(ngx_http_request_t *r, const char *name);

#endif /* NGX_HTTP_RECO_CACHING_H */
