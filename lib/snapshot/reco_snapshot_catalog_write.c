/*
 * The catalogue's sections from items.
 */

#include "reco_snapshot_catalog.h"

#include <stdlib.h>
#include <string.h>

/* The shared strings while they are collected. */
typedef struct {
    reco_str_t *strings;
    uint32_t *slots; /* string + 1 */
    uint32_t nstrings;
    uint32_t capacity;
    uint32_t mask;
} catalog_terms_t;


static void
terms_done(catalog_terms_t *terms)
{
    free(terms->strings);
    free(terms->slots);
}


static uint32_t *
terms_slot(const catalog_terms_t *terms, reco_str_t string)
{
    uint32_t slot;
    reco_str_t *other;

    slot = (uint32_t) reco_hash(string.data, string.len) & terms->mask;

    for (; terms->slots[slot] != 0; slot = (slot + 1) & terms->mask) {
        other = &terms->strings[terms->slots[slot] - 1];

        if (other->len == string.len
            && memcmp(other->data, string.data, string.len) == 0)
        {
            break;
        }
    }

    return &terms->slots[slot];
}


static reco_status_t
terms_grow(catalog_terms_t *terms)
{
    uint32_t i, capacity, *slots;
    reco_str_t *strings;

    capacity = terms->capacity != 0 ? 2 * terms->capacity : 256;
    strings = realloc(terms->strings, capacity * sizeof(strings[0]));

    if (strings == NULL) {
        return RECO_NOMEM;
    }

    terms->strings = strings;
    slots = calloc(2 * (size_t) capacity, sizeof(slots[0]));

    if (slots == NULL) {
        return RECO_NOMEM;
    }

    free(terms->slots);
    terms->slots = slots;
    terms->capacity = capacity;
    terms->mask = 2 * capacity - 1;

    for (i = 0; i < terms->nstrings; i++) {
        *terms_slot(terms, strings[i]) = i + 1;
    }

    return RECO_OK;
}


static reco_status_t
terms_add(catalog_terms_t *terms, reco_str_t string, uint32_t *number)
{
    uint32_t *slot;
    reco_status_t status;

    if (terms->nstrings == terms->capacity) {
        status = terms_grow(terms);

        if (status != RECO_OK) {
            return status;
        }
    }

    if (string.len == 0) {
        string = reco_string("");
    }

    slot = terms_slot(terms, string);

    if (*slot == 0) {
        terms->strings[terms->nstrings] = string;
        *slot = ++terms->nstrings;
    }

    *number = *slot - 1;

    return RECO_OK;
}


/* Where the parts of the text are to go. */
typedef struct {
    char *data;
    uint64_t used;
} catalog_text_t;


static uint32_t
text_append(catalog_text_t *text, reco_str_t string)
{
    uint32_t offset;

    offset = (uint32_t) text->used;

    if (string.len != 0) {
        memcpy(text->data + text->used, string.data, string.len);
    }

    text->used += string.len;

    return offset;
}


static reco_status_t
catalog_check_item(const reco_snapshot_item_t *item, reco_error_t *error)
{
    if (item->id.len == 0 || item->id.len > UINT16_MAX) {
        return reco_error_set(error, RECO_INVALID,
            "an item's id has %zu bytes; 1 to 65535 are possible",
            item->id.len);
    }

    if (item->title.len > UINT16_MAX || item->url.len > UINT16_MAX
        || item->image.len > UINT16_MAX || item->category.len > UINT16_MAX
        || item->brand.len > UINT16_MAX || item->currency.len > UINT16_MAX)
    {
        return reco_error_set(error, RECO_TOO_LARGE,
            "a field of item \"%.*s\" has more than 65535 bytes",
            item->id.len < 100 ? (int) item->id.len : 100, item->id.data);
    }

    return RECO_OK;
}


/* Checks every item and counts the bytes of the text. */
static reco_status_t
catalog_check(const reco_snapshot_item_t *items, uint32_t nitems,
    uint64_t *length, reco_error_t *error)
{
    uint32_t i;
    reco_status_t status;

    *length = 0;

    for (i = 0; i < nitems; i++) {
        status = catalog_check_item(&items[i], error);

        if (status != RECO_OK) {
            return status;
        }

        *length += items[i].id.len + items[i].title.len + items[i].url.len
                   + items[i].image.len;
    }

    return RECO_OK;
}


