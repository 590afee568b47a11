/*
 * What recoctl eval prints: one JSON object, or a table to read.
 */

#ifndef RECO_EVAL_PRINT_H
#define RECO_EVAL_PRINT_H

#include "experiment.h"


#define RECO_EVAL_MODELS_MAX 16

typedef struct {
    const reco_experiment_t *experiment;
    const reco_trial_t *trial;
    unsigned nmodels;
    const char *const *models; /* the first is compared with the others */
    const reco_evaluation_t *evaluations;
    unsigned resamples; /* of the intervals of a comparison */
    uint64_t seed;
} reco_eval_print_t;

/* To standard output.  RECO_NOMEM. */
reco_status_t reco_eval_print_json(const reco_eval_print_t *print);
reco_status_t reco_eval_print_text(const reco_eval_print_t *print);

#endif /* RECO_EVAL_PRINT_H */
