/*
 * Sources that need no arithmetic: what is popular, what rises.
 */

#include "reco_engine_select.h"
#include "reco_engine_sources.h"

#include <math.h>
#include <string.h>

#define LISTS_SPARE 16 /* more than enough, for those that filters refuse */

#define LISTS_LANES 4

typedef float lists_lanes_t __attribute__((vector_size(4 * LISTS_LANES)));
typedef int32_t lists_bits_t __attribute__((vector_size(4 * LISTS_LANES)));


/* What the entry sums up, if that is anything; how many there are then. */
static inline unsigned
lists_append(reco_engine_list_t *list, unsigned count,
    const reco_engine_tally_entry_t *entry,
    const reco_engine_visited_t *visited, unsigned nvisited)
{
    uint32_t origin;

    origin = reco_engine_claim_origin(entry->most);
    list->items[count] = entry->number;
    list->values[count] = entry->sum;
    list->because[count] =
        origin < nvisited ? visited[origin].item : RECO_ITEM_NONE;

    return count + (entry->sum > 0);
}


/* The largest of a list's values; those beyond the last one are 0. */
static float
lists_best(const reco_engine_list_t *list)
{
    float best;
    unsigned i;
    lists_bits_t larger;
    lists_lanes_t values, most;

    most = (lists_lanes_t){0};

    for (i = 0; i < list->count; i += LISTS_LANES) {
        memcpy(&values, &list->values[i], sizeof(values));
        larger = values > most;
        most = (lists_lanes_t) (((lists_bits_t) values & larger)
                                | ((lists_bits_t) most & ~larger));
    }

    best = most[0];

    for (i = 1; i < LISTS_LANES; i++) {
        best = most[i] > best ? most[i] : best;
    }

    return best;
}


/* In units of the best. */
static void
lists_scale(reco_engine_list_t *list)
{
    float best;
    unsigned i;
    lists_lanes_t values;

    for (i = list->count; i % LISTS_LANES != 0; i++) {
        list->values[i] = 0;
    }

    best = lists_best(list);

    for (i = 0; i < list->count; i += LISTS_LANES) {
        memcpy(&values, &list->values[i], sizeof(values));
        values /= best;
        memcpy(&list->values[i], &values, sizeof(values));
    }
}


void
reco_engine_source_gather(const reco_engine_model_t *model,
    reco_engine_scratch_t *scratch, reco_engine_source_t source,
    unsigned wanted)
{
    unsigned i, count, selected, nvisited;
    reco_engine_list_t *list;
    const reco_engine_visited_t *visited;
    const reco_engine_tally_t tally = scratch->items;

    wanted = wanted < RECO_ENGINE_NAMED_MAX ? wanted : RECO_ENGINE_NAMED_MAX;
    visited = scratch->visit.items;
    nvisited = scratch->visit.nitems;
    list = &scratch->lists[source];
    count = 0;

    if (tally.count <= wanted) {
        for (i = 0; i < tally.count; i++) {
            count =
                lists_append(list, count, &tally.entries[i], visited, nvisited);
        }

    } else {
        selected = reco_engine_tally_select(
            &tally, model->kernels, scratch->keys, wanted);

        for (i = 0; i < selected; i++) {
            count = lists_append(list, count,
                reco_engine_tally_known(
                    &tally, reco_engine_key_number(scratch->keys[i])),
                visited, nvisited);
        }
    }

    list->count = count;
    lists_scale(list);
    scratch->shared.ready |= 1u << source;
}


/* The value that about so many of the list's have, at least. */
static float
lists_floor(const reco_engine_model_t *model, reco_engine_scratch_t *scratch,
    const reco_engine_list_t *list, unsigned wanted)
{
    float value, floor;
    unsigned i;

    for (i = 0; i < list->count; i++) {
        scratch->keys[i] = reco_engine_key(list->values[i], i);
    }

    wanted =
        reco_engine_select(model->kernels, scratch->keys, list->count, wanted);
    floor = INFINITY;

    for (i = 0; i < wanted; i++) {
        value = reco_engine_key_score(scratch->keys[i]);
        floor = value < floor ? value : floor;
    }

    return floor;
}


