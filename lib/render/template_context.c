/*
 * The scanner: one function for each group of states, one byte at a time.
 *
 * After the tokenization chapter of the WHATWG HTML standard, with three
 * simplifications that only ever refuse more: markup inside of title, textarea
 * and JSON is refused; "<!--" in a script, CDATA sections, and names with
 * quotes or "<" in them are refused; sections may only stand where a browser
 * sees whole pieces.
 */

#include "render/context_state.h"


void
reco_render_context_init(reco_render_context_t *context)
{
    memset(context, 0, sizeof(*context));
    context->state = RECO_STATE_TEXT;
}


static const char *
markup_byte(reco_render_context_t *context, unsigned char c)
{
    switch ((reco_render_state_t) context->state) {

    case RECO_STATE_TEXT:
        if (c == '<') {
            context->state = RECO_STATE_TAG_OPEN;
        }
        return NULL;

    case RECO_STATE_TAG_OPEN:
        if (reco_render_is_letter(c)) {
            return reco_render_start_tag(context, c, 0);
        }
        context->state = c == '/'   ? RECO_STATE_END_TAG_OPEN
                         : c == '!' ? RECO_STATE_MARKUP
                         : c == '?' ? RECO_STATE_BOGUS_COMMENT
                         : c == '<' ? RECO_STATE_TAG_OPEN
                                    : RECO_STATE_TEXT;
        return NULL;

    case RECO_STATE_END_TAG_OPEN:
        if (reco_render_is_letter(c)) {
            return reco_render_start_tag(context, c, 1);
        }
        context->state = c == '>' ? RECO_STATE_TEXT : RECO_STATE_BOGUS_COMMENT;
        return NULL;

    case RECO_STATE_MARKUP:
        if (c == '[') {
            return "CDATA sections mean different things in HTML and SVG; "
                   "write plain text";
        }
        context->state = c == '-'   ? RECO_STATE_MARKUP_DASH
                         : c == '>' ? RECO_STATE_TEXT
                                    : RECO_STATE_BOGUS_COMMENT;
        return NULL;

    default:
        context->state = c == '>' ? RECO_STATE_TEXT : RECO_STATE_BOGUS_COMMENT;
        return NULL;
    }
}


static const char *
comment_byte(reco_render_context_t *context, unsigned char c)
{
    reco_render_state_t next;

    switch ((reco_render_state_t) context->state) {
    case RECO_STATE_MARKUP_DASH:
        next = c == '-'   ? RECO_STATE_COMMENT_START
               : c == '>' ? RECO_STATE_TEXT
                          : RECO_STATE_BOGUS_COMMENT;
        break;
    case RECO_STATE_COMMENT_START:
        next = c == '>'   ? RECO_STATE_TEXT
               : c == '-' ? RECO_STATE_COMMENT_START_DASH
                          : RECO_STATE_COMMENT;
        break;
    case RECO_STATE_COMMENT_START_DASH:
        next = c == '>'   ? RECO_STATE_TEXT
               : c == '-' ? RECO_STATE_COMMENT_END
                          : RECO_STATE_COMMENT;
        break;
    case RECO_STATE_COMMENT:
        next = c == '-' ? RECO_STATE_COMMENT_DASH : RECO_STATE_COMMENT;
        break;
    case RECO_STATE_COMMENT_DASH:
        next = c == '-' ? RECO_STATE_COMMENT_END : RECO_STATE_COMMENT;
        break;
    case RECO_STATE_COMMENT_END:
        next = c == '>'   ? RECO_STATE_TEXT
               : c == '-' ? RECO_STATE_COMMENT_END
               : c == '!' ? RECO_STATE_COMMENT_END_BANG
                          : RECO_STATE_COMMENT;
        break;
    default:
        next = c == '>'   ? RECO_STATE_TEXT
               : c == '-' ? RECO_STATE_COMMENT_DASH
                          : RECO_STATE_COMMENT;
        break;
    }

    context->state = next;

    return NULL;
}


