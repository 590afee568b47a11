#include "ngx_http_reco_places.h"


/* Of pages that are read only. */
static ngx_array_t ngx_http_reco_no_slots;


ngx_int_t
ngx_http_reco_page_create(ngx_http_request_t *r, ngx_http_reco_ctx_t *ctx,
    ngx_uint_t rewriting, ngx_uint_t learning)
{
    ngx_http_reco_page_t *page;
    ngx_http_reco_loc_conf_t *lcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_reco_module);

    page = ngx_pcalloc(r->pool, sizeof(ngx_http_reco_page_t));
    if (page == NULL) {
        return NGX_ERROR;
    }

    page->slots = rewriting ? lcf->slots : &ngx_http_reco_no_slots;

    page->blocks =
        ngx_pcalloc(r->pool, (page->slots->nelts + 1) * sizeof(ngx_str_t));
    if (page->blocks == NULL) {
        return NGX_ERROR;
    }

    page->learning = learning;
    page->last_out = &page->out;
    page->gzip_tested = r->gzip_tested;
    page->gzip_ok = r->gzip_ok;

    /* references stand for characters in every ASCII-compatible set */
    page->ascii = reco_html_charset(ngx_http_reco_str(r->headers_out.charset))
                  != RECO_HTML_CHARSET_UTF8;

    ctx->page = page;

    return NGX_OK;
}


/* True for application/xhtml+xml, and what else ends so. */
static ngx_uint_t
ngx_http_reco_page_is_xml(ngx_http_request_t *r)
{
    u_char *end;
    size_t len;

    len = r->headers_out.content_type_len;
    end = r->headers_out.content_type.data + len;

    return len >= 3 && ngx_strncasecmp(end - 3, (u_char *) "xml", 3) == 0;
}


/* Makes the reader. */
static ngx_int_t
ngx_http_reco_page_start(ngx_http_request_t *r, ngx_http_reco_page_t *page)
{
    ngx_http_reco_loc_conf_t *lcf;
    ngx_http_reco_main_conf_t *main;

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_reco_module);
    main = ngx_http_get_module_main_conf(r, ngx_http_reco_module);

    page->memory.alloc = ngx_http_reco_alloc;
    page->memory.owner = r->pool;

    page->rewriter = reco_html_rewriter_create(
        page->slots->nelts > 0 ? lcf->plan : main->no_slots, &page->memory);

    if (page->rewriter == NULL) {
        return NGX_ERROR;
    }

    if (r->headers_out.charset.len > 0) {
        reco_html_rewriter_header_charset(
            page->rewriter, ngx_http_reco_str(r->headers_out.charset));
    }

    if (ngx_http_reco_page_is_xml(r)) {
        reco_html_rewriter_xml(page->rewriter);
    }

    if (page->learning) {
        return ngx_http_reco_learn_start(page);
    }

    if (main->passages != NULL
        && reco_html_rewriter_recall(page->rewriter, main->passages)
               == RECO_NOMEM)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


/* NGX_OK: block is the slot's; NGX_DECLINED: it has none. */
static ngx_int_t
ngx_http_reco_page_block(ngx_http_request_t *r, ngx_http_reco_ctx_t *ctx,
    unsigned n, ngx_str_t *block)
{
    ngx_int_t rc;
    ngx_http_reco_page_t *page;
    ngx_http_reco_slot_t **slots;

    page = ctx->page;
    page->placed |= (uint32_t) 1 << n;

    if (page->empty & ((uint32_t) 1 << n)) {
        return NGX_DECLINED;
    }

    if (page->blocks[n].data == NULL) {
        slots = page->slots->elts;

        rc = ngx_http_reco_block(
            r, ctx, slots[n], page->ascii, &page->blocks[n]);

        if (rc != NGX_OK) {
            page->empty |= (uint32_t) 1 << n;
            return rc;
        }
    }

    *block = page->blocks[n];

    return NGX_OK;
}


