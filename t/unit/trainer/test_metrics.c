/*
 * Metrics by hand, and the cases that each protocol makes of a test part.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "metrics.h"
#include "protocol.h"


static void
assert_near(double value, double expected)
{
    if (fabs(value - expected) > 1e-6) {
        fail_msg("%.9g is not %.9g", value, expected);
    }
}


static void
session_metrics_are_serenades(void **state)
{
    static const uint32_t list[] = {9, 4, 7, 2, 8};
    static const uint32_t truth[] = {7, 4, 4, 1};
    reco_ranking_t ranking = {list, 5, truth, 4, 5};
    float values[5];

    (void) state;

    reco_metrics(RECO_PROTOCOL_NEXT, &ranking, values);
    assert_near(values[0], 1.0 / 3);
    assert_near(values[1], 1);
    assert_near(values[2], 2.0 / 4);
    assert_near(values[3], 2.0 / 5);
    assert_near(values[4], (1 / log2(2) + 1 / log2(3))
                               / (1 + 1 / log2(2) + 1 / log2(3) + 1 / log2(4)));
}


static void
only_the_head_of_the_list_counts(void **state)
{
    static const uint32_t list[] = {9, 4, 7};
    static const uint32_t truth[] = {7};
    reco_ranking_t ranking = {list, 3, truth, 1, 2};
    float values[5];

    (void) state;

    reco_metrics(RECO_PROTOCOL_NOVEL, &ranking, values);
    assert_near(values[0], 0);
    assert_near(values[1], 0);
    assert_near(values[4], 0);
}


static void
heldout_metrics_cap_the_ideal(void **state)
{
    static const uint32_t list[] = {1, 2, 3};
    static const uint32_t truth[] = {3, 1, 5, 6};
    reco_ranking_t ranking = {list, 3, truth, 4, 3};
    float values[3];

    (void) state;

    reco_metrics(RECO_PROTOCOL_HELDOUT, &ranking, values);
    assert_near(values[0], 2.0 / 3);
    assert_near(values[1], 2.0 / 4);
    assert_near(values[2], (1 / log2(2) + 1 / log2(4))
                               / (1 / log2(2) + 1 / log2(3) + 1 / log2(4)));
}


static void
last_metrics_rank_from_one(void **state)
{
    static const uint32_t list[] = {5, 6, 7};
    static const uint32_t truth[] = {6};
    reco_ranking_t ranking = {list, 3, truth, 1, 3};
    float values[3];

    (void) state;

    reco_metrics(RECO_PROTOCOL_LEAVE_LAST, &ranking, values);
    assert_near(values[0], 1);
    assert_near(values[1], 1 / log2(3));
    assert_near(values[2], 0.5);
}


typedef struct {
    reco_history_t train;
    reco_history_t test;
    reco_cases_t cases;
} split_t;


static void
build(split_t *split, reco_protocol_t protocol, const uint32_t *train,
    size_t ntrain, const uint32_t *test, size_t ntest, int profiles)
{
    reco_history_row_t rows[16];
    size_t i;

    memset(rows, 0, sizeof(rows));
    for (i = 0; i < ntrain; i++) {
        rows[i].item = train[i];
    }
    assert_int_equal(
        reco_history_build(&split->train, rows, ntrain, 1, 9, 1, 0, NULL),
        RECO_OK);

    for (i = 0; i < ntest; i++) {
        rows[i].item = test[i];
        rows[i].time = (uint32_t) i;
    }
    assert_int_equal(
        reco_history_build(&split->test, rows, ntest, 1, 9, 1, 0, NULL),
        RECO_OK);

    if (protocol == RECO_PROTOCOL_LEAVE_LAST) {
        assert_int_equal(
            reco_cases_hide(&split->train, &split->test, NULL), RECO_OK);
    }
    assert_int_equal(reco_cases_build(&split->cases, protocol, &split->train,
                         &split->test, profiles, NULL),
        RECO_OK);
}


static void
done(split_t *split)
{
    reco_history_done(&split->train);
    reco_history_done(&split->test);
    reco_cases_done(&split->cases);
}


static void
next_asks_every_prefix(void **state)
{
    static const uint32_t test[] = {1, 2, 1, 3};
    split_t split;

    (void) state;

    build(&split, RECO_PROTOCOL_NEXT, NULL, 0, test, 4, 0);
    assert_int_equal(split.cases.ncases, 3);
    assert_int_equal(split.cases.cases[1].truth, 2);
    assert_int_equal(split.cases.cases[1].end, 4);
    assert_int_equal(split.cases.ngroups, 1);
    done(&split);
}


static void
novel_asks_only_for_new_items(void **state)
{
    static const uint32_t test[] = {1, 2, 1, 3};
    split_t split;

    (void) state;

    build(&split, RECO_PROTOCOL_NOVEL, NULL, 0, test, 4, 0);
    assert_int_equal(split.cases.ncases, 2);
    assert_int_equal(split.cases.cases[0].truth, 1);
    assert_int_equal(split.cases.cases[1].truth, 3);
    done(&split);
}


static void
novel_bars_the_session_but_not_the_history(void **state)
{
    static const uint32_t train[] = {7, 8};
    static const uint32_t test[] = {1, 2};
    static const uint64_t keys[] = {10, 11, 12, 13, 14, 15, 16, 17, 18};
    reco_case_query_t query = {0};
    split_t split;

    (void) state;

    build(&split, RECO_PROTOCOL_NOVEL, train, 2, test, 2, 1);
    assert_int_equal(split.cases.ncases, 1);
    assert_int_equal(
        reco_case_query(&query, &split.cases, &split.cases.cases[0], keys),
        RECO_OK);
    assert_int_equal(query.query.nhistory, 2);
    assert_int_equal(query.query.history[0].item, 17);
    assert_true(query.query.history_repeat);
    assert_false(query.query.repeat);
    assert_int_equal(query.query.current, 11);
    reco_case_query_done(&query);
    done(&split);
}


static void
heldout_takes_the_profile_from_train(void **state)
{
    static const uint32_t train[] = {4, 5, 6};
    static const uint32_t test[] = {1, 2};
    split_t split;

    (void) state;

    build(&split, RECO_PROTOCOL_HELDOUT, train, 3, test, 2, 1);
    assert_int_equal(split.cases.ncases, 1);
    assert_int_equal(split.cases.cases[0].history, 0);
    assert_int_equal(split.cases.cases[0].truth, 3);
    assert_int_equal(split.cases.cases[0].end, 5);
    done(&split);
}


static void
leave_last_hides_the_answer_from_train(void **state)
{
    static const uint32_t line[] = {4, 5, 6, 7};
    split_t split;

    (void) state;

    build(&split, RECO_PROTOCOL_LEAVE_LAST, line, 4, line, 4, 1);
    assert_int_equal(split.train.nevents, 3);
    assert_int_equal(split.cases.ncases, 1);
    assert_int_equal(split.cases.cases[0].truth, 3);
    assert_int_equal(split.cases.cases[0].end, 4);
    assert_int_equal(split.cases.items[3], 7);
    done(&split);
}


static void
leave_last_joins_a_train_part_and_its_answer(void **state)
{
    static const uint32_t train[] = {4, 5, 6};
    static const uint32_t test[] = {7};
    split_t split;

    (void) state;

    build(&split, RECO_PROTOCOL_LEAVE_LAST, train, 3, test, 1, 1);
    assert_int_equal(split.train.nevents, 3);
    assert_int_equal(split.cases.ncases, 1);
    assert_int_equal(split.cases.cases[0].truth, 3);
    done(&split);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(session_metrics_are_serenades),
        cmocka_unit_test(only_the_head_of_the_list_counts),
        cmocka_unit_test(heldout_metrics_cap_the_ideal),
        cmocka_unit_test(last_metrics_rank_from_one),
        cmocka_unit_test(next_asks_every_prefix),
        cmocka_unit_test(novel_asks_only_for_new_items),
        cmocka_unit_test(novel_bars_the_session_but_not_the_history),
        cmocka_unit_test(heldout_takes_the_profile_from_train),
        cmocka_unit_test(leave_last_hides_the_answer_from_train),
        cmocka_unit_test(leave_last_joins_a_train_part_and_its_answer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
