/*
 * Products of bytes, a block of codes at a time (reco_snapshot_codes.c).  A
 * code is unsigned, 128 too large; what that adds to every product depends on
 * the query alone and is taken off at the end.
 */

#include "reco_engine_scan.h"

#include <string.h>

#include "reco_engine_select.h"
#include "snapshot/reco_snapshot_view.h"

#ifdef RECO_ENGINE_X86
#include <immintrin.h>
#endif

#if defined(__clang__)
#define SCAN_VECTORIZE
#else
#define SCAN_VECTORIZE __attribute__((optimize("O3")))
#endif

#define SCAN_LANES RECO_SNAPSHOT_BLOCK

#define SCAN_INLINE static inline __attribute__((always_inline))


/* Compilers find the byte products of every processor in this, if asked. */
SCAN_VECTORIZE static void
scan_block(const reco_engine_code_t *query, const uint8_t *codes, int32_t *sums)
{
    uint32_t j;
    unsigned lane;
    const int8_t *bytes;

    for (lane = 0; lane < SCAN_LANES; lane++) {
        sums[lane] = -query->excess;
    }

    for (j = 0; j < query->stride; j += 4, codes += 4 * SCAN_LANES) {
        bytes = query->bytes + j;

        for (lane = 0; lane < SCAN_LANES; lane++) {
            sums[lane] += bytes[0] * codes[4 * lane]
                          + bytes[1] * codes[4 * lane + 1]
                          + bytes[2] * codes[4 * lane + 2]
                          + bytes[3] * codes[4 * lane + 3];
        }
    }
}


RECO_ENGINE_SCAN_VARIANT(baseline)
{
    float product, scales[SCAN_LANES];
    int32_t sums[SCAN_LANES];
    uint32_t i;
    unsigned lane, found;

    found = 0;

    for (i = 0; i < count; i++) {
        memcpy(scales, blocks, sizeof(scales));
        scan_block(query, blocks + RECO_SNAPSHOT_BLOCK_SCALES, sums);

        for (lane = 0; lane < SCAN_LANES; lane++) {
            product = (float) sums[lane] * scales[lane];
            keys[found] =
                reco_engine_key(product, first + i * SCAN_LANES + lane);
            found += product > threshold;
        }

        blocks += reco_snapshot_block_size(query->stride);
    }

    return found;
}


#ifdef RECO_ENGINE_X86

/* Four bytes of the query, for every lane. */
SCAN_INLINE int
scan_four(const reco_engine_code_t *query, uint32_t j)
{
    int four;

    memcpy(&four, query->bytes + j, sizeof(four));

    return four;
}


/* The keys of the eight products that are above the threshold. */
__attribute__((target("avx2"))) SCAN_INLINE unsigned
scan_keep_avx2(__m256i sums, const uint8_t *scales, float threshold,
    uint32_t first, uint64_t *keys)
{
    float eight[8];
    unsigned above, lane, found;
    __m256 products;

    products = _mm256_mul_ps(_mm256_cvtepi32_ps(sums),
        _mm256_castsi256_ps(_mm256_loadu_si256((const __m256i *) scales)));
    above = (unsigned) _mm256_movemask_ps(
        _mm256_cmp_ps(products, _mm256_set1_ps(threshold), _CMP_GT_OQ));

    if (above == 0) {
        return 0;
    }

    _mm256_storeu_ps(eight, products);

    for (found = 0; above != 0; above &= above - 1) {
        lane = (unsigned) __builtin_ctz(above);
        keys[found++] = reco_engine_key(eight[lane], first + lane);
    }

    return found;
}


/*
 * Two products of a byte fit 16 bits each: first those of the even bytes of
 * eight codes, then those of the odd ones.
 */
__attribute__((target("avx2"))) SCAN_INLINE __m256i
scan_add_avx2(__m256i sums, const uint8_t *codes, __m256i even, __m256i odd)
{
    __m256i eight;

    eight = _mm256_loadu_si256((const __m256i *) codes);
    sums = _mm256_add_epi32(
        sums, _mm256_madd_epi16(
                  _mm256_and_si256(eight, _mm256_set1_epi16(0xff)), even));

    return _mm256_add_epi32(
        sums, _mm256_madd_epi16(_mm256_srli_epi16(eight, 8), odd));
}


__attribute__((target("avx2"))) RECO_ENGINE_SCAN_VARIANT(avx2)
{
    uint32_t i, j;
    unsigned found;
    __m256i four, even, odd, low, high;
    const uint8_t *codes;

    found = 0;

    for (i = 0; i < count; i++, first += SCAN_LANES) {
        low = high = _mm256_set1_epi32(-query->excess);
        codes = blocks + RECO_SNAPSHOT_BLOCK_SCALES;

        for (j = 0; j < query->stride; j += 4, codes += 64) {
            four = _mm256_set1_epi32(scan_four(query, j));
            even = _mm256_srai_epi16(_mm256_slli_epi16(four, 8), 8);
            odd = _mm256_srai_epi16(four, 8);
            low = scan_add_avx2(low, codes, even, odd);
            high = scan_add_avx2(high, codes + 32, even, odd);
        }

        found += scan_keep_avx2(low, blocks, threshold, first, keys + found);
        found += scan_keep_avx2(
            high, blocks + 32, threshold, first + 8, keys + found);
        blocks += reco_snapshot_block_size(query->stride);
    }

    return found;
}


