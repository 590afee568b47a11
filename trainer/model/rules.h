/*
 * Sequential rules: what follows an item in a session, the nearer the better
 * (Ludewig and Jannach 2018, "Evaluation of session-based recommendation
 * algorithms": SR).
 */

#ifndef RECO_RULES_H
#define RECO_RULES_H

#include "model/edges.h"
#include "model/occurrences.h"
#include "model/weights.h"


typedef struct {
    uint32_t window;  /* steps ahead */
    double decay;     /* a step of distance d counts d^-decay */
    double shrinkage; /* added to an item's occurrences */
    uint32_t sample;  /* latest occurrences of an item that are looked at */
    uint32_t limit;   /* rules of an item */
} reco_rules_params_t;

void reco_rules_params_read(
    reco_rules_params_t *params, const reco_config_t *config);

/*
 * Score: the discounted share of an item's occurrences that the other follows.
 * RECO_NOMEM.
 */
reco_status_t reco_rules_build(reco_edges_t *edges,
    const reco_rules_params_t *params, const reco_occurrences_t *occurrences,
    const reco_weights_t *weights, unsigned threads, reco_error_t *error);

#endif /* RECO_RULES_H */
