/*
 * Mustache's tags, as text.
 */

#ifndef RECO_RENDER_TEMPLATE_TAG_H
#define RECO_RENDER_TEMPLATE_TAG_H

#include "reco.h"


typedef enum {
    RECO_TAG_VALUE,
    RECO_TAG_PLAIN_VALUE, /* {{{name}}} and {{&name}} */
    RECO_TAG_SECTION,
    RECO_TAG_INVERTED,
    RECO_TAG_CLOSE,
    RECO_TAG_COMMENT
} reco_render_tag_kind_t;

typedef struct {
    reco_render_tag_kind_t kind;
    const char *start; /* "{{" */
    const char *end;   /* behind "}}" */
    reco_str_t name;
} reco_render_tag_t;


/* Reads the tag at start, which is "{{"; NULL, or what is wrong with it. */
const char *reco_render_read_tag(
    const char *start, const char *end, reco_render_tag_t *tag);

/*
 * A tag that prints nothing and has a line of its own takes the line along:
 * tag->end moves behind the line's end, and the line's start is returned.
 * Otherwise tag->start is.  text: where the literal before the tag starts.
 */
const char *reco_render_take_line(reco_render_tag_t *tag, const char *source,
    const char *text, const char *end);

#endif /* RECO_RENDER_TEMPLATE_TAG_H */
