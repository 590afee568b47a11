/*
 * The catalogue from its sections; what it says of an item.
 */

#include "reco_snapshot_catalog.h"

#include <string.h>


static int
catalog_power(uint32_t value)
{
    return value != 0 && (value & (value - 1)) == 0;
}


static reco_status_t
catalog_check_meta(const reco_snapshot_catalog_meta_t *meta, const char *path,
    reco_error_t *error)
{
    if (meta->nitems > RECO_SNAPSHOT_ITEMS_MAX || meta->nterms == 0
        || meta->ncategories == 0 || meta->ncategories > meta->nterms
        || !catalog_power(meta->slots) || !catalog_power(meta->category_slots)
        || meta->probes > RECO_SNAPSHOT_CATALOG_PROBES_MAX
        || meta->category_probes > meta->category_slots)
    {
        return reco_error_set(error, RECO_CORRUPT,
            "the counts of \"%s\" contradict each other", path);
    }

    return RECO_OK;
}


static void
catalog_take_meta(
    reco_snapshot_catalog_t *catalog, const reco_snapshot_catalog_meta_t *meta)
{
    catalog->nitems = meta->nitems;
    catalog->nterms = meta->nterms;
    catalog->ncategories = meta->ncategories;
    catalog->slot_mask = meta->slots - 1;
    catalog->probes = meta->probes;
    catalog->category_mask = meta->category_slots - 1;
    catalog->category_probes =
        meta->category_probes < RECO_SNAPSHOT_CATALOG_PROBES_MAX
            ? meta->category_probes
            : RECO_SNAPSHOT_CATALOG_PROBES_MAX;
    catalog->text_length = meta->text_length;
}


reco_status_t
reco_snapshot_catalog_open(const reco_snapshot_container_t *container,
    reco_snapshot_catalog_t *catalog, reco_error_t *error)
{
    reco_status_t status;
    const reco_snapshot_catalog_meta_t *meta;

    status = reco_snapshot_container_array(
        container, RECO_SNAPSHOT_CATALOG_META, sizeof(*meta), 1, &meta, error);

    if (status == RECO_OK) {
        status = catalog_check_meta(meta, container->path, error);
    }

    if (status != RECO_OK) {
        return status;
    }

    catalog_take_meta(catalog, meta);

    const reco_snapshot_array_t arrays[] = {
        {RECO_SNAPSHOT_CATALOG_KEYS, sizeof(catalog->keys[0]), meta->nitems,
            &catalog->keys},
        {RECO_SNAPSHOT_CATALOG_SLOT, sizeof(catalog->slots[0]), meta->slots,
            &catalog->slots},
        {RECO_SNAPSHOT_CATALOG_HOT, sizeof(catalog->hot[0]), meta->nitems,
            &catalog->hot},
        {RECO_SNAPSHOT_CATALOG_RECS, sizeof(catalog->records[0]), meta->nitems,
            &catalog->records},
        {RECO_SNAPSHOT_CATALOG_TERM, sizeof(catalog->terms[0]), meta->nterms,
            &catalog->terms},
        {RECO_SNAPSHOT_CATALOG_CSLT, sizeof(catalog->category_slots[0]),
            meta->category_slots, &catalog->category_slots},
        {RECO_SNAPSHOT_CATALOG_TEXT, 1, meta->text_length, &catalog->text},
    };

    return reco_snapshot_container_arrays(
        container, arrays, sizeof(arrays) / sizeof(arrays[0]), error);
}


uint32_t
reco_snapshot_catalog_find(const reco_snapshot_catalog_t *catalog, uint64_t key)
{
    uint32_t i, slot, item;

    slot = (uint32_t) key & catalog->slot_mask;

    for (i = 0; i < catalog->probes; i++) {
        item = catalog->slots[slot] - 1;

        if (item >= catalog->nitems) {
            break;
        }

        if (catalog->keys[item] == key) {
            return item;
        }

        slot = (slot + 1) & catalog->slot_mask;
    }

    return RECO_ITEM_NONE;
}


void
reco_snapshot_catalog_prefetch(const reco_snapshot_catalog_t *catalog,
    const uint64_t *keys, unsigned count)
{
    unsigned i;
    uint32_t item;

    for (i = 0; i < count; i++) {
        __builtin_prefetch(
            &catalog->slots[(uint32_t) keys[i] & catalog->slot_mask]);
    }

    for (i = 0; i < count; i++) {
        item = catalog->slots[(uint32_t) keys[i] & catalog->slot_mask] - 1;

        if (item < catalog->nitems) {
            __builtin_prefetch(&catalog->keys[item]);
        }
    }
}


/* Any part of the text; empty where it would leave the pool. */
static reco_str_t
catalog_text(
    const reco_snapshot_catalog_t *catalog, uint64_t offset, uint32_t length)
{
    if (offset + length > catalog->text_length) {
        return reco_null_string;
    }

    return (reco_str_t){length, catalog->text + offset};
}


reco_str_t
reco_snapshot_catalog_term(
    const reco_snapshot_catalog_t *catalog, uint32_t term)
{
    if (term >= catalog->nterms) {
        return reco_null_string;
    }

    return catalog_text(
        catalog, catalog->terms[term].offset, catalog->terms[term].length);
}


uint32_t
reco_snapshot_catalog_category(
    const reco_snapshot_catalog_t *catalog, reco_str_t name)
{
    uint32_t i, slot, term;
    reco_str_t other;

    slot = (uint32_t) reco_hash(name.data, name.len) & catalog->category_mask;

    for (i = 0; i < catalog->category_probes; i++) {
        term = catalog->category_slots[slot] - 1;

        if (term >= catalog->ncategories) {
            break;
        }

        other = reco_snapshot_catalog_term(catalog, term);

        if (other.len == name.len
            && (name.len == 0 || memcmp(other.data, name.data, name.len) == 0))
        {
            return term;
        }

        slot = (slot + 1) & catalog->category_mask;
    }

    return RECO_ITEM_NONE;
}


void
reco_snapshot_catalog_item(const reco_snapshot_catalog_t *catalog,
    uint32_t number, reco_snapshot_item_t *item)
{
    uint64_t offset;
    const reco_snapshot_hot_t *hot;
    const reco_snapshot_record_t *record;

    memset(item, 0, sizeof(*item));
    item->price = -1;

    if (number >= catalog->nitems) {
        return;
    }

    hot = &catalog->hot[number];
    record = &catalog->records[number];
    offset = record->text;

    item->id = catalog_text(catalog, offset, record->id);
    offset += record->id;
    item->title = catalog_text(catalog, offset, record->title);
    offset += record->title;
    item->url = catalog_text(catalog, offset, record->url);
    offset += record->url;
    item->image = catalog_text(catalog, offset, record->image);
    item->category = reco_snapshot_catalog_term(
        catalog, hot->category & RECO_SNAPSHOT_CATEGORY);
    item->brand = reco_snapshot_catalog_term(catalog, record->brand);
    item->currency = reco_snapshot_catalog_term(catalog, record->currency);
    item->price = record->price;
    item->available = (hot->category & RECO_SNAPSHOT_AVAILABLE) != 0;
    item->born = hot->born;
}
