/*
 * Import: columns to fields, times, what is refused, and that a second run
 * adds nothing.
 */

#include "store_case.h"

#include "import.h"
#include "import_time.h"
#include "store_history.h"


typedef struct {
    char text[1024];
    size_t len;
} refused_t;


static void
note_refused(void *context, unsigned line, const char *reason)
{
    refused_t *refused = context;

    refused->len += (size_t) snprintf(refused->text + refused->len,
        sizeof(refused->text) - refused->len, "%u %s;", line, reason);
}


typedef struct {
    const char *text;
    const char *map; /* NULL: JSON lines */
    const char *null;
    reco_event_type_t type;
    const char *refused; /* what is to be said */
    int64_t shift;
} file_t;


static reco_import_report_t
import(store_case_t *self, const file_t *file)
{
    char path[] = "/tmp/reco-import-XXXXXX";
    reco_import_report_t report;
    reco_error_t error = {0};
    refused_t refused = {.len = 0};
    reco_import_options_t options = {.store = self->store,
        .limits = self->limits,
        .header = 1,
        .type = file->type,
        .shift = file->shift,
        .refused = note_refused,
        .context = &refused};
    reco_table_t *table;
    FILE *out;

    close(mkstemp(path));
    out = fopen(path, "w");
    assert_non_null(out);
    fputs(file->text, out);
    fclose(out);

    if (file->map != NULL) {
        options.map = reco_import_map_create(file->type == RECO_EVENT_ITEM);
        assert_non_null(options.map);
        if (file->map[0] != '\0') {
            assert_int_equal(
                reco_import_map_add(options.map, file->map, &error), RECO_OK);
        }
        if (file->null != NULL) {
            assert_int_equal(
                reco_import_map_add_null(options.map, file->null, &error),
                RECO_OK);
        }
    }

    assert_int_equal(reco_table_open(path,
                         file->map != NULL ? RECO_TABLE_CSV : RECO_TABLE_LINES,
                         0, &table, &error),
        RECO_OK);
    if (reco_import(table, &options, &report, &error) != RECO_OK) {
        fail_msg("%s", error.message);
    }
    reco_table_close(table);
    reco_import_map_destroy(options.map);
    unlink(path);

    assert_string_equal(
        refused.text, file->refused != NULL ? file->refused : "");

    return report;
}


static void
test_times(void **state)
{
    static const struct {
        const char *text;
        int64_t ms;
    } good[] = {
        {"1592671441", INT64_C(1592671441000)},
        {"1592671441.0", INT64_C(1592671441000)},
        {"1592671441.25999", INT64_C(1592671441259)},
        {"1592671441123", INT64_C(1592671441123)},
        {"1592671441123456", INT64_C(1592671441123)},
        {"2020-06-20", INT64_C(1592611200000)},
        {"2020-06-20 16:44:01", INT64_C(1592671441000)},
        {"2020-06-20T16:44:01.5Z", INT64_C(1592671441500)},
        {"2020-06-20T18:44:01+02:00", INT64_C(1592671441000)},
        {"2020-06-20T11:14-0530", INT64_C(1592671440000)},
        {"2024-02-29", INT64_C(1709164800000)},
        {"1970-01-01", 0},
    };
    static const char *const bad[] = {"", "x", "12x", "1.5.5", "-5",
        "2020-13-01", "2023-02-29", "2020-06-31", "2020-06-20T25:00",
        "2020-06-20 1:00", "2020-06-20T10:00+25:00", "2020-06-20 10:00:00x",
        "99999999999999999999", "nan", "1e9"};
    int64_t ms;
    size_t i;

    (void) state;

    for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_true(reco_import_time(case_text(good[i].text), &ms));
        assert_int_equal(ms, good[i].ms);
    }

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (reco_import_time(case_text(bad[i]), &ms)) {
            fail_msg("\"%s\" is taken for a time", bad[i]);
        }
    }
}


static void
test_twice(void **state)
{
    static const file_t file = {.text = "SessionId,ItemId,Time\n"
                                        "1,13,1592671441\n"
                                        "1,16,1592671441\n"
                                        "2,13,1592671441\n"
                                        "2,13,1592671442\n",
        .map = "",
        .type = RECO_EVENT_VIEW};
    store_case_t *self = *state;
    reco_import_report_t report;

    report = import(self, &file);
    assert_int_equal(report.rows, 4);
    assert_int_equal(report.applied, 4);
    assert_int_equal(report.oldest, INT64_C(1592671441000));
    assert_int_equal(report.newest, INT64_C(1592671442000));

    report = import(self, &file);
    assert_int_equal(report.applied, 0);
    assert_int_equal(report.duplicates, 4);
    assert_int_equal(case_stats(self).events, 4);
    assert_int_equal(case_stats(self).visitors, 2);
}


