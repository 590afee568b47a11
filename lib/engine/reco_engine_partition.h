/*
 * The variants of reco_engine_kernels_t.partition and .rank.
 */

#ifndef RECO_ENGINE_PARTITION_H
#define RECO_ENGINE_PARTITION_H

#include "reco_engine_scan.h"


#define RECO_ENGINE_PARTITION_VARIANT(name)                                    \
    unsigned reco_engine_partition_##name(                                     \
        uint64_t *keys, unsigned count, uint64_t pivot)

RECO_ENGINE_PARTITION_VARIANT(baseline);

#ifdef RECO_ENGINE_X86
RECO_ENGINE_PARTITION_VARIANT(avx512);

void reco_engine_rank_avx512(
    const uint64_t *keys, unsigned count, uint64_t *ranks);
#endif

#endif /* RECO_ENGINE_PARTITION_H */
