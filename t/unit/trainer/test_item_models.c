/*
 * Rules, neighbours, content, popularity and the sessions of session kNN, on
 * histories small enough to work out by hand.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "event/reco_event.h"
#include "model/content.h"
#include "model/neighbors.h"
#include "model/popular.h"
#include "model/rules.h"
#include "model/sessions.h"

#define NITEMS 6


typedef struct {
    reco_history_t history;
    reco_config_t *config;
    reco_weights_t weights;
} world_t;


/* Each text is a session, each digit an item, one an hour. */
static void
make_world(world_t *world, const char *const *sessions, size_t nsessions)
{
    reco_history_row_t rows[64];
    size_t s, i, n;

    memset(rows, 0, sizeof(rows));
    n = 0;
    for (s = 0; s < nsessions; s++) {
        for (i = 0; sessions[s][i] != '\0'; i++, n++) {
            rows[n].group = rows[n].user = (uint32_t) s;
            rows[n].item = (uint32_t) (sessions[s][i] - '0');
            rows[n].time = (uint32_t) (s * 3600 + i);
        }
    }

    assert_int_equal(
        reco_history_build(&world->history, rows, n, (uint32_t) nsessions,
            NITEMS, (uint32_t) nsessions, 0, NULL),
        RECO_OK);
    world->config = reco_config_create();
    assert_int_equal(reco_weights_build(
                         &world->weights, &world->history, world->config, NULL),
        RECO_OK);
}


static void
done(world_t *world)
{
    reco_history_done(&world->history);
    reco_weights_done(&world->weights);
    reco_config_destroy(world->config);
}


static float
score(const reco_edges_t *edges, uint32_t from, uint32_t to)
{
    uint64_t i;

    for (i = edges->offsets[from]; i < edges->offsets[from + 1]; i++) {
        if (edges->items[i] == to) {
            return edges->scores[i];
        }
    }

    return 0;
}


static void
assert_near(double value, double expected)
{
    if (fabs(value - expected) > 1e-5) {
        fail_msg("%.9g is not %.9g", value, expected);
    }
}


static void
rules_are_directed_and_fade_with_distance(void **state)
{
    static const char *const sessions[] = {"012", "02", "10"};
    reco_rules_params_t params = {10, 1, 0, 100, 10};
    reco_occurrences_t occurrences;
    reco_edges_t edges;
    world_t world;

    (void) state;

    make_world(&world, sessions, 3);
    assert_int_equal(
        reco_occurrences_build(&occurrences, &world.history, NULL), RECO_OK);
    assert_int_equal(reco_rules_build(&edges, &params, &occurrences,
                         &world.weights, 2, NULL),
        RECO_OK);

    assert_near(score(&edges, 0, 1), 1.0 / 3);
    assert_near(score(&edges, 0, 2), (0.5 + 1) / 3);
    assert_near(score(&edges, 1, 0), 1.0 / 2);
    assert_near(score(&edges, 2, 0), 0);
    assert_int_equal(edges.items[edges.offsets[0]], 2);

    reco_edges_done(&edges);
    reco_occurrences_done(&occurrences);
    done(&world);
}


static void
neighbors_are_the_cosine(void **state)
{
    static const char *const sessions[] = {"01", "010", "02", "3"};
    reco_neighbors_params_t params = {
        .from = 0.5, .to = 0.5, .sample = 100, .longest = 100, .limit = 10};
    reco_edges_t edges;
    world_t world;

    (void) state;

    make_world(&world, sessions, 4);
    assert_int_equal(reco_neighbors_build(&edges, &params, &world.history,
                         &world.weights, RECO_NEIGHBORS_TYPES_ALL, 1, NULL),
        RECO_OK);
    assert_near(score(&edges, 0, 1), 2 / sqrt(3.0 * 2));
    assert_near(score(&edges, 1, 0), 2 / sqrt(3.0 * 2));
    assert_near(score(&edges, 0, 2), 1 / sqrt(3.0 * 1));
    assert_int_equal(edges.offsets[4], edges.offsets[3]);
    reco_edges_done(&edges);
    done(&world);
}


