/*
 * The names of an index's tags, and what follows from them alone (internal).
 */

#ifndef RECO_HTML_INDEX_NAMES_H
#define RECO_HTML_INDEX_NAMES_H

#include "reco_html_index.h"
#include "reco_html_vectors.h"

#include <string.h>


/* By RECO_HTML_TAG_PLACE(): each name alone, and what its start tag does. */
extern const uint64_t reco_html_index_tags[256];
extern const uint8_t reco_html_index_effects[256];


/*
 * Names are in small letters here; those of more than seven bytes are left to
 * others.
 */
INLINE void
put_names_avx2(reco_html_index_t *index)
{
    unsigned i, bits, place, effect, other, is_end;
    uint64_t name, types[2];
    const char *base;

    /* Of end tags only that of the body may be wanted. */
    types[1] = index->body ? reco_html_type_bit(RECO_HTML_TAG_BODY) : 0;
    types[0] = index->types;
    base = index->base;

    for (i = 0; i < index->count; i++) {
        memcpy(&name, base + index->tags[i] + 1, 8);
        is_end = (name & 0xff) == '/';
        bits = (index->ends[i] - index->tags[i] - 1u - is_end) * 8;

        /* Of what is longer nothing is known. */
        other = bits >= 64;
        name >>= 8 * is_end;
        name &= ~(UINT64_MAX << bits % 64);

        place = RECO_HTML_TAG_PLACE(name);
        effect = reco_html_index_effects[place]
                 & (0u - (reco_html_index_tags[place] == name));
        other |= (unsigned) (types[is_end] >> place % 64) & 1;
        other |= (unsigned char) (name - 'a') >= 26;

        index->names[i] = name;
        index->effects[i] = (uint8_t) (effect | is_end * RECO_HTML_EFFECT_END
                                       | other * RECO_HTML_EFFECT_OTHER);
    }
}


/* The places of the names with an effect, as 256 bits. */
AVX512 INLINE __m512i
places_of(reco_html_effect_t effect)
{
    unsigned i;
    uint64_t bits[8];

    memset(bits, 0, sizeof(bits));

    for (i = 0; i < 4; i++) {
        bits[i] = _mm512_test_epi8_mask(
            _mm512_loadu_si512(reco_html_index_effects + 64 * i),
            _mm512_set1_epi8((char) effect));
    }

    return _mm512_loadu_si512(bits);
}


/* Where the lowest eight bits of each number are the number of a bit that is
   set in words, of 64 bits each: in lanes, the one that the rest numbers. */
AVX512 INLINE __mmask8
has_bits(__m512i words, __m512i numbers)
{
    return _mm512_test_epi64_mask(
        _mm512_srlv_epi64(
            words, _mm512_and_si512(numbers, _mm512_set1_epi64(63))),
        _mm512_set1_epi64(1));
}


/* Eight at a time. */
AVX512 INLINE void
put_names_avx512(reco_html_index_t *index)
{
    unsigned i, left;
    __m512i starts, bits, names, places, words, effects, first;
    __m512i types, types_at_end, voids, others;
    __mmask8 is_end, is_known, other;

    types = _mm512_set1_epi64((long long) index->types);
    types_at_end = _mm512_set1_epi64(
        index->body ? (long long) reco_html_type_bit(RECO_HTML_TAG_BODY) : 0);

    voids = places_of(RECO_HTML_EFFECT_VOID);
    others = places_of(RECO_HTML_EFFECT_OTHER);

    for (i = 0; i < index->count; i += 8) {
        left = index->count - i;
        starts = _mm512_cvtepu16_epi64(
            _mm_loadu_si128((const __m128i *) (index->tags + i)));
        bits = _mm512_cvtepu16_epi64(
            _mm_loadu_si128((const __m128i *) (index->ends + i)));
        names = _mm512_mask_i64gather_epi64(_mm512_setzero_si512(),
            (__mmask8) (left < 8 ? 0xff >> (8 - left) : 0xff), starts,
            index->base + 1, 1);

        is_end = _mm512_cmpeq_epi64_mask(
            _mm512_and_si512(names, _mm512_set1_epi64(0xff)),
            _mm512_set1_epi64('/'));
        bits = _mm512_sub_epi64(
            _mm512_slli_epi64(_mm512_sub_epi64(bits, starts), 3),
            _mm512_set1_epi64(8));
        bits = _mm512_mask_sub_epi64(bits, is_end, bits, _mm512_set1_epi64(8));
        other = _mm512_cmpge_epu64_mask(bits, _mm512_set1_epi64(64));

        names = _mm512_mask_srli_epi64(names, is_end, names, 8);
        names = _mm512_andnot_si512(
            _mm512_sllv_epi64(_mm512_set1_epi64(-1), bits), names);
        places = _mm512_srli_epi64(
            _mm512_mullo_epi64(names, _mm512_set1_epi64(RECO_HTML_TAG_FACTOR)),
            56);

        first =
            _mm512_sub_epi64(_mm512_and_si512(names, _mm512_set1_epi64(0xff)),
                _mm512_set1_epi64('a'));
        other |= _mm512_cmpge_epu64_mask(first, _mm512_set1_epi64(26));
        other |= has_bits(
            _mm512_mask_mov_epi64(types, is_end, types_at_end), places);

        words = _mm512_srli_epi64(places, 6);
        is_known = _mm512_cmpeq_epi64_mask(
            _mm512_i64gather_epi64(places, reco_html_index_tags, 8), names);
        other |= is_known
                 & has_bits(_mm512_permutexvar_epi64(words, others), places);
        effects = _mm512_maskz_set1_epi64(
            is_known & has_bits(_mm512_permutexvar_epi64(words, voids), places),
            RECO_HTML_EFFECT_VOID);
        effects = _mm512_mask_or_epi64(
            effects, is_end, effects, _mm512_set1_epi64(RECO_HTML_EFFECT_END));
        effects = _mm512_mask_or_epi64(
            effects, other, effects, _mm512_set1_epi64(RECO_HTML_EFFECT_OTHER));

        _mm512_storeu_si512(index->names + i, names);
        _mm_storel_epi64(
            (__m128i *) (index->effects + i), _mm512_cvtepi64_epi8(effects));
    }
}

#endif /* RECO_HTML_INDEX_NAMES_H */
