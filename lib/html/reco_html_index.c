/*
 * The structure of 64 bytes is worked out in masks, a bit per byte.
 *
 * Runs of bits between openings and closings that take turns are closings
 * minus openings.  So what is within tags follows from '<' and '>', and what
 * is within quotes from the quotes in tags.  An attribute's value is quoted
 * only where a quote follows '=', which WHATWG's states need; a quote after
 * '=' that opens nothing (in a name, in a value without quotes) does no harm
 * where the quote after it does not follow '='.  All else is left undecided.
 */

#include "reco_html_index.h"

#include <string.h>

#ifdef RECO_HTML_SSE2

#include "reco_html_index_names.h"
#include "reco_html_vectors.h"

/* Keeps tags below every limit of their length. */
#define BLOCKS_IN_TAG_MAX 8


/* What start tags do. */
#define EFFECT_VOID          RECO_HTML_EFFECT_VOID
#define EFFECT_VOID_BREAKOUT RECO_HTML_EFFECT_VOID
#define EFFECT_BREAKOUT      0
#define EFFECT_FOREIGN       0
#define EFFECT_RAW           RECO_HTML_EFFECT_OTHER
#define EFFECT_SCRIPT        RECO_HTML_EFFECT_OTHER
#define EFFECT_PLAINTEXT     RECO_HTML_EFFECT_OTHER
#define EFFECT_ROOT          RECO_HTML_EFFECT_OTHER

const uint64_t reco_html_index_tags[256] = {
#define TAG_NAME(id, text, number, kind) [RECO_HTML_TAG_PLACE(number)] = number,
    RECO_HTML_TAGS(TAG_NAME)
#undef TAG_NAME
};

const uint8_t reco_html_index_effects[256] = {
#define TAG_EFFECT(id, text, number, kind)                                     \
    [RECO_HTML_TAG_PLACE(number)] = EFFECT_##kind,
    RECO_HTML_TAGS(TAG_EFFECT)
#undef TAG_EFFECT
};


/* What a block's end leaves open: 1 or 0. */
typedef struct {
    uint64_t tag;
    uint64_t name;    /* of a tag */
    uint64_t less;    /* the last byte is '<' */
    uint64_t equals;  /* or '=' */
    uint64_t doubled; /* it is within a value in double quotes */
    uint64_t singled; /* or in single quotes */
    unsigned blocks;  /* it is within a tag, and so are as many before it */
} open_t;

typedef struct {
    uint64_t less;
    uint64_t greater;
    uint64_t equals;
    uint64_t slash;
    uint64_t space;
    uint64_t doubles;
    uint64_t singles;
    uint64_t large; /* letters, and what else has bit 5 unset */
} block_t;


/*
 * Sets *runs to the bits from each opening up to its closing, open being 1
 * where one is open before.  Returns 0 where the two take turns.
 */
INLINE uint64_t
take_turns(uint64_t openings, uint64_t closings, uint64_t open, uint64_t *runs)
{
    uint64_t inside, edges;

    inside = closings - openings - open;
    edges = openings | closings;
    *runs = inside;

    return ((inside << 1 | open) ^ inside ^ edges)
           | ((inside & edges) ^ openings);
}


static inline uint64_t
bits_from(unsigned bit)
{
    return bit < 64 ? UINT64_MAX << bit : 0;
}


/*
 * The same for values of which some are in double quotes and some in single
 * ones: one after another.
 */
static __attribute__((noinline)) uint64_t
take_either(uint64_t doubles, uint64_t singles, uint64_t openings,
    uint64_t *doubled, uint64_t *singled, uint64_t *quoted)
{
    unsigned bit;
    uint64_t closings, run;

    *quoted = 0;
    bit = 0;

    for (;;) {
        if (*doubled | *singled) {
            closings = UINT64_MAX;
        } else {
            if (openings == 0) {
                return 0;
            }
            bit = (unsigned) __builtin_ctzll(openings);
            openings &= openings - 1;
            *doubled = doubles >> bit & 1;
            *singled = *doubled ^ 1;
            closings = bits_from(bit + 1);
        }

        closings &= *doubled ? doubles : singles;
        run = closings != 0 ? (closings & -closings) - 1 : UINT64_MAX;
        run &= bits_from(bit);
        *quoted |= run;

        /* An opening that would be one inside of a value. */
        if (openings & run) {
            return 1;
        }

        if (closings == 0) {
            return 0;
        }

        bit = (unsigned) __builtin_ctzll(closings);
        *doubled = 0;
        *singled = 0;
    }
}