/* Of four sessions one ends in a purchase, one in a cart. */
static void
neighbors_are_of_types(void **state)
{
    static const char *const sessions[] = {"01", "02", "03", "04"};
    reco_neighbors_params_t params = {
        .from = 0.5, .to = 0.5, .sample = 100, .longest = 100, .limit = 10};
    uint32_t bought = RECO_NEIGHBORS_TYPE(RECO_EVENT_PURCHASE);
    reco_edges_t edges;
    world_t world;

    (void) state;

    make_world(&world, sessions, 4);
    world.history.types[2] = world.history.types[3] = RECO_EVENT_PURCHASE;
    world.history.types[4] = world.history.types[5] = RECO_EVENT_CART;

    assert_int_equal(reco_neighbors_build(&edges, &params, &world.history,
                         &world.weights, bought, 1, NULL),
        RECO_OK);
    assert_near(score(&edges, 0, 2), 1);
    assert_int_equal(edges.offsets[1], 1);
    reco_edges_done(&edges);

    bought |= RECO_NEIGHBORS_TYPE(RECO_EVENT_CART);
    assert_int_equal(reco_neighbors_build(&edges, &params, &world.history,
                         &world.weights, bought, 1, NULL),
        RECO_OK);
    assert_near(score(&edges, 0, 2), 1 / sqrt(2.0));
    assert_near(score(&edges, 0, 3), 1 / sqrt(2.0));
    assert_int_equal(edges.offsets[1], 2);
    reco_edges_done(&edges);

    done(&world);
}


static void
neighbors_need_significance(void **state)
{
    static const char *const sessions[] = {
        "01", "01", "01", "02", "2", "2", "2", "3", "3", "0"};
    reco_neighbors_params_t params = {.from = 0.5,
        .to = 0.5,
        .significance = 3.84,
        .sample = 100,
        .longest = 100,
        .limit = 10};
    reco_edges_t edges;
    world_t world;

    (void) state;

    make_world(&world, sessions, 10);
    assert_int_equal(reco_neighbors_build(&edges, &params, &world.history,
                         &world.weights, RECO_NEIGHBORS_TYPES_ALL, 1, NULL),
        RECO_OK);
    assert_true(score(&edges, 0, 1) > 0);
    assert_near(score(&edges, 0, 2), 0);
    reco_edges_done(&edges);
    done(&world);
}


static void
log_likelihood_ratio_is_dunnings(void **state)
{
    (void) state;

    assert_near(reco_log_likelihood_ratio(1, 10, 10, 100), 0);
    assert_near(reco_log_likelihood_ratio(5, 5, 5, 10), 2 * 10 * log(2));
}


static void
edges_keep_the_best_and_break_ties_by_number(void **state)
{
    static const char *const sessions[] = {"05", "04", "03", "02", "01", "01"};
    reco_rules_params_t params = {10, 1, 0, 100, 3};
    reco_occurrences_t occurrences;
    reco_edges_t edges;
    world_t world;

    (void) state;

    make_world(&world, sessions, 6);
    assert_int_equal(
        reco_occurrences_build(&occurrences, &world.history, NULL), RECO_OK);
    assert_int_equal(reco_rules_build(&edges, &params, &occurrences,
                         &world.weights, 1, NULL),
        RECO_OK);
    assert_int_equal(edges.offsets[1], 3);
    assert_int_equal(edges.items[0], 1);
    assert_int_equal(edges.items[1], 2);
    assert_int_equal(edges.items[2], 3);
    reco_edges_done(&edges);
    reco_occurrences_done(&occurrences);
    done(&world);
}


