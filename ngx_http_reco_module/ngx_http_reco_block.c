#include "ngx_http_reco_answers.h"
#include "ngx_http_reco_items.h"


/*
 * A slot's block: the engine's answer through the slot's template, all within
 * one call and without an allocation but that of the finished bytes.  Or the
 * bytes that were made before, for somebody of whom no more is known.
 */

#define NGX_HTTP_RECO_RENDER_SIZE 65536
#define NGX_HTTP_RECO_RENDER_MAX  (1024 * 1024)

typedef reco_status_t (*ngx_http_reco_render_pt)(
    ngx_http_reco_slot_t *slot, const reco_render_block_t *block, size_t *len);

/* Only ever used within one call: a worker does one thing at a time. */
static struct {
    reco_engine_result_t result;
    reco_render_item_t items[RECO_ENGINE_RESULT_MAX];
    char *out;
    size_t size;
} ngx_http_reco_work;


static ngx_uint_t
ngx_http_reco_microseconds(void)
{
    struct timespec ts;

    (void) clock_gettime(CLOCK_MONOTONIC, &ts);

    return (ngx_uint_t) ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}


/* The engine makes one pass for all blocks of a page. */
static uint64_t ngx_http_reco_block_pages;


/* Room for the keys of the page's own item and of what its blocks show; the
   interface may ask one slot for more than the configuration does. */
static ngx_int_t
ngx_http_reco_block_shown(ngx_http_request_t *r, ngx_http_reco_ctx_t *ctx)
{
    size_t n;
    ngx_uint_t i;
    ngx_http_reco_slot_t **slots;
    ngx_http_reco_loc_conf_t *lcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_reco_module);
    n = 1;

    if (ctx->page == NULL) {
        n += RECO_ENGINE_RESULT_MAX;

    } else {
        slots = lcf->slots->elts;

        for (i = 0; i < lcf->slots->nelts; i++) {
            n += slots[i]->n;
        }
    }

    ctx->shown = ngx_palloc(r->pool, n * sizeof(uint64_t));
    if (ctx->shown == NULL) {
        return NGX_ERROR;
    }

    ctx->shown[0] = ctx->item_key;
    ctx->nshown = ctx->item_key != 0;

    return NGX_OK;
}


/* The version that all of this request's blocks come from. */
static ngx_int_t
ngx_http_reco_block_prepare(ngx_http_request_t *r, ngx_http_reco_ctx_t *ctx)
{
    ngx_http_reco_loc_conf_t *lcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_reco_module);

    if (ctx->version == NULL) {
        ctx->version = ngx_http_reco_version_acquire(lcf->model);
        if (ctx->version == NULL) {
            /* the gate has counted pages */
            ngx_http_reco_count(NGX_HTTP_RECO_NO_MODEL, ctx->page == NULL);
            return NGX_DECLINED;
        }
    }

    if (ngx_http_reco_item(r, ctx) != NGX_OK
        || ngx_http_reco_session(r, ctx) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (ctx->number == 0) {
        ctx->number = ++ngx_http_reco_block_pages;
    }

    return ctx->shown != NULL ? NGX_OK : ngx_http_reco_block_shown(r, ctx);
}


/* An expression of the configuration; empty where there is none. */
static ngx_int_t
ngx_http_reco_block_value(
    ngx_http_request_t *r, ngx_http_complex_value_t *value, reco_str_t *out)
{
    ngx_str_t s;

    ngx_str_null(&s);

    if (value != NULL && ngx_http_complex_value(r, value, &s) != NGX_OK) {
        return NGX_ERROR;
    }

    *out = ngx_http_reco_str(s);

    return NGX_OK;
}