const char *
reco_render_context_byte(reco_render_context_t *context, unsigned char c)
{
    if (c == '\0') {
        return "a NUL byte";
    }

    switch ((reco_render_state_t) context->state) {
    case RECO_STATE_TEXT:
    case RECO_STATE_TAG_OPEN:
    case RECO_STATE_END_TAG_OPEN:
    case RECO_STATE_MARKUP:
    case RECO_STATE_BOGUS_COMMENT:
        return markup_byte(context, c);
    case RECO_STATE_MARKUP_DASH:
    case RECO_STATE_COMMENT_START:
    case RECO_STATE_COMMENT_START_DASH:
    case RECO_STATE_COMMENT:
    case RECO_STATE_COMMENT_DASH:
    case RECO_STATE_COMMENT_END:
    case RECO_STATE_COMMENT_END_BANG:
        return comment_byte(context, c);
    case RECO_STATE_BEFORE_VALUE:
    case RECO_STATE_VALUE:
    case RECO_STATE_BARE_VALUE:
        return reco_render_value_byte(context, c);
    case RECO_STATE_RAW:
    case RECO_STATE_RAW_OPEN:
    case RECO_STATE_RAW_NAME:
        return reco_render_raw_byte(context, c);
    case RECO_STATE_RCDATA:
    case RECO_STATE_JSON:
    case RECO_STATE_JSON_STRING:
    case RECO_STATE_JSON_ESCAPE:
    case RECO_STATE_STRICT_OPEN:
    case RECO_STATE_STRICT_NAME:
        return reco_render_strict_byte(context, c);
    default:
        return reco_render_tag_byte(context, c);
    }
}


static const char *
url_value(reco_render_context_t *context, reco_render_escape_t *escape)
{
    if (context->element != RECO_ELEMENT_LINKING) {
        return "no value may be a URL of this element: what it loads could "
               "act in the page's name";
    }

    switch ((reco_render_url_t) context->url) {
    case RECO_URL_START:
        *escape = context->attribute == RECO_ATTRIBUTE_URL_LIST
                      ? RECO_ESCAPE_URL_LIST
                      : RECO_ESCAPE_URL;
        context->url = RECO_URL_MIXED;
        return NULL;
    case RECO_URL_OPAQUE:
        return "only http, https, mailto, tel and relative URLs take values";
    case RECO_URL_REST:
        *escape = RECO_ESCAPE_URL_PART;
        return NULL;
    default:
        *escape = RECO_ESCAPE_URL_PART;
        context->url = RECO_URL_MIXED;
        return NULL;
    }
}


static const char *
attribute_value(reco_render_context_t *context, reco_render_escape_t *escape)
{
    reco_str_t name;

    name.data = context->name;
    name.len = context->name_len;

    switch ((reco_render_element_t) context->element) {
    case RECO_ELEMENT_REFUSED:
        return "no value may stand in this element's attributes";
    case RECO_ELEMENT_SCRIPT:
    case RECO_ELEMENT_RAW:
        if (!reco_render_attribute_is_inert(name)) {
            return "in this element values may only stand in nonce, id, class "
                   "and data-*";
        }
        break;
    default:
        break;
    }

    switch ((reco_render_attribute_t) context->attribute) {
    case RECO_ATTRIBUTE_CODE:
        return "this attribute holds code or style, which takes no values";
    case RECO_ATTRIBUTE_URL:
    case RECO_ATTRIBUTE_URL_LIST:
        return url_value(context, escape);
    default:
        *escape = RECO_ESCAPE_HTML;
        return NULL;
    }
}


const char *
reco_render_context_value(
    reco_render_context_t *context, reco_render_escape_t *escape)
{
    switch ((reco_render_state_t) context->state) {
    case RECO_STATE_TEXT:
    case RECO_STATE_RCDATA:
        *escape = RECO_ESCAPE_HTML;
        return NULL;
    case RECO_STATE_VALUE:
        if (context->end_tag) {
            return "an end tag has no attributes";
        }
        return attribute_value(context, escape);
    case RECO_STATE_JSON_STRING:
        *escape = RECO_ESCAPE_JSON_STRING;
        return NULL;
    case RECO_STATE_JSON:
        *escape = RECO_ESCAPE_JSON_VALUE;
        return NULL;
    case RECO_STATE_BEFORE_VALUE:
    case RECO_STATE_BARE_VALUE:
        return "put the attribute's value in quotes";
    case RECO_STATE_COMMENT:
    case RECO_STATE_COMMENT_START:
    case RECO_STATE_COMMENT_START_DASH:
    case RECO_STATE_COMMENT_DASH:
    case RECO_STATE_COMMENT_END:
    case RECO_STATE_COMMENT_END_BANG:
    case RECO_STATE_BOGUS_COMMENT:
        return "no value may stand in a comment";
    case RECO_STATE_RAW:
    case RECO_STATE_RAW_OPEN:
    case RECO_STATE_RAW_NAME:
        return "no value may stand in script, style or noscript; in a script "
               "use type=\"application/json\"";
    case RECO_STATE_JSON_ESCAPE:
        return "a value cannot follow a backslash";
    case RECO_STATE_STRICT_OPEN:
    case RECO_STATE_STRICT_NAME:
    case RECO_STATE_TAG_OPEN:
    case RECO_STATE_END_TAG_OPEN:
    case RECO_STATE_TAG_NAME:
        return "no value may be a tag's name, or follow \"<\"";
    default:
        return "in a tag, a value may only stand in a quoted attribute";
    }
}


