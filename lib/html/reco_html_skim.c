/*
 * Reading plain tags at speed.
 *
 * Most tags of a page are of no interest: their elements have to be opened
 * and closed, no more.  Where tags are dense that is done by an index of them.
 * Else an element's tags are read by the '<' that they begin with and, 64 bytes
 * at a time, by where > = " ' are.  What is not of the
 * usual form (a comment, an attribute without quotes, an end tag that closes
 * something other than the innermost element, a tag near the chunk's end) is
 * left to the tokenizer, from its '<' on.  Both read the same tokens.
 */

#include "reco_html_skim.h"
#include "reco_html_states.h"


static inline int
wants_start_tag(
    reco_html_parser_t *parser, const reco_html_interest_t *interest)
{
    const reco_html_tag_t *tag;

    tag = &parser->tokenizer.tag;

    /* In SVG it may close elements first; where there is no room left it is
       for the consumer to know. */
    return ((tag->present & interest->attributes) != 0
               && reco_html_skim_may_match(parser, interest->needles))
           || (reco_html_type_bit(tag->name) & interest->types) != 0
           || parser->tokenizer.cdata
           || parser->tree.depth == parser->tree.capacity;
}


/* Takes a start tag that nobody wants to see. */
static inline void
pass_start_tag(reco_html_parser_t *parser)
{
    reco_html_tree_t *tree;
    reco_html_element_t element;
    const reco_html_tag_t *tag;

    tree = &parser->tree;
    tag = &parser->tokenizer.tag;
    element.kind = reco_html_tag_kind(tag->name);

    if ((element.kind & ~RECO_HTML_KIND_BREAKOUT) == 0 && !parser->lost) {
        reco_html_tree_push(tree, tag->name, RECO_HTML_SPACE_HTML);
        reco_html_tree_matched(tree, 0);
        return;
    }

    if ((element.kind & RECO_HTML_KIND_VOID) != 0) {
        return;
    }

    element = reco_html_tree_element(tree, tag);
    reco_html_parser_open(parser, &element);

    if (!element.empty) {
        reco_html_tree_matched(tree, 0);
    }
}


/* True where an end tag of this name closes what nobody wants to see. */
static inline int
is_plain_end(const reco_html_parser_t *parser,
    const reco_html_interest_t *interest, uint64_t name)
{
    const reco_html_tree_t *tree;

    tree = &parser->tree;

    return tree->depth > interest->depth && tree->names[tree->depth - 1] == name
           && !(interest->body && name == RECO_HTML_TAG_BODY);
}


/* True where text is being read that is not to be read yet. */
static inline int
is_stopped(const reco_html_tokenizer_t *t, const reco_html_interest_t *interest)
{
    return interest->stop != NULL && t->p >= interest->stop && t->p < t->end
           && t->state == RECO_HTML_STATE_DATA;
}


#ifdef RECO_HTML_SSE2

#define BLOCK      64
#define NAME_BLOCK 16

/* What may be read past the start of a block that holds a tag's '<'. */
#define MARGIN (2 * BLOCK + 2 * NAME_BLOCK)


/* Where the next of > = " ' is. */
typedef struct {
    const char *block;
    const char *end; /* blocks begin before it */
    uint64_t bits;
} structure_t;


static inline uint64_t
blend(unsigned a, unsigned b, unsigned c, unsigned d)
{
    return (uint64_t) (a | b << 16) | (uint64_t) (c | d << 16) << 32;
}


static inline __m128i
load(const char *p)
{
    return _mm_loadu_si128((const __m128i *) p);
}


static inline unsigned
structure(const char *p)
{
    __m128i block, found;

    block = load(p);
    found = _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(block, _mm_set1_epi8('>')),
                             _mm_cmpeq_epi8(block, _mm_set1_epi8('='))),
        _mm_or_si128(_mm_cmpeq_epi8(block, _mm_set1_epi8('"')),
            _mm_cmpeq_epi8(block, _mm_set1_epi8('\''))));

    return (unsigned) _mm_movemask_epi8(found);
}


