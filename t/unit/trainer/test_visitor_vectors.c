/*
 * Visitors' vectors in the store: for one version, gone with their visitor.
 */

#include "store_case.h"

#include "visitor_vectors.h"

#define IDENTITY UINT64_C(42)


static void
read_rows(store_case_t *self, const char *ids, uint64_t nrows,
    reco_status_t expected, reco_visitor_rows_t *rows, reco_error_t *error)
{
    char path[128];
    FILE *file;

    snprintf(path, sizeof(path), "%s/ids", self->folder);
    file = fopen(path, "w");
    assert_non_null(file);
    fputs(ids, file);
    fclose(file);

    assert_int_equal(
        reco_visitor_rows_read(rows, path, nrows, self->store, error),
        expected);
    unlink(path);
}


/* Visitors 1 to 3 have been there. */
static void
begin(store_case_t *self)
{
    reco_event_t event;
    unsigned i;

    for (i = 1; i <= 3; i++) {
        event = case_event(RECO_EVENT_VIEW, i, "e", "pot", CASE_TIME + i);
        assert_int_equal(case_apply(self, &event), RECO_STORE_APPLIED);
    }
}


/* The vector of two values that visitor n has; 0: none. */
static int
get(store_case_t *self, unsigned n, uint64_t identity, float *vector)
{
    reco_store_visitor_t visitor;
    reco_store_view_t *view;
    int found;

    assert_int_equal(reco_store_view_begin(self->store, &view, NULL), RECO_OK);
    found =
        reco_store_view_visitor(view, case_visitor(n), &visitor) == RECO_OK
        && reco_visitor_vectors_get(view, identity, 2, visitor.number, vector);
    reco_store_view_end(view);

    return found;
}


static uint64_t
count_unreported(store_case_t *self, uint64_t identity)
{
    reco_store_view_t *view;
    reco_status_t status;
    uint32_t *visitors;
    uint64_t count;

    count = 0;
    assert_int_equal(reco_store_view_begin(self->store, &view, NULL), RECO_OK);
    status = reco_visitor_vectors_list(view, identity, &visitors, &count);
    reco_store_view_end(view);
    if (status == RECO_OK) {
        free(visitors);
    } else {
        assert_int_equal(status, RECO_DECLINED);
    }

    return count;
}


static void
test_vectors_of_one_version(void **state)
{
    static const float vectors[] = {3, 4, 1, 0, 0, 0, 5, 5};
    store_case_t *self = *state;
    reco_visitor_rows_t rows;
    reco_error_t error = {0};
    float vector[2];
    uint64_t removed;
    char ids[256];

    begin(self);
    snprintf(ids, sizeof(ids), "%032x\nnobody\n%032x\n%032x\n", 1, 2, 3);
    read_rows(self, ids, 4, RECO_OK, &rows, &error);
    assert_int_equal(rows.nunknown, 1);
    assert_int_equal(reco_visitor_vectors_save(
                         self->store, &rows, vectors, 2, IDENTITY, &error),
        RECO_OK);

    assert_true(get(self, 1, IDENTITY, vector));
    assert_true(vector[0] > 0.599f && vector[0] < 0.601f);
    assert_true(vector[1] > 0.799f && vector[1] < 0.801f);
    assert_false(get(self, 1, IDENTITY + 1, vector));
    assert_false(get(self, 2, IDENTITY, vector)); /* of length 0 */
    assert_true(get(self, 3, IDENTITY, vector));

    assert_int_equal(count_unreported(self, IDENTITY + 1), 0);
    assert_int_equal(count_unreported(self, IDENTITY), 2);
    assert_int_equal(
        reco_visitor_vectors_reported(self->store, IDENTITY, &error), RECO_OK);
    assert_int_equal(count_unreported(self, IDENTITY), 0);

    /* Who is forgotten has none, and gets none by an import that knew them. */
    assert_int_equal(
        reco_store_forget(self->store, case_visitor(3), &removed, &error),
        RECO_OK);
    assert_int_equal(reco_visitor_vectors_save(
                         self->store, &rows, vectors, 2, IDENTITY + 1, &error),
        RECO_OK);
    assert_int_equal(count_unreported(self, IDENTITY + 1), 1);
    assert_false(get(self, 1, IDENTITY, vector));
    assert_true(get(self, 1, IDENTITY + 1, vector));

    reco_visitor_rows_done(&rows);
}


static void
test_ids(void **state)
{
    store_case_t *self = *state;
    reco_visitor_rows_t rows;
    reco_error_t error = {0};
    char ids[256];

    begin(self);
    snprintf(ids, sizeof(ids), "%032x\r\n\n%032x\n", 1, 1);
    read_rows(self, ids, 3, RECO_INVALID, &rows, &error);
    assert_int_equal(error.line, 3);
    read_rows(self, "a\nb\nc\n", 2, RECO_INVALID, &rows, &error);
    assert_int_equal(error.line, 3);
    read_rows(self, "a\n", 2, RECO_INVALID, &rows, &error);
    assert_string_equal(error.message, "1 ids for 2 rows of vectors");
    read_rows(self, "", 0, RECO_OK, &rows, &error);
    reco_visitor_rows_done(&rows);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            test_vectors_of_one_version, case_setup, case_teardown),
        cmocka_unit_test_setup_teardown(test_ids, case_setup, case_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
