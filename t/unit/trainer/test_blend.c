/*
 * The softmax on cases whose answer is known, the parts of a replay, and
 * weights that follow the shop.
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
#include <unistd.h>

#include "event/reco_event.h"
#include "folder.h"
#include "model/blend.h"
#include "model/replay.h"
#include "model/softmax.h"
#include "random.h"

#define STRIDE 16
#define GROUPS 4000
#define ROWS   5


typedef struct {
    reco_softmax_t softmax;
    uint64_t offsets[GROUPS + 1];
    float features[GROUPS * ROWS][STRIDE];
    float shares[GROUPS * ROWS];
    float counts[GROUPS * ROWS];
} choices_t;


/* Choices drawn from the very model that is fitted. */
static choices_t *
draw_choices(const double *weights, unsigned nfeatures)
{
    reco_random_t random = {.state = 3};
    double odds[ROWS], sum, draw;
    choices_t *choices;
    unsigned g, r, j;
    float *row;

    choices = calloc(1, sizeof(*choices));
    assert_non_null(choices);
    choices->softmax =
        (reco_softmax_t){nfeatures, STRIDE, GROUPS, choices->offsets,
            choices->features[0], choices->shares, choices->counts, NULL};

    for (g = 0; g < GROUPS; g++) {
        sum = 0;
        for (r = 0; r < ROWS; r++) {
            row = choices->features[g * ROWS + r];
            odds[r] = 0;
            for (j = 0; j < nfeatures; j++) {
                row[j] = (float) reco_random_normal(&random);
                odds[r] += weights[j] * row[j];
            }
            odds[r] = exp(odds[r]);
            sum += odds[r];
            choices->counts[g * ROWS + r] = 1;
        }
        draw = reco_random_unit(&random) * sum;
        for (r = 0; r < ROWS - 1 && draw >= odds[r]; r++) {
            draw -= odds[r];
        }
        choices->shares[g * ROWS + r] = 1;
        choices->offsets[g + 1] = (uint64_t) (g + 1) * ROWS;
    }

    return choices;
}


static void
softmax_finds_the_weights_that_drew(void **state)
{
    static const double weights[] = {1.5, -0.7, 0, 0.3};
    static const double floors[] = {-INFINITY, -INFINITY, -INFINITY, -INFINITY};
    double found[4] = {0}, focused[4] = {0};
    choices_t *choices;
    unsigned j;

    (void) state;

    choices = draw_choices(weights, 4);
    assert_int_equal(
        reco_softmax_fit(&choices->softmax, 0, 0, floors, found, NULL),
        RECO_OK);
    assert_int_equal(
        reco_softmax_fit(&choices->softmax, 0, 0.3, floors, focused, NULL),
        RECO_OK);

    for (j = 0; j < 4; j++) {
        assert_true(fabs(found[j] - weights[j]) < 0.1);
        assert_true(focused[0] > 1 && focused[1] < -0.4);
    }

    free(choices);
}


static void
softmax_keeps_to_floors_and_ridge(void **state)
{
    static const double weights[] = {1, -1};
    static const double floors[] = {0, 0};
    double found[2] = {0}, dear[2] = {0};
    choices_t *choices;

    (void) state;

    choices = draw_choices(weights, 2);
    assert_int_equal(
        reco_softmax_fit(&choices->softmax, 0, 0, floors, found, NULL),
        RECO_OK);
    assert_int_equal(
        reco_softmax_fit(&choices->softmax, 1e5, 0, floors, dear, NULL),
        RECO_OK);

    assert_true(found[0] > 0.5);
    assert_true(found[1] == 0);
    assert_true(dear[0] > 0 && dear[0] < 0.1);

    free(choices);
}


/* Rows with count c are c rows. */
static void
softmax_takes_counts_for_rows(void **state)
{
    static const double floors[] = {-INFINITY}, rank[] = {-1};
    float one[2][STRIDE] = {{1}, {0}}, many[4][STRIDE] = {{1}};
    float shares[] = {1, 0, 0, 0}, ones[] = {1, 1, 1, 1}, three[] = {1, 3};
    uint64_t offsets_one[] = {0, 2}, offsets_many[] = {0, 4};
    reco_softmax_t sampled = {
        1, STRIDE, 1, offsets_one, one[0], shares, three, NULL};
    reco_softmax_t all = {
        1, STRIDE, 1, offsets_many, many[0], shares, ones, NULL};
    double a[] = {0}, b[] = {0};

    (void) state;

    assert_int_equal(
        reco_softmax_fit(&sampled, 0.1, 0, floors, a, NULL), RECO_OK);
    assert_true(a[0] > 0.1);
    assert_true(fabs(reco_softmax_rank(&sampled, rank) - 1.0 / 4) < 1e-9);
    assert_true(fabs(reco_softmax_rank(&all, rank) - 1.0 / 4) < 1e-9);
    assert_true(fabs(reco_softmax_rank(&all, a) - 1) < 1e-9);
    assert_int_equal(
        reco_softmax_fit(&all, 0.1 * 0.25 / 0.1875, 0, floors, b, NULL),
        RECO_OK);
    assert_true(fabs(a[0] - b[0]) < 1e-3);
}


