/*
 * One body, compiled for each instruction set.
 */

#include "reco_engine_kernels.h"

#include <string.h>

#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF
#else
#pragma GCC optimize("fp-contract=off")
#endif

#if defined(__x86_64__)
#define KERNELS_X86 1
#endif

typedef float lanes16_t __attribute__((vector_size(64)));
typedef float lanes8_t __attribute__((vector_size(32)));
typedef float lanes4_t __attribute__((vector_size(16)));

#define KERNELS_INLINE static inline __attribute__((always_inline))


/* (0 + 8), (1 + 9), ...: halves until one is left. */
KERNELS_INLINE float
kernels_fold(const lanes16_t *sums)
{
    lanes8_t low8, high8;
    lanes4_t low4, high4;

    memcpy(&low8, sums, sizeof(low8));
    memcpy(&high8, (const char *) sums + sizeof(low8), sizeof(high8));
    low8 += high8;

    memcpy(&low4, &low8, sizeof(low4));
    memcpy(&high4, (const char *) &low8 + sizeof(low4), sizeof(high4));
    low4 += high4;

    return (low4[0] + low4[2]) + (low4[1] + low4[3]);
}


KERNELS_INLINE float
kernels_dot(const char *a, const char *b, uint32_t dimensions)
{
    uint32_t i;
    lanes16_t sums, left, right;

    sums = (lanes16_t){0};

    for (i = 0; i + 16 <= dimensions; i += 16) {
        memcpy(&left, a + i * sizeof(float), sizeof(left));
        memcpy(&right, b + i * sizeof(float), sizeof(right));
        sums += left * right;
    }

    if (i < dimensions) {
        left = (lanes16_t){0};
        right = (lanes16_t){0};
        memcpy(&left, a + i * sizeof(float), (dimensions - i) * sizeof(float));
        memcpy(&right, b + i * sizeof(float), (dimensions - i) * sizeof(float));
        sums += left * right;
    }

    return kernels_fold(&sums);
}


KERNELS_INLINE void
kernels_scan(const float *query, const char *vectors, uint32_t dimensions,
    uint32_t count, float *products)
{
    uint32_t i;
    size_t stride;

    stride = dimensions * sizeof(float);

    for (i = 0; i < count; i++) {
        /* Four vectors ahead: the hardware stops at the end of a page. */
        __builtin_prefetch(vectors + 4 * stride);
        __builtin_prefetch(vectors + 4 * stride + 64);
        products[i] = kernels_dot((const char *) query, vectors, dimensions);
        vectors += stride;
    }
}


#define KERNELS_VARIANT(name, attributes)                                      \
    attributes static float kernels_dot_##name(                                \
        const void *a, const void *b, uint32_t dimensions)                     \
    {                                                                          \
        if (dimensions == 64) {                                                \
            return kernels_dot(a, b, 64);                                      \
        }                                                                      \
                                                                               \
        return kernels_dot(a, b, dimensions);                                  \
    }                                                                          \
                                                                               \
    attributes static void kernels_scan_##name(const float *query,             \
        const void *vectors, uint32_t dimensions, uint32_t count,              \
        float *products)                                                       \
    {                                                                          \
        if (dimensions == 64) {                                                \
            kernels_scan(query, vectors, 64, count, products);                 \
        } else {                                                               \
            kernels_scan(query, vectors, dimensions, count, products);         \
        }                                                                      \
    }

#define KERNELS_ROW(name)                                                      \
    {                                                                          \
#name, kernels_dot_##name, kernels_scan_##name                         \
    }


KERNELS_VARIANT(baseline, )

#ifdef KERNELS_X86
KERNELS_VARIANT(avx2, __attribute__((target("avx2"))))
KERNELS_VARIANT(avx512, __attribute__((target("avx512f,avx512vl"))))
#endif


const reco_engine_kernels_t *
reco_engine_kernels_at(unsigned index)
{
    unsigned count;

    static const reco_engine_kernels_t variants[] = {
        KERNELS_ROW(baseline),
#ifdef KERNELS_X86
        KERNELS_ROW(avx2),
        KERNELS_ROW(avx512),
#endif
    };

    count = 1;

#ifdef KERNELS_X86
    __builtin_cpu_init();

    if (__builtin_cpu_supports("avx2")) {
        count = 2;

        if (__builtin_cpu_supports("avx512f")
            && __builtin_cpu_supports("avx512vl")) {
            count = 3;
        }
    }
#endif

    return index < count ? &variants[index] : NULL;
}


const reco_engine_kernels_t *
reco_engine_kernels(void)
{
    unsigned i;
    const reco_engine_kernels_t *best, *next;

    best = NULL;

    for (i = 0; (next = reco_engine_kernels_at(i)) != NULL; i++) {
        best = next;
    }

    return best;
}
