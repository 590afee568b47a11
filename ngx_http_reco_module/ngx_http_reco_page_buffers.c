#include "ngx_http_reco_page.h"


#define NGX_HTTP_RECO_GATHERED 65536
#define NGX_HTTP_RECO_AHEAD    65536


/*
 * nginx reads with a system call for each of its buffers.  Here the one that it read
 * the header into, with the page's first bytes, gives way to one that has room for the
 * rest, where that has come: it is read with one call, and the page stands together.
 * Of one that is not there yet nginx would keep what it has read until such a buffer
 * is full.  What comes has to be the page itself, as behind the header of HTTP/1: not
 * the frames of FastCGI or HTTP/2.
 */
ngx_int_t
ngx_http_reco_page_read_ahead(ngx_http_request_t *r)
{
    u_char *p;
    off_t rest;
    ngx_buf_t *b;
    ngx_connection_t *c;
    ngx_http_upstream_t *u;

    u = r->upstream;
    c = u != NULL ? u->peer.connection : NULL;

    if (c == NULL || !u->buffering || u->cacheable || u->store || u->upgrade
        || u->conf->limit_rate || c->ssl != NULL)
    {
        return NGX_OK;
    }

    b = &u->buffer;
    rest = u->headers_in.content_length_n - (b->last - b->pos);

    if (rest <= 0 || rest != c->read->available || rest > NGX_HTTP_RECO_AHEAD
        || b->pos - b->start < 7 || ngx_memcmp(b->start, "HTTP/1.", 7) != 0)
    {
        return NGX_OK;
    }

    p = ngx_palloc(r->pool, u->headers_in.content_length_n);
    if (p == NULL) {
        return NGX_ERROR;
    }

    b->start = p;
    b->last = ngx_cpymem(p, b->pos, b->last - b->pos);
    b->pos = p;
    b->end = b->last + rest;

    return NGX_OK;
}


void
ngx_http_reco_page_append(ngx_http_reco_page_t *page, ngx_chain_t *cl)
{
    ngx_buf_t *b;

    b = cl->buf;
    b->tag = (ngx_buf_tag_t) &ngx_http_reco_module;
    b->shadow = NULL;
    b->last_shadow = 0;
    b->last_buf = 0;
    b->last_in_chain = 0;
    b->flush = 0;
    b->recycled = 0;

    cl->next = NULL;

    *page->last_out = cl;
    page->last_out = &cl->next;
    page->last = b;
    page->joined = NULL;
    page->size += ngx_buf_size(b);
}


/* Appends a copy of the span, to the one before where there is one. */
static ngx_int_t
ngx_http_reco_page_copy(
    ngx_http_request_t *r, ngx_http_reco_page_t *page, ngx_buf_t *in)
{
    u_char *p;
    size_t n;
    ngx_buf_t *b;
    ngx_chain_t *cl;

    n = page->to - page->from;
    p = page->gathered + page->ngathered;

    ngx_memcpy(p, in->pos + page->from, n);
    page->ngathered += n;
    page->from = page->to;

    if (page->joined != NULL) {
        page->joined->last += n;
        page->size += n;
        return NGX_OK;
    }

    cl = ngx_chain_get_free_buf(r->pool, &page->free);
    if (cl == NULL) {
        return NGX_ERROR;
    }

    b = cl->buf;

    ngx_memzero(b, sizeof(ngx_buf_t));
    b->pos = p;
    b->last = p + n;
    b->temporary = 1;

    ngx_http_reco_page_append(page, cl);
    page->joined = b;

    return NGX_OK;
}


ngx_int_t
ngx_http_reco_page_span(
    ngx_http_request_t *r, ngx_http_reco_page_t *page, ngx_buf_t *in)
{
    ngx_buf_t *b;
    ngx_chain_t *cl;

    if (page->from == page->to) {
        return NGX_OK;
    }

    if (page->gathering) {
        return ngx_http_reco_page_copy(r, page, in);
    }

    cl = ngx_chain_get_free_buf(r->pool, &page->free);
    if (cl == NULL) {
        return NGX_ERROR;
    }

    b = cl->buf;

    ngx_memcpy(b, in, sizeof(ngx_buf_t));

    /* what is in memory goes from there, whatever file it was read from */

    if (ngx_buf_in_memory(in)) {
        b->pos = in->pos + page->from;
        b->last = in->pos + page->to;
        b->in_file = 0;

    } else {
        b->file_pos = in->file_pos + page->from;
        b->file_last = in->file_pos + page->to;
    }

    b->start = NULL;
    b->end = NULL;

    ngx_http_reco_page_append(page, cl);

    page->from = page->to;

    return NGX_OK;
}


