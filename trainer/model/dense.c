#include "model/dense.h"

#include <math.h>

#define TILE 4 /* rows */

/* One kernel for each kind of processor, chosen when the program loads. */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)            \
    && !defined(__SANITIZE_ADDRESS__)
#define BY_PROCESSOR __attribute__((target_clones("avx512f", "fma", "default")))
#else
#define BY_PROCESSOR
#endif

/* Lanes are passed between functions of this file only, all inlined. */
#pragma GCC diagnostic ignored "-Wpsabi"

typedef float lanes_t __attribute__((
    vector_size(RECO_DENSE_LANES * sizeof(float)), aligned(4), may_alias));


static inline __attribute__((always_inline)) lanes_t
load(const float *from)
{
    return *(const lanes_t *) from;
}


static inline __attribute__((always_inline)) void
store(float *to, lanes_t lanes)
{
    *(lanes_t *) to = lanes;
}


static inline __attribute__((always_inline)) float
sum(lanes_t lanes)
{
    float total;
    int i;

    total = 0;
    for (i = 0; i < RECO_DENSE_LANES; i++) {
        total += lanes[i];
    }

    return total;
}


BY_PROCESSOR
float
reco_dense_dot(const float *a, const float *b, size_t stride)
{
    lanes_t total;
    size_t i;

    total = load(a) * load(b);
    for (i = RECO_DENSE_LANES; i < stride; i += RECO_DENSE_LANES) {
        total += load(a + i) * load(b + i);
    }

    return sum(total);
}


BY_PROCESSOR
void
reco_dense_add(float *y, float scale, const float *x, size_t stride)
{
    size_t i;

    for (i = 0; i < stride; i += RECO_DENSE_LANES) {
        store(y + i, load(y + i) + scale * load(x + i));
    }
}


BY_PROCESSOR
void
reco_dense_mix(float *y, float scale, const float *x, size_t stride)
{
    size_t i;

    for (i = 0; i < stride; i += RECO_DENSE_LANES) {
        store(y + i, load(x + i) + scale * load(y + i));
    }
}


/* Column strips of 64 floats, so that the sums stay in registers; a symmetric
   matrix's rows are its columns. */
BY_PROCESSOR
void
reco_dense_multiply(
    float *out, const float *matrix, const float *v, size_t stride)
{
    lanes_t s0, s1, s2, s3;
    const float *from;
    size_t i, j;

    for (j = 0; j + 4 * RECO_DENSE_LANES <= stride; j += 4 * RECO_DENSE_LANES) {
        s0 = load(out + j);
        s1 = load(out + j + RECO_DENSE_LANES);
        s2 = load(out + j + 2 * RECO_DENSE_LANES);
        s3 = load(out + j + 3 * RECO_DENSE_LANES);
        for (i = 0, from = matrix + j; i < stride; i++, from += stride) {
            s0 += v[i] * load(from);
            s1 += v[i] * load(from + RECO_DENSE_LANES);
            s2 += v[i] * load(from + 2 * RECO_DENSE_LANES);
            s3 += v[i] * load(from + 3 * RECO_DENSE_LANES);
        }
        store(out + j, s0);
        store(out + j + RECO_DENSE_LANES, s1);
        store(out + j + 2 * RECO_DENSE_LANES, s2);
        store(out + j + 3 * RECO_DENSE_LANES, s3);
    }

    for (; j < stride; j += RECO_DENSE_LANES) {
        s0 = load(out + j);
        for (i = 0, from = matrix + j; i < stride; i++, from += stride) {
            s0 += v[i] * load(from);
        }
        store(out + j, s0);
    }
}


/* to, a tile of rows i .. i + 3 and columns j .. j + 15, gains
   sign * panel^T panel. */
static inline __attribute__((always_inline)) void
add_tile(float *to, const float *panel, size_t rows, size_t stride, size_t i,
    size_t j, float sign)
{
    lanes_t y, a0, a1, a2, a3;
    const float *from;
    size_t k;

    a0 = load(to);
    a1 = load(to + stride);
    a2 = load(to + 2 * stride);
    a3 = load(to + 3 * stride);

    for (k = 0, from = panel; k < rows; k++, from += stride) {
        y = sign * load(from + j);
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


BY_PROCESSOR
void
reco_dense_gram(float *matrix, const float *panel, size_t rows, size_t stride)
{
    size_t i, j;

    for (j = 0; j < stride; j += RECO_DENSE_LANES) {
        for (i = 0; i < j + RECO_DENSE_LANES; i += TILE) {
            add_tile(matrix + i * stride + j, panel, rows, stride, i, j, 1);
        }
    }
}


/* Rows first .. first + 3 of the factor, from the first column of their tile;
   rows above are done. */
static inline __attribute__((always_inline)) int
factor_rows(float *matrix, size_t first, size_t stride)
{
    float *row, *above;
    size_t r, s, j, begin;
    float scale;

    begin = first / RECO_DENSE_LANES * RECO_DENSE_LANES;

    for (r = first; r < first + TILE; r++) {
        row = matrix + r * stride;
        for (s = first; s < r; s++) {
            above = matrix + s * stride;
            scale = above[r];
            for (j = begin; j < stride; j += RECO_DENSE_LANES) {
                store(row + j, load(row + j) - scale * load(above + j));
            }
        }

        if (!(row[r] > 0)) {
            return 0;
        }
        scale = 1 / sqrtf(row[r]);
        for (j = begin; j < stride; j += RECO_DENSE_LANES) {
            store(row + j, scale * load(row + j));
        }
    }

    return 1;
}


BY_PROCESSOR
int
reco_dense_solve(float *matrix, float *right, size_t stride)
{
    size_t i, j;
    float scale;

    /* matrix = U^T U, four rows of U at a time. */
    for (i = 0; i < stride; i += TILE) {
        for (j = i / RECO_DENSE_LANES * RECO_DENSE_LANES; j < stride;
             j += RECO_DENSE_LANES)
        {
            add_tile(matrix + i * stride + j, matrix, i, stride, i, j, -1);
        }
        if (!factor_rows(matrix, i, stride)) {
            return 0;
        }
    }

    /* Below the diagonal there is still the matrix: strips start behind it. */
    for (i = 0; i < stride; i++) {
        scale = right[i] /= matrix[i * stride + i];
        for (j = i + 1; j < stride && j % RECO_DENSE_LANES != 0; j++) {
            right[j] -= scale * matrix[i * stride + j];
        }
        for (; j < stride; j += RECO_DENSE_LANES) {
            store(right + j,
                load(right + j) - scale * load(matrix + i * stride + j));
        }
    }

    for (i = stride; i-- > 0;) {
        lanes_t total = {0};

        scale = right[i];
        for (j = i + 1; j < stride && j % RECO_DENSE_LANES != 0; j++) {
            scale -= right[j] * matrix[i * stride + j];
        }
        for (; j < stride; j += RECO_DENSE_LANES) {
            total += load(right + j) * load(matrix + i * stride + j);
        }
        right[i] = (scale - sum(total)) / matrix[i * stride + i];
    }

    return 1;
}
