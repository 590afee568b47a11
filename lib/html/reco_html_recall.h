/*
 * How a rewriter uses the passages that are known (internal).
 *
 * Where text is being read and nothing waits for an element's end, a passage
 * may begin.  Either one that is known has the same bytes, and is passed over;
 * or the page is read up to the next anchor, a '<' that its own bytes choose,
 * so that pages which differ come together again behind it.
 *
 * A passage is compared over as many chunks as it comes in.  What was the same
 * in those before has gone out by the time a chunk differs: it is read from a
 * copy then.  Nothing can have a place in there, as nothing has one in the
 * whole passage and no block goes before what is not complete: plans in which
 * one may are not for this.
 */

#ifndef RECO_HTML_RECALL_H
#define RECO_HTML_RECALL_H

#include "reco_html_rewriter.h"

/* Before a token is looked for: goes ahead as far as is known. */
void reco_html_recall_advance(reco_html_rewriter_t *rewriter, int last);

/* A token has come that may take a block, and is not taken yet: a passage ends
   before it. */
void reco_html_recall_token(
    reco_html_rewriter_t *rewriter, reco_html_token_t token);

/* Where the reader is to stop; NULL: nowhere. */
const char *reco_html_recall_stop(const reco_html_rewriter_t *rewriter);

/* The reader has used up what it was fed.  Returns 1 where that was a copy and
   the chunk comes now. */
int reco_html_recall_used_up(reco_html_rewriter_t *rewriter);

#endif /* RECO_HTML_RECALL_H */
