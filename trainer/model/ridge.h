/*
 * Ridge regression (Hoerl and Kennard 1970) of many targets at once on sparse
 * rows, by conjugate gradients.
 */

#ifndef RECO_RIDGE_H
#define RECO_RIDGE_H

#include "reco.h"


/* Row r is [offsets[r], offsets[r + 1]). */
typedef struct {
    uint32_t nrows;
    uint32_t ncolumns;
    uint64_t *offsets; /* nrows + 1 */
    uint32_t *columns; /* below ncolumns */
    float *values;
} reco_ridge_rows_t;

typedef struct reco_ridge_s reco_ridge_t;

/*
 * targets: dimensions floats for each row, of which targets[r] is the first.
 * rows and targets outlive it.  RECO_NOMEM.
 */
reco_status_t reco_ridge_create(const reco_ridge_rows_t *rows,
    const float *const *targets, uint32_t dimensions, unsigned threads,
    reco_ridge_t **ridge);
void reco_ridge_destroy(reco_ridge_t *ridge);

/*
 * Minimises, in a few steps from where it stands, the sum over rows of weight
 * times the squared distance of target and mean + solution^T row, plus penalty
 * times the solution's squares; mean is the weighted mean of the targets.  A
 * weight of 0 leaves a row out.  The same whatever the threads.
 */
void reco_ridge_solve(
    reco_ridge_t *ridge, const float *weights, double penalty);

/* What it says of a row, dimensions floats. */
void reco_ridge_predict(
    const reco_ridge_t *ridge, uint32_t row, float *prediction);

const float *reco_ridge_mean(const reco_ridge_t *ridge);

/* dimensions floats. */
const float *reco_ridge_column(const reco_ridge_t *ridge, uint32_t column);

#endif /* RECO_RIDGE_H */
