/*
 * How a reader stands where text is being read (internal): what has to be the
 * same for the same bytes to be read the same way.
 */

#ifndef RECO_HTML_STAND_H
#define RECO_HTML_STAND_H

#include "reco_html_rewriter.h"

/* Elements that are open, at most. */
#define RECO_HTML_STAND_DEPTH 32

typedef struct {
    const reco_html_plan_t *plan;
    uint32_t filled;
    uint16_t around; /* the space around all elements: XML or not */
    uint16_t depth;
    uint32_t charset; /* as far as it is known */
    uint32_t begin;   /* of the page: it may say one yet */
} reco_html_stand_t;

/* Bytes of one, with the open elements. */
#define RECO_HTML_STAND_MAX                                                    \
    (sizeof(reco_html_stand_t)                                                 \
        + RECO_HTML_STAND_DEPTH                                                \
              * (sizeof(uint64_t) + 1 + sizeof(reco_html_matches_t)))

/* True where it can be written and tells all: nothing waits for an element's
   end, and the page's charset has been looked for, or not yet. */
int reco_html_stand_tells(const reco_html_rewriter_t *rewriter);

/* Writes it, RECO_HTML_STAND_MAX bytes at most; returns how many. */
size_t reco_html_stand_write(const reco_html_rewriter_t *rewriter, char *out);

/* Has the reader stand so. */
void reco_html_stand_take(reco_html_rewriter_t *rewriter, reco_str_t stand);

#endif /* RECO_HTML_STAND_H */
