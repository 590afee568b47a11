/*
 * Reading plain tags at speed (internal), by the index.
 */

#ifndef RECO_HTML_SKIM_H
#define RECO_HTML_SKIM_H

#include "reco_html_parser.h"

/*
 * Goes on while there are tags that are of the usual form and that nobody wants
 * to see.  The parser must be in text, in HTML.
 */
void reco_html_skim_by_index(
    reco_html_parser_t *parser, const reco_html_interest_t *interest);

/* True where the tag that was read, which has attributes that are wanted, may
   have one of the needles too. */
int reco_html_skim_may_match(
    reco_html_parser_t *parser, const reco_html_needles_t *needles);

#endif /* RECO_HTML_SKIM_H */
