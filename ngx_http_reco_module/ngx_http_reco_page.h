#ifndef NGX_HTTP_RECO_PAGE_H
#define NGX_HTTP_RECO_PAGE_H

#include "ngx_http_reco_module.h"
#include "html/reco_html_harvest.h"


/*
 * Rewrites a page on its way.  What the origin sent goes on as spans of its
 * own buffers; a span's last buffer carries the origin's as its shadow, which
 * is marked as read when the span has been sent.  Buffers are recycled, so a
 * page of any size takes a few of them.
 *
 * The header waits for the first piece of the body, and for all that nginx has
 * at hand with it: a page that comes in one piece and holds no slot keeps its
 * header, and one that does gets its new length.  Once no slot can match any
 * more the rest goes through unread, and files need not be read into memory
 * for us.
 */

typedef struct ngx_http_reco_places_s ngx_http_reco_places_t;

struct ngx_http_reco_page_s {
    reco_html_memory_t memory;      /* the request's pool */
    reco_html_rewriter_t *rewriter; /* NULL: nothing is read yet */
    reco_html_harvest_t *harvest;   /* or NULL */
    ngx_array_t *slots; /* ngx_http_reco_slot_t *, of the location */

    ngx_chain_t *out; /* not passed on yet */
    ngx_chain_t **last_out;
    ngx_chain_t *busy; /* passed on and not sent yet */
    ngx_chain_t *free;
    ngx_chain_t *free_held; /* with memory for bytes held back */

    u_char *gathered;  /* copies of what goes out with what comes next */
    size_t ngathered;  /* bytes of them */
    size_t room;       /* bytes that there may be */
    ngx_buf_t *joined; /* the last on out, where it is one of them; or NULL */

    off_t from; /* the span so far, in the buffer at hand */
    off_t to;
    ngx_buf_t *last; /* the buffer made last from the one at hand */

    off_t left; /* of the origin's page, as it said; -1: unknown */
    off_t size; /* of what was appended to out */

    ngx_http_reco_places_t *places; /* known before; NULL: to be read */
    ngx_http_reco_places_t *notes;  /* of what is read; NULL: none */

    ngx_str_t *blocks; /* of each slot; data NULL: not asked for yet */
    uint32_t placed;   /* mask of the slots that found a place */
    uint32_t empty;    /* mask of those that have nothing to show */

    unsigned ascii : 1;     /* blocks are written in ASCII alone */
    unsigned begun : 1;     /* the first bytes were seen */
    unsigned passing : 1;   /* the rest goes through unread */
    unsigned ended : 1;     /* the page's end was seen */
    unsigned early : 1;     /* and announced before the origin's last buffer */
    unsigned waiting : 1;   /* the header is not sent yet */
    unsigned renewed : 1;   /* it was made to fit a rewritten page */
    unsigned sending : 1;   /* the filters after us are at work */
    unsigned needed : 1;    /* somebody else needs the body in memory */
    unsigned learning : 1;  /* the page is read for its product */
    unsigned plain : 1;     /* what comes is what the origin's file holds */
    unsigned seen : 1;      /* and was looked at, as it came */
    unsigned gathering : 1; /* what is read now stays on out */
    unsigned gzip_tested : 1;
    unsigned gzip_ok : 1;
};


/* True where the answer's bytes are the page itself, in no coding. */
ngx_uint_t ngx_http_reco_page_is_plain(ngx_http_request_t *r);

/*
 * Rewrites one buffer onto page->out.  NGX_DECLINED: from this buffer on the
 * page is to pass as it is; NGX_ERROR.
 */
ngx_int_t ngx_http_reco_page_feed(
    ngx_http_request_t *r, ngx_http_reco_ctx_t *ctx, ngx_buf_t *in);

/* Does what the reader says.  A text that is not held begins so many bytes
   behind the begin of the buffer at hand. */
ngx_int_t ngx_http_reco_page_step(ngx_http_request_t *r,
    ngx_http_reco_ctx_t *ctx, ngx_buf_t *in, reco_html_step_t *step, off_t at);


/* -- buffers ------------------------------------------------------------- */

/* From the header filter: what has come of the origin's page and is not read yet is
   read at once, where that is all of it, and not more than 64 KB. */
ngx_int_t ngx_http_reco_page_read_ahead(ngx_http_request_t *r);

/* Appends a buffer of the module's own, which says nothing of what comes after it:
   see ngx_http_reco_page_flags(). */
void ngx_http_reco_page_append(ngx_http_reco_page_t *page, ngx_chain_t *cl);

/* Appends the span that was gathered of a buffer, if any. */
ngx_int_t ngx_http_reco_page_span(
    ngx_http_request_t *r, ngx_http_reco_page_t *page, ngx_buf_t *in);

/* Appends bytes that the rewriter had kept; they are copied. */
ngx_int_t ngx_http_reco_page_held(
    ngx_http_request_t *r, ngx_http_reco_page_t *page, reco_str_t *text);

/*
 * True where what comes now stays on page->out until the next call, as nginx has
 * more of the page at hand: what has come of the origin's answer goes out in one
 * write, though nginx's own limits would make many.  It is copied then, so that
 * nginx has its buffers back.
 */
ngx_uint_t ngx_http_reco_page_gathers(
    ngx_http_request_t *r, ngx_http_reco_page_t *page, ngx_chain_t *in);

/* What an input buffer says besides its bytes goes to the last one of ours. */
ngx_int_t ngx_http_reco_page_flags(
    ngx_http_request_t *r, ngx_http_reco_page_t *page, ngx_buf_t *in);

/* Counts bytes of the origin's page; true where they were the last. */
ngx_uint_t ngx_http_reco_page_arrived(ngx_http_reco_page_t *page, off_t n);

/* Appends what is left of a chain, unread. */
ngx_int_t ngx_http_reco_page_rest(
    ngx_http_request_t *r, ngx_http_reco_page_t *page, ngx_chain_t *in);

/* Takes back what was sent, and marks the origin's buffers as read. */
void ngx_http_reco_page_reclaim(
    ngx_http_request_t *r, ngx_http_reco_page_t *page);

#endif /* NGX_HTTP_RECO_PAGE_H */
