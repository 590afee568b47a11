/*
 * The arithmetic on vectors, for the processor at hand.
 *
 * All variants add in one order: sixteen partial sums, element i to sum
 * i % 16, folded in halves; no fused multiply-add.  So their results are
 * equal to the last bit, and what a trainer measured on one machine is what
 * a worker answers on another.
 */

#ifndef RECO_ENGINE_KERNELS_H
#define RECO_ENGINE_KERNELS_H

#include "reco.h"


typedef struct {
    const char *name;

    /* The product of two vectors; both may be unaligned. */
    float (*dot)(const void *a, const void *b, uint32_t dimensions);

    /* The products of query with count vectors that follow each other. */
    void (*scan)(const float *query, const void *vectors, uint32_t dimensions,
        uint32_t count, float *products);
} reco_engine_kernels_t;

/* The best that this processor has. */
const reco_engine_kernels_t *reco_engine_kernels(void);

/* Each of those that this processor has; NULL past the last one. */
const reco_engine_kernels_t *reco_engine_kernels_at(unsigned index);

#endif /* RECO_ENGINE_KERNELS_H */
