/*
 * The online factorisation: what it learns, how far it goes, and that nothing
 * is learnt twice whatever happens between two saves.
 */

#include "learner_base.h"

#include <math.h>

#include "online.h"


static reco_online_t *
open_online(store_case_t *self, reco_snapshot_t *base, uint64_t since,
    const char *const *pairs)
{
    reco_online_t *online;
    reco_config_t *config;
    reco_error_t error = {0};

    config = base_config(pairs);
    if (reco_online_open(self->store, base, since, config, &online, &error)
        != RECO_OK)
    {
        fail_msg("%s", error.message);
    }
    reco_config_destroy(config);

    return online;
}


static void
send(store_case_t *self, unsigned visitor, const char *id)
{
    reco_event_t event;

    event = case_event(RECO_EVENT_VIEW, visitor, id, id, CASE_TIME);
    assert_int_equal(case_apply(self, &event), RECO_STORE_APPLIED);
}


/* The visitor of axis 0 goes for item 9, which is on axis 1. */
static void
learn(reco_online_t *online, uint64_t sequence, uint32_t visitor, uint32_t item)
{
    const float context[BASE_DIMENSIONS] = {1};
    reco_online_visitor_t *record;

    reco_online_reach(online, sequence);
    assert_int_equal(reco_online_visitor(online, visitor, &record), RECO_OK);
    assert_int_equal(
        reco_online_learn(online, context, record, item, item, NULL, 1),
        RECO_OK);
}


static float
distance(const reco_online_t *online, uint32_t item)
{
    const float *vector;
    float sum, difference;
    unsigned i;

    vector = reco_online_vector(online, item);
    assert_non_null(vector);
    sum = 0;

    for (i = 0; i < BASE_DIMENSIONS; i++) {
        difference = vector[i] - (i == item % BASE_DIMENSIONS ? 0.5f : 0);
        sum += difference * difference;
    }

    return sqrtf(sum);
}


static void
test_learn(void **state)
{
    static const char *const pairs[] = {
        "online_batch=4", "online_drift=0.8", "online_pull=0", NULL};
    store_case_t *self = *state;
    const float *vectors[4];
    uint32_t items[4];
    reco_online_t *online;
    reco_snapshot_t *base;
    unsigned i;

    base = base_make(self, "000001");
    online = open_online(self, base, 0, pairs);
    assert_true(fabsf(reco_online_length(online) - 0.5f) < 1e-6f);
    assert_null(reco_online_vector(online, 9));

    /* Item 16 lies on the visitor's axis, and is left aside again and again. */
    learn(online, 1, 1, 16);
    for (i = 2; i < 40; i++) {
        learn(online, i, 1, 9);
    }

    assert_int_equal(reco_online_recent(online, 4, items, vectors), 2);
    assert_int_equal(items[0], 9);
    assert_true(vectors[0][0] > 0.1f);
    assert_true(vectors[1][0] < 0.5f);

    /* It goes no further than allowed, for however long. */
    for (i = 40; i < 4000; i++) {
        learn(online, i, 1, 9);
    }
    reco_online_recent(online, 4, items, vectors);
    assert_true(distance(online, 9) <= 0.8f * 0.5f + 1e-5f);
    assert_true(distance(online, 9) > 0.2f);
    assert_true(distance(online, 16) <= 0.8f * 0.5f + 1e-5f);

    reco_online_close(online);
    reco_snapshot_release(base);
}


/* An item that the base does not have begins where its content puts it, also
   where the catalogue told of it only after its first event. */
static void
test_content(void **state)
{
    static const char *const pairs[] = {"online_negatives=0", NULL};
    const float content[BASE_DIMENSIONS] = {0, 0, 0.25f};
    store_case_t *self = *state;
    reco_online_visitor_t *record;
    reco_online_t *online;
    reco_snapshot_t *base;
    uint32_t item;

    base = base_make(self, "000001");
    online = open_online(self, base, 0, pairs);
    assert_int_equal(reco_online_visitor(online, 1, &record), RECO_OK);

    for (item = 900; item < 902; item++) {
        if (item == 901) {
            assert_int_equal(reco_online_learn(online, NULL, record, item,
                                 RECO_ITEM_NONE, NULL, 1),
                RECO_OK);
            assert_true(reco_online_vector(online, item)[2] == 0);
        }
        assert_int_equal(reco_online_learn(online, NULL, record, item,
                             RECO_ITEM_NONE, content, 1),
            RECO_OK);
        assert_true(reco_online_vector(online, item)[2] == 0.25f);
        assert_int_equal(reco_online_learn(online, NULL, record, item,
                             RECO_ITEM_NONE, content, 1),
            RECO_OK);
        assert_true(reco_online_vector(online, item)[2] == 0.25f);
    }

    reco_online_close(online);
    reco_snapshot_release(base);
}


/* The pull brings back what nothing moves any more. */
static void
test_pull(void **state)
{
    static const char *const loose[] = {
        "online_batch=1", "online_negatives=0", "online_pull=0", NULL};
    static const char *const tight[] = {
        "online_batch=1", "online_negatives=0", "online_pull=0.5", NULL};
    store_case_t *self = *state;
    reco_online_t *free_one, *held;
    reco_snapshot_t *base;
    unsigned i;

    base = base_make(self, "000001");
    free_one = open_online(self, base, 0, loose);
    held = open_online(self, base, 0, tight);

    for (i = 1; i < 20; i++) {
        learn(free_one, i, 1, 9);
        learn(held, i, 1, 9);
    }
    assert_true(distance(held, 9) < 0.5f * distance(free_one, 9));

    reco_online_close(free_one);
    reco_online_close(held);
    reco_snapshot_release(base);
}


