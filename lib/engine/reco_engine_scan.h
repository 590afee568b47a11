/*
 * The variants of reco_engine_kernels_t.scan.
 */

#ifndef RECO_ENGINE_SCAN_H
#define RECO_ENGINE_SCAN_H

#include "reco_engine_kernels.h"


#if defined(__x86_64__)
#define RECO_ENGINE_X86 1
#endif

#define RECO_ENGINE_SCAN_BODY(name)                                            \
    unsigned name(const reco_engine_code_t *query, const uint8_t *blocks,      \
        uint32_t count, uint32_t first, float threshold, uint64_t *keys)

#define RECO_ENGINE_SCAN_VARIANT(name)                                         \
    RECO_ENGINE_SCAN_BODY(reco_engine_scan_##name)

RECO_ENGINE_SCAN_VARIANT(baseline);

#ifdef RECO_ENGINE_X86
RECO_ENGINE_SCAN_VARIANT(avx2);
RECO_ENGINE_SCAN_VARIANT(avx512);
#endif

#endif /* RECO_ENGINE_SCAN_H */