static ngx_int_t
ngx_http_reco_page_insert(
    ngx_http_request_t *r, ngx_http_reco_ctx_t *ctx, unsigned slot)
{
    ngx_int_t rc;
    ngx_buf_t *b;
    ngx_str_t block;
    ngx_chain_t *cl;

    rc = ngx_http_reco_page_block(r, ctx, slot, &block);

    if (rc != NGX_OK || block.len == 0) {
        return rc == NGX_ERROR ? NGX_ERROR : NGX_OK;
    }

    cl = ngx_chain_get_free_buf(r->pool, &ctx->page->free);
    if (cl == NULL) {
        return NGX_ERROR;
    }

    b = cl->buf;

    ngx_memzero(b, sizeof(ngx_buf_t));
    b->pos = block.data;
    b->last = block.data + block.len;
    b->memory = 1;

    ngx_http_reco_page_append(ctx->page, cl);
    ngx_http_reco_count(NGX_HTTP_RECO_BLOCKS, 1);

    return NGX_OK;
}


ngx_int_t
ngx_http_reco_page_step(ngx_http_request_t *r, ngx_http_reco_ctx_t *ctx,
    ngx_buf_t *in, reco_html_step_t *step, off_t at)
{
    ngx_int_t rc;
    ngx_str_t block;
    ngx_http_reco_page_t *page;

    page = ctx->page;

    if (step->action == RECO_HTML_INSERT) {
        if (ngx_http_reco_page_span(r, page, in) != NGX_OK) {
            return NGX_ERROR;
        }

        return ngx_http_reco_page_insert(r, ctx, step->slot);
    }

    if (step->action == RECO_HTML_DROP) {
        rc = ngx_http_reco_page_block(r, ctx, step->slot, &block);

        if (rc == NGX_ERROR) {
            return NGX_ERROR;
        }

        if (rc == NGX_OK) {
            return ngx_http_reco_page_span(r, page, in);
        }

        /* nothing to put in its place: what is there stays */
    }

    if (step->held) {
        if (ngx_http_reco_page_span(r, page, in) != NGX_OK) {
            return NGX_ERROR;
        }

        return ngx_http_reco_page_held(r, page, &step->text);
    }

    if (page->to != at) {
        if (ngx_http_reco_page_span(r, page, in) != NGX_OK) {
            return NGX_ERROR;
        }

        page->from = at;
    }

    page->to = at + step->text.len;

    return NGX_OK;
}


/* Counts what became of the slots, when no more of the page is to be read. */
static void
ngx_http_reco_page_end(ngx_http_reco_page_t *page)
{
    ngx_uint_t i, limited;

    limited = page->places != NULL
                  ? ngx_http_reco_places_limited(page->places)
                  : reco_html_rewriter_limited(page->rewriter) != 0;

    if (page->rewriter != NULL) {
        ngx_http_reco_count(NGX_HTTP_RECO_BYTES_RECALLED,
            reco_html_rewriter_recalled(page->rewriter));

        if (reco_html_rewriter_charset(page->rewriter)
            == RECO_HTML_CHARSET_OTHER) {
            ngx_http_reco_count(NGX_HTTP_RECO_CHARSET, 1);
            return;
        }
    }

    for (i = 0; i < page->slots->nelts; i++) {
        if ((page->placed & ((uint32_t) 1 << i)) == 0) {
            ngx_http_reco_count(NGX_HTTP_RECO_UNPLACED, 1);
        }
    }

    if (limited) {
        ngx_http_reco_count(NGX_HTTP_RECO_LIMITED, 1);
    }
}


