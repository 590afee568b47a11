/*
 * What everybody likes, and what more do than before.
 */

#ifndef RECO_POPULAR_H
#define RECO_POPULAR_H

#include "history.h"
#include "model/weights.h"


typedef struct {
    double halflife; /* of popularity, seconds; 0: counts never fade */
    double trend;    /* of the velocity, seconds */
} reco_popular_params_t;

void reco_popular_params_read(
    reco_popular_params_t *params, const reco_config_t *config);

/*
 * popularity: decayed weight of each item's events.  velocity: how far the
 * recent rate exceeds the item's share of everything, in standard deviations
 * of a Poisson count, 0 where it does not.  Both nitems long, for the caller to
 * free.  RECO_NOMEM.
 */
reco_status_t reco_popular_build(float **popularity, float **velocity,
    const reco_popular_params_t *params, const reco_history_t *history,
    const reco_weights_t *weights, reco_error_t *error);

#endif /* RECO_POPULAR_H */
