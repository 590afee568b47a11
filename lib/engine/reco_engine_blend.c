/*
 * The scores of the candidates.
 */

#include "reco_engine_blend.h"

#include <float.h>
#include <math.h>
#include <string.h>


/* Candidates of one source alone are ranked by what that says. */
static const float *
blend_weights(const reco_engine_model_t *model, uint32_t sources, float *single)
{
    unsigned source;

    if ((sources & (sources - 1)) != 0) {
        return model->weights;
    }

    memset(single, 0, RECO_ENGINE_FEATURES_MAX * sizeof(single[0]));

    for (source = 0; source < RECO_ENGINE_SOURCE_COUNT; source++) {
        single[source] = sources == 1u << source;
    }

    return single;
}


/* A factor below 1 moves any score down, one above 1 up. */
static float
blend_scale(float score, float factor)
{
    if (!(factor > 0)) {
        return -FLT_MAX;
    }

    return score > 0 ? score * factor : score / factor;
}


/* What was shown before counts less, and rules count. */
static void
blend_adjust(const reco_engine_model_t *model, reco_engine_scratch_t *scratch)
{
    float discount, *score;
    unsigned i;
    const reco_engine_rules_t *rules;
    const reco_engine_pool_row_t *row;

    rules = &scratch->visit.rules;
    discount = reco_engine_value(model, RECO_ENGINE_SEEN_DISCOUNT);

    for (i = 0; i < scratch->pool.nrows; i++) {
        row = &scratch->pool.rows[i];
        score = &scratch->pool.scores[i];

        if (row->shown != 0) {
            *score = blend_scale(*score, powf(discount, row->shown));
        }

        if (rules->boosting != 0) {
            *score = blend_scale(
                *score, reco_engine_rules_boost(rules, model, row->item));
        }
    }
}


void
reco_engine_blend(
    const reco_engine_model_t *model, reco_engine_scratch_t *scratch)
{
    float single[RECO_ENGINE_FEATURES_MAX];
    reco_engine_pool_t *pool;
    reco_engine_terms_t terms;

    pool = &scratch->pool;

    if (pool->plain) {
        blend_adjust(model, scratch);
        return;
    }

    terms.weights = blend_weights(model, scratch->visit.sources, single);
    terms.price = scratch->visit.anchor_price;
    terms.halflife =
        reco_engine_value(model, RECO_ENGINE_FRESH_HALFLIFE) * 86400;
    terms.returned = pool->returned;
    terms.profiled = pool->profiled;
    terms.keep = scratch->keep;

    model->kernels->score(pool->blocks,
        (pool->nrows + RECO_ENGINE_LANES - 1) / RECO_ENGINE_LANES, &terms,
        pool->scores);
    blend_adjust(model, scratch);
}