/* The visitor's long-term vector, where it is one of the live base. */
static const float *
ngx_http_reco_block_taste(ngx_http_request_t *r, ngx_http_reco_ctx_t *ctx)
{
    uint32_t dimensions;
    ngx_http_reco_loc_conf_t *lcf;
    ngx_http_reco_main_conf_t *main;

    main = ngx_http_get_module_main_conf(r, ngx_http_reco_module);
    lcf = ngx_http_get_module_loc_conf(r, ngx_http_reco_module);

    if (ctx->taste_known || main->profiles == NULL || lcf->zone == NULL
        || !ctx->visitor_valid)
    {
        return ctx->taste;
    }

    ctx->taste_known = 1;
    dimensions = reco_engine_dimensions(ctx->version->engine);

    ctx->taste = ngx_palloc(r->pool, (dimensions + 1) * sizeof(float));

    if (ctx->taste != NULL
        && ngx_http_reco_zone_taste(
               lcf->zone, &ctx->id, &ctx->version->id, dimensions, ctx->taste)
               != NGX_OK)
    {
        ctx->taste = NULL;
    }

    return ctx->taste;
}


/* answer is the one that was kept, or NULL: a block is kept with an answer that
   is asked for again, as most never are. */
static ngx_int_t
ngx_http_reco_block_recommend(ngx_http_request_t *r, ngx_http_reco_ctx_t *ctx,
    ngx_http_reco_slot_t *slot, ngx_uint_t linked,
    ngx_http_reco_answer_t **answer)
{
    uint64_t key;
    reco_engine_query_t query;
    ngx_http_reco_slot_t own;
    ngx_http_reco_loc_conf_t *lcf;

    *answer = NULL;

    if (slot->n == 0) {
        ngx_http_reco_work.result.nhits = 0;
        ngx_http_reco_work.result.fallbacks = 0;
        return NGX_OK;
    }

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_reco_module);
    ngx_http_reco_arm_query(ngx_http_reco_arm(r, ctx), slot, &own);
    slot = &own;

    ngx_memzero(&query, sizeof(query));

    query.current = slot->alone ? 0 : ctx->item_key;
    query.session = ctx->session;
    query.page = ctx->number;
    query.user = ngx_http_reco_block_taste(r, ctx);
    query.now = ngx_time();
    query.sources = slot->sources;
    query.n = slot->n;
    query.repeat = slot->repeat;
    query.linked = linked != 0;
    query.price_min = -1;
    query.price_max = -1;
    query.excluded = ctx->shown;
    query.nexcluded = ctx->nshown;

    ngx_http_reco_rules_query(lcf->rules, slot, &query);

    if (slot->category != NULL
        && ngx_http_reco_block_value(r, slot->category, &query.category)
               != NGX_OK)
    {
        return NGX_ERROR;
    }

    key = ngx_http_reco_answers_key(ctx->version, lcf->rules, &query);

    *answer = ngx_http_reco_answers_find(key, &ngx_http_reco_work.result);

    if (*answer != NULL) {
        return NGX_OK;
    }

    if (reco_engine_recommend(ctx->version->engine, &query,
            ngx_http_reco_scratch(), &ngx_http_reco_work.result)
            != RECO_OK
        || ngx_http_reco_work.result.nhits == 0)
    {
        return NGX_DECLINED;
    }

    ngx_http_reco_answers_keep(key, &ngx_http_reco_work.result);

    return NGX_OK;
}


static void
ngx_http_reco_block_rendering(ngx_http_reco_ctx_t *ctx)
{
    static ngx_uint_t count;

    struct {
        uint64_t pid;
        uint64_t count;
        uint64_t seconds;
        uint64_t milliseconds;
    } seed;
    uint64_t hash;

    if (ctx->rendering[0] != '\0') {
        return;
    }

    seed.pid = ngx_pid;
    seed.count = ++count;
    seed.seconds = ngx_time();
    seed.milliseconds = ngx_current_msec;

    hash = reco_hash(&seed, sizeof(seed));
    ngx_hex_dump(ctx->rendering, (u_char *) &hash, sizeof(hash));
}


static reco_status_t
ngx_http_reco_block_html(
    ngx_http_reco_slot_t *slot, const reco_render_block_t *block, size_t *len)
{
    return reco_render(slot->template->parsed, block, ngx_http_reco_work.out,
        ngx_http_reco_work.size, len);
}


static reco_status_t
ngx_http_reco_block_object(
    ngx_http_reco_slot_t *slot, const reco_render_block_t *block, size_t *len)
{
    return reco_render_json(
        block, ngx_http_reco_work.out, ngx_http_reco_work.size, len);
}


