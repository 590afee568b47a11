/*
 * How session kNN looks at a visit, chosen by asking it a replay: what suits
 * one shop's visits does not suit another's.
 */

#ifndef RECO_KNOBS_H
#define RECO_KNOBS_H

#include "config.h"
#include "protocol.h"
#include "snapshot/reco_snapshot.h"


#define RECO_KNOBS_MAX 16

typedef struct {
    unsigned count;
    const char *settings[RECO_KNOBS_MAX][2]; /* the engine's keys and values */
    uint32_t asked;                          /* cases */
    double usual; /* MRR@20 of session kNN as it was configured */
    double found; /* the same with the settings */
} reco_knobs_t;

/*
 * One key after the other, the value that raises MRR@20 of session kNN alone
 * most is taken where the paired difference is RECO_KNOBS_CLEAR standard
 * errors of the sessions' sums from 0.  Keys that config sets stay as they are;
 * those that make a query dearer (session.m, session.k) are not tried.  keys are
 * those of the cases' items.  The same for the same input.  RECO_NOMEM,
 * RECO_INVALID (config).
 */
#define RECO_KNOBS_CLEAR 2.5

reco_status_t reco_knobs_choose(reco_knobs_t *knobs, const reco_cases_t *cases,
    const uint64_t *keys, reco_snapshot_t *snapshot,
    const reco_config_t *config, reco_error_t *error);

/* Sets the chosen ones. */
reco_status_t reco_knobs_apply(const reco_knobs_t *knobs,
    reco_engine_params_t *params, reco_error_t *error);

#endif /* RECO_KNOBS_H */
