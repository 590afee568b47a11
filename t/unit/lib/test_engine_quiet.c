/*
 * A query allocates nothing and makes no system call: the allocator is ours
 * and counts, and a child asks with no system call allowed but leaving.
 */

#include "shop.h"

#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define QUERIES 2000

/* Volatile: compilers know what malloc() does not look at. */
static volatile int counting;
static volatile unsigned allocations;

#if !defined(__SANITIZE_ADDRESS__)

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *memory, size_t size);
extern void __libc_free(void *memory);


void *
malloc(size_t size)
{
    allocations += counting != 0;

    return __libc_malloc(size);
}


void *
calloc(size_t count, size_t size)
{
    allocations += counting != 0;

    return __libc_calloc(count, size);
}


void *
realloc(void *memory, size_t size)
{
    allocations += counting != 0;

    return __libc_realloc(memory, size);
}


void
free(void *memory)
{
    allocations += counting != 0;
    __libc_free(memory);
}

#endif


/* A model with every source, MMR, and an overlay. */
typedef struct {
    shop_t *shop;
    reco_snapshot_t *snapshot;
    reco_snapshot_overlay_t *overlay;
    shop_engine_t engine;
    float vector[SHOP_DIMENSIONS];
    uint32_t items[4];
    reco_engine_session_t visits[QUERIES];
    reco_engine_event_t history[30];
} fixture_t;


static void
open_overlay(fixture_t *fixture)
{
    char path[PATH_MAX];
    reco_error_t error;

    const uint64_t offsets[] = {0, 4};
    const uint32_t times[] = {SHOP_NOW};
    const float scores[] = {3, 2, 1, 1};
    reco_snapshot_overlay_source_t source = {.base = "000042",
        .base_nitems = SHOP_ITEMS,
        .sessions = {1, offsets, fixture->items, NULL, times, 0},
        .ntrending = 4,
        .trending = fixture->items,
        .trending_scores = scores,
        .dimensions = SHOP_DIMENSIONS,
        .nvectors = 1,
        .vector_items = fixture->items,
        .vectors = fixture->vector,
        .nunavailable = 1,
        .unavailable = &fixture->items[3],
        .weight = 1};

    shop_path(fixture->shop, "overlay", path);
    assert_int_equal(
        reco_snapshot_overlay_write(path, &source, &error), RECO_OK);
    assert_int_equal(reco_snapshot_overlay_open(
                         path, fixture->snapshot, &fixture->overlay, &error),
        RECO_OK);
}


static int
setup(void **state)
{
    unsigned i;
    fixture_t *fixture;

    fixture = calloc(1, sizeof(*fixture));

    if (fixture == NULL) {
        return -1;
    }

    fixture->shop = shop_create(11);
    fixture->snapshot = shop_open(fixture->shop);

    for (i = 0; i < SHOP_DIMENSIONS; i++) {
        fixture->vector[i] = shop_uniform(fixture->shop);
    }

    for (i = 0; i < 4; i++) {
        fixture->items[i] = 10 + i;
    }

    for (i = 0; i < 30; i++) {
        fixture->history[i].item = shop_key(i * 3);
    }

    open_overlay(fixture);
    reco_engine_params_init(&fixture->engine.params);
    shop_set(&fixture->engine, "diversity.lambda", "0.7");
    shop_set(&fixture->engine, "diversity.category_max", "3");
    shop_set(&fixture->engine, "seen.limit", "5");
    shop_set(&fixture->engine, "backfill.below", "1000");
    shop_set(&fixture->engine, "age.halflife", "3600");
    shop_set(&fixture->engine, "session.recency_decay", "20");
    shop_engine_open(&fixture->engine, fixture->snapshot, fixture->overlay);

    for (i = 0; i < QUERIES; i++) {
        shop_visit(&fixture->engine, fixture->shop, 1 + i % 20);
        fixture->visits[i] = fixture->engine.session;
    }

    *state = fixture;

    return 0;
}


static int
teardown(void **state)
{
    fixture_t *fixture;

    fixture = *state;
    shop_engine_close(&fixture->engine);
    reco_snapshot_overlay_release(fixture->overlay);
    reco_snapshot_release(fixture->snapshot);
    shop_destroy(fixture->shop);
    free(fixture);

    return 0;
}


/* Asks everything; how many blocks were not full. */
static unsigned
ask_all(fixture_t *fixture)
{
    unsigned i, j, missing;
    uint64_t keys[2];
    float vector[SHOP_DIMENSIONS];
    reco_engine_query_t *query;

    query = &fixture->engine.query;
    missing = 0;

    for (i = 0; i < QUERIES; i++) {
        query->session = &fixture->visits[i];
        query->current = reco_engine_session_event(
            query->session, query->session->nevents - 1)
                             ->item;
        query->n = 1 + i % 30;
        query->user = i % 3 == 0 ? fixture->vector : NULL;
        query->history = i % 4 == 0 ? fixture->history : NULL;
        query->nhistory = i % 4 == 0 ? 30 : 0;
        query->excluded = keys;
        query->nexcluded = i % 5 == 0 ? 2 : 0;
        keys[0] = reco_engine_session_event(query->session, 0)->item;
        keys[1] = 1;

        reco_engine_recommend(fixture->engine.model, query,
            fixture->engine.scratch, &fixture->engine.result);
        missing += fixture->engine.result.nhits != query->n;

        reco_engine_fold_in(
            fixture->engine.model, query, fixture->engine.scratch, vector);

        for (j = 0; j < 2; j++) {
            reco_engine_session_apply(
                &fixture->visits[i], &fixture->history[j]);
            reco_engine_session_shown(&fixture->visits[i], keys, 2);
        }
    }

    return missing;
}


static void
test_no_allocation(void **state)
{
    unsigned missing;
    void *volatile memory;

    /* The detector itself. */
    counting = 1;
    memory = malloc(10);
    free(memory);
    counting = 0;

#if defined(__SANITIZE_ADDRESS__)
    skip();
#endif

    assert_int_equal(allocations, 2);
    allocations = 0;
    counting = 1;
    missing = ask_all(*state);
    counting = 0;
    assert_int_equal(allocations, 0);
    assert_int_equal(missing, 0);
}


/* The exit code of a child that may only leave; -1 if it was killed. */
static int
confined(fixture_t *fixture, int disobey)
{
    int status;
    pid_t child;
    unsigned missing;

    child = fork();
    assert_int_not_equal(child, -1);

    if (child == 0) {
        if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) != 0) {
            syscall(SYS_exit, 99);
        }

        if (disobey) {
            syscall(SYS_getppid);
        }

        missing = ask_all(fixture);
        syscall(SYS_exit, missing != 0);
    }

    assert_int_equal(waitpid(child, &status, 0), child);

    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}


static void
test_no_system_call(void **state)
{
    int code;

#if defined(__SANITIZE_ADDRESS__)
    skip();
#endif

    code = confined(*state, 1);

    if (code == 99) {
        skip();
    }

    /* The detector itself. */
    assert_int_equal(code, -1);
    assert_int_equal(confined(*state, 0), 0);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_no_allocation, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_system_call, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
