/*
 * The states of tags and of what is between them.
 */

#include "reco_html_states.h"
#include "reco_html_scan.h"


/* A name longer than what counts of it is told apart by its length. */
static uint64_t
name_end(reco_html_tokenizer_t *t, const char *p)
{
    reco_str_t name;
    uint64_t number;

    name = reco_html_span_end(t, p);
    number = reco_html_name(name.data, name.len);

    return t->span_len == name.len ? number
                                   : RECO_HTML_NAME_MIX(number, t->span_len);
}


/* p is past '>'. */
static const char *
tag_emit(reco_html_tokenizer_t *t, const char *p)
{
    t->tag.end = reco_html_page_offset(t, p);
    t->token = t->tag.is_end ? RECO_HTML_TOKEN_END : RECO_HTML_TOKEN_START;
    t->state = RECO_HTML_STATE_DATA;

    return p;
}


static const char *
on_tag_open(reco_html_tokenizer_t *t, const char *p)
{
    switch (*p) {

    case '!':
        t->state = RECO_HTML_STATE_MARKUP_DECLARATION;
        return p + 1;

    case '/':
        t->tag.is_end = 1;
        t->state = RECO_HTML_STATE_END_TAG_OPEN;
        return p + 1;

    case '?':
        t->state = RECO_HTML_STATE_BOGUS_COMMENT;
        return p + 1;
    }

    if (reco_html_is_alpha(*p)) {
        reco_html_tag_begin(t, 0);
        reco_html_span_begin(t, p, RECO_HTML_NAME_MAX);
        t->state = RECO_HTML_STATE_TAG_NAME;
        return p;
    }

    t->state = RECO_HTML_STATE_DATA;

    return p;
}


static const char *
on_end_tag_open(reco_html_tokenizer_t *t, const char *p)
{
    if (reco_html_is_alpha(*p)) {
        reco_html_tag_begin(t, 1);
        reco_html_span_begin(t, p, RECO_HTML_NAME_MAX);
        t->state = RECO_HTML_STATE_TAG_NAME;
        return p;
    }

    if (*p == '>') {
        t->state = RECO_HTML_STATE_DATA;
        return p + 1;
    }

    t->state = RECO_HTML_STATE_BOGUS_COMMENT;

    return p;
}


const char *
reco_html_tag_named(reco_html_tokenizer_t *t, const char *p)
{
    if (*p == '>') {
        return tag_emit(t, p + 1);
    }

    t->state = *p == '/' ? RECO_HTML_STATE_SELF_CLOSING
                         : RECO_HTML_STATE_BEFORE_ATTRIBUTE_NAME;

    return p + 1;
}


static const char *
on_tag_name(reco_html_tokenizer_t *t, const char *p)
{
    p = reco_html_scan_name(p, t->end, '>');
    if (p == t->end) {
        return p;
    }

    t->tag.name = name_end(t, p);

    return reco_html_tag_named(t, p);
}


static const char *
on_self_closing(reco_html_tokenizer_t *t, const char *p)
{
    if (*p == '>') {
        t->tag.self_closing = 1;
        return tag_emit(t, p + 1);
    }

    t->state = RECO_HTML_STATE_BEFORE_ATTRIBUTE_NAME;

    return p;
}


/*
 * Attributes.  One is complete when the byte at p has been seen.
 */

void
reco_html_attribute_end(
    reco_html_tokenizer_t *t, const char *p, reco_str_t value, size_t len)
{
    uint32_t bit;

    bit = UINT32_C(1) << t->attribute;

    if (len > value.len || len > RECO_HTML_VALUES_MAX - t->captured) {
        t->tag.overlong |= bit;
        value = reco_null_string;
    }

    t->captured += (unsigned) value.len;
    t->tag.values[t->attribute] = value;
    t->tag.present |= bit;

    if (reco_html_page_offset(t, p) - t->tag.start < RECO_HTML_HELD_MAX) {
        t->tag.early |= bit;
    }

    t->attribute = -1;
}


