/*
 * Candidates of the visitor's vector without a search: what the version knows
 * to be near to the visit's items (reco_snapshot_near.c).
 */

#include "reco_engine_factors.h"

#include <math.h>

#include "reco_engine_select.h"

/* To search fewer vectors than these is as quick. */
#define NEAR_VECTORS_MIN 512


int
reco_engine_factors_short(
    const reco_engine_model_t *model, const reco_engine_visit_t *visit)
{
    return visit->nitems
               <= reco_engine_count(model, RECO_ENGINE_FACTORS_NEAR_ITEMS)
           && visit->query->user == NULL && visit->query->nhistory == 0
           && model->base->codes.nvectors >= NEAR_VECTORS_MIN;
}


int
reco_engine_factors_near_suffices(
    const reco_engine_model_t *model, const reco_engine_scratch_t *scratch)
{
    const reco_engine_visit_t *visit;

    visit = &scratch->visit;

    return reco_engine_factors_short(model, visit) && !visit->narrow
           && scratch->pool.nrows >= visit->query->n
                                         * reco_engine_count(model,
                                             RECO_ENGINE_FACTORS_NEAR_FROM)
           && 2 * visit->query->n
                  <= reco_engine_count(model, RECO_ENGINE_FACTORS_CANDIDATES);
}


/* What the items of the visit count that are in its vector; 0 where one of
   them has come since the base. */
static float
near_weigh(const reco_engine_model_t *model, const reco_engine_visit_t *visit,
    unsigned count)
{
    float sum, norm;
    unsigned place;
    uint32_t item;

    sum = 0;

    for (place = 0; place < count; place++) {
        item = visit->items[place].item;

        if (reco_engine_vector(model, item, &norm) == NULL) {
            continue;
        }

        if (item >= model->base->catalog.nitems) {
            return 0;
        }

        sum += visit->items[place].weight * model->factors_place[place];
    }

    return sum;
}


/* Seen, gone, or none at all. */
static int
near_passes(const reco_engine_model_t *model, const reco_engine_visit_t *visit,
    uint32_t item)
{
    unsigned i;

    for (i = 0; i < visit->nitems; i++) {
        if (visit->items[i].item == item) {
            return 0;
        }
    }

    return item < model->base->catalog.nitems
           && (model->gone == NULL || !reco_engine_gone(model, item));
}


static int
near_found(const uint64_t *found, unsigned nfound, uint32_t item)
{
    unsigned i;

    for (i = 0; i < nfound; i++) {
        if (reco_engine_key_number(found[i]) == item) {
            return 1;
        }
    }

    return 0;
}


/* The nearest share of an item's list. */
static unsigned
near_take(const reco_engine_model_t *model, reco_engine_scratch_t *scratch,
    uint32_t item, unsigned share, unsigned nfound)
{
    unsigned i, taken;
    const uint32_t *near;

    near = model->base->codes.near + (size_t) item * RECO_SNAPSHOT_NEAR;
    taken = 0;

    for (i = 0; i < RECO_SNAPSHOT_NEAR && taken < share; i++) {
        if (!near_passes(model, &scratch->visit, near[i])) {
            continue;
        }

        taken++;

        if (!near_found(scratch->found, nfound, near[i])) {
            scratch->found[nfound++] = reco_engine_key(0, near[i]);
        }
    }

    return nfound;
}


unsigned
reco_engine_factors_near(
    const reco_engine_model_t *model, reco_engine_scratch_t *scratch)
{
    float sum, weight;
    unsigned place, count, nfound;
    const reco_engine_visit_t *visit;

    visit = &scratch->visit;
    count = reco_engine_count(model, RECO_ENGINE_FACTORS_ITEMS);
    count = count < visit->nitems ? count : visit->nitems;
    sum = near_weigh(model, visit, count);
    nfound = 0;

    for (place = 0; place < count && sum > 0; place++) {
        weight = visit->items[place].weight * model->factors_place[place];

        if (visit->items[place].item < model->base->catalog.nitems) {
            nfound = near_take(model, scratch, visit->items[place].item,
                (unsigned) ceilf(RECO_SNAPSHOT_NEAR * weight / sum), nfound);
        }
    }

    return nfound;
}
