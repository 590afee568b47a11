/*
 * The query from end to end.
 */

#include "reco_engine_blend.h"
#include "reco_engine_factors.h"
#include "reco_engine_sources.h"

#include <string.h>

/* Sources that say all that they know of an item by its value. */
#define RECOMMEND_PLAIN                                                        \
    (1u << RECO_ENGINE_SESSION | 1u << RECO_ENGINE_NEXT                        \
        | 1u << RECO_ENGINE_VIEWED | 1u << RECO_ENGINE_BOUGHT                  \
        | 1u << RECO_ENGINE_CONTENT)

/* Of a longer profile the newest are known as bought. */
#define RECOMMEND_HISTORY_MAX 2000


/* Marks what may not be recommended, and what is to be judged differently. */
static void
recommend_mark_seen(
    const reco_engine_model_t *model, reco_engine_scratch_t *scratch)
{
    unsigned i, limit;
    uint32_t item;
    const reco_engine_session_t *session;

    session = scratch->visit.query->session;
    limit = reco_engine_count(model, RECO_ENGINE_SEEN_LIMIT);

    if (session == NULL) {
        return;
    }

    for (i = 0; i < session->nseen && i < 32; i++) {
        item = reco_engine_find(model, session->seen[i]);

        if (item == RECO_ITEM_NONE) {
            continue;
        }

        reco_engine_pool_shown(&scratch->pool, item, session->shown[i]);

        if (limit != 0 && session->shown[i] >= limit) {
            reco_engine_pool_refuse(&scratch->pool, item);
        }
    }
}


static void
recommend_mark_history(
    const reco_engine_model_t *model, reco_engine_scratch_t *scratch)
{
    unsigned i, first;
    uint32_t item;
    const reco_engine_query_t *query;

    query = scratch->visit.query;

    if (query->history == NULL) {
        return;
    }

    first = query->nhistory > RECOMMEND_HISTORY_MAX
                ? query->nhistory - RECOMMEND_HISTORY_MAX
                : 0;

    for (i = first; i < query->nhistory; i++) {
        item = reco_engine_find(model, query->history[i].item);

        if (item == RECO_ITEM_NONE) {
            continue;
        }

        reco_engine_pool_history(&scratch->pool, item, query->nhistory - 1 - i);

        if (!query->history_repeat) {
            reco_engine_pool_refuse(&scratch->pool, item);
        }
    }
}


static void
recommend_mark(const reco_engine_model_t *model, reco_engine_scratch_t *scratch)
{
    unsigned i;
    const reco_engine_query_t *query;
    const reco_engine_visit_t *visit;

    visit = &scratch->visit;
    query = visit->query;

    recommend_mark_seen(model, scratch);
    recommend_mark_history(model, scratch);

    for (i = 0; i < query->nexcluded; i++) {
        reco_engine_pool_refuse(
            &scratch->pool, reco_engine_find(model, query->excluded[i]));
    }

    for (i = 0; i < visit->nitems && !query->repeat; i++) {
        reco_engine_pool_refuse(&scratch->pool, visit->items[i].item);
    }

    reco_engine_pool_refuse(&scratch->pool, visit->current);
}


/* Is the visit the one that the lists were made for? */
static int
recommend_same(
    const reco_engine_shared_t *shared, const reco_engine_visit_t *visit)
{
    unsigned i;

    if (shared->nitems != visit->nitems) {
        return 0;
    }

    for (i = 0; i < visit->nitems; i++) {
        if (shared->items[i].item != visit->items[i].item
            || shared->items[i].weight != visit->items[i].weight)
        {
            return 0;
        }
    }

    return 1;
}


/* What is known of another page, or of another visit, is of no use. */
static void
recommend_share(
    const reco_engine_model_t *model, reco_engine_scratch_t *scratch)
{
    reco_engine_shared_t *shared;
    const reco_engine_visit_t *visit;

    shared = &scratch->shared;
    visit = &scratch->visit;

    if (visit->query->page == 0 || visit->query->page != shared->page
        || model != shared->model || !recommend_same(shared, visit))
    {
        shared->page = visit->query->page;
        shared->model = model;
        shared->ready = 0;
        shared->nitems = visit->nitems;
        memcpy(shared->items, visit->items,
            visit->nitems * sizeof(visit->items[0]));
        reco_engine_pool_clear(&scratch->pool);

    } else {
        reco_engine_pool_continue(&scratch->pool);
    }
}


