#include "ngx_http_reco_shared.h"


typedef struct {
    size_t bytes;
    ngx_http_reco_shared_init_pt init;
} ngx_http_reco_shared_t;


static ngx_int_t ngx_http_reco_shared_init(ngx_shm_zone_t *zone, void *old);


ngx_shm_zone_t *
ngx_http_reco_shared(ngx_conf_t *cf, ngx_str_t *name, size_t bytes,
    ngx_http_reco_shared_init_pt init)
{
    ngx_shm_zone_t *zone;
    ngx_http_reco_shared_t *shared;

    shared = ngx_palloc(cf->pool, sizeof(ngx_http_reco_shared_t));
    if (shared == NULL) {
        return NULL;
    }

    shared->bytes = bytes;
    shared->init = init;

    /* the slab's own pages, and one to be aligned in */

    zone = ngx_shared_memory_add(cf, name,
        bytes + bytes / 64 + 16 * ngx_pagesize, (void *) &ngx_http_reco_shared);
    if (zone == NULL) {
        return NULL;
    }

    zone->init = ngx_http_reco_shared_init;
    zone->data = shared;

    return zone;
}


static ngx_int_t
ngx_http_reco_shared_init(ngx_shm_zone_t *zone, void *old)
{
    ngx_http_reco_shared_t *shared;

    if (old != NULL) {
        zone->data = old;
        return NGX_OK;
    }

    shared = zone->data;

    zone->data =
        ngx_slab_calloc((ngx_slab_pool_t *) zone->shm.addr, shared->bytes);
    if (zone->data == NULL) {
        return NGX_ERROR;
    }

    return shared->init != NULL ? shared->init(zone->data) : NGX_OK;
}
