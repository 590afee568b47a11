/*
 * History: sessions in order, cut by gaps, and what is refused.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "history.h"

#define NROWS(rows) (sizeof(rows) / sizeof((rows)[0]))


static void
sorts_sessions_by_last_event(void **state)
{
    static const reco_history_row_t rows[] = {
        {.group = 0, .user = 0, .item = 1, .time = 100},
        {.group = 1, .user = 1, .item = 2, .time = 50},
        {.group = 0, .user = 0, .item = 3, .time = 90},
        {.group = 1, .user = 1, .item = 4, .time = 60},
        {.group = 0, .user = 0, .item = 5, .time = 100},
    };
    static const uint32_t items[] = {2, 4, 3, 1, 5};
    reco_history_t history;

    (void) state;

    assert_int_equal(
        reco_history_build(&history, rows, NROWS(rows), 2, 6, 2, 0, NULL),
        RECO_OK);
    assert_int_equal(history.nsessions, 2);
    assert_int_equal(history.nevents, 5);
    assert_int_equal(history.offsets[1], 2);
    assert_int_equal(history.offsets[2], 5);
    assert_int_equal(history.users[0], 1);
    assert_memory_equal(history.items, items, sizeof(items));
    reco_history_done(&history);
}


static void
orders_by_fraction_of_a_second(void **state)
{
    static const reco_history_row_t rows[] = {
        {.item = 0, .time = 7, .fraction = 40000},
        {.item = 1, .time = 7, .fraction = 10},
        {.item = 2, .time = 7, .fraction = 10},
    };
    static const uint32_t items[] = {1, 2, 0};
    reco_history_t history;

    (void) state;

    assert_int_equal(
        reco_history_build(&history, rows, NROWS(rows), 1, 3, 1, 0, NULL),
        RECO_OK);
    assert_memory_equal(history.items, items, sizeof(items));
    reco_history_done(&history);
}


static void
cuts_users_where_they_paused(void **state)
{
    static const reco_history_row_t rows[] = {
        {.group = 0, .user = 0, .item = 0, .time = 1000},
        {.group = 0, .user = 0, .item = 1, .time = 2799},
        {.group = 0, .user = 0, .item = 2, .time = 4599},
        {.group = 2, .user = 2, .item = 1, .time = 3000},
    };
    reco_history_t history;

    (void) state;

    assert_int_equal(
        reco_history_build(&history, rows, NROWS(rows), 3, 3, 3, 1800, NULL),
        RECO_OK);
    assert_int_equal(history.nsessions, 3);
    assert_int_equal(history.offsets[1], 2);
    assert_int_equal(history.users[0], 0);
    assert_int_equal(history.users[1], 2);
    assert_int_equal(history.users[2], 0);
    assert_int_equal(history.items[3], 2);
    reco_history_done(&history);
}


static void
refuses_numbers_out_of_bounds(void **state)
{
    static const reco_history_row_t rows[] = {{.group = 0, .item = 3}};
    reco_history_t history;
    reco_error_t error;

    (void) state;

    assert_int_equal(reco_history_build(&history, rows, 1, 1, 3, 1, 0, &error),
        RECO_INVALID);
    assert_non_null(error.message[0] != '\0' ? error.message : NULL);
    assert_null(history.offsets);
}


static void
empty_history_has_no_sessions(void **state)
{
    reco_history_t history;

    (void) state;

    assert_int_equal(
        reco_history_build(&history, NULL, 0, 0, 0, 0, 0, NULL), RECO_OK);
    assert_int_equal(history.nsessions, 0);
    assert_int_equal(history.offsets[0], 0);
    reco_history_done(&history);
}


static void
slices_share_the_columns(void **state)
{
    static const reco_history_row_t rows[] = {
        {.group = 0, .item = 0, .time = 1}, {.group = 1, .item = 1, .time = 2},
        {.group = 1, .item = 2, .time = 3}, {.group = 2, .item = 3, .time = 4}};
    reco_history_t history, slice;

    (void) state;

    assert_int_equal(
        reco_history_build(&history, rows, NROWS(rows), 3, 4, 1, 0, NULL),
        RECO_OK);
    reco_history_slice(&history, 1, 3, &slice);
    assert_int_equal(slice.nsessions, 2);
    assert_int_equal(slice.nevents, 3);
    assert_int_equal(slice.items[slice.offsets[0]], 1);
    assert_int_equal(slice.items[slice.offsets[1]], 3);
    reco_history_done(&history);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sorts_sessions_by_last_event),
        cmocka_unit_test(orders_by_fraction_of_a_second),
        cmocka_unit_test(cuts_users_where_they_paused),
        cmocka_unit_test(refuses_numbers_out_of_bounds),
        cmocka_unit_test(empty_history_has_no_sessions),
        cmocka_unit_test(slices_share_the_columns),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
