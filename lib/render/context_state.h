/*
 * Inside of the scanner: its states, and the functions that its files call in
 * each other.
 */

#ifndef RECO_RENDER_CONTEXT_STATE_H
#define RECO_RENDER_CONTEXT_STATE_H

#include <string.h>

#include "render/template_context.h"
#include "render/context_names.h"


typedef enum {
    RECO_STATE_TEXT,
    RECO_STATE_TAG_OPEN, /* behind "<" */
    RECO_STATE_END_TAG_OPEN,
    RECO_STATE_MARKUP, /* behind "<!" */
    RECO_STATE_MARKUP_DASH,
    RECO_STATE_COMMENT_START,
    RECO_STATE_COMMENT_START_DASH,
    RECO_STATE_COMMENT,
    RECO_STATE_COMMENT_DASH,
    RECO_STATE_COMMENT_END,
    RECO_STATE_COMMENT_END_BANG,
    RECO_STATE_BOGUS_COMMENT,
    RECO_STATE_TAG_NAME,
    RECO_STATE_BEFORE_NAME,
    RECO_STATE_NAME,
    RECO_STATE_AFTER_NAME,
    RECO_STATE_BEFORE_VALUE,
    RECO_STATE_VALUE, /* between quotes */
    RECO_STATE_BARE_VALUE,
    RECO_STATE_AFTER_VALUE,
    RECO_STATE_SLASH,
    RECO_STATE_BOUNDARY, /* a section's edge inside of a tag */
    RECO_STATE_RAW,
    RECO_STATE_RAW_OPEN,
    RECO_STATE_RAW_NAME,
    RECO_STATE_RCDATA,
    RECO_STATE_JSON,
    RECO_STATE_JSON_STRING,
    RECO_STATE_JSON_ESCAPE,
    RECO_STATE_STRICT_OPEN, /* "<" in RCDATA or JSON */
    RECO_STATE_STRICT_NAME
} reco_render_state_t;

typedef enum {
    RECO_NOT_A_URL,
    RECO_URL_START,  /* nothing yet: a value is a whole URL */
    RECO_URL_SCHEME, /* literal letters that could become a scheme */
    RECO_URL_MIXED,  /* first segment, with a value in it or perhaps empty */
    RECO_URL_MIXED_AMPERSAND,
    RECO_URL_REST,  /* behind the scheme, or certainly relative */
    RECO_URL_OPAQUE /* a scheme or spelling that takes no values */
} reco_render_url_t;


static inline int
reco_render_is_space(unsigned char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}


static inline int
reco_render_is_letter(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}


static inline char
reco_render_lower(unsigned char c)
{
    return c >= 'A' && c <= 'Z' ? c + 32 : c;
}


static inline void
reco_render_append(char *buffer, unsigned char *len, unsigned char c)
{
    if (*len < RECO_CONTEXT_NAME_MAX) {
        buffer[(*len)++] = reco_render_lower(c);
    }
}


static inline int
reco_render_equals(const char *buffer, size_t len, const char *text)
{
    return strlen(text) == len && memcmp(buffer, text, len) == 0;
}


/* One byte, by groups of states; NULL, or why the template is refused. */
const char *reco_render_tag_byte(
    reco_render_context_t *context, unsigned char c);
const char *reco_render_value_byte(
    reco_render_context_t *context, unsigned char c);
const char *reco_render_raw_byte(
    reco_render_context_t *context, unsigned char c);
const char *reco_render_strict_byte(
    reco_render_context_t *context, unsigned char c);
const char *reco_render_url_byte(
    reco_render_context_t *context, unsigned char c);

/* The name in context->tag is complete. */
void reco_render_name_element(reco_render_context_t *context);

/* A byte behind a tag's name or an attribute. */
const char *reco_render_between_names(
    reco_render_context_t *context, unsigned char c);

const char *reco_render_start_tag(
    reco_render_context_t *context, unsigned char c, int end_tag);

#endif /* RECO_RENDER_CONTEXT_STATE_H */
