/*
 * The outbox as a queue: over its wrap-around, when it is full, and with files
 * that are locked, foreign or damaged.
 */

#include "outbox_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <signal.h>
#include <unistd.h>

#include "outbox/crc32c.h"


static uint64_t
torn(const reco_outbox_t *outbox)
{
    reco_outbox_stats_t stats;

    reco_outbox_stats(outbox, &stats);

    return stats.torn;
}


static void
append(reco_outbox_t *outbox, const char *text)
{
    assert_int_equal(
        reco_outbox_append(outbox, (reco_str_t){strlen(text), text}), RECO_OK);
}


/* The next record is text. */
static void
expect(reco_outbox_t *outbox, uint64_t *cursor, const char *text)
{
    reco_str_t record;

    assert_int_equal(reco_outbox_next(outbox, cursor, &record), RECO_OK);
    assert_int_equal(record.len, strlen(text));
    assert_memory_equal(record.data, text, record.len);
}


/* Overwrites bytes of the file behind the outbox's back. */
static void
scribble(off_t offset, const void *data, size_t len)
{
    int fd;

    fd = open(path, O_WRONLY);
    assert_int_not_equal(fd, -1);
    assert_int_equal(pwrite(fd, data, len, offset), len);
    close(fd);
}


static void
test_crc32c(void **state)
{
    /* RFC 3720, B.4. */
    unsigned char zeros[32] = {0}, ones[32], up[32], random[1000];
    size_t i, len;

    (void) state;

    memset(ones, 0xff, sizeof(ones));
    for (i = 0; i < sizeof(up); i++) {
        up[i] = (unsigned char) i;
    }

    assert_int_equal(reco_crc32c(0, zeros, 32), 0x8a9136aa);
    assert_int_equal(reco_crc32c(0, ones, 32), 0x62a8ab43);
    assert_int_equal(reco_crc32c(0, up, 32), 0x46dd794e);
    assert_int_equal(reco_crc32c(0, "123456789", 9), 0xe3069283);
    assert_int_equal(
        reco_crc32c(reco_crc32c(0, "1234", 4), "56789", 5), 0xe3069283);

    srand(1);
    for (i = 0; i < sizeof(random); i++) {
        random[i] = (unsigned char) rand();
    }
    for (len = 0; len < 300; len++) {
        assert_int_equal(reco_crc32c(7, random + len % 9, len),
            reco_crc32c_table(7, random + len % 9, len));
    }
}


static void
test_there_and_back(void **state)
{
    reco_outbox_t *outbox;
    uint64_t cursor;
    reco_str_t record;

    (void) state;

    outbox = open_outbox(1);
    assert_int_equal(torn(outbox), 0);
    append(outbox, "one");
    append(outbox, "");
    append(outbox, "three");

    cursor = 0;
    expect(outbox, &cursor, "one");
    expect(outbox, &cursor, "");
    assert_int_equal(waiting(outbox), 3);
    reco_outbox_acknowledge(outbox, cursor);
    assert_int_equal(waiting(outbox), 1);
    reco_outbox_close(outbox);

    outbox = open_outbox(1);
    assert_int_equal(waiting(outbox), 1);
    assert_int_equal(torn(outbox), 0);
    cursor = 0;
    expect(outbox, &cursor, "three");
    assert_int_equal(reco_outbox_next(outbox, &cursor, &record), RECO_DECLINED);
    append(outbox, "four");
    expect(outbox, &cursor, "four");
    reco_outbox_acknowledge(outbox, cursor);
    assert_int_equal(waiting(outbox), 0);
    assert_int_equal(reco_outbox_sync(outbox, 1), RECO_OK);
    assert_int_equal(reco_outbox_sync(outbox, 0), RECO_OK);
    assert_int_equal(reco_outbox_remove(outbox), RECO_OK);
    assert_int_equal(access(path, F_OK), -1);
}


static void
test_full(void **state)
{
    static char big[PAGE];
    reco_outbox_t *outbox;
    reco_outbox_stats_t stats;
    uint64_t cursor;

    (void) state;

    outbox = open_outbox(1);
    memset(big, 'x', sizeof(big));

    assert_int_equal(reco_outbox_append(outbox, (reco_str_t){PAGE - 15, big}),
        RECO_TOO_LARGE);

    append(outbox, "first");
    append(outbox, "second");
    assert_int_equal(
        reco_outbox_append(outbox, (reco_str_t){PAGE - 16, big}), RECO_FULL);
    assert_int_equal(waiting(outbox), 2);

    cursor = 0;
    expect(outbox, &cursor, "first");
    assert_int_equal(reco_outbox_drop_oldest(outbox), RECO_OK);
    assert_int_equal(reco_outbox_drop_oldest(outbox), RECO_OK);
    assert_int_equal(reco_outbox_drop_oldest(outbox), RECO_DECLINED);
    assert_int_equal(
        reco_outbox_append(outbox, (reco_str_t){PAGE - 16, big}), RECO_OK);

    /* A reply for a record that was dropped while it was under way. */
    reco_outbox_acknowledge(outbox, cursor);
    assert_int_equal(waiting(outbox), 1);

    reco_outbox_stats(outbox, &stats);
    assert_int_equal(stats.bytes, PAGE);
    assert_int_equal(stats.capacity, PAGE);
    assert_int_equal(stats.appended, 3);
    assert_int_equal(stats.dropped, 2);
    assert_int_equal(reco_outbox_remove(outbox), RECO_BUSY);
    reco_outbox_close(outbox);
}


