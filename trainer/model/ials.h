/*
 * Matrix factorisation of implicit feedback by alternating least squares
 * (Hu, Koren, Volinsky 2008), with the regularisation and the weight of what
 * was not observed of Rendle et al. 2022 ("Revisiting the performance of iALS
 * on item recommendation benchmarks") and the block solver iALS++ (Rendle et
 * al. 2021).
 */

#ifndef RECO_IALS_H
#define RECO_IALS_H

#include "config.h"
#include "model/matrix.h"


typedef enum {
    RECO_IALS_CHOLESKY, /* each row exactly */
    RECO_IALS_CG,       /* conjugate gradients from the row as it was */
    RECO_IALS_BLOCK     /* iALS++: blocks of dimensions, one after another */
} reco_ials_solver_t;

/* "cholesky", "cg", "block", NULL. */
extern const char *const reco_ials_solvers[];

/*
 * Minimises, over all users u and items i,
 *
 *     sum (unobserved + alpha r_ui) (p_ui - <x_u, y_i>)^2
 *         + sum regularization (n_u + unobserved * nitems)^exponent |x_u|^2
 *         + the same of items
 *
 * where r is the matrix, p is 1 where it holds a value and 0 elsewhere, and
 * n_u counts the row's values.
 */
typedef struct {
    uint32_t dimensions;
    uint32_t iterations;
    double regularization;
    double exponent;
    double unobserved;
    double unobserved_ratio; /* 0: any; see reco_ials_params_fit() */
    double alpha;
    double deviation; /* of the first vectors' length */
    reco_ials_solver_t solver;
    uint32_t block; /* dimensions of a block */
    uint32_t steps; /* of conjugate gradients */
    uint64_t seed;
    unsigned threads;
} reco_ials_params_t;

void reco_ials_params_read(
    reco_ials_params_t *params, const reco_config_t *config);

/*
 * Lowers unobserved to where all that was not observed weighs no more than
 * unobserved_ratio times what was: where rows are short and items many, as with
 * visits to a large shop, it would drown it.
 */
void reco_ials_params_fit(
    reco_ials_params_t *params, const reco_matrix_t *matrix);

/*
 * Factors of users and items, row-major, for the caller to free; users may be
 * NULL.  The same for a seed, whatever the threads.  RECO_NOMEM.
 */
reco_status_t reco_ials_train(const reco_matrix_t *matrix,
    const reco_ials_params_t *params, float **users, float **items,
    reco_error_t *error);

/*
 * Rewrites item factors in the basis where unobserved * sum of y y^T plus the
 * ridge of a user with count values is the unit matrix.  Then the vector of
 * any user solves (1 + alpha sum w y y^T) x = sum w y, and the products with
 * items are those of the factorisation: what the engine folds in with.  users,
 * nusers rows or NULL, go into that basis too: their products with items stay.
 * RECO_NOMEM.
 */
reco_status_t reco_ials_whiten(float *items, uint32_t nitems, double count,
    const reco_ials_params_t *params, float *users, uint32_t nusers,
    reco_error_t *error);

#endif /* RECO_IALS_H */
