/*
 * Thousands of mutated files, seeded, for a test that includes the fuzz target
 * of one kind: none may crash, leak or hang a reader.  RECO_MUTATIONS says how
 * many.
 */

#ifndef SNAPSHOT_MUTATIONS_H
#define SNAPSHOT_MUTATIONS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define MUTATIONS 5000


/* Returns 0 where there were too few to tell more than that they passed. */
static int
mutations_run(void)
{
    char *count;
    shop_t random;
    size_t size, i;
    uint8_t input[1 + 6 * PATCH_SIZE];
    unsigned long round, rounds;

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
        return 0;
    }

    /* Some are refused, and what is let in is asked. */
    assert_in_range(patched_served, rounds / 20, rounds - 1);

    return 1;
}


/* Every section was aimed at. */
static void
mutations_hit(const patched_t *file)
{
    uint32_t i, count;

    patched_table(file, &count);

    for (i = 0; i < count; i++) {
        assert_int_not_equal(file->hits[i], 0);
    }
}

#endif /* SNAPSHOT_MUTATIONS_H */
