#include "ngx_http_reco_zone.h"

#include <math.h>


void
ngx_http_reco_taste_set(
    ngx_http_reco_taste_t *taste, const reco_engine_profile_t *profile)
{
    float largest;
    uint32_t i;

    ngx_memzero(taste, sizeof(ngx_http_reco_taste_t));

    if (profile->dimensions > NGX_HTTP_RECO_TASTE_DIMENSIONS
        || profile->nbase > NGX_HTTP_RECO_TASTE_BASE)
    {
        return;
    }

    largest = 0;

    for (i = 0; i < profile->dimensions; i++) {
        largest = fmaxf(largest, fabsf(profile->vector[i]));
    }

    if (largest == 0) {
        return;
    }

    for (i = 0; i < profile->dimensions; i++) {
        taste->components[i] =
            (int8_t) lrintf(profile->vector[i] / largest * 127);
    }

    taste->dimensions = profile->dimensions;
    taste->nbase = profile->nbase;
    ngx_memcpy(taste->base, profile->base, profile->nbase);
}


void
ngx_http_reco_taste_get(
    const ngx_http_reco_taste_t *taste, reco_engine_profile_t *profile)
{
    uint32_t i;

    profile->dimensions =
        ngx_min(taste->dimensions, NGX_HTTP_RECO_TASTE_DIMENSIONS);
    profile->nbase = ngx_min(taste->nbase, NGX_HTTP_RECO_TASTE_BASE);
    ngx_memcpy(profile->base, taste->base, profile->nbase);

    for (i = 0; i < profile->dimensions; i++) {
        profile->vector[i] = taste->components[i];
    }
}
