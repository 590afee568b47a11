/*
 * The overlay: one container, tied to a base by its id.
 *
 *   OMET  counts, the base's id, when and with what weight
 *   ...   the catalogue of the new items and the recent sessions, as in a
 *         base, the sessions with rows only for the items that occur
 *   TITM, TSCO  what is trending now
 *   VITM, VECT, VNRM, VSLT  vectors of touched and new items, their inverse
 *         norms, and a hash index item -> row
 *   UNAV  items of the base that are gone, ascending
 *   PARM  parameters of the engine: key NUL value NUL key NUL ...
 *   RPRT  JSON: what the trainer found out
 *
 * It is small and comes from a folder that is written all the time, so its
 * checksums are always verified.
 */

#include "reco_snapshot_parts.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TAG_META RECO_SNAPSHOT_TAG('O', 'M', 'E', 'T')
#define TAG_TITM RECO_SNAPSHOT_TAG('T', 'I', 'T', 'M')
#define TAG_TSCO RECO_SNAPSHOT_TAG('T', 'S', 'C', 'O')
#define TAG_VITM RECO_SNAPSHOT_TAG('V', 'I', 'T', 'M')
#define TAG_VECT RECO_SNAPSHOT_TAG('V', 'E', 'C', 'T')
#define TAG_VNRM RECO_SNAPSHOT_TAG('V', 'N', 'R', 'M')
#define TAG_VSLT RECO_SNAPSHOT_TAG('V', 'S', 'L', 'T')
#define TAG_UNAV RECO_SNAPSHOT_TAG('U', 'N', 'A', 'V')
#define TAG_PARM RECO_SNAPSHOT_TAG('P', 'A', 'R', 'M')
#define TAG_RPRT RECO_SNAPSHOT_TAG('R', 'P', 'R', 'T')

/* A damaged index must not make a search long. */
#define OVERLAY_PROBES_MAX 1024

typedef struct {
    char base[128];
    uint64_t sequence;
    int64_t created;
    uint32_t base_nitems;
    uint32_t nitems;
    uint32_t ntrending;
    uint32_t dimensions;
    uint32_t nvectors;
    uint32_t vector_slots;
    uint32_t nunavailable;
    float weight;
} overlay_meta_t;

struct reco_snapshot_overlay_s {
    unsigned holders;
    uint64_t sequence;
    int64_t created;
    uint32_t *categories;
    reco_str_t parameters;
    reco_str_t report;
    reco_snapshot_overlay_view_t view;
    reco_snapshot_container_t container;
    char path[PATH_MAX];
};


static int
overlay_ascending(const void *a, const void *b)
{
    uint32_t left, right;

    left = *(const uint32_t *) a;
    right = *(const uint32_t *) b;

    return left < right ? -1 : left > right;
}


static reco_status_t
overlay_check_items(const char *what, const uint32_t *items, uint32_t count,
    uint32_t nitems, reco_error_t *error)
{
    uint32_t i;

    for (i = 0; i < count; i++) {
        if (items[i] >= nitems) {
            return reco_error_set(error, RECO_INVALID,
                "%s of the overlay: item %u of %u", what, items[i], nitems);
        }
    }

    return RECO_OK;
}


static reco_status_t
overlay_check(const reco_snapshot_overlay_source_t *source, reco_error_t *error)
{
    uint64_t i, nfloats;
    uint32_t nitems;
    reco_status_t status;

    if (source->base == NULL || strlen(source->base) > 127
        || source->dimensions > RECO_SNAPSHOT_DIMENSIONS_MAX
        || source->base_nitems > RECO_SNAPSHOT_ITEMS_MAX
        || source->nitems > RECO_SNAPSHOT_ITEMS_MAX - source->base_nitems)
    {
        return reco_error_set(error, RECO_INVALID,
            "the overlay names no base, or has too many items or dimensions");
    }

    nitems = source->base_nitems + source->nitems;
    nfloats = (uint64_t) source->nvectors * source->dimensions;

    for (i = 0; i < nfloats; i++) {
        if (!isfinite(source->vectors[i])) {
            return reco_error_set(error, RECO_INVALID,
                "the overlay's vector of item %u has a value that is no "
                "number",
                source->vector_items[i / source->dimensions]);
        }
    }

    status = overlay_check_items(
        "trending", source->trending, source->ntrending, nitems, error);

    if (status == RECO_OK) {
        status = overlay_check_items(
            "vectors", source->vector_items, source->nvectors, nitems, error);
    }

    if (status == RECO_OK) {
        status = overlay_check_items("unavailable items", source->unavailable,
            source->nunavailable, nitems, error);
    }

    return status;
}


