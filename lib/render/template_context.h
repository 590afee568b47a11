/*
 * Where in an HTML page a template stands: a small scanner over the template's
 * own literal text, run once at configuration time.
 *
 * It follows the WHATWG tokenizer as far as it must to know how a value has to
 * be escaped, and is stricter wherever browsers are known to guess: what it
 * does not understand it refuses, with a reason for the template's author.
 */

#ifndef RECO_RENDER_TEMPLATE_CONTEXT_H
#define RECO_RENDER_TEMPLATE_CONTEXT_H

#include "render/template.h"


#define RECO_CONTEXT_NAME_MAX 24

typedef struct {
    unsigned char state;
    unsigned char quote;
    unsigned char element;   /* kind of the tag's element */
    unsigned char attribute; /* kind of the attribute's value */
    unsigned char url;       /* how far a URL attribute's value has come */
    unsigned char end_tag;
    unsigned char json; /* the script's type says that it holds JSON */
    unsigned char typed;
    unsigned char matched; /* bytes of an end tag's name seen so far */
    unsigned char tag_len;
    unsigned char name_len;
    unsigned char value_len;
    char tag[RECO_CONTEXT_NAME_MAX];
    char name[RECO_CONTEXT_NAME_MAX];
    char value[RECO_CONTEXT_NAME_MAX];
} reco_render_context_t;

/* How a literal character that is not ASCII can be spelt in ASCII. */
typedef enum {
    RECO_SPELL_REFERENCE, /* &#xE9; */
    RECO_SPELL_JSON,      /* \u00E9 */
    RECO_SPELL_NONE
} reco_render_spell_t;


/* The start of a template: text between tags. */
void reco_render_context_init(reco_render_context_t *context);

/* All of these return NULL, or why the template is refused. */

/* One more byte of literal text. */
const char *reco_render_context_byte(
    reco_render_context_t *context, unsigned char byte);

/* A value is printed here: how it has to be escaped. */
const char *reco_render_context_value(
    reco_render_context_t *context, reco_render_escape_t *escape);

/* A section starts or ends here. */
const char *reco_render_context_section(reco_render_context_t *context);

/*
 * The context behind a section, which is true or false: skipped is the one
 * before it, *context the one at its end.  loop: the end may also be followed
 * by the start.
 */
const char *reco_render_context_join(reco_render_context_t *context,
    const reco_render_context_t *skipped, int loop);

/* The template ends here. */
const char *reco_render_context_end(const reco_render_context_t *context);

reco_render_spell_t reco_render_context_spell(
    const reco_render_context_t *context);

#endif /* RECO_RENDER_TEMPLATE_CONTEXT_H */
