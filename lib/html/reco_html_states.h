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

/* By state: those up to RECO_HTML_STATE_SELF_CLOSING, and those after it. */
extern const reco_html_state_handler_t reco_html_tag_states[];
extern const reco_html_state_handler_t reco_html_text_states[];


/*
 * A span is a piece of the page that is being read: a name, a value, a
 * comment.  It lies within the chunk, or what came before the chunk is in
 * scratch.
 */

/* Begins one at p, of which limit bytes are kept. */
void reco_html_span_begin(
    reco_html_tokenizer_t *t, const char *p, size_t limit);

/* Puts the span up to p into scratch: the chunk ends there. */
void reco_html_span_carry(reco_html_tokenizer_t *t, const char *p);

/* Ends it at p.  Returns what was kept and sets span_len to its length. */
reco_str_t reco_html_span_end(reco_html_tokenizer_t *t, const char *p);


/* Takes what ended the tag's name, at p. */
const char *reco_html_tag_named(reco_html_tokenizer_t *t, const char *p);


static inline void
reco_html_tag_begin(reco_html_tokenizer_t *t, int is_end)
{
    t->tag.present = 0;
    t->tag.early = 0;
    t->tag.overlong = 0;
    t->tag.is_end = (uint8_t) is_end;
    t->tag.is_raw_end = 0;
    t->tag.self_closing = 0;
    t->used = 0;
    t->captured = 0;
    t->attribute = -1;
}


/* An attribute of this name begins: returns 0 where nobody looks at it. */
static inline int
reco_html_attribute_begin(reco_html_tokenizer_t *t, uint64_t name)
{
    int index;

    index = reco_html_attributes_find(t->attributes, t->wanted, name);

    /* Of attributes with one name the first counts. */
    if (index < 0 || (t->tag.present >> index & 1)
        || (reco_html_attribute_is_foreign(index) && !t->cdata)
        || (reco_html_attribute_is_harvested(t->attributes, index)
            && t->tag.start >= t->harvest_until))
    {
        index = -1;
    }

    t->attribute = index;

    return index >= 0;
}


/* Its value, len bytes of which value has those that were kept, ends at p. */
void reco_html_attribute_end(
    reco_html_tokenizer_t *t, const char *p, reco_str_t value, size_t len);

#endif /* RECO_HTML_STATES_H */
