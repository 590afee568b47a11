/*
 * Quality of a model over the cases of a protocol: the engine's own lists, the
 * metrics of each case, means, and paired bootstrap intervals.
 */

#ifndef RECO_EVALUATE_H
#define RECO_EVALUATE_H

#include "engine/reco_engine.h"
#include "protocol.h"
#include "reco.h"


#define RECO_CUTOFFS_MAX 8
#define RECO_METRICS_MAX (6 * RECO_CUTOFFS_MAX)

typedef struct {
    uint32_t sources; /* reco_engine_query_t.sources */
    unsigned ncutoffs;
    unsigned cutoffs[RECO_CUTOFFS_MAX]; /* 1 .. RECO_ENGINE_RESULT_MAX */
} reco_evaluate_options_t;

typedef struct {
    uint64_t ncases;
    unsigned nmetrics;
    char names[RECO_METRICS_MAX][24]; /* "MRR@20", ... */
    float *values;                    /* ncases * nmetrics, NAN-free */
    double means[RECO_METRICS_MAX];
    unsigned ncutoffs;
    unsigned cutoffs[RECO_CUTOFFS_MAX];
    double coverage[RECO_CUTOFFS_MAX];
    double p50, p90, p99; /* microseconds of a query */
} reco_evaluation_t;

/*
 * Asks the model every case; keys: of the items that cases number.
 * RECO_NOMEM.
 */
reco_status_t reco_evaluate(reco_evaluation_t *evaluation,
    const reco_engine_model_t *model, uint32_t nitems,
    const reco_cases_t *cases, const uint64_t *keys,
    const reco_evaluate_options_t *options, reco_error_t *error);
void reco_evaluation_done(reco_evaluation_t *evaluation);

/* The metric's place in evaluation->names, or -1. */
int reco_evaluation_metric(
    const reco_evaluation_t *evaluation, const char *name);


typedef struct {
    double difference;
    double low; /* of the 95 % interval */
    double high;
} reco_interval_t;

/*
 * The mean of one metric (other NULL), or of its difference from other's on the
 * same cases, with the percentile interval of a bootstrap that draws whole
 * groups: cases of one session are not independent.  RECO_NOMEM.
 */
reco_status_t reco_evaluation_bootstrap(reco_interval_t *interval,
    const reco_evaluation_t *evaluation, const reco_evaluation_t *other,
    const reco_cases_t *cases, unsigned metric, unsigned resamples,
    uint64_t seed, reco_error_t *error);

#endif /* RECO_EVALUATE_H */
