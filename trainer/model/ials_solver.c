#include "model/ials_solver.h"

#include "parallel.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Vectors gathered at a time, to stay in the first-level cache. */
#define PANEL_ROWS  64
#define TILE_ROWS   4
#define GRAM_PIECES 16

/* One kernel for each kind of processor, chosen when the program loads. */
#if defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__) && !defined(__clang__)
#define BY_PROCESSOR                                                           \
    __attribute__((                                                            \
        target_clones("arch=skylake-avx512", "arch=haswell", "default")))
#else
#define BY_PROCESSOR
#endif

/* Vectors are passed between functions of this file only, all inlined. */
#pragma GCC diagnostic ignored "-Wpsabi"

typedef float lanes_t __attribute__((
    vector_size(RECO_IALS_LANES * sizeof(float)), aligned(4), may_alias));


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


void sposv_(const char *uplo, const int *n, const int *nrhs, float *a,
    const int *lda, float *b, const int *ldb, int *info);
void ssyrk_(const char *uplo, const char *trans, const int *n, const int *k,
    const float *alpha, const float *a, const int *lda, const float *beta,
    float *c, const int *ldc);


reco_ials_state_t *
reco_ials_state_create(const reco_ials_params_t *params)
{
    reco_ials_state_t *state;
    size_t stride, n;
    float *memory;

    stride = reco_ials_stride(params->dimensions);
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


typedef struct {
    const float *factors;
    uint64_t n;
    int stride;
    float *pieces; /* GRAM_PIECES * stride * stride */
} gram_t;


static void
gram_piece(void *context, unsigned thread, uint64_t begin, uint64_t end)
{
    const gram_t *gram = context;
    const float one = 1, zero = 0;
    uint64_t piece, from, to;
    size_t stride;
    int count;

    (void) thread;
    stride = (size_t) gram->stride;

    for (piece = begin; piece < end; piece++) {
        from = gram->n * piece / GRAM_PIECES;
        to = gram->n * (piece + 1) / GRAM_PIECES;
        count = (int) (to - from);
        ssyrk_("U", "N", &gram->stride, &count, &one,
            gram->factors + from * stride, &gram->stride, &zero,
            gram->pieces + piece * stride * stride, &gram->stride);
    }
}


reco_status_t
reco_ials_gram(reco_ials_problem_t *problem, uint32_t n, unsigned threads)
{
    gram_t gram = {.factors = problem->other, .n = n};
    size_t stride, row, column, piece;
    float sum;

    stride = reco_ials_stride(problem->params->dimensions);
    gram.stride = (int) stride;
    gram.pieces = malloc(GRAM_PIECES * stride * stride * sizeof(float));
    if (gram.pieces == NULL) {
        return RECO_NOMEM;
    }

    /* The pieces are the same for any number of threads: so is their sum. */
    reco_parallel(threads, GRAM_PIECES, 1, gram_piece, &gram);

    for (column = 0; column < stride; column++) {
        for (row = 0; row <= column; row++) {
            sum = 0;
            for (piece = 0; piece < GRAM_PIECES; piece++) {
                sum += gram.pieces[(piece * stride + column) * stride + row];
            }
            sum *= (float) problem->params->unobserved;
            problem->gram[column * stride + row] = sum;
            problem->gram[row * stride + column] = sum;
        }
    }

    free(gram.pieces);

    return RECO_OK;
}


static inline lanes_t
load(const float *from)
{
    return *(const lanes_t *) from;
}


static inline void
store(float *to, lanes_t lanes)
{
    *(lanes_t *) to = lanes;
}


static inline float
sum_lanes(lanes_t lanes)
{
    float sum;
    int i;

    sum = 0;
    for (i = 0; i < RECO_IALS_LANES; i++) {
        sum += lanes[i];
    }

    return sum;
}


static inline float
dot(const float *a, const float *b, size_t stride)
{
    lanes_t sum;
    size_t i;

    sum = load(a) * load(b);
    for (i = RECO_IALS_LANES; i < stride; i += RECO_IALS_LANES) {
        sum += load(a + i) * load(b + i);
    }

    return sum_lanes(sum);
}


/* y += scale * x */
static inline void
add_scaled(float *y, float scale, const float *x, size_t stride)
{
    size_t i;

    for (i = 0; i < stride; i += RECO_IALS_LANES) {
        store(y + i, load(y + i) + scale * load(x + i));
    }
}


/* matrix += panel^T panel, the tiles on and above the diagonal. */
BY_PROCESSOR
static void
add_panel(float *matrix, const float *panel, size_t rows, size_t stride)
{
    lanes_t y, a0, a1, a2, a3;
    const float *from;
    size_t i, j, k;
    float *to;

    for (j = 0; j < stride; j += RECO_IALS_LANES) {
        for (i = 0; i < j + RECO_IALS_LANES; i += TILE_ROWS) {
            to = matrix + i * stride + j;
            a0 = load(to);
            a1 = load(to + stride);
            a2 = load(to + 2 * stride);
            a3 = load(to + 3 * stride);

            for (k = 0, from = panel; k < rows; k++, from += stride) {
                y = load(from + j);
                a0 += from[i] * y;
                a1 += from[i + 1] * y;
                a2 += from[i + 2] * y;
                a3 += from[i + 3] * y;
            }

            store(to, a0);
            store(to + stride, a1);
            store(to + 2 * stride, a2);
            store(to + 3 * stride, a3);
        }
    }
}


/* Gathers sqrt(w) y of columns, and adds (unobserved + w) y to right. */
BY_PROCESSOR
static void
gather(float *panel, float *right, const reco_ials_problem_t *problem,
    const reco_ials_row_t *row, uint32_t begin, uint32_t end, size_t stride)
{
    float weight, root, all;
    const float *from;
    uint32_t k;
    size_t i;

    for (k = begin; k < end; k++, panel += stride) {
        from = problem->other + row->columns[k] * stride;
        weight = (float) problem->params->alpha * row->values[k];
        root = sqrtf(weight);
        all = weight + (float) problem->params->unobserved;
        for (i = 0; i < stride; i += RECO_IALS_LANES) {
            store(panel + i, root * load(from + i));
            store(right + i, load(right + i) + all * load(from + i));
        }
    }
}


static void
solve_cholesky(reco_ials_state_t *state, const reco_ials_problem_t *problem,
    const reco_ials_row_t *row, float *x)
{
    int n, stride, one, info;
    uint32_t begin, end;
    size_t i;

    memcpy(state->matrix, problem->gram,
        state->stride * state->stride * sizeof(float));
    memset(state->right, 0, state->stride * sizeof(float));

    for (begin = 0; begin < row->count; begin = end) {
        end = row->count - begin > PANEL_ROWS ? begin + PANEL_ROWS : row->count;
        gather(state->panel, state->right, problem, row, begin, end,
            state->stride);
        add_panel(state->matrix, state->panel, end - begin, state->stride);
    }

    n = (int) problem->params->dimensions;
    stride = (int) state->stride;
    one = 1;
    for (i = 0; i < (size_t) n; i++) {
        state->matrix[i * state->stride + i] += row->ridge;
    }

    /* Row-major upper is column-major lower. */
    sposv_("L", &n, &one, state->matrix, &stride, state->right, &stride, &info);
    if (info == 0) {
        memcpy(x, state->right, (size_t) n * sizeof(float));
    }
}


/* out = (gram + ridge + sum w y y^T) v */
static inline void
multiply(float *out, const float *v, const reco_ials_problem_t *problem,
    const reco_ials_row_t *row, size_t stride)
{
    const float *y;
    uint32_t k;
    size_t i;

    for (i = 0; i < stride; i += RECO_IALS_LANES) {
        store(out + i, row->ridge * load(v + i));
    }

    /* The gram is symmetric: its rows are its columns. */
    for (i = 0; i < stride; i++) {
        add_scaled(out, v[i], problem->gram + i * stride, stride);
    }

    for (k = 0; k < row->count; k++) {
        y = problem->other + row->columns[k] * stride;
        add_scaled(out,
            (float) problem->params->alpha * row->values[k] * dot(y, v, stride),
            y, stride);
    }
}


BY_PROCESSOR
static void
solve_cg(reco_ials_state_t *state, const reco_ials_problem_t *problem,
    const reco_ials_row_t *row, float *x)
{
    float before, after, rate, weight;
    size_t stride, i;
    uint32_t step, k;

    stride = state->stride;

    multiply(state->product, x, problem, row, stride);
    memset(state->residual, 0, stride * sizeof(float));
    for (k = 0; k < row->count; k++) {
        weight = (float) (problem->params->alpha * row->values[k]
                          + problem->params->unobserved);
        add_scaled(state->residual, weight,
            problem->other + row->columns[k] * stride, stride);
    }
    add_scaled(state->residual, -1, state->product, stride);
    memcpy(state->direction, state->residual, stride * sizeof(float));
    before = dot(state->residual, state->residual, stride);

    for (step = 0; step < problem->params->steps && before > 1e-20F; step++) {
        multiply(state->product, state->direction, problem, row, stride);
        rate = before / dot(state->direction, state->product, stride);
        add_scaled(x, rate, state->direction, stride);
        add_scaled(state->residual, -rate, state->product, stride);
        after = dot(state->residual, state->residual, stride);
        for (i = 0; i < stride; i += RECO_IALS_LANES) {
            store(state->direction + i,
                load(state->residual + i)
                    + after / before * load(state->direction + i));
        }
        before = after;
    }
}


/* The scores of the row's columns for x as it is. */
BY_PROCESSOR
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
        state->scores[k] = dot(
            problem->other + row->columns[k] * state->stride, x, state->stride);
    }

    return 1;
}


