/*
 * How many of session kNN's candidates stand alone.
 */

#include "shop.h"

#include "engine/reco_engine_scratch.h"


/* Candidates that only session kNN names, of a visit that many sessions have
   something in common with. */
static unsigned
alone(shop_fixture_t *fixture)
{
    unsigned i, count;
    const reco_engine_pool_t *pool;

    assert_int_equal(shop_ask(fixture), RECO_OK);
    assert_int_equal(fixture->engine.result.nhits, fixture->engine.query.n);
    pool = &fixture->engine.scratch->pool;
    count = 0;

    for (i = 0; i < pool->nrows; i++) {
        count += pool->rows[i].sources == 1u << RECO_ENGINE_SESSION;
    }

    return count;
}


static void
open_shop(shop_fixture_t *fixture, const char *named)
{
    unsigned i;

    reco_engine_params_init(&fixture->engine.params);
    shop_set(&fixture->engine, "session.named", named);
    shop_set(&fixture->engine, "neighbors.items", "9");
    shop_engine_open(&fixture->engine, fixture->snapshot, NULL);
    fixture->engine.query.n = 4;
    fixture->engine.query.sources =
        1u << RECO_ENGINE_SESSION | 1u << RECO_ENGINE_BOUGHT;

    for (i = 0; i < 9; i++) {
        shop_view(&fixture->engine, 20 + 60 * i);
    }
}


static float
said(const reco_engine_pool_row_t *row)
{
    return row->features[RECO_ENGINE_LANES * RECO_ENGINE_SESSION];
}


/* Those behind the best count only where another source names them, too. */
static void
test_named(void **state)
{
    float floor;
    unsigned i, j, all, seconded;
    shop_fixture_t *fixture;
    const reco_engine_pool_t *pool;
    uint32_t items[RECO_ENGINE_POOL_ROWS];
    float values[RECO_ENGINE_POOL_ROWS];

    fixture = *state;
    shop_engine_close(&fixture->engine);
    open_shop(fixture, "1000");
    assert_true(alone(fixture) > 100);
    pool = &fixture->engine.scratch->pool;
    all = pool->nrows;

    for (i = 0; i < all; i++) {
        items[i] = pool->rows[i].item;
        values[i] = said(&pool->rows[i]);
    }

    shop_engine_close(&fixture->engine);
    open_shop(fixture, "60");
    assert_in_range(alone(fixture), 30, 60);
    pool = &fixture->engine.scratch->pool;
    floor = 1;

    for (i = 0; i < pool->nrows; i++) {
        for (j = 0; items[j] != pool->rows[i].item; j++) {
            assert_true(j < all);
        }

        assert_true(said(&pool->rows[i]) == values[j]);

        if (pool->rows[i].sources == 1u << RECO_ENGINE_SESSION) {
            floor = values[j] < floor ? values[j] : floor;
        }
    }

    seconded = 0;

    for (i = 0; i < pool->nrows; i++) {
        seconded += said(&pool->rows[i]) > 0 && said(&pool->rows[i]) < floor;
    }

    assert_true(seconded > 0);
}


/* A long block names more; where rules choose, and where most of the best have
   been seen, all are named. */
static void
test_named_all(void **state)
{
    unsigned i, few, refused;
    uint64_t excluded[RECO_ENGINE_NAMED_MAX];
    shop_fixture_t *fixture;
    const reco_engine_pool_row_t *row;

    const reco_engine_rule_t boost = {.kind = RECO_ENGINE_RULE_BOOST,
        .brand = shop_text("Brand 1"),
        .factor = 2};

    fixture = *state;
    shop_engine_close(&fixture->engine);
    open_shop(fixture, "60");
    few = alone(fixture);

    fixture->engine.query.n = 12;
    assert_true(alone(fixture) > few + 20);
    fixture->engine.query.n = 4;
    assert_int_equal(alone(fixture), few);

    fixture->engine.query.price_min = 0.01;
    assert_true(alone(fixture) > 100);
    fixture->engine.query.price_min = -1;

    fixture->engine.query.rules = &boost;
    fixture->engine.query.nrules = 1;
    assert_true(alone(fixture) > 100);
    fixture->engine.query.nrules = 0;

    alone(fixture);
    refused = 0;

    for (i = 0; i < fixture->engine.scratch->pool.nrows; i++) {
        row = &fixture->engine.scratch->pool.rows[i];

        if (row->sources & 1u << RECO_ENGINE_SESSION) {
            excluded[refused++] = shop_key(row->item);
        }
    }

    fixture->engine.query.excluded = excluded;
    fixture->engine.query.nexcluded = refused;
    assert_true(alone(fixture) > 60);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            test_named, shop_fixture_setup, shop_fixture_teardown),
        cmocka_unit_test_setup_teardown(
            test_named_all, shop_fixture_setup, shop_fixture_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
