#include "model/content.h"

#include "model/content_tokens.h"
#include "names.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>


typedef struct {
    reco_content_t *content;
    reco_names_t names;
    uint64_t ntaken;
    uint64_t capacity;
    uint32_t item_tokens[RECO_CONTENT_TOKENS_MAX]; /* of the item in hand */
    unsigned nitem_tokens;
    reco_status_t status;
} reading_t;

typedef struct {
    const reco_content_t *content;
    uint64_t *offsets;  /* of each token in postings */
    uint32_t *postings; /* items */
    float *values;
    uint32_t common;
} index_t;


static void
add_item(reading_t *reading, const reco_snapshot_item_t *item)
{
    reco_content_token_t tokens[RECO_CONTENT_TOKENS_MAX];
    reco_str_t name;
    unsigned i;

    reading->nitem_tokens = reco_content_tokens(item, tokens);

    for (i = 0; i < reading->nitem_tokens && reading->status == RECO_OK; i++) {
        name = (reco_str_t){tokens[i].len, tokens[i].text};
        reading->status =
            reco_names_add(&reading->names, name, &reading->item_tokens[i]);
    }

    reading->nitem_tokens = i;
}


static void
keep_item(reading_t *reading, uint32_t item)
{
    reco_content_t *content;
    uint64_t capacity;
    uint32_t *grown;

    content = reading->content;

    if (reading->ntaken + reading->nitem_tokens > reading->capacity) {
        capacity = reading->capacity * 2 + 4096;
        grown = realloc(content->tokens, capacity * sizeof(uint32_t));
        if (grown == NULL) {
            reading->status = RECO_NOMEM;
            return;
        }
        content->tokens = grown;
        reading->capacity = capacity;
    }

    if (reading->nitem_tokens > 0) {
        memcpy(content->tokens + reading->ntaken, reading->item_tokens,
            reading->nitem_tokens * sizeof(uint32_t));
    }
    reading->ntaken += reading->nitem_tokens;
    content->offsets[item + 1] = reading->ntaken;
}


/* Inverse document frequency, then length 1. */
static reco_status_t
weigh(reco_content_t *content)
{
    uint32_t *frequencies, item;
    uint64_t i, n;
    double length, scale;

    n = content->offsets[content->nitems];
    content->values = malloc((n + 1) * sizeof(float));
    frequencies = calloc((size_t) content->ntokens + 1, sizeof(uint32_t));
    if (content->values == NULL || frequencies == NULL) {
        free(frequencies);
        return RECO_NOMEM;
    }

    for (i = 0; i < n; i++) {
        frequencies[content->tokens[i]]++;
    }

    for (item = 0; item < content->nitems; item++) {
        length = 0;
        for (i = content->offsets[item]; i < content->offsets[item + 1]; i++) {
            content->values[i] = (float) log(
                (1.0 + content->nitems) / frequencies[content->tokens[i]]);
            length += content->values[i] * content->values[i];
        }
        scale = length > 0 ? 1 / sqrt(length) : 0;
        for (i = content->offsets[item]; i < content->offsets[item + 1]; i++) {
            content->values[i] = (float) (content->values[i] * scale);
        }
    }

    free(frequencies);

    return RECO_OK;
}


reco_status_t
reco_content_build(reco_content_t *content, uint32_t nitems,
    const reco_snapshot_item_t *items, reco_error_t *error)
{
    reading_t reading = {.content = content, .status = RECO_OK};
    uint32_t item;

    memset(content, 0, sizeof(*content));
    content->nitems = nitems;
    content->offsets = calloc((size_t) nitems + 1, sizeof(uint64_t));
    if (content->offsets == NULL) {
        reading.status = RECO_NOMEM;
    }

    for (item = 0; item < nitems && reading.status == RECO_OK; item++) {
        add_item(&reading, &items[item]);
        keep_item(&reading, item);
    }

    content->ntokens = reading.names.count;
    reco_names_done(&reading.names);

    if (reading.status == RECO_OK) {
        reading.status = weigh(content);
    }

    if (reading.status != RECO_OK) {
        reco_content_done(content);
        reco_error_set(error, reading.status,
            "out of memory for the content of %u items", nitems);
    }

    return reading.status;
}


void
reco_content_done(reco_content_t *content)
{
    free(content->offsets);
    free(content->tokens);
    free(content->values);
    memset(content, 0, sizeof(*content));
}


static reco_status_t
invert(index_t *index)
{
    const reco_content_t *content;
    uint64_t i, n, *cursors;
    uint32_t item, token;

    content = index->content;
    n = content->offsets[content->nitems];
    index->offsets = calloc((size_t) content->ntokens + 2, sizeof(uint64_t));
    index->postings = malloc((n + 1) * sizeof(uint32_t));
    index->values = malloc((n + 1) * sizeof(float));
    if (index->offsets == NULL || index->postings == NULL
        || index->values == NULL) {
        return RECO_NOMEM;
    }

    cursors = index->offsets + 1;
    for (i = 0; i < n; i++) {
        cursors[content->tokens[i] + 1]++;
    }
    for (token = 0; token < content->ntokens; token++) {
        cursors[token + 1] += cursors[token];
    }

    for (item = 0; item < content->nitems; item++) {
        for (i = content->offsets[item]; i < content->offsets[item + 1]; i++) {
            token = content->tokens[i];
            index->postings[cursors[token]] = item;
            index->values[cursors[token]++] = content->values[i];
        }
    }

    return RECO_OK;
}


static void
fill_row(const void *model, uint32_t item, reco_edges_row_t *row)
{
    const index_t *index = model;
    const reco_content_t *content;
    uint64_t i, j, begin, end;

    content = index->content;

    for (i = content->offsets[item]; i < content->offsets[item + 1]; i++) {
        begin = index->offsets[content->tokens[i]];
        end = index->offsets[content->tokens[i] + 1];
        if (end - begin > index->common) {
            continue;
        }
        for (j = begin; j < end; j++) {
            if (index->postings[j] != item) {
                reco_edges_add(row, index->postings[j],
                    content->values[i] * index->values[j]);
            }
        }
    }
}


reco_status_t
reco_content_neighbors(reco_edges_t *edges, const reco_content_t *content,
    uint32_t common, uint32_t limit, unsigned threads, reco_error_t *error)
{
    index_t index = {.content = content, .common = common};
    reco_status_t status;

    status = invert(&index);
    if (status == RECO_OK) {
        status = reco_edges_build(
            edges, content->nitems, limit, threads, fill_row, &index, error);
    } else {
        reco_error_set(error, status, "out of memory for the content's index");
    }

    free(index.offsets);
    free(index.postings);
    free(index.values);

    return status;
}