/* The items of a list that stand on one side of the floor. */
static void
lists_name_part(const reco_engine_model_t *model,
    reco_engine_scratch_t *scratch, reco_engine_source_t source, float floor,
    int below)
{
    unsigned i, count;
    uint64_t *places;
    const reco_engine_list_t *list;

    list = &scratch->lists[source];
    places = scratch->keys;
    count = 0;

    /* which side is as good as random: a branch would be foreseen half the time */

    for (i = 0; i < list->count; i++) {
        places[count] = i;
        count += (list->values[i] < floor) == below;
    }

    for (i = 0; i < count; i++) {
        __builtin_prefetch(reco_engine_hot(model, list->items[places[i]]));
    }

    for (i = 0; i < count; i++) {
        reco_engine_pool_add(&scratch->pool, model, &scratch->visit,
            list->items[places[i]], source, list->values[places[i]],
            list->because[places[i]]);
    }
}


/* What was shown before may fall behind those that are left out. */
static int
lists_enough(const reco_engine_scratch_t *scratch)
{
    unsigned i, fresh;

    fresh = 0;

    for (i = 0; i < scratch->pool.nrows; i++) {
        fresh += scratch->pool.rows[i].shown == 0;
    }

    return fresh >= scratch->enough;
}


void
reco_engine_source_name_all(const reco_engine_model_t *model,
    reco_engine_scratch_t *scratch, reco_engine_source_t source)
{
    float floor;
    const reco_engine_list_t *list;

    list = &scratch->lists[source];

    if (scratch->enough == 0 || list->count <= scratch->enough + LISTS_SPARE) {
        reco_engine_pool_add_all(
            &scratch->pool, model, &scratch->visit, list, source);
        return;
    }

    floor = lists_floor(model, scratch, list, scratch->enough + LISTS_SPARE);
    lists_name_part(model, scratch, source, floor, 0);

    if (!lists_enough(scratch)) {
        lists_name_part(model, scratch, source, floor, 1);
    }
}


void
reco_engine_source_name_best(const reco_engine_model_t *model,
    reco_engine_scratch_t *scratch, reco_engine_source_t source,
    unsigned wanted)
{
    unsigned before;
    reco_engine_list_t *list;

    list = &scratch->lists[source];
    list->floor = -INFINITY;

    if (scratch->enough != 0 || list->count <= wanted + LISTS_SPARE) {
        reco_engine_source_name_all(model, scratch, source);
        return;
    }

    before = scratch->pool.nrows;
    list->floor = lists_floor(model, scratch, list, wanted);
    lists_name_part(model, scratch, source, list->floor, 0);

    /* Most of them seen, or not for sale. */

    if (scratch->pool.nrows - before < wanted / 2) {
        lists_name_part(model, scratch, source, list->floor, 1);
        list->floor = -INFINITY;
    }
}


void
reco_engine_source_second(const reco_engine_model_t *model,
    reco_engine_scratch_t *scratch, reco_engine_source_t source)
{
    unsigned i;
    const reco_engine_list_t *list;

    list = &scratch->lists[source];

    if (list->floor == -INFINITY) {
        return;
    }

    for (i = 0; i < list->count; i++) {
        if (list->values[i] < list->floor
            && reco_engine_pool_find(&scratch->pool, list->items[i])
                   != RECO_ENGINE_POOL_REFUSED)
        {
            reco_engine_pool_add(&scratch->pool, model, &scratch->visit,
                list->items[i], source, list->values[i], list->because[i]);
        }
    }
}


