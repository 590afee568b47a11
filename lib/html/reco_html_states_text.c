/*
 * The states of comments and of text that only its own end tag ends.
 */

#include "reco_html_states.h"
#include "reco_html_scan.h"


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
    reco_html_span_begin(t, p + 1, RECO_HTML_COMMENT_MAX);
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

        comment = reco_html_span_end(t, p);
        t->state = RECO_HTML_STATE_DATA;

        if (len <= RECO_HTML_COMMENT_MAX) {
            t->comment = (reco_str_t){len - closing, comment.data};
            t->tag.end = reco_html_page_offset(t, p + 1);
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

    t->tag.start = reco_html_page_offset(t, p);
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
        reco_html_tag_begin(t, 1);
        t->tag.name = reco_html_name(t->raw_name.data, t->raw_name.len);
        t->tag.is_raw_end = 1;
        return reco_html_tag_named(t, p);

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


const reco_html_state_handler_t reco_html_text_states[] = {
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
};
