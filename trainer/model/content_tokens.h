/*
 * What the catalogue says of an item, as tokens: words and word pairs of the
 * title, category, brand, and the price's step on a logarithmic scale.
 */

#ifndef RECO_CONTENT_TOKENS_H
#define RECO_CONTENT_TOKENS_H

#include "snapshot/reco_snapshot.h"


#define RECO_CONTENT_TOKENS_MAX 64
#define RECO_CONTENT_TOKEN_SIZE 65

/* The first byte tells the field, the rest is in lower case and cut short. */
typedef struct {
    size_t len;
    char text[RECO_CONTENT_TOKEN_SIZE];
} reco_content_token_t;

/* Each token of the item once; how many there are. */
unsigned reco_content_tokens(const reco_snapshot_item_t *item,
    reco_content_token_t tokens[RECO_CONTENT_TOKENS_MAX]);

#endif /* RECO_CONTENT_TOKENS_H */
