/*
 * Whole queries: what may not be shown is not, what is new can be, a block is
 * full where the catalogue has items, and the same question has the same
 * answer.
 */

#include "shop.h"

typedef shop_fixture_t fixture_t;


/* Opens the model again, with another parameter. */
static void
reopen(fixture_t *fixture, const char *name, const char *value)
{
    shop_set(&fixture->engine, name, value);
    shop_engine_close(&fixture->engine);
    shop_engine_open(&fixture->engine, fixture->snapshot, NULL);
}


static void
check_distinct(const reco_engine_result_t *result)
{
    unsigned i, j;

    for (i = 0; i < result->nhits; i++) {
        for (j = 0; j < i; j++) {
            assert_int_not_equal(result->hits[i].item, result->hits[j].item);
        }
    }
}


static void
test_full_blocks(void **state)
{
    unsigned query, n, i;
    uint32_t item;
    fixture_t *fixture;

    fixture = *state;

    for (query = 0; query < 300; query++) {
        shop_visit(&fixture->engine, fixture->shop, query % 20);
        n = 1 + query % 50;
        fixture->engine.query.n = n;
        fixture->engine.query.current =
            query % 20 == 0 ? 0 : fixture->engine.query.current;
        assert_int_equal(shop_ask(fixture), RECO_OK);
        assert_int_equal(fixture->engine.result.nhits, n);
        check_distinct(&fixture->engine.result);

        for (i = 0; i < n; i++) {
            item = fixture->engine.result.hits[i].item;
            assert_true(item < SHOP_ITEMS);
            assert_int_not_equal(item % 17, 0);
            assert_int_not_equal(shop_key(item), fixture->engine.query.current);
        }
    }
}


static void
test_without_a_visit(void **state)
{
    unsigned i;
    fixture_t *fixture;

    fixture = *state;
    fixture->engine.query.session = NULL;
    assert_int_equal(shop_ask(fixture), RECO_OK);
    assert_int_equal(fixture->engine.result.nhits, 10);

    /* An item that nobody knows changes nothing. */
    fixture->engine.query.current = 12345;
    assert_int_equal(shop_ask(fixture), RECO_OK);
    assert_int_equal(fixture->engine.result.nhits, 10);

    for (i = 0; i < 10; i++) {
        assert_int_equal(
            fixture->engine.result.hits[i].because, RECO_ITEM_NONE);
    }
}


static void
test_same_answer(void **state)
{
    unsigned i;
    fixture_t *fixture;
    shop_engine_t *engine;
    reco_engine_result_t first;
    reco_engine_session_t session;
    reco_engine_scratch_t *other;

    fixture = *state;
    engine = &fixture->engine;
    reopen(fixture, "diversity.lambda", "0.7");
    shop_visit(engine, fixture->shop, 7);
    session = engine->session;
    assert_int_equal(shop_ask(fixture), RECO_OK);
    first = engine->result;

    for (i = 0; i < 50; i++) {
        shop_visit(engine, fixture->shop, 1 + i % 9);
        assert_int_equal(shop_ask(fixture), RECO_OK);
    }

    engine->session = session;
    engine->query.current =
        reco_engine_session_event(&session, session.nevents - 1)->item;
    assert_int_equal(shop_ask(fixture), RECO_OK);
    assert_int_equal(engine->result.nhits, first.nhits);
    assert_memory_equal(
        engine->result.hits, first.hits, first.nhits * sizeof(first.hits[0]));

    assert_int_equal(
        reco_engine_scratch_create(engine->model, &other), RECO_OK);
    assert_int_equal(reco_engine_recommend(
                         engine->model, &engine->query, other, &engine->result),
        RECO_OK);
    assert_memory_equal(
        engine->result.hits, first.hits, first.nhits * sizeof(first.hits[0]));
    reco_engine_scratch_destroy(other);
}


