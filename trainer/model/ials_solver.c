#include "model/ials_solver.h"

#include "model/dense.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PANEL_ROWS 64 /* vectors gathered at a time: they stay in the cache */


struct reco_ials_state_s {
    size_t stride;
    float *panel;  /* PANEL_ROWS * stride */
    float *matrix; /* stride * stride; the row-major upper triangle */
    float *right;  /* stride; the others too */
    float *residual;
    float *direction;
    float *product;
    float *scores; /* <x, y> of the row's columns; grows */
    size_t nscores;
};


void ssyrk_(const char *uplo, const char *trans, const int *n, const int *k,
    const float *alpha, const float *a, const int *lda, const float *beta,
    float *c, const int *ldc);


reco_ials_state_t *
reco_ials_state_create(const reco_ials_params_t *params)
{
    reco_ials_state_t *state;
    size_t stride, n;
    float *memory;

    stride = reco_dense_stride(params->dimensions);
    n = PANEL_ROWS * stride + stride * stride + 4 * stride;

    state = calloc(1, sizeof(*state));
    memory = calloc(n, sizeof(float));
    if (state == NULL || memory == NULL) {
        free(state);
        free(memory);
        return NULL;
    }

    state->stride = stride;
    state->panel = memory;
    state->matrix = state->panel + PANEL_ROWS * stride;
    state->right = state->matrix + stride * stride;
    state->residual = state->right + stride;
    state->direction = state->residual + stride;
    state->product = state->direction + stride;

    return state;
}


void
reco_ials_state_destroy(reco_ials_state_t *state)
{
    if (state != NULL) {
        free(state->panel);
        free(state->scores);
        free(state);
    }
}


void
reco_ials_gram(reco_ials_problem_t *problem, uint32_t n)
{
    int stride, count;
    float zero;
    size_t size, row, column;

    size = reco_dense_stride(problem->params->dimensions);
    stride = (int) size;
    count = (int) n;
    zero = 0;

    /* One thread: see dense.h. */
    ssyrk_("U", "N", &stride, &count, &problem->unobserved, problem->other,
        &stride, &zero, problem->gram, &stride);

    for (column = 0; column < size; column++) {
        for (row = 0; row < column; row++) {
            problem->gram[row * size + column] =
                problem->gram[column * size + row];
        }
    }
}


/* Gathers sqrt(w) y of columns, and adds (unobserved + w) y to right. */
static void
gather(reco_ials_state_t *state, const reco_ials_problem_t *problem,
    const reco_ials_row_t *row, uint32_t begin, uint32_t end)
{
    float weight, *to;
    const float *y;
    uint32_t k;

    to = state->panel;
    memset(to, 0, (end - begin) * state->stride * sizeof(float));

    for (k = begin; k < end; k++, to += state->stride) {
        y = problem->other + row->columns[k] * state->stride;
        weight = problem->alpha * row->values[k];
        reco_dense_add(to, sqrtf(weight), y, state->stride);
        reco_dense_add(
            state->right, weight + problem->unobserved, y, state->stride);
    }
}


static void
solve_cholesky(reco_ials_state_t *state, const reco_ials_problem_t *problem,
    const reco_ials_row_t *row, float *x)
{
    uint32_t begin, end;
    size_t i;

    memcpy(state->matrix, problem->gram,
        state->stride * state->stride * sizeof(float));
    memset(state->right, 0, state->stride * sizeof(float));

    for (begin = 0; begin < row->count; begin = end) {
        end = row->count - begin > PANEL_ROWS ? begin + PANEL_ROWS : row->count;
        gather(state, problem, row, begin, end);
        reco_dense_gram(
            state->matrix, state->panel, end - begin, state->stride);
    }

    for (i = 0; i < state->stride; i++) {
        state->matrix[i * state->stride + i] +=
            i < problem->params->dimensions ? row->ridge : 1;
    }

    if (reco_dense_solve(state->matrix, state->right, state->stride)) {
        memcpy(x, state->right, state->stride * sizeof(float));
    }
}


/* out = (gram + ridge + sum w y y^T) v */
static void
multiply(float *out, const float *v, const reco_ials_problem_t *problem,
    const reco_ials_row_t *row, size_t stride)
{
    const float *y;
    uint32_t k;

    memset(out, 0, stride * sizeof(float));
    reco_dense_add(out, row->ridge, v, stride);
    reco_dense_multiply(out, problem->gram, v, stride);

    for (k = 0; k < row->count; k++) {
        y = problem->other + row->columns[k] * stride;
        reco_dense_add(out,
            problem->alpha * row->values[k] * reco_dense_dot(y, v, stride), y,
            stride);
    }
}


