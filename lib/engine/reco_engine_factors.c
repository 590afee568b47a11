/*
 * The search with the visitor's vector: FAISS's inverted lists, walked over
 * their codes of a byte a dimension.  What is found is scored again with the
 * vectors themselves, as is every candidate that another source named.
 */

#include "reco_engine_factors.h"

#include <math.h>
#include <string.h>

#include "reco_engine_select.h"
#include "reco_engine_sources.h"

#define FACTORS_LANES RECO_SNAPSHOT_BLOCK

/* Blocks between two looks at the threshold, and blocks of centroids. */
#define FACTORS_BLOCKS    4
#define FACTORS_CENTROIDS 16

#define FACTORS_WIDTH 4

/* Added to a number of some 22 bits and taken off again, it rounds that. */
#define FACTORS_ROUND 12582912.f

typedef float factors_lanes_t __attribute__((vector_size(4 * FACTORS_WIDTH)));
typedef int32_t factors_bits_t __attribute__((vector_size(4 * FACTORS_WIDTH)));
typedef int8_t factors_bytes_t __attribute__((vector_size(FACTORS_WIDTH)));


/* Keeps the wanted best once there is no room for more. */
static unsigned
factors_keep(const reco_engine_kernels_t *kernels, uint64_t *found,
    unsigned nfound, unsigned wanted, float *threshold)
{
    unsigned i;
    uint64_t least;

    nfound = reco_engine_select(kernels, found, nfound, wanted);
    least = found[0];

    for (i = 1; i < nfound; i++) {
        least = found[i] < least ? found[i] : least;
    }

    *threshold = reco_engine_key_score(least);

    return nfound;
}


/* The largest of a vector's values, whatever their signs. */
static float
factors_largest(const float *vector, uint32_t dimensions)
{
    float largest;
    unsigned lane;
    uint32_t i;
    factors_bits_t larger;
    factors_lanes_t values, most;

    most = (factors_lanes_t){0};

    for (i = 0; i < dimensions; i += FACTORS_WIDTH) {
        memcpy(&values, vector + i, sizeof(values));
        values = (factors_lanes_t) ((factors_bits_t) values & INT32_MAX);
        larger = values > most;
        most = (factors_lanes_t) (((factors_bits_t) values & larger)
                                  | ((factors_bits_t) most & ~larger));
    }

    largest = 0;

    for (lane = 0; lane < FACTORS_WIDTH; lane++) {
        largest = most[lane] > largest ? most[lane] : largest;
    }

    return largest;
}


/* The visitor's vector as bytes; what a step of them is worth. */
static float
factors_quantize(
    const reco_engine_model_t *model, reco_engine_scratch_t *scratch)
{
    float largest, scale;
    uint32_t i, dimensions;
    factors_bits_t steps, sum;
    factors_bytes_t bytes;
    factors_lanes_t values;
    reco_engine_code_t *code;

    dimensions = model->base->vectors.dimensions;
    code = &scratch->code;
    code->stride = model->base->codes.stride;

    for (i = dimensions; i < code->stride; i++) {
        scratch->vector[i] = 0;
    }

    largest = factors_largest(scratch->vector, dimensions);
    scale = largest > 0 ? 127 / largest : 0;
    sum = (factors_bits_t){0};

    for (i = 0; i < code->stride; i += FACTORS_WIDTH) {
        memcpy(&values, scratch->vector + i, sizeof(values));
        values = (values * scale + FACTORS_ROUND) - FACTORS_ROUND;
        steps = __builtin_convertvector(values, factors_bits_t);
        bytes = __builtin_convertvector(steps, factors_bytes_t);
        memcpy(code->bytes + i, &bytes, sizeof(bytes));
        sum += steps;
    }

    code->excess = 128 * (sum[0] + sum[1] + sum[2] + sum[3]);

    return largest / 127;
}


/* As many lists as recall asks for, and time allows. */
static uint32_t
factors_nprobe(const reco_engine_model_t *model)
{
    uint32_t nprobe, budget;
    uint64_t lists;
    const reco_snapshot_codes_t *codes;

    codes = &model->base->codes;
    nprobe = reco_engine_count(model, RECO_ENGINE_FACTORS_NPROBE);
    nprobe = nprobe != 0 ? nprobe : codes->nprobe;
    budget = reco_engine_count(model, RECO_ENGINE_FACTORS_BUDGET);

    if (budget != 0 && codes->nvectors != 0) {
        lists = (uint64_t) budget * codes->nlists / codes->nvectors;
        lists = lists != 0 ? lists : 1;
        nprobe = nprobe < lists ? nprobe : (uint32_t) lists;
    }

    return nprobe;
}


