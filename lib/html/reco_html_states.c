#include "reco_html_states.h"
#include "reco_html_scan.h"

#include <string.h>


/* The last bytes read, newest in the lowest byte, for states that end with a
   string: "--", "--!" or "]]" before '>'. */
#define RECENT_BYTES 3
#define RECENT_MASK  0xffffffu

#define DASH_DASH       0x2d2du
#define DASH_DASH_BANG  0x2d2d21u
#define BRACKET_BRACKET 0x5d5du


static unsigned
recent_after(unsigned recent, const char *p, const char *end)
{
    if (end - p > RECENT_BYTES) {
        p = end - RECENT_BYTES;
    }

    while (p < end) {
        recent = (recent << 8 | (unsigned char) *p++) & RECENT_MASK;
    }

    return recent;
}


static uint64_t
page_offset(const reco_html_tokenizer_t *t, const char *p)
{
    return t->offset + (uint64_t) (p - t->chunk);
}


/*
 * Spans: a piece of the page, within the chunk or carried over in scratch.
 */

static void
span_begin(reco_html_tokenizer_t *t, const char *p, size_t limit)
{
    t->span = p;
    t->span_len = 0;
    t->span_limit = limit;
    t->carried = 0;
    t->spanning = 1;
}


void
reco_html_span_carry(reco_html_tokenizer_t *t, const char *p)
{
    size_t len, room;

    len = (size_t) (p - t->span);
    room = t->span_limit - t->carried;

    memcpy(t->scratch + t->used + t->carried, t->span, len < room ? len : room);

    t->carried += (unsigned) (len < room ? len : room);
    t->span_len += len;
}


/* Ends at p; returns what fits the limit and sets span_len to its length. */
static reco_str_t
span_end(reco_html_tokenizer_t *t, const char *p)
{
    size_t len;

    t->spanning = 0;

    if (t->span_len != 0) {
        reco_html_span_carry(t, p);
        return (reco_str_t){t->carried, t->scratch + t->used};
    }

    len = (size_t) (p - t->span);
    t->span_len = len;

    return (reco_str_t){len < t->span_limit ? len : t->span_limit, t->span};
}


/* A name longer than what counts of it is told apart by its length. */
static uint64_t
name_end(reco_html_tokenizer_t *t, const char *p)
{
    reco_str_t name;
    uint64_t number;

    name = span_end(t, p);
    number = reco_html_name(name.data, name.len);

    return t->span_len == name.len ? number
                                   : RECO_HTML_NAME_MIX(number, t->span_len);
}


/*
 * Tags.
 */

static void
tag_begin(reco_html_tokenizer_t *t, int is_end)
{
    t->tag.present = 0;
    t->tag.early = 0;
    t->tag.overlong = 0;
    t->tag.is_end = (uint8_t) is_end;
    t->tag.is_raw_end = 0;
    t->tag.self_closing = 0;
    t->used = 0;
    t->captured = 0;
    t->attribute = -1;
}


/* p is past '>'. */
static const char *
tag_emit(reco_html_tokenizer_t *t, const char *p)
{
    t->tag.end = page_offset(t, p);
    t->token = t->tag.is_end ? RECO_HTML_TOKEN_END : RECO_HTML_TOKEN_START;
    t->state = RECO_HTML_STATE_DATA;

    return p;
}


