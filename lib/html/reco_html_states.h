/*
 * The tokenizer's inside (internal): one function per state.  Each is called
 * with p before the end of the chunk, takes what it can, sets the next state
 * and returns where that state begins; it sets token where one is complete.
 */

#ifndef RECO_HTML_STATES_H
#define RECO_HTML_STATES_H

#include "reco_html_tokenizer.h"

typedef const char *(*reco_html_state_handler_t)(
    reco_html_tokenizer_t *tokenizer, const char *p);

extern const reco_html_state_handler_t reco_html_states[];

/* Puts the piece being read, up to p, into scratch: the chunk ends there. */
void reco_html_span_carry(reco_html_tokenizer_t *tokenizer, const char *p);

#endif /* RECO_HTML_STATES_H */
