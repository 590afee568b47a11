/*
 * The generator; its header says what it makes.
 */

#include "engine_synthetic.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CLUSTER_ITEMS 150
#define ZIPF          0.9
#define ZIPF_SHIFT    10
#define JUMP          0.12
#define GO_ON         0.72
#define LONGEST       30
#define EDGES         30
#define NOISE         0.5f


static void *
checked(void *memory)
{
    if (memory == NULL) {
        fprintf(stderr, "out of memory\n");
        exit(1);
    }

    return memory;
}


/* splitmix64 */
uint64_t
synthetic_random(synthetic_shop_t *shop)
{
    uint64_t z;

    shop->state += 0x9e3779b97f4a7c15u;
    z = shop->state;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;

    return z ^ z >> 31;
}


static double
uniform(synthetic_shop_t *shop)
{
    return (double) (synthetic_random(shop) >> 11) * 0x1p-53;
}


static float
gaussian(synthetic_shop_t *shop)
{
    double u, v;

    u = uniform(shop) + 0x1p-54;
    v = uniform(shop);

    return (float) (sqrt(-2 * log(u)) * cos(2 * M_PI * v));
}


static double *
zipf_sums(uint32_t count)
{
    double sum, *sums;
    uint32_t i;

    sums = checked(malloc(count * sizeof(sums[0])));
    sum = 0;

    for (i = 0; i < count; i++) {
        sum += pow(i + ZIPF_SHIFT, -ZIPF);
        sums[i] = sum;
    }

    return sums;
}


static uint32_t
zipf_draw(synthetic_shop_t *shop, const double *sums, uint32_t count)
{
    double point;
    uint32_t low, high, middle;

    point = uniform(shop) * sums[count - 1];
    low = 0;
    high = count - 1;

    while (low < high) {
        middle = low + (high - low) / 2;

        if (sums[middle] < point) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }

    return low;
}


void
synthetic_shop_init(synthetic_shop_t *shop, uint32_t nitems, uint64_t seed)
{
    shop->state = seed;
    shop->nitems = nitems;
    shop->nclusters = nitems / CLUSTER_ITEMS + 1;
    shop->per_cluster = nitems / shop->nclusters;
    shop->cluster_sums = zipf_sums(shop->nclusters);
    shop->item_sums = zipf_sums(shop->per_cluster);
}


void
synthetic_shop_done(synthetic_shop_t *shop)
{
    free(shop->cluster_sums);
    free(shop->item_sums);
}


/* A cluster's items are scattered over all numbers, as in a real catalogue. */
static uint32_t
item_number(const synthetic_shop_t *shop, uint32_t cluster, uint32_t place)
{
    return place * shop->nclusters + cluster;
}


static uint32_t
session_step(synthetic_shop_t *shop, uint32_t *cluster)
{
    if (uniform(shop) < JUMP) {
        *cluster = zipf_draw(shop, shop->cluster_sums, shop->nclusters);
    }

    return item_number(
        shop, *cluster, zipf_draw(shop, shop->item_sums, shop->per_cluster));
}


unsigned
synthetic_session(synthetic_shop_t *shop, uint32_t *items)
{
    unsigned length;
    uint32_t cluster;

    cluster = zipf_draw(shop, shop->cluster_sums, shop->nclusters);
    length = 0;

    do {
        items[length++] = session_step(shop, &cluster);
    } while (length < 2 || (length < LONGEST && uniform(shop) < GO_ON));

    return length;
}


unsigned
synthetic_visit(synthetic_shop_t *shop, uint32_t *items, unsigned length)
{
    unsigned i;
    uint32_t cluster;

    cluster = zipf_draw(shop, shop->cluster_sums, shop->nclusters);

    for (i = 0; i < length && i < 32; i++) {
        items[i] = session_step(shop, &cluster);
    }

    return i;
}


float *
synthetic_vectors(synthetic_shop_t *shop)
{
    float scale, *vectors, *centre, *row;
    uint32_t cluster, place, i;

    const uint32_t dimensions = SYNTHETIC_DIMENSIONS;

    vectors =
        checked(calloc((size_t) shop->nitems * dimensions, sizeof(vectors[0])));
    centre = checked(malloc(dimensions * sizeof(centre[0])));

    for (cluster = 0; cluster < shop->nclusters; cluster++) {
        for (i = 0; i < dimensions; i++) {
            centre[i] = gaussian(shop);
        }

        for (place = 0; place < shop->per_cluster; place++) {
            row = vectors
                  + (size_t) item_number(shop, cluster, place) * dimensions;
            scale = 1 / (1 + 0.1f * logf((float) place + 1));

            for (i = 0; i < dimensions; i++) {
                row[i] = scale * (centre[i] + NOISE * gaussian(shop));
            }
        }
    }

    free(centre);

    return vectors;
}


