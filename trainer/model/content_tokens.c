#include "model/content_tokens.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define PRICE_STEPS 2.0 /* for each doubling of the price */


typedef struct {
    reco_content_token_t *tokens;
    unsigned count;
} reading_t;


static void
add_token(reading_t *reading, char prefix, reco_str_t text)
{
    reco_content_token_t *token;
    unsigned i;

    if (text.len == 0 || reading->count == RECO_CONTENT_TOKENS_MAX) {
        return;
    }

    token = &reading->tokens[reading->count];
    token->len =
        (text.len < RECO_CONTENT_TOKEN_SIZE - 1 ? text.len
                                                : RECO_CONTENT_TOKEN_SIZE - 1)
        + 1;
    token->text[0] = prefix;
    for (i = 1; i < token->len; i++) {
        token->text[i] = (char) tolower((unsigned char) text.data[i - 1]);
    }

    for (i = 0; i < reading->count; i++) {
        if (reading->tokens[i].len == token->len
            && memcmp(reading->tokens[i].text, token->text, token->len) == 0)
        {
            return;
        }
    }

    reading->count++;
}


static int
is_word(char c)
{
    return isalnum((unsigned char) c) || (unsigned char) c >= 0x80;
}


/* Words, and each with the one before it: "red", "dress", "red dress". */
static void
add_words(reading_t *reading, reco_str_t text)
{
    reco_str_t word, pair;
    size_t i, begin, before;

    before = SIZE_MAX;

    for (i = 0; i < text.len; i++) {
        if (!is_word(text.data[i])) {
            continue;
        }

        begin = i;
        while (i < text.len && is_word(text.data[i])) {
            i++;
        }

        word.data = text.data + begin;
        word.len = i - begin;
        add_token(reading, 'w', word);

        if (before != SIZE_MAX) {
            pair.data = text.data + before;
            pair.len = i - before;
            add_token(reading, 'p', pair);
        }
        before = begin;
    }
}


unsigned
reco_content_tokens(const reco_snapshot_item_t *item,
    reco_content_token_t tokens[RECO_CONTENT_TOKENS_MAX])
{
    reading_t reading = {.tokens = tokens};
    char step[32];
    int len;

    add_token(&reading, 'c', item->category);
    add_token(&reading, 'b', item->brand);
    if (item->price > 0) {
        len = snprintf(step, sizeof(step), "%d",
            (int) floor(log2(item->price) * PRICE_STEPS));
        add_token(&reading, '$', (reco_str_t){(size_t) len, step});
    }
    add_words(&reading, item->title);

    return reading.count;
}
