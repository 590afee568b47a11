#include "ngx_http_reco_places.h"


/*
 * The first look at an answer's header: before nginx answers 304 by a
 * validator of the origin's page, and before its gunzip filter asks whether
 * the client could take the compressed bytes.  A page that is going to be
 * rewritten must not be answered 304 and must come out of gunzip.
 *
 * And at its body: before nginx reads a file for the filters that want it in
 * memory, as places in a file that is known need not be looked for.
 */

static ngx_int_t ngx_http_reco_gate_init(ngx_conf_t *cf);
static char *ngx_http_reco_gate_merge_loc_conf(
    ngx_conf_t *cf, void *parent, void *child);
static void *ngx_http_reco_gate_create_loc_conf(ngx_conf_t *cf);


static ngx_http_module_t ngx_http_reco_gate_module_ctx = {
    NULL,                    /* preconfiguration */
    ngx_http_reco_gate_init, /* postconfiguration */

    NULL, /* create main configuration */
    NULL, /* init main configuration */

    NULL, /* create server configuration */
    NULL, /* merge server configuration */

    ngx_http_reco_gate_create_loc_conf, /* create location configuration */
    ngx_http_reco_gate_merge_loc_conf,  /* merge location configuration */
};


ngx_module_t ngx_http_reco_gate_module = {
    NGX_MODULE_V1,
    &ngx_http_reco_gate_module_ctx, /* module context */
    NULL,                           /* module directives */
    NGX_HTTP_MODULE,                /* module type */
    NULL,                           /* init master */
    NULL,                           /* init module */
    NULL,                           /* init process */
    NULL,                           /* init thread */
    NULL,                           /* exit thread */
    NULL,                           /* exit process */
    NULL,                           /* exit master */
    NGX_MODULE_V1_PADDING,
};


/* nginx's gunzip configuration of a place, but turned on. */
typedef struct {
    void *gunzip;
} ngx_http_reco_gate_loc_conf_t;


static ngx_http_output_header_filter_pt ngx_http_next_header_filter;
static ngx_http_output_body_filter_pt ngx_http_next_body_filter;


static ngx_uint_t
ngx_http_reco_gate_status(ngx_http_request_t *r, ngx_http_reco_loc_conf_t *lcf)
{
    ngx_uint_t i, *status;

    if (lcf->statuses == NULL) {
        return r->headers_out.status == NGX_HTTP_OK;
    }

    status = lcf->statuses->elts;

    for (i = 0; i < lcf->statuses->nelts; i++) {
        if (r->headers_out.status == status[i]) {
            return 1;
        }
    }

    return 0;
}


/* "gzip", "x-gzip": what nginx's gunzip takes is "gzip" alone. */
static ngx_uint_t
ngx_http_reco_gate_gzip(ngx_http_request_t *r)
{
    ngx_table_elt_t *h;

    h = r->headers_out.content_encoding;

    return h->value.len == 4
           && ngx_strncasecmp(h->value.data, (u_char *) "gzip", 4) == 0;
}