/* Renders into the work buffer, which grows to what a block needs. */
static reco_status_t
ngx_http_reco_block_render(ngx_http_reco_slot_t *slot,
    const reco_render_block_t *block, ngx_http_reco_render_pt render,
    size_t *len)
{
    char *out;
    reco_status_t status;

    status = render(slot, block, len);

    if (status != RECO_TOO_LARGE || *len > NGX_HTTP_RECO_RENDER_MAX) {
        return status;
    }

    out = ngx_alloc(*len, ngx_cycle->log);
    if (out == NULL) {
        return RECO_NOMEM;
    }

    ngx_free(ngx_http_reco_work.out);
    ngx_http_reco_work.out = out;
    ngx_http_reco_work.size = *len;

    return render(slot, block, len);
}


/* What the template may say besides the items. */
static ngx_int_t
ngx_http_reco_block_words(ngx_http_request_t *r, ngx_http_reco_ctx_t *ctx,
    ngx_http_reco_slot_t *slot, reco_render_block_t *block)
{
    ngx_http_complex_value_t *locale;
    ngx_http_reco_loc_conf_t *lcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_reco_module);
    locale = slot->locale != NULL ? slot->locale : lcf->locale;

    if (ngx_http_reco_block_value(r, slot->heading, &block->heading) != NGX_OK
        || ngx_http_reco_block_value(r, locale, &block->locale) != NGX_OK
        || ngx_http_reco_block_value(r, lcf->nonce, &block->nonce) != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_http_reco_block_rendering(ctx);

    if (ctx->strategy == NULL && slot->n > 0) {
        ctx->strategy =
            reco_engine_source_name(ngx_http_reco_work.result.hits[0].source);
    }

    block->slot = ngx_http_reco_str(slot->name);
    block->request.data = (char *) ctx->rendering;
    block->request.len = sizeof(ctx->rendering);
    block->model = ngx_http_reco_str(ctx->version->id);
    block->page_item = ngx_http_reco_str(ctx->item);
    block->live = slot->live;
    block->items = ngx_http_reco_work.items;
    block->nitems = ngx_http_reco_work.result.nhits;

    if (ctx->strategy != NULL) {
        block->strategy.data = ctx->strategy;
        block->strategy.len = ngx_strlen(ctx->strategy);
    }

    return NGX_OK;
}


/* What a block's bytes hang on besides the answer and the request's id; 0: on
   more than that.  The name's address stands for the slot: the interface has a
   copy of it. */
static uint64_t
ngx_http_reco_block_variant(ngx_http_reco_ctx_t *ctx,
    ngx_http_reco_slot_t *slot, const reco_render_block_t *block,
    ngx_http_reco_render_pt render)
{
    uint64_t words[7];

    if (block->nonce.len > 0 && render == ngx_http_reco_block_html
        && reco_render_uses_nonce(slot->template->parsed))
    {
        return 0;
    }

    words[0] = (uintptr_t) slot->name.data;
    words[1] = (uintptr_t) render;
    words[2] = block->ascii;
    words[3] = ctx->item_key;
    words[4] =
        ngx_http_reco_answers_hash(block->heading.data, block->heading.len);
    words[5] =
        ngx_http_reco_answers_hash(block->locale.data, block->locale.len);
    words[6] = (uintptr_t) block->strategy.data;

    return ngx_http_reco_answers_hash(words, sizeof(words)) | 1;
}


