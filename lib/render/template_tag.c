/*
 * Reads one tag of a template: "{{", a sigil, a name, "}}".
 */

#define _GNU_SOURCE /* memmem() */

#include <string.h>

#include "render/template_tag.h"


static int
is_name_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
           || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-';
}


static int
is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}


static const char *
skip_space(const char *p, const char *end)
{
    while (p < end && is_space(*p)) {
        p++;
    }

    return p;
}


static const char *
read_comment(reco_render_tag_t *tag, const char *end)
{
    const char *close;

    close = memmem(tag->start, end - tag->start, "}}", 2);
    if (close == NULL) {
        return "the comment is not closed by \"}}\"";
    }

    tag->kind = RECO_TAG_COMMENT;
    tag->end = close + 2;

    return NULL;
}


/* The sigil at *p, which is behind "{{": which kind of tag it is. */
static const char *
read_sigil(reco_render_tag_t *tag, const char **p)
{
    switch (*(*p)++) {
    case '{':
    case '&':
        tag->kind = RECO_TAG_PLAIN_VALUE;
        return NULL;
    case '#':
        tag->kind = RECO_TAG_SECTION;
        return NULL;
    case '^':
        tag->kind = RECO_TAG_INVERTED;
        return NULL;
    case '/':
        tag->kind = RECO_TAG_CLOSE;
        return NULL;
    case '>':
        return "partials are not supported; a template is one file";
    case '=':
        return "delimiters cannot be changed in a template";
    default:
        (*p)--;
        tag->kind = RECO_TAG_VALUE;
        return NULL;
    }
}


const char *
reco_render_read_tag(const char *start, const char *end, reco_render_tag_t *tag)
{
    const char *p, *close, *refusal;

    tag->start = start;
    tag->name = reco_null_string;
    p = start + 2;

    if (p == end) {
        return "the tag is not closed by \"}}\"";
    }

    if (*p == '!') {
        return read_comment(tag, end);
    }

    close = *p == '{' ? "}}}" : "}}";

    refusal = read_sigil(tag, &p);
    if (refusal != NULL) {
        return refusal;
    }

    p = skip_space(p, end);
    tag->name.data = p;

    while (p < end && is_name_byte(*p)) {
        p++;
    }

    tag->name.len = p - tag->name.data;
    p = skip_space(p, end);

    if ((size_t) (end - p) < strlen(close)
        || memcmp(p, close, strlen(close)) != 0) {
        return "a name and then \"}}\" (\"}}}\" for \"{{{\") is expected";
    }

    if (tag->name.len == 0) {
        return "the tag has no name";
    }

    tag->end = p + strlen(close);

    return NULL;
}


const char *
reco_render_take_line(reco_render_tag_t *tag, const char *source,
    const char *text, const char *end)
{
    const char *start, *p;

    if (tag->kind == RECO_TAG_VALUE || tag->kind == RECO_TAG_PLAIN_VALUE) {
        return tag->start;
    }

    start = tag->start;
    while (start > text && (start[-1] == ' ' || start[-1] == '\t')) {
        start--;
    }

    if (start > source && start[-1] != '\n') {
        return tag->start;
    }

    p = tag->end;
    while (p < end && (*p == ' ' || *p == '\t')) {
        p++;
    }

    if (p < end && *p == '\r') {
        p++;
    }

    if (p < end && *p != '\n') {
        return tag->start;
    }

    tag->end = p < end ? p + 1 : p;

    return start;
}