/* Gives up rewriting: what was kept goes out, and the rest as it comes. */
static ngx_int_t
ngx_http_reco_page_abandon(ngx_http_request_t *r, ngx_http_reco_page_t *page)
{
    size_t pos;
    reco_html_step_t step;

    page->passing = 1;
    page->notes = NULL;
    pos = 0;

    while (reco_html_rewriter_feed(page->rewriter, "", 0, 1, &pos, &step)
           == RECO_OK)
    {
        if (step.action != RECO_HTML_INSERT
            && ngx_http_reco_page_held(r, page, &step.text) != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_DECLINED;
}


/* UTF-16 and UTF-32 that only a byte order mark tells. */
static ngx_uint_t
ngx_http_reco_page_wide(ngx_buf_t *in)
{
    return in->last - in->pos >= 2
           && ((in->pos[0] == 0xfe && in->pos[1] == 0xff)
               || (in->pos[0] == 0xff && in->pos[1] == 0xfe));
}


/* Does what the reader says to a buffer; NGX_DECLINED: the page is none that
   can be read. */
static ngx_int_t
ngx_http_reco_page_read(
    ngx_http_request_t *r, ngx_http_reco_ctx_t *ctx, ngx_buf_t *in)
{
    off_t at;
    size_t pos, len;
    const char *data;
    reco_html_step_t step;
    ngx_http_reco_page_t *page;

    page = ctx->page;
    data = "";
    len = 0;

    if (page->rewriter == NULL && ngx_http_reco_page_start(r, page) != NGX_OK) {
        return NGX_ERROR;
    }

    if (ngx_buf_in_memory(in)) {
        data = (const char *) in->pos;
        len = in->last - in->pos;

    } else if (ngx_buf_size(in) > 0) {
        /* not read for us: let it and the rest go by */
        ngx_http_reco_failure(r->connection->log, NGX_HTTP_RECO_FAILED,
            "the body of \"%.*s\" is not in memory", (int) r->uri.len,
            r->uri.data);
        return ngx_http_reco_page_abandon(r, page);
    }

    if (!page->begun && len > 0) {
        page->begun = 1;

        if (ngx_http_reco_page_wide(in)) {
            ngx_http_reco_count(NGX_HTTP_RECO_CHARSET, 1);
            page->passing = 1;
            page->notes = NULL;
            return NGX_DECLINED;
        }
    }

    pos = 0;

    while (reco_html_rewriter_feed(
               page->rewriter, data, len, page->ended, &pos, &step)
           == RECO_OK)
    {
        at = step.held || step.action == RECO_HTML_INSERT
                 ? page->to
                 : step.text.data - data;

        ngx_http_reco_places_note(page, &step);

        if (ngx_http_reco_page_step(r, ctx, in, &step, at) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* True where nothing ahead can be a place. */
static ngx_uint_t
ngx_http_reco_page_finished(ngx_http_reco_page_t *page)
{
    return page->places != NULL
               ? ngx_http_reco_places_finished(page->places)
               : reco_html_rewriter_finished(page->rewriter) != 0;
}


ngx_int_t
ngx_http_reco_page_feed(
    ngx_http_request_t *r, ngx_http_reco_ctx_t *ctx, ngx_buf_t *in)
{
    off_t left;
    ngx_int_t rc;
    ngx_http_reco_page_t *page;

    page = ctx->page;
    page->last = NULL;
    page->from = 0;
    page->to = 0;

    /*
     * The origin's last buffer often comes by itself, after the last byte.
     * Where the length says that this was the last byte, the end goes out
     * with it: one packet less.
     */

    left = page->left;
    page->early =
        ngx_http_reco_page_arrived(page, ngx_buf_size(in)) && !in->last_buf;
    page->ended = in->last_buf || page->early;

    rc = page->places != NULL ? ngx_http_reco_places_feed(r, ctx, in)
                              : ngx_http_reco_page_read(r, ctx, in);

    if (rc == NGX_DECLINED) {
        page->left = left;
        page->early = 0;
        page->ended = 0;
    }

    if (rc != NGX_OK || ngx_http_reco_page_span(r, page, in) != NGX_OK) {
        return rc != NGX_OK ? rc : NGX_ERROR;
    }

    if (page->ended && page->harvest != NULL) {
        ngx_http_reco_learn_end(r, ctx);
    }

    if (page->ended) {
        page->early &= page->placed != 0 || page->renewed;
    }

    if (page->ended || ngx_http_reco_page_finished(page)) {
        page->passing = 1;
        ngx_http_reco_page_end(page);
    }

    return ngx_http_reco_page_flags(r, page, in);
}
