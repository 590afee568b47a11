/*
 * The harvest's inside (internal): it looks at the tokens that a parser
 * returns, its own or the rewriter's.
 */

#ifndef RECO_HTML_READER_H
#define RECO_HTML_READER_H

#include "reco_html_charset.h"
#include "reco_html_harvest.h"
#include "reco_html_parser.h"

/* The elements that a harvest wants to see, for reco_html_interest_t. */
uint64_t reco_html_harvest_types(void);

/*
 * Takes what the parser returned: a token, or RECO_HTML_TOKEN_NONE at the end
 * of each chunk.  charset: what the page has said so far.
 */
void reco_html_harvest_take(reco_html_harvest_t *harvest,
    const reco_html_tokenizer_t *tokenizer, reco_html_token_t token,
    reco_html_charset_t charset);

#endif /* RECO_HTML_READER_H */
