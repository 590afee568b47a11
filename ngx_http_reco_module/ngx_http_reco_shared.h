/* Memory that workers share and that outlives a reload. */

#ifndef NGX_HTTP_RECO_SHARED_H
#define NGX_HTTP_RECO_SHARED_H

#include <ngx_config.h>
#include <ngx_core.h>


/* Fills memory that is all zeros.  NGX_ERROR: nginx does not start. */
typedef ngx_int_t (*ngx_http_reco_shared_init_pt)(void *data);

/*
 * A zone whose data, once the configuration is read, is `bytes` of memory:
 * all zeros and then what init, where not NULL, makes of them; or what the cycle
 * before left there, after a reload in which the size stayed as it was.  NULL:
 * out of memory.
 */
ngx_shm_zone_t *ngx_http_reco_shared(ngx_conf_t *cf, ngx_str_t *name,
    size_t bytes, ngx_http_reco_shared_init_pt init);

#endif /* NGX_HTTP_RECO_SHARED_H */
