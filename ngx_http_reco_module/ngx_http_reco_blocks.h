/*
 * Blocks that were made before: a worker's bounded memory, in which the newest
 * takes the room of the oldest that was not asked for lately.
 *
 * A block is kept with the places of the request's id in it, which is all that
 * tells one visitor's from another's, and is given out with the id of each.
 */

#ifndef NGX_HTTP_RECO_BLOCKS_H
#define NGX_HTTP_RECO_BLOCKS_H

#include "ngx_http_reco_module.h"


/* size: bytes, 0: nothing is kept. */
ngx_int_t ngx_http_reco_blocks_init_process(ngx_cycle_t *cycle, size_t size);
void ngx_http_reco_blocks_exit_process(void);

/*
 * Keeps a block of this request with the last nitems of those that are shown,
 * which are its own.  Returns its place; 0: it is not kept.
 */
uint64_t ngx_http_reco_blocks_put(uint64_t variant,
    const ngx_http_reco_ctx_t *ctx, ngx_uint_t nitems, const ngx_str_t *block);

/* The block at a place will be wanted soon: the processor may fetch it. */
void ngx_http_reco_blocks_expect(uint64_t at);

/*
 * The block at a place, with this request's id, in the pool's memory; its items
 * go to those shown.  One that would soon have had to go is put in anew, and *at
 * is its place then.  NGX_DECLINED: none of this variant is there any more;
 * NGX_ERROR: no memory.
 */
ngx_int_t ngx_http_reco_blocks_get(uint64_t *at, uint64_t variant,
    ngx_pool_t *pool, ngx_http_reco_ctx_t *ctx, ngx_str_t *out);

#endif /* NGX_HTTP_RECO_BLOCKS_H */
