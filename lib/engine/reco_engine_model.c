/*
 * Opening a model, and what it knows of an item.
 */

#include "reco_engine_model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>


static float
model_decay(float lambda, float distance)
{
    return lambda > 0 ? expf(-distance / lambda) : 1;
}


static void
model_decay_places(float *places, float lambda)
{
    unsigned i;

    for (i = 0; i < RECO_ENGINE_PLACES; i++) {
        places[i] = model_decay(lambda, (float) i);
    }
}


static void
model_prepare_decays(reco_engine_model_t *model)
{
    unsigned i;
    float lambda;
    const float *values;

    values = model->params.values;

    model_decay_places(
        model->session_place, values[RECO_ENGINE_SESSION_POSITION]);
    model_decay_places(model->next_place, values[RECO_ENGINE_NEXT_DECAY]);
    model_decay_places(
        model->neighbors_place, values[RECO_ENGINE_NEIGHBORS_DECAY]);
    model_decay_places(model->return_place, values[RECO_ENGINE_RETURN_DECAY]);
    model_decay_places(model->factors_place, values[RECO_ENGINE_FACTORS_DECAY]);

    for (i = 0; i < RECO_ENGINE_PLACES; i++) {
        model->match_place[i] = values[RECO_ENGINE_SESSION_LINEAR] != 0
                                    ? fmaxf(0, 1 - 0.1f * (float) (i + 1))
                                    : 1;
    }

    lambda = values[RECO_ENGINE_SESSION_LINEAR] != 0
                 ? 0
                 : values[RECO_ENGINE_SESSION_DISTANCE];

    for (i = 0; i <= RECO_SNAPSHOT_SESSION_MAX; i++) {
        model->distance[RECO_SNAPSHOT_SESSION_MAX + i] =
            model_decay(lambda, (float) (i != 0 ? i - 1 : 0));
        model->distance[RECO_SNAPSHOT_SESSION_MAX - i] =
            model->distance[RECO_SNAPSHOT_SESSION_MAX + i];
    }

    for (i = 0; i <= RECO_SNAPSHOT_SESSION_MAX; i++) {
        model->length[i] =
            i != 0 ? powf((float) i, -values[RECO_ENGINE_SESSION_LENGTH]) : 1;
    }

    lambda = values[RECO_ENGINE_SESSION_RECENCY] * 86400;
    model->recency_step = lambda > 0 ? 64 / lambda : 0;

    for (i = 0; i < RECO_ENGINE_RECENCY_STEPS; i++) {
        model->recency[i] = model_decay(lambda > 0 ? 64 : 0, (float) i);
    }
}


/* Learnt weights may lie on a source's value, on its logarithm, or on both. */
static void
model_prepare_credit(reco_engine_model_t *model)
{
    unsigned source;
    float *credit;

    credit = model->credit;

    for (source = 0; source < RECO_ENGINE_SOURCE_COUNT; source++) {
        credit[source] = model->weights[source];
    }

    credit[RECO_ENGINE_SESSION] +=
        model->weights[RECO_ENGINE_FEATURE_SESSION_LOG];
    credit[RECO_ENGINE_NEXT] += model->weights[RECO_ENGINE_FEATURE_NEXT_LOG];
    credit[RECO_ENGINE_VIEWED] +=
        model->weights[RECO_ENGINE_FEATURE_VIEWED_LOG];
    credit[RECO_ENGINE_BACKFILL] +=
        model->weights[RECO_ENGINE_FEATURE_BACKFILL_LOG];

    for (source = 0; source < RECO_ENGINE_SOURCE_COUNT; source++) {
        credit[source] = fmaxf(credit[source], 0);
    }
}


static void
model_prepare(reco_engine_model_t *model)
{
    unsigned i;

    for (i = 0; i < RECO_ENGINE_TYPE_COUNT; i++) {
        model->type_weight[i] = model->params.values[RECO_ENGINE_TYPE_VIEW + i];
    }

    memcpy(model->weights, &model->params.values[RECO_ENGINE_WEIGHT_SESSION],
        RECO_ENGINE_FEATURE_COUNT * sizeof(model->weights[0]));
    model_prepare_credit(model);
    model->idf_unknown = log1pf((float) model->base->sessions.nsessions);

    if (model->overlay != NULL) {
        model->recent = model->overlay->weight
                        * model->params.values[RECO_ENGINE_OVERLAY_WEIGHT];
        model->revectors =
            model->recent > 0 && model->overlay->nvectors != 0
            && model->params.values[RECO_ENGINE_OVERLAY_VECTORS] != 0;
        model->retrends = model->recent > 0 && model->overlay->ntrending != 0;
    }

    model_prepare_decays(model);
}


static uint32_t
model_gone_place(const reco_engine_model_t *model, uint32_t item)
{
    return (item * 0x9e3779b1u) >> 7 & model->gone_mask;
}


/* A hash table at most half full of what the overlay says is gone. */
static reco_status_t
model_prepare_gone(reco_engine_model_t *model)
{
    uint32_t i, item, size, place;
    const reco_snapshot_overlay_view_t *overlay;

    overlay = model->overlay;

    if (overlay == NULL || overlay->nunavailable == 0) {
        return RECO_OK;
    }

    for (size = 1; size / 2 < overlay->nunavailable; size *= 2) {
        /* void */
    }

    model->gone_mask = size - 1;
    model->gone = calloc(size, sizeof(model->gone[0]));

    if (model->gone == NULL) {
        return RECO_NOMEM;
    }

    for (i = 0; i < overlay->nunavailable; i++) {
        item = overlay->unavailable[i];

        if (item >= model->nitems) {
            continue;
        }

        for (place = model_gone_place(model, item);
             model->gone[place] != 0 && model->gone[place] != item + 1;
             place = (place + 1) & model->gone_mask)
        {
            /* void */
        }

        model->gone[place] = item + 1;
    }

    return RECO_OK;
}