static void
test_filters(void **state)
{
    unsigned i;
    uint32_t item;
    fixture_t *fixture;
    reco_engine_query_t *query;
    reco_engine_result_t *result;
    uint64_t excluded[3];

    fixture = *state;
    query = &fixture->engine.query;
    result = &fixture->engine.result;
    shop_visit(&fixture->engine, fixture->shop, 5);

    assert_int_equal(shop_ask(fixture), RECO_OK);

    for (i = 0; i < 3; i++) {
        excluded[i] = shop_key(result->hits[i].item);
    }

    query->excluded = excluded;
    query->nexcluded = 3;
    assert_int_equal(shop_ask(fixture), RECO_OK);

    for (i = 0; i < result->nhits; i++) {
        assert_int_not_equal(shop_key(result->hits[i].item), excluded[0]);
        assert_int_not_equal(shop_key(result->hits[i].item), excluded[1]);
        assert_int_not_equal(shop_key(result->hits[i].item), excluded[2]);
    }

    query->category = shop_text("category 4");
    query->price_min = 100;
    query->price_max = 400;
    assert_int_equal(shop_ask(fixture), RECO_OK);
    assert_int_equal(result->nhits, 10);

    for (i = 0; i < result->nhits; i++) {
        item = result->hits[i].item;
        assert_int_equal(item % SHOP_CATEGORIES, 4);
        assert_int_not_equal(item % 11, 0);
        assert_in_range(item, 100, 399);
    }

    query->category = shop_text("no such category");
    assert_int_equal(shop_ask(fixture), RECO_DECLINED);
}


/* What has no address is shown to who needs none, and to nobody else; of two
   blocks of a page each is asked by itself. */
static void
test_linked(void **state)
{
    unsigned i, bare;
    shop_fixture_t fixture;
    reco_engine_result_t *result;

    (void) state;

    fixture.shop = shop_create(3);

    for (i = 0; i < SHOP_ITEMS; i += 2) {
        fixture.shop->items[i].url = reco_null_string;
    }

    fixture.snapshot = shop_open(fixture.shop);
    reco_engine_params_init(&fixture.engine.params);
    shop_engine_open(&fixture.engine, fixture.snapshot, NULL);
    result = &fixture.engine.result;

    shop_visit(&fixture.engine, fixture.shop, 5);
    fixture.engine.query.n = 50;
    fixture.engine.query.page = 1;
    bare = 0;
    assert_int_equal(shop_ask(&fixture), RECO_OK);

    for (i = 0; i < result->nhits; i++) {
        bare += result->hits[i].item % 2 == 0;
    }

    assert_int_not_equal(bare, 0);

    fixture.engine.query.linked = 1;
    assert_int_equal(shop_ask(&fixture), RECO_OK);
    assert_int_equal(result->nhits, 50);

    for (i = 0; i < result->nhits; i++) {
        assert_int_equal(result->hits[i].item % 2, 1);
    }

    shop_fixture_done(&fixture);
}


/* What came into the catalogue later was not there when the query was asked. */
static void
test_born_later(void **state)
{
    unsigned i, young;
    fixture_t *fixture;
    reco_engine_result_t *result;

    fixture = *state;
    result = &fixture->engine.result;
    shop_visit(&fixture->engine, fixture->shop, 5);
    fixture->engine.query.n = RECO_ENGINE_RESULT_MAX;
    fixture->engine.query.now = SHOP_NOW - 10 * 86400;
    assert_int_equal(shop_ask(fixture), RECO_OK);

    for (i = 0; i < result->nhits; i++) {
        assert_in_range(result->hits[i].item % 50, 10, 49);
    }

    fixture->engine.query.now = 0;
    assert_int_equal(shop_ask(fixture), RECO_OK);
    young = 0;

    for (i = 0; i < result->nhits; i++) {
        young += result->hits[i].item % 50 < 10;
    }

    assert_int_not_equal(young, 0);
}


/* The weights that are unmet items' own act on no other; the search for them
   can be switched off. */
