/*
 * What recoctl eval prints: one JSON object, or a table to read.
 */

#ifndef RECO_EVAL_PRINT_H
#define RECO_EVAL_PRINT_H

#include "experiment.h"


typedef struct {
    const reco_experiment_t *experiment;
    const reco_trial_t *trial;
    const char *model;
    const reco_evaluation_t *evaluation;
    const char *compare; /* NULL: no other model */
    const reco_evaluation_t *other;
    unsigned resamples; /* of the intervals of a comparison */
    uint64_t seed;
} reco_eval_print_t;

/* To standard output.  RECO_NOMEM. */
reco_status_t reco_eval_print_json(const reco_eval_print_t *print);
reco_status_t reco_eval_print_text(const reco_eval_print_t *print);

#endif /* RECO_EVAL_PRINT_H */
