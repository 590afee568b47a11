/*
 * The scanner inside of elements whose content is not markup.
 */

#include "render/context_state.h"


/* Behind the name of an end tag that may close a raw element. */
static const char *
close_raw(reco_render_context_t *context, unsigned char c)
{
    context->end_tag = 1;

    return reco_render_between_names(context, c);
}


static int
ends_name(const reco_render_context_t *context, unsigned char c)
{
    return context->matched == context->tag_len
           && (reco_render_is_space(c) || c == '/' || c == '>');
}


static int
continues_name(reco_render_context_t *context, unsigned char c)
{
    if (context->matched == context->tag_len
        || context->tag[context->matched] != reco_render_lower(c))
    {
        return 0;
    }

    context->matched++;

    return 1;
}


/* In script, style and the like: everything up to the end tag. */
const char *
reco_render_raw_byte(reco_render_context_t *context, unsigned char c)
{
    if (context->state == RECO_STATE_RAW_NAME) {
        if (ends_name(context, c)) {
            return close_raw(context, c);
        }
        if (continues_name(context, c)) {
            return NULL;
        }
    }

    if (context->state == RECO_STATE_RAW_OPEN) {
        if (c == '!' && context->element == RECO_ELEMENT_SCRIPT) {
            return "\"<!--\" changes where a script ends";
        }
        if (c == '/') {
            context->state = RECO_STATE_RAW_NAME;
            context->matched = 0;
            return NULL;
        }
    }

    context->state = c == '<' ? RECO_STATE_RAW_OPEN : RECO_STATE_RAW;

    return NULL;
}


/* In title, textarea and RECO_STATE_JSON, where "<" may only start the end tag. */
const char *
reco_render_strict_byte(reco_render_context_t *context, unsigned char c)
{
    switch ((reco_render_state_t) context->state) {

    case RECO_STATE_STRICT_OPEN:
        if (c == '/') {
            context->state = RECO_STATE_STRICT_NAME;
            context->matched = 0;
            return NULL;
        }
        break;

    case RECO_STATE_STRICT_NAME:
        if (ends_name(context, c)) {
            return close_raw(context, c);
        }
        if (continues_name(context, c)) {
            return NULL;
        }
        break;

    case RECO_STATE_JSON_ESCAPE:
        context->state = RECO_STATE_JSON_STRING;
        return NULL;

    default:
        if (c == '<') {
            context->state = RECO_STATE_STRICT_OPEN;
        } else if (context->state == RECO_STATE_JSON && c == '"') {
            context->state = RECO_STATE_JSON_STRING;
        } else if (context->state == RECO_STATE_JSON_STRING) {
            context->state = c == '"'    ? RECO_STATE_JSON
                             : c == '\\' ? RECO_STATE_JSON_ESCAPE
                                         : RECO_STATE_JSON_STRING;
        }
        return NULL;
    }

    return context->element == RECO_ELEMENT_SCRIPT
               ? "\"<\" in RECO_STATE_JSON has to be written \\u003C"
               : "\"<\" in this element has to be written &lt;";
}