/* The lists whose centroids are nearest, in scratch->keys; the nearest ones
   first, so that the threshold rises early. */
static unsigned
factors_probe(const reco_engine_model_t *model, reco_engine_scratch_t *scratch)
{
    float threshold;
    unsigned nkeys;
    uint32_t first, count, nlists, blocks, nprobe;
    const reco_snapshot_codes_t *codes;

    codes = &model->base->codes;
    nlists = codes->nlists < scratch->nkeys ? codes->nlists : scratch->nkeys;
    blocks = (nlists + FACTORS_LANES - 1) / FACTORS_LANES;
    nprobe = factors_nprobe(model);
    threshold = -INFINITY;
    nkeys = 0;

    for (first = 0; first < blocks; first += count) {
        count = blocks - first < FACTORS_CENTROIDS ? blocks - first
                                                   : FACTORS_CENTROIDS;
        nkeys += model->kernels->scan(&scratch->code,
            codes->centroids + first * reco_snapshot_block_size(codes->stride),
            count, first * FACTORS_LANES, threshold, scratch->keys + nkeys);

        if (nkeys > nprobe) {
            nkeys = factors_keep(
                model->kernels, scratch->keys, nkeys, nprobe, &threshold);
        }
    }

    reco_engine_sort(model->kernels, scratch->keys, nkeys);

    return nkeys;
}


/* The start of the next list; from there on the hardware follows. */
static void
factors_prefetch(const reco_snapshot_codes_t *codes, uint32_t list)
{
    unsigned i;
    const uint8_t *block;
    reco_snapshot_row_t row;

    row = reco_snapshot_row(codes->starts, codes->nlists, codes->nblocks, list);
    block = codes->blocks + row.first * reco_snapshot_block_size(codes->stride);
    __builtin_prefetch(&codes->lengths[row.first]);

    for (i = 0; i < 16; i++) {
        __builtin_prefetch(block + i * 64);
    }
}


/* How many of the next blocks may hold a product that is not below least. */
static uint32_t
factors_blocks(const reco_snapshot_codes_t *codes, uint32_t first, uint32_t end,
    float least)
{
    uint32_t count, most;

    most = end - first < FACTORS_BLOCKS ? end - first : FACTORS_BLOCKS;

    for (count = 0; count < most && !(codes->lengths[first + count] < least);
         count++)
    {
        /* void */
    }

    return count;
}


/*
 * One list, from its longest vector to where none can be among the best any
 * more: the visitor's vector has length 1, so that no product is larger than
 * the length.  step is what one of the code's steps is worth.
 */
static unsigned
factors_scan_list(const reco_engine_model_t *model,
    reco_engine_scratch_t *scratch, uint32_t list, float step, unsigned nfound,
    unsigned wanted, float *threshold)
{
    uint32_t first, count, end;
    reco_snapshot_row_t row;
    const reco_snapshot_codes_t *codes;

    codes = &model->base->codes;
    row = reco_snapshot_row(codes->starts, codes->nlists, codes->nblocks, list);
    end = row.first + row.count;

    for (first = row.first;; first += count) {
        count = factors_blocks(codes, first, end, step * *threshold);

        if (count == 0) {
            break;
        }

        nfound += model->kernels->scan(&scratch->code,
            codes->blocks + first * reco_snapshot_block_size(codes->stride),
            count, first * FACTORS_LANES, *threshold, scratch->found + nfound);

        if (nfound > 2 * wanted
            || nfound > RECO_ENGINE_FOUND_MAX - FACTORS_BLOCKS * FACTORS_LANES)
        {
            nfound = factors_keep(
                model->kernels, scratch->found, nfound, wanted, threshold);
        }
    }

    return nfound;
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
            || overlay->vector_items[row] >= model->nitems
            || (overlay->vector_items[row] < model->base->catalog.nitems
                && !model->revectors))
        {
            continue;
        }

        if (nfound == RECO_ENGINE_FOUND_MAX) {
            nfound = factors_keep(
                model->kernels, scratch->found, nfound, wanted, threshold);
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
        if (reco_engine_overlay_vector(model, reco_engine_key_number(found[i]))
            == RECO_ITEM_NONE)
        {
            found[kept++] = found[i];
        }
    }

    return kept;
}