static void
test_unmet(void **state)
{
    unsigned i, unmet;
    fixture_t *fixture;
    reco_engine_result_t *result;

    fixture = *state;
    result = &fixture->engine.result;

    for (i = 0; i < SHOP_ITEMS; i += 3) {
        fixture->shop->popularity[i] = 0;
    }

    shop_engine_close(&fixture->engine);
    reco_snapshot_release(fixture->snapshot);
    fixture->snapshot = shop_open(fixture->shop);
    shop_set(&fixture->engine, "weight.unmet", "100");
    shop_engine_open(&fixture->engine, fixture->snapshot, NULL);
    shop_visit(&fixture->engine, fixture->shop, 5);
    assert_int_equal(shop_ask(fixture), RECO_OK);
    assert_int_equal(result->nhits, 10);

    for (i = 0; i < result->nhits; i++) {
        assert_int_equal(result->hits[i].item % 3, 0);
    }

    fixture->engine.query.sources = 1u << RECO_ENGINE_FACTORS;
    assert_int_equal(shop_ask(fixture), RECO_OK);
    unmet = 0;

    for (i = 0; i < result->nhits; i++) {
        unmet += result->hits[i].item % 3 == 0;
    }

    assert_int_not_equal(unmet, 0);

    /* Of one source alone its value is the score, whatever the item. */
    for (i = 0; i < result->nhits; i++) {
        assert_true(result->hits[i].score <= 1);
    }

    shop_set(&fixture->engine, "fallback", "0");
    reopen(fixture, "factors.unmet", "0");
    shop_visit(&fixture->engine, fixture->shop, 5);
    fixture->engine.query.sources = 1u << RECO_ENGINE_FACTORS;
    assert_int_equal(shop_ask(fixture), RECO_OK);

    for (i = 0; i < result->nhits; i++) {
        assert_int_not_equal(result->hits[i].item % 3, 0);
    }
}


static void
test_rules(void **state)
{
    unsigned i;
    uint32_t item, last;
    fixture_t *fixture;
    reco_engine_query_t *query;
    reco_engine_result_t *result;
    reco_engine_rule_t rules[3];

    fixture = *state;
    query = &fixture->engine.query;
    result = &fixture->engine.result;
    shop_visit(&fixture->engine, fixture->shop, 5);
    assert_int_equal(shop_ask(fixture), RECO_OK);
    last = result->hits[9].item;

    /* Pinned: from within, and from nowhere; not what is sold out. */
    memset(rules, 0, sizeof(rules));
    rules[0].kind = RECO_ENGINE_RULE_PIN;
    rules[0].item = shop_key(last);
    rules[1].kind = RECO_ENGINE_RULE_PIN;
    rules[1].item = shop_key((last + 300) % SHOP_ITEMS);
    rules[1].place = 4;
    rules[2].kind = RECO_ENGINE_RULE_PIN;
    rules[2].item = shop_key(17);
    rules[2].place = 2;

    if ((last + 300) % SHOP_ITEMS % 17 == 0) {
        rules[1].item = shop_key((last + 301) % SHOP_ITEMS);
    }

    query->rules = rules;
    query->nrules = 3;
    assert_int_equal(shop_ask(fixture), RECO_OK);
    assert_int_equal(result->nhits, 10);
    check_distinct(result);
    assert_int_equal(result->hits[0].item, last);
    assert_true(result->hits[0].pinned);
    assert_false(result->hits[1].pinned);
    assert_int_equal(shop_key(result->hits[4].item), rules[1].item);
    assert_false(shop_has(result, 17));

    /* A place past the end is the last one. */
    rules[0].place = 1000;
    assert_int_equal(shop_ask(fixture), RECO_OK);
    assert_int_equal(result->hits[9].item, last);

    memset(rules, 0, sizeof(rules));
    rules[0].kind = RECO_ENGINE_RULE_EXCLUDE;
    rules[0].category = shop_text("category 3");
    rules[1].kind = RECO_ENGINE_RULE_EXCLUDE;
    rules[1].brand = shop_text("Brand 1");
    query->nrules = 2;
    query->n = 100;
    assert_int_equal(shop_ask(fixture), RECO_OK);
    assert_int_equal(result->nhits, 100);

    for (i = 0; i < result->nhits; i++) {
        item = result->hits[i].item;
        assert_int_not_equal(item % SHOP_CATEGORIES, 3);
        assert_int_not_equal(item % SHOP_BRANDS, 1);
    }

    /* Enough of a boost, and they come first; a category and a brand. */
    rules[0].kind = RECO_ENGINE_RULE_BOOST;
    rules[0].brand = shop_text("Brand 1");
    rules[0].factor = 1000;
    query->nrules = 1;
    query->n = 20;
    assert_int_equal(shop_ask(fixture), RECO_OK);
    assert_int_equal(result->hits[0].item % SHOP_CATEGORIES, 3);
    assert_int_equal(result->hits[0].item % SHOP_BRANDS, 1);

    /* What the catalogue does not have fits nothing. */
    rules[0].category = shop_text("no such");
    rules[0].kind = RECO_ENGINE_RULE_EXCLUDE;
    rules[0].brand = reco_null_string;
    assert_int_equal(shop_ask(fixture), RECO_OK);
    assert_int_equal(result->nhits, 20);
}


