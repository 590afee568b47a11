/*
 * .npy files: what NumPy writes, and what nobody should.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "npy.h"
#include "random.h"

#define FILE_SIZE 512


/* Puts a file together; returns its length. */
static size_t
make_file(
    char *file, int major, const char *head, const void *data, size_t size)
{
    size_t len;

    len = strlen(head);
    memcpy(file, "\x93NUMPY", 6);
    file[6] = (char) major;
    file[7] = 0;
    memset(file + 8, 0, 4);
    file[8] = (char) len;
    memcpy(file + (major == 1 ? 10 : 12), head, len);
    len += major == 1 ? 10 : 12;
    memcpy(file + len, data, size);

    return len + size;
}


static reco_status_t
open_file(reco_npy_t *npy, int major, const char *head, size_t size,
    reco_error_t *error)
{
    static const float data[6] = {1, 2, 3, 4, 5, 6};
    static char file[FILE_SIZE];

    return reco_npy_open(npy,
        (reco_str_t){make_file(file, major, head, data, size), file}, error);
}


#define FLOATS                                                                 \
    "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }      \n"


static void
test_read(void **state)
{
    const double wide[6] = {1, 2, 3, 4, 5, -6.5};
    char file[FILE_SIZE];
    reco_error_t error;
    reco_npy_t npy;
    float row[3];
    int major;

    (void) state;

    for (major = 1; major <= 3; major++) {
        assert_int_equal(open_file(&npy, major, FLOATS, 24, &error), RECO_OK);
        assert_int_equal(npy.rows, 2);
        assert_int_equal(npy.columns, 3);
        reco_npy_row(&npy, 1, row);
        assert_true(row[0] == 4 && row[1] == 5 && row[2] == 6);
    }

    assert_int_equal(reco_npy_open(&npy,
                         (reco_str_t){make_file(file, 1,
                                          "{\"shape\":(2,3,),'descr':'<f8',"
                                          "'fortran_order':False}",
                                          wide, sizeof(wide)),
                             file},
                         &error),
        RECO_OK);
    reco_npy_row(&npy, 1, row);
    assert_true(row[0] == 4 && row[2] == -6.5F);
}


static void
test_refuse(void **state)
{
    static const struct {
        const char *head;
        reco_status_t status;
    } heads[] = {
        {"{'descr': '>f4', 'fortran_order': False, 'shape': (2, 3), }",
            RECO_UNSUPPORTED},
        {"{'descr': '<i4', 'fortran_order': False, 'shape': (2, 3), }",
            RECO_UNSUPPORTED},
        {"{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2, 3)}",
            RECO_CORRUPT},
        {"{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3), }",
            RECO_UNSUPPORTED},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (6,), }",
            RECO_UNSUPPORTED},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2, 3), }",
            RECO_UNSUPPORTED},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (3, 3), }",
            RECO_CORRUPT},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (-2, -3), }",
            RECO_UNSUPPORTED},
        {"{'descr': '<f4', 'fortran_order': False, "
         "'shape': (4611686018427387906, 3), }",
            RECO_UNSUPPORTED},
        {"{'descr': '<f4', 'fortran_order': False, "
         "'shape': (1099511627776, 1099511627776), }",
            RECO_CORRUPT},
        {"{'descr': '<f4', 'fortran_order': False}", RECO_CORRUPT},
        {"{'descr': '<f4', 'shape': (2, 3)}", RECO_CORRUPT},
        {"{'descr': '<f4', 'descr': '<f4', 'shape': (2, 3)}", RECO_CORRUPT},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), 'x': 1}",
            RECO_CORRUPT},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)",
            RECO_CORRUPT},
        {"{'descr': '<f4", RECO_CORRUPT},
        {"", RECO_CORRUPT},
    };
    reco_error_t error;
    reco_npy_t npy;
    size_t i;

    (void) state;

    for (i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
        assert_int_equal(
            open_file(&npy, 1, heads[i].head, 24, &error), heads[i].status);
        assert_true(error.message[0] != '\0');
    }

    assert_int_equal(open_file(&npy, 4, FLOATS, 24, &error), RECO_CORRUPT);
    assert_int_equal(open_file(&npy, 1, FLOATS, 23, &error), RECO_CORRUPT);
    assert_int_equal(open_file(&npy, 1, FLOATS, 20, NULL), RECO_CORRUPT);
}


/* Whatever the bytes: an answer, and no byte outside is read (the file ends
   where its memory does, so that a sanitizer would tell). */
static void
test_mutations(void **state)
{
    static const float data[6] = {1, 2, 3, 4, 5, 6};
    reco_random_t random = {.state = 1};
    char file[FILE_SIZE], *copy;
    reco_npy_t npy;
    size_t len, cut, i;
    unsigned round;
    float row[64];

    (void) state;

    len = make_file(file, 1, FLOATS, data, sizeof(data));

    for (round = 0; round < 200000; round++) {
        cut = reco_random_below(&random, 8) == 0
                  ? reco_random_below(&random, (uint32_t) len + 1)
                  : len;
        copy = malloc(cut + 1);
        assert_non_null(copy);
        memcpy(copy, file, cut);
        for (i = reco_random_below(&random, 4) + 1; i > 0 && cut > 0; i--) {
            copy[reco_random_below(&random, (uint32_t) cut)] =
                (char) reco_random_below(&random, 256);
        }
        copy = realloc(copy, cut > 0 ? cut : 1);
        assert_non_null(copy);

        if (reco_npy_open(&npy, (reco_str_t){cut, copy}, NULL) == RECO_OK) {
            for (i = 0; i < npy.rows && i < 64 && npy.columns <= 64; i++) {
                reco_npy_row(&npy, i, row);
            }
        }
        free(copy);
    }
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_read),
        cmocka_unit_test(test_refuse),
        cmocka_unit_test(test_mutations),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