#define SCAN_AVX512 "avx512f,avx512vl,avx512bw,avx512vnni"


/* The keys of the products above the threshold; all 16 are written. */
__attribute__((target(SCAN_AVX512))) SCAN_INLINE unsigned
scan_keep_avx512(__m512i sums, const uint8_t *scales, __m512 threshold,
    __m512i numbers, uint64_t *keys)
{
    __m512 products;
    __m512i bits;
    __mmask16 above;

    products = _mm512_mul_ps(_mm512_cvtepi32_ps(sums), _mm512_loadu_ps(scales));
    above = _mm512_cmp_ps_mask(products, threshold, _CMP_GT_OQ);

    if (above == 0) {
        return 0;
    }

    bits = _mm512_castps_si512(_mm512_maskz_compress_ps(above, products));
    bits = _mm512_xor_si512(bits, _mm512_or_si512(_mm512_srai_epi32(bits, 31),
                                      _mm512_set1_epi32((int) 0x80000000)));
    numbers = _mm512_maskz_compress_epi32(above, numbers);

    _mm512_storeu_si512(
        keys, _mm512_or_si512(
                  _mm512_slli_epi64(
                      _mm512_cvtepu32_epi64(_mm512_castsi512_si256(bits)), 32),
                  _mm512_cvtepu32_epi64(_mm512_castsi512_si256(numbers))));
    _mm512_storeu_si512(keys + 8,
        _mm512_or_si512(
            _mm512_slli_epi64(
                _mm512_cvtepu32_epi64(_mm512_extracti64x4_epi64(bits, 1)), 32),
            _mm512_cvtepu32_epi64(_mm512_extracti64x4_epi64(numbers, 1))));

    return (unsigned) __builtin_popcount(above);
}


/* What a key has of the numbers from first on. */
__attribute__((target(SCAN_AVX512))) SCAN_INLINE __m512i
scan_numbers_avx512(uint32_t first)
{
    return _mm512_sub_epi32(
        _mm512_set1_epi32((int) ~first), _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6,
                                             7, 8, 9, 10, 11, 12, 13, 14, 15));
}


/* Codes of 64 bytes, the usual ones: the query stays in registers. */
__attribute__((target(SCAN_AVX512))) static RECO_ENGINE_SCAN_BODY(
    scan_64_avx512)
{
    uint32_t i;
    unsigned j, found;
    __m512i bytes[16], sums[4];

    found = 0;

#pragma GCC unroll 16
    for (j = 0; j < 16; j++) {
        bytes[j] = _mm512_set1_epi32(scan_four(query, 4 * j));
    }

    for (i = 0; i < count; i++) {
        sums[0] = _mm512_set1_epi32(-query->excess);
        sums[1] = sums[2] = sums[3] = _mm512_setzero_si512();

#pragma GCC unroll 16
        for (j = 0; j < 16; j++) {
            sums[j % 4] = _mm512_dpbusd_epi32(sums[j % 4],
                _mm512_loadu_si512(
                    blocks + RECO_SNAPSHOT_BLOCK_SCALES + 64 * j),
                bytes[j]);
        }

        sums[0] = _mm512_add_epi32(_mm512_add_epi32(sums[0], sums[1]),
            _mm512_add_epi32(sums[2], sums[3]));
        found += scan_keep_avx512(sums[0], blocks, _mm512_set1_ps(threshold),
            scan_numbers_avx512(first + i * SCAN_LANES), keys + found);
        blocks += reco_snapshot_block_size(64);
    }

    return found;
}


__attribute__((target(SCAN_AVX512))) RECO_ENGINE_SCAN_VARIANT(avx512)
{
    uint32_t i, j;
    unsigned found;
    __m512i sums;
    const uint8_t *codes;

    if (query->stride == 64) {
        return scan_64_avx512(query, blocks, count, first, threshold, keys);
    }

    found = 0;

    for (i = 0; i < count; i++) {
        codes = blocks + RECO_SNAPSHOT_BLOCK_SCALES;
        sums = _mm512_set1_epi32(-query->excess);

        for (j = 0; j < query->stride; j += 4, codes += 64) {
            sums = _mm512_dpbusd_epi32(sums, _mm512_loadu_si512(codes),
                _mm512_set1_epi32(scan_four(query, j)));
        }

        found += scan_keep_avx512(sums, blocks, _mm512_set1_ps(threshold),
            scan_numbers_avx512(first + i * SCAN_LANES), keys + found);
        blocks += reco_snapshot_block_size(query->stride);
    }

    return found;
}

#endif /* RECO_ENGINE_X86 */