static void
solve_cg(reco_ials_state_t *state, const reco_ials_problem_t *problem,
    const reco_ials_row_t *row, float *x)
{
    float before, after, rate;
    size_t stride;
    uint32_t step, k;

    stride = state->stride;

    memset(state->residual, 0, stride * sizeof(float));
    for (k = 0; k < row->count; k++) {
        reco_dense_add(state->residual,
            problem->alpha * row->values[k] + problem->unobserved,
            problem->other + row->columns[k] * stride, stride);
    }
    multiply(state->product, x, problem, row, stride);
    reco_dense_add(state->residual, -1, state->product, stride);
    memcpy(state->direction, state->residual, stride * sizeof(float));
    before = reco_dense_dot(state->residual, state->residual, stride);

    for (step = 0; step < problem->params->steps && before > 1e-20F; step++) {
        multiply(state->product, state->direction, problem, row, stride);
        rate =
            before / reco_dense_dot(state->direction, state->product, stride);
        reco_dense_add(x, rate, state->direction, stride);
        reco_dense_add(state->residual, -rate, state->product, stride);
        after = reco_dense_dot(state->residual, state->residual, stride);
        reco_dense_mix(
            state->direction, after / before, state->residual, stride);
        before = after;
    }
}


/* The scores of the row's columns for x as it is.  0: out of memory. */
static int
score_columns(reco_ials_state_t *state, const reco_ials_problem_t *problem,
    const reco_ials_row_t *row, const float *x)
{
    float *grown;
    uint32_t k;

    if (row->count > state->nscores) {
        grown = realloc(state->scores, row->count * sizeof(float));
        if (grown == NULL) {
            return 0;
        }
        state->scores = grown;
        state->nscores = row->count;
    }

    for (k = 0; k < row->count; k++) {
        state->scores[k] = reco_dense_dot(
            problem->other + row->columns[k] * state->stride, x, state->stride);
    }

    return 1;
}


/* Adds the row's columns to the block's matrix and negative gradient. */
static void
add_columns(reco_ials_state_t *state, const reco_ials_problem_t *problem,
    const reco_ials_row_t *row, size_t begin, size_t size)
{
    uint32_t k, count;
    float weight;
    const float *y;
    float *to;

    count = 0;

    for (k = 0; k < row->count; k++) {
        y = problem->other + row->columns[k] * state->stride + begin;
        weight = problem->alpha * row->values[k];
        to = state->panel + count * size;
        memset(to, 0, size * sizeof(float));
        reco_dense_add(to, sqrtf(weight), y, size);
        reco_dense_add(state->right,
            weight * (1 - state->scores[k]) + problem->unobserved, y, size);

        if (++count == PANEL_ROWS || k + 1 == row->count) {
            reco_dense_gram(state->matrix, state->panel, count, size);
            count = 0;
        }
    }
}


/* Newton's step on the dimensions [begin, begin + size): whole lanes. */
static void
solve_dimensions(reco_ials_state_t *state, const reco_ials_problem_t *problem,
    const reco_ials_row_t *row, float *x, size_t begin, size_t size)
{
    const float *gram;
    uint32_t k;
    size_t i;

    for (i = 0; i < size; i++) {
        gram = problem->gram + (begin + i) * state->stride;
        state->right[i] =
            -reco_dense_dot(gram, x, state->stride) - row->ridge * x[begin + i];
        memcpy(state->matrix + i * size, gram + begin, size * sizeof(float));
        state->matrix[i * size + i] +=
            begin + i < problem->params->dimensions ? row->ridge : 1;
    }

    add_columns(state, problem, row, begin, size);
    if (!reco_dense_solve(state->matrix, state->right, size)) {
        return;
    }

    reco_dense_add(x + begin, 1, state->right, size);
    for (k = 0; k < row->count; k++) {
        state->scores[k] += reco_dense_dot(
            problem->other + row->columns[k] * state->stride + begin,
            state->right, size);
    }
}


static void
solve_blocks(reco_ials_state_t *state, const reco_ials_problem_t *problem,
    const reco_ials_row_t *row, float *x)
{
    size_t block, begin, size;

    if (!score_columns(state, problem, row, x)) {
        return;
    }

    block = reco_dense_stride(problem->params->block);
    for (begin = 0; begin < state->stride; begin += size) {
        size = state->stride - begin;
        size = size > block ? block : size;
        solve_dimensions(state, problem, row, x, begin, size);
    }
}


void
reco_ials_solve(reco_ials_state_t *state, const reco_ials_problem_t *problem,
    const reco_ials_row_t *row, float *x)
{
    if (row->count == 0) {
        memset(x, 0, state->stride * sizeof(float));
        return;
    }

    switch (problem->params->solver) {
    case RECO_IALS_CHOLESKY:
        solve_cholesky(state, problem, row, x);
        break;
    case RECO_IALS_CG:
        solve_cg(state, problem, row, x);
        break;
    case RECO_IALS_BLOCK:
        solve_blocks(state, problem, row, x);
        break;
    }
}
