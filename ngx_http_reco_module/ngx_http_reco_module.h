/*
 * What the files of the module share: configurations, the context of a
 * request, and the entry points of each file.
 *
 *   module     directives, configuration life cycle, module record
 *   gate       decides early whether a page will be rewritten
 *   filter     rewrites it
 *   block      slot -> engine -> template -> bytes
 *   model      the live model of a worker, its swap
 *   zone       visitors' sessions in shared memory
 *   visitor    who is asking: cookie, site's own id, consent
 *   event      what a visitor does: session, outbox
 *   beacon, api, sdk, status    content handlers
 *   variables  $reco_...
 *   stats      counters in shared memory, the rate-limited log
 */

#ifndef NGX_HTTP_RECO_MODULE_H
#define NGX_HTTP_RECO_MODULE_H

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "reco.h"


typedef struct {
    ngx_flag_t enable;

    ngx_hash_t types;
    ngx_array_t *types_keys;
} ngx_http_reco_loc_conf_t;


extern ngx_module_t ngx_http_reco_module;

ngx_int_t ngx_http_reco_filter_init(ngx_conf_t *cf);

#endif /* NGX_HTTP_RECO_MODULE_H */
