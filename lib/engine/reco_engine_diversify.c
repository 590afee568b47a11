/*
 * Maximal marginal relevance (Carbonell and Goldstein, SIGIR 1998):
 *
 *   next = argmax  lambda relevance(i)
 *                  - (1 - lambda) max over chosen j of similarity(i, j)
 *
 * Similarity only costs, so that a candidate's relevance is a bound.  The
 * most relevant are compared with all of the chosen, a group at a time; the
 * next group follows when the best so far is worth less than its bound.
 */

#include "reco_engine_blend.h"

#include <math.h>
#include <string.h>

#include "reco_engine_select.h"

/* Of two items of one category where one of them has no vector. */
#define DIVERSIFY_SAME_CATEGORY 0.5f

#define DIVERSIFY_GROUP 16
#define DIVERSIFY_LANES 4

typedef float diversify_lanes_t
    __attribute__((vector_size(4 * DIVERSIFY_LANES)));
typedef int32_t diversify_bits_t
    __attribute__((vector_size(4 * DIVERSIFY_LANES)));

typedef struct {
    const reco_engine_model_t *model;
    const reco_engine_pool_t *pool;
    reco_engine_diverse_t *candidates;
    unsigned ncandidates;
    unsigned nopen; /* the first ones, which are compared */
    float lambda;
    unsigned category_max;
    unsigned n; /* how many are wanted */
    unsigned nchosen;
    unsigned chosen[RECO_ENGINE_RESULT_MAX]; /* places of candidates */
} diversify_t;


static uint32_t
diversify_category(const diversify_t *work, unsigned place)
{
    uint32_t item;

    item = work->pool->rows[work->candidates->rows[place]].item;

    return reco_engine_category(
        work->model, item, reco_engine_hot(work->model, item));
}


/* By category, where there are no vectors to multiply. */
static float
diversify_likeness(const diversify_t *work, unsigned a, unsigned b)
{
    uint32_t category;

    category = diversify_category(work, a);

    return category != 0 && category == diversify_category(work, b)
               ? DIVERSIFY_SAME_CATEGORY
               : 0;
}


/* Compares count candidates, a group at most, with one of the chosen. */
static void
diversify_compare(
    diversify_t *work, unsigned first, unsigned count, unsigned chosen)
{
    float similarity, products[DIVERSIFY_GROUP];
    unsigned i;
    const void *vector;
    reco_engine_diverse_t *candidates;

    candidates = work->candidates;
    vector = candidates->vectors[chosen];

    if (vector != NULL) {
        work->model->kernels->dots(vector, candidates->vectors + first, count,
            work->model->base->vectors.dimensions, products);
    }

    for (i = 0; i < count; i++) {
        if (vector == NULL || candidates->vectors[first + i] == NULL) {
            similarity = diversify_likeness(work, first + i, chosen);
        } else {
            similarity = products[i] * candidates->norms[first + i]
                         * candidates->norms[chosen];
        }

        candidates->similarities[first + i] =
            similarity > candidates->similarities[first + i]
                ? similarity
                : candidates->similarities[first + i];
    }
}


/* One more group is compared, with all that were chosen so far. */
static void
diversify_open(diversify_t *work)
{
    unsigned i, count;

    count = work->ncandidates - work->nopen;
    count = count < DIVERSIFY_GROUP ? count : DIVERSIFY_GROUP;

    for (i = 0; i < work->nchosen && work->lambda < 1; i++) {
        diversify_compare(work, work->nopen, count, work->chosen[i]);
    }

    work->nopen += count;

    /* What is compared in lanes ends with candidates that are none. */
    for (i = work->nopen; i % DIVERSIFY_LANES != 0; i++) {
        work->candidates->gains[i] = -INFINITY;
        work->candidates->similarities[i] = 0;
    }
}


static void
diversify_choose(diversify_t *work, unsigned place)
{
    unsigned first, count;

    work->candidates->gains[place] = -INFINITY;
    work->chosen[work->nchosen++] = place;

    if (work->nchosen == work->n || !(work->lambda < 1)) {
        return;
    }

    for (first = 0; first < work->nopen; first += count) {
        count = work->nopen - first;
        count = count < DIVERSIFY_GROUP ? count : DIVERSIFY_GROUP;
        diversify_compare(work, first, count, place);
    }
}


/* One category may not fill the block. */
static int
diversify_capped(const diversify_t *work, unsigned place)
{
    unsigned i, same;
    uint32_t category;

    if (work->category_max == 0) {
        return 0;
    }

    category = diversify_category(work, place);
    same = 0;

    for (i = 0; i < work->nchosen; i++) {
        same += diversify_category(work, work->chosen[i]) == category;
    }

    return category != 0 && same >= work->category_max;
}


/* In each lane the best of every fourth of the open ones, and its place. */
static void
diversify_lanes(
    const diversify_t *work, diversify_lanes_t *most, diversify_bits_t *places)
{
    unsigned i;
    diversify_bits_t better, place;
    diversify_lanes_t worth, similarity;

    *most = (diversify_lanes_t){0} - INFINITY;
    *places = (diversify_bits_t){0};
    place = (diversify_bits_t){0, 1, 2, 3};

    for (i = 0; i < work->nopen; i += DIVERSIFY_LANES) {
        memcpy(&worth, &work->candidates->gains[i], sizeof(worth));
        memcpy(&similarity, &work->candidates->similarities[i],
            sizeof(similarity));
        worth -= (1 - work->lambda) * similarity;
        better = worth > *most;
        *most = (diversify_lanes_t) (((diversify_bits_t) worth & better)
                                     | ((diversify_bits_t) *most & ~better));
        *places = (place & better) | (*places & ~better);
        place += DIVERSIFY_LANES;
    }
}


