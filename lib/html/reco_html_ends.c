/*
 * What happens where elements end: at their end tag, at one of an element
 * around them, or at the end of the page.
 */

#include "reco_html_rewriter.h"


static void
end_element(reco_html_rewriter_t *r, const reco_html_ending_t *ending,
    uint64_t start, uint64_t end)
{
    if (ending->keep_before) {
        reco_html_rewriter_queue(r, RECO_HTML_KEEP_FROM, start, 0, 0);
    }

    reco_html_rewriter_queue(
        r, RECO_HTML_INSERT_PLACES, start, ending->append, 0);

    if (ending->keep_after) {
        reco_html_rewriter_queue(r, RECO_HTML_KEEP_FROM, end, 0, 0);
    }

    reco_html_rewriter_queue(r, RECO_HTML_INSERT_PLACES, end, ending->after, 0);
}


int
reco_html_rewriter_close_one(
    reco_html_rewriter_t *r, uint64_t start, uint64_t end)
{
    const reco_html_ending_t *ending;

    if (r->ending_count == 0
        || r->endings[r->ending_count - 1].element < r->close_to)
    {
        reco_html_parser_close(&r->parser, r->close_to);
        return 0;
    }

    ending = &r->endings[--r->ending_count];
    end_element(r, ending, start, end);

    return 1;
}


void
reco_html_rewriter_close_implied(reco_html_rewriter_t *r, unsigned depth,
    uint64_t at, reco_html_phase_t next)
{
    r->close_to = depth;
    r->close_at = at;
    r->phase = RECO_HTML_PHASE_CLOSE;
    r->phase_after_close = next;
}


void
reco_html_rewriter_fill_unplaced(reco_html_rewriter_t *r, uint64_t at)
{
    reco_html_rewriter_queue(
        r, RECO_HTML_INSERT_SLOTS, at, reco_html_rewriter_unplaced(r), 0);
    r->filled |= reco_html_rewriter_unplaced(r);
}


void
reco_html_rewriter_take_end_tag(reco_html_rewriter_t *r)
{
    unsigned depth;
    const reco_html_tag_t *tag;

    tag = &r->parser.tokenizer.tag;

    /* Its bytes were not held so long: it cannot be acted on. */
    if (reco_html_rewriter_is_long(tag) && !tag->is_raw_end) {
        r->limited = 1;
        return;
    }

    depth = reco_html_tree_match(&r->parser.tree, tag);
    r->matching = depth;

    if (depth < r->parser.tree.depth
        && r->parser.tree.names[depth] == tag->name) {
        depth++;
    }

    reco_html_rewriter_close_implied(
        r, depth, tag->start, RECO_HTML_PHASE_FILL_AT_BODY);
}


/* Only where the page ends in text may anything follow. */
void
reco_html_rewriter_take_end(reco_html_rewriter_t *r, uint64_t at)
{
    r->phase = RECO_HTML_PHASE_ENDED;

    if (r->parser.tokenizer.state == RECO_HTML_STATE_DATA) {
        reco_html_rewriter_close_implied(r, 0, at, RECO_HTML_PHASE_FILL_AT_END);
    }
}
