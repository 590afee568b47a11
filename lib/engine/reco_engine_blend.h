/*
 * From candidates to a block.
 */

#ifndef RECO_ENGINE_BLEND_H
#define RECO_ENGINE_BLEND_H

#include "reco_engine_scratch.h"


/* Completes the features of every candidate, and its score. */
void reco_engine_blend(
    const reco_engine_model_t *model, reco_engine_scratch_t *scratch);

/* How many rows of the pool, the best ones, a block of n is chosen from. */
unsigned reco_engine_ranked(const reco_engine_model_t *model, unsigned n);

/*
 * Chooses up to n rows of the pool, best first, by score or by maximal
 * marginal relevance; returns how many.
 */
unsigned reco_engine_diversify(const reco_engine_model_t *model,
    reco_engine_scratch_t *scratch, unsigned n, uint16_t *chosen);

#endif /* RECO_ENGINE_BLEND_H */
