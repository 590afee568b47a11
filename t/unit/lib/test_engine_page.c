/*
 * Queries of one page share their passes, and answer what each would answer
 * alone.
 */

#include "shop.h"

#include "engine/reco_engine_scratch.h"

#define VISITS 200
#define SLOTS  4

typedef shop_fixture_t fixture_t;


static int
setup(void **state)
{
    fixture_t *fixture;

    fixture = calloc(1, sizeof(*fixture));

    if (fixture == NULL) {
        return -1;
    }

    shop_fixture_init(fixture, 5);
    shop_set(&fixture->engine, "diversity.lambda", "0.7");
    shop_engine_open(&fixture->engine, fixture->snapshot, NULL);
    *state = fixture;

    return 0;
}


/* The slot's query; slots differ in all that they may differ in. */
static void
prepare_slot(reco_engine_query_t *query, unsigned slot)
{
    static const uint32_t sources[SLOTS] = {
        0, 1u << RECO_ENGINE_SESSION | 1u << RECO_ENGINE_FACTORS, 0, 0};
    static const unsigned sizes[SLOTS] = {8, 20, 60, 8};

    query->sources = sources[slot];
    query->n = sizes[slot];
    query->repeat = slot == 2;
    query->category = slot == 3 ? shop_text("category 3") : reco_null_string;
}


static void
check_equal(const reco_engine_result_t *a, const reco_engine_result_t *b)
{
    unsigned i;

    assert_int_equal(a->nhits, b->nhits);
    assert_int_equal(a->fallbacks, b->fallbacks);

    for (i = 0; i < a->nhits; i++) {
        assert_int_equal(a->hits[i].item, b->hits[i].item);
        assert_int_equal(a->hits[i].source, b->hits[i].source);
        assert_int_equal(a->hits[i].because, b->hits[i].because);
        assert_true(a->hits[i].score == b->hits[i].score);
    }
}


static void
test_same_as_alone(void **state)
{
    unsigned visit, slot;
    fixture_t *fixture;
    shop_engine_t *engine;
    reco_engine_result_t alone[SLOTS];

    fixture = *state;
    engine = &fixture->engine;

    for (visit = 0; visit < VISITS; visit++) {
        shop_visit(engine, fixture->shop, 1 + visit % 12);

        for (slot = 0; slot < SLOTS; slot++) {
            prepare_slot(&engine->query, slot);
            engine->query.page = 0;
            reco_engine_recommend(
                engine->model, &engine->query, engine->scratch, &alone[slot]);
        }

        for (slot = 0; slot < SLOTS; slot++) {
            prepare_slot(&engine->query, slot);
            engine->query.page = 1 + visit;
            reco_engine_recommend(engine->model, &engine->query,
                engine->scratch, &engine->result);
            check_equal(&engine->result, &alone[slot]);
        }
    }
}


/* After many queries what the scratch counts begins again: with what is left
   of earlier ones, answers are those of a scratch that has none. */
static void
test_same_after_many(void **state)
{
    unsigned visit;
    fixture_t *fixture;
    shop_engine_t *engine;
    reco_engine_result_t fresh;
    reco_engine_scratch_t *other;

    fixture = *state;
    engine = &fixture->engine;
    prepare_slot(&engine->query, 0);
    engine->query.page = 0;
    engine->scratch->pool.base = UINT32_MAX - 3 * RECO_ENGINE_POOL_ENTRIES;
    engine->scratch->items.base = UINT32_MAX - 3 * engine->scratch->nitems;
    engine->scratch->sessions.base =
        UINT32_MAX - 3 * engine->scratch->nsessions;

    for (visit = 0; visit < VISITS; visit++) {
        shop_visit(engine, fixture->shop, 1 + visit % 12);
        assert_int_equal(
            reco_engine_scratch_create(engine->model, &other), RECO_OK);
        reco_engine_recommend(engine->model, &engine->query, other, &fresh);
        reco_engine_scratch_destroy(other);
        reco_engine_recommend(
            engine->model, &engine->query, engine->scratch, &engine->result);
        check_equal(&engine->result, &fresh);
    }

    assert_true(engine->scratch->pool.base < UINT32_MAX / 2);
    assert_true(engine->scratch->items.base < UINT32_MAX / 2);
}


