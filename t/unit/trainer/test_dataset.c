/*
 * Evaluation's files: each form is told from the other, sessions keep to their
 * file, and what is refused says where.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <zlib.h>

#include "dataset.h"


typedef struct {
    reco_dataset_t dataset;
    reco_dataset_names_t names;
    reco_history_t history;
    reco_error_t error;
} fixture_t;


static int
setup(void **state)
{
    *state = calloc(1, sizeof(fixture_t));

    return *state == NULL;
}


static int
teardown(void **state)
{
    fixture_t *fixture = *state;

    reco_dataset_done(&fixture->dataset);
    reco_dataset_names_done(&fixture->names);
    reco_history_done(&fixture->history);
    free(fixture);

    return 0;
}


static reco_status_t
read_text(fixture_t *fixture, const char *text, int compressed)
{
    char path[] = "/tmp/reco-dataset-XXXXXX";
    reco_status_t status;
    gzFile file;
    int fd, len;

    fd = mkstemp(path);
    assert_true(fd != -1);
    len = (int) strlen(text);
    if (compressed) {
        file = gzdopen(fd, "wb");
        assert_int_equal(gzwrite(file, text, (unsigned) len), len);
        assert_int_equal(gzclose(file), Z_OK);
    } else {
        assert_int_equal(write(fd, text, (size_t) len), len);
        close(fd);
    }

    status = reco_dataset_read(
        &fixture->dataset, &fixture->names, path, &fixture->error);
    unlink(path);

    return status;
}


static void
make_history(fixture_t *fixture)
{
    assert_int_equal(reco_dataset_history(&fixture->dataset, &fixture->names,
                         1800, &fixture->history, &fixture->error),
        RECO_OK);
}


static void
reads_session_tables(void **state)
{
    fixture_t *fixture = *state;

    assert_int_equal(
        read_text(fixture,
            "SessionId\tItemId\tTime\n7\ta\t100.5\n7\tb\t100.25\n8\ta\t50\n",
            1),
        RECO_OK);
    assert_int_equal(fixture->dataset.form, RECO_DATASET_TABLE);
    assert_true(fixture->dataset.has_sessions);
    assert_false(fixture->dataset.has_users);

    make_history(fixture);
    assert_int_equal(fixture->history.nsessions, 2);
    assert_int_equal(fixture->history.items[0], 0);
    assert_int_equal(fixture->history.items[1], 1);
    assert_int_equal(fixture->history.items[2], 0);
}


static void
finds_columns_by_name(void **state)
{
    fixture_t *fixture = *state;

    assert_int_equal(
        read_text(fixture,
            "time,invoice,customer,item_id,price\r\n5,i1,c1,x,9.5\r\n"
            "6,i1,c1,y,1\r\n7,i2,c1,z,1\r\n8,i3,,x,1\r\n",
            0),
        RECO_OK);
    assert_true(fixture->dataset.has_users);

    make_history(fixture);
    assert_int_equal(fixture->history.nsessions, 3);
    assert_int_equal(fixture->history.users[0], fixture->history.users[1]);
    assert_int_not_equal(fixture->history.users[1], fixture->history.users[2]);
}


static void
same_session_id_in_two_files_is_two_sessions(void **state)
{
    fixture_t *fixture = *state;
    const char *text = "SessionId\tItemId\tTime\n1\ta\t1\n1\tb\t2\n";

    assert_int_equal(read_text(fixture, text, 0), RECO_OK);
    assert_int_equal(read_text(fixture, text, 0), RECO_OK);
    make_history(fixture);
    assert_int_equal(fixture->history.nsessions, 2);
    assert_int_equal(fixture->history.nitems, 2);
}


static void
reads_pairs(void **state)
{
    fixture_t *fixture = *state;

    assert_int_equal(
        read_text(fixture, "u1\ti1\nu2\ti1\nu1\ti2\n", 0), RECO_OK);
    assert_int_equal(fixture->dataset.form, RECO_DATASET_PAIRS);
    make_history(fixture);
    assert_int_equal(fixture->history.nsessions, 2);
    assert_int_equal(fixture->history.nusers, 2);
    assert_int_equal(fixture->history.nevents, 3);
}


static void
reads_lists_with_users_without_items(void **state)
{
    fixture_t *fixture = *state;

    assert_int_equal(read_text(fixture, "0 5 6 7\n1\n2 5  8 \n", 0), RECO_OK);
    assert_int_equal(fixture->dataset.form, RECO_DATASET_LISTS);
    make_history(fixture);
    assert_int_equal(fixture->history.nsessions, 2);
    assert_int_equal(fixture->history.nusers, 3);
    assert_int_equal(fixture->history.nevents, 5);
}


static void
cuts_users_of_a_table_without_sessions(void **state)
{
    fixture_t *fixture = *state;

    assert_int_equal(
        read_text(
            fixture, "user\titem\ttime\nu\ta\t0\nu\tb\t10\nu\tc\t9999\n", 0),
        RECO_OK);
    make_history(fixture);
    assert_int_equal(fixture->history.nsessions, 2);
}


static void
says_where_a_time_is_wrong(void **state)
{
    fixture_t *fixture = *state;

    assert_int_equal(
        read_text(
            fixture, "SessionId\tItemId\tTime\n1\ta\t1\n1\tb\t2011-01-01\n", 0),
        RECO_INVALID);
    assert_int_equal(fixture->error.line, 3);
    assert_non_null(strstr(fixture->error.message, "time"));
}


static void
refuses_a_table_of_nobody(void **state)
{
    fixture_t *fixture = *state;

    assert_int_equal(
        read_text(fixture, "ItemId\tTime\n1\t1\n", 0), RECO_INVALID);
    assert_non_null(strstr(fixture->error.message, "session"));
}


static void
refuses_damaged_gzip(void **state)
{
    fixture_t *fixture = *state;
    char path[] = "/tmp/reco-dataset-XXXXXX";
    static const unsigned char bytes[] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3,
        0xff, 0xff, 0xff, 0xff, 1, 2, 3, 4, 5, 6, 7, 8};
    int fd;

    fd = mkstemp(path);
    assert_int_equal(write(fd, bytes, sizeof(bytes)), sizeof(bytes));
    close(fd);
    assert_int_equal(reco_dataset_read(&fixture->dataset, &fixture->names, path,
                         &fixture->error),
        RECO_CORRUPT);
    unlink(path);
}


static void
names_the_file_that_is_not_there(void **state)
{
    fixture_t *fixture = *state;

    assert_int_equal(reco_dataset_read(&fixture->dataset, &fixture->names,
                         "/nonexistent/file", &fixture->error),
        RECO_IO);
    assert_non_null(strstr(fixture->error.message, "/nonexistent/file"));
}


#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(reads_session_tables),
        TEST(finds_columns_by_name),
        TEST(same_session_id_in_two_files_is_two_sessions),
        TEST(reads_pairs),
        TEST(reads_lists_with_users_without_items),
        TEST(cuts_users_of_a_table_without_sessions),
        TEST(says_where_a_time_is_wrong),
        TEST(refuses_a_table_of_nobody),
        TEST(refuses_damaged_gzip),
        TEST(names_the_file_that_is_not_there),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
