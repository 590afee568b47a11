/*
 * The overlay as it is read.
 */

#include "reco_snapshot_overlay.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A damaged index must not make a search long. */
#define OVERLAY_PROBES_MAX 1024

struct reco_snapshot_overlay_s {
    unsigned holders;
    reco_snapshot_t *base; /* until it is checked */
    uint64_t sequence;
    int64_t created;
    uint32_t *categories;
    reco_str_t parameters;
    reco_str_t report;
    reco_snapshot_overlay_view_t view;
    reco_snapshot_container_t container;
    reco_snapshot_verification_t verification;
    char path[PATH_MAX];
};


static reco_status_t
overlay_check_base(const reco_snapshot_overlay_meta_t *meta,
    const reco_snapshot_t *base, const char *path, reco_error_t *error)
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
overlay_open_parts(reco_snapshot_overlay_t *overlay,
    const reco_snapshot_overlay_meta_t *meta, reco_error_t *error)
{
    reco_status_t status;
    reco_snapshot_overlay_view_t *view;

    view = &overlay->view;
    overlay->parameters.len = reco_snapshot_container_length(
        &overlay->container, RECO_SNAPSHOT_OVERLAY_PARM);
    overlay->report.len = reco_snapshot_container_length(
        &overlay->container, RECO_SNAPSHOT_OVERLAY_RPRT);

    const reco_snapshot_array_t arrays[] = {
        {RECO_SNAPSHOT_OVERLAY_TITM, 4, meta->ntrending, &view->trending},
        {RECO_SNAPSHOT_OVERLAY_TSCO, 4, meta->ntrending,
            &view->trending_scores},
        {RECO_SNAPSHOT_OVERLAY_VITM, 4, meta->nvectors, &view->vector_items},
        {RECO_SNAPSHOT_OVERLAY_VECT, 4,
            (uint64_t) meta->nvectors * meta->dimensions, &view->vectors},
        {RECO_SNAPSHOT_OVERLAY_VNRM, 4, meta->nvectors, &view->vector_norms},
        {RECO_SNAPSHOT_OVERLAY_VSLT, 4, meta->vector_slots,
            &view->vector_slots},
        {RECO_SNAPSHOT_OVERLAY_UNAV, 4, meta->nunavailable, &view->unavailable},
        {RECO_SNAPSHOT_OVERLAY_PARM, 1, overlay->parameters.len,
            &overlay->parameters.data},
        {RECO_SNAPSHOT_OVERLAY_RPRT, 1, overlay->report.len,
            &overlay->report.data},
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
    reco_snapshot_verification_done(&overlay->verification);
    reco_snapshot_container_close(&overlay->container);
    reco_snapshot_release(overlay->base);
    free(overlay->categories);
    free(overlay);
}


/* What every byte of was verified. */
static reco_status_t
overlay_finish(reco_snapshot_overlay_t *overlay, reco_error_t *error)
{
    reco_status_t status;
    const reco_snapshot_overlay_meta_t *meta;

    status = reco_snapshot_container_array(&overlay->container,
        RECO_SNAPSHOT_OVERLAY_META, sizeof(*meta), 1, &meta, error);

    if (status == RECO_OK) {
        status = overlay_check_base(meta, overlay->base, overlay->path, error);
    }

    if (status == RECO_OK) {
        status = overlay_open_parts(overlay, meta, error);
    }

    if (status == RECO_OK) {
        status = overlay_map_categories(overlay, overlay->base);
    }

    return status;
}


reco_status_t
reco_snapshot_overlay_begin(const char *path, reco_snapshot_t *base,
    reco_snapshot_overlay_t **overlay, reco_error_t *error)
{
    reco_status_t status;
    reco_snapshot_overlay_t *begun;

    begun = calloc(1, sizeof(*begun));

    if (begun == NULL) {
        return reco_error_set(
            error, RECO_NOMEM, "out of memory for \"%s\"", path);
    }

    begun->holders = 1;

    if ((unsigned) snprintf(begun->path, sizeof(begun->path), "%s", path)
        >= sizeof(begun->path))
    {
        free(begun);
        return reco_error_set(
            error, RECO_INVALID, "the path \"%s\" is too long", path);
    }

    status = reco_snapshot_container_open(
        &begun->container, begun->path, RECO_SNAPSHOT_OVERLAY, 0, error);

    if (status == RECO_OK) {
        status = reco_snapshot_verification_init(&begun->verification);
    }

    if (status != RECO_OK) {
        overlay_close(begun);
        return status;
    }

    reco_snapshot_acquire(base);
    begun->base = base;
    *overlay = begun;

    return RECO_OK;
}


reco_status_t
reco_snapshot_overlay_check(
    reco_snapshot_overlay_t *overlay, size_t bytes, reco_error_t *error)
{
    reco_status_t status;

    if (overlay->base == NULL) {
        return RECO_OK;
    }

    status = reco_snapshot_container_verify(
        &overlay->container, &overlay->verification, bytes, error);

    if (status == RECO_OK) {
        status = overlay_finish(overlay, error);
    }

    if (status == RECO_OK) {
        reco_snapshot_release(overlay->base);
        overlay->base = NULL;
    }

    return status;
}


reco_status_t
reco_snapshot_overlay_open(const char *path, reco_snapshot_t *base,
    reco_snapshot_overlay_t **overlay, reco_error_t *error)
{
    reco_status_t status;

    status = reco_snapshot_overlay_begin(path, base, overlay, error);

    if (status == RECO_OK) {
        status = reco_snapshot_overlay_check(*overlay, SIZE_MAX, error);

        if (status != RECO_OK) {
            overlay_close(*overlay);
        }
    }

    return status;
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
