/*
 * The features that do not come from a source, and the weighted sum.
 */

#include "reco_engine_blend.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* As in the kernels: equal results on every processor. */
#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF
#else
#pragma GCC optimize("fp-contract=off")
#endif

typedef float blend_lanes_t __attribute__((vector_size(16)));
typedef int32_t blend_bits_t __attribute__((vector_size(16)));

/* Weights past the last feature are 0. */
#define BLEND_FEATURES ((RECO_ENGINE_FEATURE_COUNT + 3u) & ~3u)

#define BLEND_LOG_SCALE   100.f
#define BLEND_LOG_UNIT    0.21668f /* 1 / ln(1 + BLEND_LOG_SCALE) */
#define BLEND_LOG_HALF    0.707106781186547524f
#define BLEND_LOG_LN2     0.693359375f /* ln 2, but for */
#define BLEND_LOG_LN2_LOW -2.12194440e-4f
#define BLEND_RECENT      20.f /* events of the profile that halve it */


static float
blend_price(float price, float anchor)
{
    if (!(price > 0) || !(anchor > 0)) {
        return 0;
    }

    return price < anchor ? price / anchor : anchor / price;
}


/* Who does not say when it is asks right after the base was trained. */
static float
blend_fresh(const reco_engine_model_t *model, uint32_t born, uint32_t now)
{
    float age, halflife;

    if (born == 0) {
        return 0;
    }

    now = now != 0 ? now : model->base->sessions.newest;
    halflife = reco_engine_value(model, RECO_ENGINE_FRESH_HALFLIFE) * 86400;
    age = now > born ? (float) (now - born) : 0;

    return halflife / (halflife + age);
}


/*
 * From 0 to 1, steep near 0: what a short list of strong votes looks like.
 * Four values at a time, by the series of Cephes' logf (Moshier 1989): which
 * sources know a candidate cannot be foreseen, so nothing hangs on it.
 */
static blend_lanes_t
blend_log(blend_lanes_t values)
{
    unsigned i;
    blend_bits_t bits, small;
    blend_lanes_t x, y, z, exponent;

    static const float series[] = {7.0376836292e-2f, -1.1514610310e-1f,
        1.1676998740e-1f, -1.2420140846e-1f, 1.4249322787e-1f,
        -1.6668057665e-1f, 2.0000714765e-1f, -2.4999993993e-1f,
        3.3333331174e-1f};

    bits = (blend_bits_t) (values * BLEND_LOG_SCALE);
    bits &= (blend_bits_t) values > 0;
    x = 1 + (blend_lanes_t) bits;

    /* x = 2^exponent (1 + y), y from sqrt(1/2) - 1 to sqrt(2) - 1. */
    bits = (blend_bits_t) x;
    exponent = __builtin_convertvector((bits >> 23) - 126, blend_lanes_t);
    x = (blend_lanes_t) ((bits & 0x007fffff) | 0x3f000000);
    small = x < BLEND_LOG_HALF;
    exponent += __builtin_convertvector(small, blend_lanes_t);
    y = x - 1 + (blend_lanes_t) ((blend_bits_t) x & small);

    z = y * y;
    x = y * series[0];

    for (i = 1; i < sizeof(series) / sizeof(series[0]) - 1; i++) {
        x = (x + series[i]) * y;
    }

    x = (x + series[i]) * y * z;
    x += exponent * BLEND_LOG_LN2_LOW - 0.5f * z;

    return (y + x + exponent * BLEND_LOG_LN2) * BLEND_LOG_UNIT;
}


static void
blend_logs(float *features)
{
    blend_lanes_t logs;

    logs = blend_log((blend_lanes_t){features[RECO_ENGINE_SESSION],
        features[RECO_ENGINE_NEXT], features[RECO_ENGINE_VIEWED],
        features[RECO_ENGINE_BACKFILL]});
    features[RECO_ENGINE_FEATURE_SESSION_LOG] = logs[0];
    features[RECO_ENGINE_FEATURE_NEXT_LOG] = logs[1];
    features[RECO_ENGINE_FEATURE_VIEWED_LOG] = logs[2];
    features[RECO_ENGINE_FEATURE_BACKFILL_LOG] = logs[3];
}


/* What speaks for an item that no visit speaks for; nothing, where the
   catalogue does not tell of it either. */
static void
blend_unmet(float *features)
{
    if (features[RECO_ENGINE_CONTENT] == 0
        && features[RECO_ENGINE_FEATURE_COSINE] == 0)
    {
        return;
    }

    features[RECO_ENGINE_FEATURE_UNMET] = 1;
    features[RECO_ENGINE_FEATURE_UNMET_CONTENT] = features[RECO_ENGINE_CONTENT];
    features[RECO_ENGINE_FEATURE_UNMET_COSINE] =
        features[RECO_ENGINE_FEATURE_COSINE];
    features[RECO_ENGINE_FEATURE_UNMET_FRESH] =
        features[RECO_ENGINE_FEATURE_FRESH];
}


