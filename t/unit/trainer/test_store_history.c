/*
 * From the store's events to sessions.
 */

#include "store_case.h"

#include "store_history.h"

#define MINUTE INT64_C(60000)


static reco_history_t history;
static reco_store_catalog_t catalog;


static void
read_history(store_case_t *self, uint64_t events_max)
{
    reco_store_history_options_t options = {.session_gap = 30 * MINUTE,
        .retention = 400 * CASE_DAY,
        .events_max = events_max};
    reco_error_t error = {0};

    if (reco_store_history(self->store, &options, &history, &catalog, &error)
        != RECO_OK)
    {
        fail_msg("%s", error.message);
    }
}


static void
done_history(void)
{
    reco_history_done(&history);
    reco_store_catalog_done(&catalog);
}


static void
act(store_case_t *self, reco_event_type_t type, unsigned visitor,
    const char *item, int64_t minutes)
{
    static unsigned serial;
    reco_event_t event;
    char id[16];

    snprintf(id, sizeof(id), "e%u", serial++);
    event = case_event(type, visitor, id, item, CASE_TIME + minutes * MINUTE);
    event.ms = type == RECO_EVENT_DWELL ? 7000 : 0;
    assert_int_equal(case_apply(self, &event), RECO_STORE_APPLIED);
}


/* The history as "0: a b | 1: c", user and items of each session. */
static const char *
drawn(void)
{
    static char text[512];
    uint32_t session;
    uint64_t event;
    size_t len;

    len = 0;
    text[0] = '\0';

    for (session = 0; session < history.nsessions; session++) {
        len += (size_t) snprintf(text + len, sizeof(text) - len,
            "%s%u:", session > 0 ? " | " : "", history.users[session]);
        for (event = history.offsets[session];
             event < history.offsets[session + 1]; event++)
        {
            len += (size_t) snprintf(text + len, sizeof(text) - len, " %.*s",
                (int) catalog.items[history.items[event]].id.len,
                catalog.items[history.items[event]].id.data);
        }
    }

    return text;
}


static void
test_cuts_at_gaps(void **state)
{
    store_case_t *self = *state;

    act(self, RECO_EVENT_VIEW, 1, "a", 0);
    act(self, RECO_EVENT_VIEW, 2, "x", 5);
    act(self, RECO_EVENT_VIEW, 1, "b", 30);
    act(self, RECO_EVENT_VIEW, 1, "c", 61);

    read_history(self, 1000);
    assert_string_equal(drawn(), "1: x | 0: a b | 0: c");
    assert_int_equal(history.nusers, 2);
    assert_int_equal(history.nitems, 4);
    assert_int_equal(history.sequence, 4);
    assert_int_equal(history.times[0], CASE_TIME / 1000 + 300);
    done_history();
}


static void
test_orders_by_time(void **state)
{
    store_case_t *self = *state;

    act(self, RECO_EVENT_VIEW, 1, "c", 20);
    act(self, RECO_EVENT_VIEW, 1, "a", 0);
    act(self, RECO_EVENT_VIEW, 1, "b", 10);

    read_history(self, 1000);
    assert_string_equal(drawn(), "0: a b c");
    done_history();
}


static void
test_merges_a_visit(void **state)
{
    store_case_t *self = *state;

    act(self, RECO_EVENT_VIEW, 1, "a", 0);
    act(self, RECO_EVENT_DWELL, 1, "a", 1);
    act(self, RECO_EVENT_CLICK, 1, "b", 2);
    act(self, RECO_EVENT_VIEW, 1, "b", 2);
    act(self, RECO_EVENT_DWELL, 1, "b", 3);
    act(self, RECO_EVENT_DWELL, 1, "b", 4);
    act(self, RECO_EVENT_SCROLL, 1, "b", 4);
    act(self, RECO_EVENT_CART, 1, "b", 5);
    act(self, RECO_EVENT_VIEW, 1, "a", 6);

    read_history(self, 1000);
    assert_string_equal(drawn(), "0: a b b a");
    assert_int_equal(history.dwells[0], 7000);
    assert_int_equal(history.dwells[1], 14000);
    assert_int_equal(history.types[1], RECO_EVENT_CLICK);
    assert_int_equal(history.types[2], RECO_EVENT_CART);
    assert_int_equal(history.dwells[3], 0);

    /* A page that is reloaded was seen last when it was reloaded. */
    act(self, RECO_EVENT_VIEW, 1, "a", 9);
    done_history();
    read_history(self, 1000);
    assert_string_equal(drawn(), "0: a b b a");
    assert_int_equal(history.times[3], CASE_TIME / 1000 + 540);
    done_history();
}


