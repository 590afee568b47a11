/*
 * Where the blocks of files go.  A file that has not changed is read the same
 * way each time, so each worker remembers, of the pages that it read lately,
 * at which bytes the reader put what.  Such a page is cut there and sent by
 * sendfile, without coming into memory.
 *
 * That holds for a page that is one buffer of a file, of the very inode, times,
 * size and span that was read, in the same place of the configuration.  A file
 * that changed within the last two seconds could change once more without its
 * times telling, and is not remembered.
 *
 * Whether a page will come from such a file is not known when its header
 * passes, so that is guessed by the address, the length and the time of the
 * answer.  Where the guess was wrong, the file is read here.
 */

#ifndef NGX_HTTP_RECO_PLACES_H
#define NGX_HTTP_RECO_PLACES_H

#include "ngx_http_reco_page.h"


/* Before the body: begins to take notes of a page that may be remembered.
   NGX_ERROR: no memory; NGX_DECLINED: it has to be read; NGX_OK: it is known,
   as it seems, and need not come into memory. */
ngx_int_t ngx_http_reco_places_expect(
    ngx_http_request_t *r, ngx_http_reco_page_t *page);

/* Takes notes: of a buffer before it is read, and of what was found in it. */
void ngx_http_reco_places_follow(ngx_http_reco_page_t *page, ngx_buf_t *in);
void ngx_http_reco_places_note(
    ngx_http_reco_page_t *page, const reco_html_step_t *step);

/* Remembers a page of which no more has to be read, after its header went. */
void ngx_http_reco_places_keep(ngx_http_reco_page_t *page);

/*
 * The body of a page that NGX_OK was said of: puts blocks and spans of the file
 * onto page->out.  NGX_DECLINED: it is not the one that was meant, and is in
 * memory now to be read; NGX_ERROR.
 */
ngx_int_t ngx_http_reco_places_recall(
    ngx_http_request_t *r, ngx_http_reco_ctx_t *ctx, ngx_chain_t *in);

/* Reads what is in files only. */
ngx_int_t ngx_http_reco_places_load(ngx_pool_t *pool, ngx_chain_t *chain);

#endif /* NGX_HTTP_RECO_PLACES_H */
