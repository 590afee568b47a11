/*
 * Weights by clicks: what is liked moves them, where it stood does not.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "clicks.h"
#include "engine/reco_engine_params.h"
#include "random.h"

#define ITEMS  8
#define BLOCKS 40000

/* How much an item is liked where it is looked at. */
typedef double (*taste_pt)(const reco_engine_candidate_t *candidate);


static double
all_alike(const reco_engine_candidate_t *candidate)
{
    (void) candidate;
    return 0.2;
}


static double
as_foreseen(const reco_engine_candidate_t *candidate)
{
    return 0.2 + 0.08 * (double) candidate->score;
}


static double
cheap_ones(const reco_engine_candidate_t *candidate)
{
    return 0.2 + 0.15 * (double) candidate->features[RECO_ENGINE_FEATURE_PRICE];
}


static reco_clicks_t *
open_clicks(const char *const *pairs)
{
    reco_engine_params_t params;
    reco_config_t *config;
    reco_clicks_t *clicks;
    reco_error_t error = {0};

    config = reco_config_create();
    assert_non_null(config);
    for (; *pairs != NULL; pairs++) {
        assert_int_equal(reco_config_set_pair(config, *pairs, &error), RECO_OK);
    }
    reco_engine_params_init(&params);
    assert_int_equal(
        reco_clicks_create(config, &params, &clicks, &error), RECO_OK);
    reco_config_destroy(config);

    return clicks;
}


static int
by_score(const void *left, const void *right)
{
    const reco_engine_candidate_t *a = left, *b = right;

    return (a->score < b->score) - (a->score > b->score);
}


/* As a site may put them, which has reasons of its own. */
static int
by_view(const void *left, const void *right)
{
    const reco_engine_candidate_t *a = left, *b = right;

    return (a->features[RECO_ENGINE_VIEWED] < b->features[RECO_ENGINE_VIEWED])
           - (a->features[RECO_ENGINE_VIEWED]
               > b->features[RECO_ENGINE_VIEWED]);
}


/* Blocks in some order, looked at from above; how many steps. */
static unsigned
simulate(reco_clicks_t *clicks, taste_pt taste,
    int (*order)(const void *, const void *), uint64_t seed)
{
    static reco_engine_candidate_t candidates[ITEMS];
    reco_random_t random = {.state = seed};
    reco_clicks_item_t items[ITEMS];
    unsigned block, i, steps;
    float *features;

    steps = 0;

    for (block = 0; block < BLOCKS; block++) {
        memset(candidates, 0, sizeof(candidates));
        for (i = 0; i < ITEMS; i++) {
            features = candidates[i].features;
            features[RECO_ENGINE_SESSION] = (float) reco_random_unit(&random);
            features[RECO_ENGINE_VIEWED] = (float) reco_random_unit(&random);
            /* Goes with the score, as features do. */
            features[RECO_ENGINE_FEATURE_PRICE] =
                0.5f * (float) reco_random_unit(&random)
                + 0.5f * features[RECO_ENGINE_SESSION];
            candidates[i].item = 100 + i;
            candidates[i].score = features[RECO_ENGINE_SESSION]
                                  + 0.1f * features[RECO_ENGINE_VIEWED];
        }
        qsort(candidates, ITEMS, sizeof(candidates[0]), order);

        for (i = 0; i < ITEMS; i++) {
            items[i] =
                (reco_clicks_item_t){candidates[i].item, i + 1, &candidates[i]};
        }
        assert_int_equal(
            reco_clicks_shown(clicks, block, items, ITEMS), RECO_OK);
        for (i = 0; i < ITEMS; i++) {
            if (reco_random_unit(&random) < 1.0 / (i + 1)
                && reco_random_unit(&random) < taste(&candidates[i]))
            {
                reco_clicks_clicked(clicks, block, candidates[i].item);
            }
        }
        steps += (unsigned) reco_clicks_step(clicks);
    }

    return steps;
}