static void
sessions_hold_an_item_once_where_it_was_last(void **state)
{
    static const char *const sessions[] = {"5", "0120", "34"};
    static const uint32_t items[] = {1, 2, 0, 3, 4};
    reco_sessions_params_t params = {100, 100};
    reco_sessions_t built;
    world_t world;

    (void) state;

    make_world(&world, sessions, 3);
    assert_int_equal(reco_sessions_build(
                         &built, &params, &world.history, &world.weights, NULL),
        RECO_OK);
    assert_int_equal(built.nsessions, 2);
    assert_int_equal(built.offsets[1], 3);
    assert_int_equal(built.offsets[2], 5);
    assert_memory_equal(built.items, items, sizeof(items));
    assert_int_equal(built.times[0], 3603);
    reco_sessions_done(&built);
    done(&world);
}


static void
sessions_are_cut_to_their_limits(void **state)
{
    static const char *const sessions[] = {"01", "0123", "345"};
    static const uint32_t items[] = {2, 3, 4, 5};
    reco_sessions_params_t params = {2, 2};
    reco_sessions_t built;
    world_t world;

    (void) state;

    make_world(&world, sessions, 3);
    assert_int_equal(reco_sessions_build(
                         &built, &params, &world.history, &world.weights, NULL),
        RECO_OK);
    assert_int_equal(built.nsessions, 2);
    assert_memory_equal(built.items, items, sizeof(items));
    reco_sessions_done(&built);
    done(&world);
}


static void
new_items_have_content_neighbors(void **state)
{
    static const reco_snapshot_item_t items[] = {
        {.title = {14, "Red wool scarf"}, .price = 10},
        {.title = {15, "Blue wool scarf"}, .price = 11},
        {.title = {13, "Garden shears"}, .price = 30},
        {.title = {0, ""}, .price = -1},
    };
    reco_content_t content;
    reco_edges_t edges;

    (void) state;

    assert_int_equal(reco_content_build(&content, 4, items, NULL), RECO_OK);
    assert_int_equal(
        reco_content_neighbors(&edges, &content, 100, 10, 1, NULL), RECO_OK);
    assert_true(score(&edges, 0, 1) > 0.2F);
    assert_near(score(&edges, 0, 1), score(&edges, 1, 0));
    assert_near(score(&edges, 0, 2), 0);
    assert_int_equal(edges.offsets[4], edges.offsets[3]);
    reco_edges_done(&edges);
    reco_content_done(&content);
}


static void
popularity_fades_and_velocity_tells_the_new(void **state)
{
    static const char *const sessions[] = {"000", "000", "001", "11"};
    reco_popular_params_t params = {.halflife = 0, .trend = 1800};
    float *popularity, *velocity;
    world_t world;

    (void) state;

    make_world(&world, sessions, 4);
    assert_int_equal(reco_popular_build(&popularity, &velocity, &params,
                         &world.history, &world.weights, NULL),
        RECO_OK);
    assert_near(popularity[0], 8);
    assert_near(popularity[1], 3);
    assert_near(velocity[0], 0);
    assert_true(velocity[1] > 0.5F);
    free(popularity);
    free(velocity);

    params.halflife = 3600;
    assert_int_equal(reco_popular_build(&popularity, &velocity, &params,
                         &world.history, &world.weights, NULL),
        RECO_OK);
    assert_true(popularity[1] > popularity[0]);
    free(popularity);
    free(velocity);
    done(&world);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_are_directed_and_fade_with_distance),
        cmocka_unit_test(neighbors_are_the_cosine),
        cmocka_unit_test(neighbors_are_of_types),
        cmocka_unit_test(neighbors_need_significance),
        cmocka_unit_test(log_likelihood_ratio_is_dunnings),
        cmocka_unit_test(edges_keep_the_best_and_break_ties_by_number),
        cmocka_unit_test(sessions_hold_an_item_once_where_it_was_last),
        cmocka_unit_test(sessions_are_cut_to_their_limits),
        cmocka_unit_test(new_items_have_content_neighbors),
        cmocka_unit_test(popularity_fades_and_velocity_tells_the_new),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
