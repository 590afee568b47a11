/*
 * Kernels on small dense vectors and matrices, for many threads at once: the
 * serial OpenBLAS that Debian ships is not reentrant, and at these sizes calls
 * into it cost more than the work.
 *
 * Vectors are padded with zeros to whole lanes: a stride, a multiple of
 * RECO_DENSE_LANES.  Matrices are row-major, stride by stride, and only their
 * upper triangle counts.
 */

#ifndef RECO_DENSE_H
#define RECO_DENSE_H

#include <stddef.h>


#define RECO_DENSE_LANES 16

static inline size_t
reco_dense_stride(size_t dimensions)
{
    return (dimensions + RECO_DENSE_LANES - 1) / RECO_DENSE_LANES
           * RECO_DENSE_LANES;
}


float reco_dense_dot(const float *a, const float *b, size_t stride);

/* y += scale * x */
void reco_dense_add(float *y, float scale, const float *x, size_t stride);

/* y = x + scale * y */
void reco_dense_mix(float *y, float scale, const float *x, size_t stride);

/* out += matrix * v; the whole of a symmetric matrix. */
void reco_dense_multiply(
    float *out, const float *matrix, const float *v, size_t stride);

/* matrix += panel^T panel; panel has rows of stride. */
void reco_dense_gram(
    float *matrix, const float *panel, size_t rows, size_t stride);

/*
 * Solves matrix * x = right in place of right, by Cholesky; destroys matrix.
 * Padded dimensions need 1 on the diagonal.  0: not positive definite.
 */
int reco_dense_solve(float *matrix, float *right, size_t stride);

#endif /* RECO_DENSE_H */
