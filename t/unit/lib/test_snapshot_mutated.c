/* Mutated snapshots: what no reader may stumble over. */

#include "../../fuzz/fuzz_snapshot.c"

#include "../snapshot_mutations.h"


static void
test_mutated(void **state)
{
    unsigned file;

    (void) state;

    if (!mutations_run()) {
        return;
    }

    for (file = 0; file < FILES; file++) {
        mutations_hit(&files[file]);
    }
}


int
main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_mutated)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