/* Sets *quoted to the bytes within quotes.  Returns 0 where they are known. */
INLINE uint64_t
find_quoted(const block_t *b, uint64_t in_tag, uint64_t after_equals,
    open_t *open, uint64_t *quoted)
{
    uint64_t doubles, singles, openings, unknown, doubled, singled, either;

    doubles = b->doubles & in_tag;
    singles = b->singles & in_tag;
    openings = (doubles | singles) & after_equals;

    if (__builtin_expect(((openings & singles) | open->singled) == 0, 1)) {
        unknown =
            take_turns(openings, doubles & ~openings, open->doubled, quoted);
        open->doubled = *quoted >> 63;
        return unknown;
    }

    doubled = open->doubled;
    singled = open->singled;
    unknown =
        take_either(doubles, singles, openings, &doubled, &singled, &either);
    open->doubled = doubled;
    open->singled = singled;
    *quoted = either;

    return unknown;
}


/*
 * The bits that end the names of the tags that begin at '<', one for each.
 * A carry runs through what is part of a name, up to what is not.
 */
INLINE uint64_t
name_ends(const block_t *b, open_t *open, uint64_t *in_name)
{
    uint64_t names, sum, ends, carry;

    /* The '/' of an end tag ends no name. */
    names =
        ~(b->space | b->greater | (b->slash & ~(b->less << 1 | open->less)));
    carry = __builtin_add_overflow(names, b->less, &sum);
    carry |= __builtin_add_overflow(sum, open->name, &sum);
    ends = sum & ~names;

    *in_name = ends - b->less - open->name;
    open->name = carry;
    open->less = b->less >> 63;

    return ends;
}


/*
 * Takes what is open from the block before to the one after, and sets *ends to
 * the ends of names.  Returns 0 where the form is as usual.
 */
INLINE uint64_t
take_block(const block_t *b, open_t *open, uint64_t *ends)
{
    uint64_t unknown, in_tag, in_name, after_equals, quoted;

    unknown = take_turns(b->less, b->greater, open->tag, &in_tag);

    after_equals = (b->equals << 1 | open->equals) & in_tag;
    open->equals = b->equals >> 63;
    open->tag = in_tag >> 63;
    open->blocks = in_tag == UINT64_MAX ? open->blocks + 1 : 0;

    unknown |= find_quoted(b, in_tag, after_equals, open, &quoted);
    unknown |= (quoted & b->greater) | (after_equals & b->space);

    *ends = name_ends(b, open, &in_name);
    unknown |= in_name & b->large;

    return unknown | (open->blocks > BLOCKS_IN_TAG_MAX);
}


/* Writes where the bits are: up to three more than there are. */
AVX2 INLINE void
put_avx2(uint16_t *out, uint64_t bits, unsigned from)
{
    unsigned i;

    do {
#pragma GCC unroll 4
        for (i = 0; i < 4; i++) {
            *out++ = (uint16_t) (from
                                 + (unsigned) __builtin_ctzll(
                                     bits | UINT64_C(1) << 63));
            bits &= bits - 1;
        }
    } while (bits != 0);
}


/* Whether there is an '&' within a tag. */
INLINE int
has_reference(const block_t *b, uint64_t references, uint64_t was_in_tag)
{
    return (references & (b->greater - b->less - was_in_tag)) != 0;
}


AVX512 INLINE void
put_avx512(uint16_t *out, uint64_t bits, unsigned from)
{
    __m512i places;
    char bytes[64];
    unsigned i;

    for (i = 0; i < 64; i++) {
        bytes[i] = (char) i;
    }

    places = _mm512_cvtepu8_epi16(_mm512_castsi512_si256(
        _mm512_maskz_compress_epi8(bits, _mm512_loadu_si512(bytes))));
    _mm512_storeu_si512(
        out, _mm512_add_epi16(places, _mm512_set1_epi16((short) from)));
}


/* The index ends before the block at p, where the last tag may be open. */
INLINE void
end_index(
    reco_html_index_t *index, const char *p, unsigned count, uint64_t in_tag)
{
    index->next = 0;
    index->count = count - (in_tag != 0);
    index->resume = in_tag ? index->base + index->tags[count - 1] : p;
}