static void
recommend_candidates(
    const reco_engine_model_t *model, reco_engine_scratch_t *scratch)
{
    recommend_mark(model, scratch);

    if (reco_engine_visit_wants(&scratch->visit, RECO_ENGINE_SESSION)) {
        reco_engine_source_session(model, scratch);
    }

    reco_engine_source_neighbors(model, scratch);
    reco_engine_source_return(model, scratch);
    reco_engine_source_backfill(model, scratch);
    reco_engine_source_lists(model, scratch);
    reco_engine_source_factors(model, scratch);

    if (reco_engine_visit_wants(&scratch->visit, RECO_ENGINE_SESSION)) {
        reco_engine_source_second(model, scratch, RECO_ENGINE_SESSION);
    }
}


/*
 * Where one source alone ranks the candidates, by its values, those that
 * cannot come to be chosen need not be looked at.
 */
static unsigned
recommend_enough(const reco_engine_model_t *model,
    const reco_engine_visit_t *visit, unsigned n)
{
    if ((visit->sources & (visit->sources - 1)) != 0
        || (visit->sources & RECOMMEND_PLAIN) == 0 || visit->rules.boosting != 0
        || visit->rules.pinning != 0
        || reco_engine_count(model, RECO_ENGINE_DIVERSITY_CATEGORY) != 0)
    {
        return 0;
    }

    return reco_engine_ranked(model, n);
}


/* Everything up to the scores, of those of a block of n; or of all candidates,
   with all features. */
static reco_status_t
recommend_collect(const reco_engine_model_t *model,
    const reco_engine_query_t *query, reco_engine_scratch_t *scratch,
    unsigned n)
{
    reco_status_t status;

    status = reco_engine_visit_init(&scratch->visit, model, query);

    if (status != RECO_OK) {
        return status;
    }

    scratch->enough = n != 0 ? recommend_enough(model, &scratch->visit, n) : 0;
    scratch->keep = n == 0;
    scratch->pool.plain = scratch->enough != 0;
    scratch->pool.returned = scratch->keep;
    scratch->pool.profiled = scratch->keep || query->nhistory != 0;
    recommend_share(model, scratch);
    recommend_candidates(model, scratch);

    if (reco_engine_pool_crowded(&scratch->pool)) {
        reco_engine_pool_clear(&scratch->pool);
        recommend_candidates(model, scratch);
    }

    reco_engine_blend(model, scratch);

    return RECO_OK;
}


static reco_engine_source_t
recommend_source(const reco_engine_pool_row_t *row)
{
    return row->source < RECO_ENGINE_SOURCE_COUNT
               ? (reco_engine_source_t) row->source
               : RECO_ENGINE_POPULAR;
}


static void
recommend_hit(const reco_engine_pool_t *pool, unsigned number,
    reco_engine_result_t *result)
{
    reco_engine_hit_t *hit;
    const reco_engine_pool_row_t *row;

    row = &pool->rows[number];
    hit = &result->hits[result->nhits++];
    hit->item = row->item;
    hit->score = pool->scores[number];
    hit->source = recommend_source(row);
    hit->because = row->because;
    hit->pinned = 0;
}


typedef struct {
    const reco_engine_model_t *model;
    reco_engine_scratch_t *scratch;
    reco_engine_result_t *result;
    unsigned n;
} recommend_fallback_t;


/* Takes an item of a list that no source has named yet. */
static int
recommend_take(void *data, uint32_t item, reco_engine_source_t source)
{
    uint16_t number;
    unsigned nrows;
    reco_engine_pool_t *pool;
    recommend_fallback_t *fallback;

    fallback = data;

    if (fallback->result->nhits == fallback->n) {
        return 0;
    }

    pool = &fallback->scratch->pool;
    nrows = pool->nrows;
    number = reco_engine_pool_row(
        pool, fallback->model, &fallback->scratch->visit, item);

    /* Those that have a row were ranked, or left out for a reason. */
    if (number != RECO_ENGINE_POOL_REFUSED && number == nrows) {
        pool->rows[number].source = (uint8_t) source;
        recommend_hit(pool, number, fallback->result);
        fallback->result->fallbacks |= 1u << source;
    }

    return 1;
}


/* The pinned items that pass the filters, in the order of their places. */
static unsigned
recommend_pins(const reco_engine_model_t *model, reco_engine_scratch_t *scratch,
    reco_engine_hit_t *pins, unsigned *places)
{
    unsigned i, j, count;
    uint16_t row;
    const reco_engine_rules_t *rules;
    const reco_engine_resolved_t *resolved;

    rules = &scratch->visit.rules;
    count = 0;

    for (i = 0; i < rules->count; i++) {
        resolved = &rules->rules[i];

        if (resolved->rule->kind != RECO_ENGINE_RULE_PIN) {
            continue;
        }

        row = reco_engine_pool_row(
            &scratch->pool, model, &scratch->visit, resolved->item);

        if (row == RECO_ENGINE_POOL_REFUSED) {
            continue;
        }

        for (j = count; j > 0 && places[j - 1] > resolved->rule->place; j--) {
            pins[j] = pins[j - 1];
            places[j] = places[j - 1];
        }

        pins[j].item = resolved->item;
        pins[j].score = scratch->pool.scores[row];
        pins[j].source = recommend_source(&scratch->pool.rows[row]);
        pins[j].because = RECO_ITEM_NONE;
        pins[j].pinned = 1;
        places[j] = resolved->rule->place;
        count++;
    }

    return count;
}