/* Visits of a shop of two shelves: item 2k leads to 2k + 1, then perhaps back. */
static void
make_history(reco_history_t *history, unsigned nsessions, int back)
{
    reco_random_t random = {.state = 7};
    reco_history_row_t *rows;
    reco_error_t error = {0};
    unsigned s, i, nrows;
    uint32_t pair, other;

    rows = calloc((size_t) nsessions * 4, sizeof(*rows));
    assert_non_null(rows);
    nrows = 0;

    for (s = 0; s < nsessions; s++) {
        pair = 2 * (uint32_t) reco_random_below(&random, 20);
        other = 2 * (uint32_t) reco_random_below(&random, 20);
        for (i = 0; i < 4; i++) {
            rows[nrows].group = s;
            rows[nrows].user = s;
            rows[nrows].item = i < 2  ? pair + i
                               : back ? pair + i % 2
                                      : other + i % 2;
            rows[nrows].time = 1000000 + s * 1000 + i;
            rows[nrows].type = RECO_EVENT_VIEW;
            nrows++;
        }
    }

    assert_int_equal(reco_history_build(history, rows, nrows, nsessions, 40,
                         nsessions, 0, &error),
        RECO_OK);
    free(rows);
}


static void
replay_asks_the_last_sessions(void **state)
{
    reco_replay_options_t options = {
        .protocol = RECO_PROTOCOL_NEXT, .share = 0.25, .limit = 1000};
    reco_history_t history;
    reco_replay_t replay;
    reco_error_t error = {0};

    (void) state;

    make_history(&history, 400, 1);
    assert_int_equal(
        reco_replay_split(&replay, &history, &options, &error), RECO_OK);
    assert_int_equal(replay.before.nsessions, 300);
    assert_int_equal(replay.cases.ncases, 300);
    reco_replay_done(&replay);

    /* No longer than the cases need. */
    options.limit = 30;
    assert_int_equal(
        reco_replay_split(&replay, &history, &options, &error), RECO_OK);
    assert_int_equal(replay.before.nsessions, 390);
    assert_int_equal(replay.cases.ncases, 30);
    reco_replay_done(&replay);

    reco_history_done(&history);
}


/* Sessions end with an item of their own where they are the first to have it. */
static void
replay_keeps_what_nobody_has_met(void **state)
{
    static reco_snapshot_item_t items[40];
    reco_replay_options_t options = {.protocol = RECO_PROTOCOL_NEXT,
        .share = 0.25,
        .limit = 30,
        .items = items};
    reco_history_t history;
    reco_replay_t replay;
    reco_error_t error = {0};
    uint64_t i, unmet;

    (void) state;

    /* Item 39 is met first in session 320, then in each tenth. */
    make_history(&history, 400, 1);
    for (i = 0; i < history.nevents; i++) {
        history.items[i] = history.items[i] == 39 ? 38 : history.items[i];
    }
    for (i = 320; i < 400; i += 10) {
        history.items[history.offsets[i + 1] - 1] = 39;
    }

    /* Nothing is known of it: it is an item like others. */
    assert_int_equal(
        reco_replay_split(&replay, &history, &options, &error), RECO_OK);
    assert_int_equal(replay.before.nsessions, 390);
    assert_null(replay.weights);
    reco_replay_done(&replay);

    items[39].title = (reco_str_t) reco_string("A lamp");
    assert_int_equal(
        reco_replay_split(&replay, &history, &options, &error), RECO_OK);
    assert_int_equal(replay.before.nsessions, 320);
    assert_int_equal(replay.cases.ncases, 30 + 8);
    unmet = 0;
    for (i = 0; i < replay.cases.ncases; i++) {
        if (replay.cases.items[replay.cases.cases[i].truth] == 39) {
            /* 30 of 232 others were left. */
            assert_true(fabsf(replay.weights[i] - 30.f / 232) < 1e-4f);
            unmet++;
        } else {
            assert_true(replay.weights[i] == 1);
        }
    }
    assert_int_equal(unmet, 8);
    reco_replay_done(&replay);

    reco_history_done(&history);
}


