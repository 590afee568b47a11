/*
 * Queries of a base with an overlay: what is new is found, what is gone is
 * not, and one that has no weight changes nothing.
 */

#include "shop.h"

typedef shop_fixture_t fixture_t;


/* What the overlay adds and takes away. */
static void
test_overlay(void **state)
{
    unsigned i;
    fixture_t *fixture;
    shop_engine_t engine;
    reco_engine_result_t before;
    reco_snapshot_item_t item;
    reco_snapshot_overlay_t *overlay;
    float vectors[2 * SHOP_DIMENSIONS];

    const reco_snapshot_item_t fresh[] = {{.id = {5, "new-0"},
                                              .title = {5, "Brand"},
                                              .category = {10, "category 2"},
                                              .price = 5,
                                              .available = 1},
        {.id = {5, "new-1"},
            .category = {5, "Novel"},
            .price = 7,
            .available = 1}};
    const uint32_t vector_items[] = {SHOP_ITEMS, SHOP_ITEMS + 1};
    const float rising = 1;
    uint32_t gone[10];
    reco_snapshot_overlay_source_t source = {.base = "000042",
        .base_nitems = SHOP_ITEMS,
        .nitems = 2,
        .items = fresh,
        .ntrending = 1,
        .trending = &vector_items[1],
        .trending_scores = &rising,
        .dimensions = SHOP_DIMENSIONS,
        .nvectors = 2,
        .vector_items = vector_items,
        .vectors = vectors,
        .nunavailable = 10,
        .unavailable = gone,
        .weight = 1};

    fixture = *state;
    shop_view(&fixture->engine, 100);
    assert_int_equal(shop_ask(fixture), RECO_OK);
    before = fixture->engine.result;

    for (i = 0; i < 10; i++) {
        gone[i] = before.hits[i].item;
    }

    /* The first new item is what item 100 is, only more so. */
    for (i = 0; i < SHOP_DIMENSIONS; i++) {
        vectors[i] = 3 * fixture->shop->factors[100 * SHOP_DIMENSIONS + i];
        vectors[SHOP_DIMENSIONS + i] = 1;
    }

    overlay = shop_overlay(fixture->shop, fixture->snapshot, &source);
    engine.params = fixture->engine.params;
    shop_engine_open(&engine, fixture->snapshot, overlay);
    shop_view(&engine, 100);
    engine.query.n = 100;
    assert_int_equal(reco_engine_recommend(engine.model, &engine.query,
                         engine.scratch, &engine.result),
        RECO_OK);

    for (i = 0; i < 10; i++) {
        assert_false(shop_has(&engine.result, gone[i]));
    }

    assert_true(shop_has(&engine.result, SHOP_ITEMS));

    engine.query.linked = 1;
    assert_int_equal(reco_engine_recommend(engine.model, &engine.query,
                         engine.scratch, &engine.result),
        RECO_OK);
    assert_false(shop_has(&engine.result, SHOP_ITEMS));
    engine.query.linked = 0;

    engine.query.sources = 1u << RECO_ENGINE_TRENDING;
    engine.query.n = 1;
    assert_int_equal(reco_engine_recommend(engine.model, &engine.query,
                         engine.scratch, &engine.result),
        RECO_OK);
    assert_int_equal(engine.result.hits[0].item, SHOP_ITEMS + 1);


    engine.query.sources = 1u << RECO_ENGINE_FACTORS;
    engine.query.n = 1;
    assert_int_equal(reco_engine_recommend(engine.model, &engine.query,
                         engine.scratch, &engine.result),
        RECO_OK);
    assert_int_equal(engine.result.hits[0].item, SHOP_ITEMS);

    engine.query.sources = 0;
    engine.query.n = 5;
    engine.query.category = shop_text("Novel");
    assert_int_equal(reco_engine_recommend(engine.model, &engine.query,
                         engine.scratch, &engine.result),
        RECO_OK);
    assert_int_equal(engine.result.nhits, 1);
    reco_engine_item(engine.model, engine.result.hits[0].item, &item);
    assert_memory_equal(item.id.data, "new-1", 5);
    assert_int_equal(
        reco_engine_find(engine.model, reco_item_key(shop_text("new-1"))),
        SHOP_ITEMS + 1);

    shop_engine_close(&engine);
    reco_snapshot_overlay_release(overlay);
}


/* The overlay's parameters count; without weight only its catalogue does. */
static void
test_overlay_off(void **state)
{
    unsigned i;
    fixture_t *fixture;
    shop_engine_t engine;
    reco_error_t error;
    reco_engine_result_t before;
    reco_snapshot_overlay_t *overlay;
    float vectors[2 * SHOP_DIMENSIONS];

    const reco_snapshot_item_t fresh[] = {
        {.id = {5, "new-0"}, .price = 5, .available = 1}};
    const uint32_t vector_items[] = {100, SHOP_ITEMS};
    const float rising = 1;
    reco_snapshot_overlay_source_t source = {.base = "000042",
        .base_nitems = SHOP_ITEMS,
        .nitems = 1,
        .items = fresh,
        .ntrending = 1,
        .trending = vector_items,
        .trending_scores = &rising,
        .dimensions = SHOP_DIMENSIONS,
        .nvectors = 2,
        .vector_items = vector_items,
        .vectors = vectors,
        .weight = 1,
        .parameters = {17, "overlay.weight\0000"}};

    fixture = *state;
    shop_view(&fixture->engine, 100);
    assert_int_equal(shop_ask(fixture), RECO_OK);
    before = fixture->engine.result;

    for (i = 0; i < SHOP_DIMENSIONS; i++) {
        vectors[i] = -fixture->shop->factors[100 * SHOP_DIMENSIONS + i];
        vectors[SHOP_DIMENSIONS + i] = 1e-3f;
    }


    for (i = 0; i < 2; i++) {
        overlay = shop_overlay(fixture->shop, fixture->snapshot, &source);
        engine.params = fixture->engine.params;
        assert_int_equal(
            reco_engine_params_follow(&engine.params, overlay, &error),
            RECO_OK);
        shop_engine_open(&engine, fixture->snapshot, overlay);
        shop_view(&engine, 100);
        engine.query.n = before.nhits;
        assert_int_equal(reco_engine_recommend(engine.model, &engine.query,
                             engine.scratch, &engine.result),
            RECO_OK);
        assert_int_equal(
            reco_engine_find(engine.model, reco_item_key(shop_text("new-0"))),
            SHOP_ITEMS);

        if (i == 0) {
            assert_int_equal(engine.result.hits[0].item, before.hits[0].item);
            assert_true(engine.result.hits[0].score == before.hits[0].score);
            source.parameters = reco_null_string;
        } else {
            assert_true(engine.result.hits[0].item != before.hits[0].item
                        || engine.result.hits[0].score != before.hits[0].score);
        }

        shop_engine_close(&engine);
        reco_snapshot_overlay_release(overlay);
    }

    /* One that is out of bounds is refused. */
    source.parameters = (reco_str_t){18, "overlay.weight\000-1"};
    overlay = shop_overlay(fixture->shop, fixture->snapshot, &source);
    assert_int_equal(reco_engine_params_follow(&engine.params, overlay, &error),
        RECO_INVALID);
    reco_snapshot_overlay_release(overlay);
}


#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(                                           \
        name, shop_fixture_setup, shop_fixture_teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_overlay),
        TEST(test_overlay_off),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
