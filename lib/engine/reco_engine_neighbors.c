/*
 * Neighbours of the visitor's last items, and of the best candidates.
 */

#include "reco_engine_select.h"
#include "reco_engine_sources.h"


/* The edges of an item; none where this kind is absent. */
static reco_snapshot_row_t
neighbors_row(
    const reco_engine_model_t *model, reco_neighbors_kind_t kind, uint32_t item)
{
    reco_snapshot_row_t none = {0, 0};
    const reco_snapshot_edges_t *edges;

    edges = &model->base->neighbors[kind];

    return edges->offsets != NULL ? reco_snapshot_row(
               edges->offsets, model->base->catalog.nitems, edges->nedges, item)
                                  : none;
}


/* The row of item, on its way from memory; how long it is. */
static uint32_t
neighbors_prefetch(
    const reco_engine_model_t *model, reco_neighbors_kind_t kind, uint32_t item)
{
    uint32_t i;
    reco_snapshot_row_t row;
    const reco_snapshot_edges_t *edges;

    edges = &model->base->neighbors[kind];
    row = neighbors_row(model, kind, item);

    for (i = 0; i < row.count; i += 16) {
        __builtin_prefetch(&edges->items[row.first + i]);
        __builtin_prefetch(&edges->scores[row.first + i]);
    }

    return row.count;
}


/* Adds the row of item to the tally; origin is for "because". */
static void
neighbors_walk(const reco_engine_model_t *model, reco_engine_tally_t *tally,
    reco_neighbors_kind_t kind, uint32_t item, float weight, uint32_t origin)
{
    reco_snapshot_row_t row;
    const reco_snapshot_edges_t *edges;

    edges = &model->base->neighbors[kind];
    row = neighbors_row(model, kind, item);

    if (row.count > 0) { /* a version may have no edges of a kind */
        reco_engine_tally_add_row(tally, edges->items + row.first,
            edges->scores + row.first, row.count, weight, origin);
    }
}


/* The rows of the profile's last items. */
static void
neighbors_walk_history(const reco_engine_model_t *model,
    reco_engine_scratch_t *scratch, reco_neighbors_kind_t kind)
{
    float weight;
    unsigned i, first, count;
    uint32_t item;
    const reco_engine_query_t *query;

    query = scratch->visit.query;
    count = reco_engine_count(model, RECO_ENGINE_NEIGHBORS_HISTORY);
    weight = reco_engine_value(model, RECO_ENGINE_NEIGHBORS_HISTORY_WEIGHT);

    if (query->history == NULL || !(weight > 0)) {
        return;
    }

    first = query->nhistory > count ? query->nhistory - count : 0;

    for (i = first; i < query->nhistory; i++) {
        item = reco_engine_find(model, query->history[i].item);

        if (item != RECO_ITEM_NONE
            && query->history[i].type < RECO_ENGINE_TYPE_COUNT) {
            neighbors_walk(model, &scratch->items, kind, item,
                weight * model->type_weight[query->history[i].type],
                RECO_ENGINE_NOBODY);
        }
    }
}


/* What the newest item's row says of each candidate, as it was learnt. */
static void
neighbors_last(const reco_engine_model_t *model, reco_engine_scratch_t *scratch,
    reco_neighbors_kind_t kind, unsigned feature)
{
    uint16_t number;
    uint32_t i;
    reco_snapshot_row_t row;
    const reco_snapshot_edges_t *edges;

    edges = &model->base->neighbors[kind];

    if (edges->offsets == NULL || scratch->visit.nitems == 0) {
        return;
    }

    row = reco_snapshot_row(edges->offsets, model->base->catalog.nitems,
        edges->nedges, scratch->visit.items[0].item);

    for (i = row.first; i < row.first + row.count; i++) {
        number = reco_engine_pool_find(&scratch->pool, edges->items[i]);

        if (number != RECO_ENGINE_POOL_REFUSED) {
            *reco_engine_pool_feature(&scratch->pool, number, feature) =
                edges->scores[i];
        }
    }
}


static void
neighbors_gather(const reco_engine_model_t *model,
    reco_engine_scratch_t *scratch, reco_neighbors_kind_t kind,
    reco_engine_source_t source, const float *decay, unsigned nitems,
    unsigned wanted)
{
    unsigned place;
    uint32_t expected;
    const reco_engine_visit_t *visit;

    visit = &scratch->visit;
    nitems = nitems < visit->nitems ? nitems : visit->nitems;
    expected = 0;

    for (place = 0; place < nitems; place++) {
        expected += neighbors_prefetch(model, kind, visit->items[place].item);
    }

    reco_engine_tally_clear(&scratch->items, expected, model->nitems);

    for (place = 0; place < nitems; place++) {
        neighbors_walk(model, &scratch->items, kind, visit->items[place].item,
            visit->items[place].weight * decay[place], place);
    }

    if (kind != RECO_NEIGHBORS_NEXT) {
        neighbors_walk_history(model, scratch, kind);
    }

    reco_engine_source_gather(model, scratch, source, wanted);
}


