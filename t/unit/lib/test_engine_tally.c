/*
 * What is counted together is the same tally as what is counted one by one.
 */

#include "shop.h"

#include "engine/reco_engine_tally.h"

#define ROUNDS  300
#define NUMBERS 5000 /* those from here on are no items */
#define ORIGIN  7

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
        votes->claims[i] = reco_engine_claim(
            votes->values[i], reco_engine_claimant(i, next_random(state) % 33));
    }
}


typedef enum {
    VOTES,
    ROW,
    MATCHES,
    KINDS
} kind_t;


static void
add_each(
    reco_engine_tally_t *tally, const reco_engine_votes_t *votes, kind_t kind)
{
    unsigned i;
    float value;
    uint32_t claimant;

    claimant = reco_engine_claimant(ORIGIN, ORIGIN);

    for (i = 0; i < votes->count; i++) {
        if (votes->items[i] >= NUMBERS) {
            continue;
        }

        value = kind == VOTES ? votes->values[i]
                : kind == ROW ? 0.7f * votes->values[i]
                              : 0.7f;
        reco_engine_tally_add(tally, votes->items[i], value,
            kind == VOTES ? votes->claims[i]
            : kind == ROW ? reco_engine_claim(value, claimant)
                          : claimant);
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
        reco_engine_tally_add_row(
            tally, votes->items, votes->values, votes->count, 0.7f, ORIGIN);
        break;
    default:
        reco_engine_tally_add_matches(
            tally, votes->items, votes->count, 0.7f, ORIGIN);
    }
}


static void
check_equal(const reco_engine_tally_t *a, const reco_engine_tally_t *b)
{
    unsigned i;

    assert_int_equal(a->count, b->count);

    for (i = 0; i < a->count; i++) {
        assert_int_equal(a->entries[i].number, b->entries[i].number);
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


/* Who gives the most is known by it; of two that give as much, the earlier. */
static void
test_claims(void **state)
{
    unsigned i;
    reco_engine_tally_t tally;

    static const struct {
        float value;
        uint32_t turn;
        uint32_t origin;
        uint32_t most; /* whose it is then */
    } given[] = {
        {0.5f, 3, 8, 8},
        {0.5f, 2, 4, 4},
        {0.5f, 5, 1, 4},
        {0.25f, 0, 0, 4},
        {-1, 0, 9, 4},
        {2, 4000, 32, 32},
        {2, UINT32_MAX, 6, 32},
        {3, 1, RECO_ENGINE_NOBODY, RECO_ENGINE_NOBODY},
    };

    (void) state;
    assert_int_equal(reco_engine_claim_origin(0), RECO_ENGINE_NOBODY);
    assert_int_equal(reco_engine_tally_create(&tally, 8192, NUMBERS), RECO_OK);
    reco_engine_tally_clear(&tally, 1, NUMBERS);

    for (i = 0; i < sizeof(given) / sizeof(given[0]); i++) {
        reco_engine_tally_add(&tally, 5, given[i].value,
            reco_engine_claim(given[i].value,
                reco_engine_claimant(given[i].turn, given[i].origin)));
        assert_int_equal(
            reco_engine_claim_origin(tally.entries[0].most), given[i].most);
    }

    reco_engine_tally_destroy(&tally);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_as_each),
        cmocka_unit_test(test_full),
        cmocka_unit_test(test_begun_again),
        cmocka_unit_test(test_turns),
        cmocka_unit_test(test_claims),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