static inline uint64_t
structure_of(const char *p)
{
    return blend(
        structure(p), structure(p + 16), structure(p + 32), structure(p + 48));
}


/* The next of > = " ', NULL near the end of the chunk. */
static inline const char *
structure_next(structure_t *s)
{
    const char *p;

    while (s->bits == 0) {
        s->block += BLOCK;
        if (s->block >= s->end) {
            return NULL;
        }
        s->bits = structure_of(s->block);
    }

    p = s->block + __builtin_ctzll(s->bits);
    s->bits &= s->bits - 1;

    return p;
}


/* The length of the name at p, 0 where it is not as usual. */
static inline unsigned
name_length(const char *p)
{
    unsigned ends;

    ends = reco_html_name_ends(load(p));

    return ends != 0 ? (unsigned) __builtin_ctz(ends) : 0;
}


/* A name of at most 16 bytes, where as many may be read. */
static inline uint64_t
name_of(const char *p, unsigned len)
{
    uint64_t bytes;

    if (len > 8) {
        return reco_html_name(p, len);
    }

    memcpy(&bytes, p, 8);

    return reco_html_lower8(bytes & UINT64_MAX >> (8 - len) * 8);
}


/* The name [p, end) of an attribute: whether there is only that. */
static inline int
is_whole_name(const char *p, const char *end)
{
    return p != end
           && (end - p < 16 ? p + name_length(p) == end
                            : reco_html_scan_name(p, end, '=') == end);
}


static inline void
keep_wanted(reco_html_tokenizer_t *t, const char *name, const char *equals,
    const char *close)
{
    size_t len;

    len = (size_t) (equals - name);

    if ((t->wanted->lengths & reco_html_attributes_length(len)) != 0
        && reco_html_attribute_begin(t, reco_html_name(name, len)))
    {
        len = (size_t) (close - equals - 2);
        reco_html_attribute_end(t, close, (reco_str_t){len, equals + 2}, len);
    }
}


/* The attributes from p on, of the tag at '<': returns its '>', or NULL. */
static inline const char *
skim_attributes(reco_html_tokenizer_t *t, const char *p, structure_t *s)
{
    char quote;
    const char *next, *close;

    for (;;) {
        next = structure_next(s);
        if (next == NULL) {
            return NULL;
        }

        while (p < next && reco_html_is_space(*p)) {
            p++;
        }

        if (*next == '>') {
            t->tag.self_closing = next == p + 1 && *p == '/';
            return next == p || t->tag.self_closing ? next : NULL;
        }

        if (*next != '=' || !is_whole_name(p, next)) {
            return NULL;
        }

        quote = next[1];
        if ((quote != '"' && quote != '\'') || structure_next(s) == NULL) {
            return NULL;
        }

        do {
            close = structure_next(s);
            if (close == NULL) {
                return NULL;
            }
        } while (*close != quote);

        keep_wanted(t, p, next, close);
        p = close + 1;
    }
}


/* Returns what follows the start tag at p, or NULL. */
static inline const char *
skim_start_tag(reco_html_tokenizer_t *t, const char *p)
{
    unsigned len;
    structure_t s;
    const char *end;

    len = name_length(p + 1);
    if (len == 0) {
        return NULL;
    }

    end = p + 1 + len;
    t->tag.start = t->offset + (uint64_t) (p - t->chunk);
    reco_html_tag_begin(t, 0);
    t->tag.name = name_of(p + 1, len);

    if (*end != '>') {
        if (!reco_html_ends_name(*end)) {
            return NULL;
        }

        s.block = p;
        s.end = t->end - BLOCK - NAME_BLOCK;
        s.bits = structure_of(p) & UINT64_MAX << len;

        end = skim_attributes(t, end, &s);
        if (end == NULL) {
            return NULL;
        }
    }

    t->tag.end = t->offset + (uint64_t) (end + 1 - t->chunk);

    return end + 1;
}


