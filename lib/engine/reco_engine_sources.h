/*
 * The sources of candidates.  Each reads the visit, and names items to the
 * pool with values from 0 to 1, the best it knows being 1, so that their
 * weights can be compared.
 */

#ifndef RECO_ENGINE_SOURCES_H
#define RECO_ENGINE_SOURCES_H

#include "reco_engine_scratch.h"


/* Session kNN, over the overlay's sessions and the base's. */
void reco_engine_source_session(
    const reco_engine_model_t *model, reco_engine_scratch_t *scratch);

/* Sequential rules, co-view, co-buy, content. */
void reco_engine_source_neighbors(
    const reco_engine_model_t *model, reco_engine_scratch_t *scratch);

/* Neighbours of the best candidates so far, where those are few. */
void reco_engine_source_backfill(
    const reco_engine_model_t *model, reco_engine_scratch_t *scratch);

/* What the visitor's vector points at. */
void reco_engine_source_factors(
    const reco_engine_model_t *model, reco_engine_scratch_t *scratch);

/* Seen before in the visit. */
void reco_engine_source_return(
    const reco_engine_model_t *model, reco_engine_scratch_t *scratch);

/* The popular ones of the category, the trending, the popular ones. */
void reco_engine_source_lists(
    const reco_engine_model_t *model, reco_engine_scratch_t *scratch);

/*
 * The lists once more, whole, for a block that is still short of n items:
 * calls take with each item until it returns 0.
 */
typedef int (*reco_engine_take_pt)(
    void *data, uint32_t item, reco_engine_source_t source);

void reco_engine_fallback(const reco_engine_model_t *model,
    const reco_engine_visit_t *visit, reco_engine_take_pt take, void *data);

/*
 * The best wanted entries of the item tally, with values divided by the
 * best one's, become the source's list.
 */
void reco_engine_source_gather(const reco_engine_model_t *model,
    reco_engine_scratch_t *scratch, reco_engine_source_t source,
    unsigned wanted);

/* The source's list goes to the pool, which filters. */
void reco_engine_source_name_all(const reco_engine_model_t *model,
    reco_engine_scratch_t *scratch, reco_engine_source_t source);

/*
 * Only about so many of the list's best become candidates by it.  What it says
 * of the others counts where they are candidates by another source: seconded,
 * once all have named theirs.
 */
void reco_engine_source_name_best(const reco_engine_model_t *model,
    reco_engine_scratch_t *scratch, reco_engine_source_t source,
    unsigned wanted);
void reco_engine_source_second(const reco_engine_model_t *model,
    reco_engine_scratch_t *scratch, reco_engine_source_t source);

#endif /* RECO_ENGINE_SOURCES_H */
