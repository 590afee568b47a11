/*
 * reco_engine_score.c includes this once for each width: SCORE_WIDTH floats
 * to a register, names by SCORE_NAME, functions for SCORE_TARGET.
 */

#define score_lanes_t SCORE_NAME(score_lanes)
#define score_bits_t  SCORE_NAME(score_bits)

typedef float score_lanes_t __attribute__((vector_size(4 * SCORE_WIDTH)));
typedef int32_t score_bits_t __attribute__((vector_size(4 * SCORE_WIDTH)));

#define SCORE_INLINE SCORE_TARGET static inline __attribute__((always_inline))


SCORE_INLINE score_lanes_t
SCORE_NAME(score_load)(
    const reco_engine_block_t *block, unsigned feature, unsigned lane)
{
    score_lanes_t values;

    memcpy(&values, &block->features[feature][lane], sizeof(values));

    return values;
}


SCORE_INLINE void
SCORE_NAME(score_store)(reco_engine_block_t *block, unsigned feature,
    unsigned lane, score_lanes_t values)
{
    memcpy(&block->features[feature][lane], &values, sizeof(values));
}


/* Wherever that stands. */
SCORE_INLINE score_lanes_t
SCORE_NAME(score_feature)(const reco_engine_block_t *block,
    const reco_engine_block_t *derived, unsigned feature, unsigned lane)
{
    return SCORE_NAME(score_load)(
        RECO_ENGINE_DERIVED(feature) ? derived : block, feature, lane);
}


/* The values where the mask is set, 0 elsewhere. */
SCORE_INLINE score_lanes_t
SCORE_NAME(score_where)(score_bits_t mask, score_lanes_t values)
{
    return (score_lanes_t) ((score_bits_t) values & mask);
}


/*
 * From 0 to 1, steep near 0: what a short list of strong votes looks like.
 * Which sources know a candidate cannot be foreseen, so nothing hangs on it.
 */
SCORE_INLINE score_lanes_t
SCORE_NAME(score_log)(score_lanes_t values)
{
    unsigned i;
    score_bits_t bits, small;
    score_lanes_t x, y, z, exponent;

    x = 1 + SCORE_NAME(score_where)(values > 0, values * SCORE_LOG_SCALE);

    /* x = 2^exponent (1 + y), y from sqrt(1/2) - 1 to sqrt(2) - 1. */
    bits = (score_bits_t) x;
    exponent = __builtin_convertvector((bits >> 23) - 126, score_lanes_t);
    x = (score_lanes_t) ((bits & 0x007fffff) | 0x3f000000);
    small = x < SCORE_LOG_HALF;
    exponent += __builtin_convertvector(small, score_lanes_t);
    y = x - 1 + SCORE_NAME(score_where)(small, x);

    z = y * y;
    x = y * score_log_series[0];

    for (i = 1; i < SCORE_LOG_TERMS - 1; i++) {
        x = (x + score_log_series[i]) * y;
    }

    x = (x + score_log_series[i]) * y * z;
    x += exponent * SCORE_LOG_LN2_LOW - 0.5f * z;

    return (y + x + exponent * SCORE_LOG_LN2) * SCORE_LOG_UNIT;
}


SCORE_INLINE void
SCORE_NAME(score_logs)(const reco_engine_block_t *block,
    reco_engine_block_t *derived, unsigned lane)
{
    unsigned i;

    static const uint8_t pairs[][2] = {
        {RECO_ENGINE_SESSION, RECO_ENGINE_FEATURE_SESSION_LOG},
        {RECO_ENGINE_NEXT, RECO_ENGINE_FEATURE_NEXT_LOG},
        {RECO_ENGINE_VIEWED, RECO_ENGINE_FEATURE_VIEWED_LOG},
        {RECO_ENGINE_BACKFILL, RECO_ENGINE_FEATURE_BACKFILL_LOG}};

    for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        SCORE_NAME(score_store)
        (derived, pairs[i][1], lane,
            SCORE_NAME(score_log)(
                SCORE_NAME(score_load)(block, pairs[i][0], lane)));
    }
}