/*
 * Newton's step on the dimensions [begin, begin + size): the matrix of the
 * block into state->matrix, the negative gradient into state->right.
 */
BY_PROCESSOR
static void
block_system(reco_ials_state_t *state, const reco_ials_problem_t *problem,
    const reco_ials_row_t *row, const float *x, size_t begin, size_t size)
{
    const float *gram, *y;
    float weight, slope;
    size_t i, j;
    uint32_t k;

    for (i = 0; i < size; i++) {
        gram = problem->gram + (begin + i) * state->stride;
        state->right[i] =
            -dot(gram, x, state->stride) - row->ridge * x[begin + i];
        memcpy(state->matrix + i * size, gram + begin, size * sizeof(float));
        state->matrix[i * size + i] += row->ridge;
    }

    for (k = 0; k < row->count; k++) {
        y = problem->other + row->columns[k] * state->stride + begin;
        weight = (float) problem->params->alpha * row->values[k];
        slope = weight * (1 - state->scores[k])
                + (float) problem->params->unobserved;
        for (i = 0; i < size; i++) {
            state->right[i] += slope * y[i];
            for (j = i; j < size; j++) {
                state->matrix[i * size + j] += weight * y[i] * y[j];
            }
        }
    }
}


static void
solve_block(reco_ials_state_t *state, const reco_ials_problem_t *problem,
    const reco_ials_row_t *row, float *x)
{
    size_t begin, size, i;
    int n, one, info;
    const float *y;
    uint32_t k;

    if (!score_columns(state, problem, row, x)) {
        return;
    }

    for (begin = 0; begin < problem->params->dimensions; begin += size) {
        size = problem->params->dimensions - begin;
        if (size > problem->params->block) {
            size = problem->params->block;
        }

        block_system(state, problem, row, x, begin, size);
        n = (int) size;
        one = 1;
        sposv_("L", &n, &one, state->matrix, &n, state->right, &n, &info);
        if (info != 0) {
            continue;
        }

        for (i = 0; i < size; i++) {
            x[begin + i] += state->right[i];
        }
        for (k = 0; k < row->count; k++) {
            y = problem->other + row->columns[k] * state->stride + begin;
            for (i = 0; i < size; i++) {
                state->scores[k] += y[i] * state->right[i];
            }
        }
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
        solve_block(state, problem, row, x);
        break;
    }
}