/* VITM, VECT, VNRM, VSLT. */
static void
overlay_build_vectors(reco_snapshot_builder_t *builder, overlay_meta_t *meta,
    const reco_snapshot_overlay_source_t *source)
{
    double sum;
    float *norms;
    const float *row;
    uint32_t i, j, slot, mask, *slots;

    meta->vector_slots =
        reco_snapshot_power((uint64_t) source->nvectors * 2 + 1);
    mask = meta->vector_slots - 1;
    slots = reco_snapshot_builder_new(
        builder, TAG_VSLT, meta->vector_slots, sizeof(slots[0]));
    norms = reco_snapshot_builder_new(
        builder, TAG_VNRM, source->nvectors, sizeof(norms[0]));

    if (norms == NULL) {
        return;
    }

    for (i = 0; i < source->nvectors; i++) {
        slot = reco_snapshot_slot(source->vector_items[i], mask);

        while (slots[slot] != 0) {
            slot = (slot + 1) & mask;
        }

        slots[slot] = i + 1;
        sum = 0;
        row = source->vectors + (size_t) i * source->dimensions;

        for (j = 0; j < source->dimensions; j++) {
            sum += (double) row[j] * row[j];
        }

        norms[i] = sum > 0 ? (float) (1 / sqrt(sum)) : 0;
    }

    reco_snapshot_builder_add(builder, TAG_VITM, source->vector_items,
        (uint64_t) source->nvectors * sizeof(source->vector_items[0]));
    reco_snapshot_builder_add(builder, TAG_VECT, source->vectors,
        (uint64_t) source->nvectors * source->dimensions * sizeof(float));
}


static void
overlay_build_lists(reco_snapshot_builder_t *builder,
    const reco_snapshot_overlay_source_t *source)
{
    uint32_t *unavailable;

    reco_snapshot_builder_add(builder, TAG_TITM, source->trending,
        (uint64_t) source->ntrending * sizeof(source->trending[0]));
    reco_snapshot_builder_add(builder, TAG_TSCO, source->trending_scores,
        (uint64_t) source->ntrending * sizeof(source->trending_scores[0]));

    unavailable = reco_snapshot_builder_new(
        builder, TAG_UNAV, source->nunavailable, sizeof(unavailable[0]));

    if (unavailable != NULL && source->nunavailable != 0) {
        memcpy(unavailable, source->unavailable,
            source->nunavailable * sizeof(unavailable[0]));
        qsort(unavailable, source->nunavailable, sizeof(unavailable[0]),
            overlay_ascending);
    }
}


static reco_status_t
overlay_build(reco_snapshot_builder_t *builder,
    const reco_snapshot_overlay_source_t *source, reco_error_t *error)
{
    reco_status_t status;
    overlay_meta_t *meta;
    reco_snapshot_facts_t facts;

    meta = reco_snapshot_builder_new(builder, TAG_META, 1, sizeof(*meta));

    if (meta == NULL) {
        return reco_error_set(
            error, RECO_NOMEM, "out of memory for the overlay");
    }

    snprintf(meta->base, sizeof(meta->base), "%s", source->base);
    meta->sequence = source->sequence;
    meta->created = source->created;
    meta->base_nitems = source->base_nitems;
    meta->nitems = source->nitems;
    meta->ntrending = source->ntrending;
    meta->dimensions = source->dimensions;
    meta->nvectors = source->nvectors;
    meta->nunavailable = source->nunavailable;
    meta->weight = source->weight;

    status = reco_snapshot_catalog_build(
        builder, source->items, source->nitems, &facts, error);

    if (status == RECO_OK) {
        status = reco_snapshot_sessions_build(builder, &source->sessions,
            source->base_nitems + source->nitems, NULL, error);
    }

    if (status == RECO_OK) {
        overlay_build_vectors(builder, meta, source);
        overlay_build_lists(builder, source);
        reco_snapshot_builder_add(
            builder, TAG_PARM, source->parameters.data, source->parameters.len);
        reco_snapshot_builder_add(
            builder, TAG_RPRT, source->report.data, source->report.len);
    }

    return status;
}


