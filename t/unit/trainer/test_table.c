/*
 * Rows of CSV, TSV and line files: quotes, limits, what is skipped.
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

#include "table.h"


static char path[64];
static reco_table_row_t row;


static void
write_file(const char *text, size_t len, int gzip)
{
    gzFile file;

    strcpy(path, "/tmp/reco-table-XXXXXX");
    close(mkstemp(path));
    file = gzopen(path, gzip ? "wb" : "wbT");
    assert_non_null(file);
    assert_int_equal(gzwrite(file, text, (unsigned) len), (int) len);
    assert_int_equal(gzclose(file), Z_OK);
}


/* The file as "a|b|c;d|e;", refused rows as "!LINE;". */
static const char *
read_file(const char *text, reco_table_format_t format, int gzip)
{
    static char drawn[4096];
    reco_table_t *table;
    reco_status_t status;
    reco_error_t error;
    size_t len;
    unsigned i;

    write_file(text, strlen(text), gzip);
    assert_int_equal(reco_table_open(path, format, 0, &table, &error), RECO_OK);

    len = 0;
    drawn[0] = '\0';

    while ((status = reco_table_next(table, &row, &error)) != RECO_DECLINED) {
        if (status == RECO_INVALID || status == RECO_TOO_LARGE) {
            len += (size_t) sprintf(drawn + len, "!%u;", error.line);
            continue;
        }
        assert_int_equal(status, RECO_OK);
        for (i = 0; i < row.nfields; i++) {
            len += (size_t) sprintf(drawn + len, "%s%.*s", i > 0 ? "|" : "",
                (int) row.fields[i].len, row.fields[i].data);
        }
        len += (size_t) sprintf(drawn + len, ";");
    }

    reco_table_close(table);
    unlink(path);

    return drawn;
}


static void
test_csv(void **state)
{
    (void) state;

    assert_string_equal(
        read_file("a,b,c\r\n1,,3\r\n", RECO_TABLE_CSV, 0), "a|b|c;1||3;");
    assert_string_equal(
        read_file("a,\"b,\"\"c\"\"\",\"\"\n\n\nd", RECO_TABLE_CSV, 0),
        "a|b,\"c\"|;d;");
    assert_string_equal(
        read_file("\"a\nb\",c\nd\n", RECO_TABLE_CSV, 0), "a\nb|c;d;");
    assert_string_equal(read_file("", RECO_TABLE_CSV, 0), "");

    /* A byte order mark is no part of the first field. */
    assert_string_equal(read_file("\xef\xbb\xbf"
                                  "a,b\nc,d\n",
                            RECO_TABLE_CSV, 0),
        "a|b;c|d;");
    assert_string_equal(read_file("\xef\xbb\xbf"
                                  "\"a\",b\n",
                            RECO_TABLE_CSV, 0),
        "a|b;");
    assert_string_equal(read_file("\xef\xbb\xbf", RECO_TABLE_CSV, 0), "");
}


static void
test_literal_quotes(void **state)
{
    (void) state;

    assert_string_equal(
        read_file("5\" nail,x\n6\" nail,y\n", RECO_TABLE_CSV, 0),
        "5\" nail|x;6\" nail|y;");
    assert_string_equal(
        read_file("\"a\"\t\"b\nc\td\n", RECO_TABLE_TSV, 0), "\"a\"|\"b;c|d;");
}


static void
test_broken_quotes(void **state)
{
    (void) state;

    assert_string_equal(
        read_file("a\n\"b\"x,c\nd\n", RECO_TABLE_CSV, 0), "a;!2;d;");

    /* A quote that never closes costs its own line, not the file. */
    assert_string_equal(
        read_file("a\n\"b,c\nd,e\nf\n", RECO_TABLE_CSV, 0), "a;!2;d|e;f;");
}


static void
test_lines(void **state)
{
    (void) state;

    assert_string_equal(read_file("{\"a\": \"b\"}\n\n{,}", RECO_TABLE_LINES, 0),
        "{\"a\": \"b\"};{,};");
}


static void
test_gzip(void **state)
{
    (void) state;

    assert_string_equal(
        read_file("a\tb\n1\t2\n", RECO_TABLE_TSV, 1), "a|b;1|2;");
}


static void
test_broken_gzip(void **state)
{
    reco_status_t status;
    reco_table_t *table;
    reco_error_t error;
    char *text;
    size_t i;

    (void) state;

    text = malloc(100000);
    assert_non_null(text);
    for (i = 0; i < 100000; i++) {
        text[i] = i % 10 == 9 ? '\n' : (char) ('a' + rand() % 26);
    }
    write_file(text, 100000, 1);
    free(text);
    assert_int_equal(truncate(path, 20000), 0);

    assert_int_equal(
        reco_table_open(path, RECO_TABLE_TSV, 0, &table, &error), RECO_OK);
    while ((status = reco_table_next(table, &row, &error)) == RECO_OK) {
        assert_int_equal(row.nfields, 1);
    }
    assert_int_equal(status, RECO_IO);
    assert_non_null(strstr(error.message, path));
    reco_table_close(table);
    unlink(path);
}


static void
test_limits(void **state)
{
    reco_table_t *table;
    reco_error_t error;
    char *text;
    size_t size;

    (void) state;

    /* A row of three megabytes between two short ones. */
    size = 3 << 20;
    text = malloc(size);
    assert_non_null(text);
    memset(text, 'x', size);
    memcpy(text, "a\n", 2);
    memcpy(text + size - 3, "\nb\n", 3);
    write_file(text, size, 0);
    free(text);

    assert_int_equal(
        reco_table_open(path, RECO_TABLE_CSV, 0, &table, &error), RECO_OK);
    assert_int_equal(reco_table_next(table, &row, &error), RECO_OK);
    assert_int_equal(reco_table_next(table, &row, &error), RECO_TOO_LARGE);
    assert_int_equal(error.line, 2);
    assert_int_equal(reco_table_next(table, &row, &error), RECO_OK);
    assert_int_equal(row.line, 3);
    assert_int_equal(reco_table_next(table, &row, &error), RECO_DECLINED);
    reco_table_close(table);
    unlink(path);

    /* More fields than there is room for. */
    text = calloc(1, 600);
    assert_non_null(text);
    memset(text, ',', 400);
    memcpy(text + 400, "\nb\n", 3);
    assert_string_equal(read_file(text, RECO_TABLE_CSV, 0), "!1;b;");
    free(text);
}


static void
test_no_file(void **state)
{
    reco_table_t *table = NULL;
    reco_error_t error;

    (void) state;

    assert_int_equal(
        reco_table_open("/nowhere.csv", RECO_TABLE_CSV, 0, &table, &error),
        RECO_IO);
    assert_non_null(strstr(error.message, "/nowhere.csv"));
    assert_int_equal(
        reco_table_open("/tmp", RECO_TABLE_CSV, 0, &table, &error), RECO_IO);
    assert_null(table);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_csv),
        cmocka_unit_test(test_literal_quotes),
        cmocka_unit_test(test_broken_quotes),
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_gzip),
        cmocka_unit_test(test_broken_gzip),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_no_file),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
