/*
 * The scanner inside of attributes that hold URLs: whether what stands before a
 * value leaves open which scheme the URL will have.
 */

#include "render/context_state.h"


/* A literal could complete a value's "javascript" with a ":" of any spelling. */
static const char *
url_mixed_byte(reco_render_context_t *context, unsigned char c)
{
    static const char *const refusal =
        "behind a value, \":\" could make a scheme of it; write a URL that "
        "starts with \"/\" or \"https://\"";

    if (c == ':') {
        return refusal;
    }

    if (context->url == RECO_URL_MIXED_AMPERSAND
        && (c == '#' || reco_render_lower(c) == 'c'))
    {
        return refusal;
    }

    context->url = c == '/' || c == '?' || c == '#' ? RECO_URL_REST
                   : c == '&'                       ? RECO_URL_MIXED_AMPERSAND
                                                    : RECO_URL_MIXED;

    return NULL;
}


static void
url_scheme_byte(reco_render_context_t *context, unsigned char c)
{
    static const char *const schemes[] = {"http", "https", "mailto", "tel"};
    size_t i;

    if (c == '/' || c == '?' || c == '#') {
        context->url = RECO_URL_REST;
        return;
    }

    if (c == '&' || reco_render_is_space(c) || c < ' ') {
        context->url = RECO_URL_OPAQUE;
        return;
    }

    if (c != ':') {
        reco_render_append(context->value, &context->value_len, c);
        return;
    }

    context->url = RECO_URL_OPAQUE;

    for (i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
        if (reco_render_equals(context->value, context->value_len, schemes[i]))
        {
            context->url = RECO_URL_REST;
        }
    }
}


const char *
reco_render_url_byte(reco_render_context_t *context, unsigned char c)
{
    if (context->attribute == RECO_ATTRIBUTE_URL_LIST
        && (reco_render_is_space(c) || c == ','))
    {
        context->url = RECO_URL_START;
        return NULL;
    }

    switch ((reco_render_url_t) context->url) {
    case RECO_URL_START:
        if (!reco_render_is_space(c)) {
            context->value_len = 0;
            context->url = RECO_URL_SCHEME;
            url_scheme_byte(context, c);
        }
        return NULL;
    case RECO_URL_SCHEME:
        url_scheme_byte(context, c);
        return NULL;
    case RECO_URL_MIXED:
    case RECO_URL_MIXED_AMPERSAND:
        return url_mixed_byte(context, c);
    default:
        return NULL;
    }
}
