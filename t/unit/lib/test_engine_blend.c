/*
 * The features that are products of others or tell of returns, and what a
 * source alone is ranked by.
 */

#include "shop.h"

#include <math.h>

#define CANDIDATES 2048

typedef struct {
    shop_fixture_t base;
    reco_engine_candidate_t *candidates;
} fixture_t;


static float
feature(const reco_engine_candidate_t *candidate, const char *name)
{
    unsigned i;

    for (i = 0; reco_engine_feature_name(i) != NULL; i++) {
        if (strcmp(reco_engine_feature_name(i), name) == 0) {
            return candidate->features[i];
        }
    }

    fail_msg("there is no feature %s", name);

    return 0;
}


static unsigned
candidates(fixture_t *fixture)
{
    return reco_engine_candidates(fixture->base.engine.model,
        &fixture->base.engine.query, fixture->base.engine.scratch,
        fixture->candidates, CANDIDATES);
}


static void
check_product(const reco_engine_candidate_t *candidate, const char *name,
    const char *left, const char *right)
{
    assert_true(feature(candidate, name)
                == feature(candidate, left) * feature(candidate, right));
}


static void
products_are_of_their_features(void **state)
{
    fixture_t *fixture;
    const reco_engine_candidate_t *candidate;
    unsigned query, count, i, seen, popular;

    fixture = *state;
    fixture->base.engine.query.repeat = 1;
    seen = 0;
    popular = 0;

    for (query = 2; query < 20; query++) {
        shop_visit(&fixture->base.engine, fixture->base.shop, query);
        count = candidates(fixture);

        for (i = 0; i < count; i++) {
            candidate = &fixture->candidates[i];
            check_product(
                candidate, "popular_session", "popular", "session_log");
            check_product(candidate, "popular_return", "popular", "return");
            check_product(candidate, "popular_cosine", "popular", "cosine");
            check_product(candidate, "popular_square", "popular", "popular");
            check_product(candidate, "session_cosine", "session_log", "cosine");
            check_product(
                candidate, "session_next", "session_log", "next_last");
            popular += feature(candidate, "popular_session") > 0;

            if (feature(candidate, "return") > 0) {
                assert_true(feature(candidate, "seen_session")
                            == feature(candidate, "session_log"));
                assert_true(feature(candidate, "seen_cosine")
                            == feature(candidate, "cosine"));
                seen += feature(candidate, "seen_session") > 0;
            } else {
                assert_true(feature(candidate, "seen_session") == 0);
                assert_true(feature(candidate, "seen_cosine") == 0);
            }
        }
    }

    assert_true(seen > 0);
    assert_true(popular > 0);
    fixture->base.engine.query.repeat = 0;
}


/* No feature past the sources' own has a share in it. */
static void
one_source_is_ranked_by_its_values(void **state)
{
    fixture_t *fixture;
    unsigned source, count, total, i;

    fixture = *state;
    total = 0;

    for (source = 0; source < RECO_ENGINE_SOURCE_COUNT; source++) {
        shop_visit(&fixture->base.engine, fixture->base.shop, 5);
        fixture->base.engine.query.sources = 1u << source;
        count = candidates(fixture);
        total += count;

        for (i = 0; i < count; i++) {
            assert_true(fixture->candidates[i].score
                        == fixture->candidates[i].features[source]);
        }
    }

    assert_true(total > 0);
    fixture->base.engine.query.sources = 0;
}


static const reco_engine_candidate_t *
candidate_of(const fixture_t *fixture, unsigned count, uint32_t item)
{
    unsigned i;
    uint32_t number;

    number = reco_engine_find(fixture->base.engine.model, shop_key(item));

    for (i = 0; i < count; i++) {
        if (fixture->candidates[i].item == number) {
            return &fixture->candidates[i];
        }
    }

    fail_msg("item %u is no candidate", item);

    return NULL;
}


