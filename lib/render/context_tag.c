/*
 * The scanner inside of tags: names, attributes, and their values.
 */

#include "render/context_state.h"


const char *
reco_render_start_tag(
    reco_render_context_t *context, unsigned char c, int end_tag)
{
    context->state = RECO_STATE_TAG_NAME;
    context->end_tag = end_tag;
    context->json = 0;
    context->typed = 0;
    context->tag_len = 0;
    context->element = RECO_ELEMENT_ORDINARY;
    reco_render_append(context->tag, &context->tag_len, c);

    return NULL;
}


/* The ">" of a tag: what its content is. */
static const char *
finish_tag(reco_render_context_t *context)
{
    context->state = RECO_STATE_TEXT;

    if (context->end_tag) {
        return NULL;
    }

    switch ((reco_render_element_t) context->element) {
    case RECO_ELEMENT_SCRIPT:
        context->state = context->json ? RECO_STATE_JSON : RECO_STATE_RAW;
        return NULL;
    case RECO_ELEMENT_RAW:
        context->state = RECO_STATE_RAW;
        return NULL;
    case RECO_ELEMENT_RCDATA:
        context->state = RECO_STATE_RCDATA;
        return NULL;
    case RECO_ELEMENT_PLAINTEXT:
        return "<plaintext> swallows the rest of the page";
    default:
        return NULL;
    }
}


void
reco_render_name_element(reco_render_context_t *context)
{
    context->element =
        reco_render_element((reco_str_t){context->tag_len, context->tag});
}


static const char *
start_name(reco_render_context_t *context, unsigned char c)
{
    if (c == '"' || c == '\'' || c == '<' || c == '=') {
        return "an attribute's name is expected here";
    }

    context->state = RECO_STATE_NAME;
    context->name_len = 0;
    reco_render_append(context->name, &context->name_len, c);

    return NULL;
}


static const char *
start_value(reco_render_context_t *context)
{
    reco_str_t name;

    name.data = context->name;
    name.len = context->name_len;

    context->attribute = reco_render_attribute(name);
    context->value_len = 0;
    context->url = RECO_NOT_A_URL;

    if (context->attribute == RECO_ATTRIBUTE_URL
        || context->attribute == RECO_ATTRIBUTE_URL_LIST)
    {
        context->url = RECO_URL_START;
    }

    if (reco_render_equals(context->tag, context->tag_len, "meta")
        && reco_render_equals(name.data, name.len, "http-equiv"))
    {
        return "http-equiv has no place in a block";
    }

    return NULL;
}


/* A value has ended; the type of a script decides what the script holds. */
static const char *
finish_value(reco_render_context_t *context)
{
    const char *type;
    size_t len;

    if (context->element != RECO_ELEMENT_SCRIPT
        || !reco_render_equals(context->name, context->name_len, "type"))
    {
        return NULL;
    }

    if (context->typed) {
        return "this script has two types";
    }

    type = context->value;
    len = context->value_len;

    context->typed = 1;
    context->json = reco_render_equals(type, len, "application/ld+json")
                    || reco_render_equals(type, len, "application/json");

    return NULL;
}


const char *
reco_render_between_names(reco_render_context_t *context, unsigned char c)
{
    if (reco_render_is_space(c)) {
        context->state = RECO_STATE_BEFORE_NAME;
        return NULL;
    }

    if (c == '/') {
        context->state = RECO_STATE_SLASH;
        return NULL;
    }

    return c == '>' ? finish_tag(context) : start_name(context, c);
}


static const char *
slash_byte(reco_render_context_t *context, unsigned char c)
{
    if (c != '>' || context->end_tag) {
        return reco_render_between_names(context, c);
    }

    switch ((reco_render_element_t) context->element) {
    case RECO_ELEMENT_SCRIPT:
    case RECO_ELEMENT_RAW:
    case RECO_ELEMENT_RCDATA:
        return "\"/>\" does not close this element in HTML; write the end tag";
    default:
        return finish_tag(context);
    }
}


/* In a tag, outside of attribute values. */
const char *
reco_render_tag_byte(reco_render_context_t *context, unsigned char c)
{
    switch ((reco_render_state_t) context->state) {

    case RECO_STATE_TAG_NAME:
        if (reco_render_is_space(c) || c == '/' || c == '>') {
            reco_render_name_element(context);
            return reco_render_between_names(context, c);
        }
        if (c == '<' || c == '"' || c == '\'' || c == '=') {
            return "this byte cannot be in a tag's name";
        }
        reco_render_append(context->tag, &context->tag_len, c);
        return NULL;

    case RECO_STATE_NAME:
        if (c == '=') {
            context->state = RECO_STATE_BEFORE_VALUE;
            return start_value(context);
        }
        if (reco_render_is_space(c)) {
            context->state = RECO_STATE_AFTER_NAME;
            return NULL;
        }
        if (c == '/' || c == '>') {
            return reco_render_between_names(context, c);
        }
        if (c == '<' || c == '"' || c == '\'') {
            return "this byte cannot be in an attribute's name";
        }
        reco_render_append(context->name, &context->name_len, c);
        return NULL;

    case RECO_STATE_AFTER_NAME:
        if (c == '=') {
            context->state = RECO_STATE_BEFORE_VALUE;
            return start_value(context);
        }
        return reco_render_is_space(c) ? NULL
                                       : reco_render_between_names(context, c);

    case RECO_STATE_AFTER_VALUE:
    case RECO_STATE_BOUNDARY:
        if (!reco_render_is_space(c) && c != '/' && c != '>') {
            return "a space is needed between attributes";
        }
        return reco_render_between_names(context, c);

    case RECO_STATE_SLASH:
        return slash_byte(context, c);

    default:
        return reco_render_between_names(context, c);
    }
}


static const char *
start_value_byte(reco_render_context_t *context, unsigned char c)
{
    if (reco_render_is_space(c)) {
        return NULL;
    }

    if (c == '>') {
        return "an attribute's value is expected here";
    }

    if (c == '"' || c == '\'') {
        context->state = RECO_STATE_VALUE;
        context->quote = c;
        return NULL;
    }

    context->state = RECO_STATE_BARE_VALUE;
    reco_render_append(context->value, &context->value_len, c);

    return NULL;
}


const char *
reco_render_value_byte(reco_render_context_t *context, unsigned char c)
{
    const char *refusal;

    if (context->state == RECO_STATE_BEFORE_VALUE) {
        return start_value_byte(context, c);
    }

    if (context->state == RECO_STATE_VALUE && c == context->quote) {
        context->state = RECO_STATE_AFTER_VALUE;
        return finish_value(context);
    }

    if (context->state == RECO_STATE_BARE_VALUE
        && (reco_render_is_space(c) || c == '>'))
    {
        refusal = finish_value(context);
        return refusal != NULL ? refusal
                               : reco_render_between_names(context, c);
    }

    if (context->url != RECO_NOT_A_URL) {
        return reco_render_url_byte(context, c);
    }

    reco_render_append(context->value, &context->value_len, c);

    return NULL;
}