/* A block shows nothing that those above it show, and may have rules. */
static void
prepare_below(reco_engine_query_t *query, unsigned slot,
    const reco_engine_rule_t *rules, const uint64_t *excluded,
    unsigned nexcluded)
{
    static const unsigned nrules[SLOTS] = {0, 0, 3, 1};

    prepare_slot(query, slot);
    query->repeat = slot == 1;
    query->category = reco_null_string;
    query->price_max = slot == 2 ? 60 : -1;
    query->excluded = excluded;
    query->nexcluded = nexcluded;
    query->rules = rules;
    query->nrules = nrules[slot];
}


/*
 * A page from its first block to its last, each of which leaves out what those
 * above it show: the answers are those of queries that share nothing.
 */
static void
test_same_with_exclusions(void **state)
{
    unsigned visit, slot, i, nexcluded, hits;
    uint64_t excluded[SLOTS * RECO_ENGINE_RESULT_MAX];
    fixture_t *fixture;
    shop_engine_t *engine;
    reco_engine_result_t alone;
    reco_engine_scratch_t *other;
    reco_snapshot_item_t item;
    reco_engine_rule_t rules[3] = {{.kind = RECO_ENGINE_RULE_PIN},
        {.kind = RECO_ENGINE_RULE_BOOST, .factor = 3},
        {.kind = RECO_ENGINE_RULE_EXCLUDE}};

    fixture = *state;
    engine = &fixture->engine;
    hits = 0;
    assert_int_equal(
        reco_engine_scratch_create(engine->model, &other), RECO_OK);

    for (visit = 0; visit < VISITS; visit++) {
        shop_visit(engine, fixture->shop, 1 + visit % 12);
        rules[0].item = shop_key(shop_random(fixture->shop, SHOP_ITEMS));
        rules[1].item = shop_key(shop_random(fixture->shop, SHOP_ITEMS));
        rules[2].item = shop_key(shop_random(fixture->shop, SHOP_ITEMS));
        nexcluded = 0;

        for (slot = 0; slot < SLOTS; slot++) {
            prepare_below(&engine->query, (slot + visit) % SLOTS, rules,
                excluded, nexcluded);
            engine->query.page = 1 + visit;
            reco_engine_recommend(engine->model, &engine->query,
                engine->scratch, &engine->result);

            engine->query.page = 0;
            reco_engine_recommend(engine->model, &engine->query, other, &alone);
            check_equal(&engine->result, &alone);
            hits += alone.nhits;

            for (i = 0; i < alone.nhits; i++) {
                reco_engine_item(engine->model, alone.hits[i].item, &item);
                excluded[nexcluded++] = reco_item_key(item.id);
            }
        }
    }

    assert_true(hits > VISITS * SLOTS);
    reco_engine_scratch_destroy(other);
}


/*
 * A block of one source alone looks at the best that this knows.  A rule with
 * a factor of 1 makes it look at all, and changes nothing else.
 */
static void
same_from_the_best(void **state, const char *lambda)
{
    unsigned visit, i, turn;
    uint64_t keys[RECO_ENGINE_RESULT_MAX];
    fixture_t *fixture;
    shop_engine_t *engine;
    reco_engine_result_t all;
    reco_snapshot_item_t item;
    reco_engine_rule_t rule = {.kind = RECO_ENGINE_RULE_BOOST, .factor = 1};

    static const reco_engine_source_t sources[] = {
        RECO_ENGINE_SESSION, RECO_ENGINE_NEXT, RECO_ENGINE_VIEWED};

    fixture = *state;
    engine = &fixture->engine;
    shop_set(engine, "diversity.lambda", lambda);
    shop_set(engine, "diversity.pool", "1");
    shop_set(engine, "seen.discount", "0.2");
    shop_engine_close(engine);
    shop_engine_open(engine, fixture->snapshot, NULL);

    for (visit = 0; visit < VISITS; visit++) {
        shop_visit(engine, fixture->shop, 1 + visit % 12);
        prepare_slot(&engine->query, 0);
        engine->query.n = 1 + visit % 8;
        engine->query.sources =
            1u << sources[visit % (sizeof(sources) / sizeof(sources[0]))];

        /* What was shown falls behind others. */
        for (turn = 0; turn < 6; turn++) {
            engine->query.nrules = 0;
            reco_engine_recommend(engine->model, &engine->query,
                engine->scratch, &engine->result);

            rule.item = shop_key(shop_random(fixture->shop, SHOP_ITEMS));
            engine->query.rules = &rule;
            engine->query.nrules = 1;
            reco_engine_recommend(
                engine->model, &engine->query, engine->scratch, &all);
            check_equal(&engine->result, &all);

            for (i = 0; i < all.nhits; i++) {
                reco_engine_item(engine->model, all.hits[i].item, &item);
                keys[i] = reco_item_key(item.id);
            }

            reco_engine_session_shown(&engine->session, keys, all.nhits);
        }
    }
}