/* Groups of weight 3 are three groups. */
static void
softmax_takes_weights_for_groups(void **state)
{
    static const double floors[] = {-INFINITY}, rank[] = {1};
    float rows[8][STRIDE] = {{1}, {0}, {0}, {1}, {0}, {1}, {0}, {1}};
    float shares[] = {1, 0, 1, 0, 1, 0, 1, 0};
    float ones[] = {1, 1, 1, 1, 1, 1, 1, 1}, weights[] = {1, 3};
    uint64_t offsets[] = {0, 2, 4, 6, 8};
    reco_softmax_t weighted = {
        1, STRIDE, 2, offsets, rows[0], shares, ones, weights};
    reco_softmax_t all = {1, STRIDE, 4, offsets, rows[0], shares, ones, NULL};
    double a[] = {0}, b[] = {0};

    (void) state;

    assert_int_equal(
        reco_softmax_fit(&weighted, 0.1, 0, floors, a, NULL), RECO_OK);
    assert_int_equal(reco_softmax_fit(&all, 0.1, 0, floors, b, NULL), RECO_OK);
    assert_true(a[0] < -0.5);
    assert_true(fabs(a[0] - b[0]) < 1e-6);
    assert_true(fabs(reco_softmax_rank(&weighted, rank) - 2.5 / 4) < 1e-9);
}


static void
replay_hides_items_of_users(void **state)
{
    reco_replay_options_t options = {.protocol = RECO_PROTOCOL_LEAVE_LAST,
        .share = 0.5,
        .limit = 100,
        .seed = 1};
    reco_history_t history;
    const reco_case_t *which;
    reco_replay_t replay;
    reco_error_t error = {0};
    uint64_t i, hidden;

    (void) state;

    make_history(&history, 400, 0);
    assert_int_equal(
        reco_replay_split(&replay, &history, &options, &error), RECO_OK);
    assert_true(replay.cases.ncases > 60 && replay.cases.ncases < 140);
    assert_int_equal(
        replay.before.nevents + replay.cases.ncases, history.nevents);
    for (i = 0; i < replay.cases.ncases; i++) {
        which = &replay.cases.cases[i];
        assert_int_equal(which->end - which->truth, 1);
        assert_int_equal(which->truth - which->history, 3);
    }
    reco_replay_done(&replay);

    options.protocol = RECO_PROTOCOL_HELDOUT;
    assert_int_equal(
        reco_replay_split(&replay, &history, &options, &error), RECO_OK);
    hidden = 0;
    for (i = 0; i < replay.cases.ncases; i++) {
        which = &replay.cases.cases[i];
        assert_true(which->end > which->truth);
        hidden += which->end - which->truth;
    }
    assert_true(replay.cases.ncases > 60 && replay.cases.ncases < 140);
    assert_int_equal(replay.before.nevents + hidden, history.nevents);
    reco_replay_done(&replay);

    reco_history_done(&history);
}


/* Visits that overlap: without its end, one may end before another. */
static void
replay_keeps_the_order_of_last_events(void **state)
{
    static const reco_protocol_t protocols[] = {
        RECO_PROTOCOL_LEAVE_LAST, RECO_PROTOCOL_HELDOUT};
    reco_replay_options_t options = {.share = 0.5, .limit = 1000, .seed = 1};
    const reco_history_t *before;
    reco_history_t history;
    reco_replay_t replay;
    reco_error_t error = {0};
    uint32_t s, last, next;
    unsigned i;

    (void) state;

    make_history(&history, 400, 0);
    for (s = 0; s < history.nsessions; s++) {
        history.times[history.offsets[s] + 2] -= s % 2 * 1500;
        history.times[history.offsets[s] + 1] -= s % 2 * 1600;
        history.times[history.offsets[s]] -= s % 2 * 1700;
    }

    for (i = 0; i < 2; i++) {
        options.protocol = protocols[i];
        assert_int_equal(
            reco_replay_split(&replay, &history, &options, &error), RECO_OK);
        before = &replay.before;
        last = 0;
        for (s = 0; s < before->nsessions; s++) {
            next = before->times[before->offsets[s + 1] - 1];
            assert_true(next >= last);
            last = next;
        }
        reco_replay_done(&replay);
    }

    reco_history_done(&history);
}


static double
weight_of(const reco_blend_t *blend, const char *name)
{
    unsigned j;

    for (j = 0; strcmp(reco_engine_feature_name(j), name) != 0; j++) {
        /* void */
    }

    return blend->weights[j];
}


