/*
 * What the tests of snapshots and of the engine share: a small shop made from
 * a seed, written to a folder of its own.
 */

#ifndef SHOP_H
#define SHOP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/reco_engine.h"
#include "snapshot/reco_snapshot.h"
#include "snapshot/reco_snapshot_view.h"

#define SHOP_ITEMS      600
#define SHOP_SESSIONS   900
#define SHOP_LONGEST    12
#define SHOP_EDGES      8
#define SHOP_DIMENSIONS 16
#define SHOP_CATEGORIES 6
#define SHOP_NOW        1700000000u

typedef struct {
    uint64_t state;
    char folder[64];
    char ids[SHOP_ITEMS][16];
    char categories[SHOP_CATEGORIES][16];
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


/* Item i has category i % SHOP_CATEGORIES, the first of which is none. */
static inline void
shop_fill_items(shop_t *shop)
{
    unsigned i, j;
    reco_snapshot_item_t *item;

    for (i = 1; i < SHOP_CATEGORIES; i++) {
        snprintf(
            shop->categories[i], sizeof(shop->categories[i]), "category %u", i);
    }

    for (i = 0; i < SHOP_ITEMS; i++) {
        snprintf(shop->ids[i], sizeof(shop->ids[i]), "item-%u", i);
        item = &shop->items[i];
        item->id = shop_text(shop->ids[i]);
        item->title = shop_text("A title");
        item->url = shop_text("/product");
        item->category = shop_text(shop->categories[i % SHOP_CATEGORIES]);
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
shop_create(uint64_t seed)
{
    unsigned kind;
    shop_t *shop;

    shop = calloc(1, sizeof(*shop));
    assert_non_null(shop);
    shop->state = seed;
    shop_fill_items(shop);
    shop_fill_sessions(shop);
    shop_fill_edges(shop);

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
    shop->source.manifest = "{\"id\": \"000042\"}";

    snprintf(shop->folder, sizeof(shop->folder), "/tmp/reco-shop-XXXXXX");
    assert_non_null(mkdtemp(shop->folder));

    return shop;
}


static inline void
shop_destroy(shop_t *shop)
{
    char command[128];

    snprintf(command, sizeof(command), "rm -rf '%s'", shop->folder);
    assert_int_equal(system(command), 0);
    free(shop);
}


static inline void
shop_path(const shop_t *shop, const char *name, char path[PATH_MAX])
{
    snprintf(path, PATH_MAX, "%s/%s", shop->folder, name);
}


static inline reco_snapshot_t *
shop_open(const shop_t *shop)
{
    char path[PATH_MAX];
    reco_error_t error;
    reco_snapshot_t *snapshot;

    shop_path(shop, "v", path);
    error.message[0] = '\0';

    if (reco_snapshot_write(path, &shop->source, &error) != RECO_OK
        || reco_snapshot_open(path, 1, &snapshot, &error) != RECO_OK)
    {
        fail_msg("%s", error.message);
        return NULL;
    }

    return snapshot;
}


/* A model with its own parameters set, and what a query needs. */
typedef struct {
    reco_snapshot_t *snapshot;
    reco_engine_params_t params;
    reco_engine_model_t *model;
    reco_engine_scratch_t *scratch;
    reco_engine_session_t session;
    reco_engine_query_t query;
    reco_engine_result_t result;
} shop_engine_t;


static inline void
shop_set(shop_engine_t *engine, const char *name, const char *value)
{
    reco_error_t error;

    if (reco_engine_params_set(
            &engine->params, shop_text(name), shop_text(value), &error)
        != RECO_OK)
    {
        fail_msg("%s", error.message);
    }
}


/* Takes hold of the version; parameters stay those in engine->params. */
static inline void
shop_engine_open(shop_engine_t *engine, reco_snapshot_t *snapshot,
    reco_snapshot_overlay_t *overlay)
{
    reco_error_t error;

    engine->snapshot = snapshot;
    assert_int_equal(reco_engine_model_open(snapshot, overlay, &engine->params,
                         &engine->model, &error),
        RECO_OK);
    assert_int_equal(
        reco_engine_scratch_create(engine->model, &engine->scratch), RECO_OK);

    memset(&engine->query, 0, sizeof(engine->query));
    memset(&engine->session, 0, sizeof(engine->session));
    engine->query.session = &engine->session;
    engine->query.now = SHOP_NOW;
    engine->query.n = 10;
    engine->query.repeat = 1;
    engine->query.price_min = -1;
    engine->query.price_max = -1;
}


static inline void
shop_engine_close(shop_engine_t *engine)
{
    reco_engine_scratch_destroy(engine->scratch);
    reco_engine_model_close(engine->model);
}


static inline uint64_t
shop_key(uint32_t item)
{
    char id[16];

    snprintf(id, sizeof(id), "item-%u", item);

    return reco_item_key(shop_text(id));
}


/* The visitor views an item, now. */
static inline void
shop_view(shop_engine_t *engine, uint32_t item)
{
    reco_engine_event_t event;

    memset(&event, 0, sizeof(event));
    event.item = shop_key(item);
    event.time = SHOP_NOW;
    reco_engine_session_apply(&engine->session, &event);
    engine->query.current = event.item;
}


/* A visit of some items that belong together. */
static inline void
shop_visit(shop_engine_t *engine, shop_t *shop, unsigned length)
{
    uint32_t base;

    memset(&engine->session, 0, sizeof(engine->session));
    base = shop_random(shop, SHOP_ITEMS);

    while (length-- > 0) {
        shop_view(engine, (base + shop_random(shop, 15)) % SHOP_ITEMS);
    }
}


static inline int
shop_has(const reco_engine_result_t *result, uint32_t item)
{
    unsigned i;

    for (i = 0; i < result->nhits; i++) {
        if (result->hits[i].item == item) {
            return 1;
        }
    }

    return 0;
}

#endif /* SHOP_H */
