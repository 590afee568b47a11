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

#include "shop_source.h"


static inline shop_t *
shop_create(uint64_t seed)
{
    shop_t *shop;

    shop = shop_make(seed);
    assert_non_null(shop);
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


/* The shop of one test, as its state. */
static inline int
shop_setup(void **state)
{
    *state = shop_create(2);

    return 0;
}


static inline int
shop_teardown(void **state)
{
    shop_destroy(*state);

    return 0;
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


/* Writes an overlay beside the snapshot and opens it; an earlier one's file is
   replaced. */
static inline reco_snapshot_overlay_t *
shop_overlay(const shop_t *shop, reco_snapshot_t *snapshot,
    const reco_snapshot_overlay_source_t *source)
{
    char path[PATH_MAX];
    reco_error_t error;
    reco_snapshot_overlay_t *overlay;

    shop_path(shop, "overlay", path);
    error.message[0] = '\0';

    if (reco_snapshot_overlay_write(path, source, &error) != RECO_OK
        || reco_snapshot_overlay_open(path, snapshot, &overlay, &error)
               != RECO_OK)
    {
        fail_msg("%s", error.message);
        return NULL;
    }

    return overlay;
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


/* A shop, its version and a model of it, for a test of its own. */
typedef struct {
    shop_t *shop;
    reco_snapshot_t *snapshot;
    shop_engine_t engine;
} shop_fixture_t;


/* Parameters are the defaults; the engine is the caller's to open. */
static inline void
shop_fixture_init(shop_fixture_t *fixture, uint64_t seed)
{
    fixture->shop = shop_create(seed);
    fixture->snapshot = shop_open(fixture->shop);
    reco_engine_params_init(&fixture->engine.params);
}


static inline void
shop_fixture_done(shop_fixture_t *fixture)
{
    shop_engine_close(&fixture->engine);
    reco_snapshot_release(fixture->snapshot);
    shop_destroy(fixture->shop);
}


/* The fixture of one test, with an open engine, as its state. */
static inline int
shop_fixture_setup(void **state)
{
    shop_fixture_t *fixture;

    fixture = calloc(1, sizeof(*fixture));

    if (fixture == NULL) {
        return -1;
    }

    shop_fixture_init(fixture, 3);
    shop_engine_open(&fixture->engine, fixture->snapshot, NULL);
    *state = fixture;

    return 0;
}


static inline int
shop_fixture_teardown(void **state)
{
    shop_fixture_done(*state);
    free(*state);

    return 0;
}


static inline reco_status_t
shop_ask(shop_fixture_t *fixture)
{
    return reco_engine_recommend(fixture->engine.model, &fixture->engine.query,
        fixture->engine.scratch, &fixture->engine.result);
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
