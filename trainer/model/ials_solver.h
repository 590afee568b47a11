/*
 * One row of alternating least squares: the ridge regression of a user's (or
 * an item's) vector on the vectors of what they met.
 */

#ifndef RECO_IALS_SOLVER_H
#define RECO_IALS_SOLVER_H

#include "model/ials.h"


/* What all rows of one half have in common. */
typedef struct {
    const reco_ials_params_t *params;
    float unobserved; /* as in params */
    float alpha;
    const float *other; /* vectors of the other side, a dense.h stride apart */
    float *gram;        /* unobserved * sum of y y^T; symmetric */
} reco_ials_problem_t;

typedef struct {
    uint32_t count;
    const uint32_t *columns;
    const float *values;
    float ridge; /* added to the diagonal */
} reco_ials_row_t;

/* Fills gram from n vectors of the other side. */
void reco_ials_gram(reco_ials_problem_t *problem, uint32_t n);

/* Working memory of one thread; NULL: out of memory. */
typedef struct reco_ials_state_s reco_ials_state_t;

reco_ials_state_t *reco_ials_state_create(const reco_ials_params_t *params);
void reco_ials_state_destroy(reco_ials_state_t *state);

/* x: the row's vector, the start of solvers that iterate. */
void reco_ials_solve(reco_ials_state_t *state,
    const reco_ials_problem_t *problem, const reco_ials_row_t *row, float *x);

#endif /* RECO_IALS_SOLVER_H */
