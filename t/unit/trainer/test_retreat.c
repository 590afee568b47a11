/*
 * Clicks are counted by version, and a version that is clicked less is told
 * from one that had bad luck.
 */

#include "store_case.h"

#include "config.h"
#include "retreat.h"
#include "store_rates.h"


static void
send(store_case_t *self, reco_event_type_t type, const char *version,
    unsigned lines, const char *req)
{
    static unsigned number;
    reco_event_line_t items[RECO_EVENT_ITEMS_MAX];
    reco_event_t event;
    char id[16];
    unsigned i;

    snprintf(id, sizeof(id), "e%u", ++number);
    event = case_event(type, 1, id, lines > 0 ? "" : "a", CASE_TIME);
    event.model = case_text(version);
    event.req = case_text(req);
    event.lines = items;
    event.nlines = lines;
    for (i = 0; i < lines; i++) {
        items[i] =
            (reco_event_line_t){.item = case_text("a"), .qty = 1, .price = -1};
    }
    assert_int_equal(case_apply(self, &event), RECO_STORE_APPLIED);
}


static void
test_count(void **state)
{
    store_case_t *self = *state;
    reco_store_rate_t rate;

    assert_int_equal(
        reco_store_rate(self->store, "000001", &rate, NULL), RECO_OK);
    assert_int_equal(rate.shown, 0);

    send(self, RECO_EVENT_IMPRESSION, "000001", 8, "r1");
    send(self, RECO_EVENT_IMPRESSION, "000001", 4, "r1");
    send(self, RECO_EVENT_IMPRESSION, "000002", 5, "r2");
    send(self, RECO_EVENT_CLICK, "000001", 0, "r1");

    /* Not in a block; not of a version; no click. */
    send(self, RECO_EVENT_CLICK, "000001", 0, "");
    send(self, RECO_EVENT_CLICK, "", 0, "r1");
    send(self, RECO_EVENT_VIEW, "000001", 0, "r1");

    assert_int_equal(
        reco_store_rate(self->store, "000001", &rate, NULL), RECO_OK);
    assert_int_equal(rate.shown, 12);
    assert_int_equal(rate.clicked, 1);
    assert_int_equal(
        reco_store_rate(self->store, "000002", &rate, NULL), RECO_OK);
    assert_int_equal(rate.shown, 5);
    assert_int_equal(rate.clicked, 0);
}


static int
is_worse(uint64_t shown, uint64_t clicked)
{
    const reco_store_rate_t before = {100000, 3000};
    const reco_store_rate_t live = {shown, clicked};
    reco_retreat_t retreat;
    reco_config_t *config;

    config = reco_config_create();
    assert_non_null(config);
    reco_retreat_compare(&retreat, &live, &before, config);
    reco_config_destroy(config);

    return retreat.worse;
}


static void
test_compare(void **state)
{
    (void) state;

    assert_int_equal(is_worse(4000, 0), 0);         /* too few */
    assert_int_equal(is_worse(10000, 300), 0);      /* the same */
    assert_int_equal(is_worse(10000, 400), 0);      /* better */
    assert_int_equal(is_worse(10000, 265), 0);      /* luck */
    assert_int_equal(is_worse(10000, 220), 1);      /* worse */
    assert_int_equal(is_worse(10000, 0), 1);        /* none at all */
    assert_int_equal(is_worse(4000000, 117000), 0); /* sure, but by 2.5 % */
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_count, case_setup, case_teardown),
        cmocka_unit_test(test_compare),
    };

    return cmocka_run_group_tests_name("retreat", tests, NULL, NULL);
}
