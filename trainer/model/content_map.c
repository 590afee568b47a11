#include "model/content_map.h"

#include "model/content_tokens.h"
#include "model/ridge.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ITEMS_MIN    50
#define ITEMS_MAX    20000 /* learnt from; of more an even sample */
#define FEATURES_MIN 256
#define FEATURES_MAX 16384
#define CHECK_EVERY  10   /* items: one chooses, the others teach */
#define COUNT_HALF   10.f /* at which an item's vector counts half */

static const double penalties[] = {30, 10, 3, 1, 0.3};


typedef struct {
    const float *factors;
    uint32_t dimensions;
    uint32_t nfeatures;
    float *rarities;
    uint32_t *chosen;      /* items, one for each row */
    const float **targets; /* their vectors */
    float *counted;        /* what each is to count */
    float *weights;        /* what it counts now; 0: it is kept apart */
    reco_ridge_rows_t rows;
} learning_t;


static uint32_t
bucket_of(const reco_content_token_t *token, uint32_t nfeatures)
{
    return (uint32_t) reco_hash(token->text, token->len) & (nfeatures - 1);
}


/*
 * The item's buckets and values, of length 1; how many.  A token that was not
 * there when rarities were counted says nothing.
 */
static unsigned
hash_item(const reco_snapshot_item_t *item, uint32_t nfeatures,
    const float *rarities, uint32_t *buckets, float *values)
{
    reco_content_token_t tokens[RECO_CONTENT_TOKENS_MAX];
    unsigned i, count, ntokens;
    float length, value;

    memset(values, 0, RECO_CONTENT_TOKENS_MAX * sizeof(values[0]));
    ntokens = reco_content_tokens(item, tokens);
    length = 0;
    count = 0;

    for (i = 0; i < ntokens; i++) {
        value = rarities[bucket_of(&tokens[i], nfeatures)];
        if (value > 0) {
            buckets[count] = bucket_of(&tokens[i], nfeatures);
            values[count++] = value;
            length += value * value;
        }
    }

    for (i = 0; i < count; i++) {
        values[i] /= sqrtf(length);
    }

    return count;
}


static int
has_vector(const learning_t *learning, uint32_t item)
{
    const float *row;
    uint32_t i;

    row = learning->factors + (size_t) item * learning->dimensions;
    for (i = 0; i < learning->dimensions; i++) {
        if (row[i] != 0) {
            return 1;
        }
    }

    return 0;
}


/* Items that were met; of too many, each so-and-so-many-th. */
static reco_status_t
choose_items(learning_t *learning, uint32_t nitems, const float *counts)
{
    uint32_t item, met, step;

    learning->chosen = malloc((ITEMS_MAX + 1) * sizeof(uint32_t));
    learning->counted = malloc((ITEMS_MAX + 1) * sizeof(float));
    learning->weights = malloc((ITEMS_MAX + 1) * sizeof(float));
    learning->targets = malloc((ITEMS_MAX + 1) * sizeof(float *));
    if (learning->chosen == NULL || learning->counted == NULL
        || learning->weights == NULL || learning->targets == NULL)
    {
        return RECO_NOMEM;
    }

    met = 0;
    for (item = 0; item < nitems; item++) {
        met += counts[item] > 0;
    }

    step = met / ITEMS_MAX + 1;
    met = 0;
    for (item = 0; item < nitems; item++) {
        if (counts[item] > 0 && met++ % step == 0 && has_vector(learning, item))
        {
            learning->chosen[learning->rows.nrows] = item;
            learning->targets[learning->rows.nrows] =
                learning->factors + (size_t) item * learning->dimensions;
            learning->counted[learning->rows.nrows++] =
                counts[item] / (counts[item] + COUNT_HALF);
        }
    }

    return RECO_OK;
}


/* So many buckets that a token that is not known mostly meets an empty one, and
   how rare the tokens of each are. */
