#include "model/ridge.h"

#include "model/dense.h"
#include "parallel.h"

#include <stdlib.h>
#include <string.h>

#define STEPS 12 /* of conjugate gradients */
#define GRAIN 256


/* Vectors of a row or column are padded to stride. */
struct reco_ridge_s {
    const reco_ridge_rows_t *rows;
    const float *const *targets;
    const float *weights;
    double penalty;
    reco_ridge_rows_t columns; /* the same by columns */
    uint32_t dimensions;
    size_t stride;
    unsigned threads;
    float *mean;
    float *fitted;   /* of each row */
    float *solution; /* of each column, as are the next three */
    float *residual;
    float *direction;
    float *product;
    double *before; /* of each dimension */
    double *after;
    double *rates;
};

typedef struct {
    reco_ridge_t *ridge;
    const float *from; /* of each column; NULL: 0 */
} pass_t;


static reco_status_t
transpose(const reco_ridge_rows_t *rows, reco_ridge_rows_t *out)
{
    uint64_t i, n, *cursors;
    uint32_t row, column;

    n = rows->offsets[rows->nrows];
    out->nrows = rows->ncolumns;
    out->ncolumns = rows->nrows;
    out->offsets = calloc((size_t) out->nrows + 2, sizeof(uint64_t));
    out->columns = malloc((n + 1) * sizeof(uint32_t));
    out->values = malloc((n + 1) * sizeof(float));
    if (out->offsets == NULL || out->columns == NULL || out->values == NULL) {
        return RECO_NOMEM;
    }

    cursors = out->offsets + 1;
    for (i = 0; i < n; i++) {
        cursors[rows->columns[i] + 1]++;
    }
    for (column = 0; column < out->nrows; column++) {
        cursors[column + 1] += cursors[column];
    }

    for (row = 0; row < rows->nrows; row++) {
        for (i = rows->offsets[row]; i < rows->offsets[row + 1]; i++) {
            column = rows->columns[i];
            out->columns[cursors[column]] = row;
            out->values[cursors[column]++] = rows->values[i];
        }
    }

    return RECO_OK;
}


static reco_status_t
allocate(reco_ridge_t *ridge)
{
    size_t size;

    size = ((size_t) ridge->rows->ncolumns + 1) * ridge->stride;
    ridge->mean = calloc(ridge->stride, sizeof(float));
    ridge->fitted = calloc(
        ((size_t) ridge->rows->nrows + 1) * ridge->stride, sizeof(float));
    ridge->solution = calloc(size, sizeof(float));
    ridge->residual = calloc(size, sizeof(float));
    ridge->direction = calloc(size, sizeof(float));
    ridge->product = calloc(size, sizeof(float));
    ridge->before = calloc(ridge->stride, sizeof(double));
    ridge->after = calloc(ridge->stride, sizeof(double));
    ridge->rates = calloc(ridge->stride, sizeof(double));

    return ridge->mean != NULL && ridge->fitted != NULL
                   && ridge->solution != NULL && ridge->residual != NULL
                   && ridge->direction != NULL && ridge->product != NULL
                   && ridge->before != NULL && ridge->after != NULL
                   && ridge->rates != NULL
               ? transpose(ridge->rows, &ridge->columns)
               : RECO_NOMEM;
}


reco_status_t
reco_ridge_create(const reco_ridge_rows_t *rows, const float *const *targets,
    uint32_t dimensions, unsigned threads, reco_ridge_t **ridge)
{
    reco_ridge_t *created;

    created = calloc(1, sizeof(*created));
    if (created == NULL) {
        return RECO_NOMEM;
    }

    created->rows = rows;
    created->targets = targets;
    created->dimensions = dimensions;
    created->stride = reco_dense_stride(dimensions);
    created->threads = threads;

    if (allocate(created) != RECO_OK) {
        reco_ridge_destroy(created);
        return RECO_NOMEM;
    }

    *ridge = created;

    return RECO_OK;
}


