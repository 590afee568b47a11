/*
 * MMR against the definition, tried on every candidate at every place.
 */

#include "shop.h"

#include <math.h>

typedef struct {
    uint32_t item;
    double score;
    double relevance;
    int taken;
} candidate_t;


static double
similarity(const shop_t *shop, uint32_t a, uint32_t b)
{
    double product, left, right, x, y;
    unsigned i;

    product = 0;
    left = 0;
    right = 0;

    for (i = 0; i < SHOP_DIMENSIONS; i++) {
        x = shop->factors[a * SHOP_DIMENSIONS + i];
        y = shop->factors[b * SHOP_DIMENSIONS + i];
        product += x * y;
        left += x * x;
        right += y * y;
    }

    if (left == 0 || right == 0) {
        return a % SHOP_CATEGORIES != 0
                       && a % SHOP_CATEGORIES == b % SHOP_CATEGORIES
                   ? 0.5
                   : 0;
    }

    product /= sqrt(left * right);

    return product > 0 ? product : 0;
}


static int
by_score(const void *a, const void *b)
{
    const candidate_t *left, *right;

    left = a;
    right = b;

    if (left->score != right->score) {
        return left->score < right->score ? 1 : -1;
    }

    return left->item < right->item ? -1 : 1;
}


/* The best pool candidates with their relevance; how many. */
static unsigned
collect(shop_engine_t *engine, unsigned pool, candidate_t *out)
{
    unsigned i, count;
    double low, high;
    reco_engine_candidate_t *candidates;

    candidates = malloc(SHOP_ITEMS * sizeof(candidates[0]));
    assert_non_null(candidates);
    count = reco_engine_candidates(
        engine->model, &engine->query, engine->scratch, candidates, SHOP_ITEMS);

    for (i = 0; i < count; i++) {
        out[i].item = candidates[i].item;
        out[i].score = candidates[i].score;
        out[i].taken = 0;
    }

    free(candidates);
    qsort(out, count, sizeof(out[0]), by_score);
    count = count < pool ? count : pool;
    high = out[0].score;
    low = out[count - 1].score;

    for (i = 0; i < count; i++) {
        out[i].relevance = (out[i].score - low) / (high - low);
    }

    return count;
}


static unsigned
reference(const shop_t *shop, candidate_t *candidates, unsigned count,
    double lambda, unsigned cap, unsigned n, uint32_t *chosen)
{
    double worth, most, nearest;
    unsigned i, j, same, nchosen;
    candidate_t *best;

    for (nchosen = 0; nchosen < n; nchosen++) {
        best = NULL;
        most = 0;

        for (i = 0; i < count; i++) {
            nearest = 0;
            same = 0;

            for (j = 0; j < nchosen; j++) {
                nearest = fmax(
                    nearest, similarity(shop, candidates[i].item, chosen[j]));
                same += candidates[i].item % SHOP_CATEGORIES != 0
                        && candidates[i].item % SHOP_CATEGORIES
                               == chosen[j] % SHOP_CATEGORIES;
            }

            worth = lambda * candidates[i].relevance - (1 - lambda) * nearest;

            if (candidates[i].taken || (cap != 0 && same >= cap)) {
                continue;
            }

            if (best == NULL || worth > most + 1e-6) {
                best = &candidates[i];
                most = worth;
            }
        }

        if (best == NULL) {
            break;
        }

        best->taken = 1;
        chosen[nchosen] = best->item;
    }

    return nchosen;
}


static void
compare(void **state, const char *lambda, const char *cap)
{
    unsigned query, i, count, n;
    uint32_t chosen[20];
    candidate_t *candidates;
    shop_engine_t engine;
    reco_snapshot_t *snapshot;
    shop_t *shop;

    shop = *state;
    candidates = malloc(SHOP_ITEMS * sizeof(candidates[0]));
    assert_non_null(candidates);
    snapshot = shop_open(shop);
    reco_engine_params_init(&engine.params);
    shop_set(&engine, "diversity.lambda", lambda);
    shop_set(&engine, "diversity.category_max", cap);
    shop_set(&engine, "fallback", "0");
    shop_engine_open(&engine, snapshot, NULL);
    engine.query.n = 12;

    for (query = 0; query < 60; query++) {
        shop_visit(&engine, shop, 1 + query % 8);
        count = collect(&engine, 50, candidates);
        n = reference(shop, candidates, count, atof(lambda),
            (unsigned) atoi(cap), 12, chosen);
        assert_int_equal(reco_engine_recommend(engine.model, &engine.query,
                             engine.scratch, &engine.result),
            RECO_OK);
        assert_int_equal(engine.result.nhits, n);

        for (i = 0; i < n; i++) {
            assert_int_equal(engine.result.hits[i].item, chosen[i]);
        }
    }

    shop_engine_close(&engine);
    reco_snapshot_release(snapshot);
    free(candidates);
}


static void
test_relevance_alone(void **state)
{
    compare(state, "1", "0");
}


static void
test_mmr(void **state)
{
    compare(state, "0.7", "0");
    compare(state, "0.3", "0");
}


static void
test_category_cap(void **state)
{
    compare(state, "1", "2");
    compare(state, "0.6", "1");
}


static int
setup(void **state)
{
    *state = shop_create(5);

    return 0;
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            test_relevance_alone, setup, shop_teardown),
        cmocka_unit_test_setup_teardown(test_mmr, setup, shop_teardown),
        cmocka_unit_test_setup_teardown(
            test_category_cap, setup, shop_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
