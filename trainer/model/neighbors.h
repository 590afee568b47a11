/*
 * Items that occur in the same sessions: co-view, co-cart and co-buy.
 */

#ifndef RECO_NEIGHBORS_H
#define RECO_NEIGHBORS_H

#include "config.h"
#include "history.h"
#include "model/edges.h"
#include "model/weights.h"


/*
 * The score of j for i is
 *
 *     sum over sessions s with both of recency(s) * |s|^-length
 *     ---------------------------------------------------------
 *             n(i)^from * n(j)^to + shrinkage
 *
 * where n sums recency over an item's sessions: from = to = 1/2, length = 0 is
 * the cosine; from = 1, length = 1 is RP3beta (Paudel et al. 2016) with
 * beta = to.  significance > 0 also drops pairs whose log-likelihood ratio
 * (Dunning 1993) is below it; that takes the sum for a count, so length = 0.
 */
typedef struct {
    double from;
    double to;
    double length;
    double shrinkage;
    double significance;
    uint32_t sample;  /* latest sessions of an item that are looked at */
    uint32_t longest; /* only the last so many items of a session */
    uint32_t limit;   /* neighbours of an item */
} reco_neighbors_params_t;

/* kind: "view" or "buy", the prefix of the keys. */
void reco_neighbors_params_read(reco_neighbors_params_t *params,
    const reco_config_t *config, const char *kind);

/* A set of types of events. */
#define RECO_NEIGHBORS_TYPE(type) (UINT32_C(1) << (type))
#define RECO_NEIGHBORS_TYPES_ALL  UINT32_MAX

/* types: of the events that are looked at, as far as they count at all.
   RECO_NOMEM. */
reco_status_t reco_neighbors_build(reco_edges_t *edges,
    const reco_neighbors_params_t *params, const reco_history_t *history,
    const reco_weights_t *weights, uint32_t types, unsigned threads,
    reco_error_t *error);

/*
 * Twice the log-likelihood ratio of the table that both, first, second of all
 * make: how far from independent.
 */
double reco_log_likelihood_ratio(
    double both, double first, double second, double all);

#endif /* RECO_NEIGHBORS_H */
