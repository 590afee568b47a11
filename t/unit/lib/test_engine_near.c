/*
 * What is near to each item stands in the version, and takes the place of the
 * search where a visit is short.
 */

#include "shop.h"

#include "engine/reco_engine_factors.h"
#include "engine/reco_engine_select.h"

typedef shop_fixture_t fixture_t;


static float
product(const shop_t *shop, uint32_t a, uint32_t b)
{
    float sum;
    unsigned i;

    sum = 0;

    for (i = 0; i < SHOP_DIMENSIONS; i++) {
        sum += shop->factors[a * SHOP_DIMENSIONS + i]
               * shop->factors[b * SHOP_DIMENSIONS + i];
    }

    return sum;
}


static int
has_vector(uint32_t item)
{
    return item % 29 != 0;
}


/* How many others that are for sale are nearer to item than other is. */
static unsigned
nearer(const shop_t *shop, uint32_t item, uint32_t other)
{
    unsigned count;
    uint32_t i;

    count = 0;

    for (i = 0; i < SHOP_ITEMS; i++) {
        count += i != item && has_vector(i) && shop->items[i].available
                 && product(shop, item, i) > product(shop, item, other) + 1e-6f;
    }

    return count;
}


static void
test_lists(void **state)
{
    fixture_t *fixture;
    unsigned i, j, hits, total;
    uint32_t item;
    const shop_t *shop;
    const uint32_t *near;

    fixture = *state;
    shop = fixture->shop;
    hits = 0;
    total = 0;

    for (item = 0; item < SHOP_ITEMS; item++) {
        near = reco_snapshot_view(fixture->snapshot)->codes.near
               + item * RECO_SNAPSHOT_NEAR;

        for (i = 0; i < RECO_SNAPSHOT_NEAR; i++) {
            if (!has_vector(item)) {
                assert_int_equal(near[i], RECO_ITEM_NONE);
                continue;
            }

            assert_true(near[i] < SHOP_ITEMS);
            assert_int_not_equal(near[i], item);
            assert_true(has_vector(near[i]));
            assert_true(shop->items[near[i]].available);

            for (j = 0; j < i; j++) {
                assert_int_not_equal(near[j], near[i]);
            }

            assert_true(i == 0
                        || product(shop, item, near[i])
                               <= product(shop, item, near[i - 1]) + 1e-6f);
            total++;
            hits += nearer(shop, item, near[i]) < RECO_SNAPSHOT_NEAR;
        }
    }

    assert_true(total > SHOP_ITEMS);
    assert_true(hits >= 0.9 * total);
}


/* All that is near to the visitor's vector, by the engine's own products. */
static unsigned
ask_near(fixture_t *fixture)
{
    assert_int_equal(shop_ask(fixture), RECO_OK);

    return fixture->engine.scratch->shared.nfound;
}


static int
found(const fixture_t *fixture, uint32_t item)
{
    unsigned i;

    for (i = 0; i < fixture->engine.scratch->shared.nfound; i++) {
        if (reco_engine_key_number(fixture->engine.scratch->found[i]) == item) {
            return 1;
        }
    }

    return 0;
}


/* A short visit takes the lists of its items, by what these count. */
static void
test_short_visit(void **state)
{
    fixture_t *fixture;
    unsigned i, nfound;
    const uint32_t *near;

    fixture = *state;
    shop_view(&fixture->engine, 100);
    nfound = ask_near(fixture);
    near = reco_snapshot_view(fixture->snapshot)->codes.near;
    assert_int_equal(nfound, RECO_SNAPSHOT_NEAR);

    for (i = 0; i < RECO_SNAPSHOT_NEAR; i++) {
        assert_true(found(fixture, near[100 * RECO_SNAPSHOT_NEAR + i]));
    }

    /* The newest one's nearest, and those of the one before. */
    shop_view(&fixture->engine, 301);
    nfound = ask_near(fixture);
    assert_in_range(nfound, RECO_SNAPSHOT_NEAR / 2, RECO_SNAPSHOT_NEAR + 1);
    assert_true(found(fixture, near[301 * RECO_SNAPSHOT_NEAR])
                || near[301 * RECO_SNAPSHOT_NEAR] == 100);
    assert_true(found(fixture, near[100 * RECO_SNAPSHOT_NEAR])
                || near[100 * RECO_SNAPSHOT_NEAR] == 301);
}


