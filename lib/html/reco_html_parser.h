/*
 * Tokenizer and open elements together (internal): what a start tag opens
 * decides how the text after it is read.
 */

#ifndef RECO_HTML_PARSER_H
#define RECO_HTML_PARSER_H

#include "reco_html_tree.h"

typedef struct {
    reco_html_tokenizer_t tokenizer;
    reco_html_tree_t tree;
    int lost; /* nested too deep: from here on nothing is open */
} reco_html_parser_t;

/* Which tags a consumer wants to see.  It sees all comments, and the end tags
   of raw text. */
typedef struct {
    uint32_t attributes; /* start tags that have one of these */
    uint64_t types;      /* start tags of these names: reco_html_type_bit() */
    unsigned depth;      /* end tags that close this depth or one above */
    int body;            /* the end tag of the body */
} reco_html_interest_t;

/* A set of names as 64 bits: what is not in it may seem to be. */
static inline uint64_t
reco_html_type_bit(uint64_t name)
{
    return UINT64_C(1) << (name * RECO_HTML_NAME_FACTOR >> 58);
}


/* RECO_NOMEM */
reco_status_t reco_html_parser_init(reco_html_parser_t *parser,
    const reco_html_memory_t *memory, const reco_html_attributes_t *attributes,
    int want_matches);

/*
 * Returns the next token that the consumer wants to see; of tags that it does
 * not, the elements are opened and closed.
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