/* The name of the end tag at p where it is of the usual form, else 0. */
static inline uint64_t
skim_end_tag(const char *p)
{
    unsigned ends, len;

    ends = (unsigned) _mm_movemask_epi8(
        _mm_cmpeq_epi8(load(p + 2), _mm_set1_epi8('>')));
    len = ends != 0 ? (unsigned) __builtin_ctz(ends) : 0;

    /* What else may stand before '>' is in no open element's name. */
    return len != 0 ? name_of(p + 2, len) : 0;
}


/* Returns what follows the comment at p, NULL where it is one to be seen or
   does not end in the usual way. */
static const char *
skim_comment(const char *p, const char *end, const char *wanted)
{
    size_t len;
    const char *close;

    if (p[1] != '!' || p[2] != '-' || p[3] != '-') {
        return NULL;
    }

    p += 4;
    close = reco_html_scan(p, end, '>');

    /* The dashes may be those that it begins with. */
    if (close == end || close[-1] != '-' || close[-2] != '-') {
        return NULL;
    }

    if (wanted != NULL) {
        while (reco_html_is_space(*p)) {
            p++;
        }

        len = strlen(wanted);
        if ((size_t) (close - p) >= len && memcmp(p, wanted, len) == 0) {
            return NULL;
        }
    }

    return close + 1;
}


/*
 * Goes on until there is a start tag that is wanted, or something that is
 * not for here.
 */
static reco_html_token_t
skim(reco_html_parser_t *parser, const reco_html_interest_t *interest)
{
    const char *p;
    reco_html_tokenizer_t *t;

    t = &parser->tokenizer;

    while (t->state == RECO_HTML_STATE_DATA && !t->cdata
           && !is_stopped(t, interest))
    {
        if (t->p >= parser->index.plain
            || parser->index.next < parser->index.count) {
            reco_html_skim_by_index(parser, interest);
        }

        p = reco_html_scan(t->p, t->end, '<');
        t->p = p;

        if (t->end - p < MARGIN || is_stopped(t, interest)) {
            break;
        }

        if (p[1] == '/') {
            if (!is_plain_end(parser, interest, skim_end_tag(p))) {
                break;
            }
            reco_html_parser_close(parser, parser->tree.depth - 1);
            t->p = p + 2;
            continue;
        }

        if (!reco_html_is_alpha(p[1])) {
            p = skim_comment(p, t->end, interest->comment);
            if (p == NULL) {
                break;
            }
            t->p = p;
            continue;
        }

        p = skim_start_tag(t, p);
        if (p == NULL) {
            break;
        }

        t->p = p;

        if (wants_start_tag(parser, interest)) {
            return RECO_HTML_TOKEN_START;
        }

        pass_start_tag(parser);
    }

    return RECO_HTML_TOKEN_NONE;
}

#endif


reco_html_token_t
reco_html_parser_next(
    reco_html_parser_t *parser, const reco_html_interest_t *interest)
{
    reco_html_token_t token;
    const reco_html_tag_t *tag;

    tag = &parser->tokenizer.tag;

    for (;;) {
#ifdef RECO_HTML_SSE2
        if (skim(parser, interest) == RECO_HTML_TOKEN_START) {
            return RECO_HTML_TOKEN_START;
        }
#endif

        if (is_stopped(&parser->tokenizer, interest)) {
            return RECO_HTML_TOKEN_NONE;
        }

        token = reco_html_tokenizer_next(&parser->tokenizer);

        if (token == RECO_HTML_TOKEN_START
            && !wants_start_tag(parser, interest)) {
            pass_start_tag(parser);

        } else if (token == RECO_HTML_TOKEN_END && !tag->is_raw_end
                   && is_plain_end(parser, interest, tag->name)
                   && tag->end - tag->start <= RECO_HTML_HELD_MAX)
        {
            reco_html_parser_close(parser, parser->tree.depth - 1);

        } else {
            return token;
        }
    }
}