/* From places in the index to items, from steps to products. */
static unsigned
factors_resolve(const reco_engine_model_t *model, uint64_t *found,
    unsigned nfound, float step)
{
    unsigned i, kept;
    uint32_t item;

    kept = 0;

    for (i = 0; i < nfound; i++) {
        item = model->base->codes.items[reco_engine_key_number(found[i])];

        if (item < model->base->catalog.nitems) {
            found[kept++] =
                reco_engine_key(step * reco_engine_key_score(found[i]), item);
        }
    }

    return kept;
}


static int
factors_overlaid(const reco_engine_model_t *model)
{
    return model->overlay != NULL
           && model->overlay->dimensions == model->base->vectors.dimensions
           && model->overlay->nvectors != 0;
}


unsigned
reco_engine_factors_search(const reco_engine_model_t *model,
    reco_engine_scratch_t *scratch, unsigned wanted)
{
    float threshold, step;
    unsigned i, nprobe, nfound;

    if (wanted == 0 || model->base->vectors.dimensions == 0) {
        return 0;
    }

    wanted =
        wanted < RECO_ENGINE_FOUND_MAX / 2 ? wanted : RECO_ENGINE_FOUND_MAX / 2;
    threshold = -INFINITY;
    nfound = 0;
    step = factors_quantize(model, scratch);
    nprobe = factors_probe(model, scratch);

    for (i = 0; i < nprobe; i++) {
        if (i + 1 < nprobe) {
            factors_prefetch(&model->base->codes,
                reco_engine_key_number(scratch->keys[i + 1]));
        }

        nfound = factors_scan_list(model, scratch,
            reco_engine_key_number(scratch->keys[i]), step, nfound, wanted,
            &threshold);
    }

    nfound = reco_engine_select(model->kernels, scratch->found, nfound, wanted);
    nfound = factors_resolve(model, scratch->found, nfound, step);

    if (factors_overlaid(model)) {
        nfound = factors_drop_replaced(model, scratch->found, nfound);
        threshold = -INFINITY;
        nfound =
            factors_scan_overlay(model, scratch, nfound, wanted, &threshold);
        nfound =
            reco_engine_select(model->kernels, scratch->found, nfound, wanted);
    }

    return nfound;
}


/* Multiplies those of a block that no query of the page multiplied yet;
   returns the largest product of all. */
static float
factors_multiply(const reco_engine_model_t *model,
    reco_engine_scratch_t *scratch, unsigned first, unsigned count)
{
    float best, products[RECO_ENGINE_LANES];
    unsigned i;
    const void *vectors[RECO_ENGINE_LANES];
    reco_engine_block_t *block;
    reco_engine_pool_row_t *row;

    block = &scratch->pool.blocks[first / RECO_ENGINE_LANES];
    best = 0;

    for (i = 0; i < count; i++) {
        row = &scratch->pool.rows[first + i];
        vectors[i] = row->scored ? NULL : row->vector;
    }

    model->kernels->dots(scratch->vector, vectors, count,
        model->base->vectors.dimensions, products);

    for (i = 0; i < count; i++) {
        row = &scratch->pool.rows[first + i];
        row->product = row->scored ? row->product : products[i];
        row->scored = 1;
        block->features[RECO_ENGINE_FEATURE_COSINE][i] =
            row->product * row->norm;
        block->features[RECO_ENGINE_FACTORS][i] = row->product;
        best = row->product > best ? row->product : best;
    }

    return best;
}


/* The product of each candidate, whichever source named it. */
static void
factors_score(const reco_engine_model_t *model, reco_engine_scratch_t *scratch)
{
    float best, product, *factors;
    unsigned first, lane, count;
    reco_engine_pool_t *pool;

    pool = &scratch->pool;
    best = 0;

    for (first = 0; first < pool->nrows; first += RECO_ENGINE_LANES) {
        count = pool->nrows - first;
        count = count < RECO_ENGINE_LANES ? count : RECO_ENGINE_LANES;
        product = factors_multiply(model, scratch, first, count);
        best = product > best ? product : best;
    }

    for (first = 0; first < pool->nrows; first += RECO_ENGINE_LANES) {
        factors = reco_engine_pool_feature(pool, first, RECO_ENGINE_FACTORS);

        for (lane = 0; lane < RECO_ENGINE_LANES; lane++) {
            factors[lane] = best > 0 ? factors[lane] / best : 0;
        }
    }
}


