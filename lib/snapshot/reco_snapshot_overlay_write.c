/*
 * The overlay's file from what a trainer has.
 */

#include "reco_snapshot_overlay.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>


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
overlay_build_vectors(reco_snapshot_builder_t *builder,
    reco_snapshot_overlay_meta_t *meta,
    const reco_snapshot_overlay_source_t *source)
{
    double sum;
    float *norms;
    const float *row;
    uint32_t i, j, slot, mask, *slots;

    meta->vector_slots =
        reco_snapshot_power((uint64_t) source->nvectors * 2 + 1);
    mask = meta->vector_slots - 1;
    slots = reco_snapshot_builder_new(builder, RECO_SNAPSHOT_OVERLAY_VSLT,
        meta->vector_slots, sizeof(slots[0]));
    norms = reco_snapshot_builder_new(builder, RECO_SNAPSHOT_OVERLAY_VNRM,
        source->nvectors, sizeof(norms[0]));

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

    reco_snapshot_builder_add(builder, RECO_SNAPSHOT_OVERLAY_VITM,
        source->vector_items,
        (uint64_t) source->nvectors * sizeof(source->vector_items[0]));
    reco_snapshot_builder_add(builder, RECO_SNAPSHOT_OVERLAY_VECT,
        source->vectors,
        (uint64_t) source->nvectors * source->dimensions * sizeof(float));
}


static void
overlay_build_lists(reco_snapshot_builder_t *builder,
    const reco_snapshot_overlay_source_t *source)
{
    uint32_t *unavailable;

    reco_snapshot_builder_add(builder, RECO_SNAPSHOT_OVERLAY_TITM,
        source->trending,
        (uint64_t) source->ntrending * sizeof(source->trending[0]));
    reco_snapshot_builder_add(builder, RECO_SNAPSHOT_OVERLAY_TSCO,
        source->trending_scores,
        (uint64_t) source->ntrending * sizeof(source->trending_scores[0]));

    unavailable = reco_snapshot_builder_new(builder, RECO_SNAPSHOT_OVERLAY_UNAV,
        source->nunavailable, sizeof(unavailable[0]));

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
    reco_snapshot_overlay_meta_t *meta;
    reco_snapshot_facts_t facts;

    meta = reco_snapshot_builder_new(
        builder, RECO_SNAPSHOT_OVERLAY_META, 1, sizeof(*meta));

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
        reco_snapshot_builder_add(builder, RECO_SNAPSHOT_OVERLAY_PARM,
            source->parameters.data, source->parameters.len);
        reco_snapshot_builder_add(builder, RECO_SNAPSHOT_OVERLAY_RPRT,
            source->report.data, source->report.len);
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