static void
test_same_from_the_best(void **state)
{
    same_from_the_best(state, "0.7");
}


static void
test_same_from_the_best_alone(void **state)
{
    same_from_the_best(state, "1");
}


/* Where what other queries left takes the room, it is dropped. */
static void
test_crowded(void **state)
{
    uint32_t item;
    reco_engine_pool_t *pool;

    (void) state;
    pool = aligned_alloc(64, (sizeof(*pool) + 63) & ~(size_t) 63);
    assert_non_null(pool);
    reco_engine_pool_clear(pool);

    for (item = 0; item < RECO_ENGINE_POOL_ENTRIES; item++) {
        assert_false(reco_engine_pool_crowded(pool));
        reco_engine_pool_refuse(pool, item);
    }

    assert_false(reco_engine_pool_crowded(pool));
    reco_engine_pool_continue(pool);
    reco_engine_pool_refuse(pool, item);
    assert_true(reco_engine_pool_crowded(pool));
    reco_engine_pool_clear(pool);
    reco_engine_pool_refuse(pool, item);
    assert_false(reco_engine_pool_crowded(pool));
    free(pool);
}


/*
 * Whether anything is shared shows where the promise is broken: a long-term
 * vector that changes within a page is not looked at.  On another page it is,
 * and so it is where the visit is another.
 */
static void
test_shares(void **state)
{
    unsigned i, page, differ;
    float vectors[2][SHOP_DIMENSIONS];
    fixture_t *fixture;
    shop_engine_t *engine;
    reco_engine_query_t *query;
    reco_engine_result_t first, fresh;

    fixture = *state;
    engine = &fixture->engine;
    query = &engine->query;
    differ = 0;

    for (page = 1; page < 20; page++) {
        for (i = 0; i < SHOP_DIMENSIONS; i++) {
            vectors[0][i] = shop_uniform(fixture->shop) - 0.5f;
            vectors[1][i] = -vectors[0][i];
        }

        shop_visit(engine, fixture->shop, 4);
        query->sources = 1u << RECO_ENGINE_FACTORS;
        query->n = 8;
        query->repeat = 1;
        query->page = page;
        query->user = vectors[0];
        reco_engine_recommend(engine->model, query, engine->scratch, &first);

        query->user = vectors[1];
        reco_engine_recommend(
            engine->model, query, engine->scratch, &engine->result);
        check_equal(&engine->result, &first);

        query->page = 1000 + page;
        reco_engine_recommend(
            engine->model, query, engine->scratch, &engine->result);
        query->page = 0;
        reco_engine_recommend(engine->model, query, engine->scratch, &fresh);
        check_equal(&engine->result, &fresh);
        differ += fresh.hits[0].item != first.hits[0].item;

        /* The other visit shares with nobody, though it says so. */
        query->page = page;
        query->user = NULL;
        reco_engine_recommend(engine->model, query, engine->scratch, &first);
        shop_visit(engine, fixture->shop, 3);
        reco_engine_recommend(
            engine->model, query, engine->scratch, &engine->result);
        query->page = 0;
        reco_engine_recommend(engine->model, query, engine->scratch, &fresh);
        check_equal(&engine->result, &fresh);
    }

    assert_true(differ > 10);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            test_same_as_alone, setup, shop_fixture_teardown),
        cmocka_unit_test_setup_teardown(
            test_same_after_many, setup, shop_fixture_teardown),
        cmocka_unit_test_setup_teardown(
            test_same_with_exclusions, setup, shop_fixture_teardown),
        cmocka_unit_test_setup_teardown(
            test_same_from_the_best, setup, shop_fixture_teardown),
        cmocka_unit_test_setup_teardown(
            test_same_from_the_best_alone, setup, shop_fixture_teardown),
        cmocka_unit_test(test_crowded),
        cmocka_unit_test_setup_teardown(
            test_shares, setup, shop_fixture_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
