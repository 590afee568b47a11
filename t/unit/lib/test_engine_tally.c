/*
 * Votes counted together are the same tally as votes counted one by one.
 */

#include "shop.h"

#include "engine/reco_engine_tally.h"

#define ROUNDS  300
#define NUMBERS 5000 /* those from here on are no items */


static uint32_t
next_random(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;

    return (uint32_t) (*state >> 33);
}


/* Some numbers often, most once, some of no item. */
static void
make_votes(reco_engine_votes_t *votes, uint64_t *state, unsigned round)
{
    unsigned i, spread;

    votes->count = next_random(state) % (RECO_ENGINE_VOTES_MAX + 1);
    spread = 2 + round * 20;

    for (i = 0; i < votes->count; i++) {
        votes->items[i] = next_random(state) % spread;
        votes->values[i] = (float) (next_random(state) % 1000);
        votes->places[i] = (uint8_t) (next_random(state) % 33);
    }
}


static void
add_each(reco_engine_tally_t *tally, const reco_engine_votes_t *votes)
{
    unsigned i;

    for (i = 0; i < votes->count; i++) {
        if (votes->items[i] < NUMBERS) {
            reco_engine_tally_add(
                tally, votes->items[i], votes->values[i], votes->places[i]);
        }
    }
}


static void
check_equal(const reco_engine_tally_t *a, const reco_engine_tally_t *b)
{
    unsigned i;

    assert_int_equal(a->count, b->count);

    for (i = 0; i < a->count; i++) {
        assert_int_equal(a->entries[i].number, b->entries[i].number);
        assert_int_equal(a->entries[i].origin, b->entries[i].origin);
        assert_true(a->entries[i].sum == b->entries[i].sum);
        assert_true(a->entries[i].most == b->entries[i].most);
    }
}


/* expected: as many as there are, or too few so that the table grows. */
static void
check_limit(uint32_t limit, uint32_t expected)
{
    unsigned round;
    uint64_t state;
    reco_engine_tally_t one, all;
    static reco_engine_votes_t votes;

    state = 7;
    assert_int_equal(reco_engine_tally_create(&one, limit), RECO_OK);
    assert_int_equal(reco_engine_tally_create(&all, limit), RECO_OK);

    for (round = 0; round < ROUNDS; round++) {
        if (round % 3 == 0) {
            reco_engine_tally_clear(&one, expected);
            reco_engine_tally_clear(&all, expected);
        }

        make_votes(&votes, &state, round);
        add_each(&one, &votes);
        reco_engine_tally_add_all(&all, &votes, NUMBERS);
        check_equal(&one, &all);
    }

    reco_engine_tally_destroy(&one);
    reco_engine_tally_destroy(&all);
}


static void
test_same_as_each(void **state)
{
    (void) state;
    check_limit(8192, 4000);
    check_limit(8192, 10);
    check_limit(8192, 1500);
}


/* What there is no room for is left out by both. */
static void
test_full(void **state)
{
    (void) state;
    check_limit(100, 100);
    check_limit(1024, 3000);
    check_limit(1025, 3000);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_as_each),
        cmocka_unit_test(test_full),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
