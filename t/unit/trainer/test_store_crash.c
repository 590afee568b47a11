/*
 * A writer that is killed at any moment leaves whole batches.
 */

#include "store_case.h"

#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#define KILLS        20
#define BATCH_EVENTS 10


/* Applies batches of events, numbered on from the stored position. */
static void
write_for_ever(store_case_t *self)
{
    reco_store_position_t position = {.stream = "s"};
    reco_store_outcome_t outcomes[BATCH_EVENTS];
    reco_store_batch_t batch = {.nevents = BATCH_EVENTS,
        .outcomes = outcomes,
        .positions = &position,
        .npositions = 1};
    reco_event_t events[BATCH_EVENTS];
    char ids[BATCH_EVENTS][32];
    unsigned long next;
    int i;

    reco_store_position(self->store, &position, NULL);
    next = strtoul(position.id, NULL, 10);

    for (;;) {
        for (i = 0; i < BATCH_EVENTS; i++) {
            snprintf(ids[i], sizeof(ids[i]), "%lu", next++);
            events[i] = case_event(RECO_EVENT_VIEW, (unsigned) (next % 7),
                ids[i], ids[i], CASE_TIME);
        }
        snprintf(position.id, sizeof(position.id), "%lu", next);
        batch.events = events;
        if (reco_store_apply(self->store, &batch, &self->limits, NULL)
            != RECO_OK) {
            _exit(1);
        }
    }
}


static void
test_kill(void **state)
{
    reco_store_position_t position = {.stream = "s"};
    store_case_t *self = *state;
    struct timespec pause = {0};
    unsigned long done;
    pid_t child;
    int i, status;

    reco_store_close(self->store);
    self->store = NULL;
    srand(1);
    done = 0;

    /* on a slow machine no life may have been long enough to write in */

    for (i = 0; i < KILLS || done == 0; i++) {
        child = fork();
        assert_true(child != -1);
        if (child == 0) {
            case_open(self, 0);
            write_for_ever(self);
        }

        pause.tv_sec = i / KILLS;
        pause.tv_nsec = 1000000 * (5 + rand() % 60);
        nanosleep(&pause, NULL);
        kill(child, SIGKILL);
        waitpid(child, &status, 0);
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);

        case_open(self, 0);
        position.id[0] = '\0';
        reco_store_position(self->store, &position, NULL);
        assert_true(strtoul(position.id, NULL, 10) >= done);
        done = strtoul(position.id, NULL, 10);
        assert_int_equal(case_stats(self).events, done);
        assert_int_equal(case_stats(self).sequence, done);
        assert_int_equal(case_stats(self).items, done);
        reco_store_close(self->store);
        self->store = NULL;
    }
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_kill, case_setup, case_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