static void
neighbors_source(const reco_engine_model_t *model,
    reco_engine_scratch_t *scratch, reco_neighbors_kind_t kind,
    reco_engine_source_t source, const float *decay, unsigned nitems,
    unsigned wanted)
{
    if (!reco_engine_visit_wants(&scratch->visit, source) || wanted == 0
        || model->base->neighbors[kind].offsets == NULL)
    {
        return;
    }

    if (!reco_engine_shared(scratch, source)) {
        neighbors_gather(model, scratch, kind, source, decay, nitems, wanted);
    }

    reco_engine_source_name_all(model, scratch, source);
}


void
reco_engine_source_neighbors(
    const reco_engine_model_t *model, reco_engine_scratch_t *scratch)
{
    unsigned nitems, wanted;
    const reco_engine_visit_t *visit;

    visit = &scratch->visit;

    neighbors_source(model, scratch, RECO_NEIGHBORS_NEXT, RECO_ENGINE_NEXT,
        model->next_place, reco_engine_count(model, RECO_ENGINE_NEXT_ITEMS),
        reco_engine_count(model, RECO_ENGINE_NEXT_CANDIDATES));

    nitems = reco_engine_count(model, RECO_ENGINE_NEIGHBORS_ITEMS);
    wanted = reco_engine_count(model, RECO_ENGINE_NEIGHBORS_CANDIDATES);

    neighbors_source(model, scratch, RECO_NEIGHBORS_VIEW, RECO_ENGINE_VIEWED,
        model->neighbors_place, nitems, wanted);
    neighbors_source(model, scratch, RECO_NEIGHBORS_BUY, RECO_ENGINE_BOUGHT,
        model->neighbors_place, nitems, wanted);
    neighbors_source(model, scratch, RECO_NEIGHBORS_CONTENT,
        RECO_ENGINE_CONTENT, model->neighbors_place, nitems, wanted);

    if (reco_engine_visit_wants(visit, RECO_ENGINE_NEXT)) {
        neighbors_last(
            model, scratch, RECO_NEIGHBORS_NEXT, RECO_ENGINE_FEATURE_NEXT_LAST);
    }

    if (reco_engine_visit_wants(visit, RECO_ENGINE_VIEWED)) {
        neighbors_last(model, scratch, RECO_NEIGHBORS_VIEW,
            RECO_ENGINE_FEATURE_VIEWED_LAST);
    }
}


/* What a candidate is worth so far, by the sources that were asked alone. */
static float
backfill_strength(
    const reco_engine_model_t *model, reco_engine_pool_t *pool, unsigned row)
{
    float strength;
    unsigned source;

    strength = 0;

    for (source = 0; source < RECO_ENGINE_SOURCE_COUNT; source++) {
        if (source != RECO_ENGINE_TRENDING && source != RECO_ENGINE_POPULAR) {
            strength += *reco_engine_pool_feature(pool, row, source)
                        * model->credit[source];
        }
    }

    return strength;
}


void
reco_engine_source_backfill(
    const reco_engine_model_t *model, reco_engine_scratch_t *scratch)
{
    float best, weight;
    unsigned i, row, seeds;
    uint32_t expected;
    reco_engine_pool_t *pool;

    pool = &scratch->pool;

    if (!reco_engine_visit_wants(&scratch->visit, RECO_ENGINE_BACKFILL)
        || pool->nrows == 0
        || pool->nrows >= reco_engine_count(model, RECO_ENGINE_BACKFILL_BELOW))
    {
        return;
    }

    for (i = 0; i < pool->nrows; i++) {
        scratch->ranking[i] =
            reco_engine_key(backfill_strength(model, pool, i), i);
    }

    seeds = reco_engine_select(model->kernels, scratch->ranking, pool->nrows,
        reco_engine_count(model, RECO_ENGINE_BACKFILL_SEEDS));
    reco_engine_sort(model->kernels, scratch->ranking, seeds);

    if (seeds == 0) {
        return;
    }

    best = reco_engine_key_score(scratch->ranking[0]);
    expected = 0;

    for (i = 0; i < seeds; i++) {
        row = reco_engine_key_number(scratch->ranking[i]);
        expected += neighbors_prefetch(
            model, RECO_NEIGHBORS_NEXT, pool->rows[row].item);
        expected += neighbors_prefetch(
            model, RECO_NEIGHBORS_VIEW, pool->rows[row].item);
    }

    reco_engine_tally_clear(&scratch->items, expected, model->nitems);

    for (i = 0; i < seeds; i++) {
        row = reco_engine_key_number(scratch->ranking[i]);
        weight =
            best > 0 ? reco_engine_key_score(scratch->ranking[i]) / best : 1;

        if (!(weight > 0)) {
            break;
        }

        neighbors_walk(model, &scratch->items, RECO_NEIGHBORS_NEXT,
            pool->rows[row].item, weight, RECO_ENGINE_NOBODY);
        neighbors_walk(model, &scratch->items, RECO_NEIGHBORS_VIEW,
            pool->rows[row].item, weight, RECO_ENGINE_NOBODY);
    }

    reco_engine_source_gather(model, scratch, RECO_ENGINE_BACKFILL,
        reco_engine_count(model, RECO_ENGINE_BACKFILL_CANDIDATES));
    reco_engine_source_name_all(model, scratch, RECO_ENGINE_BACKFILL);
}