static void
test_restart(void **state)
{
    static const char *const pairs[] = {NULL};
    float before[BASE_DIMENSIONS];
    store_case_t *self = *state;
    reco_online_visitor_t *visitor;
    reco_online_t *online;
    reco_snapshot_t *base, *next;
    reco_error_t error = {0};
    char id[16];
    unsigned i;

    for (i = 1; i <= 20; i++) {
        snprintf(id, sizeof(id), "e%u", i);
        send(self, 1, id);
    }

    base = base_make(self, "000001");
    online = open_online(self, base, 2, pairs);
    assert_int_equal(reco_online_sequence(online), 2);
    for (i = 3; i <= 10; i++) {
        learn(online, i, 1, i);
    }
    assert_int_equal(reco_online_save(online, NULL, 0, &error), RECO_OK);
    memcpy(before, reco_online_vector(online, 9), sizeof(before));

    /* Lost with the process: comes again from the log. */
    learn(online, 11, 1, 9);
    reco_online_close(online);

    online = open_online(self, base, 2, pairs);
    assert_int_equal(reco_online_sequence(online), 10);
    assert_memory_equal(before, reco_online_vector(online, 9), sizeof(before));
    assert_int_equal(reco_online_visitor(online, 1, &visitor), RECO_OK);
    assert_int_equal(visitor->nevents, 8);

    /* Saving again writes nothing else, and loses nothing. */
    assert_int_equal(reco_online_save(online, NULL, 0, &error), RECO_OK);
    reco_online_close(online);
    online = open_online(self, base, 2, pairs);
    assert_memory_equal(before, reco_online_vector(online, 9), sizeof(before));
    reco_online_close(online);

    /* Another base begins anew, and its first save clears the old one's. */
    next = base_make(self, "000002");
    online = open_online(self, next, 5, pairs);
    assert_int_equal(reco_online_sequence(online), 5);
    assert_null(reco_online_vector(online, 9));
    learn(online, 6, 1, 20);
    assert_int_equal(reco_online_save(online, NULL, 0, &error), RECO_OK);
    reco_online_close(online);
    online = open_online(self, base, 2, pairs);
    assert_int_equal(reco_online_sequence(online), 2);
    assert_null(reco_online_vector(online, 9));
    reco_online_close(online);

    reco_snapshot_release(base);
    reco_snapshot_release(next);
}


/* What is displaced goes from the store as well. */
static void
test_displaced(void **state)
{
    static const char *const pairs[] = {"online_items=100", NULL};
    store_case_t *self = *state;
    reco_online_t *online;
    reco_snapshot_t *base;
    reco_error_t error = {0};
    unsigned i;

    send(self, 1, "e1");
    base = base_make(self, "000001");
    online = open_online(self, base, 0, pairs);

    for (i = 0; i < 150; i++) {
        learn(online, 1, 1, i);
        if (i == 120) {
            assert_int_equal(
                reco_online_save(online, NULL, 0, &error), RECO_OK);
        }
    }
    assert_null(reco_online_vector(online, 49));
    assert_non_null(reco_online_vector(online, 50));
    assert_int_equal(reco_online_save(online, NULL, 0, &error), RECO_OK);
    reco_online_close(online);

    online = open_online(self, base, 0, pairs);
    assert_null(reco_online_vector(online, 30));
    assert_null(reco_online_vector(online, 49));
    for (i = 50; i < 150; i++) {
        assert_non_null(reco_online_vector(online, i));
    }
    reco_online_close(online);
    reco_snapshot_release(base);
}


/* A visitor who was forgotten while the trainer runs does not come back. */
static void
test_forget(void **state)
{
    static const char *const pairs[] = {NULL};
    store_case_t *self = *state;
    reco_online_visitor_t *visitor;
    reco_online_t *online;
    reco_snapshot_t *base;
    reco_error_t error = {0};
    uint64_t removed;
    unsigned number;

    send(self, 1, "e1");
    send(self, 2, "e2");
    base = base_make(self, "000001");
    online = open_online(self, base, 0, pairs);
    learn(online, 1, 1, 9);
    learn(online, 2, 2, 9);
    assert_int_equal(reco_online_save(online, NULL, 0, &error), RECO_OK);

    assert_int_equal(
        reco_store_forget(self->store, case_visitor(1), &removed, &error),
        RECO_OK);

    /* It still has a vector here, and a new one. */
    learn(online, 2, 1, 10);
    assert_int_equal(reco_online_save(online, NULL, 0, &error), RECO_OK);
    reco_online_close(online);

    online = open_online(self, base, 0, pairs);
    for (number = 1; number <= 2; number++) {
        assert_int_equal(
            reco_online_visitor(online, number, &visitor), RECO_OK);
        assert_int_equal(visitor->nevents, number == 1 ? 0 : 1);
    }
    reco_online_close(online);
    reco_snapshot_release(base);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_learn, case_setup, base_teardown),
        cmocka_unit_test_setup_teardown(
            test_content, case_setup, base_teardown),
        cmocka_unit_test_setup_teardown(test_pull, case_setup, base_teardown),
        cmocka_unit_test_setup_teardown(
            test_restart, case_setup, base_teardown),
        cmocka_unit_test_setup_teardown(
            test_displaced, case_setup, base_teardown),
        cmocka_unit_test_setup_teardown(test_forget, case_setup, base_teardown),
    };

    return cmocka_run_group_tests_name("online", tests, NULL, NULL);
}