/* Removes from the block what is pinned; how many hits are left. */
static unsigned
recommend_unpinned(const reco_engine_result_t *result,
    const reco_engine_hit_t *pins, unsigned npins, reco_engine_hit_t *rest)
{
    unsigned i, j, count;

    count = 0;

    for (i = 0; i < result->nhits; i++) {
        for (j = 0; j < npins && pins[j].item != result->hits[i].item; j++) {
            /* void */
        }

        if (j == npins) {
            rest[count++] = result->hits[i];
        }
    }

    return count;
}


static void
recommend_pin(const reco_engine_model_t *model, reco_engine_scratch_t *scratch,
    unsigned n, reco_engine_result_t *result)
{
    unsigned npins, nrest, pin, other, places[RECO_ENGINE_RULES_MAX];
    reco_engine_hit_t pins[RECO_ENGINE_RULES_MAX];
    reco_engine_hit_t rest[RECO_ENGINE_RESULT_MAX];

    if (scratch->visit.rules.pinning == 0) {
        return;
    }

    npins = recommend_pins(model, scratch, pins, places);
    npins = npins < n ? npins : n;
    nrest = recommend_unpinned(result, pins, npins, rest);
    nrest = nrest < n - npins ? nrest : n - npins;
    result->nhits = 0;
    pin = 0;
    other = 0;

    while (pin < npins || other < nrest) {
        if (pin < npins && (other == nrest || places[pin] <= result->nhits)) {
            result->hits[result->nhits++] = pins[pin++];
        } else {
            result->hits[result->nhits++] = rest[other++];
        }
    }
}


reco_status_t
reco_engine_recommend(const reco_engine_model_t *model,
    const reco_engine_query_t *query, reco_engine_scratch_t *scratch,
    reco_engine_result_t *result)
{
    unsigned i, n, nchosen;
    uint16_t chosen[RECO_ENGINE_RESULT_MAX];
    reco_status_t status;

    result->nhits = 0;
    result->fallbacks = 0;
    n = query->n < RECO_ENGINE_RESULT_MAX ? query->n : RECO_ENGINE_RESULT_MAX;
    status = recommend_collect(model, query, scratch, n);

    if (status != RECO_OK) {
        return status;
    }

    nchosen = reco_engine_diversify(model, scratch, n, chosen);

    for (i = 0; i < nchosen; i++) {
        recommend_hit(&scratch->pool, chosen[i], result);
    }

    if (result->nhits < n
        && reco_engine_value(model, RECO_ENGINE_FALLBACK) != 0) {
        recommend_fallback_t fallback = {model, scratch, result, n};

        reco_engine_fallback(model, &scratch->visit, recommend_take, &fallback);
    }

    recommend_pin(model, scratch, n, result);

    return result->nhits != 0 ? RECO_OK : RECO_DECLINED;
}


unsigned
reco_engine_candidates(const reco_engine_model_t *model,
    const reco_engine_query_t *query, reco_engine_scratch_t *scratch,
    reco_engine_candidate_t *candidates, unsigned max)
{
    unsigned i, feature;
    reco_engine_pool_t *pool;

    if (recommend_collect(model, query, scratch, 0) != RECO_OK) {
        return 0;
    }

    pool = &scratch->pool;

    for (i = 0; i < pool->nrows && i < max; i++) {
        candidates[i].item = pool->rows[i].item;
        candidates[i].sources = pool->rows[i].sources;
        candidates[i].score = pool->scores[i];

        for (feature = 0; feature < RECO_ENGINE_FEATURES_MAX; feature++) {
            candidates[i].features[feature] =
                *reco_engine_pool_feature(pool, i, feature);
        }
    }

    return i;
}


int
reco_engine_fold_in(const reco_engine_model_t *model,
    const reco_engine_query_t *query, reco_engine_scratch_t *scratch,
    float *vector)
{
    /* The vector that a page's queries share is overwritten. */
    scratch->shared.page = 0;
    scratch->shared.ready = 0;

    if (reco_engine_visit_init(&scratch->visit, model, query) != RECO_OK
        || !reco_engine_factors_fold(model, scratch))
    {
        return 0;
    }

    memcpy(vector, scratch->vector,
        model->base->vectors.dimensions * sizeof(vector[0]));

    return 1;
}
