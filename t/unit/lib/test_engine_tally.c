/*
 * What is counted together is the same tally as what is counted one by one.
 */

#include "shop.h"

#include "engine/reco_engine_tally.h"

#define ROUNDS  300
#define NUMBERS 5000 /* those from here on are no items */

/* So many have no slots of their own. */
#define MANY (RECO_ENGINE_TALLY_DIRECT + 1)


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
    spread = 2 + round * NUMBERS / ROUNDS;

    for (i = 0; i < votes->count; i++) {
        votes->items[i] = next_random(state) % 100 == 0
                              ? UINT32_MAX - next_random(state) % MANY
                              : next_random(state) % spread;
        votes->values[i] = (float) (next_random(state) % 1000);
        votes->places[i] = (uint8_t) (next_random(state) % 33);
    }
}


typedef enum {
    VOTES,
    ROW,
    MATCHES,
    KINDS
} kind_t;


static void
add_match(
    reco_engine_tally_t *tally, uint32_t number, float weight, uint32_t origin)
{
    reco_engine_tally_entry_t *entry;

    entry = reco_engine_tally_entry(tally, number);

    if (entry != NULL) {
        entry->sum += weight;
        entry->origin =
            entry->origin == RECO_ENGINE_TALLY_NOBODY ? origin : entry->origin;
    }
}


static void
add_each(
    reco_engine_tally_t *tally, const reco_engine_votes_t *votes, kind_t kind)
{
    unsigned i;

    for (i = 0; i < votes->count; i++) {
        if (votes->items[i] >= NUMBERS) {
            continue;
        }

        if (kind == MATCHES) {
            add_match(tally, votes->items[i], 0.7f, votes->places[0]);

        } else {
            reco_engine_tally_add(tally, votes->items[i],
                kind == ROW ? 0.7f * votes->values[i] : votes->values[i],
                kind == ROW ? votes->places[0] : votes->places[i]);
        }
    }
}


static void
add_together(
    reco_engine_tally_t *tally, const reco_engine_votes_t *votes, kind_t kind)
{
    switch (kind) {
    case VOTES:
        reco_engine_tally_add_votes(tally, votes);
        break;
    case ROW:
        reco_engine_tally_add_row(tally, votes->items, votes->values,
            votes->count, 0.7f, votes->places[0]);
        break;
    default:
        reco_engine_tally_add_matches(
            tally, votes->items, votes->count, 0.7f, votes->places[0]);
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


/* How large the tallies are, and what they are told. */
typedef struct {
    uint32_t limit;
    uint32_t expected; /* or too few, so that the table grows */
    uint32_t one;      /* numbers of the tally that adds one by one */
    uint32_t all;      /* and of the other */
    uint32_t base;     /* of the slots, to begin with */
} sizes_t;


static void
check_kind(const sizes_t *sizes, kind_t kind)
{
    unsigned round;
    uint64_t state;
    reco_engine_tally_t one, all;
    static reco_engine_votes_t votes;

    state = 7;
    assert_int_equal(
        reco_engine_tally_create(&one, sizes->limit, sizes->one), RECO_OK);
    assert_int_equal(
        reco_engine_tally_create(&all, sizes->limit, sizes->all), RECO_OK);
    all.base = sizes->base;

    for (round = 0; round < ROUNDS; round++) {
        if (round % 3 == 0) {
            reco_engine_tally_clear(&one, sizes->expected, sizes->one);
            reco_engine_tally_clear(&all, sizes->expected, sizes->all);
        }

        make_votes(&votes, &state, round);
        add_each(&one, &votes, kind);
        add_together(&all, &votes, kind);
        check_equal(&one, &all);
    }

    reco_engine_tally_destroy(&one);
    reco_engine_tally_destroy(&all);
}


/* With slots for all numbers, and without, and one against the other. */
static void
check_limit(uint32_t limit, uint32_t expected)
{
    unsigned kind;

    for (kind = 0; kind < KINDS; kind++) {
        check_kind(
            &(sizes_t){limit, expected, NUMBERS, NUMBERS, 1}, (kind_t) kind);
        check_kind(&(sizes_t){limit, expected, MANY, MANY, 1}, (kind_t) kind);
        check_kind(
            &(sizes_t){limit, expected, NUMBERS, MANY, 1}, (kind_t) kind);
        check_kind(
            &(sizes_t){limit, expected, MANY, NUMBERS, 1}, (kind_t) kind);
    }
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


/* After some million queries the slots begin again. */
static void
test_begun_again(void **state)
{
    (void) state;
    check_kind(
        &(sizes_t){8192, 10, MANY, NUMBERS, UINT32_MAX - 3 * 8192}, VOTES);
    check_kind(
        &(sizes_t){8192, 10, NUMBERS, MANY, UINT32_MAX - 3 * 8192}, VOTES);
}


/* A tally serves for few numbers after many, and the other way round. */
static void
test_turns(void **state)
{
    unsigned round;
    uint64_t seed;
    uint32_t numbers;
    reco_engine_tally_t one, all;
    static reco_engine_votes_t votes;

    (void) state;
    seed = 11;
    assert_int_equal(reco_engine_tally_create(&one, 8192, MANY), RECO_OK);
    assert_int_equal(reco_engine_tally_create(&all, 8192, NUMBERS), RECO_OK);

    for (round = 0; round < ROUNDS; round++) {
        numbers = next_random(&seed) % 2 != 0 ? NUMBERS : MANY;
        reco_engine_tally_clear(&one, 10, MANY);
        reco_engine_tally_clear(&all, 10, numbers);
        make_votes(&votes, &seed, round);
        add_each(&one, &votes, VOTES);
        add_together(&all, &votes, VOTES);
        check_equal(&one, &all);
    }

    reco_engine_tally_destroy(&one);
    reco_engine_tally_destroy(&all);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_as_each),
        cmocka_unit_test(test_full),
        cmocka_unit_test(test_begun_again),
        cmocka_unit_test(test_turns),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
