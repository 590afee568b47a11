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

/*
 * A visit of few items and no profile, in a catalogue that is not small.  What
 * is near to its vector is near to one of them, and is taken from their lists
 * or, where others name few, searched for.  As a search finds more, to be found
 * does not count as agreement here: scores would hang on which of both it was.
 */
int reco_engine_factors_short(
    const reco_engine_model_t *model, const reco_engine_visit_t *visit);

/* Is the query one whose visit is short, and of which others name enough? */
int reco_engine_factors_near_suffices(
    const reco_engine_model_t *model, const reco_engine_scratch_t *scratch);

/*
 * In place of a search, where that suffices: writes the keys of what is near to
 * the visit's items to scratch->found, products left at 0.  Returns how many;
 * 0: the index is to be searched.
 */
unsigned reco_engine_factors_near(
    const reco_engine_model_t *model, reco_engine_scratch_t *scratch);

#endif /* RECO_ENGINE_FACTORS_H */
