#include "ngx_http_reco_items.h"


#define NGX_HTTP_RECO_ITEMS_EXPECT 512 /* bytes of an item's texts */


/* An item that led to others: one after the other by the same one, mostly. */
typedef struct {
    uint32_t item;
    unsigned own; /* it is the page's */
    reco_str_t title;
} ngx_http_reco_led_t;


static void
ngx_http_reco_items_led(
    ngx_http_reco_ctx_t *ctx, uint32_t item, ngx_http_reco_led_t *led)
{
    reco_snapshot_item_t because;

    if (led->item == item) {
        return;
    }

    reco_engine_item(ctx->version->engine, item, &because);

    led->item = item;
    led->own = reco_item_key(because.id) == ctx->item_key;
    led->title = because.title;
}


/* What the template may say about why an item is shown. */
static void
ngx_http_reco_items_reason(ngx_http_reco_ctx_t *ctx,
    const reco_engine_hit_t *hit, ngx_http_reco_led_t *led,
    reco_render_item_t *out)
{
    const char *name;

    out->reason_title = reco_null_string;

    if (hit->because != RECO_ITEM_NONE) {
        ngx_http_reco_items_led(ctx, hit->because, led);

        if (led->own) {
            out->reason = reco_string("related");
            return;
        }

        if (led->title.len > 0) {
            out->reason = reco_string("because");
            out->reason_title = led->title;
            return;
        }
    }

    name = reco_engine_source_name(hit->source);
    out->reason.data = name;
    out->reason.len = ngx_strlen(name);
}


/* Its own texts stand one behind the other: the processor may fetch them. */
static void
ngx_http_reco_items_expect(const reco_snapshot_item_t *item)
{
    size_t i, len;

    len = item->id.len + item->title.len + item->url.len + item->image.len;

    for (i = 0; i < len && i < NGX_HTTP_RECO_ITEMS_EXPECT; i += 64) {
        __builtin_prefetch(item->id.data + i);
    }
}


/* Two passes: what an item says is spread over a large file, and comes from
   memory while the next one is looked up. */
void
ngx_http_reco_items(ngx_http_reco_ctx_t *ctx,
    const reco_engine_result_t *result, reco_render_item_t *out)
{
    ngx_uint_t i;
    ngx_http_reco_led_t led;
    reco_snapshot_item_t item;

    ngx_memzero(&led, sizeof(led));
    led.item = RECO_ITEM_NONE;

    for (i = 0; i < result->nhits; i++) {
        reco_engine_item(ctx->version->engine, result->hits[i].item, &item);
        ngx_http_reco_items_expect(&item);

        out[i].id = item.id;
        out[i].title = item.title;
        out[i].url = item.url;
        out[i].image = item.image;
        out[i].brand = item.brand;
        out[i].category = item.category;
        out[i].currency = item.currency;
        out[i].price = item.price;
        out[i].available = item.available;
    }

    for (i = 0; i < result->nhits; i++) {
        ngx_http_reco_items_reason(ctx, &result->hits[i], &led, &out[i]);
        ctx->shown[ctx->nshown++] = reco_item_key(out[i].id);
    }
}
