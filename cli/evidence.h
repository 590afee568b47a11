/*
 * What the model holds that ties an item to a visit: neighbours, and sessions
 * of others.
 */

#ifndef RECO_EVIDENCE_H
#define RECO_EVIDENCE_H

#include "live.h"
#include "visit.h"

#include <cjson/cJSON.h>


/* {"item": id, "title": ...}; NULL: out of memory. */
cJSON *reco_evidence_name(const reco_live_t *live, uint32_t item);

/*
 * Adds to root
 *   "neighbors"  the edges that lead from items of the visit to item, with
 *                score, and rank among the edges of that row
 *   "sessions"   how many sessions the visit's items lead to (the latest
 *                session.m of each), how many of these hold item, and a few
 *                of them, those with most of the visit's items first
 * 0: out of memory.
 */
int reco_evidence_add(cJSON *root, const reco_live_t *live,
    const reco_visit_t *visit, uint32_t item);

#endif /* RECO_EVIDENCE_H */