reco_status_t
reco_snapshot_overlay_write(const char *path,
    const reco_snapshot_overlay_source_t *source, reco_error_t *error)
{
    char aside[PATH_MAX];
    reco_status_t status;
    reco_snapshot_builder_t builder;

    if ((unsigned) snprintf(aside, sizeof(aside), "%s.new", path)
        >= sizeof(aside)) {
        return reco_error_set(
            error, RECO_INVALID, "the path \"%s\" is too long", path);
    }

    status = overlay_check(source, error);

    if (status != RECO_OK) {
        return status;
    }

    reco_snapshot_builder_init(&builder);
    status = overlay_build(&builder, source, error);

    if (status == RECO_OK) {
        status = reco_snapshot_builder_write(
            &builder, aside, RECO_SNAPSHOT_OVERLAY, error);
    }

    reco_snapshot_builder_done(&builder);

    if (status == RECO_OK && rename(aside, path) != 0) {
        status = reco_error_set(
            error, RECO_IO, "cannot rename \"%s\": %s", aside, strerror(errno));
    }

    return status;
}


static reco_status_t
overlay_check_base(const overlay_meta_t *meta, const reco_snapshot_t *base,
    const char *path, reco_error_t *error)
{
    if (memchr(meta->base, '\0', sizeof(meta->base)) == NULL
        || strcmp(meta->base, reco_snapshot_id(base)) != 0
        || meta->base_nitems != reco_snapshot_nitems(base))
    {
        return reco_error_set(error, RECO_DECLINED,
            "overlay \"%s\" belongs to version \"%.127s\", not to \"%s\"", path,
            meta->base, reco_snapshot_id(base));
    }

    if (meta->nitems > RECO_SNAPSHOT_ITEMS_MAX - meta->base_nitems
        || meta->dimensions > RECO_SNAPSHOT_DIMENSIONS_MAX
        || (meta->vector_slots & (meta->vector_slots - 1)) != 0
        || meta->vector_slots == 0
        || !(meta->weight >= 0 && meta->weight <= 1000))
    {
        return reco_error_set(error, RECO_CORRUPT,
            "the counts of \"%s\" contradict each other", path);
    }

    return RECO_OK;
}


/* The new items' categories by the base's numbers. */
static reco_status_t
overlay_map_categories(
    reco_snapshot_overlay_t *overlay, const reco_snapshot_t *base)
{
    uint32_t i, known, next;
    const reco_snapshot_catalog_t *own, *theirs;

    own = &overlay->view.catalog;
    theirs = &reco_snapshot_view(base)->catalog;
    next = theirs->ncategories;
    overlay->categories =
        calloc(own->ncategories, sizeof(overlay->categories[0]));

    if (overlay->categories == NULL) {
        return RECO_NOMEM;
    }

    for (i = 0; i < own->ncategories; i++) {
        known = reco_snapshot_catalog_category(
            theirs, reco_snapshot_catalog_term(own, i));
        overlay->categories[i] = known != RECO_ITEM_NONE ? known : next++;
    }

    overlay->view.categories = overlay->categories;

    return RECO_OK;
}


static reco_status_t
overlay_open_parts(reco_snapshot_overlay_t *overlay, const overlay_meta_t *meta,
    reco_error_t *error)
{
    reco_status_t status;
    reco_snapshot_overlay_view_t *view;

    view = &overlay->view;
    overlay->parameters.len =
        reco_snapshot_container_length(&overlay->container, TAG_PARM);
    overlay->report.len =
        reco_snapshot_container_length(&overlay->container, TAG_RPRT);

    const reco_snapshot_array_t arrays[] = {
        {TAG_TITM, 4, meta->ntrending, &view->trending},
        {TAG_TSCO, 4, meta->ntrending, &view->trending_scores},
        {TAG_VITM, 4, meta->nvectors, &view->vector_items},
        {TAG_VECT, 4, (uint64_t) meta->nvectors * meta->dimensions,
            &view->vectors},
        {TAG_VNRM, 4, meta->nvectors, &view->vector_norms},
        {TAG_VSLT, 4, meta->vector_slots, &view->vector_slots},
        {TAG_UNAV, 4, meta->nunavailable, &view->unavailable},
        {TAG_PARM, 1, overlay->parameters.len, &overlay->parameters.data},
        {TAG_RPRT, 1, overlay->report.len, &overlay->report.data},
    };

    overlay->sequence = meta->sequence;
    overlay->created = meta->created;
    view->base_nitems = meta->base_nitems;
    view->ntrending = meta->ntrending;
    view->dimensions = meta->dimensions;
    view->nvectors = meta->nvectors;
    view->vector_mask = meta->vector_slots - 1;
    view->nunavailable = meta->nunavailable;
    view->weight = meta->weight;

    status = reco_snapshot_container_arrays(
        &overlay->container, arrays, sizeof(arrays) / sizeof(arrays[0]), error);

    if (status == RECO_OK) {
        status = reco_snapshot_catalog_open(
            &overlay->container, &view->catalog, error);
    }

    if (status == RECO_OK && view->catalog.nitems != meta->nitems) {
        status = reco_error_set(error, RECO_CORRUPT,
            "the counts of \"%s\" contradict each other", overlay->path);
    }

    if (status == RECO_OK) {
        status = reco_snapshot_sessions_open(&overlay->container,
            meta->base_nitems + meta->nitems, 1, &view->sessions, error);
    }

    return status;
}