static void
test_seen_in_the_visit(void **state)
{
    unsigned i;
    fixture_t *fixture;

    fixture = *state;
    shop_view(&fixture->engine, 101);
    shop_view(&fixture->engine, 102);
    shop_view(&fixture->engine, 103);
    fixture->engine.query.n = 50;

    assert_int_equal(shop_ask(fixture), RECO_OK);
    assert_true(shop_has(&fixture->engine.result, 101));
    assert_false(shop_has(&fixture->engine.result, 103));

    fixture->engine.query.repeat = 0;
    assert_int_equal(shop_ask(fixture), RECO_OK);

    for (i = 101; i <= 103; i++) {
        assert_false(shop_has(&fixture->engine.result, i));
    }
}


static void
test_profile(void **state)
{
    unsigned i;
    fixture_t *fixture;
    reco_engine_event_t history[40];

    fixture = *state;
    memset(history, 0, sizeof(history));

    for (i = 0; i < 40; i++) {
        history[i].item = shop_key(200 + i % 20);
        history[i].time = SHOP_NOW - 1000;
    }

    fixture->engine.query.history = history;
    fixture->engine.query.nhistory = 40;
    fixture->engine.query.n = 100;
    assert_int_equal(shop_ask(fixture), RECO_OK);

    for (i = 200; i < 220; i++) {
        assert_false(shop_has(&fixture->engine.result, i));
    }

    fixture->engine.query.history_repeat = 1;
    assert_int_equal(shop_ask(fixture), RECO_OK);
    assert_true(shop_has(&fixture->engine.result, 202));
}


static void
test_shown_too_often(void **state)
{
    unsigned i;
    uint64_t key;
    float before;
    fixture_t *fixture;
    reco_engine_result_t *result;

    fixture = *state;
    result = &fixture->engine.result;
    reopen(fixture, "seen.limit", "3");
    shop_visit(&fixture->engine, fixture->shop, 4);
    assert_int_equal(shop_ask(fixture), RECO_OK);
    key = shop_key(result->hits[0].item);
    before = result->hits[0].score;

    for (i = 0; i < 2; i++) {
        reco_engine_session_shown(&fixture->engine.session, &key, 1);
        assert_int_equal(shop_ask(fixture), RECO_OK);
    }

    /* First it is worth less ... */
    for (i = 0; i < result->nhits; i++) {
        if (shop_key(result->hits[i].item) == key) {
            assert_true(result->hits[i].score < before);
            break;
        }
    }

    assert_int_not_equal(i, result->nhits);

    /* ... then it is gone. */
    reco_engine_session_shown(&fixture->engine.session, &key, 1);
    assert_int_equal(shop_ask(fixture), RECO_OK);

    for (i = 0; i < result->nhits; i++) {
        assert_int_not_equal(shop_key(result->hits[i].item), key);
    }
}


