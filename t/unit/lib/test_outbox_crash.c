/*
 * The outbox under SIGKILL: a writer stopped after each single machine
 * instruction of its calls, and one killed at random many times.  Whatever it
 * was told to be appended is there afterwards, whole and in order.
 */

#include "outbox_file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define FILE_SIZE (2 * PAGE)

#define RECORD_MAX 3000
#define KILLS      150


/* What the writer has been told; outlives it. */
typedef struct {
    uint64_t appended; /* number of the last record that append confirmed */
    uint64_t released; /* of the last one that was delivered, or given up */
    int finished;
} promise_t;


static char copy[80];
static promise_t *promise;


static int
set_up(void **state)
{
    (void) make_path(state);

    snprintf(copy, sizeof(copy), "%s.copy", path);
    (void) unlink(copy);

    promise = mmap(NULL, sizeof(*promise), PROT_READ | PROT_WRITE,
        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(promise, MAP_FAILED);

    return 0;
}


static int
tear_down(void **state)
{
    munmap(promise, sizeof(*promise));
    (void) unlink(copy);

    return remove_path(state);
}


/* Record number n: its length and every byte follow from n. */
static size_t
make_record(uint64_t n, char *out)
{
    size_t len, i;

    len = sizeof(n) + n * 2654435761 % (RECORD_MAX - sizeof(n));
    memcpy(out, &n, sizeof(n));
    for (i = sizeof(n); i < len; i++) {
        out[i] = (char) (n * 131 + i);
    }

    return len;
}


static uint64_t
check_record(reco_str_t record)
{
    char want[RECORD_MAX];
    uint64_t n;

    assert_true(record.len >= sizeof(n));
    memcpy(&n, record.data, sizeof(n));
    assert_int_equal(record.len, make_record(n, want));
    assert_memory_equal(record.data, want, record.len);

    return n;
}


/*
 * What is in the file keeps the promise: records are whole, in order without a
 * hole, none that was confirmed is missing.  Returns the last one's number.
 */
static uint64_t
check_promise(reco_outbox_t *outbox, uint64_t *torn)
{
    reco_outbox_stats_t stats;
    reco_str_t record;
    uint64_t cursor, n, last, count;

    cursor = 0;
    last = 0;
    count = 0;

    while (reco_outbox_next(outbox, &cursor, &record) == RECO_OK) {
        n = check_record(record);
        if (count++ == 0) {
            assert_true(n <= promise->released + 1);
        } else {
            assert_int_equal(n, last + 1);
        }
        last = n;
    }

    if (count == 0) {
        assert_int_equal(promise->appended, promise->released);
        last = promise->appended;
    }

    assert_true(last >= promise->appended);
    assert_true(last <= promise->appended + 1);

    reco_outbox_stats(outbox, &stats);
    assert_int_equal(stats.records, count);
    *torn += stats.torn;

    return last;
}


static void
write_record(reco_outbox_t *outbox, uint64_t n)
{
    char data[RECORD_MAX];
    reco_str_t record;

    record.data = data;
    record.len = make_record(n, data);

    while (reco_outbox_append(outbox, record) == RECO_FULL) {
        promise->released++;
        if (reco_outbox_drop_oldest(outbox) != RECO_OK) {
            abort();
        }
    }

    promise->appended = n;
}


/* Delivers up to count records, then acknowledges them in one go. */
static void
deliver(reco_outbox_t *outbox, unsigned count)
{
    reco_str_t record;
    uint64_t cursor, n;

    cursor = 0;
    while (count-- > 0 && reco_outbox_next(outbox, &cursor, &record) == RECO_OK)
    {
        memcpy(&n, record.data, sizeof(n));
        promise->released = n;
    }

    reco_outbox_acknowledge(outbox, cursor);
}


/* Opens a copy of the file as it is now and checks it, if it has changed. */
static int
check_now(const char *mapped, char *last, uint64_t *torn)
{
    reco_outbox_t *outbox;
    int fd;

    if (memcmp(mapped, last, FILE_SIZE) == 0) {
        return 0;
    }
    memcpy(last, mapped, FILE_SIZE);

    fd = open(copy, O_CREAT | O_WRONLY | O_TRUNC, 0600);
    assert_int_not_equal(fd, -1);
    assert_int_equal(write(fd, last, FILE_SIZE), FILE_SIZE);
    close(fd);

    outbox = open_file(copy, PAGE);
    (void) check_promise(outbox, torn);
    reco_outbox_close(outbox);

    return 1;
}


/* Over the ring's end, with a drop and a delivery. */
static void
stepped_writer(reco_outbox_t *outbox, uint64_t n)
{
    if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0) {
        _exit(2);
    }
    raise(SIGSTOP);

    write_record(outbox, n + 1);
    write_record(outbox, n + 2);
    deliver(outbox, 2);
    write_record(outbox, n + 3);

    promise->finished = 1;
    raise(SIGSTOP);
    _exit(0);
}


