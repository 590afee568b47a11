/*
 * Finding the next byte that matters, sixteen at a time where the processor
 * has vectors of sixteen (internal).  RECO_HTML_NO_SIMD leaves plain loops.
 */

#ifndef RECO_HTML_SCAN_H
#define RECO_HTML_SCAN_H

#include <stdint.h>
#include <string.h>

#if defined(__SSE2__) && !defined(RECO_HTML_NO_SIMD)
#include <emmintrin.h>
#define RECO_HTML_SSE2 1
#endif


static inline int
reco_html_is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f';
}


static inline int
reco_html_is_alpha(char c)
{
    return (unsigned char) ((c | 0x20) - 'a') < 26;
}


static inline char
reco_html_lower(char c)
{
    return (unsigned char) (c - 'A') < 26 ? (char) (c | 0x20) : c;
}


/* Ends a tag's name; an attribute's name ends there or at '='. */
static inline int
reco_html_ends_name(char c)
{
    return reco_html_is_space(c) || c == '/' || c == '>';
}


/* The first c in [p, end), else end. */
static inline const char *
reco_html_scan(const char *p, const char *end, char c)
{
#ifdef RECO_HTML_SSE2
    unsigned found;
    int i;

    /* The call of memchr() costs more than most of the gaps between tags. */
    for (i = 0; i < 4 && end - p >= 16; i++) {
        found = (unsigned) _mm_movemask_epi8(_mm_cmpeq_epi8(
            _mm_loadu_si128((const __m128i *) p), _mm_set1_epi8(c)));
        if (found != 0) {
            return p + __builtin_ctz(found);
        }
        p += 16;
    }
#endif

    p = memchr(p, c, (size_t) (end - p));

    return p != NULL ? p : end;
}


/* The first of two bytes in [p, end), else end. */
static inline const char *
reco_html_scan_either(const char *p, const char *end, char a, char b)
{
#ifdef RECO_HTML_SSE2
    unsigned found;
    __m128i block;

    for (; end - p >= 16; p += 16) {
        block = _mm_loadu_si128((const __m128i *) p);
        found = (unsigned) _mm_movemask_epi8(
            _mm_or_si128(_mm_cmpeq_epi8(block, _mm_set1_epi8(a)),
                _mm_cmpeq_epi8(block, _mm_set1_epi8(b))));
        if (found != 0) {
            return p + __builtin_ctz(found);
        }
    }
#endif

    while (p < end && *p != a && *p != b) {
        p++;
    }

    return p;
}


#ifdef RECO_HTML_SSE2

/* Bits of the bytes that may end a name: exact but for control characters. */
static inline unsigned
reco_html_name_ends(__m128i block)
{
    __m128i found;

    found = _mm_cmpeq_epi8(_mm_min_epu8(block, _mm_set1_epi8(' ')), block);
    found = _mm_or_si128(found, _mm_cmpeq_epi8(block, _mm_set1_epi8('/')));
    found = _mm_or_si128(found, _mm_cmpeq_epi8(block, _mm_set1_epi8('>')));
    found = _mm_or_si128(found, _mm_cmpeq_epi8(block, _mm_set1_epi8('=')));

    return (unsigned) _mm_movemask_epi8(found);
}

#endif


/*
 * The first byte in [p, end) that ends a tag's name, or, with '=' for equals,
 * an attribute's name; else end.
 */
static inline const char *
reco_html_scan_name(const char *p, const char *end, char equals)
{
#ifdef RECO_HTML_SSE2
    unsigned found;

    while (end - p >= 16) {
        found = reco_html_name_ends(_mm_loadu_si128((const __m128i *) p));
        if (found == 0) {
            p += 16;
            continue;
        }
        p += __builtin_ctz(found);
        if (reco_html_ends_name(*p) || *p == equals) {
            return p;
        }
        p++;
    }
#endif

    while (p < end && !reco_html_ends_name(*p) && *p != equals) {
        p++;
    }

    return p;
}

#endif /* RECO_HTML_SCAN_H */
