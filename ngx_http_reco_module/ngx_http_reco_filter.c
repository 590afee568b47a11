#include "ngx_http_reco_caching.h"
#include "ngx_http_reco_places.h"


extern ngx_module_t ngx_http_copy_filter_module;

static ngx_http_output_header_filter_pt ngx_http_next_header_filter;
static ngx_http_output_body_filter_pt ngx_http_next_body_filter;


/* -- header -------------------------------------------------------------- */

ngx_uint_t
ngx_http_reco_page_is_plain(ngx_http_request_t *r)
{
    ngx_table_elt_t *h;

    h = r->headers_out.content_encoding;

    return h == NULL || h->hash == 0 || h->value.len == 0
           || (h->value.len == sizeof("identity") - 1
               && ngx_strncasecmp(h->value.data, (u_char *) "identity",
                      sizeof("identity") - 1)
                      == 0);
}


static ngx_int_t
ngx_http_reco_page_headers(ngx_http_request_t *r, ngx_http_reco_ctx_t *ctx)
{
    ngx_http_reco_loc_conf_t *lcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_reco_module);

    ngx_http_clear_content_length(r);
    ngx_http_clear_accept_ranges(r);
    ngx_http_reco_clear_header(r, "Content-MD5");
    ngx_http_reco_clear_header(r, "Digest");
    ngx_http_reco_clear_header(r, "Content-Digest");
    ngx_http_reco_clear_header(r, "Repr-Digest");

    if (lcf->last_modified) {
        ngx_http_weak_etag(r);

    } else {
        ngx_http_clear_last_modified(r);
        ngx_http_clear_etag(r);
    }

    if (ngx_http_reco_caching(r) != NGX_OK) {
        return NGX_ERROR;
    }

    if (lcf->cache_control_off || r->method == NGX_HTTP_HEAD
        || ngx_http_reco_visitor(r, ctx) != NGX_OK)
    {
        return NGX_OK;
    }

    return ngx_http_reco_visitor_header(r, ctx);
}


/* Sends the header that the first piece of the body calls for. */
static ngx_int_t
ngx_http_reco_page_send_header(ngx_http_request_t *r, ngx_http_reco_ctx_t *ctx)
{
    ngx_int_t rc;
    ngx_http_reco_page_t *page;

    page = ctx->page;
    page->waiting = 0;

    /*
     * One that is only read is not touched.  Who is shown nothing gets the
     * same header as those who are: a cache would give it to them.
     */
    page->renewed =
        page->placed != 0 || (!page->passing && page->slots->nelts > 0);

    if (page->renewed) {
        if (ngx_http_reco_page_headers(r, ctx) != NGX_OK) {
            return NGX_ERROR;
        }

        if (page->ended) {
            r->headers_out.content_length_n = page->size;

        } else if (page->passing && page->left >= 0) {
            r->headers_out.content_length_n = page->size + page->left;
        }

        ngx_http_reco_count(NGX_HTTP_RECO_PAGES, 1);
    }

    /* who else reads the body shows when the filters after us have spoken */
    r->filter_need_in_memory = 0;

    rc = ngx_http_next_header_filter(r);

    page->needed |= r->filter_need_in_memory | r->main_filter_need_in_memory;
    r->filter_need_in_memory = 1;

    return rc;
}


static ngx_int_t
ngx_http_reco_header_filter(ngx_http_request_t *r)
{
    ngx_http_reco_ctx_t *ctx;
    ngx_http_reco_page_t *page;

    ctx = ngx_http_get_module_ctx(r, ngx_http_reco_module);

    if (ctx == NULL || ctx->page == NULL || r != r->main) {
        return ngx_http_next_header_filter(r);
    }

    page = ctx->page;
    r->gzip_tested = page->gzip_tested;
    r->gzip_ok = page->gzip_ok;

    if (r->headers_out.status == NGX_HTTP_PARTIAL_CONTENT) {
        ctx->page = NULL;
        return ngx_http_next_header_filter(r);
    }

    if (!ngx_http_reco_page_is_plain(r)) {
        ctx->page = NULL;
        ngx_http_reco_count(NGX_HTTP_RECO_CODED, 1);
        return ngx_http_next_header_filter(r);
    }

    /* what comes without its body, as where reco_last_modified allows a 304, says
       what it would say with it */

    if (r->method == NGX_HTTP_HEAD || r->header_only
        || r->headers_out.status == NGX_HTTP_NOT_MODIFIED)
    {
        ctx->page = NULL;

        if (page->slots->nelts == 0) {
            return ngx_http_next_header_filter(r);
        }

        return ngx_http_reco_page_headers(r, ctx) == NGX_OK
                   ? ngx_http_next_header_filter(r)
                   : NGX_ERROR;
    }

    /* trailers are made where the origin's own last buffer passes */
    page->left = r->expect_trailers ? -1 : r->headers_out.content_length_n;
    page->needed = r->filter_need_in_memory;

    if (ngx_http_reco_page_read_ahead(r) != NGX_OK) {
        return NGX_ERROR;
    }

    if (page->slots->nelts == 0) {
        return ngx_http_reco_page_send_header(r, ctx);
    }

    /*
     * Ranges are cut out of the body before it comes here, as the header has
     * told by then; it has not, so the answer is the whole page.
     */

    if (r->headers_in.range != NULL) {
        r->allow_ranges = 0;
    }

    page->waiting = 1;
    r->filter_need_in_memory = 1;

    return NGX_OK;
}


