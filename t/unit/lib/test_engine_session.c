/*
 * The visitor's record: what events make of it, and that it is the same
 * wherever its ring begins.
 */

#include "shop.h"

typedef shop_fixture_t fixture_t;


static void
test_record(void **state)
{
    unsigned i;
    reco_engine_event_t event;
    reco_engine_session_t session;

    (void) state;
    memset(&session, 0, sizeof(session));
    memset(&event, 0, sizeof(event));

    for (i = 1; i <= 40; i++) {
        event.item = i;
        event.time = i;
        reco_engine_session_apply(&session, &event);
    }

    assert_int_equal(session.nevents, RECO_ENGINE_EVENTS_MAX);
    assert_int_equal(reco_engine_session_event(&session, 0)->item, 9);

    /* Once more the same: refreshed, not added. */
    event.time = 50;
    reco_engine_session_apply(&session, &event);
    assert_int_equal(reco_engine_session_event(&session, 31)->time, 50);
    assert_int_equal(reco_engine_session_event(&session, 30)->item, 39);

    /* Active time goes to the view that it was spent in. */
    event.type = RECO_ENGINE_EVENT_DWELL;
    event.item = 20;
    event.dwell = 7000;
    reco_engine_session_apply(&session, &event);
    assert_int_equal(session.nevents, RECO_ENGINE_EVENTS_MAX);
    assert_int_equal(reco_engine_session_event(&session, 11)->item, 20);
    assert_int_equal(reco_engine_session_event(&session, 11)->dwell, 7000);

    /* A damaged record is mended, not believed. */
    session.oldest = 4000;
    session.nevents = 4000;
    session.nseen = 4000;
    session.next_seen = 4000;
    event.type = 0;
    event.item = 77;
    reco_engine_session_apply(&session, &event);
    assert_int_equal(reco_engine_session_event(&session, 31)->item, 77);

    event.item = 0;
    reco_engine_session_apply(&session, &event);
    assert_int_equal(reco_engine_session_event(&session, 31)->item, 77);
}


/* Of a ring that has turned, too, the oldest are kept, and it goes on well. */
static void
test_kept(void **state)
{
    unsigned kept, length, i;
    reco_engine_event_t event;
    reco_engine_session_t session;

    (void) state;
    memset(&event, 0, sizeof(event));

    for (length = 0; length <= 2 * RECO_ENGINE_EVENTS_MAX; length += 5) {
        for (kept = 0; kept <= RECO_ENGINE_EVENTS_MAX + 1; kept++) {
            memset(&session, 0, sizeof(session));

            for (event.item = 1; event.item <= length; event.item++) {
                reco_engine_session_apply(&session, &event);
            }

            event.item = reco_engine_session_event(&session, 0)->item;
            i = session.nevents < kept ? session.nevents : kept;
            reco_engine_session_keep(&session, kept);
            assert_int_equal(session.nevents, i);

            if (i == 0) {
                continue;
            }

            assert_int_equal(
                reco_engine_session_event(&session, 0)->item, event.item);
            assert_int_equal(reco_engine_session_event(&session, i - 1)->item,
                event.item + i - 1);

            event.item = 1000;
            reco_engine_session_apply(&session, &event);
            assert_int_equal(
                reco_engine_session_event(&session, session.nevents - 1)->item,
                1000);
        }
    }
}


/* Where the ring begins is nothing that answers depend on. */
static void
test_turned(void **state)
{
    unsigned i, length;
    fixture_t *fixture;
    shop_engine_t *engine;
    reco_engine_result_t first;
    reco_engine_session_t lately, turned;

    fixture = *state;
    engine = &fixture->engine;
    shop_set(engine, "diversity.lambda", "0.7");
    shop_engine_close(engine);
    shop_engine_open(engine, fixture->snapshot, NULL);
    shop_visit(engine, fixture->shop, 7);
    lately = engine->session;
    length = lately.nevents;
    assert_in_range(length, 2, RECO_ENGINE_EVENTS_MAX);

    /* The same 32 events, begun at the front and after five others. */
    for (i = 0; lately.nevents < RECO_ENGINE_EVENTS_MAX; i++) {
        lately.events[lately.nevents++] = lately.events[i % length];
    }

    memset(&turned, 0, sizeof(turned));
    for (i = 0; i < RECO_ENGINE_EVENTS_MAX; i++) {
        turned.events[(i + 5) % RECO_ENGINE_EVENTS_MAX] = lately.events[i];
    }
    turned.nevents = RECO_ENGINE_EVENTS_MAX;
    turned.oldest = 5;

    engine->session = lately;
    assert_int_equal(shop_ask(fixture), RECO_OK);
    first = engine->result;
    assert_int_not_equal(first.nhits, 0);

    engine->session = turned;
    assert_int_equal(shop_ask(fixture), RECO_OK);
    assert_int_equal(engine->result.nhits, first.nhits);
    assert_memory_equal(
        engine->result.hits, first.hits, first.nhits * sizeof(first.hits[0]));
}


#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(                                           \
        name, shop_fixture_setup, shop_fixture_teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_record),
        TEST(test_kept),
        TEST(test_turned),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