/* The smaller price divided by the larger, how new, how many sources. */
SCORE_INLINE void
SCORE_NAME(score_ratios)(
    reco_engine_block_t *block, unsigned lane, const reco_engine_terms_t *terms)
{
    score_bits_t cheaper, known;
    score_lanes_t price, anchor, age, sources;

    price = SCORE_NAME(score_load)(block, RECO_ENGINE_FEATURE_PRICE, lane);
    anchor = terms->price - (score_lanes_t){0};
    cheaper = price < anchor;
    known = (price > 0) & (anchor > 0);
    SCORE_NAME(score_store)
    (block, RECO_ENGINE_FEATURE_PRICE, lane,
        SCORE_NAME(score_where)(
            known, (SCORE_NAME(score_where)(cheaper, price)
                       + SCORE_NAME(score_where)(~cheaper, anchor))
                       / (SCORE_NAME(score_where)(cheaper, anchor)
                           + SCORE_NAME(score_where)(~cheaper, price))));

    age = SCORE_NAME(score_load)(block, RECO_ENGINE_FEATURE_FRESH, lane);
    SCORE_NAME(score_store)
    (block, RECO_ENGINE_FEATURE_FRESH, lane,
        terms->halflife / (terms->halflife + age));

    sources =
        SCORE_NAME(score_load)(block, RECO_ENGINE_FEATURE_AGREEMENT, lane);
    SCORE_NAME(score_store)
    (block, RECO_ENGINE_FEATURE_AGREEMENT, lane,
        sources / RECO_ENGINE_SOURCE_COUNT);
}


/* What speaks for an item that no visit speaks for; nothing, where the
   catalogue does not tell of it either. */
SCORE_INLINE void
SCORE_NAME(score_unmet)(const reco_engine_block_t *block,
    reco_engine_block_t *derived, unsigned lane)
{
    score_bits_t unmet;
    score_lanes_t content, cosine, fresh;

    content = SCORE_NAME(score_load)(block, RECO_ENGINE_CONTENT, lane);
    cosine = SCORE_NAME(score_load)(block, RECO_ENGINE_FEATURE_COSINE, lane);
    fresh = SCORE_NAME(score_load)(block, RECO_ENGINE_FEATURE_FRESH, lane);
    unmet = ~(SCORE_NAME(score_load)(block, RECO_ENGINE_POPULAR, lane) > 0)
            & ((content != 0) | (cosine != 0));

    SCORE_NAME(score_store)
    (derived, RECO_ENGINE_FEATURE_UNMET, lane,
        SCORE_NAME(score_where)(unmet, 1 - (score_lanes_t){0}));
    SCORE_NAME(score_store)
    (derived, RECO_ENGINE_FEATURE_UNMET_CONTENT, lane,
        SCORE_NAME(score_where)(unmet, content));
    SCORE_NAME(score_store)
    (derived, RECO_ENGINE_FEATURE_UNMET_COSINE, lane,
        SCORE_NAME(score_where)(unmet, cosine));
    SCORE_NAME(score_store)
    (derived, RECO_ENGINE_FEATURE_UNMET_FRESH, lane,
        SCORE_NAME(score_where)(unmet, fresh));
}


/*
 * Products of what is above.  Session kNN's neighbours hold the visit's items
 * by their choice, and sparse items get their votes and their likeness from
 * few: what a source says of such candidates is worth something else.
 */
