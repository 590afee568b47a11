#include "reco_html_tokenizer.h"
#include "reco_html_states.h"

#include <string.h>


void
reco_html_tokenizer_init(reco_html_tokenizer_t *tokenizer,
    const reco_html_attributes_t *attributes, const uint8_t *wanted)
{
    memset(tokenizer, 0, offsetof(reco_html_tokenizer_t, scratch));
    tokenizer->attributes = attributes;
    tokenizer->wanted = wanted;
    tokenizer->attribute = -1;
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
        p = reco_html_states[t->state](t, p);
    }

    t->p = p;

    if (t->token == RECO_HTML_TOKEN_NONE && t->chunk != t->end) {
        carry_over(t);
    }

    return t->token;
}