/* -- body ---------------------------------------------------------------- */

/*
 * A filter further on may call all of them again from within (addition does),
 * so what is passed on is not on page->out meanwhile.
 */
static ngx_int_t
ngx_http_reco_page_output(ngx_http_request_t *r, ngx_http_reco_page_t *page)
{
    ngx_int_t rc;
    ngx_uint_t sending;
    ngx_chain_t *out, **ll;

    out = page->out;
    page->out = NULL;
    page->last_out = &page->out;
    page->joined = NULL;

    sending = page->sending;
    page->sending = 1;

    rc = ngx_http_next_body_filter(r, out);

    page->sending = sending;

    for (ll = &page->busy; *ll != NULL; ll = &(*ll)->next) {
        /* void */
    }

    *ll = out;

    ngx_http_reco_page_reclaim(r, page);

    return rc;
}


/* From here on files may be sent without being read. */
static void
ngx_http_reco_page_relax(ngx_http_request_t *r, ngx_http_reco_page_t *page)
{
    ngx_output_chain_ctx_t *copy;

    if (page->needed) {
        return;
    }

    page->needed = 1;
    r->filter_need_in_memory = 0;

    copy = ngx_http_get_module_ctx(r, ngx_http_copy_filter_module);

    if (copy != NULL) {
        copy->need_in_memory = 0;
    }
}


/* True for the origin's own end of a page whose end went out before. */
static ngx_uint_t
ngx_http_reco_page_is_over(ngx_http_reco_page_t *page, ngx_chain_t *in)
{
    if (!page->early || page->sending) {
        return 0;
    }

    for (/* void */; in != NULL; in = in->next) {
        if (in->buf->last_buf) {
            page->early = 0;
            return 1;
        }
    }

    return 0;
}


static ngx_int_t
ngx_http_reco_body_filter(ngx_http_request_t *r, ngx_chain_t *in)
{
    ngx_int_t rc;
    ngx_chain_t *rest;
    ngx_http_reco_ctx_t *ctx;
    ngx_http_reco_page_t *page;

    ctx = ngx_http_get_module_ctx(r, ngx_http_reco_module);

    if (ctx == NULL || ctx->page == NULL) {
        return ngx_http_next_body_filter(r, in);
    }

    page = ctx->page;

    if (page->waiting && in == NULL) {
        return NGX_OK;
    }

    if (ngx_http_reco_page_is_over(page, in)) {
        in = NULL;
    }

    page->gathering = ngx_http_reco_page_gathers(r, page, in);

    for (rest = in; rest != NULL && !page->passing; rest = rest->next) {
        rc = ngx_http_reco_page_feed(r, ctx, rest->buf);

        if (rc == NGX_ERROR) {
            return NGX_ERROR;
        }

        if (rc == NGX_DECLINED) {
            break;
        }
    }

    if (page->gathering) {
        return ngx_http_reco_page_rest(r, page, rest);
    }

    if (page->waiting) {
        rc = ngx_http_reco_page_send_header(r, ctx);

        if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
            return rc;
        }

        if (page->places != NULL && page->needed
            && ngx_http_reco_places_load(r, page) != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    if (page->passing) {
        ngx_http_reco_places_keep(page);
        ngx_http_reco_page_relax(r, page);
    }

    if (ngx_http_reco_page_rest(r, page, rest) != NGX_OK) {
        return NGX_ERROR;
    }

    if (page->out == NULL && in != NULL) {
        /* all of it was kept or dropped */
        return page->busy != NULL ? NGX_AGAIN : NGX_OK;
    }

    return ngx_http_reco_page_output(r, page);
}


ngx_int_t
ngx_http_reco_filter_init(ngx_conf_t *cf)
{
    ngx_http_next_header_filter = ngx_http_top_header_filter;
    ngx_http_top_header_filter = ngx_http_reco_header_filter;

    ngx_http_next_body_filter = ngx_http_top_body_filter;
    ngx_http_top_body_filter = ngx_http_reco_body_filter;

    return NGX_OK;
}