void
reco_ridge_destroy(reco_ridge_t *ridge)
{
    if (ridge == NULL) {
        return;
    }

    free(ridge->columns.offsets);
    free(ridge->columns.columns);
    free(ridge->columns.values);
    free(ridge->mean);
    free(ridge->fitted);
    free(ridge->solution);
    free(ridge->residual);
    free(ridge->direction);
    free(ridge->product);
    free(ridge->before);
    free(ridge->after);
    free(ridge->rates);
    free(ridge);
}


/* out += scale * the sum of the row's values times vectors of its columns. */
static void
add_row(const reco_ridge_rows_t *rows, uint64_t row, float scale,
    const float *vectors, size_t stride, float *out)
{
    uint64_t i;

    for (i = rows->offsets[row]; i < rows->offsets[row + 1]; i++) {
        reco_dense_add(out, scale * rows->values[i],
            vectors + rows->columns[i] * stride, stride);
    }
}


/* fitted = weights X from */
static void
fit_rows(void *context, unsigned thread, uint64_t begin, uint64_t end)
{
    const pass_t *pass = context;
    reco_ridge_t *ridge = pass->ridge;
    float *out;
    uint64_t row;

    (void) thread;

    for (row = begin; row < end; row++) {
        out = ridge->fitted + row * ridge->stride;
        memset(out, 0, ridge->stride * sizeof(float));
        if (ridge->weights[row] > 0) {
            add_row(ridge->rows, row, ridge->weights[row], pass->from,
                ridge->stride, out);
        }
    }
}


/* product = X^T fitted + penalty * from */
static void
gather_columns(void *context, unsigned thread, uint64_t begin, uint64_t end)
{
    const pass_t *pass = context;
    reco_ridge_t *ridge = pass->ridge;
    float *out;
    uint64_t column;

    (void) thread;

    for (column = begin; column < end; column++) {
        out = ridge->product + column * ridge->stride;
        memset(out, 0, ridge->stride * sizeof(float));
        add_row(&ridge->columns, column, 1, ridge->fitted, ridge->stride, out);
        if (pass->from != NULL) {
            reco_dense_add(out, (float) ridge->penalty,
                pass->from + column * ridge->stride, ridge->stride);
        }
    }
}


static void
multiply(reco_ridge_t *ridge, const float *from)
{
    pass_t pass = {ridge, from};

    reco_parallel(ridge->threads, ridge->rows->nrows, GRAIN, fit_rows, &pass);
    reco_parallel(
        ridge->threads, ridge->rows->ncolumns, GRAIN, gather_columns, &pass);
}


static void
find_mean(reco_ridge_t *ridge)
{
    uint32_t row, d;
    double total;

    total = 0;
    memset(ridge->mean, 0, ridge->stride * sizeof(float));

    for (row = 0; row < ridge->rows->nrows; row++) {
        total += (double) ridge->weights[row];
        for (d = 0; d < ridge->dimensions; d++) {
            ridge->mean[d] += ridge->weights[row] * ridge->targets[row][d];
        }
    }

    for (d = 0; total > 0 && d < ridge->dimensions; d++) {
        ridge->mean[d] = (float) (ridge->mean[d] / total);
    }
}


/* residual = X^T weights (targets - mean) - (X^T weights X + penalty) solution
 */
static void
find_residual(reco_ridge_t *ridge)
{
    pass_t pass = {ridge, NULL};
    size_t size, i;
    uint32_t row, d;
    float *out;

    size = (size_t) ridge->rows->ncolumns * ridge->stride;
    multiply(ridge, ridge->solution);
    memcpy(ridge->residual, ridge->product, size * sizeof(float));

    for (row = 0; row < ridge->rows->nrows; row++) {
        out = ridge->fitted + row * ridge->stride;
        for (d = 0; d < ridge->dimensions; d++) {
            out[d] =
                ridge->weights[row] * (ridge->targets[row][d] - ridge->mean[d]);
        }
    }

    reco_parallel(
        ridge->threads, ridge->rows->ncolumns, GRAIN, gather_columns, &pass);
    for (i = 0; i < size; i++) {
        ridge->residual[i] = ridge->product[i] - ridge->residual[i];
    }
}