#define INDEX_VARIANT(set, attributes)                                         \
    attributes INLINE block_t read_##set(                                      \
        vectors_##set##_t bytes, uint64_t less)                                \
    {                                                                          \
        return (block_t){                                                      \
            .less = less,                                                      \
            .greater = equal_##set(bytes, '>'),                                \
            .equals = equal_##set(bytes, '='),                                 \
            .slash = equal_##set(bytes, '/'),                                  \
            .doubles = equal_##set(bytes, '"'),                                \
            .singles = equal_##set(bytes, '\''),                               \
            .space = space_##set(bytes),                                       \
            .large = large_##set(bytes),                                       \
        };                                                                     \
    }                                                                          \
                                                                               \
    attributes static void scan_##set(                                         \
        reco_html_index_t *index, const char *p, unsigned blocks)              \
    {                                                                          \
        open_t open;                                                           \
        block_t b;                                                             \
        uint64_t less, was_in_tag, ends;                                       \
        unsigned count, end_count, from;                                       \
        const char *end;                                                       \
        vectors_##set##_t bytes;                                               \
                                                                               \
        memset(&open, 0, sizeof(open));                                        \
        count = 0;                                                             \
        end_count = 0;                                                         \
        end = p + blocks * RECO_HTML_INDEX_BLOCK;                              \
        index->base = p;                                                       \
        index->plain = p;                                                      \
                                                                               \
        for (/* void */; p < end; p += RECO_HTML_INDEX_BLOCK) {                \
            bytes = load_##set(p);                                             \
            less = equal_##set(bytes, '<');                                    \
                                                                               \
            /* In text nothing else matters. */                                \
            if ((less | open.tag) == 0) {                                      \
                continue;                                                      \
            }                                                                  \
                                                                               \
            if (count > RECO_HTML_INDEX_TAGS - RECO_HTML_INDEX_ROOM) {         \
                break;                                                         \
            }                                                                  \
                                                                               \
            b = read_##set(bytes, less);                                       \
            was_in_tag = open.tag;                                             \
                                                                               \
            if (take_block(&b, &open, &ends) != 0                              \
                || (index->references                                          \
                    && has_reference(                                          \
                        &b, equal_##set(bytes, '&'), was_in_tag)))             \
            {                                                                  \
                index->plain = p + RECO_HTML_INDEX_BLOCK;                      \
                open.tag = was_in_tag;                                         \
                break;                                                         \
            }                                                                  \
                                                                               \
            from = (unsigned) (p - index->base);                               \
            put_##set(index->tags + count, b.less, from);                      \
            put_##set(index->ends + end_count, ends, from);                    \
            count += (unsigned) __builtin_popcountll(b.less);                  \
            end_count += (unsigned) __builtin_popcountll(ends);                \
        }                                                                      \
                                                                               \
        end_index(index, p, count, open.tag);                                  \
        put_names_##set(index);                                                \
    }                                                                          \
                                                                               \
    attributes INLINE const char *find_one_##set(                              \
        const char *p, const char *end, const char *text, unsigned len)        \
    {                                                                          \
        uint64_t bits;                                                         \
        unsigned middle, last;                                                 \
                                                                               \
        middle = len / 2;                                                      \
        last = len - 1;                                                        \
                                                                               \
        for (/* void */; p < end; p += RECO_HTML_INDEX_BLOCK) {                \
            bits =                                                             \
                equal_##set(fold_##set(load_##set(p)), text[0])                \
                & equal_##set(                                                 \
                    fold_##set(load_##set(p + middle)), text[middle])          \
                & equal_##set(fold_##set(load_##set(p + last)), text[last]);   \
                                                                               \
            for (/* void */; bits != 0; bits &= bits - 1) {                    \
                if (reco_html_is_needle(p + __builtin_ctzll(bits), text, len)) \
                {                                                              \
                    return p;                                                  \
                }                                                              \
            }                                                                  \
        }                                                                      \
                                                                               \
        return end;                                                            \
    }                                                                          \
                                                                               \
    attributes static const char *find_##set(                                  \
        const reco_html_needles_t *needles, const char *p, const char *end)    \
    {                                                                          \
        unsigned i;                                                            \
                                                                               \
        for (i = 0; i < needles->count; i++) {                                 \
            end = find_one_##set(                                              \
                p, end, needles->needles[i].text, needles->needles[i].len);    \
        }                                                                      \
                                                                               \
        return end;                                                            \
    }

INDEX_VARIANT(avx2, AVX2)
INDEX_VARIANT(avx512, AVX512)


const reco_html_kernels_t *
reco_html_kernels_at(unsigned index)
{
    unsigned count;

    static const reco_html_kernels_t kernels[] = {
        {"avx2", scan_avx2, find_avx2},
        {"avx512", scan_avx512, find_avx512},
    };

    __builtin_cpu_init();
    count = 0;

    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2")) {
        count = 1;

        if (__builtin_cpu_supports("avx512bw")
            && __builtin_cpu_supports("avx512dq")
            && __builtin_cpu_supports("avx512vbmi2"))
        {
            count = 2;
        }
    }

    return index < count ? &kernels[index] : NULL;
}

#else

const reco_html_kernels_t *
reco_html_kernels_at(unsigned index)
{
    (void) index;

    return NULL;
}

#endif


const reco_html_kernels_t *
reco_html_kernels(void)
{
    unsigned i;
    const reco_html_kernels_t *best, *next;

    best = NULL;

    for (i = 0; (next = reco_html_kernels_at(i)) != NULL; i++) {
        best = next;
    }

    return best;
}
