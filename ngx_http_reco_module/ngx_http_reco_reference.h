/*
 * Slots that rules and arms are about.  Directives stand in any order, and a
 * level inherits from those above it: whether there is such a slot, where the
 * directive holds, is known when all levels are merged.
 */

#ifndef NGX_HTTP_RECO_REFERENCE_H
#define NGX_HTTP_RECO_REFERENCE_H

#include "ngx_http_reco_module.h"


typedef struct ngx_http_reco_reference_s ngx_http_reco_reference_t;

/* What a rule and an arm begin with. */
typedef struct {
    ngx_http_reco_reference_t *slot; /* that it is about; NULL: all */
} ngx_http_reco_referrer_t;

/* From the directive that is being read to the slot of this name.  NULL: no
   memory. */
ngx_http_reco_reference_t *ngx_http_reco_reference_add(
    ngx_conf_t *cf, const ngx_str_t *slot);

/* Is it this slot?  NULL is a reference to all. */
ngx_uint_t ngx_http_reco_reference_is(
    const ngx_http_reco_reference_t *reference, const ngx_str_t *slot);

/* These rules or arms, NULL: none, hold in this place, whose slots are
   merged. */
void ngx_http_reco_references_hold(ngx_conf_t *cf,
    const ngx_http_reco_loc_conf_t *lcf, const ngx_array_t *referrers);

/*
 * When all is merged: NGX_ERROR where a reference leads to no slot of the whole
 * configuration; a warning where it does not hold in the places of its slot,
 * as when a file is included in several.
 */
ngx_int_t ngx_http_reco_references_check(
    ngx_conf_t *cf, ngx_http_reco_main_conf_t *main);

#endif /* NGX_HTTP_RECO_REFERENCE_H */