static void
attribute_without_value(reco_html_tokenizer_t *t, const char *p)
{
    if (t->attribute >= 0) {
        reco_html_attribute_end(t, p, reco_null_string, 0);
    }
}


static void
value_begin(reco_html_tokenizer_t *t, const char *p)
{
    if (t->attribute >= 0) {
        reco_html_span_begin(t, p, RECO_HTML_VALUES_MAX - t->captured);
    }
}


static void
value_end(reco_html_tokenizer_t *t, const char *p)
{
    reco_str_t value;

    if (t->attribute >= 0) {
        value = reco_html_span_end(t, p);
        if (value.len == t->span_len) {
            t->used += t->carried;
        }
        reco_html_attribute_end(t, p, value, t->span_len);
    }
}


/*
 * The usual form, name="value", without going through the states; returns
 * NULL where it is not that or the chunk ends in it.  p is at the name.
 */
static const char *
quoted_attribute(reco_html_tokenizer_t *t, const char *p)
{
    const char *name, *value;

    name = p;

    p = reco_html_scan_name(p, t->end, '=');
    if (t->end - p < 3 || p[0] != '=' || (p[1] != '"' && p[1] != '\'')) {
        return NULL;
    }

    value = p + 2;

    if ((size_t) (p - name) > RECO_HTML_NAME_MAX) {
        return NULL;
    }

    p = reco_html_scan(value, t->end, p[1]);
    if (p == t->end) {
        return NULL;
    }

    reco_html_attribute_begin(
        t, reco_html_name_at(name, (size_t) (value - 2 - name), t->end));

    if (t->attribute >= 0) {
        reco_html_attribute_end(t, p, (reco_str_t){(size_t) (p - value), value},
            (size_t) (p - value));
    }

    return p + 1;
}


static const char *
on_before_attribute_name(reco_html_tokenizer_t *t, const char *p)
{
    const char *next;

    while (p < t->end) {
        if (reco_html_is_space(*p)) {
            p++;
            continue;
        }

        if (*p == '>') {
            return tag_emit(t, p + 1);
        }

        if (*p == '/') {
            t->state = RECO_HTML_STATE_SELF_CLOSING;
            return p + 1 < t->end ? on_self_closing(t, p + 1) : p + 1;
        }

        next = *p != '=' ? quoted_attribute(t, p) : NULL;
        if (next == NULL) {
            break;
        }

        p = next;
    }

    if (p == t->end) {
        return p;
    }

    /* A '=' that comes first is part of the name. */
    reco_html_span_begin(t, p, RECO_HTML_NAME_MAX);
    t->state = RECO_HTML_STATE_ATTRIBUTE_NAME;

    return p + 1;
}


static const char *
on_attribute_name(reco_html_tokenizer_t *t, const char *p)
{
    p = reco_html_scan_name(p, t->end, '=');
    if (p == t->end) {
        return p;
    }

    reco_html_attribute_begin(t, name_end(t, p));

    if (*p == '=') {
        t->state = RECO_HTML_STATE_BEFORE_ATTRIBUTE_VALUE;
        return p + 1;
    }

    t->state = RECO_HTML_STATE_AFTER_ATTRIBUTE_NAME;

    return p;
}


static const char *
on_after_attribute_name(reco_html_tokenizer_t *t, const char *p)
{
    while (p < t->end && reco_html_is_space(*p)) {
        p++;
    }

    if (p == t->end) {
        return p;
    }

    if (*p == '=') {
        t->state = RECO_HTML_STATE_BEFORE_ATTRIBUTE_VALUE;
        return p + 1;
    }

    attribute_without_value(t, p);
    t->state = RECO_HTML_STATE_BEFORE_ATTRIBUTE_NAME;

    return p;
}