/* How many the search is to find: what the visitor has seen is near its
   vector, and may be refused; and the order by codes is not quite that by
   vectors. */
static unsigned
factors_wanted(
    const reco_engine_model_t *model, const reco_engine_visit_t *visit)
{
    unsigned wanted;

    wanted = reco_engine_count(model, RECO_ENGINE_FACTORS_CANDIDATES);

    if (wanted == 0) {
        return 0;
    }

    wanted = wanted > 2 * visit->query->n ? wanted : 2 * visit->query->n;

    return wanted + wanted / 4 + visit->nitems + visit->query->nhistory;
}


/*
 * What is near to the visit's items, and those of the overlay's vectors that
 * are as near; or what a search finds.
 */
static unsigned
factors_find(const reco_engine_model_t *model, reco_engine_scratch_t *scratch,
    int near, unsigned wanted)
{
    float norm, product, least;
    unsigned i, kept, nfound;
    uint32_t item;
    const void *vector;

    nfound = near ? reco_engine_factors_near(model, scratch) : 0;

    if (nfound == 0) {
        return reco_engine_factors_search(model, scratch, wanted);
    }

    if (!factors_overlaid(model)) {
        return nfound;
    }

    nfound = factors_drop_replaced(model, scratch->found, nfound);
    least = INFINITY;
    kept = 0;

    for (i = 0; i < nfound; i++) {
        item = reco_engine_key_number(scratch->found[i]);
        vector = reco_engine_vector(model, item, &norm);

        if (vector == NULL) {
            continue;
        }

        product = model->kernels->dot(
            scratch->vector, vector, model->base->vectors.dimensions);
        least = product < least ? product : least;
        scratch->found[kept++] = reco_engine_key(product, item);
    }

    least = kept != 0 ? least : -INFINITY;
    nfound = factors_scan_overlay(model, scratch, kept, wanted, &least);

    return reco_engine_select(model->kernels, scratch->found, nfound, wanted);
}


/* The vector and what it points at; 0: the visitor has none. */
static int
factors_gather(const reco_engine_model_t *model, reco_engine_scratch_t *scratch)
{
    int near, folded;
    unsigned wanted;
    reco_engine_shared_t *shared;

    shared = &scratch->shared;
    near = reco_engine_factors_near_suffices(model, scratch);
    wanted = factors_wanted(model, &scratch->visit);
    folded = reco_engine_shared(scratch, RECO_ENGINE_FACTORS);

    if (folded && shared->near == near && shared->wanted == wanted) {
        return 1;
    }

    if (!folded && !reco_engine_factors_fold(model, scratch)) {
        return 0;
    }

    shared->nfound = factors_find(model, scratch, near, wanted);
    shared->near = near;
    shared->wanted = wanted;
    shared->ready |= 1u << RECO_ENGINE_FACTORS;

    return 1;
}


void
reco_engine_source_factors(
    const reco_engine_model_t *model, reco_engine_scratch_t *scratch)
{
    int unmet, agrees;
    unsigned i;
    uint32_t item;

    if (!reco_engine_visit_wants(&scratch->visit, RECO_ENGINE_FACTORS)
        || !factors_gather(model, scratch))
    {
        return;
    }

    unmet = reco_engine_value(model, RECO_ENGINE_FACTORS_UNMET) != 0;
    agrees = !reco_engine_factors_short(model, &scratch->visit);

    for (i = 0; i < scratch->shared.nfound; i++) {
        __builtin_prefetch(
            reco_engine_hot(model, reco_engine_key_number(scratch->found[i])));
    }

    for (i = 0; i < scratch->shared.nfound; i++) {
        item = reco_engine_key_number(scratch->found[i]);

        if (!unmet && !reco_engine_met(reco_engine_hot(model, item))) {
            continue;
        }

        if (agrees) {
            reco_engine_pool_add(&scratch->pool, model, &scratch->visit, item,
                RECO_ENGINE_FACTORS, 0, RECO_ITEM_NONE);
        } else {
            reco_engine_pool_name(&scratch->pool, model, &scratch->visit, item,
                RECO_ENGINE_FACTORS);
        }
    }

    factors_score(model, scratch);
}