/* The weight, NAN where it is the base's. */
static double
weight_of(const reco_clicks_t *clicks, const char *name)
{
    char text[4096];
    size_t length, at, next;

    length = reco_clicks_parameters(clicks, text, sizeof(text));
    for (at = 0; at < length; at = next) {
        next = at + strlen(text + at) + 1;
        if (strcmp(text + at, name) == 0) {
            return atof(text + next);
        }
        next += strlen(text + next) + 1;
    }

    return NAN;
}


static void
places_move_nothing(void **state)
{
    static const char *const plain[] = {"clicks=on", NULL};
    static const char *const naive[] = {
        "clicks=on", "clicks_examination=0", NULL};
    reco_clicks_t *clicks;
    char text[64];

    (void) state;

    clicks = open_clicks(plain);
    assert_int_equal(simulate(clicks, all_alike, by_score, 1), 0);
    assert_int_equal(simulate(clicks, all_alike, by_view, 4), 0);
    assert_int_equal(reco_clicks_parameters(clicks, text, sizeof(text)), 0);
    reco_clicks_destroy(clicks);

    clicks = open_clicks(plain);
    assert_int_equal(simulate(clicks, as_foreseen, by_score, 2), 0);
    reco_clicks_destroy(clicks);

    /* Were places not corrected for, they would be taken for taste. */
    clicks = open_clicks(naive);
    assert_int_not_equal(simulate(clicks, all_alike, by_view, 4), 0);
    assert_true(weight_of(clicks, "weight.viewed") > 0.2);
    reco_clicks_destroy(clicks);
}


static void
taste_moves_its_weight(void **state)
{
    static const char *const pairs[] = {
        "clicks=on", "clicks_step=0.05", "clicks_drift=0.12", NULL};
    reco_clicks_t *clicks, *other;
    double found;

    (void) state;

    clicks = open_clicks(pairs);
    assert_true(simulate(clicks, cheap_ones, by_score, 3) >= 3);
    found = weight_of(clicks, "weight.price");
    /* The feature's deviation is .2: bounded to .12 of a unit of score. */
    assert_true(found > 0.4 && found < 0.8);
    assert_true(isnan(weight_of(clicks, "weight.viewed")));

    /* Kept: the same over the same base, the half over another. */
    other = open_clicks(pairs);
    reco_clicks_restore(other, reco_clicks_state(clicks), 1);
    assert_true(fabs(weight_of(other, "weight.price") - found) < 1e-9);
    reco_clicks_restore(other, reco_clicks_state(clicks), 0);
    assert_true(fabs(weight_of(other, "weight.price") - found / 2) < 1e-3);
    reco_clicks_restore(other, (reco_str_t) reco_string("rubbish"), 1);
    assert_true(fabs(weight_of(other, "weight.price") - found / 2) < 1e-3);
    reco_clicks_destroy(other);
    reco_clicks_destroy(clicks);
}


/* Whoever clicks all day counts no more than anybody. */
static void
one_visitor_moves_nothing(void **state)
{
    static const char *const pairs[] = {"clicks=on", NULL};
    reco_engine_candidate_t candidates[2];
    reco_clicks_item_t items[2];
    reco_clicks_t *clicks;
    unsigned i;

    (void) state;

    clicks = open_clicks(pairs);
    memset(candidates, 0, sizeof(candidates));
    candidates[0].features[RECO_ENGINE_FEATURE_PRICE] = 1;
    for (i = 0; i < 2; i++) {
        items[i] = (reco_clicks_item_t){i, i + 1, &candidates[i]};
    }
    for (i = 0; i < 5000; i++) {
        assert_int_equal(reco_clicks_shown(clicks, 7, items, 2), RECO_OK);
        reco_clicks_clicked(clicks, 7, 0);
        reco_clicks_clicked(clicks, 7, 0);
        reco_clicks_clicked(clicks, 8, 0);
        assert_int_equal(reco_clicks_step(clicks), 0);
    }
    reco_clicks_destroy(clicks);
}


int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(places_move_nothing),
        cmocka_unit_test(taste_moves_its_weight),
        cmocka_unit_test(one_visitor_moves_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
