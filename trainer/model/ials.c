#include "model/ials.h"

#include "model/dense.h"
#include "model/ials_solver.h"
#include "parallel.h"
#include "random.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ROWS_GRAIN 64

void ssyrk_(const char *uplo, const char *trans, const int *n, const int *k,
    const float *alpha, const float *a, const int *lda, const float *beta,
    float *c, const int *ldc);
void spotrf_(
    const char *uplo, const int *n, float *a, const int *lda, int *info);
void strsm_(const char *side, const char *uplo, const char *trans,
    const char *diag, const int *m, const int *n, const float *alpha,
    const float *a, const int *lda, float *b, const int *ldb);
void strmm_(const char *side, const char *uplo, const char *trans,
    const char *diag, const int *m, const int *n, const float *alpha,
    const float *a, const int *lda, float *b, const int *ldb);


/* One half of an iteration: the rows of matrix, given the other side. */
typedef struct {
    const reco_ials_params_t *params;
    const reco_matrix_t *matrix;
    reco_ials_problem_t problem;
    float *factors; /* of the rows, padded */
    size_t stride;
    reco_ials_state_t **states; /* one for each thread */
} half_t;


const char *const reco_ials_solvers[] = {
    [RECO_IALS_CHOLESKY] = "cholesky",
    [RECO_IALS_CG] = "cg",
    [RECO_IALS_BLOCK] = "block",
    NULL,
};


void
reco_ials_params_read(reco_ials_params_t *params, const reco_config_t *config)
{
    params->dimensions =
        (uint32_t) reco_config_integer(config, "ials_dimensions");
    params->iterations =
        (uint32_t) reco_config_integer(config, "ials_iterations");
    params->regularization = reco_config_number(config, "ials_regularization");
    params->exponent = reco_config_number(config, "ials_exponent");
    params->unobserved = reco_config_number(config, "ials_unobserved");
    params->unobserved_ratio =
        reco_config_number(config, "ials_unobserved_ratio");
    params->alpha = reco_config_number(config, "ials_alpha");
    params->deviation = reco_config_number(config, "ials_deviation");
    params->solver =
        (reco_ials_solver_t) reco_config_integer(config, "ials_solver");
    params->block = (uint32_t) reco_config_integer(config, "ials_block");
    params->steps = (uint32_t) reco_config_integer(config, "ials_steps");
    params->seed = (uint64_t) reco_config_integer(config, "seed");
    params->threads =
        reco_parallel_threads(reco_config_integer(config, "threads"));
}


void
reco_ials_params_fit(reco_ials_params_t *params, const reco_matrix_t *matrix)
{
    double observed, cells, most;
    uint64_t i;

    cells = (double) matrix->nrows * matrix->ncolumns;

    if (params->unobserved_ratio == 0 || cells == 0) {
        return;
    }

    observed = 0;

    for (i = 0; i < matrix->offsets[matrix->nrows]; i++) {
        observed += params->alpha * (double) matrix->values[i];
    }

    most = params->unobserved_ratio * observed / cells;
    params->unobserved = params->unobserved < most ? params->unobserved : most;
}


/* Vectors whose expected length is deviation, whatever the dimensions. */
static float *
randomise(uint32_t nrows, const reco_ials_params_t *params, uint64_t stream)
{
    reco_random_t random;
    size_t stride, d;
    double scale;
    uint64_t row;
    float *factors;

    stride = reco_dense_stride(params->dimensions);
    factors = calloc(((size_t) nrows + 1) * stride, sizeof(float));
    if (factors == NULL) {
        return NULL;
    }

    random.state = params->seed * UINT64_C(0xd1342543de82ef95) + stream;
    scale = params->deviation / sqrt(params->dimensions);

    for (row = 0; row < nrows; row++) {
        for (d = 0; d < params->dimensions; d++) {
            factors[row * stride + d] =
                (float) (scale * reco_random_normal(&random));
        }
    }

    return factors;
}


/* Takes the padding out, in place. */
static void
compact(float *factors, uint32_t nrows, const reco_ials_params_t *params)
{
    size_t stride, d;
    uint64_t row;

    stride = reco_dense_stride(params->dimensions);
    d = params->dimensions;

    for (row = 1; stride != d && row < nrows; row++) {
        memmove(factors + row * d, factors + row * stride, d * sizeof(float));
    }
}


/* The regularisation of a row with count of ncolumns values. */
static double
ridge(const reco_ials_params_t *params, double count, uint32_t ncolumns)
{
    return params->regularization
           * pow(count + params->unobserved * ncolumns, params->exponent);
}


static void
solve_rows(void *context, unsigned thread, uint64_t begin, uint64_t end)
{
    half_t *half = context;
    const reco_matrix_t *matrix;
    reco_ials_row_t row;
    uint64_t r;

    matrix = half->matrix;

    for (r = begin; r < end; r++) {
        row.count = (uint32_t) (matrix->offsets[r + 1] - matrix->offsets[r]);
        row.columns = matrix->columns + matrix->offsets[r];
        row.values = matrix->values + matrix->offsets[r];
        row.ridge =
            (float) (half->params->regularization
                     * pow(row.count
                               + half->params->unobserved * matrix->ncolumns,
                         half->params->exponent));
        reco_ials_solve(half->states[thread], &half->problem, &row,
            half->factors + r * half->stride);
    }
}