/*
 * Products of what is above.  Session kNN's neighbours hold the visit's items
 * by their choice, and sparse items get their votes and their likeness from
 * few: what a source says of such candidates is worth something else.
 */
static void
blend_cross(float *features)
{
    float seen, popular, session, cosine;

    seen = features[RECO_ENGINE_RETURN] > 0;
    popular = features[RECO_ENGINE_POPULAR];
    session = features[RECO_ENGINE_FEATURE_SESSION_LOG];
    cosine = features[RECO_ENGINE_FEATURE_COSINE];

    features[RECO_ENGINE_FEATURE_SEEN_SESSION] = seen * session;
    features[RECO_ENGINE_FEATURE_SEEN_COSINE] = seen * cosine;
    features[RECO_ENGINE_FEATURE_POPULAR_SESSION] = popular * session;
    features[RECO_ENGINE_FEATURE_POPULAR_RETURN] =
        popular * features[RECO_ENGINE_RETURN];
    features[RECO_ENGINE_FEATURE_POPULAR_COSINE] = popular * cosine;
    features[RECO_ENGINE_FEATURE_POPULAR_SQUARE] = popular * popular;
    features[RECO_ENGINE_FEATURE_SESSION_COSINE] = session * cosine;
    features[RECO_ENGINE_FEATURE_SESSION_NEXT] =
        session * features[RECO_ENGINE_FEATURE_NEXT_LAST];
}


static void
blend_complete(const reco_engine_model_t *model,
    const reco_engine_visit_t *visit, const reco_engine_pool_row_t *row,
    float *features)
{
    const reco_snapshot_hot_t *hot;

    hot = reco_engine_hot(model, row->item);

    features[RECO_ENGINE_POPULAR] = hot->popularity;

    if (!(model->recent > 0) || model->overlay->ntrending == 0) {
        features[RECO_ENGINE_TRENDING] = hot->trend;
    }

    features[RECO_ENGINE_FEATURE_SAME_CATEGORY] =
        visit->anchor_category != 0
        && reco_engine_category(model, row->item, hot)
               == visit->anchor_category;
    features[RECO_ENGINE_FEATURE_PRICE] =
        blend_price(hot->price, visit->anchor_price);
    features[RECO_ENGINE_FEATURE_FRESH] =
        blend_fresh(model, hot->born, visit->query->now);
    features[RECO_ENGINE_FEATURE_SHOWN] = row->shown;
    features[RECO_ENGINE_FEATURE_HISTORY] = row->history != 0;

    if (row->history != 0) {
        features[RECO_ENGINE_FEATURE_HISTORY_COUNT] = logf(row->history);
        features[RECO_ENGINE_FEATURE_HISTORY_RECENT] =
            BLEND_RECENT / (BLEND_RECENT + row->place);
    }
    features[RECO_ENGINE_FEATURE_AGREEMENT] =
        (float) row->nsources / RECO_ENGINE_SOURCE_COUNT;
    blend_logs(features);
    blend_cross(features);

    if (!reco_engine_met(hot)) {
        blend_unmet(features);
    }
}


/* A block of one source alone is ranked by what that says. */
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


/* In four partial sums, so that additions need not wait for each other. */
static float
blend_sum(const float *weights, const float *features)
{
    unsigned i;
    blend_lanes_t sums, left, right;

    sums = (blend_lanes_t){0};

    for (i = 0; i < BLEND_FEATURES; i += 4) {
        memcpy(&left, weights + i, sizeof(left));
        memcpy(&right, features + i, sizeof(right));
        sums += left * right;
    }

    return (sums[0] + sums[2]) + (sums[1] + sums[3]);
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


void
reco_engine_blend(
    const reco_engine_model_t *model, reco_engine_scratch_t *scratch)
{
    float discount, single[RECO_ENGINE_FEATURES_MAX];
    unsigned i;
    const float *weights;
    reco_engine_pool_t *pool;
    reco_engine_pool_row_t *row;
    const reco_engine_rules_t *rules;

    pool = &scratch->pool;
    rules = &scratch->visit.rules;
    discount = reco_engine_value(model, RECO_ENGINE_SEEN_DISCOUNT);
    weights = blend_weights(model, scratch->visit.sources, single);

    /* First all features, then all sums: a sum reads four features at once,
       and would wait for those that were just written one by one. */
    for (i = 0; i < pool->nrows; i++) {
        blend_complete(
            model, &scratch->visit, &pool->rows[i], pool->features[i]);
    }

    for (i = 0; i < pool->nrows; i++) {
        row = &pool->rows[i];
        row->score = blend_sum(weights, pool->features[i]);

        if (row->shown != 0) {
            row->score = blend_scale(row->score, powf(discount, row->shown));
        }

        if (rules->boosting != 0) {
            row->score = blend_scale(
                row->score, reco_engine_rules_boost(rules, model, row->item));
        }
    }
}
