/*
 * The record of the feature store: there and back, byte by byte as its header
 * draws it, and what a stranger might put in its place.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/reco_engine_profile.h"

#define MUTATIONS 200000


static void
fill(reco_engine_profile_t *profile, unsigned nevents, unsigned nshown)
{
    uint64_t item;
    unsigned i;
    reco_engine_event_t event;

    memset(profile, 0, sizeof(*profile));
    memset(&event, 0, sizeof(event));

    for (i = 0; i < nevents; i++) {
        event.item = UINT64_C(0x0102030405060708) + i;
        event.time = 1700000000 + i;
        event.dwell = 1000 * i;
        event.type = (uint8_t) (i % 2);
        reco_engine_session_apply(&profile->session, &event);
    }

    for (i = 0; i < nshown; i++) {
        item = 1000 + i;
        reco_engine_session_shown(&profile->session, &item, 1);
    }

    profile->updated = INT64_C(1700000000123);
    profile->counters[0] = 41;
    profile->counters[RECO_ENGINE_PROFILE_COUNTERS - 1] = UINT32_MAX;
    profile->nbase = 6;
    memcpy(profile->base, "000042", 6);
    profile->dimensions = 8;

    for (i = 0; i < profile->dimensions; i++) {
        profile->vector[i] = 0.5F - (float) i;
    }
}


static size_t
encode(const reco_engine_profile_t *profile, uint8_t *out)
{
    size_t len;

    assert_int_equal(reco_engine_profile_encode(
                         profile, out, RECO_ENGINE_PROFILE_SIZE_MAX, &len),
        RECO_OK);

    return len;
}


static void
test_round_trip(void **state)
{
    size_t len;
    uint8_t record[RECO_ENGINE_PROFILE_SIZE_MAX];
    reco_engine_profile_t in, out;

    (void) state;
    fill(&in, 20, 7);
    len = encode(&in, record);

    assert_int_equal(reco_engine_profile_decode(record, len, &out), RECO_OK);
    assert_memory_equal(&in, &out, sizeof(in));

    memset(&in, 0, sizeof(in));
    len = encode(&in, record);

    assert_int_equal(reco_engine_profile_decode(record, len, &out), RECO_OK);
    assert_memory_equal(&in, &out, sizeof(in));
}


/* A full ring comes back turned, and goes on where it was. */
static void
test_full(void **state)
{
    size_t len;
    uint8_t record[RECO_ENGINE_PROFILE_SIZE_MAX];
    uint64_t item;
    unsigned i;
    reco_engine_profile_t in, out;

    (void) state;
    fill(&in, 100, 45);
    in.nbase = RECO_ENGINE_PROFILE_BASE_MAX;
    memset(in.base, 'b', sizeof(in.base));
    in.dimensions = RECO_SNAPSHOT_DIMENSIONS_MAX;

    len = encode(&in, record);
    assert_int_equal(len, RECO_ENGINE_PROFILE_SIZE_MAX);
    assert_int_equal(reco_engine_profile_decode(record, len, &out), RECO_OK);

    for (i = 0; i < RECO_ENGINE_EVENTS_MAX; i++) {
        assert_memory_equal(reco_engine_session_event(&in.session, i),
            reco_engine_session_event(&out.session, i),
            sizeof(in.session.events[0]));
    }

    assert_int_equal(out.session.oldest, 0);
    assert_memory_equal(in.vector, out.vector, sizeof(in.vector));

    item = 5;
    reco_engine_session_shown(&in.session, &item, 1);
    reco_engine_session_shown(&out.session, &item, 1);

    for (i = 0; i < RECO_ENGINE_SEEN_MAX; i++) {
        assert_int_equal(
            in.session.seen[(in.session.next_seen + i) % RECO_ENGINE_SEEN_MAX],
            out.session
                .seen[(out.session.next_seen + i) % RECO_ENGINE_SEEN_MAX]);
    }
}


