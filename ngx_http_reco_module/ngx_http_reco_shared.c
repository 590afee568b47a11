#include "ngx_http_reco_shared.h"


static ngx_int_t ngx_http_reco_shared_init(ngx_shm_zone_t *zone, void *old);


ngx_shm_zone_t *
ngx_http_reco_shared(ngx_conf_t *cf, ngx_str_t *name, size_t bytes)
{
    size_t *size;
    ngx_shm_zone_t *zone;

    size = ngx_palloc(cf->pool, sizeof(size_t));
    if (size == NULL) {
        return NULL;
    }

    *size = bytes;

    /* the slab's own pages, and one to be aligned in */

    zone = ngx_shared_memory_add(cf, name,
        bytes + bytes / 64 + 16 * ngx_pagesize, (void *) &ngx_http_reco_shared);
    if (zone == NULL) {
        return NULL;
    }

    zone->init = ngx_http_reco_shared_init;
    zone->data = size;

    return zone;
}


static ngx_int_t
ngx_http_reco_shared_init(ngx_shm_zone_t *zone, void *old)
{
    size_t *size;

    if (old != NULL) {
        zone->data = old;
        return NGX_OK;
    }

    size = zone->data;
    zone->data = ngx_slab_calloc((ngx_slab_pool_t *) zone->shm.addr, *size);

    return zone->data != NULL ? NGX_OK : NGX_ERROR;
}
