/*
 * popular.bin: the lists that need no visitor.  How popular each item is
 * stands in the catalogue.
 *
 *   PMET  counts, largest values
 *   GLOB  the most popular items
 *   TRLS  the items that rise most
 *   COFF  where each category's list starts
 *   CITM  the most popular items of each category
 *
 * The lists hold available items only, by descending value, then number.
 */

#include "reco_snapshot_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TAG_META RECO_SNAPSHOT_TAG('P', 'M', 'E', 'T')
#define TAG_GLOB RECO_SNAPSHOT_TAG('G', 'L', 'O', 'B')
#define TAG_TRLS RECO_SNAPSHOT_TAG('T', 'R', 'L', 'S')
#define TAG_COFF RECO_SNAPSHOT_TAG('C', 'O', 'F', 'F')
#define TAG_CITM RECO_SNAPSHOT_TAG('C', 'I', 'T', 'M')

/* Long enough to fill a block after any filter that is not a category. */
#define POPULAR_GLOBAL   2000
#define POPULAR_TRENDING 200
#define POPULAR_CATEGORY 100

typedef struct {
    uint32_t nitems;
    uint32_t nglobal;
    uint32_t ntrending;
    uint32_t ncategories;
    uint32_t ncategory_items;
    float popularity_max;
    float trend_max;
    uint32_t unused;
} popular_meta_t;

typedef struct {
    float value;
    uint32_t item;
    uint32_t category;
} popular_entry_t;


static int
popular_by_value(const void *a, const void *b)
{
    const popular_entry_t *left, *right;

    left = a;
    right = b;

    if (left->value != right->value) {
        return left->value < right->value ? 1 : -1;
    }

    return left->item < right->item ? -1 : left->item > right->item;
}


/* The available items, best first; how many there are. */
static uint32_t
popular_sort(popular_entry_t *entries, const float *values,
    const reco_snapshot_hot_t *hot, uint32_t nitems)
{
    uint32_t item, count;

    count = 0;

    for (item = 0; item < nitems; item++) {
        if (hot[item].category & RECO_SNAPSHOT_AVAILABLE) {
            entries[count].value = values[item];
            entries[count].item = item;
            entries[count].category =
                hot[item].category & RECO_SNAPSHOT_CATEGORY;
            count++;
        }
    }

    qsort(entries, count, sizeof(entries[0]), popular_by_value);

    return count;
}


/* COFF and CITM, from the sorted entries; item without category: no list. */
static int
popular_build_categories(reco_snapshot_builder_t *builder, popular_meta_t *meta,
    const popular_entry_t *entries, uint32_t count)
{
    uint32_t i, category, *offsets, *items, *used;

    offsets = reco_snapshot_builder_new(builder, TAG_COFF,
        (uint64_t) meta->ncategories + 1, sizeof(offsets[0]));
    used = calloc((size_t) meta->ncategories + 1, sizeof(used[0]));

    if (offsets == NULL || used == NULL) {
        free(used);
        return 0;
    }

    for (i = 0; i < count; i++) {
        category = entries[i].category;
        used[category] += category != 0 && used[category] < POPULAR_CATEGORY;
    }

    for (category = 0; category < meta->ncategories; category++) {
        offsets[category + 1] = offsets[category] + used[category];
    }

    meta->ncategory_items = offsets[meta->ncategories];
    memset(used, 0, ((size_t) meta->ncategories + 1) * sizeof(used[0]));
    items = reco_snapshot_builder_new(
        builder, TAG_CITM, meta->ncategory_items, sizeof(items[0]));

    for (i = 0; i < count && items != NULL; i++) {
        category = entries[i].category;

        if (category != 0 && used[category] < POPULAR_CATEGORY) {
            items[offsets[category] + used[category]++] = entries[i].item;
        }
    }

    free(used);

    return items != NULL;
}


/* A section with the first of the sorted entries. */
static int
popular_build_list(reco_snapshot_builder_t *builder, uint32_t tag,
    const popular_entry_t *entries, uint32_t count)
{
    uint32_t i, *items;

    items = reco_snapshot_builder_new(builder, tag, count, sizeof(items[0]));

    for (i = 0; i < count && items != NULL; i++) {
        items[i] = entries[i].item;
    }

    return items != NULL;
}