/* Fills KEYS and SLOT; the number of probes that the longest search takes. */
static reco_status_t
catalog_index(const reco_snapshot_item_t *items, uint32_t nitems,
    uint64_t *keys, uint32_t *slots, uint32_t mask, uint32_t *probes,
    reco_error_t *error)
{
    uint32_t i, slot, length;

    *probes = 0;

    for (i = 0; i < nitems; i++) {
        keys[i] = reco_item_key(items[i].id);
        slot = (uint32_t) keys[i] & mask;

        for (length = 1; slots[slot] != 0; length++) {
            if (keys[slots[slot] - 1] == keys[i]) {
                return reco_error_set(error, RECO_INVALID,
                    "item \"%.*s\" is twice in the catalogue",
                    items[i].id.len < 100 ? (int) items[i].id.len : 100,
                    items[i].id.data);
            }

            slot = (slot + 1) & mask;
        }

        if (length > RECO_SNAPSHOT_CATALOG_PROBES_MAX) {
            return reco_error_set(
                error, RECO_TOO_LARGE, "the catalogue's ids collide too often");
        }

        if (length > *probes) {
            *probes = length;
        }

        slots[slot] = i + 1;
    }

    return RECO_OK;
}


/* Numbers the shared strings: "", the categories, all others. */
static reco_status_t
catalog_collect_terms(const reco_snapshot_item_t *items, uint32_t nitems,
    catalog_terms_t *terms, reco_snapshot_hot_t *hot,
    reco_snapshot_record_t *records, uint32_t *ncategories)
{
    uint32_t i, empty;
    reco_status_t status;

    status = terms_add(terms, reco_string(""), &empty);

    for (i = 0; i < nitems && status == RECO_OK; i++) {
        status = terms_add(terms, items[i].category, &hot[i].category);
    }

    if (status == RECO_OK && terms->nstrings > RECO_SNAPSHOT_CATEGORY) {
        return RECO_TOO_LARGE;
    }

    *ncategories = terms->nstrings;

    for (i = 0; i < nitems && status == RECO_OK; i++) {
        status = terms_add(terms, items[i].brand, &records[i].brand);

        if (status == RECO_OK) {
            status = terms_add(terms, items[i].currency, &records[i].currency);
        }
    }

    return status;
}


static void
catalog_fill_items(const reco_snapshot_item_t *items, uint32_t nitems,
    reco_snapshot_hot_t *hot, reco_snapshot_record_t *records,
    catalog_text_t *text)
{
    uint32_t i;

    for (i = 0; i < nitems; i++) {
        hot[i].price = items[i].price >= 0 ? (float) items[i].price : -1;
        hot[i].born = items[i].born;
        hot[i].position = RECO_ITEM_NONE;

        if (items[i].available) {
            hot[i].category |= RECO_SNAPSHOT_AVAILABLE;
        }

        if (items[i].url.len == 0) {
            hot[i].category |= RECO_SNAPSHOT_UNLINKED;
        }

        records[i].price = items[i].price;
        records[i].id = (uint16_t) items[i].id.len;
        records[i].title = (uint16_t) items[i].title.len;
        records[i].url = (uint16_t) items[i].url.len;
        records[i].image = (uint16_t) items[i].image.len;

        records[i].text = text_append(text, items[i].id);
        text_append(text, items[i].title);
        text_append(text, items[i].url);
        text_append(text, items[i].image);
    }
}


/* TERM and CSLT. */
static void
catalog_fill_terms(const catalog_terms_t *collected,
    reco_snapshot_term_t *terms, catalog_text_t *text, uint32_t *slots,
    reco_snapshot_catalog_meta_t *meta)
{
    uint32_t i, slot, length;
    reco_str_t string;

    for (i = 0; i < collected->nstrings; i++) {
        string = collected->strings[i];
        terms[i].length = (uint32_t) string.len;
        terms[i].offset = text_append(text, string);

        if (i >= meta->ncategories) {
            continue;
        }

        slot = (uint32_t) reco_hash(string.data, string.len)
               & (meta->category_slots - 1);

        for (length = 1; slots[slot] != 0; length++) {
            slot = (slot + 1) & (meta->category_slots - 1);
        }

        slots[slot] = i + 1;

        if (length > meta->category_probes) {
            meta->category_probes = length;
        }
    }
}