/* The items through the template, into the request's memory. */
static ngx_int_t
ngx_http_reco_block_make(ngx_http_request_t *r, ngx_http_reco_ctx_t *ctx,
    ngx_http_reco_slot_t *slot, const reco_render_block_t *block,
    ngx_http_reco_render_pt render, ngx_str_t *out)
{
    size_t len;
    reco_status_t status;

    ngx_http_reco_items(
        ctx, &ngx_http_reco_work.result, ngx_http_reco_work.items);

    status = ngx_http_reco_block_render(slot, block, render, &len);

    if (status != RECO_OK) {
        ngx_http_reco_failure(r->connection->log, NGX_HTTP_RECO_FAILED,
            "slot \"%.*s\" is left out: rendering: %s", (int) slot->name.len,
            slot->name.data, reco_status_name(status));
        return NGX_DECLINED;
    }

    out->len = len;
    out->data = ngx_pnalloc(r->pool, ngx_max(len, 1));
    if (out->data == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(out->data, ngx_http_reco_work.out, len);

    return NGX_OK;
}


static ngx_int_t
ngx_http_reco_block_with(ngx_http_request_t *r, ngx_http_reco_ctx_t *ctx,
    ngx_http_reco_slot_t *slot, ngx_uint_t ascii,
    ngx_http_reco_render_pt render, ngx_str_t *out)
{
    uint64_t variant;
    ngx_int_t rc;
    ngx_uint_t start, linked;
    reco_render_block_t block;
    ngx_http_reco_answer_t *answer;

    rc = ngx_http_reco_block_prepare(r, ctx);
    if (rc != NGX_OK) {
        return rc;
    }

    if (ngx_http_reco_arm_withholds(ngx_http_reco_arm(r, ctx), slot)) {
        ngx_http_reco_count(NGX_HTTP_RECO_WITHHELD, 1);
        return NGX_DECLINED;
    }

    start = ngx_http_reco_microseconds();

    linked = render == ngx_http_reco_block_html && slot->template->links;
    rc = ngx_http_reco_block_recommend(r, ctx, slot, linked, &answer);

    if (rc != NGX_OK) {
        ngx_http_reco_count(NGX_HTTP_RECO_EMPTY, 1);
        return rc;
    }

    ngx_memzero(&block, sizeof(block));
    block.ascii = ascii;

    if (ngx_http_reco_block_words(r, ctx, slot, &block) != NGX_OK) {
        return NGX_ERROR;
    }

    variant = ngx_http_reco_block_variant(ctx, slot, &block, render);
    rc = ngx_http_reco_answers_block(answer, variant, r->pool, ctx, out);

    if (rc == NGX_DECLINED) {
        rc = ngx_http_reco_block_make(r, ctx, slot, &block, render, out);

        if (rc == NGX_OK) {
            ngx_http_reco_answers_keep_block(answer, variant, ctx, out);
        }
    }

    if (rc != NGX_OK) {
        return rc;
    }

    ctx->count += block.nitems;
    ngx_http_reco_count(NGX_HTTP_RECO_ITEMS, block.nitems);
    ctx->fallbacks |= ngx_http_reco_work.result.fallbacks;
    ctx->time_us += ngx_http_reco_microseconds() - start;

    return NGX_OK;
}


ngx_int_t
ngx_http_reco_block(ngx_http_request_t *r, ngx_http_reco_ctx_t *ctx,
    ngx_http_reco_slot_t *slot, ngx_uint_t ascii, ngx_str_t *out)
{
    if (slot->script) {
        return ngx_http_reco_sdk_tag(r, ctx, ascii, out);
    }

    return ngx_http_reco_block_with(
        r, ctx, slot, ascii, ngx_http_reco_block_html, out);
}


ngx_int_t
ngx_http_reco_block_json(ngx_http_request_t *r, ngx_http_reco_ctx_t *ctx,
    ngx_http_reco_slot_t *slot, ngx_str_t *out)
{
    return ngx_http_reco_block_with(
        r, ctx, slot, 0, ngx_http_reco_block_object, out);
}


ngx_int_t
ngx_http_reco_block_init_process(ngx_cycle_t *cycle)
{
    ngx_http_reco_work.out = ngx_alloc(NGX_HTTP_RECO_RENDER_SIZE, cycle->log);
    if (ngx_http_reco_work.out == NULL) {
        return NGX_ERROR;
    }

    ngx_http_reco_work.size = NGX_HTTP_RECO_RENDER_SIZE;

    return NGX_OK;
}


void
ngx_http_reco_block_exit_process(ngx_cycle_t *cycle)
{
    ngx_free(ngx_http_reco_work.out);
    ngx_http_reco_work.out = NULL;
}