/* The list of a category of the base; empty where it has none. */
static reco_snapshot_row_t
lists_category(const reco_engine_model_t *model, uint32_t category)
{
    reco_snapshot_row_t none = {0, 0};

    if (category == 0) {
        return none;
    }

    return reco_snapshot_row(model->base->popular.category_offsets,
        model->base->popular.ncategories, model->base->popular.ncategory_items,
        category);
}


/* That which the query asks for, or that of the page. */
static uint32_t
lists_wanted_category(const reco_engine_visit_t *visit)
{
    return visit->category != RECO_ITEM_NONE ? visit->category
                                             : visit->anchor_category;
}


/* Values: the scores, in units of the first; or from top down to 0 by rank. */
static void
lists_add(const reco_engine_model_t *model, reco_engine_scratch_t *scratch,
    const uint32_t *items, const float *scores, uint32_t count, unsigned wanted,
    float top, reco_engine_source_t source)
{
    float value;
    uint32_t i;

    if (!reco_engine_visit_wants(&scratch->visit, source)) {
        return;
    }

    count = count < wanted ? count : wanted;

    for (i = 0; i < count; i++) {
        if (scores == NULL) {
            value = top * (float) (count - i) / (float) count;
        } else {
            value = scores[0] > 0 ? scores[i] / scores[0] : 0;
        }

        reco_engine_pool_add(&scratch->pool, model, &scratch->visit, items[i],
            source, value, RECO_ITEM_NONE);
    }
}


void
reco_engine_source_lists(
    const reco_engine_model_t *model, reco_engine_scratch_t *scratch)
{
    unsigned wanted;
    reco_snapshot_row_t row;
    const reco_snapshot_toplists_t *popular;

    popular = &model->base->popular;
    row = lists_category(model, lists_wanted_category(&scratch->visit));

    lists_add(model, scratch, popular->category_items + row.first, NULL,
        row.count, reco_engine_count(model, RECO_ENGINE_CATEGORY_CANDIDATES), 1,
        RECO_ENGINE_CATEGORY);

    wanted = reco_engine_count(model, RECO_ENGINE_TRENDING_CANDIDATES);

    /* What rises now replaces what rose when the base was built. */
    if (model->retrends) {
        lists_add(model, scratch, model->overlay->trending,
            model->overlay->trending_scores, model->overlay->ntrending, wanted,
            0, RECO_ENGINE_TRENDING);

    } else {
        lists_add(model, scratch, popular->trending, NULL, popular->ntrending,
            wanted, 0, RECO_ENGINE_TRENDING);
    }

    /* How popular each candidate is becomes a feature of all of them. */
    lists_add(model, scratch, popular->global, NULL, popular->nglobal,
        reco_engine_count(model, RECO_ENGINE_POPULAR_CANDIDATES), 0,
        RECO_ENGINE_POPULAR);
}


static int
fallback_take(const uint32_t *items, uint32_t count,
    reco_engine_source_t source, reco_engine_take_pt take, void *data)
{
    uint32_t i;

    for (i = 0; i < count; i++) {
        if (!take(data, items[i], source)) {
            return 0;
        }
    }

    return 1;
}


void
reco_engine_fallback(const reco_engine_model_t *model,
    const reco_engine_visit_t *visit, reco_engine_take_pt take, void *data)
{
    reco_snapshot_row_t row;
    const reco_snapshot_toplists_t *popular;

    popular = &model->base->popular;
    row = lists_category(model, lists_wanted_category(visit));

    if (!fallback_take(popular->category_items + row.first, row.count,
            RECO_ENGINE_CATEGORY, take, data))
    {
        return;
    }

    if (model->recent > 0
        && !fallback_take(model->overlay->trending, model->overlay->ntrending,
            RECO_ENGINE_TRENDING, take, data))
    {
        return;
    }

    if (fallback_take(popular->trending, popular->ntrending,
            RECO_ENGINE_TRENDING, take, data))
    {
        fallback_take(
            popular->global, popular->nglobal, RECO_ENGINE_POPULAR, take, data);
    }
}