const char *
reco_render_context_section(reco_render_context_t *context)
{
    switch ((reco_render_state_t) context->state) {
    case RECO_STATE_TEXT:
    case RECO_STATE_RCDATA:
    case RECO_STATE_JSON:
    case RECO_STATE_JSON_STRING:
    case RECO_STATE_BEFORE_NAME:
    case RECO_STATE_BOUNDARY:
        return NULL;
    case RECO_STATE_VALUE:
        if (context->attribute == RECO_ATTRIBUTE_CODE
            || reco_render_equals(context->name, context->name_len, "type"))
        {
            return "this attribute cannot depend on a section";
        }
        return NULL;
    case RECO_STATE_TAG_NAME:
        reco_render_name_element(context);
        context->state = RECO_STATE_BOUNDARY;
        return NULL;
    case RECO_STATE_NAME:
    case RECO_STATE_AFTER_VALUE:
        context->state = RECO_STATE_BOUNDARY;
        return NULL;
    case RECO_STATE_AFTER_NAME:
        context->state = RECO_STATE_BEFORE_NAME;
        return NULL;
    default:
        return "a section cannot start or end here";
    }
}


static int
same_tag(const reco_render_context_t *a, const reco_render_context_t *b)
{
    return a->end_tag == b->end_tag && a->json == b->json
           && a->tag_len == b->tag_len
           && memcmp(a->tag, b->tag, a->tag_len) == 0;
}


static int
same_place(const reco_render_context_t *a, const reco_render_context_t *b)
{
    if (a->state != b->state) {
        return 0;
    }

    if (a->state == RECO_STATE_TEXT) {
        return 1;
    }

    if (!same_tag(a, b)) {
        return 0;
    }

    return a->state != RECO_STATE_VALUE
           || (a->quote == b->quote && a->attribute == b->attribute
               && a->name_len == b->name_len
               && memcmp(a->name, b->name, a->name_len) == 0);
}


const char *
reco_render_context_join(reco_render_context_t *context,
    const reco_render_context_t *skipped, int loop)
{
    static const char *const refusal =
        "the section ends in another place of the markup than it starts in";
    int between;

    between = (context->state == RECO_STATE_BEFORE_NAME
                  || context->state == RECO_STATE_BOUNDARY)
              && (skipped->state == RECO_STATE_BEFORE_NAME
                  || skipped->state == RECO_STATE_BOUNDARY);

    if (between && same_tag(context, skipped)) {
        if (context->state != skipped->state) {
            context->state = RECO_STATE_BOUNDARY;
            return loop ? refusal : NULL;
        }
        return NULL;
    }

    if (!same_place(context, skipped)) {
        return refusal;
    }

    if (context->state == RECO_STATE_VALUE && context->url != skipped->url) {
        if (loop) {
            return refusal;
        }
        context->url =
            context->url == RECO_URL_OPAQUE || skipped->url == RECO_URL_OPAQUE
                ? RECO_URL_OPAQUE
                : RECO_URL_MIXED;
    }

    return NULL;
}


const char *
reco_render_context_end(const reco_render_context_t *context)
{
    if (context->state == RECO_STATE_TEXT) {
        return NULL;
    }

    return "the template ends inside of a tag, comment, script or other "
           "element that is not closed";
}


reco_render_spell_t
reco_render_context_spell(const reco_render_context_t *context)
{
    switch ((reco_render_state_t) context->state) {
    case RECO_STATE_TEXT:
    case RECO_STATE_RCDATA:
    case RECO_STATE_VALUE:
    case RECO_STATE_BARE_VALUE:
        return RECO_SPELL_REFERENCE;
    case RECO_STATE_JSON_STRING:
        return RECO_SPELL_JSON;
    default:
        return RECO_SPELL_NONE;
    }
}
