/*
 * Maximal marginal relevance (Carbonell and Goldstein, SIGIR 1998):
 *
 *   next = argmax  lambda relevance(i)
 *                  - (1 - lambda) max over chosen j of similarity(i, j)
 *
 * A candidate's worth only falls as more are chosen, so it is compared with
 * the newly chosen ones when it would win without, and not before: the same
 * choice with a fraction of the products.
 */

#include "reco_engine_blend.h"

#include "reco_engine_select.h"

/* Of two items of one category where one of them has no vector. */
#define DIVERSIFY_SAME_CATEGORY 0.5f

typedef struct {
    const reco_engine_model_t *model;
    reco_engine_diverse_t *candidates;
    unsigned ncandidates;
    float lambda;
    unsigned category_max;
    unsigned nchosen;
    const reco_engine_diverse_t *chosen[RECO_ENGINE_RESULT_MAX];
} diversify_t;


static float
diversify_similarity(const diversify_t *work, const reco_engine_diverse_t *a,
    const reco_engine_diverse_t *b)
{
    float similarity;

    if (a->vector == NULL || b->vector == NULL) {
        return a->category != 0 && a->category == b->category
                   ? DIVERSIFY_SAME_CATEGORY
                   : 0;
    }

    similarity = work->model->kernels->dot(a->vector, b->vector,
                     work->model->base->vectors.dimensions)
                 * a->norm * b->norm;

    return similarity > 0 ? similarity : 0;
}


static float
diversify_worth(const diversify_t *work, const reco_engine_diverse_t *candidate)
{
    return work->lambda * candidate->relevance
           - (1 - work->lambda) * candidate->similarity;
}


/* One category may not fill the block. */
static int
diversify_capped(
    const diversify_t *work, const reco_engine_diverse_t *candidate)
{
    unsigned i, same;

    if (work->category_max == 0 || candidate->category == 0) {
        return 0;
    }

    same = 0;

    for (i = 0; i < work->nchosen; i++) {
        same += work->chosen[i]->category == candidate->category;
    }

    return same >= work->category_max;
}


/* Compares with what was chosen since it was compared last. */
static void
diversify_compare(const diversify_t *work, reco_engine_diverse_t *candidate)
{
    float similarity;

    for (; candidate->compared < work->nchosen; candidate->compared++) {
        similarity = diversify_similarity(
            work, candidate, work->chosen[candidate->compared]);

        if (similarity > candidate->similarity) {
            candidate->similarity = similarity;
        }
    }
}


/* The best of those left; ties go to the more relevant, which come first. */
static reco_engine_diverse_t *
diversify_next(const diversify_t *work)
{
    float worth, most;
    unsigned i;
    reco_engine_diverse_t *candidate, *best;

    best = NULL;
    most = 0;

    for (i = 0; i < work->ncandidates; i++) {
        candidate = &work->candidates[i];

        if (candidate->row == RECO_ENGINE_POOL_REFUSED) {
            continue;
        }

        /* Nobody behind is more relevant, and similarity only costs. */
        if (best != NULL && !(work->lambda * candidate->relevance > most)) {
            break;
        }

        /* The worth so far is an upper bound. */
        worth = diversify_worth(work, candidate);

        if (best != NULL && !(worth > most)) {
            continue;
        }

        if (diversify_capped(work, candidate)) {
            candidate->row = RECO_ENGINE_POOL_REFUSED;
            continue;
        }

        if (work->lambda < 1) {
            diversify_compare(work, candidate);
            worth = diversify_worth(work, candidate);
        }

        if (best == NULL || worth > most) {
            best = candidate;
            most = worth;
        }
    }

    return best;
}


/* The best by score, with relevance scaled to 0 .. 1 among them. */
static void
diversify_prepare(
    diversify_t *work, reco_engine_scratch_t *scratch, unsigned count)
{
    float low, span;
    unsigned i, row;
    uint32_t item;
    reco_engine_diverse_t *candidate;
    const reco_engine_pool_row_t *named;

    low = reco_engine_key_score(scratch->ranking[count - 1]);
    span = reco_engine_key_score(scratch->ranking[0]) - low;

    for (i = 0; i < count; i++) {
        row = reco_engine_key_number(scratch->ranking[i]);
        named = &scratch->pool.rows[row];
        item = named->item;
        candidate = &work->candidates[i];
        candidate->row = (uint16_t) row;
        candidate->compared = 0;
        candidate->similarity = 0;
        candidate->norm = 0;
        candidate->relevance =
            span > 0 ? (reco_engine_key_score(scratch->ranking[i]) - low) / span
                     : 1;
        candidate->category = reco_engine_category(
            work->model, item, reco_engine_hot(work->model, item));
        candidate->vector = NULL;

        if (work->lambda < 1 && named->scored) {
            candidate->vector = named->vector;
            candidate->norm = named->norm;

        } else if (work->lambda < 1) {
            candidate->vector =
                reco_engine_vector(work->model, item, &candidate->norm);
            __builtin_prefetch(candidate->vector);
        }
    }

    work->ncandidates = count;
}


unsigned
reco_engine_diversify(const reco_engine_model_t *model,
    reco_engine_scratch_t *scratch, unsigned n, uint16_t *chosen)
{
    unsigned i, wanted, count;
    diversify_t work;
    reco_engine_diverse_t *next;

    if (scratch->pool.nrows == 0) {
        return 0;
    }

    for (i = 0; i < scratch->pool.nrows; i++) {
        scratch->ranking[i] = reco_engine_key(scratch->pool.scores[i], i);
    }

    wanted = reco_engine_count(model, RECO_ENGINE_DIVERSITY_POOL);
    wanted = wanted > 2 * n ? wanted : 2 * n;
    count = reco_engine_select(
        model->kernels, scratch->ranking, scratch->pool.nrows, wanted);
    reco_engine_sort(model->kernels, scratch->ranking, count);

    work.model = model;
    work.candidates = scratch->diverse;
    work.lambda = reco_engine_value(model, RECO_ENGINE_DIVERSITY_LAMBDA);
    work.category_max =
        reco_engine_count(model, RECO_ENGINE_DIVERSITY_CATEGORY);
    work.nchosen = 0;
    diversify_prepare(&work, scratch, count);

    while (work.nchosen < n && (next = diversify_next(&work)) != NULL) {
        chosen[work.nchosen] = next->row;
        work.chosen[work.nchosen++] = next;
        next->row = RECO_ENGINE_POOL_REFUSED;
    }

    return work.nchosen;
}
