/*
 * A model: the views of base and overlay, the parameters, and what can be
 * computed from them once.
 */

#ifndef RECO_ENGINE_MODEL_H
#define RECO_ENGINE_MODEL_H

#include "reco_engine_kernels.h"
#include "reco_engine_params.h"
#include "reco_engine_vote.h"
#include "snapshot/reco_snapshot_view.h"

#include <math.h>


#define RECO_ENGINE_PLACES (RECO_ENGINE_EVENTS_MAX + 1)

/* Neighbour ages are looked up in steps of a 64th of lambda, to 16 lambda. */
#define RECO_ENGINE_RECENCY_STEPS 1024

struct reco_engine_model_s {
    reco_snapshot_t *snapshot;
    reco_snapshot_overlay_t *shared;
    const reco_snapshot_view_t *base;
    const reco_snapshot_overlay_view_t *overlay; /* NULL: none */
    uint32_t nitems;                             /* of both */
    const reco_engine_kernels_t *kernels;
    reco_engine_params_t params;

    /* exp(-i / lambda) of the decays, by place or distance. */
    float session_place[RECO_ENGINE_PLACES];
    float next_place[RECO_ENGINE_PLACES];
    float neighbors_place[RECO_ENGINE_PLACES];
    float return_place[RECO_ENGINE_PLACES];
    float factors_place[RECO_ENGINE_PLACES];
    float match_place[RECO_ENGINE_PLACES];
    /* From RECO_SNAPSHOT_SESSION_MAX places before the match on. */
    float distance[RECO_SNAPSHOT_SESSION_MAX + RECO_ENGINE_VOTES_SPARE];
    float recency[RECO_ENGINE_RECENCY_STEPS];
    float length[RECO_SNAPSHOT_SESSION_MAX + 1]; /* length ^ -exponent */
    float recency_step;                          /* steps in a second */
    float type_weight[RECO_ENGINE_TYPE_COUNT];
    float weights[RECO_ENGINE_FEATURES_MAX]; /* of features; rest 0 */
    float credit[RECO_ENGINE_SOURCE_COUNT]; /* of a source's value, 0 or more */
    float idf_unknown; /* of an item in no session of the base */

    /* What is taken of the overlay besides its catalogue. */
    float recent;  /* what its sessions count; 0: no trends either */
    int revectors; /* its vectors replace the base's */
    int retrends;  /* its trends do */

    /* Base items that the overlay says are gone: item + 1, 0: empty. */
    uint32_t *gone;
    uint32_t gone_mask;
};


static inline float
reco_engine_value(
    const reco_engine_model_t *model, reco_engine_param_index_t index)
{
    return model->params.values[index];
}


static inline unsigned
reco_engine_count(
    const reco_engine_model_t *model, reco_engine_param_index_t index)
{
    return (unsigned) model->params.values[index];
}


/* What filters and features ask of an item; NULL past the last one. */
static inline const reco_snapshot_hot_t *
reco_engine_hot(const reco_engine_model_t *model, uint32_t item)
{
    const reco_snapshot_catalog_t *catalog;

    catalog = &model->base->catalog;

    if (item < catalog->nitems) {
        return &catalog->hot[item];
    }

    if (item < model->nitems && model->overlay != NULL) {
        return &model->overlay->catalog.hot[item - catalog->nitems];
    }

    return NULL;
}


/* By the base's numbers; those of the overlay's new categories come after. */
static inline uint32_t
reco_engine_category(const reco_engine_model_t *model, uint32_t item,
    const reco_snapshot_hot_t *hot)
{
    uint32_t category;

    category = hot->category & RECO_SNAPSHOT_CATEGORY;

    if (item >= model->base->catalog.nitems) {
        return category < model->overlay->catalog.ncategories
                   ? model->overlay->categories[category]
                   : 0;
    }

    return category;
}


/* The number of a category of base or overlay; RECO_ITEM_NONE if none. */
uint32_t reco_engine_find_category(
    const reco_engine_model_t *model, reco_str_t name);

/* Empty if the item has none. */
reco_str_t reco_engine_brand(const reco_engine_model_t *model, uint32_t item);

/* Does the overlay say that a base item is gone? */
int reco_engine_gone(const reco_engine_model_t *model, uint32_t item);

/* Can be bought now, and has nothing else of what flags name against it. */
static inline int
reco_engine_available(const reco_engine_model_t *model, uint32_t item,
    const reco_snapshot_hot_t *hot, uint32_t flags)
{
    return (hot->category & flags) == RECO_SNAPSHOT_AVAILABLE
           && (model->gone == NULL || !reco_engine_gone(model, item));
}


/* Had anybody met the item when the base was trained? */
static inline int
reco_engine_met(const reco_snapshot_hot_t *hot)
{
    return hot->popularity > 0;
}


/* The overlay's row of an item's vector, where that counts; or NONE. */
uint32_t reco_engine_overlay_vector(
    const reco_engine_model_t *model, uint32_t item);

/*
 * The item's vector, perhaps unaligned, the overlay's before the base's, and
 * 1 / its length; NULL if it has none.
 */
const void *reco_engine_vector(
    const reco_engine_model_t *model, uint32_t item, float *norm);

/* The same, of an item whose line of the catalogue is at hand. */
static inline const void *
reco_engine_vector_of(const reco_engine_model_t *model, uint32_t item,
    const reco_snapshot_hot_t *hot, float *norm)
{
    if (item >= model->base->catalog.nitems || model->revectors) {
        return reco_engine_vector(model, item, norm);
    }

    *norm = hot->norm;

    return reco_snapshot_vector(&model->base->vectors, hot);
}

/* idf ^ exponent of an item. */
static inline float
reco_engine_idf(const reco_engine_model_t *model, uint32_t item, float exponent)
{
    float idf;

    if (exponent == 0) {
        return 1;
    }

    idf = item < model->base->catalog.nitems
              ? model->base->catalog.hot[item].idf
              : model->idf_unknown;

    if (exponent == 1) {
        return idf;
    }

    return exponent == 0.5f ? sqrtf(idf) : powf(idf, exponent);
}

#endif /* RECO_ENGINE_MODEL_H */
