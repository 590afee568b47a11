#include "reco_html_tokenizer.h"
#include "reco_html_states.h"

#include <string.h>


void
reco_html_tokenizer_init(
    reco_html_tokenizer_t *tokenizer, const reco_html_attributes_t *attributes)
{
    memset(tokenizer, 0, offsetof(reco_html_tokenizer_t, scratch));
    tokenizer->attributes = attributes;
    tokenizer->wanted = &attributes->rewriting;
    tokenizer->attribute = -1;
}


void
reco_html_tokenizer_harvest(reco_html_tokenizer_t *tokenizer, uint64_t until)
{
    tokenizer->wanted = &tokenizer->attributes->harvesting;
    tokenizer->harvest_until = until;
}


void
reco_html_tokenizer_feed(
    reco_html_tokenizer_t *tokenizer, const char *data, size_t len)
{
    tokenizer->offset += (uint64_t) (tokenizer->end - tokenizer->chunk);
    tokenizer->chunk = data;
    tokenizer->p = data;
    tokenizer->end = data + len;
    tokenizer->span = tokenizer->spanning ? data : NULL;
}


void
reco_html_tokenizer_raw(reco_html_tokenizer_t *tokenizer, reco_str_t name)
{
    tokenizer->raw_name = name;
    tokenizer->raw_return = RECO_HTML_STATE_RAW;
    tokenizer->state = RECO_HTML_STATE_RAW;
}


void
reco_html_tokenizer_script(reco_html_tokenizer_t *tokenizer)
{
    tokenizer->raw_name = reco_string("script");
    tokenizer->state = RECO_HTML_STATE_SCRIPT;
}


void
reco_html_span_begin(reco_html_tokenizer_t *t, const char *p, size_t limit)
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


reco_str_t
reco_html_span_end(reco_html_tokenizer_t *t, const char *p)
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


/* Moves [data, data + len) behind what scratch holds; returns where. */
static const char *
carry(reco_html_tokenizer_t *t, const char *data, size_t len)
{
    char *copy;

    copy = t->scratch + t->used;
    memcpy(copy, data, len);
    t->used += (unsigned) len;

    return copy;
}


/* The chunk ends within a tag or a piece of one: keep what is needed of it. */
static void
carry_over(reco_html_tokenizer_t *t)
{
    unsigned bit, index;
    reco_str_t *value;

    if (reco_html_tokenizer_in_tag(t)) {
        for (bit = t->tag.present; bit != 0; bit &= bit - 1) {
            index = (unsigned) __builtin_ctz(bit);
            value = &t->tag.values[index];
            if (value->len != 0 && value->data >= t->chunk
                && value->data < t->end) {
                value->data = carry(t, value->data, value->len);
            }
        }
    }

    if (t->spanning) {
        reco_html_span_carry(t, t->end);
    }
}


reco_html_token_t
reco_html_tokenizer_next(reco_html_tokenizer_t *t)
{
    const char *p;

    p = t->p;
    t->token = RECO_HTML_TOKEN_NONE;

    while (p < t->end && t->token == RECO_HTML_TOKEN_NONE) {
        p = t->state <= RECO_HTML_STATE_SELF_CLOSING
                ? reco_html_tag_states[t->state](t, p)
                : reco_html_text_states[t->state](t, p);
    }

    t->p = p;

    if (t->token == RECO_HTML_TOKEN_NONE && t->chunk != t->end) {
        carry_over(t);
    }

    return t->token;
}
