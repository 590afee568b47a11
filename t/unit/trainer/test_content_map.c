/*
 * Ridge regression against the equations that it solves, and vectors of items
 * that nobody has met.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/content_map.h"
#include "model/ridge.h"
#include "random.h"

#define ROWS       30
#define COLUMNS    6
#define TARGETS    3
#define WORDS      20
#define ITEMS      400
#define DIMENSIONS 8
#define PENALTY    0.5


/* X^T W (y - mean - X s) = penalty * s, in each column and target. */
static void
ridge_solves_its_equations(void **state)
{
    static float targets[ROWS][TARGETS], weights[ROWS];
    const float *pointers[ROWS];
    uint64_t offsets[ROWS + 1] = {0};
    uint32_t columns[2 * ROWS], row, d, column;
    float values[2 * ROWS], prediction[TARGETS];
    reco_ridge_rows_t rows = {ROWS, COLUMNS, offsets, columns, values};
    reco_random_t random = {.state = 5};
    double sums[COLUMNS][TARGETS] = {{0}}, error;
    reco_ridge_t *ridge;
    uint64_t i;

    (void) state;

    for (row = 0; row < ROWS; row++) {
        pointers[row] = targets[row];
        weights[row] = row % 7 == 0 ? 0 : (float) reco_random_unit(&random);
        offsets[row + 1] = offsets[row] + 2;
        for (i = 0; i < 2; i++) {
            columns[2 * row + i] = (row + (uint32_t) i * 3) % COLUMNS;
            values[2 * row + i] = (float) reco_random_normal(&random);
        }
        for (d = 0; d < TARGETS; d++) {
            targets[row][d] = (float) reco_random_normal(&random) + (float) d;
        }
    }

    assert_int_equal(
        reco_ridge_create(&rows, pointers, TARGETS, 2, &ridge), RECO_OK);
    reco_ridge_solve(ridge, weights, 10 * PENALTY);
    reco_ridge_solve(ridge, weights, PENALTY);

    for (row = 0; row < ROWS; row++) {
        reco_ridge_predict(ridge, row, prediction);
        for (i = offsets[row]; i < offsets[row + 1]; i++) {
            for (d = 0; d < TARGETS; d++) {
                error = (double) (targets[row][d] - prediction[d]);
                sums[columns[i]][d] +=
                    (double) (weights[row] * values[i]) * error;
            }
        }
    }

    for (column = 0; column < COLUMNS; column++) {
        for (d = 0; d < TARGETS; d++) {
            assert_true(
                fabs(sums[column][d]
                     - PENALTY * (double) reco_ridge_column(ridge, column)[d])
                < 1e-4);
        }
    }

    reco_ridge_destroy(ridge);
}


typedef struct {
    char titles[ITEMS][32];
    reco_snapshot_item_t items[ITEMS];
    float words[WORDS][DIMENSIONS];
    float counts[ITEMS];
    float factors[ITEMS][DIMENSIONS];
} shelf_t;


/* Titles of two words; of each item the vector is the sum of its words', or
   has nothing to do with them. */
static shelf_t *
make_shelf(int told)
{
    reco_random_t random = {.state = 11};
    unsigned i, d, one, other;
    shelf_t *shelf;

    shelf = calloc(1, sizeof(*shelf));
    assert_non_null(shelf);

    for (i = 0; i < WORDS; i++) {
        for (d = 0; d < DIMENSIONS; d++) {
            shelf->words[i][d] = (float) reco_random_normal(&random);
        }
    }

    for (i = 0; i < ITEMS; i++) {
        one = (unsigned) reco_random_below(&random, WORDS);
        other = (unsigned) reco_random_below(&random, WORDS);
        snprintf(shelf->titles[i], sizeof(shelf->titles[i]), "word%u Word%u",
            one, other);
        shelf->items[i].title =
            (reco_str_t){strlen(shelf->titles[i]), shelf->titles[i]};
        shelf->items[i].price = -1;
        shelf->counts[i] = 20;
        for (d = 0; d < DIMENSIONS; d++) {
            shelf->factors[i][d] =
                told ? shelf->words[one][d] + shelf->words[other][d]
                     : (float) reco_random_normal(&random);
        }
    }

    return shelf;
}


static reco_snapshot_content_t
view_of(const reco_content_map_t *map)
{
    return (reco_snapshot_content_t){map->nfeatures, map->rarities, map->map};
}


static void
learn(const shelf_t *shelf, unsigned threads, reco_content_map_t *map)
{
    assert_int_equal(
        reco_content_map_learn(map, ITEMS, shelf->items, shelf->counts,
            shelf->factors[0], DIMENSIONS, threads, NULL),
        RECO_OK);
}


static void
new_items_have_vectors(void **state)
{
    reco_snapshot_item_t item = {.price = -1};
    float vector[DIMENSIONS];
    double product, length, wanted, expected;
    reco_content_map_t map, other;
    reco_snapshot_content_t view;
    shelf_t *shelf;
    unsigned d;

    (void) state;

    shelf = make_shelf(1);
    learn(shelf, 1, &map);
    assert_int_equal(map.nitems, ITEMS);
    assert_true(map.explained > 0.5);
    view = view_of(&map);

    /* Words that it knows, in a title that it has never seen. */
    item.title = (reco_str_t) reco_string("Word3 and WORD7");
    assert_true(reco_content_map_vector(&view, DIMENSIONS, &item, vector));
    product = length = wanted = 0;
    for (d = 0; d < DIMENSIONS; d++) {
        expected = (double) (shelf->words[3][d] + shelf->words[7][d]);
        product += expected * (double) vector[d];
        length += (double) (vector[d] * vector[d]);
        wanted += expected * expected;
    }
    assert_true(product / sqrt(length * wanted) > 0.9);

    item.title = (reco_str_t) reco_string("nothing known");
    assert_false(reco_content_map_vector(&view, DIMENSIONS, &item, vector));

    learn(shelf, 3, &other);
    assert_memory_equal(
        map.map, other.map, (map.nfeatures + 1) * DIMENSIONS * sizeof(float));

    reco_content_map_done(&other);
    reco_content_map_done(&map);
    free(shelf);
}


static void
what_is_not_told_is_not_learnt(void **state)
{
    reco_snapshot_item_t item = {.title = reco_string("word3 word7")};
    float vector[DIMENSIONS];
    reco_snapshot_content_t view;
    reco_content_map_t map;
    shelf_t *shelf;

    (void) state;

    shelf = make_shelf(0);
    learn(shelf, 1, &map);
    assert_int_equal(map.nfeatures, 0);
    view = view_of(&map);
    assert_false(reco_content_map_vector(&view, DIMENSIONS, &item, vector));
    reco_content_map_done(&map);

    /* Nor from items that nobody has met. */
    memset(shelf->counts, 0, sizeof(shelf->counts));
    learn(shelf, 1, &map);
    assert_int_equal(map.nfeatures, 0);
    reco_content_map_done(&map);
    free(shelf);
}


int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(ridge_solves_its_equations),
        cmocka_unit_test(new_items_have_vectors),
        cmocka_unit_test(what_is_not_told_is_not_learnt),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