static const char *
on_before_attribute_value(reco_html_tokenizer_t *t, const char *p)
{
    while (p < t->end && reco_html_is_space(*p)) {
        p++;
    }

    if (p == t->end) {
        return p;
    }

    if (*p == '"' || *p == '\'') {
        t->quote = *p;
        value_begin(t, p + 1);
        t->state = RECO_HTML_STATE_ATTRIBUTE_VALUE_QUOTED;
        return p + 1;
    }

    if (*p == '>') {
        attribute_without_value(t, p);
        return tag_emit(t, p + 1);
    }

    value_begin(t, p);
    t->state = RECO_HTML_STATE_ATTRIBUTE_VALUE_UNQUOTED;

    return p;
}


static const char *
on_attribute_value_quoted(reco_html_tokenizer_t *t, const char *p)
{
    p = reco_html_scan(p, t->end, t->quote);
    if (p == t->end) {
        return p;
    }

    value_end(t, p);
    t->state = RECO_HTML_STATE_BEFORE_ATTRIBUTE_NAME;

    return p + 1;
}


static const char *
on_attribute_value_unquoted(reco_html_tokenizer_t *t, const char *p)
{
    while (p < t->end && *p != '>' && !reco_html_is_space(*p)) {
        p++;
    }

    if (p == t->end) {
        return p;
    }

    value_end(t, p);
    t->state = RECO_HTML_STATE_BEFORE_ATTRIBUTE_NAME;

    return p;
}


/*
 * A tag whose name is complete in the chunk, without going through the
 * states; returns NULL where it is not that.  p is at '<'.
 */
static const char *
tag_at_once(reco_html_tokenizer_t *t, const char *p)
{
    int is_end;
    const char *name;

    if (t->end - p < 4) {
        return NULL;
    }

    is_end = p[1] == '/';
    name = p + 1 + is_end;

    if (!reco_html_is_alpha(*name)) {
        return NULL;
    }

    p = reco_html_scan_name(name, t->end, '>');
    if (p == t->end || (size_t) (p - name) > RECO_HTML_NAME_MAX) {
        return NULL;
    }

    reco_html_tag_begin(t, is_end);
    t->tag.name = reco_html_name_at(name, (size_t) (p - name), t->end);

    if (*p == '>') {
        return tag_emit(t, p + 1);
    }

    t->state = RECO_HTML_STATE_BEFORE_ATTRIBUTE_NAME;

    return on_before_attribute_name(t, p);
}


static const char *
on_data(reco_html_tokenizer_t *t, const char *p)
{
    const char *next;

    p = reco_html_scan(p, t->end, '<');
    if (p == t->end) {
        return p;
    }

    t->tag.start = reco_html_page_offset(t, p);

    next = tag_at_once(t, p);
    if (next != NULL) {
        return next;
    }

    t->tag.name = 0;
    t->tag.is_end = 0;
    t->tag.is_raw_end = 0;
    t->state = RECO_HTML_STATE_TAG_OPEN;

    return p + 1;
}


const reco_html_state_handler_t reco_html_tag_states[] = {
    [RECO_HTML_STATE_DATA] = on_data,
    [RECO_HTML_STATE_TAG_OPEN] = on_tag_open,
    [RECO_HTML_STATE_END_TAG_OPEN] = on_end_tag_open,
    [RECO_HTML_STATE_TAG_NAME] = on_tag_name,
    [RECO_HTML_STATE_BEFORE_ATTRIBUTE_NAME] = on_before_attribute_name,
    [RECO_HTML_STATE_ATTRIBUTE_NAME] = on_attribute_name,
    [RECO_HTML_STATE_AFTER_ATTRIBUTE_NAME] = on_after_attribute_name,
    [RECO_HTML_STATE_BEFORE_ATTRIBUTE_VALUE] = on_before_attribute_value,
    [RECO_HTML_STATE_ATTRIBUTE_VALUE_QUOTED] = on_attribute_value_quoted,
    [RECO_HTML_STATE_ATTRIBUTE_VALUE_UNQUOTED] = on_attribute_value_unquoted,
    [RECO_HTML_STATE_SELF_CLOSING] = on_self_closing,
};