static reco_status_t
count_tokens(learning_t *learning, const reco_snapshot_item_t *items)
{
    reco_content_token_t tokens[RECO_CONTENT_TOKENS_MAX];
    uint32_t row, i, used;
    unsigned j, ntokens;
    float *seen;

    seen = calloc(FEATURES_MAX, sizeof(float));
    if (seen == NULL) {
        return RECO_NOMEM;
    }

    used = 0;
    for (row = 0; row < learning->rows.nrows; row++) {
        ntokens = reco_content_tokens(&items[learning->chosen[row]], tokens);
        for (j = 0; j < ntokens; j++) {
            i = bucket_of(&tokens[j], FEATURES_MAX);
            used += seen[i] == 0;
            seen[i]++;
        }
    }

    learning->nfeatures = FEATURES_MIN;
    while (learning->nfeatures < FEATURES_MAX && learning->nfeatures < 8 * used)
    {
        learning->nfeatures *= 2;
    }

    /* A smaller table's buckets are sums of the largest one's. */
    for (i = learning->nfeatures; i < FEATURES_MAX; i++) {
        seen[i & (learning->nfeatures - 1)] += seen[i];
    }
    for (i = 0; i < learning->nfeatures; i++) {
        seen[i] = seen[i] > 0
                      ? logf((1 + (float) learning->rows.nrows) / seen[i])
                      : 0;
        seen[i] = fmaxf(seen[i], 0);
    }
    learning->rarities = seen;

    return used > 0 ? RECO_OK : RECO_DECLINED;
}


static reco_status_t
hash_items(learning_t *learning, const reco_snapshot_item_t *items)
{
    reco_ridge_rows_t *rows = &learning->rows;
    uint64_t at, most;
    uint32_t row;

    most = (uint64_t) rows->nrows * RECO_CONTENT_TOKENS_MAX + 1;
    rows->ncolumns = learning->nfeatures;
    rows->offsets = calloc((size_t) rows->nrows + 1, sizeof(uint64_t));
    rows->columns = malloc(most * sizeof(uint32_t));
    rows->values = malloc(most * sizeof(float));
    if (rows->offsets == NULL || rows->columns == NULL || rows->values == NULL)
    {
        return RECO_NOMEM;
    }

    at = 0;
    for (row = 0; row < rows->nrows; row++) {
        at += hash_item(&items[learning->chosen[row]], learning->nfeatures,
            learning->rarities, rows->columns + at, rows->values + at);
        rows->offsets[row + 1] = at;
    }

    return RECO_OK;
}


static void
keep_apart(learning_t *learning, int apart)
{
    uint32_t row;

    for (row = 0; row < learning->rows.nrows; row++) {
        learning->weights[row] =
            apart && row % CHECK_EVERY == 0 ? 0 : learning->counted[row];
    }
}


/* What share of the variance of the items kept apart the map tells. */
static double
explain(const learning_t *learning, const reco_ridge_t *ridge)
{
    float prediction[RECO_SNAPSHOT_DIMENSIONS_MAX];
    const float *mean;
    double left, all, difference;
    uint32_t row, d;

    mean = reco_ridge_mean(ridge);
    left = 0;
    all = 0;

    for (row = 0; row < learning->rows.nrows; row += CHECK_EVERY) {
        reco_ridge_predict(ridge, row, prediction);
        for (d = 0; d < learning->dimensions; d++) {
            difference = (double) (learning->targets[row][d] - prediction[d]);
            left += (double) learning->counted[row] * difference * difference;
            difference = (double) (learning->targets[row][d] - mean[d]);
            all += (double) learning->counted[row] * difference * difference;
        }
    }

    return all > 0 ? 1 - left / all : 0;
}


/* From much to little: each begins where the one before it ended. */
static void
choose_penalty(
    learning_t *learning, reco_ridge_t *ridge, reco_content_map_t *map)
{
    double explained;
    unsigned i;

    keep_apart(learning, 1);

    for (i = 0; i < sizeof(penalties) / sizeof(penalties[0]); i++) {
        reco_ridge_solve(ridge, learning->weights, penalties[i]);
        explained = explain(learning, ridge);
        if (explained <= map->explained) {
            break;
        }
        map->explained = explained;
        map->penalty = penalties[i];
    }
}


