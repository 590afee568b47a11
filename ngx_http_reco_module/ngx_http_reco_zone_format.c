#include "ngx_http_reco_random.h"
#include "ngx_http_reco_zone.h"


#define NGX_HTTP_RECO_ZONE_STRIPES_MIN 4
#define NGX_HTTP_RECO_ZONE_STRIPES_MAX 4096
#define NGX_HTTP_RECO_ZONE_PER_STRIPE  256


/* Where things are; false if that is more than size. */
static ngx_uint_t
ngx_http_reco_zone_layout(ngx_http_reco_zone_header_t *header, size_t size)
{
    size_t total;

    header->buckets = ngx_max(header->records, 1);
    header->buckets--;
    header->buckets |= header->buckets >> 1;
    header->buckets |= header->buckets >> 2;
    header->buckets |= header->buckets >> 4;
    header->buckets |= header->buckets >> 8;
    header->buckets |= header->buckets >> 16;
    header->buckets++;

    total = ngx_align(sizeof(ngx_http_reco_zone_header_t), 64);
    header->stripes_offset = total;
    total += ngx_align(
        header->stripes * sizeof(ngx_http_reco_stripe_t), (size_t) 64);
    header->buckets_offset = total;
    total +=
        ngx_align((size_t) header->stripes * header->buckets * sizeof(uint32_t),
            (size_t) 64);
    header->records_offset = total;
    total += (size_t) header->stripes * header->records
             * sizeof(ngx_http_reco_record_t);

    return total <= size;
}


ngx_int_t
ngx_http_reco_zone_format(ngx_http_reco_zone_header_t *header, size_t size)
{
    size_t records;
    uint32_t i, j, *buckets;
    pthread_mutexattr_t attr;
    ngx_http_reco_stripe_t *stripe;
    ngx_http_reco_record_t *record;

    if (ngx_http_reco_random(&header->secret, sizeof(header->secret)) != NGX_OK)
    {
        return NGX_ERROR;
    }

    records = size / (sizeof(ngx_http_reco_record_t) + sizeof(uint32_t));
    header->stripes = NGX_HTTP_RECO_ZONE_STRIPES_MIN;
    while (header->stripes < NGX_HTTP_RECO_ZONE_STRIPES_MAX
           && records / header->stripes > NGX_HTTP_RECO_ZONE_PER_STRIPE)
    {
        header->stripes *= 2;
    }

    header->records = records / header->stripes;
    while (!ngx_http_reco_zone_layout(header, size)) {
        header->records--;
    }

    if (pthread_mutexattr_init(&attr) != 0
        || pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED) != 0
        || pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST) != 0)
    {
        return NGX_ERROR;
    }

    for (i = 0; i < header->stripes; i++) {
        stripe = (ngx_http_reco_stripe_t *) ((u_char *) header
                                             + header->stripes_offset)
                 + i;
        if (pthread_mutex_init(&stripe->lock, &attr) != 0) {
            return NGX_ERROR;
        }

        for (j = 0; j < NGX_HTTP_RECO_LISTS; j++) {
            stripe->lists[j].newest = NGX_HTTP_RECO_ZONE_NONE;
            stripe->lists[j].oldest = NGX_HTTP_RECO_ZONE_NONE;
        }

        buckets = (uint32_t *) ((u_char *) header + header->buckets_offset)
                  + (size_t) i * header->buckets;
        ngx_memset(buckets, 0xff, header->buckets * sizeof(uint32_t));

        record = (ngx_http_reco_record_t *) ((u_char *) header
                                             + header->records_offset)
                 + (size_t) i * header->records;
        for (j = 0; j < header->records; j++) {
            record[j].next =
                j + 1 < header->records ? j + 1 : NGX_HTTP_RECO_ZONE_NONE;
        }
    }

    pthread_mutexattr_destroy(&attr);

    return NGX_OK;
}
