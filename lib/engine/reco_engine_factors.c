/*
 * The visitor as a vector: folded in from what was seen, or from the feature
 * store, or both; and what it points at, as candidates.
 */

#include "reco_engine_factors.h"

#include <math.h>
#include <string.h>

#include "reco_engine_select.h"
#include "reco_engine_sources.h"


/* sum += weight * vector, which may be unaligned. */
static void
factors_add(float *sum, float weight, const char *vector, uint32_t dimensions)
{
    float value;
    uint32_t i;

    for (i = 0; i < dimensions; i++) {
        memcpy(&value, vector + i * sizeof(value), sizeof(value));
        sum[i] += weight * value;
    }
}


/* An item that the visitor met. */
static void
factors_meet(const reco_engine_model_t *model, reco_engine_scratch_t *scratch,
    uint32_t item, float weight)
{
    float norm;
    const void *vector;
    reco_engine_fold_t *fold;

    vector = reco_engine_vector(model, item, &norm);

    if (vector != NULL && weight > 0 && scratch->nfolds < RECO_ENGINE_FOLDS_MAX)
    {
        fold = &scratch->folds[scratch->nfolds++];
        fold->vector = vector;
        fold->weight = weight;
        factors_add(
            scratch->vector, weight, vector, model->base->vectors.dimensions);
    }
}


/* To length 1; 0 where there is none. */
static int
factors_normalize(float *vector, uint32_t dimensions)
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
factors_fold_session(
    const reco_engine_model_t *model, reco_engine_scratch_t *scratch)
{
    unsigned place, count;
    const reco_engine_visit_t *visit;

    visit = &scratch->visit;
    count = reco_engine_count(model, RECO_ENGINE_FACTORS_ITEMS);

    for (place = 0; place < visit->nitems && place < count; place++) {
        factors_meet(model, scratch, visit->items[place].item,
            visit->items[place].weight * model->factors_place[place]);
    }
}


/* The profile's last events, each as much as its type counts. */
static void
factors_fold_history(
    const reco_engine_model_t *model, reco_engine_scratch_t *scratch)
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
            factors_meet(model, scratch, item,
                weight * model->type_weight[query->history[i].type]);
        }
    }
}


/* out = (1 + confidence sum w y y^T) v, y the vectors of what was met. */
static void
factors_multiply(const reco_engine_model_t *model,
    const reco_engine_scratch_t *scratch, const float *v, float *out)
{
    unsigned i;
    uint32_t dimensions;
    float confidence;
    const reco_engine_fold_t *fold;

    dimensions = model->base->vectors.dimensions;
    confidence = reco_engine_value(model, RECO_ENGINE_FACTORS_CONFIDENCE);
    memcpy(out, v, dimensions * sizeof(out[0]));

    for (i = 0; i < scratch->nfolds; i++) {
        fold = &scratch->folds[i];
        factors_add(out,
            confidence * fold->weight
                * model->kernels->dot(v, fold->vector, dimensions),
            fold->vector, dimensions);
    }
}


/*
 * The least squares that trained the factors, for this visitor: the trainer
 * writes them so that its matrix but for what the visitor met is the unit
 * matrix, and a few steps of conjugate gradients solve it.
 */
static void
factors_solve(const reco_engine_model_t *model, reco_engine_scratch_t *scratch)
{
    unsigned step, steps;
    uint32_t i, dimensions;
    float before, after, rate;
    float *x, *residual, *direction, *product;

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
        factors_multiply(model, scratch, direction, product);
        rate = before / model->kernels->dot(direction, product, dimensions);

        for (i = 0; i < dimensions; i++) {
            x[i] += rate * direction[i];
            residual[i] -= rate * product[i];
        }

        after = model->kernels->dot(residual, residual, dimensions);

        for (i = 0; i < dimensions; i++) {
            direction[i] = residual[i] + after / before * direction[i];
        }

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
    factors_fold_session(model, scratch);

    if (query->user == NULL) {
        factors_fold_history(model, scratch);
        factors_solve(model, scratch);
        return factors_normalize(vector, dimensions);
    }

    factors_solve(model, scratch);
    known = factors_normalize(vector, dimensions);
    share = reco_engine_value(model, RECO_ENGINE_FACTORS_SESSION_WEIGHT);
    length = model->kernels->dot(query->user, query->user, dimensions);

    if (!(length > 0 && length < INFINITY)) {
        return known;
    }

    length = (1 - share) / sqrtf(length);

    for (i = 0; i < dimensions; i++) {
        vector[i] = share * vector[i] + length * query->user[i];
    }

    return factors_normalize(vector, dimensions);
}