/* sums[d] = the sum over columns of a b, of dimension d. */
static void
products(
    const reco_ridge_t *ridge, const float *a, const float *b, double *sums)
{
    uint32_t column, d;

    memset(sums, 0, ridge->stride * sizeof(sums[0]));
    for (column = 0; column < ridge->rows->ncolumns; column++) {
        for (d = 0; d < ridge->dimensions; d++) {
            sums[d] += (double) a[d] * (double) b[d];
        }
        a += ridge->stride;
        b += ridge->stride;
    }
}


/* y += sign * scales[d] * x */
static void
add_scaled(const reco_ridge_t *ridge, float *y, float sign,
    const double *scales, const float *x)
{
    uint32_t column, d;

    for (column = 0; column < ridge->rows->ncolumns; column++) {
        for (d = 0; d < ridge->dimensions; d++) {
            y[d] += sign * (float) scales[d] * x[d];
        }
        x += ridge->stride;
        y += ridge->stride;
    }
}


/* y = x + scales[d] * y */
static void
turn(const reco_ridge_t *ridge, float *y, const double *scales, const float *x)
{
    uint32_t column, d;

    for (column = 0; column < ridge->rows->ncolumns; column++) {
        for (d = 0; d < ridge->dimensions; d++) {
            y[d] = x[d] + (float) scales[d] * y[d];
        }
        x += ridge->stride;
        y += ridge->stride;
    }
}


/* One step in each dimension; those are independent of each other. */
static void
step(reco_ridge_t *ridge)
{
    uint32_t d;

    multiply(ridge, ridge->direction);
    products(ridge, ridge->direction, ridge->product, ridge->rates);
    for (d = 0; d < ridge->dimensions; d++) {
        ridge->rates[d] =
            ridge->rates[d] > 0 ? ridge->before[d] / ridge->rates[d] : 0;
    }
    add_scaled(ridge, ridge->solution, 1, ridge->rates, ridge->direction);
    add_scaled(ridge, ridge->residual, -1, ridge->rates, ridge->product);

    products(ridge, ridge->residual, ridge->residual, ridge->after);
    for (d = 0; d < ridge->dimensions; d++) {
        ridge->rates[d] =
            ridge->before[d] > 0 ? ridge->after[d] / ridge->before[d] : 0;
        ridge->before[d] = ridge->after[d];
    }
    turn(ridge, ridge->direction, ridge->rates, ridge->residual);
}


void
reco_ridge_solve(reco_ridge_t *ridge, const float *weights, double penalty)
{
    unsigned i;

    ridge->weights = weights;
    ridge->penalty = penalty;
    find_mean(ridge);
    find_residual(ridge);
    memcpy(ridge->direction, ridge->residual,
        (size_t) ridge->rows->ncolumns * ridge->stride * sizeof(float));
    products(ridge, ridge->residual, ridge->residual, ridge->before);

    for (i = 0; i < STEPS; i++) {
        step(ridge);
    }
}


void
reco_ridge_predict(const reco_ridge_t *ridge, uint32_t row, float *prediction)
{
    const float *column;
    uint64_t i;
    uint32_t d;

    memcpy(prediction, ridge->mean, ridge->dimensions * sizeof(float));
    for (i = ridge->rows->offsets[row]; i < ridge->rows->offsets[row + 1]; i++)
    {
        column = reco_ridge_column(ridge, ridge->rows->columns[i]);
        for (d = 0; d < ridge->dimensions; d++) {
            prediction[d] += ridge->rows->values[i] * column[d];
        }
    }
}


const float *
reco_ridge_mean(const reco_ridge_t *ridge)
{
    return ridge->mean;
}


const float *
reco_ridge_column(const reco_ridge_t *ridge, uint32_t column)
{
    return ridge->solution + column * ridge->stride;
}