/* What waits may run over the end of the ring, be all of it, or nothing. */
static void
test_sync(void **state)
{
    static char big[PAGE];
    const reco_str_t half = {PAGE / 2 - 16, big};
    reco_outbox_t *outbox;
    uint64_t cursor;
    reco_str_t record;

    (void) state;

    outbox = open_outbox(1);
    assert_int_equal(reco_outbox_sync(outbox, 1), RECO_OK);

    append(outbox, "first");
    cursor = 0;
    expect(outbox, &cursor, "first");
    reco_outbox_acknowledge(outbox, cursor);
    assert_int_equal(reco_outbox_sync(outbox, 1), RECO_OK);

    assert_int_equal(reco_outbox_append(outbox, half), RECO_OK);
    assert_int_equal(reco_outbox_append(outbox, half), RECO_OK);
    assert_int_equal(reco_outbox_sync(outbox, 1), RECO_OK);
    assert_int_equal(reco_outbox_sync(outbox, 0), RECO_OK);

    assert_int_equal(reco_outbox_next(outbox, &cursor, &record), RECO_OK);
    reco_outbox_acknowledge(outbox, cursor);
    assert_int_equal(reco_outbox_sync(outbox, 1), RECO_OK);
    reco_outbox_close(outbox);
}


static void
test_locked(void **state)
{
    reco_outbox_t *outbox, *other;
    reco_error_t error;
    pid_t child;
    int status;

    (void) state;

    outbox = open_outbox(1);
    append(outbox, "one");
    assert_int_equal(reco_outbox_open(path, 1, &other, &error), RECO_BUSY);
    assert_non_null(strstr(error.message, path));

    child = fork();
    if (child == 0) {
        _exit(reco_outbox_open(path, 1, &other, NULL) == RECO_BUSY ? 0 : 1);
    }
    waitpid(child, &status, 0);
    assert_int_equal(status, 0);

    assert_int_equal(reco_outbox_view(path, &other, &error), RECO_OK);
    assert_int_equal(waiting(other), 1);
    assert_int_equal(reco_outbox_append(other, reco_string("x")), RECO_INVALID);
    assert_int_equal(reco_outbox_drop_oldest(other), RECO_INVALID);
    reco_outbox_close(other);

    reco_outbox_close(outbox);
    outbox = open_outbox(1);
    assert_int_equal(waiting(outbox), 1);
    reco_outbox_close(outbox);
}


static void
test_refused(void **state)
{
    reco_outbox_t *outbox;
    reco_error_t error;
    uint64_t wrong;
    int fd;

    (void) state;

    /* Somebody else's file. */
    fd = open(path, O_CREAT | O_WRONLY, 0600);
    assert_int_equal(write(fd, "hello, world\n", 13), 13);
    close(fd);
    assert_int_equal(reco_outbox_open(path, 1, &outbox, &error), RECO_CORRUPT);

    /* An unfinished one is made again. */
    assert_int_equal(truncate(path, 0), 0);
    outbox = open_outbox(1);
    append(outbox, "one");
    reco_outbox_close(outbox);

    /* Another size than the header tells; a bad header; a newer version. */
    assert_int_equal(truncate(path, PAGE + PAGE / 2), 0);
    assert_int_equal(reco_outbox_open(path, 1, &outbox, &error), RECO_CORRUPT);
    assert_int_equal(truncate(path, 2 * PAGE), 0);
    wrong = 3 * PAGE;
    scribble(16, &wrong, sizeof(wrong));
    assert_int_equal(reco_outbox_open(path, 1, &outbox, &error), RECO_CORRUPT);
    wrong = 2;
    scribble(8, &wrong, 4);
    assert_int_equal(
        reco_outbox_open(path, 1, &outbox, &error), RECO_UNSUPPORTED);

    assert_int_equal(unlink(path), 0);
    assert_int_equal(symlink("/dev/null", path), 0);
    assert_int_equal(reco_outbox_open(path, 1, &outbox, &error), RECO_IO);
    assert_int_equal(errno, ELOOP);

    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(reco_outbox_open(path, 1, &outbox, &error), RECO_CORRUPT);
    assert_int_equal(reco_outbox_view(path, &outbox, &error), RECO_CORRUPT);
    assert_non_null(strstr(error.message, "not a regular file"));

    assert_int_equal(
        reco_outbox_open("/nonexistent/0.outbox", 1, &outbox, &error), RECO_IO);
    assert_non_null(strstr(error.message, "/nonexistent/0.outbox"));

    assert_int_equal(unlink(path), 0);
    assert_int_equal(reco_outbox_open(path, UINT64_C(1) << 50, &outbox, &error),
        RECO_TOO_LARGE);
    assert_int_equal(reco_outbox_view(path, &outbox, &error), RECO_CORRUPT);

    /* For those who adopt: what was never finished goes, nothing is made. */
    assert_int_equal(reco_outbox_open(path, 0, &outbox, &error), RECO_DECLINED);
    assert_int_equal(access(path, F_OK), -1);
    assert_int_equal(reco_outbox_open(path, 0, &outbox, &error), RECO_DECLINED);
    assert_int_equal(access(path, F_OK), -1);
}