/* Makes nginx's gunzip take this answer, whatever the client accepts. */
static ngx_int_t
ngx_http_reco_gate_gunzip(ngx_http_request_t *r, void *gunzip)
{
    void **loc_conf;
    ngx_http_reco_main_conf_t *main;

    main = ngx_http_get_module_main_conf(r, ngx_http_reco_module);

    loc_conf = ngx_palloc(r->pool, sizeof(void *) * ngx_http_max_module);
    if (loc_conf == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(loc_conf, r->loc_conf, sizeof(void *) * ngx_http_max_module);
    loc_conf[main->gunzip->ctx_index] = gunzip;
    r->loc_conf = loc_conf;

    r->gzip_tested = 1;
    r->gzip_ok = 0;

    return NGX_OK;
}


/* What is done with a page that is of a status and type listed. */
typedef struct {
    ngx_uint_t rewriting;
    ngx_uint_t learning;
    void *gunzip; /* NULL: it comes as it is */
} ngx_http_reco_gate_task_t;


/* NGX_DECLINED: nothing is, and the page passes. */
static ngx_int_t
ngx_http_reco_gate_task(ngx_http_request_t *r, ngx_http_reco_ctx_t *ctx,
    ngx_http_reco_loc_conf_t *lcf, ngx_http_reco_gate_task_t *task)
{
    ngx_http_reco_gate_loc_conf_t *glcf;

    task->rewriting = lcf->enable && lcf->plan != NULL;
    task->learning = ngx_http_reco_learn_due(r, ctx);
    task->gunzip = NULL;

    if (!(task->rewriting || task->learning)
        || r->headers_out.content_length_n == 0 || r->subrequest_ranges
        || r->headers_out.content_range != NULL)
    {
        return NGX_DECLINED;
    }

    /* ASCII bytes do not stand for ASCII characters there */

    if (reco_html_charset(ngx_http_reco_str(r->headers_out.charset))
        == RECO_HTML_CHARSET_OTHER)
    {
        ngx_http_reco_count(NGX_HTTP_RECO_CHARSET, 1);
        return NGX_DECLINED;
    }

    if (task->rewriting && ctx->version == NULL) {
        ctx->version = ngx_http_reco_version_acquire(lcf->model);
        if (ctx->version == NULL) {
            ngx_http_reco_count(NGX_HTTP_RECO_NO_MODEL, 1);

            /* the script is what the first model is made from */
            task->rewriting = lcf->sdk != NULL;
        }
    }

    if (ngx_http_reco_page_is_plain(r)) {
        return task->rewriting || task->learning ? NGX_OK : NGX_DECLINED;
    }

    if (!task->rewriting) {
        /* nothing is decompressed merely to be read */
        return NGX_DECLINED;
    }

    glcf = ngx_http_get_module_loc_conf(r, ngx_http_reco_gate_module);
    task->gunzip = glcf->gunzip;

    if (!ngx_http_reco_gate_gzip(r) || task->gunzip == NULL) {
        ngx_http_reco_count(NGX_HTTP_RECO_CODED, 1);
        return NGX_DECLINED;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_reco_gate_header_filter(ngx_http_request_t *r)
{
    ngx_http_reco_ctx_t *ctx;
    ngx_http_reco_loc_conf_t *lcf;
    ngx_http_reco_gate_task_t task;

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_reco_module);

    if (!(lcf->enable || lcf->learn) || r != r->main) {
        return ngx_http_next_header_filter(r);
    }

    ctx = ngx_http_reco_peek_ctx(r);

    if (ctx != NULL) {
        /* an answer took the place of one that was refused half-way */
        ctx->page = NULL;
    }

    if (!ngx_http_reco_gate_status(r, lcf)
        || ngx_http_test_content_type(r, &lcf->types) == NULL)
    {
        return ngx_http_next_header_filter(r);
    }

    ctx = ngx_http_reco_get_ctx(r);
    if (ctx == NULL) {
        return NGX_ERROR;
    }

    if (lcf->enable) {
        ngx_http_reco_page_view(r, ctx);
    }

    if (ngx_http_reco_gate_task(r, ctx, lcf, &task) != NGX_OK) {
        return ngx_http_next_header_filter(r);
    }

    /* it notes what gzip is to find, so before that is changed for gunzip */

    if (ngx_http_reco_page_create(r, ctx, task.rewriting, task.learning)
            != NGX_OK
        || (task.gunzip != NULL
            && ngx_http_reco_gate_gunzip(r, task.gunzip) != NGX_OK))
    {
        return NGX_ERROR;
    }

    ctx->page->plain = task.gunzip == NULL;

    if (task.rewriting && !lcf->last_modified) {
        r->disable_not_modified = 1;
    }

    return ngx_http_next_header_filter(r);
}


static ngx_int_t
ngx_http_reco_gate_body_filter(ngx_http_request_t *r, ngx_chain_t *in)
{
    ngx_http_reco_ctx_t *ctx;
    ngx_http_reco_page_t *page;

    ctx = ngx_http_get_module_ctx(r, ngx_http_reco_module);

    if (ctx == NULL || ctx->page == NULL || in == NULL || r != r->main) {
        return ngx_http_next_body_filter(r, in);
    }

    page = ctx->page;

    if (page->waiting && page->plain && !page->seen
        && ngx_http_reco_places_look(r, page, in) != NGX_OK)
    {
        return NGX_ERROR;
    }

    page->seen = 1;

    return ngx_http_next_body_filter(r, in);
}


static void *
ngx_http_reco_gate_create_loc_conf(ngx_conf_t *cf)
{
    return ngx_pcalloc(cf->pool, sizeof(ngx_http_reco_gate_loc_conf_t));
}


/*
 * This module stands behind gunzip in nginx's list, so that gunzip's own
 * configuration of this place is merged by now.  The one that is turned on is
 * made by gunzip's own functions, as if the site had written "gunzip on".
 */
static char *
ngx_http_reco_gate_merge_loc_conf(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_http_reco_gate_loc_conf_t *conf = child;

    void *gunzip, **loc_conf;
    ngx_http_module_t *module;
    ngx_http_reco_loc_conf_t *lcf;
    ngx_http_reco_main_conf_t *main;

    loc_conf = ((ngx_http_conf_ctx_t *) cf->ctx)->loc_conf;
    main = ngx_http_conf_get_module_main_conf(cf, ngx_http_reco_module);
    lcf = loc_conf[ngx_http_reco_module.ctx_index];

    if (main->gunzip == NULL || !lcf->enable || lcf->plan == NULL) {
        return NGX_CONF_OK;
    }

    module = main->gunzip->ctx;

    gunzip = module->create_loc_conf(cf);
    if (gunzip == NULL) {
        return NGX_CONF_ERROR;
    }

    *(ngx_flag_t *) ((u_char *) gunzip + main->gunzip_enable) = 1;

    conf->gunzip = gunzip;

    return module->merge_loc_conf(
        cf, loc_conf[main->gunzip->ctx_index], gunzip);
}


static ngx_int_t
ngx_http_reco_gate_init(ngx_conf_t *cf)
{
    ngx_http_next_header_filter = ngx_http_top_header_filter;
    ngx_http_top_header_filter = ngx_http_reco_gate_header_filter;

    ngx_http_next_body_filter = ngx_http_top_body_filter;
    ngx_http_top_body_filter = ngx_http_reco_gate_body_filter;

    return NGX_OK;
}