static reco_status_t
finish(learning_t *learning, reco_ridge_t *ridge, reco_content_map_t *map)
{
    uint32_t row;

    keep_apart(learning, 0);
    reco_ridge_solve(ridge, learning->weights, map->penalty);

    map->map = malloc(((size_t) learning->nfeatures + 1) * learning->dimensions
                      * sizeof(float));
    if (map->map == NULL) {
        return RECO_NOMEM;
    }

    for (row = 0; row <= learning->nfeatures; row++) {
        memcpy(map->map + (size_t) row * learning->dimensions,
            row < learning->nfeatures ? reco_ridge_column(ridge, row)
                                      : reco_ridge_mean(ridge),
            learning->dimensions * sizeof(float));
    }
    map->nfeatures = learning->nfeatures;
    map->nitems = learning->rows.nrows;
    map->rarities = learning->rarities;
    learning->rarities = NULL;

    return RECO_OK;
}


static void
release(learning_t *learning)
{
    free(learning->rows.offsets);
    free(learning->rows.columns);
    free(learning->rows.values);
    free(learning->rarities);
    free(learning->chosen);
    free(learning->targets);
    free(learning->counted);
    free(learning->weights);
}


static reco_status_t
learn_rows(learning_t *learning, reco_content_map_t *map, unsigned threads)
{
    reco_status_t status;
    reco_ridge_t *ridge;

    status = reco_ridge_create(&learning->rows, learning->targets,
        learning->dimensions, threads, &ridge);
    if (status != RECO_OK) {
        return status;
    }

    choose_penalty(learning, ridge, map);
    status = map->explained > 0 ? finish(learning, ridge, map) : RECO_DECLINED;
    reco_ridge_destroy(ridge);

    return status;
}


static reco_status_t
learn(learning_t *learning, reco_content_map_t *map, uint32_t nitems,
    const reco_snapshot_item_t *items, const float *counts, unsigned threads)
{
    reco_status_t status;

    status = choose_items(learning, nitems, counts);
    if (status == RECO_OK && learning->rows.nrows < ITEMS_MIN) {
        return RECO_DECLINED;
    }
    if (status == RECO_OK) {
        status = count_tokens(learning, items);
    }
    if (status == RECO_OK) {
        status = hash_items(learning, items);
    }

    return status == RECO_OK ? learn_rows(learning, map, threads) : status;
}


reco_status_t
reco_content_map_learn(reco_content_map_t *map, uint32_t nitems,
    const reco_snapshot_item_t *items, const float *counts,
    const float *factors, uint32_t dimensions, unsigned threads,
    reco_error_t *error)
{
    learning_t learning = {.factors = factors, .dimensions = dimensions};
    reco_status_t status;

    memset(map, 0, sizeof(*map));
    status = learn(&learning, map, nitems, items, counts, threads);
    release(&learning);

    if (status == RECO_DECLINED) {
        return RECO_OK;
    }

    return status == RECO_OK ? RECO_OK
                             : reco_error_set(error, status,
                                 "out of memory for the content's map");
}


void
reco_content_map_done(reco_content_map_t *map)
{
    free(map->rarities);
    free(map->map);
    memset(map, 0, sizeof(*map));
}


int
reco_content_map_vector(const reco_snapshot_content_t *map, uint32_t dimensions,
    const reco_snapshot_item_t *item, float *vector)
{
    uint32_t buckets[RECO_CONTENT_TOKENS_MAX], d;
    float values[RECO_CONTENT_TOKENS_MAX];
    const float *row;
    unsigned i, count;

    if (map->nfeatures == 0) {
        return 0;
    }

    count = hash_item(item, map->nfeatures, map->rarities, buckets, values);
    if (count == 0) {
        return 0;
    }

    memcpy(vector, map->map + (size_t) map->nfeatures * dimensions,
        dimensions * sizeof(float));
    for (i = 0; i < count; i++) {
        row = map->map + (size_t) buckets[i] * dimensions;
        for (d = 0; d < dimensions; d++) {
            vector[d] += values[i] * row[d];
        }
    }

    return 1;
}
