/*
 * Thousands of mutated snapshots, seeded: none may crash, leak or hang a reader.
 * RECO_MUTATIONS says how many; the fuzzer's own file does the work.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../fuzz/fuzz_snapshot.c"

#define MUTATIONS 5000


/* Every section was aimed at. */
static void
check_hits(const patched_t *file)
{
    uint32_t i, count;

    patched_table(file, &count);

    for (i = 0; i < count; i++) {
        assert_int_not_equal(file->hits[i], 0);
    }
}


static void
test_mutated(void **state)
{
    char *count;
    unsigned file;
    shop_t random;
    size_t size, i;
    uint8_t input[1 + 6 * PATCH_SIZE];
    unsigned long round, rounds;

    (void) state;
    count = getenv("RECO_MUTATIONS");
    rounds = count != NULL ? strtoul(count, NULL, 10) : MUTATIONS;
    random.state = 17;

    for (round = 0; round < rounds; round++) {
        size = 1 + PATCH_SIZE * (1 + shop_random(&random, 6));

        for (i = 0; i < size; i++) {
            input[i] = (uint8_t) shop_random(&random, 256);
        }

        assert_int_equal(LLVMFuzzerTestOneInput(input, size), 0);
    }

    if (rounds < MUTATIONS) {
        return;
    }

    /* Some are refused, and what is let in is asked. */
    assert_in_range(patched_served, rounds / 20, rounds - 1);

    for (file = 0; file < FILES; file++) {
        check_hits(&files[file]);
    }
}


int
main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_mutated)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