/* The key of the best of the open ones, by worth, then by relevance; 0: none. */
static uint64_t
diversify_best(const diversify_t *work)
{
    unsigned i;
    uint64_t best, key;
    diversify_bits_t places;
    diversify_lanes_t most;

    diversify_lanes(work, &most, &places);
    best = 0;

    for (i = 0; i < DIVERSIFY_LANES; i++) {
        key = most[i] > -INFINITY
                  ? reco_engine_key(most[i], (uint32_t) places[i])
                  : 0;
        best = key > best ? key : best;
    }

    return best;
}


/* The next place, or ncandidates where nothing is left. */
static unsigned
diversify_next(diversify_t *work)
{
    unsigned place;
    uint64_t best;

    for (;;) {
        best = diversify_best(work);

        if (work->nopen < work->ncandidates
            && (best == 0
                || reco_engine_key_score(best)
                       < work->candidates->gains[work->nopen]))
        {
            diversify_open(work);
            continue;
        }

        if (best == 0) {
            return work->ncandidates;
        }

        place = reco_engine_key_number(best);

        if (!diversify_capped(work, place)) {
            return place;
        }

        work->candidates->gains[place] = -INFINITY;
    }
}


/* The best by score, with relevance scaled to 0 .. 1 among them. */
static void
diversify_prepare(
    diversify_t *work, reco_engine_scratch_t *scratch, unsigned count)
{
    float low, span, relevance;
    unsigned i, row;
    reco_engine_diverse_t *candidates;
    const reco_engine_pool_row_t *named;

    low = reco_engine_key_score(scratch->ranking[count - 1]);
    span = reco_engine_key_score(scratch->ranking[0]) - low;
    candidates = work->candidates;

    for (i = 0; i < count; i++) {
        row = reco_engine_key_number(scratch->ranking[i]);
        named = &scratch->pool.rows[row];
        relevance =
            span > 0 ? (reco_engine_key_score(scratch->ranking[i]) - low) / span
                     : 1;
        candidates->rows[i] = (uint16_t) row;
        candidates->gains[i] = work->lambda * relevance;
        candidates->similarities[i] = 0;
        candidates->norms[i] = 0;
        candidates->vectors[i] = NULL;

        if (work->lambda < 1 && named->located) {
            candidates->vectors[i] = named->vector;
            candidates->norms[i] = named->norm;

        } else if (work->lambda < 1) {
            candidates->vectors[i] = reco_engine_vector(
                work->model, named->item, &candidates->norms[i]);
            __builtin_prefetch(candidates->vectors[i]);
        }
    }

    work->ncandidates = count;
    work->nopen = 0;
}


/* Does nothing but the score decide? */
static int
diversify_by_score(const reco_engine_model_t *model)
{
    return reco_engine_value(model, RECO_ENGINE_DIVERSITY_LAMBDA) >= 1
           && reco_engine_count(model, RECO_ENGINE_DIVERSITY_CATEGORY) == 0;
}


unsigned
reco_engine_ranked(const reco_engine_model_t *model, unsigned n)
{
    unsigned pool;

    if (diversify_by_score(model)) {
        return n;
    }

    pool = reco_engine_count(model, RECO_ENGINE_DIVERSITY_POOL);

    return pool > 2 * n ? pool : 2 * n;
}


unsigned
reco_engine_diversify(const reco_engine_model_t *model,
    reco_engine_scratch_t *scratch, unsigned n, uint16_t *chosen)
{
    unsigned i, count, place;
    diversify_t work;

    if (scratch->pool.nrows == 0) {
        return 0;
    }

    for (i = 0; i < scratch->pool.nrows; i++) {
        scratch->ranking[i] = reco_engine_key(scratch->pool.scores[i], i);
    }

    count = reco_engine_select(model->kernels, scratch->ranking,
        scratch->pool.nrows, reco_engine_ranked(model, n));
    reco_engine_sort(model->kernels, scratch->ranking, count);

    if (diversify_by_score(model)) {
        for (i = 0; i < count; i++) {
            chosen[i] = (uint16_t) reco_engine_key_number(scratch->ranking[i]);
        }

        return count;
    }

    work.model = model;
    work.pool = &scratch->pool;
    work.candidates = &scratch->diverse;
    work.lambda = reco_engine_value(model, RECO_ENGINE_DIVERSITY_LAMBDA);
    work.category_max =
        reco_engine_count(model, RECO_ENGINE_DIVERSITY_CATEGORY);
    work.n = n;
    work.nchosen = 0;
    diversify_prepare(&work, scratch, count);

    while (work.nchosen < n && (place = diversify_next(&work)) < count) {
        diversify_choose(&work, place);
        chosen[work.nchosen - 1] = scratch->diverse.rows[place];
    }

    return work.nchosen;
}