static const char *
on_data(reco_html_tokenizer_t *t, const char *p)
{
    p = reco_html_scan(p, t->end, '<');
    if (p == t->end) {
        return p;
    }

    t->tag.start = page_offset(t, p);
    t->tag.name = 0;
    t->tag.is_end = 0;
    t->state = RECO_HTML_STATE_TAG_OPEN;

    return p + 1;
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
        tag_begin(t, 0);
        span_begin(t, p, RECO_HTML_NAME_MAX);
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
        tag_begin(t, 1);
        span_begin(t, p, RECO_HTML_NAME_MAX);
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


/* p is at what ended the tag's name. */
static const char *
after_tag_name(reco_html_tokenizer_t *t, const char *p)
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

    return after_tag_name(t, p);
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

static void
attribute_named(reco_html_tokenizer_t *t, uint64_t name)
{
    t->attribute = reco_html_attributes_find(t->attributes, t->wanted, name);

    /* Of attributes with one name the first counts. */
    if (t->attribute >= 0 && (t->tag.present >> t->attribute & 1)) {
        t->attribute = -1;
    }
}


static void
attribute_add(
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

    if (page_offset(t, p) - t->tag.start < RECO_HTML_HELD_MAX) {
        t->tag.early |= bit;
    }

    t->attribute = -1;
}


static void
attribute_without_value(reco_html_tokenizer_t *t, const char *p)
{
    if (t->attribute >= 0) {
        attribute_add(t, p, reco_null_string, 0);
    }
}


static void
value_begin(reco_html_tokenizer_t *t, const char *p)
{
    if (t->attribute >= 0) {
        span_begin(t, p, RECO_HTML_VALUES_MAX - t->captured);
    }
}


static void
value_end(reco_html_tokenizer_t *t, const char *p)
{
    reco_str_t value;

    if (t->attribute >= 0) {
        value = span_end(t, p);
        if (value.len == t->span_len) {
            t->used += t->carried;
        }
        attribute_add(t, p, value, t->span_len);
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

    attribute_named(t, reco_html_name(name, (size_t) (value - 2 - name)));

    if (t->attribute >= 0) {
        attribute_add(t, p, (reco_str_t){(size_t) (p - value), value},
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
            return p + 1;
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
    span_begin(t, p, RECO_HTML_NAME_MAX);
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

    attribute_named(t, name_end(t, p));

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
 * Comments and what is treated like one.
 */

static const char *
on_markup_declaration(reco_html_tokenizer_t *t, const char *p)
{
    if (*p == '-') {
        t->state = RECO_HTML_STATE_COMMENT_START_DASH;
        return p + 1;
    }

    if (*p == '[' && t->cdata) {
        t->matched = 1;
        t->state = RECO_HTML_STATE_CDATA_START;
        return p + 1;
    }

    /* A doctype too ends at the first '>', wherever that stands. */
    t->state = RECO_HTML_STATE_BOGUS_COMMENT;

    return p;
}


static const char *
on_comment_start_dash(reco_html_tokenizer_t *t, const char *p)
{
    if (*p != '-') {
        t->state = RECO_HTML_STATE_BOGUS_COMMENT;
        return p;
    }

    t->used = 0;
    t->recent = 0;
    span_begin(t, p + 1, RECO_HTML_COMMENT_MAX);
    t->state = RECO_HTML_STATE_COMMENT;

    return p + 1;
}


static const char *
on_comment(reco_html_tokenizer_t *t, const char *p)
{
    size_t len, closing;
    reco_str_t comment;
    const char *begin;

    for (;;) {
        begin = p;
        p = reco_html_scan(p, t->end, '>');
        t->recent = recent_after(t->recent, begin, p);

        if (p == t->end) {
            return p;
        }

        len = t->span_len + (size_t) (p - t->span);

        if ((t->recent & 0xffff) == DASH_DASH) {
            closing = 2;
        } else if (t->recent == DASH_DASH_BANG) {
            closing = 3;
        } else if (len == 0 || (len == 1 && t->recent == '-')) {
            closing = len;
        } else {
            t->recent = recent_after(t->recent, p, p + 1);
            p++;
            continue;
        }

        comment = span_end(t, p);
        t->state = RECO_HTML_STATE_DATA;

        if (len <= RECO_HTML_COMMENT_MAX) {
            t->comment = (reco_str_t){len - closing, comment.data};
            t->tag.end = page_offset(t, p + 1);
            t->token = RECO_HTML_TOKEN_COMMENT;
        }

        return p + 1;
    }
}


static const char *
on_bogus_comment(reco_html_tokenizer_t *t, const char *p)
{
    p = reco_html_scan(p, t->end, '>');
    if (p == t->end) {
        return p;
    }

    t->state = RECO_HTML_STATE_DATA;

    return p + 1;
}


static const char *
on_cdata_start(reco_html_tokenizer_t *t, const char *p)
{
    static const char opening[] = "[CDATA[";

    if (*p != opening[t->matched]) {
        t->state = RECO_HTML_STATE_BOGUS_COMMENT;
        return p;
    }

    t->matched++;

    if (opening[t->matched] == '\0') {
        t->recent = 0;
        t->state = RECO_HTML_STATE_CDATA;
    }

    return p + 1;
}


static const char *
on_cdata(reco_html_tokenizer_t *t, const char *p)
{
    const char *begin;

    begin = p;
    p = reco_html_scan(p, t->end, '>');
    t->recent = recent_after(t->recent, begin, p);

    if (p == t->end) {
        return p;
    }

    if ((t->recent & 0xffff) == BRACKET_BRACKET) {
        t->state = RECO_HTML_STATE_DATA;
    } else {
        t->recent = recent_after(t->recent, p, p + 1);
    }

    return p + 1;
}


/*
 * Text that only its own end tag ends.
 */

static const char *
on_plaintext(reco_html_tokenizer_t *t, const char *p)
{
    (void) p;

    return t->end;
}


/* In text, '<' leads to state. */
static const char *
less_than(reco_html_tokenizer_t *t, const char *p, reco_html_state_t state)
{
    if (p == t->end) {
        return p;
    }

    t->tag.start = page_offset(t, p);
    t->state = state;

    return p + 1;
}


/* After '<': what follows may be the end tag, or else goes on in back. */
static const char *
raw_less_than(reco_html_tokenizer_t *t, const char *p, reco_html_state_t back)
{
    if (*p != '/') {
        t->state = back;
        return p;
    }

    t->matched = 0;
    t->raw_return = back;
    t->state = RECO_HTML_STATE_RAW_END_TAG_NAME;

    return p + 1;
}


/*
 * Recognises name and what ends it, in any case: 1, p at what ended it; 0, p
 * at what is something else; -1, p at the end of the chunk.
 */
static int
match_name(reco_html_tokenizer_t *t, const char **p, reco_str_t name)
{
    for (/* void */; *p < t->end; (*p)++) {
        if (t->matched == name.len) {
            return reco_html_ends_name(**p);
        }

        if (reco_html_lower(**p) != name.data[t->matched]) {
            return 0;
        }

        t->matched++;
    }

    return -1;
}


static const char *
on_raw(reco_html_tokenizer_t *t, const char *p)
{
    return less_than(
        t, reco_html_scan(p, t->end, '<'), RECO_HTML_STATE_RAW_LESS_THAN);
}


static const char *
on_raw_less_than(reco_html_tokenizer_t *t, const char *p)
{
    return raw_less_than(t, p, RECO_HTML_STATE_RAW);
}


static const char *
on_raw_end_tag_name(reco_html_tokenizer_t *t, const char *p)
{
    switch (match_name(t, &p, t->raw_name)) {

    case 1:
        tag_begin(t, 1);
        t->tag.name = reco_html_name(t->raw_name.data, t->raw_name.len);
        t->tag.is_raw_end = 1;
        return after_tag_name(t, p);

    case 0:
        t->state = t->raw_return;
        return p;
    }

    return p;
}


/*
 * Script data, its escapes ("<!--") and double escapes ("<!-- <script").
 */

static const char *
on_script(reco_html_tokenizer_t *t, const char *p)
{
    return less_than(
        t, reco_html_scan(p, t->end, '<'), RECO_HTML_STATE_SCRIPT_LESS_THAN);
}


static const char *
on_script_less_than(reco_html_tokenizer_t *t, const char *p)
{
    if (*p == '!') {
        t->state = RECO_HTML_STATE_SCRIPT_ESCAPE_START;
        return p + 1;
    }

    return raw_less_than(t, p, RECO_HTML_STATE_SCRIPT);
}


static const char *
on_script_escape_start(reco_html_tokenizer_t *t, const char *p)
{
    if (*p != '-') {
        t->state = RECO_HTML_STATE_SCRIPT;
        return p;
    }

    t->state = RECO_HTML_STATE_SCRIPT_ESCAPE_START_DASH;

    return p + 1;
}


static const char *
on_script_escape_start_dash(reco_html_tokenizer_t *t, const char *p)
{
    if (*p != '-') {
        t->state = RECO_HTML_STATE_SCRIPT;
        return p;
    }

    t->recent = DASH_DASH;
    t->state = RECO_HTML_STATE_SCRIPT_ESCAPED;

    return p + 1;
}


/* In an escape: "-->" ends it, '<' leads to state. */
static const char *
script_escaped(reco_html_tokenizer_t *t, const char *p, reco_html_state_t state)
{
    const char *begin;

    for (;;) {
        begin = p;
        p = reco_html_scan_either(p, t->end, '<', '>');
        t->recent = recent_after(t->recent, begin, p);

        if (p == t->end || *p == '<') {
            return less_than(t, p, state);
        }

        if ((t->recent & 0xffff) == DASH_DASH) {
            t->state = RECO_HTML_STATE_SCRIPT;
            return p + 1;
        }

        t->recent = 0;
        p++;
    }
}


static const char *
on_script_escaped(reco_html_tokenizer_t *t, const char *p)
{
    return script_escaped(t, p, RECO_HTML_STATE_SCRIPT_ESCAPED_LESS_THAN);
}


static const char *
on_script_escaped_less_than(reco_html_tokenizer_t *t, const char *p)
{
    t->recent = 0;

    if (reco_html_is_alpha(*p)) {
        t->matched = 0;
        t->state = RECO_HTML_STATE_SCRIPT_DOUBLE_ESCAPE_START;
        return p;
    }

    return raw_less_than(t, p, RECO_HTML_STATE_SCRIPT_ESCAPED);
}


/* Goes to yes after "script", to no after anything else. */
static const char *
script_word(reco_html_tokenizer_t *t, const char *p, reco_html_state_t yes,
    reco_html_state_t no)
{
    int matched;

    matched = match_name(t, &p, reco_string("script"));
    if (matched >= 0) {
        t->state = matched ? yes : no;
    }

    return p;
}


static const char *
on_script_double_escape_start(reco_html_tokenizer_t *t, const char *p)
{
    return script_word(t, p, RECO_HTML_STATE_SCRIPT_DOUBLE_ESCAPED,
        RECO_HTML_STATE_SCRIPT_ESCAPED);
}


static const char *
on_script_double_escaped(reco_html_tokenizer_t *t, const char *p)
{
    return script_escaped(
        t, p, RECO_HTML_STATE_SCRIPT_DOUBLE_ESCAPED_LESS_THAN);
}


static const char *
on_script_double_escaped_less_than(reco_html_tokenizer_t *t, const char *p)
{
    t->recent = 0;

    if (*p != '/') {
        t->state = RECO_HTML_STATE_SCRIPT_DOUBLE_ESCAPED;
        return p;
    }

    t->matched = 0;
    t->state = RECO_HTML_STATE_SCRIPT_DOUBLE_ESCAPE_END;

    return p + 1;
}


static const char *
on_script_double_escape_end(reco_html_tokenizer_t *t, const char *p)
{
    return script_word(t, p, RECO_HTML_STATE_SCRIPT_ESCAPED,
        RECO_HTML_STATE_SCRIPT_DOUBLE_ESCAPED);
}


const reco_html_state_handler_t reco_html_states[] = {
    [RECO_HTML_STATE_DATA] = on_data,
    [RECO_HTML_STATE_PLAINTEXT] = on_plaintext,
    [RECO_HTML_STATE_RAW] = on_raw,
    [RECO_HTML_STATE_RAW_LESS_THAN] = on_raw_less_than,
    [RECO_HTML_STATE_RAW_END_TAG_NAME] = on_raw_end_tag_name,
    [RECO_HTML_STATE_SCRIPT] = on_script,
    [RECO_HTML_STATE_SCRIPT_LESS_THAN] = on_script_less_than,
    [RECO_HTML_STATE_SCRIPT_ESCAPE_START] = on_script_escape_start,
    [RECO_HTML_STATE_SCRIPT_ESCAPE_START_DASH] = on_script_escape_start_dash,
    [RECO_HTML_STATE_SCRIPT_ESCAPED] = on_script_escaped,
    [RECO_HTML_STATE_SCRIPT_ESCAPED_LESS_THAN] = on_script_escaped_less_than,
    [RECO_HTML_STATE_SCRIPT_DOUBLE_ESCAPE_START] =
        on_script_double_escape_start,
    [RECO_HTML_STATE_SCRIPT_DOUBLE_ESCAPED] = on_script_double_escaped,
    [RECO_HTML_STATE_SCRIPT_DOUBLE_ESCAPED_LESS_THAN] =
        on_script_double_escaped_less_than,
    [RECO_HTML_STATE_SCRIPT_DOUBLE_ESCAPE_END] = on_script_double_escape_end,
    [RECO_HTML_STATE_MARKUP_DECLARATION] = on_markup_declaration,
    [RECO_HTML_STATE_COMMENT_START_DASH] = on_comment_start_dash,
    [RECO_HTML_STATE_COMMENT] = on_comment,
    [RECO_HTML_STATE_BOGUS_COMMENT] = on_bogus_comment,
    [RECO_HTML_STATE_CDATA_START] = on_cdata_start,
    [RECO_HTML_STATE_CDATA] = on_cdata,
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