static void
fill_items(synthetic_shop_t *shop, reco_snapshot_item_t *items, char *text)
{
    uint32_t i;
    int length;

    for (i = 0; i < shop->nitems; i++) {
        length = sprintf(text, "item-%u", i) + 1;
        items[i].id = (reco_str_t){(size_t) length - 1, text};
        text += length;

        length = sprintf(text, "Product number %u", i) + 1;
        items[i].title = (reco_str_t){(size_t) length - 1, text};
        text += length;

        length = sprintf(text, "/product/%u", i) + 1;
        items[i].url = (reco_str_t){(size_t) length - 1, text};
        text += length;

        length = sprintf(text, "category %u", i % shop->nclusters % 1000) + 1;
        items[i].category = (reco_str_t){(size_t) length - 1, text};
        text += length;

        items[i].price = 1 + i % 300;
        items[i].available = 1;
        items[i].born = 1600000000;
    }
}


static void
fill_sessions(synthetic_shop_t *shop, uint32_t nsessions,
    reco_snapshot_sessions_t *sessions, float *popularity)
{
    unsigned i, length;
    uint32_t session, *items, *times;
    uint64_t capacity, *offsets;

    capacity = (uint64_t) nsessions * 5 + LONGEST;
    offsets = checked(calloc((size_t) nsessions + 1, sizeof(offsets[0])));
    times = checked(malloc(((size_t) nsessions + 1) * sizeof(times[0])));
    items = checked(malloc(capacity * sizeof(items[0])));

    for (session = 0; session < nsessions; session++) {
        if (offsets[session] + LONGEST > capacity) {
            capacity += capacity / 4 + LONGEST;
            items = checked(realloc(items, capacity * sizeof(items[0])));
        }

        length = synthetic_session(shop, items + offsets[session]);
        offsets[session + 1] = offsets[session] + length;
        times[session] =
            1700000000 + (uint32_t) ((uint64_t) session * 2592000 / nsessions);

        for (i = 0; i < length; i++) {
            popularity[items[offsets[session] + i]]++;
        }
    }

    *sessions =
        (reco_snapshot_sessions_t){nsessions, offsets, items, NULL, times, 0};
}


/* Rows of EDGES popular items of the same cluster. */
static void
fill_edges(synthetic_shop_t *shop, reco_snapshot_neighbors_t *neighbors)
{
    float *scores;
    uint32_t item, i, *items;
    uint64_t edge, *offsets;

    offsets = checked(calloc((size_t) shop->nitems + 1, sizeof(offsets[0])));
    items = checked(malloc((size_t) shop->nitems * EDGES * sizeof(items[0])));
    scores = checked(malloc((size_t) shop->nitems * EDGES * sizeof(scores[0])));
    edge = 0;

    for (item = 0; item < shop->nitems; item++) {
        for (i = 0; i < EDGES && i < shop->per_cluster; i++) {
            items[edge] = item_number(shop, item % shop->nclusters,
                (i * 3 + item / shop->nclusters) % shop->per_cluster);
            scores[edge++] = 1 / (float) (i + 1);
        }

        offsets[item + 1] = edge;
    }

    *neighbors = (reco_snapshot_neighbors_t){offsets, items, scores};
}


void
synthetic_write(synthetic_shop_t *shop, uint32_t nsessions, const char *path)
{
    char *text;
    float *popularity, *trend, *vectors;
    reco_error_t error;
    reco_snapshot_item_t *items;
    reco_snapshot_source_t source;

    memset(&source, 0, sizeof(source));
    items = checked(calloc(shop->nitems, sizeof(items[0])));
    text = checked(malloc((size_t) shop->nitems * 96));
    popularity = checked(calloc(shop->nitems, sizeof(popularity[0])));
    trend = checked(calloc(shop->nitems, sizeof(trend[0])));
    vectors = synthetic_vectors(shop);

    fill_items(shop, items, text);
    fill_sessions(shop, nsessions, &source.sessions, popularity);
    fill_edges(shop, &source.neighbors[RECO_NEIGHBORS_NEXT]);
    source.neighbors[RECO_NEIGHBORS_VIEW] =
        source.neighbors[RECO_NEIGHBORS_NEXT];

    source.nitems = shop->nitems;
    source.items = items;
    source.popular = (reco_snapshot_popular_t){shop->nitems, popularity, trend};
    source.dimensions = SYNTHETIC_DIMENSIONS;
    source.factors = vectors;

    if (reco_snapshot_write(path, &source, &error) != RECO_OK) {
        fprintf(stderr, "%s\n", error.message);
        exit(1);
    }

    free((void *) source.sessions.offsets);
    free((void *) source.sessions.items);
    free((void *) source.sessions.times);
    free((void *) source.neighbors[RECO_NEIGHBORS_NEXT].offsets);
    free((void *) source.neighbors[RECO_NEIGHBORS_NEXT].items);
    free((void *) source.neighbors[RECO_NEIGHBORS_NEXT].scores);
    free(vectors);
    free(trend);
    free(popularity);
    free(text);
    free(items);
}
