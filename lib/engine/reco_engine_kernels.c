/*
 * Products of floats: one body, compiled for each instruction set; and the
 * choice among them.
 */

#include "reco_engine_kernels.h"

#include <string.h>

#include "reco_engine_partition.h"
#include "reco_engine_score.h"
#include "reco_engine_vote.h"

#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF
#else
#pragma GCC optimize("fp-contract=off")
#endif

typedef float lanes16_t __attribute__((vector_size(64)));
typedef float lanes8_t __attribute__((vector_size(32)));
typedef float lanes4_t __attribute__((vector_size(16)));

#define KERNELS_INLINE static inline __attribute__((always_inline))


/* (0 + 8), (1 + 9), ...: halves until one is left. */
KERNELS_INLINE float
kernels_fold(const void *sums)
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


/*
 * The sixteen partial sums, in registers of width floats.  Of wider vectors
 * than the processor's compilers make copies in memory, at each step.
 */
#define KERNELS_BODY(width)                                                    \
    KERNELS_INLINE void kernels_step_##width(                                  \
        lanes##width##_t *sums, const char *a, const char *b)                  \
    {                                                                          \
        unsigned part;                                                         \
        lanes##width##_t left, right;                                          \
                                                                               \
        _Pragma("GCC unroll 4") for (part = 0; part < 16 / width; part++)      \
        {                                                                      \
            memcpy(&left, a + part * sizeof(left), sizeof(left));              \
            memcpy(&right, b + part * sizeof(right), sizeof(right));           \
            sums[part] += left * right;                                        \
        }                                                                      \
    }                                                                          \
                                                                               \
    KERNELS_INLINE float kernels_dot_##width(                                  \
        const char *a, const char *b, uint32_t dimensions)                     \
    {                                                                          \
        float left[16], right[16];                                             \
        uint32_t i;                                                            \
        lanes##width##_t sums[16 / width] = {0};                               \
                                                                               \
        _Pragma("GCC unroll 4") for (i = 0; i + 16 <= dimensions; i += 16)     \
        {                                                                      \
            kernels_step_##width(                                              \
                sums, a + i * sizeof(float), b + i * sizeof(float));           \
        }                                                                      \
                                                                               \
        if (i < dimensions) {                                                  \
            memset(left, 0, sizeof(left));                                     \
            memset(right, 0, sizeof(right));                                   \
            memcpy(left, a + i * sizeof(float),                                \
                (dimensions - i) * sizeof(float));                             \
            memcpy(right, b + i * sizeof(float),                               \
                (dimensions - i) * sizeof(float));                             \
            kernels_step_##width(                                              \
                sums, (const char *) left, (const char *) right);              \
        }                                                                      \
                                                                               \
        return kernels_fold(sums);                                             \
    }                                                                          \
                                                                               \
    KERNELS_INLINE void kernels_add_##width(                                   \
        float *sum, float weight, const char *vector, uint32_t dimensions)     \
    {                                                                          \
        float value;                                                           \
        uint32_t i;                                                            \
        lanes##width##_t left, right;                                          \
                                                                               \
        for (i = 0; i + width <= dimensions; i += width) {                     \
            memcpy(&left, sum + i, sizeof(left));                              \
            memcpy(&right, vector + i * sizeof(float), sizeof(right));         \
            left += right * weight;                                            \
            memcpy(sum + i, &left, sizeof(left));                              \
        }                                                                      \
                                                                               \
        for (; i < dimensions; i++) {                                          \
            memcpy(&value, vector + i * sizeof(float), sizeof(value));         \
            sum[i] += value * weight;                                          \
        }                                                                      \
    }

KERNELS_BODY(4)

#ifdef RECO_ENGINE_X86
KERNELS_BODY(8)
KERNELS_BODY(16)
#endif


