/*
 * The features that follow from others, and the weighted sum: one body for
 * each width of the processor's registers.
 */

#include "reco_engine_score.h"

#include <string.h>

/* As in the kernels: equal results on every processor. */
#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF
#else
#pragma GCC optimize("fp-contract=off")
#endif

#define SCORE_LOG_SCALE   100.f
#define SCORE_LOG_UNIT    0.21668f /* 1 / ln(1 + SCORE_LOG_SCALE) */
#define SCORE_LOG_HALF    0.707106781186547524f
#define SCORE_LOG_LN2     0.693359375f /* ln 2, but for */
#define SCORE_LOG_LN2_LOW -2.12194440e-4f

/* Of Cephes' logf (Moshier 1989). */
static const float score_log_series[] = {7.0376836292e-2f, -1.1514610310e-1f,
    1.1676998740e-1f, -1.2420140846e-1f, 1.4249322787e-1f, -1.6668057665e-1f,
    2.0000714765e-1f, -2.4999993993e-1f, 3.3333331174e-1f};

#define SCORE_LOG_TERMS (sizeof(score_log_series) / sizeof(score_log_series[0]))


#define SCORE_WIDTH      4
#define SCORE_NAME(name) name##_baseline
#define SCORE_TARGET
#include "reco_engine_score_lanes.h"

#ifdef RECO_ENGINE_X86

#define SCORE_WIDTH      8
#define SCORE_NAME(name) name##_avx2
#define SCORE_TARGET     __attribute__((target("avx2")))
#include "reco_engine_score_lanes.h"

#define SCORE_WIDTH      16
#define SCORE_NAME(name) name##_avx512
#define SCORE_TARGET     __attribute__((target("avx512f,avx512vl")))
#include "reco_engine_score_lanes.h"

#endif /* RECO_ENGINE_X86 */