static void
overlay_close(reco_snapshot_overlay_t *overlay)
{
    reco_snapshot_container_close(&overlay->container);
    free(overlay->categories);
    free(overlay);
}


static reco_status_t
overlay_open_checked(reco_snapshot_overlay_t *overlay,
    const reco_snapshot_t *base, reco_error_t *error)
{
    reco_status_t status;
    const overlay_meta_t *meta;

    status = reco_snapshot_container_open(
        &overlay->container, overlay->path, RECO_SNAPSHOT_OVERLAY, 1, error);

    if (status == RECO_OK) {
        status = reco_snapshot_container_array(
            &overlay->container, TAG_META, sizeof(*meta), 1, &meta, error);
    }

    if (status == RECO_OK) {
        status = overlay_check_base(meta, base, overlay->path, error);
    }

    if (status == RECO_OK) {
        status = overlay_open_parts(overlay, meta, error);
    }

    if (status == RECO_OK) {
        status = overlay_map_categories(overlay, base);
    }

    return status;
}


reco_status_t
reco_snapshot_overlay_open(const char *path, const reco_snapshot_t *base,
    reco_snapshot_overlay_t **overlay, reco_error_t *error)
{
    reco_status_t status;
    reco_snapshot_overlay_t *opened;

    opened = calloc(1, sizeof(*opened));

    if (opened == NULL) {
        return reco_error_set(
            error, RECO_NOMEM, "out of memory for \"%s\"", path);
    }

    opened->holders = 1;

    if ((unsigned) snprintf(opened->path, sizeof(opened->path), "%s", path)
        >= sizeof(opened->path))
    {
        free(opened);
        return reco_error_set(
            error, RECO_INVALID, "the path \"%s\" is too long", path);
    }

    status = overlay_open_checked(opened, base, error);

    if (status != RECO_OK) {
        overlay_close(opened);
        return status;
    }

    *overlay = opened;

    return RECO_OK;
}


void
reco_snapshot_overlay_acquire(reco_snapshot_overlay_t *overlay)
{
    overlay->holders++;
}


void
reco_snapshot_overlay_release(reco_snapshot_overlay_t *overlay)
{
    if (overlay != NULL && --overlay->holders == 0) {
        overlay_close(overlay);
    }
}


int64_t
reco_snapshot_overlay_created(const reco_snapshot_overlay_t *overlay)
{
    return overlay->created;
}


uint64_t
reco_snapshot_overlay_sequence(const reco_snapshot_overlay_t *overlay)
{
    return overlay->sequence;
}


/* Text up to the next NUL; 0 where there is none. */
static int
overlay_take_text(reco_str_t *rest, reco_str_t *text)
{
    const char *end;

    end = rest->len != 0 ? memchr(rest->data, '\0', rest->len) : NULL;

    if (end == NULL) {
        return 0;
    }

    text->data = rest->data;
    text->len = (size_t) (end - rest->data);
    rest->data += text->len + 1;
    rest->len -= text->len + 1;

    return 1;
}


int
reco_snapshot_overlay_parameter(const reco_snapshot_overlay_t *overlay,
    unsigned index, reco_str_t *key, reco_str_t *value)
{
    unsigned i;
    reco_str_t rest;

    rest = overlay->parameters;

    for (i = 0; i <= index; i++) {
        if (!overlay_take_text(&rest, key) || !overlay_take_text(&rest, value))
        {
            return 0;
        }
    }

    return 1;
}


reco_str_t
reco_snapshot_overlay_report(const reco_snapshot_overlay_t *overlay)
{
    return overlay->report;
}


const reco_snapshot_overlay_view_t *
reco_snapshot_overlay_view(const reco_snapshot_overlay_t *overlay)
{
    return &overlay->view;
}


uint32_t
reco_snapshot_overlay_vector(
    const reco_snapshot_overlay_view_t *view, uint32_t item)
{
    uint32_t slot, row, probes;

    slot = reco_snapshot_slot(item, view->vector_mask);

    for (probes = 0; probes < OVERLAY_PROBES_MAX; probes++) {
        row = view->vector_slots[slot] - 1;

        if (row >= view->nvectors) {
            break;
        }

        if (view->vector_items[row] == item) {
            return row;
        }

        slot = (slot + 1) & view->vector_mask;
    }

    return RECO_ITEM_NONE;
}
