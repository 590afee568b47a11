/*
 * Sixty-four bytes in the vectors of each instruction set (internal): loading
 * them, bit 5 set in each; and, as a bit for each, where one is c, where one
 * is a space, where one is without bit 5, as large letters are.
 */

#ifndef RECO_HTML_VECTORS_H
#define RECO_HTML_VECTORS_H

#include <immintrin.h>
#include <stdint.h>

#define INLINE static inline __attribute__((always_inline))


/* Each space at the place of its low four bits, where nothing else is. */
#define SPACES                                                                 \
    _mm_setr_epi8(' ', 0, 0, 0, 0, 0, 0, 0, 0, '\t', '\n', 0, '\f', '\r', 0, 0)

#define AVX2 __attribute__((target("avx2,bmi,bmi2,popcnt")))

typedef struct {
    __m256i low;
    __m256i high;
} vectors_avx2_t;

AVX2 INLINE vectors_avx2_t
load_avx2(const char *p)
{
    return (vectors_avx2_t){_mm256_loadu_si256((const __m256i *) p),
        _mm256_loadu_si256((const __m256i *) (p + 32))};
}


AVX2 INLINE uint64_t
bits_avx2(__m256i low, __m256i high)
{
    return (unsigned) _mm256_movemask_epi8(low)
           | (uint64_t) (unsigned) _mm256_movemask_epi8(high) << 32;
}


AVX2 INLINE vectors_avx2_t
fold_avx2(vectors_avx2_t in)
{
    __m256i bit;

    bit = _mm256_set1_epi8(0x20);

    return (vectors_avx2_t){
        _mm256_or_si256(in.low, bit), _mm256_or_si256(in.high, bit)};
}


AVX2 INLINE uint64_t
equal_avx2(vectors_avx2_t in, char c)
{
    return bits_avx2(_mm256_cmpeq_epi8(in.low, _mm256_set1_epi8(c)),
        _mm256_cmpeq_epi8(in.high, _mm256_set1_epi8(c)));
}


AVX2 INLINE uint64_t
space_avx2(vectors_avx2_t in)
{
    __m256i spaces;

    spaces = _mm256_broadcastsi128_si256(SPACES);

    return bits_avx2(
        _mm256_cmpeq_epi8(_mm256_shuffle_epi8(spaces, in.low), in.low),
        _mm256_cmpeq_epi8(_mm256_shuffle_epi8(spaces, in.high), in.high));
}


AVX2 INLINE uint64_t
large_avx2(vectors_avx2_t in)
{
    return ~bits_avx2(
        _mm256_slli_epi16(in.low, 2), _mm256_slli_epi16(in.high, 2));
}


#define AVX512                                                                 \
    __attribute__((                                                            \
        target("avx512f,avx512bw,avx512dq,avx512vbmi2,bmi,bmi2,popcnt")))

typedef __m512i vectors_avx512_t;

AVX512 INLINE vectors_avx512_t
load_avx512(const char *p)
{
    return _mm512_loadu_si512(p);
}


AVX512 INLINE vectors_avx512_t
fold_avx512(vectors_avx512_t in)
{
    return _mm512_or_si512(in, _mm512_set1_epi8(0x20));
}


AVX512 INLINE uint64_t
equal_avx512(vectors_avx512_t in, char c)
{
    return _mm512_cmpeq_epi8_mask(in, _mm512_set1_epi8(c));
}


AVX512 INLINE uint64_t
space_avx512(vectors_avx512_t in)
{
    return _mm512_cmpeq_epi8_mask(
        _mm512_shuffle_epi8(_mm512_broadcast_i32x4(SPACES), in), in);
}


AVX512 INLINE uint64_t
large_avx512(vectors_avx512_t in)
{
    return _mm512_testn_epi8_mask(in, _mm512_set1_epi8(0x20));
}

#endif /* RECO_HTML_VECTORS_H */
