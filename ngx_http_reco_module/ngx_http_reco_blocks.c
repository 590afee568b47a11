#include "ngx_http_reco_blocks.h"
#include "reco_newest.h"


#define NGX_HTTP_RECO_BLOCK_MAX      16384 /* larger ones are not kept, */
#define NGX_HTTP_RECO_BLOCK_REQUESTS 4     /* nor those with more ids in them */


/* Its items' keys and its bytes follow. */
typedef struct {
    uint64_t variant;
    uint32_t len;
    uint16_t nitems;
    uint16_t nrequests;
    uint32_t requests[NGX_HTTP_RECO_BLOCK_REQUESTS]; /* places of the id */
} ngx_http_reco_kept_block_t;


/*
 * Of this worker.  A new version begins at the memory's start, as nobody asks for
 * the older ones' blocks any more: no more of it is touched than one version needs.
 */
static reco_newest_t ngx_http_reco_blocks;
static uint64_t ngx_http_reco_blocks_version; /* the newest, by its serial */


ngx_int_t
ngx_http_reco_blocks_init_process(ngx_cycle_t *cycle, size_t size)
{
    void *memory;

    size = size / sizeof(uint64_t) * sizeof(uint64_t);

    if (size == 0) {
        return NGX_OK;
    }

    memory = ngx_alloc(size, cycle->log);
    reco_newest_init(&ngx_http_reco_blocks, memory, size);

    return memory != NULL ? NGX_OK : NGX_ERROR;
}


void
ngx_http_reco_blocks_exit_process(void)
{
    ngx_free(ngx_http_reco_blocks.memory);
    reco_newest_init(&ngx_http_reco_blocks, NULL, 0);
}


/* Finds the request's id in a block.  NGX_DECLINED: too often. */
static ngx_int_t
ngx_http_reco_blocks_requests(ngx_http_reco_kept_block_t *kept,
    const ngx_http_reco_ctx_t *ctx, const ngx_str_t *block)
{
    u_char *p, *last;

    kept->nrequests = 0;
    p = block->data;
    last = block->data + block->len;

    for (;;) {
        p = memmem(p, last - p, ctx->rendering, sizeof(ctx->rendering));
        if (p == NULL) {
            return NGX_OK;
        }

        if (kept->nrequests == NGX_HTTP_RECO_BLOCK_REQUESTS) {
            return NGX_DECLINED;
        }

        kept->requests[kept->nrequests++] = p - block->data;
        p += sizeof(ctx->rendering);
    }
}


static size_t
ngx_http_reco_blocks_size(ngx_uint_t nitems, size_t len)
{
    return reco_newest_rounded(
        sizeof(ngx_http_reco_kept_block_t) + nitems * sizeof(uint64_t) + len);
}


/* Where a block of so many bytes goes. */
static uint64_t
ngx_http_reco_blocks_place(uint64_t version, size_t size)
{
    if (version > ngx_http_reco_blocks_version) {
        ngx_http_reco_blocks_version = version;
        reco_newest_rewind(&ngx_http_reco_blocks);
    }

    return reco_newest_take(&ngx_http_reco_blocks, size);
}


uint64_t
ngx_http_reco_blocks_put(uint64_t variant, const ngx_http_reco_ctx_t *ctx,
    ngx_uint_t nitems, const ngx_str_t *block)
{
    u_char *p;
    size_t size;
    uint64_t at;
    ngx_http_reco_kept_block_t kept;

    size = ngx_http_reco_blocks_size(nitems, block->len);

    if (block->len == 0 || block->len > NGX_HTTP_RECO_BLOCK_MAX
        || size > ngx_http_reco_blocks.size
        || ngx_http_reco_blocks_requests(&kept, ctx, block) != NGX_OK)
    {
        return 0;
    }

    at = ngx_http_reco_blocks_place(ctx->version->serial, size);

    kept.variant = variant;
    kept.len = block->len;
    kept.nitems = nitems;

    p = reco_newest_at(&ngx_http_reco_blocks, at);
    p = ngx_cpymem(p, &kept, sizeof(kept));
    p = ngx_cpymem(
        p, ctx->shown + ctx->nshown - nitems, nitems * sizeof(uint64_t));
    ngx_memcpy(p, block->data, block->len);

    return at;
}


void
ngx_http_reco_blocks_expect(uint64_t at)
{
    const ngx_http_reco_kept_block_t *kept;

    kept = reco_newest_at(&ngx_http_reco_blocks, at);

    if (kept != NULL) {
        __builtin_prefetch(kept);
        __builtin_prefetch((const u_char *) kept + 64);
        __builtin_prefetch((const u_char *) kept + 128);
    }
}


/* Puts a block in anew that is in the older half, unless it is in the way of its
   copy.  Returns its place. */
static uint64_t
ngx_http_reco_blocks_renew(uint64_t at, uint64_t version)
{
    size_t size;
    uint64_t new;
    const ngx_http_reco_kept_block_t *kept;

    kept = reco_newest_at(&ngx_http_reco_blocks, at);
    size = ngx_http_reco_blocks_size(kept->nitems, kept->len);

    if (ngx_http_reco_blocks.head - at <= ngx_http_reco_blocks.size / 2
        || version < ngx_http_reco_blocks_version)
    {
        return at;
    }

    new = ngx_http_reco_blocks_place(version, size);

    if (reco_newest_at(&ngx_http_reco_blocks, at) == NULL) {
        return at;
    }

    ngx_memcpy(reco_newest_at(&ngx_http_reco_blocks, new), kept, size);

    return new;
}


ngx_int_t
ngx_http_reco_blocks_get(uint64_t *at, uint64_t variant, ngx_pool_t *pool,
    ngx_http_reco_ctx_t *ctx, ngx_str_t *out)
{
    u_char *p;
    uint32_t i;
    const ngx_http_reco_kept_block_t *kept;

    kept = reco_newest_at(&ngx_http_reco_blocks, *at);

    if (kept == NULL || kept->variant != variant) {
        return NGX_DECLINED;
    }

    out->len = kept->len;
    out->data = ngx_pnalloc(pool, out->len);
    if (out->data == NULL) {
        return NGX_ERROR;
    }

    p = (u_char *) (kept + 1);
    ngx_memcpy(ctx->shown + ctx->nshown, p, kept->nitems * sizeof(uint64_t));
    ctx->nshown += kept->nitems;

    p += kept->nitems * sizeof(uint64_t);
    ngx_memcpy(out->data, p, out->len);

    for (i = 0; i < kept->nrequests; i++) {
        ngx_memcpy(out->data + kept->requests[i], ctx->rendering,
            sizeof(ctx->rendering));
    }

    *at = ngx_http_reco_blocks_renew(*at, ctx->version->serial);

    return NGX_OK;
}
