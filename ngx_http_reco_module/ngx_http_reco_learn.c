#include "ngx_http_reco_page.h"
#include "ngx_http_reco_shared.h"


/*
 * What pages say about their products becomes events of type "item": one when
 * a page is first seen, and one when it says something else.
 *
 * A table in shared memory knows, for each page, what it said and when it was
 * read; a page is read once in a while (reco_learn every=), whichever worker
 * gets it.  Two words an entry, without a lock: what two workers write at once
 * may be lost or mixed up, and then a page is read, or an event sent, once
 * more.  The trainer takes an event that changes nothing for what it is.
 *
 *     set   | page, said + read at | page, said + read at | ... 4 entries
 */

#define NGX_HTTP_RECO_LEARN_WAYS 4
#define NGX_HTTP_RECO_LEARN_SETS 65536

typedef struct {
    ngx_atomic_t page; /* hash of its item or address, or of both; 0: free */
    ngx_atomic_t said; /* hash of what it said, and when it was read */
} ngx_http_reco_learn_entry_t;

typedef struct {
    ngx_http_reco_learn_entry_t entries[NGX_HTTP_RECO_LEARN_WAYS];
} ngx_http_reco_learn_set_t;

#define NGX_HTTP_RECO_LEARN_SIZE                                               \
    (NGX_HTTP_RECO_LEARN_SETS * sizeof(ngx_http_reco_learn_set_t))


/* Only ever used within one call: a worker does one thing at a time. */
static char ngx_http_reco_learn_arena[16384] __attribute__((aligned(16)));


/* -- configuration ------------------------------------------------------- */

