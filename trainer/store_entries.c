#include "store_entries.h"

#include <stdlib.h>
#include <string.h>


/* Which items take part, and how many bytes of text they have. */
static uint32_t
number_items(
    reco_store_view_t *view, uint32_t *numbers, uint32_t nitems, size_t *text)
{
    reco_store_item_t item;
    uint32_t i, number;

    number = 0;
    *text = 0;

    for (i = 0; i < nitems; i++) {
        if (reco_store_view_item(view, i, &item) != RECO_OK
            || (numbers[i] == 0 && item.updated == 0))
        {
            numbers[i] = RECO_ITEM_NONE;
            continue;
        }

        numbers[i] = number++;
        *text += item.id.len + item.product.title.len + item.product.url.len
                 + item.product.image.len + item.product.category.len
                 + item.product.brand.len + item.currency.len;
    }

    return number;
}


static reco_str_t
keep_text(char **text, reco_str_t source)
{
    reco_str_t kept = {source.len, *text};

    if (source.len > 0) {
        memcpy(*text, source.data, source.len);
        *text += source.len;
    }

    return kept;
}


reco_status_t
reco_store_catalog_copy(reco_store_catalog_t *catalog, reco_store_view_t *view,
    uint32_t *numbers, uint32_t nitems)
{
    reco_snapshot_item_t *entry;
    reco_store_item_t item;
    reco_status_t status;
    uint32_t i;
    size_t size;
    char *text;

    catalog->nitems = number_items(view, numbers, nitems, &size);
    catalog->items =
        calloc((size_t) catalog->nitems + 1, sizeof(*catalog->items));
    catalog->text = malloc(size + 1);
    if (catalog->items == NULL || catalog->text == NULL) {
        return RECO_NOMEM;
    }

    text = catalog->text;

    for (i = 0; i < nitems; i++) {
        if (numbers[i] == RECO_ITEM_NONE) {
            continue;
        }

        status = reco_store_view_item(view, i, &item);
        if (status != RECO_OK) {
            return status;
        }

        entry = &catalog->items[numbers[i]];
        entry->id = keep_text(&text, item.id);
        entry->title = keep_text(&text, item.product.title);
        entry->url = keep_text(&text, item.product.url);
        entry->image = keep_text(&text, item.product.image);
        entry->category = keep_text(&text, item.product.category);
        entry->brand = keep_text(&text, item.product.brand);
        entry->currency = keep_text(&text, item.currency);
        entry->price = item.product.price;
        entry->available = item.product.available != 0;
        entry->born = (uint32_t) (item.first_seen / 1000);
    }

    return RECO_OK;
}


void
reco_store_catalog_done(reco_store_catalog_t *catalog)
{
    free(catalog->items);
    free(catalog->text);
    memset(catalog, 0, sizeof(*catalog));
}
