/*
 * Products of bytes.  A code is unsigned, 128 too large; what that adds to
 * every product depends on the query alone and is taken off at the end.
 *
 * Four codes are taken at a time, so that their sums are folded together.
 */

#include "reco_engine_scan.h"

#ifdef RECO_ENGINE_X86
#include <immintrin.h>
#endif

#if defined(__clang__)
#define SCAN_VECTORIZE
#else
#define SCAN_VECTORIZE __attribute__((optimize("O3")))
#endif

/* Codes ahead: a list is longer than what the hardware foresees. */
#define SCAN_AHEAD 16


/* Compilers find the byte products of every processor in this, if asked. */
SCAN_VECTORIZE static unsigned
scan_few(const reco_engine_code_t *query, const uint8_t *codes,
    const float *scales, uint32_t count, float threshold, float *products,
    uint32_t *places)
{
    float product;
    int32_t sum;
    uint32_t i, j;
    unsigned found;
    const uint8_t *code;

    found = 0;

    for (i = 0; i < count; i++) {
        code = codes + (size_t) i * query->stride;
        sum = -query->excess;

        for (j = 0; j < query->stride; j++) {
            sum += query->bytes[j] * code[j];
        }

        product = (float) sum * scales[i];
        products[found] = product;
        places[found] = i;
        found += product > threshold;
    }

    return found;
}


RECO_ENGINE_SCAN_VARIANT(baseline)
{
    return scan_few(query, codes, scales, count, threshold, products, places);
}


#ifdef RECO_ENGINE_X86

/*
 * Four products to those that were found.  The last four codes overlap with
 * those before them: done are the ones to leave out.
 */
#define SCAN_KEEP(sums)                                                        \
    do {                                                                       \
        __m128 scaled;                                                         \
        unsigned above;                                                        \
                                                                               \
        scaled = _mm_mul_ps(_mm_cvtepi32_ps(_mm_sub_epi32(                     \
                                sums, _mm_set1_epi32(query->excess))),         \
            _mm_loadu_ps(scales + i));                                         \
        above = (unsigned) _mm_movemask_ps(                                    \
            _mm_cmpgt_ps(scaled, _mm_set1_ps(threshold)));                     \
                                                                               \
        for (above &= ~done; above != 0; above &= above - 1) {                 \
            float four[4];                                                     \
            unsigned lane;                                                     \
                                                                               \
            _mm_storeu_ps(four, scaled);                                       \
            lane = (unsigned) __builtin_ctz(above);                            \
            products[found] = four[lane];                                      \
            places[found++] = i + lane;                                        \
        }                                                                      \
    } while (0)


__attribute__((target("avx2"))) static inline __m256i
scan_bytes_avx2(__m256i sum, const int8_t *query, const uint8_t *code)
{
    __m256i left, right;

    left = _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *) query));
    right = _mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *) code));

    return _mm256_add_epi32(sum, _mm256_madd_epi16(left, right));
}


__attribute__((target("avx2"))) static inline __m128i
scan_fold_avx2(__m256i a, __m256i b, __m256i c, __m256i d)
{
    a = _mm256_hadd_epi32(a, b);
    c = _mm256_hadd_epi32(c, d);
    a = _mm256_hadd_epi32(a, c);

    return _mm_add_epi32(
        _mm256_castsi256_si128(a), _mm256_extracti128_si256(a, 1));
}


__attribute__((target("avx2"))) RECO_ENGINE_SCAN_VARIANT(avx2)
{
    size_t stride;
    uint32_t i, j;
    unsigned found, done;
    __m128i sums;
    __m256i a, b, c, d;
    const uint8_t *code;

    stride = query->stride;
    found = 0;

    if (count < 4) {
        return scan_few(
            query, codes, scales, count, threshold, products, places);
    }

    done = 0;

    for (i = 0; i < count; i += 4) {
        if (i + 4 > count) {
            done = (1u << (i + 4 - count)) - 1;
            i = count - 4;
        }

        code = codes + i * stride;
        __builtin_prefetch(code + SCAN_AHEAD * stride);
        __builtin_prefetch(code + (SCAN_AHEAD + 1) * stride);
        __builtin_prefetch(code + (SCAN_AHEAD + 2) * stride);
        __builtin_prefetch(code + (SCAN_AHEAD + 3) * stride);
        a = b = c = d = _mm256_setzero_si256();

        for (j = 0; j < stride; j += 16) {
            a = scan_bytes_avx2(a, query->bytes + j, code + j);
            b = scan_bytes_avx2(b, query->bytes + j, code + stride + j);
            c = scan_bytes_avx2(c, query->bytes + j, code + 2 * stride + j);
            d = scan_bytes_avx2(d, query->bytes + j, code + 3 * stride + j);
        }

        sums = scan_fold_avx2(a, b, c, d);
        SCAN_KEEP(sums);
    }

    return found;
}


#define SCAN_AVX512 "avx512f,avx512vl,avx512bw,avx512vnni"


__attribute__((target(SCAN_AVX512))) static inline __m128i
scan_fold_avx512(__m512i a, __m512i b, __m512i c, __m512i d)
{
    __m256i half;

    a = _mm512_add_epi32(
        _mm512_unpacklo_epi32(a, b), _mm512_unpackhi_epi32(a, b));
    c = _mm512_add_epi32(
        _mm512_unpacklo_epi32(c, d), _mm512_unpackhi_epi32(c, d));
    a = _mm512_add_epi32(
        _mm512_unpacklo_epi64(a, c), _mm512_unpackhi_epi64(a, c));
    half = _mm256_add_epi32(
        _mm512_castsi512_si256(a), _mm512_extracti64x4_epi64(a, 1));

    return _mm_add_epi32(
        _mm256_castsi256_si128(half), _mm256_extracti128_si256(half, 1));
}


__attribute__((target(SCAN_AVX512))) RECO_ENGINE_SCAN_VARIANT(avx512)
{
    size_t stride;
    uint32_t i, j;
    unsigned found, done;
    __m128i sums;
    __m512i a, b, c, d, part;
    const uint8_t *code;

    stride = query->stride;
    found = 0;

    if (count < 4) {
        return scan_few(
            query, codes, scales, count, threshold, products, places);
    }

    done = 0;

    for (i = 0; i < count; i += 4) {
        if (i + 4 > count) {
            done = (1u << (i + 4 - count)) - 1;
            i = count - 4;
        }

        code = codes + i * stride;
        __builtin_prefetch(code + SCAN_AHEAD * stride);
        __builtin_prefetch(code + (SCAN_AHEAD + 1) * stride);
        __builtin_prefetch(code + (SCAN_AHEAD + 2) * stride);
        __builtin_prefetch(code + (SCAN_AHEAD + 3) * stride);
        a = b = c = d = _mm512_setzero_si512();

        for (j = 0; j < stride; j += 64) {
            part = _mm512_load_si512(query->bytes + j);
            a = _mm512_dpbusd_epi32(a, _mm512_loadu_si512(code + j), part);
            b = _mm512_dpbusd_epi32(
                b, _mm512_loadu_si512(code + stride + j), part);
            c = _mm512_dpbusd_epi32(
                c, _mm512_loadu_si512(code + 2 * stride + j), part);
            d = _mm512_dpbusd_epi32(
                d, _mm512_loadu_si512(code + 3 * stride + j), part);
        }

        sums = scan_fold_avx512(a, b, c, d);
        SCAN_KEEP(sums);
    }

    return found;
}

#endif /* RECO_ENGINE_X86 */