/* Keeps the wanted best once there is no room for more. */
static unsigned
factors_keep(
    uint64_t *found, unsigned nfound, unsigned wanted, float *threshold)
{
    unsigned i;
    uint64_t least;

    nfound = reco_engine_select(found, nfound, wanted);
    least = found[0];

    for (i = 1; i < nfound; i++) {
        least = found[i] < least ? found[i] : least;
    }

    *threshold = reco_engine_key_score(least);

    return nfound;
}


/* One inverted list: its vectors, then their ids. */
static unsigned
factors_scan_list(const reco_engine_model_t *model,
    reco_engine_scratch_t *scratch, uint32_t list, unsigned nfound,
    unsigned wanted, float *threshold)
{
    uint64_t id;
    uint32_t first, i, count, length;
    const uint8_t *vectors, *ids;
    const reco_snapshot_vectors_t *index;

    index = &model->base->vectors;
    length = index->list_length[list];
    vectors = index->lists + index->list_offset[list];
    ids = vectors + (uint64_t) length * index->dimensions * sizeof(float);

    for (first = 0; first < length; first += count) {
        count = length - first < RECO_ENGINE_SCAN_MAX ? length - first
                                                      : RECO_ENGINE_SCAN_MAX;
        model->kernels->scan(scratch->vector,
            vectors + (uint64_t) first * index->dimensions * sizeof(float),
            index->dimensions, count, scratch->products);

        for (i = 0; i < count; i++) {
            if (!(scratch->products[i] > *threshold)) {
                continue;
            }

            memcpy(&id, ids + (uint64_t) (first + i) * sizeof(id), sizeof(id));

            if (id >= model->base->catalog.nitems) {
                continue;
            }

            if (nfound == RECO_ENGINE_FOUND_MAX) {
                nfound =
                    factors_keep(scratch->found, nfound, wanted, threshold);
            }

            scratch->found[nfound++] =
                reco_engine_key(scratch->products[i], (uint32_t) id);
        }
    }

    return nfound;
}


/* The lists whose centroids are nearest, in scratch->keys. */
static unsigned
factors_probe(const reco_engine_model_t *model, reco_engine_scratch_t *scratch)
{
    uint32_t first, i, count, nlists, nprobe;
    const reco_snapshot_vectors_t *index;

    index = &model->base->vectors;
    nlists = index->nlists < scratch->nkeys ? index->nlists : scratch->nkeys;
    nprobe = reco_engine_count(model, RECO_ENGINE_FACTORS_NPROBE);
    nprobe = nprobe != 0 ? nprobe : index->nprobe;

    for (first = 0; first < nlists; first += count) {
        count = nlists - first < RECO_ENGINE_SCAN_MAX ? nlists - first
                                                      : RECO_ENGINE_SCAN_MAX;
        model->kernels->scan(scratch->vector,
            index->centroids
                + (uint64_t) first * index->dimensions * sizeof(float),
            index->dimensions, count, scratch->products);

        for (i = 0; i < count; i++) {
            scratch->keys[first + i] =
                reco_engine_key(scratch->products[i], first + i);
        }
    }

    nprobe = reco_engine_select(scratch->keys, nlists, nprobe);

    /* Nearest first: the threshold rises early. */
    reco_engine_sort(scratch->keys, nprobe);

    return nprobe;
}


/* The overlay's vectors, those of new items among them. */
static unsigned
factors_scan_overlay(const reco_engine_model_t *model,
    reco_engine_scratch_t *scratch, unsigned nfound, unsigned wanted,
    float *threshold)
{
    uint32_t row;
    float product;
    const reco_snapshot_overlay_view_t *overlay;

    overlay = model->overlay;

    for (row = 0; row < overlay->nvectors; row++) {
        product = model->kernels->dot(scratch->vector,
            overlay->vectors + (size_t) row * overlay->dimensions,
            overlay->dimensions);

        if (!(product > *threshold)
            || overlay->vector_items[row] >= model->nitems) {
            continue;
        }

        if (nfound == RECO_ENGINE_FOUND_MAX) {
            nfound = factors_keep(scratch->found, nfound, wanted, threshold);
        }

        scratch->found[nfound++] =
            reco_engine_key(product, overlay->vector_items[row]);
    }

    return nfound;
}