/* Others are searched: more is found than lists have. */
static void
test_searched(void **state)
{
    fixture_t *fixture;
    unsigned i;
    float user[SHOP_DIMENSIONS];
    reco_engine_event_t event;
    shop_engine_t *engine;

    fixture = *state;
    engine = &fixture->engine;
    shop_view(engine, 100);
    assert_int_equal(ask_near(fixture), RECO_SNAPSHOT_NEAR);

    engine->query.category = shop_text("category 1");
    assert_true(ask_near(fixture) > 2 * RECO_SNAPSHOT_NEAR);
    engine->query.category = shop_text("");

    engine->query.n = 40;
    assert_true(ask_near(fixture) > 2 * RECO_SNAPSHOT_NEAR);
    engine->query.n = 10;

    for (i = 0; i < SHOP_DIMENSIONS; i++) {
        user[i] = 1;
    }

    engine->query.user = user;
    assert_true(ask_near(fixture) > 2 * RECO_SNAPSHOT_NEAR);
    engine->query.user = NULL;

    memset(&event, 0, sizeof(event));
    event.item = shop_key(200);
    engine->query.history = &event;
    engine->query.nhistory = 1;
    assert_true(ask_near(fixture) > 2 * RECO_SNAPSHOT_NEAR);
    engine->query.nhistory = 0;

    engine->query.sources = 1u << RECO_ENGINE_FACTORS;
    assert_true(ask_near(fixture) > 2 * RECO_SNAPSHOT_NEAR);
    engine->query.sources = 0;

    for (i = 0; i < 9; i++) {
        assert_in_range(
            ask_near(fixture), RECO_SNAPSHOT_NEAR / 2, 2 * RECO_SNAPSHOT_NEAR);
        shop_view(engine, 300 + 3 * i);
    }

    assert_true(ask_near(fixture) > 2 * RECO_SNAPSHOT_NEAR);
}


/* New items of the overlay that are as near are found beside them. */
static void
test_overlay(void **state)
{
    unsigned i;
    uint32_t near;
    fixture_t *fixture, with;
    float vectors[2 * SHOP_DIMENSIONS];
    reco_snapshot_overlay_t *overlay;

    const reco_snapshot_item_t fresh[] = {
        {.id = {5, "new-0"}, .price = 5, .available = 1},
        {.id = {5, "new-1"}, .price = 5, .available = 1}};
    const uint32_t vector_items[] = {SHOP_ITEMS, SHOP_ITEMS + 1};
    reco_snapshot_overlay_source_t source = {.base = "000042",
        .base_nitems = SHOP_ITEMS,
        .nitems = 2,
        .items = fresh,
        .dimensions = SHOP_DIMENSIONS,
        .nvectors = 2,
        .vector_items = vector_items,
        .vectors = vectors,
        .nunavailable = 1,
        .unavailable = &near,
        .weight = 1};

    fixture = *state;
    near = reco_snapshot_view(fixture->snapshot)
               ->codes.near[100 * RECO_SNAPSHOT_NEAR];

    for (i = 0; i < SHOP_DIMENSIONS; i++) {
        vectors[i] = 3 * fixture->shop->factors[100 * SHOP_DIMENSIONS + i];
        vectors[SHOP_DIMENSIONS + i] = -vectors[i];
    }

    overlay = shop_overlay(fixture->shop, fixture->snapshot, &source);
    with = *fixture;
    shop_engine_open(&with.engine, fixture->snapshot, overlay);
    shop_view(&with.engine, 100);
    assert_int_equal(ask_near(&with), RECO_SNAPSHOT_NEAR);
    assert_true(found(&with, SHOP_ITEMS));
    assert_false(found(&with, SHOP_ITEMS + 1));
    assert_false(found(&with, near));

    /* A new item has no list. */
    with.engine.query.current = reco_item_key(shop_text("new-0"));
    assert_true(ask_near(&with) > 2 * RECO_SNAPSHOT_NEAR);

    shop_engine_close(&with.engine);
    reco_snapshot_overlay_release(overlay);
}


static int
setup(void **state)
{
    fixture_t *fixture;

    if (shop_fixture_setup(state) != 0) {
        return -1;
    }

    fixture = *state;
    shop_engine_close(&fixture->engine);
    shop_set(&fixture->engine, "factors.near_from", "1");
    shop_engine_open(&fixture->engine, fixture->snapshot, NULL);

    return 0;
}


#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, setup, shop_fixture_teardown)


int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_lists),
        TEST(test_short_visit),
        TEST(test_searched),
        TEST(test_overlay),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
