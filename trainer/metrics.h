/*
 * Metrics of one ranked list against the items that were true.
 */

#ifndef RECO_METRICS_H
#define RECO_METRICS_H

#include "protocol.h"


/* list: best first, any length.  truth: the next item first, perhaps with
   repetitions.  cutoff: how much of the list counts. */
typedef struct {
    const uint32_t *list;
    unsigned nlist;
    const uint32_t *truth;
    uint64_t ntruth;
    unsigned cutoff;
} reco_ranking_t;

/* The names of a protocol's metrics without "@K"; NULL past the last. */
const char *reco_metric_name(reco_protocol_t protocol, unsigned metric);

/* Fills one value for each name. */
void reco_metrics(
    reco_protocol_t protocol, const reco_ranking_t *ranking, float *values);

#endif /* RECO_METRICS_H */
