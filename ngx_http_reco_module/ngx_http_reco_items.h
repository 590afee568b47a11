/*
 * What a template may say of the items that the engine answered with.
 */

#ifndef NGX_HTTP_RECO_ITEMS_H
#define NGX_HTTP_RECO_ITEMS_H

#include "ngx_http_reco_module.h"


/* Into out, which has room for all of them; they go to those shown.  The texts are
   the version's. */
void ngx_http_reco_items(ngx_http_reco_ctx_t *ctx,
    const reco_engine_result_t *result, reco_render_item_t *out);

#endif /* NGX_HTTP_RECO_ITEMS_H */
