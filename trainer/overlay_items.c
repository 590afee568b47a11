/*
 * Items by the store's number: what the overlay calls them, and how they trend.
 */

#include "overlay_state.h"

#include "snapshot/reco_snapshot_view.h"

#include <math.h>
#include <stdlib.h>

/* Scores grow by 2^(time / half-life) since their origin; beyond this they are
   brought back, long before a double overflows. */
#define DOUBLINGS_MAX 512

#define UNKNOWN (UINT32_MAX - 1) /* not asked of the base yet */


reco_status_t
reco_overlay_list_add(reco_overlay_list_t *list, uint32_t number)
{
    uint32_t *numbers, size;

    if (list->length == list->size) {
        size = list->size == 0 ? 64 : 2 * list->size;
        numbers = realloc(list->numbers, size * sizeof(uint32_t));
        if (numbers == NULL) {
            return RECO_NOMEM;
        }
        list->numbers = numbers;
        list->size = size;
    }

    list->numbers[list->length++] = number;

    return RECO_OK;
}


uint64_t
reco_overlay_key(const reco_overlay_t *overlay, uint32_t number)
{
    const reco_snapshot_catalog_t *catalog;

    catalog = &reco_snapshot_view(overlay->base)->catalog;

    return number < catalog->nitems
               ? catalog->keys[number]
               : overlay->added_keys[number - catalog->nitems];
}


uint32_t
reco_overlay_number(const reco_overlay_t *overlay, uint32_t item)
{
    return item < overlay->nitems && overlay->items[item].number != UNKNOWN
               ? overlay->items[item].number
               : RECO_ITEM_NONE;
}


uint32_t
reco_overlay_nadded(const reco_overlay_t *overlay)
{
    return overlay->added.length;
}


uint32_t
reco_overlay_added(const reco_overlay_t *overlay, uint32_t k)
{
    return overlay->added.numbers[k];
}


reco_status_t
reco_overlay_room(reco_overlay_t *overlay, uint32_t nitems)
{
    reco_overlay_item_t *items;
    double *trend;
    uint32_t i;

    if (nitems <= overlay->nitems) {
        return RECO_OK;
    }

    nitems += nitems / 4 + 64;

    items = realloc(overlay->items, nitems * sizeof(reco_overlay_item_t));
    if (items == NULL) {
        return RECO_NOMEM;
    }
    overlay->items = items;

    trend = realloc(overlay->trend, nitems * sizeof(double));
    if (trend == NULL) {
        return RECO_NOMEM;
    }
    overlay->trend = trend;

    for (i = overlay->nitems; i < nitems; i++) {
        items[i] = (reco_overlay_item_t){.number = UNKNOWN};
        trend[i] = 0;
    }
    overlay->nitems = nitems;

    return RECO_OK;
}


static reco_status_t
add_item(reco_overlay_t *overlay, uint32_t item, uint64_t key)
{
    uint64_t *keys;
    uint32_t size;

    if (overlay->added.length == overlay->added_size) {
        size = 2 * overlay->added_size + 64;
        keys = realloc(overlay->added_keys, size * sizeof(uint64_t));
        if (keys == NULL) {
            return RECO_NOMEM;
        }
        overlay->added_keys = keys;
        overlay->added_size = size;
    }

    overlay->added_keys[overlay->added.length] = key;

    return reco_overlay_list_add(&overlay->added, item);
}


reco_status_t
reco_overlay_item(reco_overlay_t *overlay, reco_store_view_t *view,
    uint32_t item, uint32_t *number)
{
    reco_store_item_t entry;
    reco_status_t status;
    reco_overlay_item_t *known;

    *number = RECO_ITEM_NONE;
    if (item >= overlay->nitems) {
        return RECO_OK;
    }

    known = &overlay->items[item];

    if (known->number == UNKNOWN) {
        status = reco_store_view_item(view, item, &entry);
        if (status != RECO_OK) {
            return status == RECO_DECLINED ? RECO_OK : status;
        }

        known->number =
            reco_snapshot_find(overlay->base, reco_item_key(entry.id));

        if (known->number == RECO_ITEM_NONE) {
            status = add_item(overlay, item, reco_item_key(entry.id));
            if (status != RECO_OK) {
                known->number = UNKNOWN;
                return status;
            }
            known->number =
                reco_snapshot_nitems(overlay->base) + overlay->added.length - 1;
        }
    }

    *number = known->number;

    return RECO_OK;
}


/* Moves the origin of the scores to now. */
static void
rescale_trend(reco_overlay_t *overlay, int64_t now)
{
    double factor;
    uint32_t i;

    factor = exp2(-(double) (now - overlay->origin) / overlay->halflife);

    for (i = 0; i < overlay->moving.length; i++) {
        overlay->trend[overlay->moving.numbers[i]] *= factor;
    }

    overlay->origin = now;
}


reco_status_t
reco_overlay_trend(
    reco_overlay_t *overlay, uint32_t item, int64_t ts, double weight)
{
    reco_overlay_item_t *known = &overlay->items[item];
    double doublings;

    if (overlay->origin == 0) {
        overlay->origin = ts;
    }

    doublings = (double) (ts - overlay->origin) / overlay->halflife;
    if (doublings > DOUBLINGS_MAX) {
        rescale_trend(overlay, ts);
        doublings = 0;
    }

    overlay->trend[item] += weight * exp2(doublings);

    if (!known->trending) {
        known->trending = 1;
        return reco_overlay_list_add(&overlay->moving, item);
    }

    return RECO_OK;
}
