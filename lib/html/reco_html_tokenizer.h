/*
 * The tokenizer (internal): WHATWG's states as far as finding tags and
 * comments needs them, one token at a call, from chunks of any size
 * (https://html.spec.whatwg.org/multipage/parsing.html#tokenization).
 *
 * Everything that it reports depends on the page alone, never on where the
 * chunks end: what is cut by an end of chunk is carried over in scratch, and
 * every limit counts bytes of the page.
 */

#ifndef RECO_HTML_TOKENIZER_H
#define RECO_HTML_TOKENIZER_H

#include "reco_html.h"
#include "reco_html_attributes.h"

/* Bytes in the attributes of one tag that are looked at. */
#define RECO_HTML_VALUES_MAX 2048

/* A comment that is longer is no marker. */
#define RECO_HTML_COMMENT_MAX 128


typedef enum {
    RECO_HTML_TOKEN_NONE, /* the chunk is used up */
    RECO_HTML_TOKEN_START,
    RECO_HTML_TOKEN_END,
    RECO_HTML_TOKEN_COMMENT
} reco_html_token_t;


typedef enum {
    RECO_HTML_STATE_DATA,
    RECO_HTML_STATE_TAG_OPEN, /* from here: '<' was seen */
    RECO_HTML_STATE_END_TAG_OPEN,
    RECO_HTML_STATE_TAG_NAME,
    RECO_HTML_STATE_BEFORE_ATTRIBUTE_NAME,
    RECO_HTML_STATE_ATTRIBUTE_NAME,
    RECO_HTML_STATE_AFTER_ATTRIBUTE_NAME,
    RECO_HTML_STATE_BEFORE_ATTRIBUTE_VALUE,
    RECO_HTML_STATE_ATTRIBUTE_VALUE_QUOTED,
    RECO_HTML_STATE_ATTRIBUTE_VALUE_UNQUOTED,
    RECO_HTML_STATE_SELF_CLOSING, /* up to here: no '>' yet */
    RECO_HTML_STATE_PLAINTEXT,
    RECO_HTML_STATE_RAW,
    RECO_HTML_STATE_RAW_LESS_THAN,
    RECO_HTML_STATE_RAW_END_TAG_NAME,
    RECO_HTML_STATE_SCRIPT,
    RECO_HTML_STATE_SCRIPT_LESS_THAN,
    RECO_HTML_STATE_SCRIPT_ESCAPE_START,
    RECO_HTML_STATE_SCRIPT_ESCAPE_START_DASH,
    RECO_HTML_STATE_SCRIPT_ESCAPED,
    RECO_HTML_STATE_SCRIPT_ESCAPED_LESS_THAN,
    RECO_HTML_STATE_SCRIPT_DOUBLE_ESCAPE_START,
    RECO_HTML_STATE_SCRIPT_DOUBLE_ESCAPED,
    RECO_HTML_STATE_SCRIPT_DOUBLE_ESCAPED_LESS_THAN,
    RECO_HTML_STATE_SCRIPT_DOUBLE_ESCAPE_END,
    RECO_HTML_STATE_MARKUP_DECLARATION,
    RECO_HTML_STATE_COMMENT_START_DASH,
    RECO_HTML_STATE_COMMENT,
    RECO_HTML_STATE_BOGUS_COMMENT,
    RECO_HTML_STATE_CDATA_START,
    RECO_HTML_STATE_CDATA
} reco_html_state_t;


/*
 * A tag, as far as it has been seen.  Attributes are bits by index; the first
 * of a name counts.  Values are as written, character references included,
 * and point into the chunk or into scratch.
 */
typedef struct {
    uint64_t name;  /* 0 until it is complete */
    uint64_t start; /* offset in the page of '<' */
    uint64_t end;   /* and of what follows '>' */
    uint32_t present;
    uint32_t early;    /* of these, complete in RECO_HTML_HELD_MAX bytes */
    uint32_t overlong; /* of these, value over RECO_HTML_VALUES_MAX: none */
    uint8_t is_end;
    uint8_t is_raw_end; /* it ends raw text */
    uint8_t self_closing;
    reco_str_t values[RECO_HTML_ATTRIBUTES_MAX];
} reco_html_tag_t;


typedef struct {
    const reco_html_attributes_t *attributes;
    const reco_html_wanted_t *wanted; /* of attributes */
    uint64_t harvest_until;
    reco_html_tag_t tag;
    reco_str_t comment;

    reco_html_state_t state;
    reco_html_token_t token;

    /* The chunk: p is where the next token is looked for. */
    const char *chunk;
    const char *p;
    const char *end;
    uint64_t offset; /* of the chunk in the page */

    /*
     * The piece that is being read, a name, value or comment: from span in
     * this chunk, with carried bytes of scratch before it.  span_len counts
     * what came before this chunk, also beyond span_limit.
     */
    const char *span;
    size_t span_len;
    size_t span_limit;
    unsigned spanning;
    unsigned carried;
    unsigned used;     /* bytes of scratch that hold values of this tag */
    unsigned captured; /* bytes of this tag's values, wherever they are */

    int attribute; /* index of the one being read, or -1 */
    char quote;
    unsigned matched;    /* characters of a string that is being recognised */
    unsigned recent;     /* the last bytes read in a comment or the like */
    reco_str_t raw_name; /* what ends raw text */
    reco_html_state_t raw_return; /* where a thing that does not end it goes */
    int cdata; /* set by the consumer: the place is in SVG or MathML */

    char scratch[RECO_HTML_VALUES_MAX + RECO_HTML_NAME_MAX];
} reco_html_tokenizer_t;

void reco_html_tokenizer_init(
    reco_html_tokenizer_t *tokenizer, const reco_html_attributes_t *attributes);

/* Has it look, in tags that begin before an offset of the page, at what the
   harvest looks at too. */
void reco_html_tokenizer_harvest(
    reco_html_tokenizer_t *tokenizer, uint64_t until);

/* The next chunk; the one before must have been used up. */
void reco_html_tokenizer_feed(
    reco_html_tokenizer_t *tokenizer, const char *data, size_t len);

/*
 * Returns the next token.  After a start tag the consumer may set state to
 * RECO_HTML_STATE_PLAINTEXT or call one of the two below.  After
 * RECO_HTML_TOKEN_NONE the chunk is no longer referred to.
 */
reco_html_token_t reco_html_tokenizer_next(reco_html_tokenizer_t *tokenizer);

/* What follows is text up to the end tag of this name (of static lifetime). */
void reco_html_tokenizer_raw(reco_html_tokenizer_t *tokenizer, reco_str_t name);
void reco_html_tokenizer_script(reco_html_tokenizer_t *tokenizer);

/* The offset in the page of a place in the chunk. */
static inline uint64_t
reco_html_page_offset(const reco_html_tokenizer_t *tokenizer, const char *p)
{
    return tokenizer->offset + (uint64_t) (p - tokenizer->chunk);
}


/* True between '<' and '>' of what may be a tag. */
static inline int
reco_html_tokenizer_in_tag(const reco_html_tokenizer_t *tokenizer)
{
    return tokenizer->state >= RECO_HTML_STATE_TAG_OPEN
           && tokenizer->state <= RECO_HTML_STATE_SELF_CLOSING;
}

#endif /* RECO_HTML_TOKENIZER_H */
