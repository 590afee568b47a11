/*
 * Where the blocks of files go.  A file that has not changed is read the same
 * way each time, so each worker remembers, of the pages that it read lately,
 * at which bytes the reader put what, and takes such a page apart there.  Where
 * the page goes out by sendfile, it need not even come into memory.
 *
 * That holds for a page that is one buffer of a file, of the very inode, times,
 * size and span that was read, in the same place of the configuration.  A file
 * that changed within the last two seconds could change once more without its
 * times telling, and is not remembered.
 */

#ifndef NGX_HTTP_RECO_PLACES_H
#define NGX_HTTP_RECO_PLACES_H

#include "ngx_http_reco_page.h"


/* A page's body, before anybody has touched it: sets page->places where they
   are known, else begins to take notes.  NGX_ERROR: no memory. */
ngx_int_t ngx_http_reco_places_look(
    ngx_http_request_t *r, ngx_http_reco_page_t *page, ngx_chain_t *in);

/* Takes a note of what the reader found. */
void ngx_http_reco_places_note(
    ngx_http_reco_page_t *page, const reco_html_step_t *step);

/* Remembers a page of which no more has to be read, after its header went. */
void ngx_http_reco_places_keep(ngx_http_reco_page_t *page);

/* Does in one buffer what the reader would do. */
ngx_int_t ngx_http_reco_places_feed(
    ngx_http_request_t *r, ngx_http_reco_ctx_t *ctx, ngx_buf_t *in);

/* True when there is no place any more. */
ngx_uint_t ngx_http_reco_places_finished(ngx_http_reco_places_t *places);

/* True where a limit was met when the page was read. */
ngx_uint_t ngx_http_reco_places_limited(ngx_http_reco_places_t *places);

/* The filters after us want the page in memory: reads what is on page->out. */
ngx_int_t ngx_http_reco_places_load(
    ngx_http_request_t *r, ngx_http_reco_page_t *page);

#endif /* NGX_HTTP_RECO_PLACES_H */
