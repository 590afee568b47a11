/* Mutated overlays: what no reader may stumble over. */

#include "../../fuzz/fuzz_overlay.c"

#include "../snapshot_mutations.h"


static void
test_mutated(void **state)
{
    (void) state;

    if (mutations_run()) {
        mutations_hit(&overlay);
    }
}


int
main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_mutated)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