static uint64_t
terms_length(const catalog_terms_t *terms)
{
    uint32_t i;
    uint64_t length;

    length = 0;

    for (i = 0; i < terms->nstrings; i++) {
        length += terms->strings[i].len;
    }

    return length;
}


/* TEXT, and all that refers to it. */
static reco_status_t
catalog_build_text(reco_snapshot_builder_t *builder,
    const reco_snapshot_item_t *items, catalog_terms_t *collected,
    reco_snapshot_hot_t *hot, reco_snapshot_record_t *records,
    reco_snapshot_catalog_meta_t *meta, reco_error_t *error)
{
    uint32_t *slots;
    reco_status_t status;
    catalog_text_t text;
    reco_snapshot_term_t *terms;

    status = catalog_collect_terms(
        items, meta->nitems, collected, hot, records, &meta->ncategories);

    if (status != RECO_OK) {
        return reco_error_set(
            error, status, "out of memory for, or too many, categories");
    }

    meta->nterms = collected->nstrings;
    meta->text_length += terms_length(collected);
    meta->category_slots =
        reco_snapshot_power((uint64_t) meta->ncategories * 2);

    if (meta->text_length > UINT32_MAX) {
        return reco_error_set(error, RECO_TOO_LARGE,
            "the catalogue's texts have %llu bytes; 4 GiB are possible",
            (unsigned long long) meta->text_length);
    }

    terms = reco_snapshot_builder_new(
        builder, RECO_SNAPSHOT_CATALOG_TERM, meta->nterms, sizeof(terms[0]));
    slots = reco_snapshot_builder_new(builder, RECO_SNAPSHOT_CATALOG_CSLT,
        meta->category_slots, sizeof(slots[0]));
    text.data = reco_snapshot_builder_new(
        builder, RECO_SNAPSHOT_CATALOG_TEXT, meta->text_length, 1);
    text.used = 0;

    if (text.data == NULL) {
        return RECO_NOMEM;
    }

    catalog_fill_items(items, meta->nitems, hot, records, &text);
    catalog_fill_terms(collected, terms, &text, slots, meta);

    return RECO_OK;
}


reco_status_t
reco_snapshot_catalog_build(reco_snapshot_builder_t *builder,
    const reco_snapshot_item_t *items, uint32_t nitems,
    reco_snapshot_facts_t *facts, reco_error_t *error)
{
    uint32_t *slots, nslots;
    uint64_t *keys, length;
    reco_status_t status;
    reco_snapshot_catalog_meta_t *meta;
    catalog_terms_t terms;
    reco_snapshot_hot_t *hot;
    reco_snapshot_record_t *records;

    if (nitems > RECO_SNAPSHOT_ITEMS_MAX) {
        return reco_error_set(error, RECO_TOO_LARGE,
            "%u items; %u are possible", nitems, RECO_SNAPSHOT_ITEMS_MAX);
    }

    status = catalog_check(items, nitems, &length, error);

    if (status != RECO_OK) {
        return status;
    }

    nslots = reco_snapshot_power((uint64_t) nitems * 3 / 2 + 1);

    meta = reco_snapshot_builder_new(
        builder, RECO_SNAPSHOT_CATALOG_META, 1, sizeof(*meta));
    keys = reco_snapshot_builder_new(
        builder, RECO_SNAPSHOT_CATALOG_KEYS, nitems, sizeof(keys[0]));
    slots = reco_snapshot_builder_new(
        builder, RECO_SNAPSHOT_CATALOG_SLOT, nslots, sizeof(slots[0]));
    hot = reco_snapshot_builder_new(
        builder, RECO_SNAPSHOT_CATALOG_HOT, nitems, sizeof(hot[0]));
    records = reco_snapshot_builder_new(
        builder, RECO_SNAPSHOT_CATALOG_RECS, nitems, sizeof(records[0]));

    if (records == NULL) {
        return reco_error_set(
            error, RECO_NOMEM, "out of memory while making the catalogue");
    }

    meta->nitems = nitems;
    meta->slots = nslots;
    meta->text_length = length;

    status = catalog_index(
        items, nitems, keys, slots, nslots - 1, &meta->probes, error);

    if (status != RECO_OK) {
        return status;
    }

    memset(&terms, 0, sizeof(terms));
    status =
        catalog_build_text(builder, items, &terms, hot, records, meta, error);
    terms_done(&terms);

    facts->nitems = nitems;
    facts->ncategories = meta->ncategories;
    facts->hot = hot;

    return status;
}