/* Drops the base's products of items whose vectors the overlay replaced. */
static unsigned
factors_drop_replaced(
    const reco_engine_model_t *model, uint64_t *found, unsigned nfound)
{
    unsigned i, kept;

    kept = 0;

    for (i = 0; i < nfound; i++) {
        if (reco_snapshot_overlay_vector(
                model->overlay, reco_engine_key_number(found[i]))
            == RECO_ITEM_NONE)
        {
            found[kept++] = found[i];
        }
    }

    return kept;
}


unsigned
reco_engine_factors_search(const reco_engine_model_t *model,
    reco_engine_scratch_t *scratch, unsigned wanted)
{
    float threshold;
    unsigned i, nprobe, nfound;

    if (wanted == 0 || model->base->vectors.dimensions == 0) {
        return 0;
    }

    wanted =
        wanted < RECO_ENGINE_FOUND_MAX / 2 ? wanted : RECO_ENGINE_FOUND_MAX / 2;
    threshold = -INFINITY;
    nfound = 0;
    nprobe = factors_probe(model, scratch);

    for (i = 0; i < nprobe; i++) {
        nfound = factors_scan_list(model, scratch,
            reco_engine_key_number(scratch->keys[i]), nfound, wanted,
            &threshold);
    }

    nfound = reco_engine_select(scratch->found, nfound, wanted);

    if (model->overlay != NULL
        && model->overlay->dimensions == model->base->vectors.dimensions
        && model->overlay->nvectors != 0)
    {
        nfound = factors_drop_replaced(model, scratch->found, nfound);
        threshold = -INFINITY;
        nfound =
            factors_scan_overlay(model, scratch, nfound, wanted, &threshold);
        nfound = reco_engine_select(scratch->found, nfound, wanted);
    }

    return nfound;
}


/* The product of each candidate that another source named. */
static void
factors_score(const reco_engine_model_t *model, reco_engine_scratch_t *scratch)
{
    float norm, best, product;
    unsigned row;
    const void *vector;
    reco_engine_pool_t *pool;

    pool = &scratch->pool;
    best = 0;

    for (row = 0; row < pool->nrows; row++) {
        norm = 0;
        vector = reco_engine_vector(model, pool->rows[row].item, &norm);
        product = vector != NULL ? model->kernels->dot(
                      scratch->vector, vector, model->base->vectors.dimensions)
                                 : 0;
        pool->features[row][RECO_ENGINE_FACTORS] = product;
        pool->features[row][RECO_ENGINE_FEATURE_COSINE] = product * norm;
        best = product > best ? product : best;
    }

    for (row = 0; row < pool->nrows; row++) {
        pool->features[row][RECO_ENGINE_FACTORS] =
            best > 0 ? pool->features[row][RECO_ENGINE_FACTORS] / best : 0;
    }
}


void
reco_engine_source_factors(
    const reco_engine_model_t *model, reco_engine_scratch_t *scratch)
{
    unsigned i, nfound, wanted, refused;
    uint32_t item;

    if (!reco_engine_visit_wants(&scratch->visit, RECO_ENGINE_FACTORS)
        || !reco_engine_factors_fold(model, scratch))
    {
        return;
    }

    /* What the visitor has seen is near its vector, and may be refused. */
    refused = scratch->visit.nitems + scratch->visit.query->nhistory;
    wanted = reco_engine_count(model, RECO_ENGINE_FACTORS_CANDIDATES);
    wanted = wanted != 0 ? wanted + refused : 0;
    nfound = reco_engine_factors_search(model, scratch, wanted);

    for (i = 0; i < nfound; i++) {
        __builtin_prefetch(
            reco_engine_hot(model, reco_engine_key_number(scratch->found[i])));
    }

    for (i = 0; i < nfound; i++) {
        item = reco_engine_key_number(scratch->found[i]);
        reco_engine_pool_add(&scratch->pool, model, &scratch->visit, item,
            RECO_ENGINE_FACTORS, 0, RECO_ITEM_NONE);
    }

    factors_score(model, scratch);
}
