/*
 * The words of a selector: names, strings, their escapes, and what is said of
 * one that is none.
 */

#include "reco_html_selector.h"
#include "reco_html_references.h"


reco_status_t
reco_html_selector_fail_with(
    reco_html_selector_t *parser, reco_status_t status, const char *what)
{
    unsigned column;

    column = (unsigned) (parser->p - parser->begin) + 1;

    if (parser->error != NULL) {
        parser->error->line = 1;
        parser->error->column = column;
    }

    return reco_error_set(parser->error, status,
        "%s at column %u of selector \"%.*s\"", what, column,
        (int) (parser->end - parser->begin), parser->begin);
}


reco_status_t
reco_html_selector_fail(reco_html_selector_t *parser, const char *what)
{
    return reco_html_selector_fail_with(parser, RECO_INVALID, what);
}


int
reco_html_selector_spaces(reco_html_selector_t *parser)
{
    const char *begin;

    begin = parser->p;

    while (parser->p < parser->end && reco_html_is_space(*parser->p)) {
        parser->p++;
    }

    return parser->p != begin;
}


int
reco_html_selector_starts_name(char c)
{
    return reco_html_is_alpha(c) || c == '_' || (unsigned char) c >= 0x80;
}


static int
is_name_character(char c)
{
    return reco_html_selector_starts_name(c) || c == '-'
           || (c >= '0' && c <= '9');
}


static int
hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }

    c |= 0x20;

    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}


/* After '\\': one to six hex digits and a space, or the character itself. */
static char *
unescape(reco_html_selector_t *parser, char *out)
{
    int digits;
    uint32_t code;

    if (hex_digit(*parser->p) < 0) {
        *out++ = *parser->p++;
        return out;
    }

    code = 0;

    for (digits = 0;
         digits < 6 && parser->p < parser->end && hex_digit(*parser->p) >= 0;
         digits++)
    {
        code = code << 4 | (uint32_t) hex_digit(*parser->p++);
    }

    if (parser->p < parser->end && reco_html_is_space(*parser->p)) {
        parser->p++;
    }

    return reco_html_put_character(out, code);
}


reco_status_t
reco_html_selector_text(
    reco_html_selector_t *parser, char quote, reco_str_t *text)
{
    char *out, *begin;
    size_t len;

    len = (size_t) (parser->end - parser->p) * 2 + 1;

    begin = parser->plan->memory.alloc(parser->plan->memory.owner, len);
    if (begin == NULL) {
        return reco_html_selector_fail_with(
            parser, RECO_NOMEM, "out of memory");
    }

    out = begin;

    while (parser->p < parser->end) {
        if (*parser->p == '\\') {
            if (parser->end - parser->p < 2) {
                return reco_html_selector_fail(parser, "unfinished escape");
            }
            parser->p++;
            out = unescape(parser, out);
            continue;
        }

        if (quote != '\0' ? *parser->p == quote
                          : !is_name_character(*parser->p)) {
            break;
        }

        *out++ = *parser->p++;
    }

    *text = (reco_str_t){(size_t) (out - begin), begin};

    return RECO_OK;
}


reco_status_t
reco_html_selector_name(
    reco_html_selector_t *parser, const char *what, reco_str_t *name)
{
    const char *p;

    p = parser->p;

    if (p < parser->end && *p == '-') {
        p++;
    }

    if (p == parser->end
        || (!reco_html_selector_starts_name(*p) && *p != '\\'
            && !(*p == '-' && p > parser->p)))
    {
        return reco_html_selector_fail(parser, what);
    }

    return reco_html_selector_text(parser, '\0', name);
}
