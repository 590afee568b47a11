/*
 * The visitor's vector, and the search with it.
 */

#ifndef RECO_ENGINE_FACTORS_H
#define RECO_ENGINE_FACTORS_H

#include "reco_engine_scratch.h"


/* Fills scratch->vector; 0 if nothing that the visitor did has a vector. */
int reco_engine_factors_fold(
    const reco_engine_model_t *model, reco_engine_scratch_t *scratch);

/*
 * Writes the keys of up to wanted items with the largest products to
 * scratch->found, in any order; returns how many.
 */
unsigned reco_engine_factors_search(const reco_engine_model_t *model,
    reco_engine_scratch_t *scratch, unsigned wanted);

#endif /* RECO_ENGINE_FACTORS_H */