/* No room for the file: a clean refusal, nothing left behind. */
static void
test_no_room(void **state)
{
    reco_outbox_t *outbox;
    reco_error_t error;
    struct rlimit limit = {4 * PAGE, 4 * PAGE};
    pid_t child;
    int status;

    (void) state;

    child = fork();
    if (child == 0) {
        signal(SIGXFSZ, SIG_IGN);
        setrlimit(RLIMIT_FSIZE, &limit);
        _exit(reco_outbox_open(path, 16 * PAGE, &outbox, &error) == RECO_IO
                      && errno == EFBIG && access(path, F_OK) == -1
                  ? 0
                  : 1);
    }
    waitpid(child, &status, 0);
    assert_int_equal(status, 0);
}


/* A torn record in the middle, at the end, and where only tail is lost. */
static void
test_torn(void **state)
{
    reco_outbox_t *outbox;
    reco_outbox_stats_t stats;
    uint64_t cursor, start;
    reco_str_t record;

    (void) state;

    outbox = open_outbox(1);
    append(outbox, "one");   /* at 0, 24 bytes */
    append(outbox, "two");   /* at 24 */
    append(outbox, "three"); /* at 48 */
    reco_outbox_close(outbox);

    scribble(PAGE + 24 + 16, "T", 1);
    outbox = open_outbox(1);
    reco_outbox_stats(outbox, &stats);
    assert_int_equal(stats.torn, 1);
    assert_int_equal(stats.records, 2);
    cursor = 0;
    expect(outbox, &cursor, "one");
    expect(outbox, &cursor, "three");
    reco_outbox_acknowledge(outbox, cursor);
    assert_int_equal(waiting(outbox), 0);
    append(outbox, "four"); /* at 72 */
    append(outbox, "five"); /* at 96 */
    reco_outbox_close(outbox);

    scribble(PAGE + 96 + 16, "F", 1);
    outbox = open_outbox(1);
    reco_outbox_stats(outbox, &stats);
    assert_int_equal(stats.torn, 1);
    assert_int_equal(stats.records, 1);
    append(outbox, "six");
    cursor = 0;
    expect(outbox, &cursor, "four");
    expect(outbox, &cursor, "six");
    assert_int_equal(reco_outbox_next(outbox, &cursor, &record), RECO_DECLINED);
    reco_outbox_close(outbox);

    /* The header's page is older than the ring's. */
    start = PAGE;
    scribble(64, &start, sizeof(start));
    scribble(128, &start, sizeof(start));
    outbox = open_outbox(1);
    reco_outbox_stats(outbox, &stats);
    assert_int_equal(stats.records, 4);
    assert_int_equal(stats.torn, 1);
    cursor = 0;
    expect(outbox, &cursor, "one");
    expect(outbox, &cursor, "three");
    expect(outbox, &cursor, "four");
    expect(outbox, &cursor, "six");
    reco_outbox_close(outbox);
}


/* What a visitor writes into a payload is never taken for a record. */
static void
test_forged(void **state)
{
    struct {
        uint32_t crc;
        uint32_t length;
        uint64_t position;
        char payload[8];
    } forged = {0, 8, PAGE + 16, "forged!"};
    reco_outbox_t *outbox;
    reco_outbox_stats_t stats;

    (void) state;

    forged.crc = reco_crc32c(0, &forged.length, 20);

    outbox = open_outbox(1);
    assert_int_equal(reco_outbox_append(outbox,
                         (reco_str_t){sizeof(forged), (char *) &forged}),
        RECO_OK);
    reco_outbox_close(outbox);

    /* Another length than that of the record that carries it. */
    scribble(PAGE + 4, "\x01", 1);
    outbox = open_outbox(1);
    reco_outbox_stats(outbox, &stats);
    assert_int_equal(stats.records, 0);
    assert_int_equal(stats.torn, 1);
    reco_outbox_close(outbox);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_crc32c),
        cmocka_unit_test_setup_teardown(
            test_there_and_back, make_path, remove_path),
        cmocka_unit_test_setup_teardown(test_full, make_path, remove_path),
        cmocka_unit_test_setup_teardown(test_sync, make_path, remove_path),
        cmocka_unit_test_setup_teardown(test_locked, make_path, remove_path),
        cmocka_unit_test_setup_teardown(test_refused, make_path, remove_path),
        cmocka_unit_test_setup_teardown(test_no_room, make_path, remove_path),
        cmocka_unit_test_setup_teardown(test_torn, make_path, remove_path),
        cmocka_unit_test_setup_teardown(test_forged, make_path, remove_path),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