/* What a source alone says is all that counts, whatever else is known. */
static void
test_single_source_ranks(void **state)
{
    unsigned source, i, count;
    fixture_t *fixture;
    reco_engine_candidate_t *candidates;

    fixture = *state;
    candidates = malloc(SHOP_ITEMS * sizeof(candidates[0]));
    assert_non_null(candidates);

    for (i = 0; i < SHOP_ITEMS; i += 3) {
        fixture->shop->popularity[i] = 0;
    }

    shop_engine_close(&fixture->engine);
    reco_snapshot_release(fixture->snapshot);
    fixture->snapshot = shop_open(fixture->shop);
    shop_engine_open(&fixture->engine, fixture->snapshot, NULL);
    shop_visit(&fixture->engine, fixture->shop, 6);

    for (source = 0; source < RECO_ENGINE_SOURCE_COUNT; source++) {
        fixture->engine.query.sources = 1u << source;
        count = reco_engine_candidates(fixture->engine.model,
            &fixture->engine.query, fixture->engine.scratch, candidates,
            SHOP_ITEMS);

        for (i = 0; i < count; i++) {
            assert_true(candidates[i].score == candidates[i].features[source]);
        }
    }

    free(candidates);
}


/* Every source alone names something, and says that it was it. */
static void
test_sources(void **state)
{
    unsigned source, i, own;
    fixture_t *fixture;

    fixture = *state;
    reopen(fixture, "backfill.below", "1000");
    reopen(fixture, "next.items", "3");
    shop_visit(&fixture->engine, fixture->shop, 6);

    for (source = 0; source < RECO_ENGINE_SOURCE_COUNT; source++) {
        fixture->engine.query.sources = 1u << source;

        /* It lives on what others find. */
        if (source == RECO_ENGINE_BACKFILL) {
            fixture->engine.query.sources |= 1u << RECO_ENGINE_NEXT;
        }

        assert_int_equal(shop_ask(fixture), RECO_OK);
        own = 0;

        for (i = 0; i < fixture->engine.result.nhits; i++) {
            own += fixture->engine.result.hits[i].source == source;
        }

        if (own == 0) {
            fail_msg("source %s named nothing",
                reco_engine_source_name((reco_engine_source_t) source));
        }
    }
}


static void
test_fallback(void **state)
{
    fixture_t *fixture;
    reco_engine_result_t *result;

    fixture = *state;
    result = &fixture->engine.result;
    fixture->engine.query.sources = 1u << RECO_ENGINE_BOUGHT;
    fixture->engine.query.n = 50;
    shop_view(&fixture->engine, 100);
    assert_int_equal(shop_ask(fixture), RECO_OK);
    assert_int_equal(result->nhits, 50);
    assert_int_not_equal(result->fallbacks, 0);

    reopen(fixture, "fallback", "0");
    fixture->engine.query.sources = 1u << RECO_ENGINE_BOUGHT;
    fixture->engine.query.n = 50;
    shop_view(&fixture->engine, 100);
    assert_int_equal(shop_ask(fixture), RECO_OK);
    assert_in_range(result->nhits, 1, SHOP_EDGES);
    assert_int_equal(result->fallbacks, 0);
}


#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(                                           \
        name, shop_fixture_setup, shop_fixture_teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_full_blocks),
        TEST(test_without_a_visit),
        TEST(test_same_answer),
        TEST(test_filters),
        cmocka_unit_test(test_linked),
        TEST(test_born_later),
        TEST(test_unmet),
        TEST(test_rules),
        TEST(test_seen_in_the_visit),
        TEST(test_profile),
        TEST(test_shown_too_often),
        TEST(test_single_source_ranks),
        TEST(test_sources),
        TEST(test_fallback),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
