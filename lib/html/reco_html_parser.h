/*
 * Tokenizer and open elements together (internal): what a start tag opens
 * decides how the text after it is read.
 */

#ifndef RECO_HTML_PARSER_H
#define RECO_HTML_PARSER_H

#include "reco_html_index.h"

typedef struct {
    reco_html_tokenizer_t tokenizer;
    reco_html_tree_t tree;
    int lost; /* nested too deep: from here on nothing is open */
    const reco_html_kernels_t *kernels; /* NULL: tags are read one by one */
    reco_html_index_t index;
} reco_html_parser_t;

/* Which tags and comments a consumer wants to see.  It sees the end tags of
   raw text, and may see more. */
typedef struct {
    uint32_t attributes;                /* start tags that have one of these */
    const reco_html_needles_t *needles; /* and one of these; NULL: none are */
    uint64_t types;      /* start tags of these names: reco_html_type_bit() */
    unsigned depth;      /* end tags that close this depth or one above */
    int body;            /* the end tag of the body */
    const char *comment; /* comments that begin so, after spaces; NULL: none */
    const char *stop;    /* text from here on is not to be read yet; NULL */
} reco_html_interest_t;

/* RECO_NOMEM */
reco_status_t reco_html_parser_init(reco_html_parser_t *parser,
    const reco_html_memory_t *memory, const reco_html_attributes_t *attributes,
    int want_matches);

/* The next chunk; the one before must have been used up. */
void reco_html_parser_feed(
    reco_html_parser_t *parser, const char *data, size_t len);

/*
 * Returns the next token that the consumer wants to see; of tags that it does
 * not, the elements are opened and closed.  RECO_HTML_TOKEN_NONE before the
 * chunk's end: text is being read, at or behind stop.
 */
reco_html_token_t reco_html_parser_next(
    reco_html_parser_t *parser, const reco_html_interest_t *interest);

/* Takes the start tag that was read: its element is open unless empty. */
void reco_html_parser_open(
    reco_html_parser_t *parser, const reco_html_element_t *element);

/* Opens and closes what a token opens and closes, for a consumer that has no
   more to do with it. */
void reco_html_parser_take(reco_html_parser_t *parser, reco_html_token_t token);

/* Closes the elements deeper than depth. */
static inline void
reco_html_parser_close(reco_html_parser_t *parser, unsigned depth)
{
    parser->tree.depth = depth;
    parser->tokenizer.cdata = reco_html_tree_is_foreign(&parser->tree);
}


#endif /* RECO_HTML_PARSER_H */