/* reco_learn on | off [every=TIME] */
char *
ngx_http_reco_learn(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_reco_loc_conf_t *lcf = conf;

    ngx_str_t *value, s;

    if (lcf->learn != NGX_CONF_UNSET) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "off") == 0 && cf->args->nelts == 2) {
        lcf->learn = 0;
        return NGX_CONF_OK;
    }

    if (ngx_strcmp(value[1].data, "on") != 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
            "invalid value \"%V\", it must be \"on\" or \"off\"", &value[1]);
        return NGX_CONF_ERROR;
    }

    lcf->learn = 1;
    lcf->learn_every = 60;

    if (cf->args->nelts == 3) {
        lcf->learn_every = NGX_ERROR;

        if (ngx_strncmp(value[2].data, "every=", 6) == 0) {
            s.data = value[2].data + 6;
            s.len = value[2].len - 6;
            lcf->learn_every = ngx_parse_time(&s, 1);
        }

        if (lcf->learn_every == (time_t) NGX_ERROR) {
            ngx_conf_log_error(
                NGX_LOG_EMERG, cf, 0, "invalid parameter \"%V\"", &value[2]);
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


ngx_int_t
ngx_http_reco_learn_init(ngx_conf_t *cf, ngx_http_reco_main_conf_t *main)
{
    reco_html_memory_t memory;

    ngx_str_t name = ngx_string("reco_learn");

    if (!main->learning) {
        return NGX_OK;
    }

    memory.alloc = ngx_http_reco_alloc;
    memory.owner = cf->pool;

    main->no_slots = reco_html_plan_create(&memory);
    if (main->no_slots == NULL) {
        return NGX_ERROR;
    }

    main->learnt =
        ngx_http_reco_shared(cf, &name, NGX_HTTP_RECO_LEARN_SIZE, NULL);

    return main->learnt != NULL ? NGX_OK : NGX_ERROR;
}


/* -- what pages said ----------------------------------------------------- */

static ngx_http_reco_learn_entry_t *
ngx_http_reco_learn_set(ngx_http_request_t *r, uint64_t page)
{
    ngx_http_reco_learn_set_t *sets;
    ngx_http_reco_main_conf_t *main;

    main = ngx_http_get_module_main_conf(r, ngx_http_reco_module);
    sets = main->learnt->data;

    return sets[page % NGX_HTTP_RECO_LEARN_SETS].entries;
}


/* What a page said, and when it was read; 0 where it is not known. */
static uint64_t
ngx_http_reco_learn_said(ngx_http_request_t *r, uint64_t page)
{
    ngx_uint_t i;
    ngx_http_reco_learn_entry_t *entries;

    entries = ngx_http_reco_learn_set(r, page);

    for (i = 0; i < NGX_HTTP_RECO_LEARN_WAYS; i++) {
        if (entries[i].page == page) {
            return entries[i].said;
        }
    }

    return 0;
}


/* In the place of the page read longest ago, where it has none yet. */
static void
ngx_http_reco_learn_note(ngx_http_request_t *r, uint64_t page, uint64_t said)
{
    ngx_uint_t i, oldest;
    ngx_http_reco_learn_entry_t *entries;

    entries = ngx_http_reco_learn_set(r, page);
    oldest = 0;

    for (i = 0; i < NGX_HTTP_RECO_LEARN_WAYS; i++) {
        if (entries[i].page == page) {
            entries[i].said = said;
            return;
        }

        if ((uint32_t) entries[i].said < (uint32_t) entries[oldest].said) {
            oldest = i;
        }
    }

    entries[oldest].page = page;
    entries[oldest].said = said;
}


/* -- reading a page ------------------------------------------------------ */

/* A page whose item only its own text tells, told from others by its path and one
   thing more: the arguments before it is read, the item afterwards. */
static uint64_t
ngx_http_reco_learn_address(
    ngx_http_request_t *r, const u_char *more, size_t len)
{
    uint64_t page;
    ngx_str_t *host;

    host = &r->headers_in.server;
    page = reco_hash(host->data, host->len);
    page = (page ^ reco_hash(r->uri.data, r->uri.len)) * 31;

    return (page ^ reco_hash(more, len)) | 1;
}


/* What a page is known by before it is read. */
static uint64_t
ngx_http_reco_learn_page(ngx_http_request_t *r, ngx_http_reco_ctx_t *ctx)
{
    return ctx->item.len > 0
               ? ctx->item_key
               : ngx_http_reco_learn_address(r, r->args.data, r->args.len);
}


ngx_uint_t
ngx_http_reco_learn_due(ngx_http_request_t *r, ngx_http_reco_ctx_t *ctx)
{
    uint64_t said;
    ngx_http_reco_loc_conf_t *lcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_reco_module);

    if (!lcf->learn || r->method != NGX_HTTP_GET
        || r->headers_out.status != NGX_HTTP_OK || r->headers_in.range != NULL
        || ngx_http_reco_item(r, ctx) != NGX_OK)
    {
        return 0;
    }

    ctx->learning = ngx_http_reco_learn_page(r, ctx);
    said = ngx_http_reco_learn_said(r, ctx->learning);

    return said == 0
           || (uint32_t) ngx_time() - (uint32_t) said
                  >= (uint32_t) lcf->learn_every;
}


ngx_int_t
ngx_http_reco_learn_start(ngx_http_reco_page_t *page)
{
    page->harvest = reco_html_harvest_create(&page->memory);
    if (page->harvest == NULL) {
        return NGX_ERROR;
    }

    reco_html_rewriter_harvest(page->rewriter, page->harvest);

    return NGX_OK;
}


/* -- from a product to an event ------------------------------------------ */

typedef struct {
    reco_event_t event;
    reco_event_arena_t arena;
    uint64_t said; /* hash of all fields */
} ngx_http_reco_learn_t;


/* A field that breaks the rules of events is left out. */
static void
ngx_http_reco_learn_field(
    ngx_http_reco_learn_t *learn, const char *name, reco_str_t value)
{
    reco_event_reject_t reject;

    if (value.len > 0
        && reco_event_set(&learn->event, (reco_str_t){ngx_strlen(name), name},
               value, &learn->arena, &reject)
               == RECO_OK)
    {
        learn->said = (learn->said ^ reco_hash(name, ngx_strlen(name))) * 31
                      + reco_hash(value.data, value.len);
    }
}


static void
ngx_http_reco_learn_price(ngx_http_reco_learn_t *learn, double price)
{
    u_char text[NGX_INT64_LEN + 8], *p;

    if (price >= 0 && price <= 1e9) {
        p = ngx_sprintf(text, "%.6f", price);
        ngx_http_reco_learn_field(learn, "price",
            (reco_str_t){(size_t) (p - text), (const char *) text});
    }
}


/* Where the page does not say what its address is, it is the one asked for. */
static reco_str_t
ngx_http_reco_learn_url(ngx_http_request_t *r, reco_str_t url)
{
    u_char *end;

    if (url.len > 0 || r->unparsed_uri.len == 0
        || r->unparsed_uri.data[0] != '/') {
        return url;
    }

    end = ngx_strlchr(
        r->unparsed_uri.data, r->unparsed_uri.data + r->unparsed_uri.len, '?');

    url.data = (const char *) r->unparsed_uri.data;
    url.len = end != NULL ? (size_t) (end - r->unparsed_uri.data)
                          : r->unparsed_uri.len;

    return url;
}


/* NGX_DECLINED: the page says nothing that could be learnt. */
static ngx_int_t
ngx_http_reco_learn_event(ngx_http_request_t *r, ngx_http_reco_ctx_t *ctx,
    const reco_html_product_t *product, ngx_http_reco_learn_t *learn)
{
    reco_event_reject_t reject;

    ngx_memzero(learn, sizeof(*learn));
    learn->arena.data = ngx_http_reco_learn_arena;
    learn->arena.size = sizeof(ngx_http_reco_learn_arena);

    reco_event_init(&learn->event);
    learn->event.type = RECO_EVENT_ITEM;
    learn->event.ts = ngx_http_reco_milliseconds();
    learn->event.received = learn->event.ts;
    learn->event.source = reco_string("learn");

    ngx_http_reco_learn_field(learn, "item",
        ctx->item.len > 0 ? ngx_http_reco_str(ctx->item) : product->id);
    ngx_http_reco_learn_field(learn, "title", product->title);
    ngx_http_reco_learn_field(
        learn, "url", ngx_http_reco_learn_url(r, product->url));
    ngx_http_reco_learn_field(learn, "image", product->image);
    ngx_http_reco_learn_field(learn, "category", product->category);
    ngx_http_reco_learn_field(learn, "brand", product->brand);
    ngx_http_reco_learn_price(learn, product->price);
    ngx_http_reco_learn_field(learn, "currency", product->currency);

    if (product->available >= 0) {
        ngx_http_reco_learn_field(learn, "available",
            product->available ? reco_string("1") : reco_string("0"));
    }

    if (learn->event.product.title.len == 0
        || reco_event_finish(&learn->event, &reject) != RECO_OK)
    {
        return NGX_DECLINED;
    }

    return NGX_OK;
}


/* What is remembered by this is what a page said.  An item's page has many
   addresses, as links to it come with marks of their own. */
static uint64_t
ngx_http_reco_learn_known_by(ngx_http_request_t *r, ngx_http_reco_ctx_t *ctx,
    const ngx_http_reco_learn_t *learn)
{
    const reco_str_t *item;

    item = &learn->event.item;

    return ctx->item.len > 0 ? ctx->learning
                             : ngx_http_reco_learn_address(
                                 r, (const u_char *) item->data, item->len);
}


void
ngx_http_reco_learn_end(ngx_http_request_t *r, ngx_http_reco_ctx_t *ctx)
{
    uint64_t page, said, before;
    reco_html_product_t product;
    ngx_http_reco_learn_t learn;

    page = ctx->learning;
    said = 0;

    if (reco_html_harvest_product(ctx->page->harvest, &product) == RECO_OK
        && ngx_http_reco_learn_event(r, ctx, &product, &learn) == NGX_OK)
    {
        page = ngx_http_reco_learn_known_by(r, ctx, &learn);
        said = learn.said & ~(uint64_t) UINT32_MAX;
        before = ngx_http_reco_learn_said(r, page) & ~(uint64_t) UINT32_MAX;

        if (said != before) {
            if (ngx_http_reco_event_store(r, ctx, &learn.event) != NGX_OK) {
                return;
            }

            ngx_http_reco_count(NGX_HTTP_RECO_LEARNT, 1);
        }
    }

    ctx->page->harvest = NULL;

    ngx_http_reco_learn_note(r, page, said | (uint32_t) ngx_time());

    if (page != ctx->learning) {
        ngx_http_reco_learn_note(r, ctx->learning, (uint32_t) ngx_time());
    }
}