/* Moved in time, the events are still the same ones. */
static void
test_moves_times(void **state)
{
    file_t file = {.text = "visitor,item,ts\na,1,2020-01-01\n",
        .map = "",
        .type = RECO_EVENT_VIEW,
        .shift = CASE_DAY};
    store_case_t *self = *state;

    assert_int_equal(import(self, &file).newest, INT64_C(1577923200000));
    file.shift = 2 * CASE_DAY;
    assert_int_equal(import(self, &file).duplicates, 1);
}


static void
test_baskets(void **state)
{
    static const file_t file = {
        .text = "time,invoice,customer,item_id,quantity,price\n"
                "1291191960,536365,17850,3287,6,2.55\n"
                "1291191960,536365,17850,2688,6,3.39\n"
                "1291191960,536366,17850,11,1,1.00\n"
                "1291192000,536367,0,12,1,1.00\n"
                "1291192000,536367,0,13,1,1.00\n"
                "1291192000,536368,0,13,1,1.00\n",
        .map = "visitor=customer|invoice,session=invoice,currency=\"GBP\"",
        .null = "0",
        .type = RECO_EVENT_PURCHASE};
    reco_store_history_options_t options = {.session_gap = 1800000,
        .retention = 400 * CASE_DAY,
        .events_max = 1000};
    store_case_t *self = *state;
    reco_store_catalog_t catalog;
    reco_store_scratch_t scratch;
    reco_store_event_t header;
    reco_store_view_t *view;
    reco_history_t history;
    reco_event_t event;

    assert_int_equal(import(self, &file).applied, 6);
    assert_int_equal(case_stats(self).visitors, 3);

    assert_int_equal(
        reco_store_history(self->store, &options, &history, &catalog, NULL),
        RECO_OK);
    assert_int_equal(history.nsessions, 4);
    assert_int_equal(history.nusers, 3);
    assert_int_equal(history.offsets[1], 2);
    assert_int_equal(history.offsets[2], 3);
    assert_int_equal(history.offsets[3], 5);
    reco_history_done(&history);
    reco_store_catalog_done(&catalog);

    assert_int_equal(reco_store_view_begin(self->store, &view, NULL), RECO_OK);
    assert_int_equal(reco_store_view_seek(view, 4, &header), RECO_OK);
    assert_int_equal(
        reco_store_view_event(view, &header, &scratch, &event), RECO_OK);
    assert_memory_equal(event.visitor.data, "invoice:536367", 14);
    assert_memory_equal(event.currency.data, "GBP", 3);
    assert_memory_equal(event.source.data, "import", 6);
    assert_true(event.price == 1 && event.qty == 1);
    reco_store_view_end(view);
}


static void
test_refuses(void **state)
{
    static const file_t file = {.text = "visitor,item,ts,type\n"
                                        "a,1,2020-01-01,view\n"
                                        ",1,2020-01-01,view\n"
                                        "a,,2020-01-01,click\n"
                                        "a,1,yesterday,view\n"
                                        "a,1,,view\n"
                                        "a,1,2020-01-01,look\n"
                                        "a,\"1,2020-01-01,view\n"
                                        "a,2,2030-01-01,view\n"
                                        "b c,2,2020-01-01,view\n"
                                        "a,2,2018-01-01,view\n"
                                        "a, ,2020-01-01,view\n"
                                        "a,,2020-01-01,search\n",
        .map = "",
        .type = RECO_EVENT_VIEW,
        .refused =
            "4 item: missing;5 ts: malformed;6 ts: missing;"
            "7 type: unknown value;"
            "8 the row is longer than a megabyte, or a quote is not closed;"
            "10 visitor: bad character;"
            "12 item: missing;"
            "3 visitor: missing or longer than 64 bytes;"
            "9 ts: before 2000 or in the future;"
            "11 ts: older than the retention allows, counted from the newest "
            "event of the store (--latest now moves times);"};
    store_case_t *self = *state;
    reco_import_report_t report;

    report = import(self, &file);
    assert_int_equal(report.rows, 12);
    assert_int_equal(report.applied, 2);
    assert_int_equal(report.refused, 10);
}