static void
test_each_instruction(void **state)
{
    static char last[FILE_SIZE];
    reco_outbox_t *outbox;
    const char *mapped;
    uint64_t n, torn;
    unsigned changes;
    pid_t child;
    int fd, status;

    (void) state;

    memset(promise, 0, sizeof(*promise));
    outbox = open_file(path, PAGE);

    /* The next record runs over the end of a ring that is nearly full. */
    for (n = 0; promise->released == 0; n++) {
        write_record(outbox, n + 1);
    }

    fd = open(path, O_RDONLY);
    mapped = mmap(NULL, FILE_SIZE, PROT_READ, MAP_SHARED, fd, 0);
    assert_ptr_not_equal(mapped, MAP_FAILED);
    close(fd);

    child = fork();
    if (child == 0) {
        stepped_writer(outbox, n);
    }

    torn = 0;
    changes = 0;
    assert_int_equal(waitpid(child, &status, 0), child);

    while (!promise->finished) {
        if (!WIFSTOPPED(status)) {
            fail_msg("the writer cannot be traced: status %d", status);
        }
        changes += (unsigned) check_now(mapped, last, &torn);
        assert_int_equal(ptrace(PTRACE_SINGLESTEP, child, NULL, NULL), 0);
        assert_int_equal(waitpid(child, &status, 0), child);
    }

    kill(child, SIGKILL);
    waitpid(child, &status, 0);
    check_now(mapped, last, &torn);

    /* It did see records in the making. */
    assert_true(changes > 50);
    assert_true(torn > 0);
    assert_int_equal(promise->appended, n + 3);

    munmap((void *) (uintptr_t) mapped, FILE_SIZE);
    reco_outbox_close(outbox);
}


static void
random_writer(uint64_t n)
{
    reco_outbox_t *outbox;

    if (reco_outbox_open(path, PAGE, &outbox, NULL) != RECO_OK) {
        _exit(2);
    }

    for (;;) {
        write_record(outbox, ++n);
        if (n % 17 == 0) {
            deliver(outbox, (unsigned) (n % 23));
        }
    }
}


static void
test_random_kills(void **state)
{
    reco_outbox_t *outbox;
    struct timespec pause = {0, 0};
    uint64_t n, torn;
    unsigned kills;
    pid_t child;
    int status;

    (void) state;

    memset(promise, 0, sizeof(*promise));
    srand(7);
    n = 0;
    torn = 0;

    /* on a slow machine few lives are long enough to write in */

    for (kills = 0; kills < KILLS || n <= KILLS; kills++) {
        child = fork();
        if (child == 0) {
            random_writer(n);
        }

        pause.tv_sec = kills / KILLS;
        pause.tv_nsec = rand() % 4000000;
        nanosleep(&pause, NULL);
        kill(child, SIGKILL);
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status));

        outbox = open_file(path, PAGE);
        n = check_promise(outbox, &torn);
        promise->appended = n;
        promise->released = n - waiting(outbox);
        reco_outbox_close(outbox);
    }

    assert_true(torn <= kills);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            test_each_instruction, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_random_kills, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
