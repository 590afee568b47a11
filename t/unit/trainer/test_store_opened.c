/*
 * Processes that come and go at the same time: each opens the store, whoever
 * was the last to close it.
 */

#include "store_case.h"

#include <sys/wait.h>

#define PROCESSES 4
#define ROUNDS    200


/* Exits 0 where it could open the store and read from it each time. */
static void
come_and_go(store_case_t *self)
{
    reco_error_t error = {0};
    reco_store_stats_t stats;
    int i;

    for (i = 0; i < ROUNDS; i++) {
        if (reco_store_open(
                self->path, RECO_STORE_EXISTING, 0, &self->store, &error)
                != RECO_OK
            || reco_store_stats(self->store, &stats, &error) != RECO_OK)
        {
            fprintf(stderr, "round %d: %s\n", i, error.message);
            _exit(1);
        }
        reco_store_close(self->store);
    }

    _exit(0);
}


static void
test_come_and_go(void **state)
{
    store_case_t *self = *state;
    pid_t children[PROCESSES];
    int i, status;

    reco_store_close(self->store);
    self->store = NULL;

    for (i = 0; i < PROCESSES; i++) {
        children[i] = fork();
        assert_true(children[i] != -1);
        if (children[i] == 0) {
            come_and_go(self);
        }
    }

    for (i = 0; i < PROCESSES; i++) {
        waitpid(children[i], &status, 0);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 0);
    }

    case_open(self, 0);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            test_come_and_go, case_setup, case_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