/* Other languages read it too: the layout is a promise. */
static void
test_layout(void **state)
{
    static const uint8_t head[] = {'R', 'E', 'C', 'P', 1, 0, 6, 0};
    static const uint8_t event[] = {
        8, 7, 6, 5, 4, 3, 2, 1, 0x00, 0xf1, 0x53, 0x65, 0, 0, 0, 0, 0};
    static const uint8_t last[] = {'0', '4', '2', 0x00, 0x00, 0x00, 0x3f};

    size_t len;
    uint8_t record[RECO_ENGINE_PROFILE_SIZE_MAX];
    reco_engine_profile_t profile;

    (void) state;
    fill(&profile, 1, 1);
    profile.dimensions = 1;
    len = encode(&profile, record);

    assert_int_equal(len, 40 + 17 + 9 + 64 + 6 + 4);
    assert_memory_equal(record, head, sizeof(head));
    assert_int_equal(record[8], len);
    assert_memory_equal(record + 40, event, sizeof(event));
    assert_memory_equal(record + len - sizeof(last), last, sizeof(last));
}


static void
test_refused(void **state)
{
    size_t len, full, i;
    uint8_t record[RECO_ENGINE_PROFILE_SIZE_MAX];
    reco_engine_profile_t profile, out;

    (void) state;
    fill(&profile, 3, 2);
    full = encode(&profile, record);

    assert_int_equal(
        reco_engine_profile_encode(&profile, record, full - 1, &len),
        RECO_TOO_LARGE);
    assert_int_equal(
        reco_engine_profile_encode(&profile, record, full, &len), RECO_OK);

    for (i = 0; i < full; i++) {
        assert_int_not_equal(
            reco_engine_profile_decode(record, i, &out), RECO_OK);
    }

    record[4] = 2;
    assert_int_equal(
        reco_engine_profile_decode(record, full, &out), RECO_UNSUPPORTED);

    profile.vector[2] = NAN;
    assert_int_equal(
        reco_engine_profile_encode(&profile, record, sizeof(record), &len),
        RECO_INVALID);

    fill(&profile, 3, 2);
    profile.session.nevents = RECO_ENGINE_EVENTS_MAX + 1;
    assert_int_equal(
        reco_engine_profile_encode(&profile, record, sizeof(record), &len),
        RECO_INVALID);

    fill(&profile, 3, 2);
    profile.session.events[1].item = 0;
    assert_int_equal(
        reco_engine_profile_encode(&profile, record, sizeof(record), &len),
        RECO_INVALID);

    fill(&profile, 3, 2);
    profile.nbase = 0;
    assert_int_equal(
        reco_engine_profile_encode(&profile, record, sizeof(record), &len),
        RECO_INVALID);
}


static uint64_t
random_bits(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;

    return *seed;
}


/* Makes length and checksum right again, so that the rest is looked at. */
static void
forge(uint8_t *record, size_t len)
{
    uint64_t hash;
    unsigned i;

    for (i = 0; i < 4; i++) {
        record[8 + i] = (uint8_t) (len >> 8 * i);
    }

    hash = reco_hash(record + 24, len - 24);

    for (i = 0; i < 8; i++) {
        record[16 + i] = (uint8_t) (hash >> 8 * i);
    }
}


static void
test_mutated(void **state)
{
    size_t len, again, changes;
    uint8_t record[RECO_ENGINE_PROFILE_SIZE_MAX], *copy;
    uint64_t seed;
    unsigned round, taken, refused;
    reco_engine_profile_t profile, out;

    (void) state;
    seed = 88172645463325252;
    taken = 0;
    refused = 0;

    for (round = 0; round < MUTATIONS; round++) {
        if (round % 64 == 0) {
            fill(&profile, (unsigned) (random_bits(&seed) % 40),
                (unsigned) (random_bits(&seed) % 40));
        }

        len = encode(&profile, record);

        for (changes = 1 + random_bits(&seed) % 4; changes > 0; changes--) {
            record[random_bits(&seed) % (round % 3 == 0 ? 60 : len)] =
                (uint8_t) random_bits(&seed);
        }

        if (round % 5 == 0) {
            len -= random_bits(&seed) % (len - 24);
        }

        if (round % 8 != 0) {
            forge(record, len);
        }

        /* exactly as long, so that a sanitizer sees a step too far */
        copy = malloc(len);
        assert_non_null(copy);
        memcpy(copy, record, len);

        if (reco_engine_profile_decode(copy, len, &out) == RECO_OK) {
            taken++;
            assert_int_equal(reco_engine_profile_encode(
                                 &out, record, sizeof(record), &again),
                RECO_OK);

        } else {
            refused++;
        }

        free(copy);
    }

    assert_true(taken > MUTATIONS / 20);
    assert_true(refused > MUTATIONS / 5);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_full),
        cmocka_unit_test(test_layout),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_mutated),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