static void
test_catalogue(void **state)
{
    static const file_t file = {
        .text = "id,title,link,image_link,price,availability,stock\n"
                "a/1,\"Mug, blue\",https://s.example/1,/i/1.jpg,"
                "12.99 EUR,in_stock,3\n"
                "b,Pot,,,5,out of stock,0\n",
        .map = "url=/p/{id}.html",
        .type = RECO_EVENT_ITEM};
    store_case_t *self = *state;
    reco_store_view_t *view;
    reco_store_item_t item;
    uint32_t number;

    assert_int_equal(import(self, &file).applied, 2);

    assert_int_equal(reco_store_view_begin(self->store, &view, NULL), RECO_OK);
    assert_int_equal(
        reco_store_view_find_item(view, reco_string("a/1"), &number), RECO_OK);
    assert_int_equal(reco_store_view_item(view, number, &item), RECO_OK);
    assert_int_equal(item.product.url.len, 13);
    assert_memory_equal(item.product.url.data, "/p/a%2F1.html", 13);
    assert_memory_equal(item.product.title.data, "Mug, blue", 9);
    assert_memory_equal(item.product.image.data, "/i/1.jpg", 8);
    assert_true(item.product.price == 12.99);
    assert_memory_equal(item.currency.data, "EUR", 3);
    assert_int_equal(item.product.available, 1);
    assert_int_equal(
        reco_store_view_find_item(view, reco_string("b"), &number), RECO_OK);
    assert_int_equal(reco_store_view_item(view, number, &item), RECO_OK);
    assert_int_equal(item.product.available, 0);
    reco_store_view_end(view);
}


static void
test_json_lines(void **state)
{
    static const file_t file = {
        .text = "{\"visitor\":\"a\",\"type\":\"view\",\"item\":\"5\","
                "\"ts\":1592671441000}\n"
                "[{\"visitor\":\"a\",\"type\":\"cart\",\"item\":6,"
                "\"ts\":1592671442000},{\"visitor\":\"b\",\"type\":\"cart\","
                "\"ts\":1592671442000}]\n"
                "{\"type\":\n",
        .type = RECO_EVENT_VIEW,
        .refused = "2 item: missing;"
                   "3 the body is not JSON: it ends inside a value;"};
    store_case_t *self = *state;

    assert_int_equal(import(self, &file).applied, 2);
    assert_int_equal(import(self, &file).duplicates, 2);
    assert_int_equal(case_stats(self).events, 2);
}


static void
test_bad_maps(void **state)
{
    static const char *const bad[] = {"", "item", "=x", "item=", "item={",
        "item={}", "item=a||b", "item=\"\"", "item=a,"};
    reco_import_map_t *map;
    reco_error_t error;
    size_t i;

    (void) state;

    map = reco_import_map_create(0);
    assert_non_null(map);
    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        error.message[0] = '\0';
        if (reco_import_map_add(map, bad[i], &error) != RECO_INVALID) {
            fail_msg("\"%s\" is taken for a map", bad[i]);
        }
        assert_non_null(strstr(error.message, "FIELD=COLUMN"));
    }
    reco_import_map_destroy(map);
}


static void
test_missing_columns(void **state)
{
    static const reco_table_row_t header = {
        .line = 1, .nfields = 2, .fields = {{4, "user"}, {4, "when"}}};
    reco_import_map_t *map;
    reco_error_t error = {0};

    (void) state;

    map = reco_import_map_create(0);
    assert_non_null(map);
    assert_int_equal(reco_import_map_bind(map, &header, &error), RECO_INVALID);
    assert_non_null(strstr(error.message, "--map item=COLUMN"));
    assert_int_equal(reco_import_map_add(map, "item=what", &error), RECO_OK);
    assert_int_equal(reco_import_map_bind(map, &header, &error), RECO_INVALID);
    assert_non_null(strstr(error.message, "no column \"what\""));
    assert_int_equal(
        reco_import_map_add(map, "item=1,ts=WHEN", &error), RECO_OK);
    assert_int_equal(reco_import_map_bind(map, &header, &error), RECO_OK);
    reco_import_map_destroy(map);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_times),
        cmocka_unit_test_setup_teardown(test_twice, case_setup, case_teardown),
        cmocka_unit_test_setup_teardown(
            test_moves_times, case_setup, case_teardown),
        cmocka_unit_test_setup_teardown(
            test_baskets, case_setup, case_teardown),
        cmocka_unit_test_setup_teardown(
            test_refuses, case_setup, case_teardown),
        cmocka_unit_test_setup_teardown(
            test_catalogue, case_setup, case_teardown),
        cmocka_unit_test_setup_teardown(
            test_json_lines, case_setup, case_teardown),
        cmocka_unit_test(test_bad_maps),
        cmocka_unit_test(test_missing_columns),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