ngx_int_t
ngx_http_reco_page_held(
    ngx_http_request_t *r, ngx_http_reco_page_t *page, reco_str_t *text)
{
    size_t n;
    ngx_buf_t *b;
    ngx_chain_t *cl;

    while (text->len > 0) {
        cl = ngx_chain_get_free_buf(r->pool, &page->free_held);
        if (cl == NULL) {
            return NGX_ERROR;
        }

        b = cl->buf;

        if (b->start == NULL) {
            b->start = ngx_pnalloc(r->pool, RECO_HTML_HELD_MAX);
            if (b->start == NULL) {
                return NGX_ERROR;
            }

            b->end = b->start + RECO_HTML_HELD_MAX;
            b->temporary = 1;
        }

        n = ngx_min(text->len, RECO_HTML_HELD_MAX);
        b->pos = b->start;
        b->last = ngx_cpymem(b->start, text->data, n);
        text->data += n;
        text->len -= n;

        b->sync = 0;

        ngx_http_reco_page_append(page, cl);
    }

    return NGX_OK;
}


/* A buffer without bytes, for what one may say besides. */
static ngx_int_t
ngx_http_reco_page_special(ngx_http_request_t *r, ngx_http_reco_page_t *page)
{
    ngx_chain_t *cl;

    cl = ngx_chain_get_free_buf(r->pool, &page->free);
    if (cl == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(cl->buf, sizeof(ngx_buf_t));
    cl->buf->sync = 1;

    ngx_http_reco_page_append(page, cl);

    return NGX_OK;
}


/*
 * True where all that is left of the page has arrived.  Where pages come in frames
 * (FastCGI, HTTP/2) the pipe's length is of the frame at hand, which may hold no page:
 * padding, or what is for the log; of HTTP/2 it is 1.
 */
static ngx_uint_t
ngx_http_reco_page_has_come(ngx_http_request_t *r, off_t left)
{
    ngx_event_pipe_t *p;
    ngx_http_upstream_t *u;

    u = r->upstream;
    p = u->pipe;

    return left > 1 && p->length == left && p->upstream->read->available >= left
           && u->schema.len >= 7
           && ngx_strncmp(u->schema.data, "fastcgi", 7) != 0;
}


/*
 * True where nginx is about to call again: more of what it has read waits, or what is
 * left of the page has arrived, and it stopped reading because it had no buffer left.
 * Once it has seen the answer's end, all goes in one call.
 */
static ngx_uint_t
ngx_http_reco_page_waits(ngx_http_request_t *r, ngx_chain_t *in, off_t left)
{
    ngx_event_pipe_t *p;

    p = r->upstream != NULL ? r->upstream->pipe : NULL;

    /* who alters buffers on their way to us may keep the next one */

    if (p == NULL || in->buf->tag != p->tag || p->cacheable || p->upstream_eof
        || p->upstream_error || p->upstream_done)
    {
        return 0;
    }

    return p->in != NULL
           || (p->upstream_blocked && p->limit_rate == 0
               && p->upstream->ssl == NULL
               && ngx_http_reco_page_has_come(r, left));
}


/* Memory for as much as may be gathered of the page, made once. */
static ngx_int_t
ngx_http_reco_page_room(ngx_http_request_t *r, ngx_http_reco_page_t *page)
{
    if (page->gathered != NULL) {
        return NGX_OK;
    }

    page->room = NGX_HTTP_RECO_GATHERED;

    if (page->left >= 0) {
        page->room = ngx_min(page->left, NGX_HTTP_RECO_GATHERED);
    }

    page->gathered = ngx_palloc(r->pool, page->room);

    return page->gathered != NULL ? NGX_OK : NGX_ERROR;
}


ngx_uint_t
ngx_http_reco_page_gathers(
    ngx_http_request_t *r, ngx_http_reco_page_t *page, ngx_chain_t *in)
{
    off_t size;
    ngx_buf_t *b;
    ngx_chain_t *cl;

    if (page->sending || page->busy != NULL || in == NULL
        || (page->passing && !page->waiting && !page->renewed))
    {
        return 0;
    }

    size = 0;

    for (cl = in; cl != NULL; cl = cl->next) {
        b = cl->buf;

        if (!ngx_buf_in_memory(b) || b->last_buf || b->last_in_chain || b->flush
            || b->sync)
        {
            return 0;
        }

        size += b->last - b->pos;
    }

    if ((page->left >= 0 && page->left <= size)
        || !ngx_http_reco_page_waits(r, in, page->left - size)
        || ngx_http_reco_page_room(r, page) != NGX_OK)
    {
        return 0;
    }

    if (page->out == NULL) {
        page->ngathered = 0;
    }

    return size <= (off_t) (page->room - page->ngathered);
}


ngx_int_t
ngx_http_reco_page_flags(
    ngx_http_request_t *r, ngx_http_reco_page_t *page, ngx_buf_t *in)
{
    ngx_buf_t *b;

    if (page->last == NULL || page->gathering) {
        if (page->gathering
            || (!in->last_buf && !in->last_in_chain && !in->flush && !in->sync
                && !page->early))
        {
            /* all of it was copied, kept or dropped */
            in->pos = in->last;

            if (in->in_file) {
                in->file_pos = in->file_last;
            }

            return NGX_OK;
        }

        if (ngx_http_reco_page_special(r, page) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    b = page->last;
    b->last_buf = in->last_buf | page->early;
    b->last_in_chain = in->last_in_chain;
    b->flush = in->flush;
    b->recycled = in->recycled;
    b->shadow = in;

    return NGX_OK;
}


ngx_uint_t
ngx_http_reco_page_arrived(ngx_http_reco_page_t *page, off_t n)
{
    if (page->left < 0) {
        return 0;
    }

    page->left -= ngx_min(page->left, n);

    return page->left == 0;
}


/* Appends copies of a chain's buffers, unread. */
static ngx_int_t
ngx_http_reco_page_gather(
    ngx_http_request_t *r, ngx_http_reco_page_t *page, ngx_chain_t *in)
{
    ngx_buf_t *b;

    for (/* void */; in != NULL; in = in->next) {
        b = in->buf;
        page->from = 0;
        page->to = b->last - b->pos;

        if (ngx_http_reco_page_span(r, page, b) != NGX_OK
            || ngx_http_reco_page_flags(r, page, b) != NGX_OK)
        {
            return NGX_ERROR;
        }

        (void) ngx_http_reco_page_arrived(page, page->to);
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_reco_page_rest(
    ngx_http_request_t *r, ngx_http_reco_page_t *page, ngx_chain_t *in)
{
    ngx_chain_t *cl;

    if (page->gathering) {
        return ngx_http_reco_page_gather(r, page, in);
    }

    for (/* void */; in != NULL; in = in->next) {
        cl = ngx_alloc_chain_link(r->pool);
        if (cl == NULL) {
            return NGX_ERROR;
        }

        cl->buf = in->buf;
        cl->next = NULL;

        *page->last_out = cl;
        page->last_out = &cl->next;

        page->ended |= in->buf->last_buf;

        if (ngx_http_reco_page_arrived(page, ngx_buf_size(in->buf))
            && !page->ended && page->renewed)
        {
            page->ended = 1;
            page->early = 1;

            if (ngx_http_reco_page_special(r, page) != NGX_OK) {
                return NGX_ERROR;
            }

            page->last->last_buf = 1;
        }
    }

    return NGX_OK;
}


void
ngx_http_reco_page_reclaim(ngx_http_request_t *r, ngx_http_reco_page_t *page)
{
    ngx_buf_t *b, *in;
    ngx_chain_t *cl;

    while (page->busy != NULL) {
        cl = page->busy;
        b = cl->buf;

        if (b->tag != (ngx_buf_tag_t) &ngx_http_reco_module) {
            page->busy = cl->next;
            ngx_free_chain(r->pool, cl);
            continue;
        }

        if (ngx_buf_size(b) != 0) {
            break;
        }

        in = b->shadow;

        if (in != NULL) {
            in->pos = in->last;

            if (in->in_file) {
                in->file_pos = in->file_last;
            }
        }

        page->busy = cl->next;

        /* one without data may still stand in a chain further on */

        if (ngx_buf_in_memory(b) || b->in_file) {
            if (b->start != NULL) {
                cl->next = page->free_held;
                page->free_held = cl;

            } else {
                cl->next = page->free;
                page->free = cl;
            }
        }
    }
}