#define KERNELS_VARIANT(name, width, attributes)                               \
    attributes static float kernels_dot_##name(                                \
        const void *a, const void *b, uint32_t dimensions)                     \
    {                                                                          \
        return kernels_dot_##width(a, b, dimensions);                          \
    }                                                                          \
                                                                               \
    attributes static float kernels_dot64_##name(                              \
        const void *a, const void *b, uint32_t dimensions)                     \
    {                                                                          \
        (void) dimensions;                                                     \
                                                                               \
        return kernels_dot_##width(a, b, 64);                                  \
    }                                                                          \
                                                                               \
    KERNELS_INLINE attributes void kernels_dots_inline_##name(const void *a,   \
        const void *const *vectors, unsigned count, uint32_t dimensions,       \
        float *restrict products)                                              \
    {                                                                          \
        unsigned i;                                                            \
                                                                               \
        for (i = 0; i < count; i++) {                                          \
            products[i] = vectors[i] != NULL                                   \
                              ? kernels_dot_##width(a, vectors[i], dimensions) \
                              : 0;                                             \
        }                                                                      \
    }                                                                          \
                                                                               \
    attributes static void kernels_dots64_##name(const void *a,                \
        const void *const *vectors, unsigned count, uint32_t dimensions,       \
        float *restrict products)                                              \
    {                                                                          \
        float left[64] __attribute__((aligned(64)));                           \
                                                                               \
        (void) dimensions;                                                     \
        memcpy(left, a, sizeof(left)); /* to stay in registers */              \
        kernels_dots_inline_##name(left, vectors, count, 64, products);        \
    }                                                                          \
                                                                               \
    attributes static void kernels_dots_##name(const void *a,                  \
        const void *const *vectors, unsigned count, uint32_t dimensions,       \
        float *restrict products)                                              \
    {                                                                          \
        kernels_dots_inline_##name(a, vectors, count, dimensions, products);   \
    }                                                                          \
                                                                               \
    attributes static void kernels_add_##name(                                 \
        float *sum, float weight, const void *vector, uint32_t dimensions)     \
    {                                                                          \
        kernels_add_##width(sum, weight, vector, dimensions);                  \
    }

/* clang-format off */
#define KERNELS_ROWS(name, other, rank)                                        \
    {                                                                          \
        {#name, kernels_dot_##name, kernels_dots_##name, kernels_add_##name,   \
            reco_engine_scan_##name, reco_engine_partition_##other, rank,      \
            reco_engine_score_##name, reco_engine_vote_##other},               \
        {#name, kernels_dot64_##name, kernels_dots64_##name,                   \
            kernels_add_##name,                                                \
            reco_engine_scan_##name, reco_engine_partition_##other, rank,      \
            reco_engine_score_##name, reco_engine_vote_##other}                \
    }
/* clang-format on */


KERNELS_VARIANT(baseline, 4, )

#ifdef RECO_ENGINE_X86
KERNELS_VARIANT(avx2, 8, __attribute__((target("avx2"))))
KERNELS_VARIANT(avx512, 16, __attribute__((target("avx512f,avx512vl"))))
#endif


const reco_engine_kernels_t *
reco_engine_kernels_at(unsigned index, uint32_t dimensions)
{
    unsigned count;

    /* The second of a pair is for 64 dimensions, the usual number. */
    static const reco_engine_kernels_t variants[][2] = {
        KERNELS_ROWS(baseline, baseline, NULL),
#ifdef RECO_ENGINE_X86
        KERNELS_ROWS(avx2, baseline, NULL),
        KERNELS_ROWS(avx512, avx512, reco_engine_rank_avx512),
#endif
    };

    count = 1;

#ifdef RECO_ENGINE_X86
    __builtin_cpu_init();

    if (__builtin_cpu_supports("avx2")) {
        count = 2;

        if (__builtin_cpu_supports("avx512f")
            && __builtin_cpu_supports("avx512vl")
            && __builtin_cpu_supports("avx512bw")
            && __builtin_cpu_supports("avx512vnni"))
        {
            count = 3;
        }
    }
#endif

    return index < count ? &variants[index][dimensions == 64] : NULL;
}


const reco_engine_kernels_t *
reco_engine_kernels(uint32_t dimensions)
{
    unsigned i;
    const reco_engine_kernels_t *best, *next;

    best = NULL;

    for (i = 0; (next = reco_engine_kernels_at(i, dimensions)) != NULL; i++) {
        best = next;
    }

    return best;
}