static void
run_half(half_t *half, const float *other)
{
    half->problem.other = other;
    reco_ials_gram(&half->problem, half->matrix->ncolumns);
    reco_parallel(half->params->threads, half->matrix->nrows, ROWS_GRAIN,
        solve_rows, half);
}


/* What both halves need besides their factors. */
static reco_status_t
prepare(half_t *half, const reco_ials_params_t *params, const half_t *share)
{
    unsigned i;

    half->params = params;
    half->stride = reco_dense_stride(params->dimensions);
    half->problem.params = params;
    half->problem.unobserved = (float) params->unobserved;
    half->problem.alpha = (float) params->alpha;

    if (share != NULL) {
        half->problem.gram = share->problem.gram;
        half->states = share->states;
        return RECO_OK;
    }

    half->problem.gram = malloc(half->stride * half->stride * sizeof(float));
    half->states = calloc(params->threads, sizeof(*half->states));
    if (half->problem.gram == NULL || half->states == NULL) {
        return RECO_NOMEM;
    }

    for (i = 0; i < params->threads; i++) {
        half->states[i] = reco_ials_state_create(params);
        if (half->states[i] == NULL) {
            return RECO_NOMEM;
        }
    }

    return RECO_OK;
}


static void
release(half_t *half)
{
    unsigned i;

    for (i = 0; half->states != NULL && i < half->params->threads; i++) {
        reco_ials_state_destroy(half->states[i]);
    }
    free(half->states);
    free(half->problem.gram);
}


reco_status_t
reco_ials_train(const reco_matrix_t *matrix, const reco_ials_params_t *params,
    float **users, float **items, reco_error_t *error)
{
    half_t by_user = {.matrix = matrix}, by_item = {0};
    reco_matrix_t transposed;
    reco_status_t status;
    uint32_t i;

    status = reco_matrix_transpose(&transposed, matrix, error);
    if (status != RECO_OK) {
        return status;
    }

    by_item.matrix = &transposed;
    by_user.factors = randomise(matrix->nrows, params, 1);
    by_item.factors = randomise(matrix->ncolumns, params, 2);

    status = by_user.factors != NULL && by_item.factors != NULL ? RECO_OK
                                                                : RECO_NOMEM;
    if (prepare(&by_user, params, NULL) != RECO_OK) {
        status = RECO_NOMEM;
    }
    prepare(&by_item, params, &by_user);

    for (i = 0; status == RECO_OK && i < params->iterations; i++) {
        run_half(&by_user, by_item.factors);
        run_half(&by_item, by_user.factors);
    }

    release(&by_user);
    reco_matrix_done(&transposed);

    if (status != RECO_OK) {
        free(by_user.factors);
        free(by_item.factors);
        return reco_error_set(error, status,
            "out of memory for %u factors of %u users and %u items",
            params->dimensions, matrix->nrows, matrix->ncolumns);
    }

    compact(by_item.factors, matrix->ncolumns, params);
    *items = by_item.factors;
    compact(by_user.factors, matrix->nrows, params);
    if (users != NULL) {
        *users = by_user.factors;
    } else {
        free(by_user.factors);
    }

    return RECO_OK;
}


reco_status_t
reco_ials_whiten(float *items, uint32_t nitems, double count,
    const reco_ials_params_t *params, float *users, uint32_t nusers,
    reco_error_t *error)
{
    float unobserved, zero, one, *matrix;
    int d, n, m, info;
    size_t i;

    d = (int) params->dimensions;
    n = (int) nitems;
    m = (int) nusers;
    unobserved = (float) params->unobserved;
    zero = 0;
    one = 1;

    matrix = calloc((size_t) d * (size_t) d, sizeof(float));
    if (matrix == NULL) {
        return reco_error_set(error, RECO_NOMEM, "out of memory");
    }

    ssyrk_("L", "N", &d, &n, &unobserved, items, &d, &zero, matrix, &d);
    for (i = 0; i < (size_t) d; i++) {
        matrix[i * (size_t) d + i] += (float) ridge(params, count, nitems);
    }

    /* matrix = L L^T; a row-major item is a column here. */
    spotrf_("L", &d, matrix, &d, &info);
    if (info == 0) {
        strsm_("L", "L", "N", "N", &d, &n, &one, matrix, &d, items, &d);
        if (users != NULL) {
            strmm_("L", "L", "T", "N", &d, &m, &one, matrix, &d, users, &d);
        }
    }
    free(matrix);

    return info == 0 ? RECO_OK
                     : reco_error_set(error, RECO_INVALID,
                         "the factors' matrix is not positive definite: raise "
                         "ials_regularization");
}
