/*
 * Why an item is, or is not, recommended to a visit.
 */

#ifndef RECO_EXPLANATION_H
#define RECO_EXPLANATION_H

#include "live.h"
#include "visit.h"

#include <cjson/cJSON.h>


/*
 * One object, as docs/recoctl.md describes it; NULL: out of memory.  item: a
 * number of the model.  visit->query: as the block is asked for.
 */
cJSON *reco_explanation_create(
    reco_live_t *live, const reco_visit_t *visit, uint32_t item);

/* The same for people, to standard output. */
void reco_explanation_print(const cJSON *explanation);

#endif /* RECO_EXPLANATION_H */
