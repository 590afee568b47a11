/*
 * Finding the next byte that is not copied as it is, sixteen at a time where the
 * processor has vectors of sixteen (internal).  Vectors ask for a few bytes more
 * than can matter in any place; the tables of the callers decide.
 */

#ifndef RECO_RENDER_ESCAPE_SCAN_H
#define RECO_RENDER_ESCAPE_SCAN_H

#if defined(__SSE2__)
#include <emmintrin.h>
#define RECO_RENDER_SSE2 1
#endif


#ifdef RECO_RENDER_SSE2

static inline __m128i
reco_render_is(__m128i block, char c)
{
    return _mm_cmpeq_epi8(block, _mm_set1_epi8(c));
}


/* Is the byte one of two that differ in one bit, which is set in c? */
static inline __m128i
reco_render_is_either(__m128i block, char c, char bit)
{
    return reco_render_is(_mm_or_si128(block, _mm_set1_epi8(bit)), c);
}


/* Controls, what is beyond ASCII, and what is markup in HTML or JSON. */
static inline unsigned
reco_render_text_marks(const char *p)
{
    __m128i block, found;

    block = _mm_loadu_si128((const __m128i *) p);

    found = _mm_cmplt_epi8(block, _mm_set1_epi8(' '));
    found = _mm_or_si128(found, reco_render_is_either(block, '\'', '&' ^ '\''));
    found = _mm_or_si128(found, reco_render_is_either(block, '>', '<' ^ '>'));
    found = _mm_or_si128(found, reco_render_is(block, '"'));
    found = _mm_or_si128(found, reco_render_is(block, '\\'));
    found = _mm_or_si128(found, reco_render_is(block, 0x7F));

    return (unsigned) _mm_movemask_epi8(found);
}


/* The same, and whatever else no URL holds; a comma. */
static inline unsigned
reco_render_url_marks(const char *p)
{
    __m128i block, found;

    block = _mm_loadu_si128((const __m128i *) p);

    found = _mm_cmplt_epi8(block, _mm_set1_epi8('!'));
    found = _mm_or_si128(found, _mm_cmpgt_epi8(block, _mm_set1_epi8('z')));
    found = _mm_or_si128(found, reco_render_is_either(block, '\'', '&' ^ '\''));
    found = _mm_or_si128(found, reco_render_is_either(block, '>', '<' ^ '>'));
    found = _mm_or_si128(found, reco_render_is_either(block, '^', '\\' ^ '^'));
    found = _mm_or_si128(found, reco_render_is(block, '"'));
    found = _mm_or_si128(found, reco_render_is(block, ','));
    found = _mm_or_si128(found, reco_render_is(block, '`'));

    return (unsigned) _mm_movemask_epi8(found);
}


/* Controls of ASCII. */
static inline unsigned
reco_render_control_marks(const char *p)
{
    __m128i block, found;

    block = _mm_loadu_si128((const __m128i *) p);

    found = _mm_cmpeq_epi8(_mm_min_epu8(block, _mm_set1_epi8(0x1F)), block);
    found = _mm_or_si128(found, reco_render_is(block, 0x7F));

    return (unsigned) _mm_movemask_epi8(found);
}


/* To the next byte with a mark; 0: there is none where sixteen are left. */
static inline __attribute__((always_inline)) int
reco_render_next_mark(
    const char **p, const char *end, unsigned (*marks)(const char *p))
{
    unsigned found;

    for (/* void */; end - *p >= 16; *p += 16) {
        found = marks(*p);

        if (found != 0) {
            *p += __builtin_ctz(found);
            return 1;
        }
    }

    return 0;
}

#endif


/* The first byte in [p, end) that is special, else end. */
static inline const char *
reco_render_scan_text(
    const char *p, const char *end, const unsigned char special[256])
{
#ifdef RECO_RENDER_SSE2
    while (reco_render_next_mark(&p, end, reco_render_text_marks)) {
        if (special[(unsigned char) *p]) {
            return p;
        }

        p++;
    }
#endif

    while (p < end && !special[(unsigned char) *p]) {
        p++;
    }

    return p;
}


/* The first byte in [p, end) that does not pass in this place of whole URLs, else
   end. */
static inline const char *
reco_render_scan_url(const char *p, const char *end,
    const unsigned char passes[256], unsigned place)
{
#ifdef RECO_RENDER_SSE2
    while (reco_render_next_mark(&p, end, reco_render_url_marks)) {
        if (!(passes[(unsigned char) *p] & place)) {
            return p;
        }

        p++;
    }
#endif

    while (p < end && (passes[(unsigned char) *p] & place)) {
        p++;
    }

    return p;
}


/* Is there a control character in [p, end)? */
static inline int
reco_render_has_control(const char *p, const char *end)
{
#ifdef RECO_RENDER_SSE2
    if (end - p >= 16) {
        return reco_render_next_mark(&p, end, reco_render_control_marks)
               || reco_render_control_marks(end - 16) != 0;
    }
#endif

    for (/* void */; p < end; p++) {
        if ((unsigned char) *p < 0x20 || *p == 0x7F) {
            return 1;
        }
    }

    return 0;
}

#endif /* RECO_RENDER_ESCAPE_SCAN_H */
