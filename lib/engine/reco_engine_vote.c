/*
 * A session's vote: for each of its items the session's weight, less by the
 * distance from the match.
 */

#include "reco_engine_vote.h"

#include "reco_engine_scan.h"

#ifdef RECO_ENGINE_X86
#include <immintrin.h>

#define VOTE_AVX512 __attribute__((target("avx512f,avx512bw,avx512vl")))
#endif


static void
vote_baseline(reco_engine_votes_t *votes, const reco_engine_voter_t *voter,
    const float *distance)
{
    float *values;
    uint32_t i, match;

    for (match = 0; match < voter->count && voter->items[match] != voter->match;
         match++)
    {
        /* void */
    }

    values = votes->values + votes->count;
    distance -= match;

    for (i = 0; i < match; i++) {
        values[i] = voter->before * distance[i];
    }

    for (; i < voter->count; i++) {
        values[i] = voter->weight * distance[i];
    }

    /* Of items that were bought, say, more than of those that were seen. */
    for (i = 0; voter->weights != NULL && i < voter->count; i++) {
        values[i] *= (float) voter->weights[i] * voter->weight_scale;
    }

    for (i = 0; i < voter->count; i++) {
        votes->claims[votes->count + i] =
            reco_engine_claim(values[i], voter->claimant);
    }

    memcpy(votes->items + votes->count, voter->items,
        voter->count * sizeof(voter->items[0]));
    votes->count += voter->count;
}


RECO_ENGINE_VOTE_VARIANT(baseline)
{
    unsigned i;

    votes->count = 0;

    for (i = 0; i < nvoters && votes->count < RECO_ENGINE_VOTES_MAX; i++) {
        vote_baseline(votes, &voters[i], distance);
    }

    return i;
}


#ifdef RECO_ENGINE_X86

/* Which of sixteen items from first on there are. */
static inline __mmask16
vote_lanes(uint32_t first, uint32_t count)
{
    uint32_t left;

    left = count - first;

    return left < 16 ? (__mmask16) ((1u << left) - 1) : 0xffff;
}


VOTE_AVX512 static inline uint32_t
vote_match_avx512(const reco_engine_voter_t *voter)
{
    uint32_t i;
    __mmask16 lanes, same;

    for (i = 0; i < voter->count; i += 16) {
        lanes = vote_lanes(i, voter->count);
        same = _mm512_mask_cmpeq_epi32_mask(lanes,
            _mm512_maskz_loadu_epi32(lanes, voter->items + i),
            _mm512_set1_epi32((int) voter->match));

        if (same != 0) {
            return i + (uint32_t) __builtin_ctz(same);
        }
    }

    return voter->count;
}


/* What sixteen items count by themselves, or fewer at a session's end. */
VOTE_AVX512 static inline __m512
vote_weights_avx512(const reco_engine_voter_t *voter, uint32_t first)
{
    __m128i bytes;

    bytes = _mm_maskz_loadu_epi8(
        vote_lanes(first, voter->count), voter->weights + first);

    return _mm512_mul_ps(_mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(bytes)),
        _mm512_set1_ps(voter->weight_scale));
}


VOTE_AVX512 static inline void
vote_claim_avx512(
    reco_engine_claim_t *claims, __m512i values, uint32_t claimant)
{
    __m512i low;

    low = _mm512_set1_epi64(claimant);
    _mm512_storeu_si512(claims,
        _mm512_or_si512(low,
            _mm512_slli_epi64(
                _mm512_cvtepu32_epi64(_mm512_castsi512_si256(values)), 32)));
    _mm512_storeu_si512(claims + 8,
        _mm512_or_si512(low,
            _mm512_slli_epi64(
                _mm512_cvtepu32_epi64(_mm512_extracti64x4_epi64(values, 1)),
                32)));
}


/* Most sessions are one register: nothing of their length to foresee. */
VOTE_AVX512 static inline unsigned
vote_avx512(reco_engine_votes_t *votes, unsigned end,
    const reco_engine_voter_t *voter, const float *distance)
{
    uint32_t i, match;
    __m512 weights;
    __m512i numbers;

    match = vote_match_avx512(voter);
    numbers =
        _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);

    for (i = 0; i < voter->count; i += 16) {
        weights = _mm512_mask_blend_ps(
            _mm512_cmplt_epi32_mask(numbers, _mm512_set1_epi32((int) match)),
            _mm512_set1_ps(voter->weight), _mm512_set1_ps(voter->before));
        weights = _mm512_mul_ps(
            weights, _mm512_loadu_ps(distance + (int) i - (int) match));

        if (voter->weights != NULL) {
            weights = _mm512_mul_ps(weights, vote_weights_avx512(voter, i));
        }

        _mm512_storeu_ps(votes->values + end + i, weights);
        _mm512_storeu_si512(votes->items + end + i,
            _mm512_maskz_loadu_epi32(
                vote_lanes(i, voter->count), voter->items + i));
        vote_claim_avx512(votes->claims + end + i, _mm512_castps_si512(weights),
            voter->claimant);
        numbers = _mm512_add_epi32(numbers, _mm512_set1_epi32(16));
    }

    return end + voter->count;
}


VOTE_AVX512
RECO_ENGINE_VOTE_VARIANT(avx512)
{
    unsigned i, end;

    end = 0;

    for (i = 0; i < nvoters && end < RECO_ENGINE_VOTES_MAX; i++) {
        end = vote_avx512(votes, end, &voters[i], distance);
    }

    votes->count = end;

    return i;
}

#endif /* RECO_ENGINE_X86 */
