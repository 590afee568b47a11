/*
 * The features that are products of others or tell of returns, and what a
 * source alone is ranked by.
 */

#include "shop.h"

#include <math.h>

#include "engine/reco_engine_params.h"

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


/* Every feature counts. */
static void
open_weighted(fixture_t *fixture, shop_engine_t *engine)
{
    unsigned i;

    *engine = fixture->base.engine;
    reco_engine_params_init(&engine->params);

    for (i = 0; i < RECO_ENGINE_FEATURE_COUNT; i++) {
        engine->params.values[RECO_ENGINE_WEIGHT_SESSION + i] =
            0.1f * (float) (1 + i % 7);
    }

    shop_engine_open(engine, fixture->base.snapshot, NULL);
}


static void
check_hit(const fixture_t *fixture, const shop_engine_t *engine, unsigned count,
    const reco_engine_hit_t *hit)
{
    float score;
    unsigned i, j;
    const reco_engine_candidate_t *candidate;

    for (i = 0; i < count && fixture->candidates[i].item != hit->item; i++) {
        /* void */
    }

    assert_in_range(i, 0, count - 1);
    candidate = &fixture->candidates[i];
    assert_true(hit->score == candidate->score);
    score = 0;

    for (j = 0; j < RECO_ENGINE_FEATURE_COUNT; j++) {
        score += candidate->features[j]
                 * engine->params.values[RECO_ENGINE_WEIGHT_SESSION + j];
    }

    assert_true(fabsf(score - hit->score) < 1e-3f * fabsf(score));
}


/* A query keeps no more features than its candidates can have; its scores are
   the sums of all, as those that learn from them get them. */
static void
a_block_is_scored_by_all_features(void **state)
{
    fixture_t *fixture;
    unsigned query, count, i, hits;
    shop_engine_t engine;
    reco_engine_event_t history[12];

    fixture = *state;
    open_weighted(fixture, &engine);
    memset(history, 0, sizeof(history));
    hits = 0;

    for (query = 0; query < 48; query++) {
        shop_visit(&engine, fixture->base.shop, 1 + query % 12);

        for (i = 0; i < 12; i++) {
            history[i].item =
                shop_key(shop_random(fixture->base.shop, SHOP_ITEMS));
            history[i].time = SHOP_NOW - 100000;
        }

        engine.query.repeat = query % 2 == 0;
        engine.query.history = query % 3 == 0 ? history : NULL;
        engine.query.nhistory = query % 3 == 0 ? 12 : 0;
        engine.query.history_repeat = query % 6 == 0;
        count = reco_engine_candidates(engine.model, &engine.query,
            engine.scratch, fixture->candidates, CANDIDATES);
        reco_engine_recommend(
            engine.model, &engine.query, engine.scratch, &engine.result);

        for (i = 0; i < engine.result.nhits; i++, hits++) {
            check_hit(fixture, &engine, count, &engine.result.hits[i]);
        }
    }

    assert_true(hits > 0);
    shop_engine_close(&engine);
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
        cmocka_unit_test(a_block_is_scored_by_all_features),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
