/*
 * Events that came in since the base become the overlay's sessions, new
 * items, trends and sold-out items; sessions follow the rules of history.
 */

#include "store_case.h"

#include <limits.h>

#include "overlay.h"
#include "overlay_sessions.h"
#include "snapshot/reco_snapshot_view.h"


/* A base that knows the items "a", "b" and "c", all available. */
static reco_snapshot_t *
make_base(const store_case_t *self)
{
    static const uint64_t offsets[] = {0, 3};
    static const uint32_t items[] = {0, 1, 2};
    static const uint32_t times[] = {1700000000};
    static const float popularity[] = {1, 1, 1};
    static const float trend[] = {0, 0, 0};
    const reco_snapshot_item_t catalog[] = {
        {.id = case_text("a"), .price = -1, .available = 1},
        {.id = case_text("b"), .price = -1, .available = 1},
        {.id = case_text("c"), .price = -1, .available = 1}};
    const reco_snapshot_source_t source = {.nitems = 3,
        .items = catalog,
        .sessions = {1, offsets, items, NULL, times, 0},
        .popular = {3, popularity, trend},
        .manifest = "{\"id\": \"000001\"}"};
    reco_snapshot_t *base;
    reco_error_t error = {0};
    char path[128];

    snprintf(path, sizeof(path), "%s/base", self->folder);
    if (reco_snapshot_write(path, &source, &error) != RECO_OK
        || reco_snapshot_open(path, 0, &base, &error) != RECO_OK)
    {
        fail_msg("%s", error.message);
    }

    return base;
}


static int
teardown(void **state)
{
    store_case_t *self = *state;
    char command[160];

    snprintf(command, sizeof(command), "rm -rf '%s/base' '%s/overlay'",
        self->folder, self->folder);
    assert_int_equal(system(command), 0);

    return case_teardown(state);
}


static void
send(store_case_t *self, reco_event_type_t type, unsigned visitor,
    const char *item, int64_t ts)
{
    static unsigned number;
    reco_event_t event;
    char id[16];

    snprintf(id, sizeof(id), "e%u", ++number);
    event = case_event(type, visitor, id, item, ts);
    if (type == RECO_EVENT_ITEM) {
        event.product.title = case_text("A title");
        event.product.available = 0;
    }
    assert_int_equal(case_apply(self, &event), RECO_STORE_APPLIED);
}


static reco_overlay_t *
open_overlay(store_case_t *self, reco_snapshot_t *base, uint64_t since)
{
    reco_config_t *config;
    reco_overlay_t *overlay;

    config = reco_config_create();
    assert_non_null(config);
    assert_int_equal(
        reco_overlay_open(self->store, base, since, config, &overlay, NULL),
        RECO_OK);
    reco_config_destroy(config);

    return overlay;
}