SCORE_INLINE void
SCORE_NAME(score_products)(const reco_engine_block_t *block,
    reco_engine_block_t *derived, unsigned lane)
{
    unsigned i;

    static const uint8_t products[][3] = {
        {RECO_ENGINE_FEATURE_POPULAR_SESSION, RECO_ENGINE_POPULAR,
            RECO_ENGINE_FEATURE_SESSION_LOG},
        {RECO_ENGINE_FEATURE_POPULAR_RETURN, RECO_ENGINE_POPULAR,
            RECO_ENGINE_RETURN},
        {RECO_ENGINE_FEATURE_POPULAR_COSINE, RECO_ENGINE_POPULAR,
            RECO_ENGINE_FEATURE_COSINE},
        {RECO_ENGINE_FEATURE_POPULAR_SQUARE, RECO_ENGINE_POPULAR,
            RECO_ENGINE_POPULAR},
        {RECO_ENGINE_FEATURE_SESSION_COSINE, RECO_ENGINE_FEATURE_SESSION_LOG,
            RECO_ENGINE_FEATURE_COSINE},
        {RECO_ENGINE_FEATURE_SESSION_NEXT, RECO_ENGINE_FEATURE_SESSION_LOG,
            RECO_ENGINE_FEATURE_NEXT_LAST}};

    for (i = 0; i < sizeof(products) / sizeof(products[0]); i++) {
        SCORE_NAME(score_store)
        (derived, products[i][0], lane,
            SCORE_NAME(score_feature)(block, derived, products[i][1], lane)
                * SCORE_NAME(score_feature)(
                    block, derived, products[i][2], lane));
    }
}


SCORE_INLINE void
SCORE_NAME(score_seen)(const reco_engine_block_t *block,
    reco_engine_block_t *derived, unsigned lane)
{
    score_bits_t seen;

    seen = SCORE_NAME(score_load)(block, RECO_ENGINE_RETURN, lane) > 0;
    SCORE_NAME(score_store)
    (derived, RECO_ENGINE_FEATURE_SEEN_SESSION, lane,
        SCORE_NAME(score_where)(
            seen, SCORE_NAME(score_load)(
                      derived, RECO_ENGINE_FEATURE_SESSION_LOG, lane)));
    SCORE_NAME(score_store)
    (derived, RECO_ENGINE_FEATURE_SEEN_COSINE, lane,
        SCORE_NAME(score_where)(seen,
            SCORE_NAME(score_load)(block, RECO_ENGINE_FEATURE_COSINE, lane)));
}


/* In four partial sums, feature i to sum i % 4. */
SCORE_INLINE score_lanes_t
SCORE_NAME(score_sum)(const reco_engine_block_t *block,
    const reco_engine_block_t *derived, unsigned lane,
    const reco_engine_terms_t *terms)
{
    unsigned i, part;
    score_lanes_t sums[4] = {{0}, {0}, {0}, {0}};

    _Pragma("GCC unroll 12") for (i = 0; i < RECO_ENGINE_FEATURES_MAX; i += 4)
    {
        _Pragma("GCC unroll 4") for (part = 0; part < 4; part++)
        {
            if ((RECO_ENGINE_RETURNED(i + part) && !terms->returned)
                || (RECO_ENGINE_PROFILED(i + part) && !terms->profiled))
            {
                continue;
            }

            sums[part] +=
                terms->weights[i + part]
                * SCORE_NAME(score_feature)(block, derived, i + part, lane);
        }
    }

    return (sums[0] + sums[2]) + (sums[1] + sums[3]);
}


SCORE_TARGET
RECO_ENGINE_SCORE_BODY(SCORE_NAME(reco_engine_score))
{
    unsigned i, lane;
    score_lanes_t sum;
    reco_engine_block_t aside, *derived;

    for (i = 0; i < count; i++) {
        derived = &aside;

        if (terms->keep) {
            derived = &blocks[i];
        }

        for (lane = 0; lane < RECO_ENGINE_LANES; lane += SCORE_WIDTH) {
            SCORE_NAME(score_logs)(&blocks[i], derived, lane);
            SCORE_NAME(score_ratios)(&blocks[i], lane, terms);
            SCORE_NAME(score_unmet)(&blocks[i], derived, lane);
            SCORE_NAME(score_products)(&blocks[i], derived, lane);
            SCORE_NAME(score_seen)(&blocks[i], derived, lane);
            sum = SCORE_NAME(score_sum)(&blocks[i], derived, lane, terms);
            memcpy(scores + i * RECO_ENGINE_LANES + lane, &sum, sizeof(sum));
        }
    }
}


#undef score_lanes_t
#undef score_bits_t
#undef SCORE_INLINE
#undef SCORE_TARGET
#undef SCORE_NAME
#undef SCORE_WIDTH
