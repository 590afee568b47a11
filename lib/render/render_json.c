/*
 * A block as JSON: what the API answers, what a page may carry in a script.
 */

#include "render/escape.h"
#include "render/price.h"
#include "render/reco_render.h"


/* What stands in front of a member's text. */
#define BEFORE(name) reco_string(",\"" name "\":\"")


/* The member, or nothing where its text is empty. */
static void
put_member(reco_render_out_t *out, reco_str_t before, reco_str_t text)
{
    if (text.len == 0) {
        return;
    }

    reco_render_put(out, before.data, before.len);
    reco_render_json_string(out, text);
    reco_render_put_literal(out, "\"");
}


/* A page may make a link of it without looking: unsafe ones are left out. */
static void
put_url(reco_render_out_t *out, reco_str_t before, reco_str_t url)
{
    if (reco_render_url_is_safe(url)) {
        put_member(out, before, url);
    }
}


static void
put_rank(reco_render_out_t *out, unsigned rank)
{
    char digits[10];
    unsigned n;

    n = sizeof(digits);

    do {
        digits[--n] = '0' + rank % 10;
        rank /= 10;
    } while (rank > 0);

    reco_render_put_literal(out, "{\"rank\":");
    reco_render_put(out, digits + n, sizeof(digits) - n);
}


static void
put_price(reco_render_out_t *out, const reco_render_block_t *block,
    const reco_render_locale_t *locale, const reco_render_item_t *item)
{
    char text[RECO_PRICE_MAX];
    size_t len;

    len = reco_render_price_value(text, item->currency, item->price);

    if (len == 0) {
        return;
    }

    reco_render_put_literal(out, ",\"price\":");
    reco_render_put(out, text, len);
    put_member(out, BEFORE("currency"), item->currency);

    len = reco_render_price(
        text, locale, block->locale, item->currency, item->price);
    put_member(out, BEFORE("price_text"), (reco_str_t){len, text});
}


static void
put_item(reco_render_out_t *out, const reco_render_block_t *block,
    const reco_render_locale_t *locale, unsigned index)
{
    const reco_render_item_t *item;

    item = &block->items[index];

    if (index > 0) {
        reco_render_put_literal(out, ",");
    }

    put_rank(out, index + 1);
    put_member(out, BEFORE("id"), item->id);
    put_member(out, BEFORE("title"), item->title);
    put_url(out, BEFORE("url"), item->url);
    put_url(out, BEFORE("image"), item->image);
    put_member(out, BEFORE("brand"), item->brand);
    put_member(out, BEFORE("category"), item->category);
    put_price(out, block, locale, item);

    if (item->available) {
        reco_render_put_literal(out, ",\"available\":true");
    } else {
        reco_render_put_literal(out, ",\"available\":false");
    }

    put_member(out, BEFORE("reason"), item->reason);
    put_member(out, BEFORE("reason_title"), item->reason_title);
    reco_render_put_literal(out, "}");
}


reco_status_t
reco_render_json(
    const reco_render_block_t *block, char *data, size_t size, size_t *len)
{
    const reco_render_locale_t *locale;
    reco_render_out_t out;
    unsigned i;

    locale = reco_render_locale(block->locale);
    reco_render_out_init(&out, data, size, block->ascii);

    reco_render_put_literal(&out, "{\"slot\":\"");
    reco_render_json_string(&out, block->slot);
    reco_render_put_literal(&out, "\"");
    put_member(&out, BEFORE("request"), block->request);
    put_member(&out, BEFORE("heading"), block->heading);
    put_member(&out, BEFORE("model"), block->model);
    put_member(&out, BEFORE("strategy"), block->strategy);
    put_member(&out, BEFORE("locale"), block->locale);
    reco_render_put_literal(&out, ",\"items\":[");

    for (i = 0; i < block->nitems; i++) {
        put_item(&out, block, locale, i);
    }

    reco_render_put_literal(&out, "]}");

    *len = out.len;

    return out.len <= size ? RECO_OK : RECO_TOO_LARGE;
}