static void
test_publish(void **state)
{
    store_case_t *self = *state;
    reco_snapshot_overlay_t *file;
    const reco_snapshot_overlay_view_t *view;
    reco_snapshot_t *base;
    reco_overlay_t *overlay;
    reco_error_t error = {0};
    uint64_t since;
    char path[128];

    snprintf(path, sizeof(path), "%s/overlay", self->folder);
    base = make_base(self);

    send(self, RECO_EVENT_VIEW, 1, "a", CASE_TIME);
    since = case_stats(self).sequence;
    send(self, RECO_EVENT_VIEW, 2, "b", CASE_TIME + 1000);
    send(self, RECO_EVENT_CLICK, 2, "b", CASE_TIME + 2000);
    send(self, RECO_EVENT_VIEW, 2, "fresh", CASE_TIME + 3000);
    send(self, RECO_EVENT_VIEW, 3, "fresh", CASE_TIME + 4000);
    send(self, RECO_EVENT_SEARCH, 3, "c", CASE_TIME + 5000);
    send(self, RECO_EVENT_ITEM, 4, "c", CASE_TIME + 6000);

    overlay = open_overlay(self, base, since);
    assert_int_equal(
        reco_overlay_publish(overlay, path, CASE_TIME + 7000, &error), RECO_OK);
    assert_int_equal(reco_overlay_sequence(overlay), case_stats(self).sequence);
    assert_int_equal(
        reco_snapshot_overlay_open(path, base, &file, &error), RECO_OK);
    view = reco_snapshot_overlay_view(file);

    assert_int_equal(view->catalog.nitems, 1);
    assert_int_equal(reco_snapshot_catalog_find(
                         &view->catalog, reco_item_key(case_text("fresh"))),
        0);

    /* Visitor 2's b and fresh, visitor 3's fresh; not visitor 1's. */
    assert_int_equal(view->sessions.nsessions, 2);
    assert_int_equal(view->sessions.nevents, 3);
    assert_int_equal(
        reco_snapshot_postings_row(&view->sessions, 0), RECO_ITEM_NONE);
    assert_int_not_equal(
        reco_snapshot_postings_row(&view->sessions, 3), RECO_ITEM_NONE);

    assert_int_equal(view->nunavailable, 1);
    assert_int_equal(view->unavailable[0], 2);
    assert_int_equal(view->ntrending, 2);
    reco_snapshot_overlay_release(file);

    /* Nothing new: left alone, until it could look stale. */
    assert_int_equal(
        reco_overlay_publish(overlay, path, CASE_TIME + 8000, &error),
        RECO_DECLINED);
    assert_int_equal(
        reco_overlay_publish(overlay, path, CASE_TIME + 60000, &error),
        RECO_OK);

    send(self, RECO_EVENT_VIEW, 3, "a", CASE_TIME + 61000);
    assert_int_equal(
        reco_overlay_publish(overlay, path, CASE_TIME + 61000, &error),
        RECO_OK);
    assert_int_equal(
        reco_snapshot_overlay_open(path, base, &file, &error), RECO_OK);
    assert_int_equal(reco_snapshot_overlay_view(file)->sessions.nevents, 4);
    reco_snapshot_overlay_release(file);

    reco_overlay_close(overlay);
    reco_snapshot_release(base);
}


static void
add(reco_overlay_sessions_t *sessions, uint32_t visitor, uint32_t item,
    uint32_t time)
{
    const reco_overlay_act_t act = {
        .visitor = visitor, .item = item, .time = time, .weight = 1};

    assert_int_equal(reco_overlay_sessions_add(sessions, &act), RECO_OK);
}


static void
test_sessions(void **state)
{
    reco_overlay_sessions_t sessions;
    reco_snapshot_sessions_t out;
    uint32_t i;

    (void) state;
    assert_int_equal(reco_overlay_sessions_init(&sessions, 3, 100), RECO_OK);

    /* A gap ends a session; a repeated item does not lengthen it. */
    add(&sessions, 1, 10, 1000);
    add(&sessions, 1, 10, 1050);
    add(&sessions, 1, 11, 1100);
    add(&sessions, 1, 12, 1201);
    assert_int_equal(reco_overlay_sessions_collect(&sessions, &out), RECO_OK);
    assert_int_equal(out.nsessions, 2);
    assert_int_equal(out.offsets[1], 2);
    assert_int_equal(out.items[0], 10);
    assert_int_equal(out.items[2], 12);
    reco_overlay_sessions_free(&out);

    /* The newest three stay, oldest first, however many come. */
    for (i = 2; i < 50; i++) {
        add(&sessions, i, 20 + i, 2000 + i);
    }
    assert_int_equal(reco_overlay_sessions_collect(&sessions, &out), RECO_OK);
    assert_int_equal(out.nsessions, 3);
    assert_int_equal(out.times[0], 2047);
    assert_int_equal(out.items[2], 69);
    reco_overlay_sessions_free(&out);

    /* A session that went on stays, with its last items. */
    for (i = 0; i < 3 * RECO_SNAPSHOT_SESSION_MAX; i++) {
        add(&sessions, 47, i, 2050 + i);
    }
    assert_int_equal(reco_overlay_sessions_collect(&sessions, &out), RECO_OK);
    assert_int_equal(out.nsessions, 3);
    assert_int_equal(
        out.offsets[3] - out.offsets[2], RECO_SNAPSHOT_SESSION_MAX);
    assert_int_equal(
        out.items[out.offsets[3] - 1], 3 * RECO_SNAPSHOT_SESSION_MAX - 1);
    reco_overlay_sessions_free(&out);

    reco_overlay_sessions_done(&sessions);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_publish, case_setup, teardown),
        cmocka_unit_test(test_sessions),
    };

    return cmocka_run_group_tests_name("overlay", tests, NULL, NULL);
}
