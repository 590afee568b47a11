/*
 * The visitor as a vector: folded in from what was seen, or from the feature
 * store, or both.
 */

#include "reco_engine_factors.h"

#include <math.h>
#include <string.h>


/* An item that the visitor met. */
static void
fold_meet(const reco_engine_model_t *model, reco_engine_scratch_t *scratch,
    uint32_t item, float weight)
{
    float norm;
    const void *vector;

    vector = reco_engine_vector(model, item, &norm);

    if (vector != NULL && weight > 0 && scratch->nfolds < RECO_ENGINE_FOLDS_MAX)
    {
        scratch->fold_vectors[scratch->nfolds] = vector;
        scratch->fold_weights[scratch->nfolds++] = weight;
        model->kernels->add(
            scratch->vector, weight, vector, model->base->vectors.dimensions);
    }
}


/* To length 1; 0 where there is none. */
static int
fold_normalize(float *vector, uint32_t dimensions)
{
    float sum;
    uint32_t i;

    sum = 0;

    for (i = 0; i < dimensions; i++) {
        sum += vector[i] * vector[i];
    }

    /* Written so that a NaN fails too. */
    if (!(sum > 0 && sum < INFINITY)) {
        return 0;
    }

    sum = 1 / sqrtf(sum);

    for (i = 0; i < dimensions; i++) {
        vector[i] *= sum;
    }

    return 1;
}


static void
fold_session(const reco_engine_model_t *model, reco_engine_scratch_t *scratch)
{
    unsigned place, count;
    const reco_engine_visit_t *visit;

    visit = &scratch->visit;
    count = reco_engine_count(model, RECO_ENGINE_FACTORS_ITEMS);

    for (place = 0; place < visit->nitems && place < count; place++) {
        fold_meet(model, scratch, visit->items[place].item,
            visit->items[place].weight * model->factors_place[place]);
    }
}


/* The profile's last events, each as much as its type counts. */
static void
fold_history(const reco_engine_model_t *model, reco_engine_scratch_t *scratch)
{
    float weight;
    unsigned i, first, count;
    uint32_t item;
    const reco_engine_query_t *query;

    query = scratch->visit.query;
    count = reco_engine_count(model, RECO_ENGINE_FACTORS_HISTORY);
    weight = reco_engine_value(model, RECO_ENGINE_FACTORS_HISTORY_WEIGHT);

    if (query->history == NULL || !(weight > 0)) {
        return;
    }

    first = query->nhistory > count ? query->nhistory - count : 0;

    for (i = first; i < query->nhistory; i++) {
        item = reco_engine_find(model, query->history[i].item);

        if (item != RECO_ITEM_NONE
            && query->history[i].type < RECO_ENGINE_TYPE_COUNT) {
            fold_meet(model, scratch, item,
                weight * model->type_weight[query->history[i].type]);
        }
    }
}


/* out = (1 + confidence sum w y y^T) v, y the vectors of what was met. */
static void
fold_multiply(const reco_engine_model_t *model, reco_engine_scratch_t *scratch,
    const float *v, float *out)
{
    unsigned i;
    uint32_t dimensions;
    float confidence, *products;

    dimensions = model->base->vectors.dimensions;
    confidence = reco_engine_value(model, RECO_ENGINE_FACTORS_CONFIDENCE);
    products = scratch->fold_products;
    memcpy(out, v, dimensions * sizeof(out[0]));
    model->kernels->dots(
        v, scratch->fold_vectors, scratch->nfolds, dimensions, products);

    for (i = 0; i < scratch->nfolds; i++) {
        model->kernels->add(out,
            confidence * scratch->fold_weights[i] * products[i],
            scratch->fold_vectors[i], dimensions);
    }
}


/*
 * The least squares that trained the factors, for this visitor: the trainer
 * writes them so that its matrix but for what the visitor met is the unit
 * matrix, and a few steps of conjugate gradients solve it.
 */
static void
fold_solve(const reco_engine_model_t *model, reco_engine_scratch_t *scratch)
{
    unsigned step, steps;
    uint32_t dimensions;
    float before, after, rate;
    float *x, *residual, *direction, *product, *next;

    steps = reco_engine_count(model, RECO_ENGINE_FACTORS_STEPS);

    if (steps == 0) {
        return;
    }

    dimensions = model->base->vectors.dimensions;
    x = scratch->vector;
    residual = scratch->fold_residual;
    direction = scratch->fold_direction;
    product = scratch->fold_product;

    memcpy(residual, x, dimensions * sizeof(x[0]));
    memcpy(direction, x, dimensions * sizeof(x[0]));
    memset(x, 0, dimensions * sizeof(x[0]));
    before = model->kernels->dot(residual, residual, dimensions);

    for (step = 0; step < steps && before > 0; step++) {
        fold_multiply(model, scratch, direction, product);
        rate = before / model->kernels->dot(direction, product, dimensions);

        model->kernels->add(x, rate, direction, dimensions);
        model->kernels->add(residual, -rate, product, dimensions);
        after = model->kernels->dot(residual, residual, dimensions);

        /* The product has served: the next direction takes its place. */
        next = product;
        memcpy(next, residual, dimensions * sizeof(next[0]));
        model->kernels->add(next, after / before, direction, dimensions);
        product = direction;
        direction = next;

        /* Nothing is left to gain: further steps would only add noise. */
        if (!(after < before)) {
            break;
        }

        before = after;
    }
}


int
reco_engine_factors_fold(
    const reco_engine_model_t *model, reco_engine_scratch_t *scratch)
{
    int known;
    float share, length;
    float *vector;
    uint32_t i, dimensions;
    const reco_engine_query_t *query;

    query = scratch->visit.query;
    vector = scratch->vector;
    dimensions = model->base->vectors.dimensions;

    if (dimensions == 0) {
        return 0;
    }

    memset(vector, 0, dimensions * sizeof(vector[0]));
    scratch->nfolds = 0;
    fold_session(model, scratch);

    if (query->user == NULL) {
        fold_history(model, scratch);
        fold_solve(model, scratch);
        return fold_normalize(vector, dimensions);
    }

    fold_solve(model, scratch);
    known = fold_normalize(vector, dimensions);
    share = reco_engine_value(model, RECO_ENGINE_FACTORS_SESSION_WEIGHT);
    length = model->kernels->dot(query->user, query->user, dimensions);

    if (!(length > 0 && length < INFINITY)) {
        return known;
    }

    length = (1 - share) / sqrtf(length);

    for (i = 0; i < dimensions; i++) {
        vector[i] = share * vector[i] + length * query->user[i];
    }

    return fold_normalize(vector, dimensions);
}
