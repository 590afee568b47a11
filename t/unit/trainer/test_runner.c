/* When a batch run is due. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "clock.h"
#include "runner.h"

#define HOUR 3600.0


/* A runner whose last run ended so many seconds ago. */
static reco_runner_t
ended(double ago, int failures)
{
    reco_runner_t runner = {.failures = failures,
        .ended = reco_clock_monotonic_ns() - (int64_t) (ago * 1e9)};

    return runner;
}


static reco_runner_state_t
learnt(double age, uint64_t newest)
{
    reco_runner_state_t state = {.followed = 1,
        .age = age,
        .learnt = 100,
        .newest = newest,
        .events = newest,
        .min_events = 50,
        .interval = HOUR};

    return state;
}


static void
test_first(void **state)
{
    reco_runner_state_t empty = {.min_events = 50, .interval = HOUR};
    reco_runner_t never = {0};

    (void) state;

    empty.events = 49;
    assert_false(reco_runner_due(&never, &empty));

    empty.events = 50;
    assert_true(reco_runner_due(&never, &empty));
}


static void
test_next(void **state)
{
    reco_runner_state_t old, new, known;
    reco_runner_t never = {0}, recently, long_ago;

    (void) state;

    old = learnt(HOUR + 1, 101);
    new = learnt(HOUR - 1, 101);
    known = learnt(HOUR + 1, 100);
    recently = ended(HOUR / 2, 0);
    long_ago = ended(HOUR * 2, 0);

    assert_true(reco_runner_due(&never, &old));
    assert_true(reco_runner_due(&long_ago, &old));
    assert_false(reco_runner_due(&recently, &old));
    assert_false(reco_runner_due(&never, &new));
    assert_false(reco_runner_due(&never, &known));
}


static void
test_failed(void **state)
{
    reco_runner_state_t empty = {
        .events = 50, .min_events = 50, .interval = HOUR};
    reco_runner_t runner;

    (void) state;

    runner = ended(59, 1);
    assert_false(reco_runner_due(&runner, &empty));
    runner = ended(61, 1);
    assert_true(reco_runner_due(&runner, &empty));

    runner = ended(61, 2);
    assert_false(reco_runner_due(&runner, &empty));
    runner = ended(121, 2);
    assert_true(reco_runner_due(&runner, &empty));

    runner = ended(HOUR + 1, 1000);
    assert_true(reco_runner_due(&runner, &empty));
}


/* The version that is live, and stays it, cannot be taken over. */
static void
test_no_version_to_follow(void **state)
{
    reco_runner_state_t empty = {
        .events = 50, .min_events = 50, .interval = HOUR};
    reco_runner_t runner;

    (void) state;

    runner = ended(1, 0);
    assert_false(reco_runner_due(&runner, &empty));
    runner = ended(HOUR + 1, 0);
    assert_true(reco_runner_due(&runner, &empty));
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first),
        cmocka_unit_test(test_next),
        cmocka_unit_test(test_failed),
        cmocka_unit_test(test_no_version_to_follow),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