/* Both from 0 to 1: the logarithm of popularity, the trend as it is. */
static void
popular_note(const popular_meta_t *meta, const reco_snapshot_popular_t *popular,
    reco_snapshot_hot_t *hot)
{
    float logarithm;
    uint32_t item;

    logarithm = log1pf(fmaxf(meta->popularity_max, 0));

    for (item = 0; item < meta->nitems; item++) {
        hot[item].popularity =
            logarithm > 0
                ? log1pf(fmaxf(popular->popularity[item], 0)) / logarithm
                : 0;
        hot[item].trend = meta->trend_max > 0
                              ? fmaxf(popular->trend[item], 0) / meta->trend_max
                              : 0;
    }
}


static int
popular_build_lists(reco_snapshot_builder_t *builder, popular_meta_t *meta,
    const reco_snapshot_popular_t *popular, reco_snapshot_hot_t *hot)
{
    int done;
    uint32_t count;
    popular_entry_t *entries;

    entries = malloc(((size_t) meta->nitems + 1) * sizeof(entries[0]));

    if (entries == NULL) {
        return 0;
    }

    count = popular_sort(entries, popular->popularity, hot, meta->nitems);

    meta->popularity_max = count != 0 ? entries[0].value : 0;
    meta->nglobal = count < POPULAR_GLOBAL ? count : POPULAR_GLOBAL;
    done = popular_build_list(builder, TAG_GLOB, entries, meta->nglobal)
           && popular_build_categories(builder, meta, entries, count);

    count = popular_sort(entries, popular->trend, hot, meta->nitems);

    while (meta->ntrending < count && meta->ntrending < POPULAR_TRENDING
           && entries[meta->ntrending].value > 0)
    {
        meta->ntrending++;
    }

    meta->trend_max = meta->ntrending != 0 ? entries[0].value : 0;
    done =
        done && popular_build_list(builder, TAG_TRLS, entries, meta->ntrending);

    free(entries);
    popular_note(meta, popular, hot);

    return done;
}


reco_status_t
reco_snapshot_popular_build(reco_snapshot_builder_t *builder,
    const reco_snapshot_popular_t *popular, reco_snapshot_facts_t *facts,
    reco_error_t *error)
{
    uint32_t item;
    popular_meta_t *meta;

    if (popular->nitems != facts->nitems) {
        return reco_error_set(error, RECO_INVALID,
            "popularity of %u items; the catalogue has %u", popular->nitems,
            facts->nitems);
    }

    for (item = 0; item < facts->nitems; item++) {
        if (!isfinite(popular->popularity[item])
            || !isfinite(popular->trend[item])) {
            return reco_error_set(error, RECO_INVALID,
                "popularity or trend of item %u is not a number", item);
        }
    }

    meta = reco_snapshot_builder_new(builder, TAG_META, 1, sizeof(*meta));

    if (meta != NULL) {
        meta->nitems = facts->nitems;
        meta->ncategories = facts->ncategories;
    }

    if (meta == NULL
        || !popular_build_lists(builder, meta, popular, facts->hot)) {
        return reco_error_set(
            error, RECO_NOMEM, "out of memory for the popular items");
    }

    return RECO_OK;
}


reco_status_t
reco_snapshot_popular_open(const reco_snapshot_container_t *container,
    uint32_t ncategories, reco_snapshot_toplists_t *toplists,
    reco_error_t *error)
{
    reco_status_t status;
    const popular_meta_t *meta;

    status = reco_snapshot_container_array(
        container, TAG_META, sizeof(*meta), 1, &meta, error);

    if (status != RECO_OK) {
        return status;
    }

    toplists->nglobal = meta->nglobal;
    toplists->ntrending = meta->ntrending;
    toplists->ncategories = ncategories;
    toplists->ncategory_items = meta->ncategory_items;
    toplists->popularity_max = meta->popularity_max;
    toplists->trend_max = meta->trend_max;

    const reco_snapshot_array_t arrays[] = {
        {TAG_GLOB, 4, meta->nglobal, &toplists->global},
        {TAG_TRLS, 4, meta->ntrending, &toplists->trending},
        {TAG_COFF, 4, (uint64_t) ncategories + 1, &toplists->category_offsets},
        {TAG_CITM, 4, meta->ncategory_items, &toplists->category_items},
    };

    return reco_snapshot_container_arrays(
        container, arrays, sizeof(arrays) / sizeof(arrays[0]), error);
}