reco_status_t
reco_engine_model_open(reco_snapshot_t *base, reco_snapshot_overlay_t *overlay,
    const reco_engine_params_t *params, reco_engine_model_t **model,
    reco_error_t *error)
{
    reco_status_t status;
    reco_engine_model_t *opened;

    opened = calloc(1, sizeof(*opened));

    if (opened == NULL) {
        return reco_error_set(error, RECO_NOMEM, "out of memory for a model");
    }

    opened->base = reco_snapshot_view(base);
    opened->nitems = opened->base->catalog.nitems;
    opened->kernels = reco_engine_kernels(opened->base->vectors.dimensions);

    if (overlay != NULL) {
        opened->overlay = reco_snapshot_overlay_view(overlay);
        opened->nitems += opened->overlay->catalog.nitems;
    }

    status = RECO_OK;

    if (params != NULL) {
        opened->params = *params;
    } else {
        reco_engine_params_init(&opened->params);
        status = reco_engine_params_load(&opened->params, base, error);

        if (status == RECO_OK && overlay != NULL) {
            status = reco_engine_params_follow(&opened->params, overlay, error);
        }
    }

    if (status == RECO_OK) {
        model_prepare(opened);
        status = model_prepare_gone(opened);
    }

    if (status != RECO_OK) {
        free(opened);
        return status;
    }

    opened->snapshot = base;
    reco_snapshot_acquire(base);

    if (overlay != NULL) {
        opened->shared = overlay;
        reco_snapshot_overlay_acquire(overlay);
    }

    *model = opened;

    return RECO_OK;
}


void
reco_engine_model_close(reco_engine_model_t *model)
{
    if (model == NULL) {
        return;
    }

    reco_snapshot_overlay_release(model->shared);
    reco_snapshot_release(model->snapshot);
    free(model->gone);
    free(model);
}


uint32_t
reco_engine_dimensions(const reco_engine_model_t *model)
{
    return model->base->vectors.dimensions;
}


uint32_t
reco_engine_find(const reco_engine_model_t *model, uint64_t key)
{
    uint32_t item;

    item = reco_snapshot_catalog_find(&model->base->catalog, key);

    if (item == RECO_ITEM_NONE && model->overlay != NULL) {
        item = reco_snapshot_catalog_find(&model->overlay->catalog, key);

        if (item != RECO_ITEM_NONE) {
            item += model->base->catalog.nitems;
        }
    }

    return item;
}


uint32_t
reco_engine_find_category(const reco_engine_model_t *model, reco_str_t name)
{
    uint32_t category;

    category = reco_snapshot_catalog_category(&model->base->catalog, name);

    if (category == RECO_ITEM_NONE && model->overlay != NULL) {
        category =
            reco_snapshot_catalog_category(&model->overlay->catalog, name);

        if (category != RECO_ITEM_NONE) {
            category = model->overlay->categories[category];
        }
    }

    return category;
}


void
reco_engine_item(
    const reco_engine_model_t *model, uint32_t item, reco_snapshot_item_t *out)
{
    uint32_t nitems;

    nitems = model->base->catalog.nitems;

    if (item < nitems || model->overlay == NULL) {
        reco_snapshot_catalog_item(&model->base->catalog, item, out);
    } else {
        reco_snapshot_catalog_item(
            &model->overlay->catalog, item - nitems, out);
    }
}


reco_str_t
reco_engine_brand(const reco_engine_model_t *model, uint32_t item)
{
    reco_snapshot_item_t entry;

    reco_engine_item(model, item, &entry);

    return entry.brand;
}


int
reco_engine_gone(const reco_engine_model_t *model, uint32_t item)
{
    uint32_t place;

    for (place = model_gone_place(model, item); model->gone[place] != 0;
         place = (place + 1) & model->gone_mask)
    {
        if (model->gone[place] == item + 1) {
            return 1;
        }
    }

    return 0;
}


uint32_t
reco_engine_overlay_vector(const reco_engine_model_t *model, uint32_t item)
{
    if (model->overlay == NULL
        || model->overlay->dimensions != model->base->vectors.dimensions
        || (item < model->base->catalog.nitems && !model->revectors))
    {
        return RECO_ITEM_NONE;
    }

    return reco_snapshot_overlay_vector(model->overlay, item);
}


const void *
reco_engine_vector(const reco_engine_model_t *model, uint32_t item, float *norm)
{
    uint32_t row;
    const reco_snapshot_hot_t *hot;
    const reco_snapshot_overlay_view_t *overlay;

    overlay = model->overlay;
    row = reco_engine_overlay_vector(model, item);

    if (row != RECO_ITEM_NONE) {
        *norm = overlay->vector_norms[row];
        return overlay->vectors + (size_t) row * overlay->dimensions;
    }

    if (item >= model->base->catalog.nitems) {
        return NULL;
    }

    hot = &model->base->catalog.hot[item];
    *norm = hot->norm;

    return reco_snapshot_vector(&model->base->vectors, hot);
}
