/*
 * Sparse user by item matrices, by rows.
 */

#ifndef RECO_MATRIX_H
#define RECO_MATRIX_H

#include "history.h"
#include "model/weights.h"


/* Row r is [offsets[r], offsets[r + 1]), columns ascending. */
typedef struct {
    uint32_t nrows;
    uint32_t ncolumns;
    uint64_t *offsets; /* nrows + 1 */
    uint32_t *columns;
    float *values;
} reco_matrix_t;

/*
 * Users by items: the sum of event weights times recency.  RECO_NOMEM.
 */
reco_status_t reco_matrix_build(reco_matrix_t *matrix,
    const reco_history_t *history, const reco_weights_t *weights,
    reco_error_t *error);

/* Columns become rows.  RECO_NOMEM. */
reco_status_t reco_matrix_transpose(
    reco_matrix_t *out, const reco_matrix_t *matrix, reco_error_t *error);

void reco_matrix_done(reco_matrix_t *matrix);

#endif /* RECO_MATRIX_H */
