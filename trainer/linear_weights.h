/*
 * Weights of the blend's features that were learnt elsewhere, as text.  Three
 * forms are told apart:
 *
 *   NAME VALUE       or NAME=VALUE; NAME may be "session", "weight.session" or
 *                    "engine.weight.session"; # begins a comment.  Features
 *                    that are not named keep the weight they have
 *   reco^NAME:HASH:WEIGHT    Vowpal Wabbit's --invert_hash
 *   HASH:WEIGHT              Vowpal Wabbit's --readable_model
 *
 * In Vowpal Wabbit's, a feature that is not there has weight 0, and those of
 * other names (the constant, the place in the block, interactions) are counted
 * and passed over.
 */

#ifndef RECO_LINEAR_WEIGHTS_H
#define RECO_LINEAR_WEIGHTS_H

#include "engine/reco_engine.h"
#include "reco.h"


/* The namespace of features in Vowpal Wabbit's files. */
#define RECO_LINEAR_WEIGHTS_NAMESPACE "reco"

typedef struct {
    int wabbit;                              /* one of Vowpal Wabbit's forms */
    float values[RECO_ENGINE_FEATURES_MAX];  /* by feature */
    uint8_t named[RECO_ENGINE_FEATURES_MAX]; /* it is in the text */
    unsigned nnamed;
    unsigned npassed; /* over */
} reco_linear_weights_t;

/*
 * RECO_INVALID, with error->line: what is no weight; or no feature is named.
 */
reco_status_t reco_linear_weights_read(
    reco_linear_weights_t *weights, reco_str_t text, reco_error_t *error);

#endif /* RECO_LINEAR_WEIGHTS_H */