static void
test_follows_named_sessions(void **state)
{
    static reco_event_pair_t session = {{7, "session"}, {0, NULL}};
    store_case_t *self = *state;
    reco_event_t event;
    char id[16];
    int i;

    /* Two baskets of one minute; one that lasts a day. */
    for (i = 0; i < 6; i++) {
        snprintf(id, sizeof(id), "n%d", i);
        event = case_event(
            RECO_EVENT_PURCHASE, 1, id, id, CASE_TIME + (i == 5) * CASE_DAY);
        session.value = i < 2 ? reco_string("536365") : reco_string("536366");
        event.context = &session;
        event.ncontext = 1;
        assert_int_equal(case_apply(self, &event), RECO_STORE_APPLIED);
    }

    read_history(self, 1000);
    assert_string_equal(drawn(), "0: n0 n1 | 0: n2 n3 n4 n5");
    done_history();
}


/*
 * The models want sessions by the time of the last event that is kept: dwell
 * does not move it, a page seen again does.
 */
static void
test_orders_sessions(void **state)
{
    store_case_t *self = *state;

    act(self, RECO_EVENT_VIEW, 1, "a", 0);
    act(self, RECO_EVENT_VIEW, 2, "b", 5);
    act(self, RECO_EVENT_DWELL, 1, "a", 9);

    read_history(self, 1000);
    assert_string_equal(drawn(), "0: a | 1: b");
    done_history();

    act(self, RECO_EVENT_VIEW, 1, "a", 10);

    read_history(self, 1000);
    assert_string_equal(drawn(), "1: b | 0: a");
    done_history();
}


static void
test_splits_lines(void **state)
{
    static reco_event_line_t lines[] = {
        {{1, "a"}, 2, 1.5}, {{1, "b"}, 1, 3}, {{1, "c"}, 1, 3}};
    store_case_t *self = *state;
    reco_event_t event;

    event = case_event(RECO_EVENT_PURCHASE, 1, "p", "", CASE_TIME);
    event.lines = lines;
    event.nlines = 3;
    assert_int_equal(case_apply(self, &event), RECO_STORE_APPLIED);

    event.type = RECO_EVENT_IMPRESSION;
    event.id = reco_string("i");
    assert_int_equal(case_apply(self, &event), RECO_STORE_APPLIED);

    read_history(self, 1000);
    assert_string_equal(drawn(), "0: a b c");
    done_history();
}


static void
test_catalogue(void **state)
{
    store_case_t *self = *state;
    reco_event_t event;

    /* Only "a" occurs, only "b" has metadata, "c" was merely shown. */
    act(self, RECO_EVENT_VIEW, 1, "a", 0);
    act(self, RECO_EVENT_IMPRESSION, 1, "c", 0);
    event = case_event(RECO_EVENT_ITEM, 0, "", "b", CASE_TIME);
    event.product.title = reco_string("Teapot");
    event.product.available = 0;
    assert_int_equal(case_apply(self, &event), RECO_STORE_APPLIED);

    read_history(self, 1000);
    assert_int_equal(catalog.nitems, 2);
    assert_int_equal(history.nitems, 2);
    assert_memory_equal(catalog.items[0].id.data, "a", 1);
    assert_int_equal(catalog.items[0].available, 1);
    assert_true(catalog.items[0].price < 0);
    assert_memory_equal(catalog.items[1].title.data, "Teapot", 6);
    assert_int_equal(catalog.items[1].available, 0);
    assert_int_equal(catalog.items[1].born, CASE_TIME / 1000);
    done_history();
}


static void
test_takes_the_newest(void **state)
{
    store_case_t *self = *state;

    act(self, RECO_EVENT_VIEW, 1, "a", 0);
    act(self, RECO_EVENT_VIEW, 1, "b", 1);
    act(self, RECO_EVENT_VIEW, 1, "c", 2);

    read_history(self, 2);
    assert_string_equal(drawn(), "0: b c");
    done_history();
}


static void
test_empty(void **state)
{
    store_case_t *self = *state;

    read_history(self, 1000);
    assert_int_equal(history.nsessions, 0);
    assert_int_equal(history.nevents, 0);
    assert_int_equal(history.offsets[0], 0);
    done_history();
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            test_cuts_at_gaps, case_setup, case_teardown),
        cmocka_unit_test_setup_teardown(
            test_orders_by_time, case_setup, case_teardown),
        cmocka_unit_test_setup_teardown(
            test_merges_a_visit, case_setup, case_teardown),
        cmocka_unit_test_setup_teardown(
            test_follows_named_sessions, case_setup, case_teardown),
        cmocka_unit_test_setup_teardown(
            test_orders_sessions, case_setup, case_teardown),
        cmocka_unit_test_setup_teardown(
            test_splits_lines, case_setup, case_teardown),
        cmocka_unit_test_setup_teardown(
            test_catalogue, case_setup, case_teardown),
        cmocka_unit_test_setup_teardown(
            test_takes_the_newest, case_setup, case_teardown),
        cmocka_unit_test_setup_teardown(test_empty, case_setup, case_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