/* set: a key and its value of the configuration, "KEY=VALUE". */
static void
learn(reco_blend_t *blend, const reco_history_t *history, const char *set)
{
    static char ids[40][8];
    reco_snapshot_item_t items[40];
    reco_config_t *config;
    reco_error_t error = {0};
    char folder[256], path[300];
    unsigned i;

    memset(items, 0, sizeof(items));
    for (i = 0; i < 40; i++) {
        snprintf(ids[i], sizeof(ids[i]), "i%u", i);
        items[i].id = (reco_str_t){strlen(ids[i]), ids[i]};
        items[i].price = -1;
        items[i].available = 1;
    }

    config = reco_config_create();
    assert_non_null(config);
    assert_int_equal(
        reco_config_set_pair(config, "ials_dimensions=0", &error), RECO_OK);
    assert_int_equal(reco_config_set_pair(config, set, &error), RECO_OK);
    assert_int_equal(
        reco_folder_temporary(folder, sizeof(folder), &error), RECO_OK);
    snprintf(path, sizeof(path), "%s/replay", folder);

    assert_int_equal(
        reco_blend_learn(blend, history, items, config, path, &error), RECO_OK);
    assert_int_not_equal(access(path, F_OK), 0);

    reco_config_destroy(config);
    reco_folder_remove(folder);
}


static void
weights_follow_the_shop(void **state)
{
    reco_blend_t back, away, again;
    reco_history_t history;

    (void) state;

    make_history(&history, 2000, 1);
    learn(&back, &history, "seed=1");
    learn(&again, &history, "seed=1");
    reco_history_done(&history);
    make_history(&history, 2000, 0);
    learn(&away, &history, "seed=1");
    reco_history_done(&history);

    assert_true(back.learnt && away.learnt);
    assert_true(away.found > away.shipped && back.found > 0.9);
    assert_memory_equal(back.weights, again.weights, sizeof(back.weights));
    assert_true(weight_of(&away, "next") + weight_of(&away, "next_log")
                    + weight_of(&away, "next_last")
                > 0.5);
    assert_true(weight_of(&back, "return") > weight_of(&away, "return"));
}


/*
 * Visits that go from each item to the next one, and end there or go on: the
 * newest item alone says what comes.
 */
static void
make_walks(reco_history_t *history)
{
    reco_random_t random = {.state = 3};
    reco_history_row_t *rows, *row;
    reco_error_t error = {0};
    unsigned s, i, nrows;
    uint32_t first;

    rows = calloc((size_t) 2000 * 8, sizeof(*rows));
    assert_non_null(rows);
    nrows = 0;

    for (s = 0; s < 2000; s++) {
        first = (uint32_t) reco_random_below(&random, 40);
        for (i = 0; i < 2 || (i < 8 && reco_random_below(&random, 2)); i++) {
            row = &rows[nrows++];
            row->group = row->user = s;
            row->item = (first + i) % 40;
            row->time = 1000000 + s * 1000 + i;
            row->type = RECO_EVENT_VIEW;
        }
    }

    assert_int_equal(
        reco_history_build(history, rows, nrows, 2000, 40, 2000, 0, &error),
        RECO_OK);
    free(rows);
}


static const char *
knob_of(const reco_blend_t *blend, const char *key)
{
    unsigned i;

    for (i = 0; i < blend->knobs.count; i++) {
        if (strcmp(blend->knobs.settings[i][0], key) == 0) {
            return blend->knobs.settings[i][1];
        }
    }

    return NULL;
}


static void
knobs_follow_the_shop(void **state)
{
    reco_blend_t walks, again, set;
    reco_history_t history;

    (void) state;

    make_walks(&history);
    learn(&walks, &history, "seed=1");
    learn(&again, &history, "seed=1");
    learn(&set, &history, "engine.session.position_decay=1");
    reco_history_done(&history);

    assert_non_null(knob_of(&walks, "session.position_decay"));
    assert_true(atof(knob_of(&walks, "session.position_decay")) < 1);
    assert_true(walks.knobs.found > walks.knobs.usual);
    assert_memory_equal(&walks.knobs, &again.knobs, sizeof(walks.knobs));
    assert_null(knob_of(&set, "session.position_decay"));
}


int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(softmax_finds_the_weights_that_drew),
        cmocka_unit_test(softmax_keeps_to_floors_and_ridge),
        cmocka_unit_test(softmax_takes_counts_for_rows),
        cmocka_unit_test(replay_asks_the_last_sessions),
        cmocka_unit_test(replay_keeps_what_nobody_has_met),
        cmocka_unit_test(softmax_takes_weights_for_groups),
        cmocka_unit_test(replay_hides_items_of_users),
        cmocka_unit_test(replay_keeps_the_order_of_last_events),
        cmocka_unit_test(weights_follow_the_shop),
        cmocka_unit_test(knobs_follow_the_shop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
