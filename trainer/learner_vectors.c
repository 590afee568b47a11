#include "learner_state.h"

#include "model/content_map.h"
#include "snapshot/reco_snapshot_view.h"

#include <string.h>


const float *
reco_learner_content(
    reco_learner_t *learner, reco_store_view_t *view, uint32_t item)
{
    const reco_snapshot_content_t *map;
    reco_snapshot_item_t described = {.price = -1};
    reco_store_item_t entry;

    map = &reco_snapshot_view(learner->base)->content;
    if (map->nfeatures == 0
        || reco_store_view_item(view, item, &entry) != RECO_OK) {
        return NULL;
    }

    described.title = entry.product.title;
    described.category = entry.product.category;
    described.brand = entry.product.brand;
    described.price = entry.product.price;

    return reco_content_map_vector(
               map, learner->dimensions, &described, learner->content)
               ? learner->content
               : NULL;
}


static void
add_vector(reco_learner_t *learner, reco_overlay_learnt_t *learnt,
    uint32_t number, const float *vector)
{
    size_t dimensions = learnt->dimensions;

    learner->vector_items[learnt->nvectors] = number;
    memcpy(learner->vectors + learnt->nvectors * dimensions, vector,
        dimensions * sizeof(float));
    learnt->nvectors++;
}


static void
fill_learnt(reco_learner_t *learner, reco_overlay_learnt_t *learnt)
{
    uint32_t i, count, number;

    if (learner->online == NULL) {
        return;
    }

    count = reco_online_recent(learner->online, learner->nvectors_max,
        learner->recent, learner->recent_vectors);

    for (i = 0; i < count; i++) {
        number = reco_overlay_number(learner->overlay, learner->recent[i]);
        if (number != RECO_ITEM_NONE) {
            add_vector(learner, learnt, number, learner->recent_vectors[i]);
        }
    }
}


/* Items that came after the base and that nobody has met since, the latest
   first. */
static void
fill_unmet(reco_learner_t *learner, reco_store_view_t *view,
    reco_overlay_learnt_t *learnt)
{
    const float *content;
    uint32_t item, k;

    for (k = reco_overlay_nadded(learner->overlay);
         k > 0 && learnt->nvectors < learner->nvectors_max; k--)
    {
        item = reco_overlay_added(learner->overlay, k - 1);
        if (learner->online != NULL
            && reco_online_vector(learner->online, item) != NULL)
        {
            continue;
        }
        content = reco_learner_content(learner, view, item);
        if (content != NULL) {
            add_vector(learner, learnt,
                reco_snapshot_nitems(learner->base) + k - 1, content);
        }
    }
}


void
reco_learner_vectors(reco_learner_t *learner, reco_store_view_t *view,
    reco_overlay_learnt_t *learnt)
{
    learnt->dimensions = learner->dimensions;
    learnt->vector_items = learner->vector_items;
    learnt->vectors = learner->vectors;
    fill_learnt(learner, learnt);
    fill_unmet(learner, view, learnt);
}
