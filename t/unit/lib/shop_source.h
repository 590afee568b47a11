/*
 * A small shop made from a seed: what a version is written from, for tests
 * and fuzzers.
 */

#ifndef SHOP_SOURCE_H
#define SHOP_SOURCE_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "snapshot/reco_snapshot.h"

#define SHOP_ITEMS      600
#define SHOP_SESSIONS   900
#define SHOP_LONGEST    12
#define SHOP_EDGES      8
#define SHOP_DIMENSIONS 16
#define SHOP_CATEGORIES 6
#define SHOP_BRANDS     4
#define SHOP_FEATURES   8
#define SHOP_NOW        1700000000u

typedef struct {
    uint64_t state;
    char folder[64];
    char ids[SHOP_ITEMS][16];
    char categories[SHOP_CATEGORIES][16];
    char brands[SHOP_BRANDS][16];
    reco_snapshot_item_t items[SHOP_ITEMS];
    uint64_t offsets[SHOP_SESSIONS + 1];
    uint32_t events[SHOP_SESSIONS * SHOP_LONGEST];
    float weights[SHOP_SESSIONS * SHOP_LONGEST];
    float heaviest;
    uint32_t times[SHOP_SESSIONS];
    uint64_t edge_offsets[RECO_NEIGHBORS_COUNT][SHOP_ITEMS + 1];
    uint32_t edges[RECO_NEIGHBORS_COUNT][SHOP_ITEMS * SHOP_EDGES];
    float edge_scores[RECO_NEIGHBORS_COUNT][SHOP_ITEMS * SHOP_EDGES];
    float popularity[SHOP_ITEMS];
    float trend[SHOP_ITEMS];
    float factors[SHOP_ITEMS * SHOP_DIMENSIONS];
    float rarities[SHOP_FEATURES];
    float map[(SHOP_FEATURES + 1) * SHOP_DIMENSIONS];
    reco_snapshot_source_t source;
} shop_t;


static inline uint32_t
shop_random(shop_t *shop, uint32_t below)
{
    shop->state = shop->state * 6364136223846793005u + 1442695040888963407u;

    return (uint32_t) ((shop->state >> 33) % below);
}


static inline float
shop_uniform(shop_t *shop)
{
    return (float) shop_random(shop, 1 << 20) / (float) (1 << 20);
}


static inline reco_str_t
shop_text(const char *string)
{
    return (reco_str_t){strlen(string), string};
}


/* Item i has category i % SHOP_CATEGORIES, the first of which is none, and
   brand i % SHOP_BRANDS, likewise. */
static inline void
shop_fill_items(shop_t *shop)
{
    unsigned i, j;
    reco_snapshot_item_t *item;

    for (i = 1; i < SHOP_CATEGORIES; i++) {
        snprintf(
            shop->categories[i], sizeof(shop->categories[i]), "category %u", i);
    }

    for (i = 1; i < SHOP_BRANDS; i++) {
        snprintf(shop->brands[i], sizeof(shop->brands[i]), "Brand %u", i);
    }

    for (i = 0; i < SHOP_ITEMS; i++) {
        snprintf(shop->ids[i], sizeof(shop->ids[i]), "item-%u", i);
        item = &shop->items[i];
        item->id = shop_text(shop->ids[i]);
        item->title = shop_text("A title");
        item->url = shop_text("/product");
        item->category = shop_text(shop->categories[i % SHOP_CATEGORIES]);
        item->brand = shop_text(shop->brands[i % SHOP_BRANDS]);
        item->currency = shop_text("EUR");
        item->price = i % 11 == 0 ? -1 : i + 0.99;
        item->available = i % 17 != 0;
        item->born = SHOP_NOW - 86400 * (i % 50);
        shop->popularity[i] = (float) shop_random(shop, 1000);
        shop->trend[i] = i % 10 == 0 ? shop_uniform(shop) : 0;

        for (j = 0; j < SHOP_DIMENSIONS; j++) {
            shop->factors[i * SHOP_DIMENSIONS + j] =
                i % 29 == 0 ? 0 : shop_uniform(shop) - 0.5f;
        }
    }
}


/* Neighbours in number are neighbours in sessions too. */
static inline void
shop_fill_sessions(shop_t *shop)
{
    unsigned i, length;
    uint64_t event;
    uint32_t base;

    event = 0;

    for (i = 0; i < SHOP_SESSIONS; i++) {
        length = 2 + shop_random(shop, SHOP_LONGEST - 1);
        base = shop_random(shop, SHOP_ITEMS);

        while (length-- > 0) {
            shop->events[event] = (base + shop_random(shop, 15)) % SHOP_ITEMS;
            shop->weights[event] = 0.25f + shop_uniform(shop);

            if (shop->weights[event] > shop->heaviest) {
                shop->heaviest = shop->weights[event];
            }

            event++;
        }

        shop->offsets[i + 1] = event;
        shop->times[i] = SHOP_NOW - 86400 * 30 + i * 2000;
    }
}


static inline void
shop_fill_edges(shop_t *shop)
{
    unsigned kind, item, i;
    uint64_t edge;

    for (kind = 0; kind < RECO_NEIGHBORS_COUNT; kind++) {
        edge = 0;

        for (item = 0; item < SHOP_ITEMS; item++) {
            for (i = 0; i < SHOP_EDGES; i++) {
                shop->edges[kind][edge] =
                    (item + 1 + i * (kind + 1)) % SHOP_ITEMS;
                shop->edge_scores[kind][edge++] = 1 / (float) (i + 1);
            }

            shop->edge_offsets[kind][item + 1] = edge;
        }
    }
}


static inline shop_t *
shop_make(uint64_t seed)
{
    unsigned i, kind;
    shop_t *shop;

    shop = calloc(1, sizeof(*shop));

    if (shop == NULL) {
        return NULL;
    }

    shop->state = seed;
    shop_fill_items(shop);
    shop_fill_sessions(shop);
    shop_fill_edges(shop);

    for (i = 0; i < SHOP_FEATURES; i++) {
        shop->rarities[i] = 1 + (float) i;
    }

    for (i = 0; i < (SHOP_FEATURES + 1) * SHOP_DIMENSIONS; i++) {
        shop->map[i] = (float) i / 100;
    }

    shop->source.nitems = SHOP_ITEMS;
    shop->source.items = shop->items;
    shop->source.sessions = (reco_snapshot_sessions_t){SHOP_SESSIONS,
        shop->offsets, shop->events, shop->weights, shop->times, 0};

    for (kind = 0; kind < RECO_NEIGHBORS_COUNT; kind++) {
        shop->source.neighbors[kind] =
            (reco_snapshot_neighbors_t){shop->edge_offsets[kind],
                shop->edges[kind], shop->edge_scores[kind]};
    }

    shop->source.popular =
        (reco_snapshot_popular_t){SHOP_ITEMS, shop->popularity, shop->trend};
    shop->source.dimensions = SHOP_DIMENSIONS;
    shop->source.factors = shop->factors;
    shop->source.content =
        (reco_snapshot_content_t){SHOP_FEATURES, shop->rarities, shop->map};
    shop->source.manifest = "{\"id\": \"000042\"}";

    return shop;
}

#endif /* SHOP_SOURCE_H */