/* The first item 110 s ago and once more 70 s ago, then another, 10 s ago. */
static void
returns_tell_how_long_ago(void **state)
{
    fixture_t *fixture;
    shop_engine_t *engine;
    const reco_engine_candidate_t *candidate;
    unsigned count, i;

    static const uint32_t items[] = {3, 4, 3, 5, 6};
    static const uint32_t ages[] = {110, 100, 70, 10, 0};

    fixture = *state;
    engine = &fixture->base.engine;
    memset(&engine->session, 0, sizeof(engine->session));
    engine->query.repeat = 1;

    for (i = 0; i < 5; i++) {
        shop_view(engine, items[i]);
        engine->session.events[i].time = SHOP_NOW - ages[i];
    }

    count = candidates(fixture);

    candidate = candidate_of(fixture, count, 5);
    assert_float_equal(feature(candidate, "return_age"), logf(11), 1e-5);
    assert_float_equal(feature(candidate, "return_soon"), 60.f / 70, 1e-5);
    assert_float_equal(feature(candidate, "return_gap"), logf(11), 1e-5);
    assert_float_equal(feature(candidate, "return_last_gap"), logf(11), 1e-5);

    candidate = candidate_of(fixture, count, 3);
    assert_float_equal(feature(candidate, "return_age"), logf(71), 1e-5);
    assert_float_equal(feature(candidate, "return_soon"), 60.f / 130, 1e-5);
    assert_float_equal(feature(candidate, "return_gap"), logf(11), 1e-5);
    assert_true(feature(candidate, "return_last_gap") == 0);

    for (i = 0; i < count; i++) {
        candidate = &fixture->candidates[i];

        if (feature(candidate, "return") == 0) {
            assert_true(feature(candidate, "return_soon") == 0);
            assert_true(feature(candidate, "return_gap") == 0);
        }
    }

    engine->query.repeat = 0;
}


/* On the page of an item that no model knows, the one before is a return. */
static void
returns_begin_behind_an_unknown_item(void **state)
{
    fixture_t *fixture;
    shop_engine_t *engine;
    const reco_engine_candidate_t *candidate;
    unsigned count;

    fixture = *state;
    engine = &fixture->base.engine;
    memset(&engine->session, 0, sizeof(engine->session));
    engine->query.repeat = 1;
    shop_view(engine, 3);
    shop_view(engine, 4);
    engine->session.events[1].time = SHOP_NOW - 20;
    shop_view(engine, SHOP_ITEMS + 1);

    count = candidates(fixture);
    candidate = candidate_of(fixture, count, 4);
    assert_float_equal(feature(candidate, "return"), 1, 1e-6);
    assert_float_equal(feature(candidate, "return_last"), 1, 1e-6);
    assert_float_equal(feature(candidate, "return_last_gap"), logf(21), 1e-5);
    candidate = candidate_of(fixture, count, 3);
    assert_true(feature(candidate, "return") > 0);
    assert_true(feature(candidate, "return") < 1);
    assert_true(feature(candidate, "return_last") == 0);

    engine->query.repeat = 0;
}


static int
setup(void **state)
{
    fixture_t *fixture;

    fixture = calloc(1, sizeof(*fixture));

    if (fixture == NULL) {
        return -1;
    }

    fixture->candidates = calloc(CANDIDATES, sizeof(fixture->candidates[0]));
    assert_non_null(fixture->candidates);
    shop_fixture_init(&fixture->base, 11);
    shop_engine_open(&fixture->base.engine, fixture->base.snapshot, NULL);
    *state = fixture;

    return 0;
}


static int
teardown(void **state)
{
    fixture_t *fixture;

    fixture = *state;
    shop_fixture_done(&fixture->base);
    free(fixture->candidates);
    free(fixture);

    return 0;
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(products_are_of_their_features),
        cmocka_unit_test(one_source_is_ranked_by_its_values),
        cmocka_unit_test(returns_tell_how_long_ago),
        cmocka_unit_test(returns_begin_behind_an_unknown_item),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
