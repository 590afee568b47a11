/*
 * The event parser's limits and its arena, events that are made rather than
 * parsed, numbers, names and shards.
 */

#include "event_case.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "event/event_column.h"
#include "event/event_text.h"


/* The body has one element, which is refused with field and reason. */
static void
expect_reject(const char *text, const char *field, reco_event_reason_t reason)
{
    assert_int_equal(parse(text, strlen(text)), RECO_OK);
    assert_int_equal(batch.nevents, 0);
    assert_int_equal(batch.nrejects, 1);
    assert_string_equal(batch.rejects[0].field, field);
    assert_string_equal(reco_event_reason_name(batch.rejects[0].reason),
        reco_event_reason_name(reason));
}


/* times × piece between head and tail; the caller frees it. */
static char *
repeat(const char *head, const char *piece, unsigned times, const char *tail)
{
    char *text;
    size_t len;

    text = malloc(strlen(head) + times * strlen(piece) + strlen(tail) + 1);
    assert_non_null(text);

    len = (size_t) sprintf(text, "%s", head);
    while (times-- > 0) {
        len += (size_t) sprintf(text + len, "%s", piece);
    }
    strcpy(text + len, tail);

    return text;
}


static void
test_limits(void **state)
{
    char *text;

    (void) state;

    /* The whole. */
    text = repeat("{\"type\":\"view\"", " ", RECO_EVENT_BODY_MAX, "}");
    assert_int_equal(parse(text, RECO_EVENT_BODY_MAX + 1), RECO_TOO_LARGE);
    free(text);

    text = repeat("[{}", ",{}", RECO_EVENT_BATCH_MAX - 1, "]");
    assert_int_equal(parse(text, strlen(text)), RECO_OK);
    assert_int_equal(batch.nrejects, RECO_EVENT_BATCH_MAX);
    free(text);

    text = repeat("[{}", ",{}", RECO_EVENT_BATCH_MAX, "]");
    assert_int_equal(parse(text, strlen(text)), RECO_TOO_LARGE);
    assert_non_null(strstr(error.message, "64"));
    free(text);

    /* One element. */
    text = repeat("{\"x\":", "[", 20000, "");
    assert_int_equal(parse(text, strlen(text)), RECO_INVALID);
    free(text);

    expect_reject(
        "{\"type\":\"view\",\"x\":[[[[1]]]]}", "event", RECO_EVENT_TOO_DEEP);

    text = repeat("{\"x\":[1", ",1", RECO_EVENT_VALUES_MAX, "]}");
    expect_reject(text, "event", RECO_EVENT_TOO_MANY);
    free(text);

    text = repeat("{\"type\":\"impression\",\"items\":[\"1\"", ",\"1\"",
        RECO_EVENT_ITEMS_MAX, "]}");
    expect_reject(text, "items", RECO_EVENT_TOO_MANY);
    free(text);

    text = repeat("{\"type\":\"view\",\"ctx\":{\"a\":\"", "x",
        RECO_EVENT_VALUE_MAX + 1, "\"}}");
    expect_reject(text, "ctx", RECO_EVENT_TOO_LONG);
    free(text);

    text = repeat("{\"type\":\"view\",\"ctx\":{\"", "k", RECO_EVENT_KEY_MAX + 1,
        "\":1}}");
    expect_reject(text, "ctx", RECO_EVENT_TOO_LONG);
    free(text);
}


static void
test_characters(void **state)
{
    static const char escaped[] = "{\"type\":\"view\",\"item\":\"\\\\u0000\"}";

    (void) state;

    expect_reject("{\"type\":\"view\",\"item\":\"a\tb\"}", "event",
        RECO_EVENT_BAD_CHARACTER);
    expect_reject("{\"type\":\"view\",\"item\":\"a\\tb\"}", "item",
        RECO_EVENT_BAD_CHARACTER);
    expect_reject("{\"type\":\"view\",\"item\":\"a\\u0000b\"}", "event",
        RECO_EVENT_BAD_CHARACTER);
    expect_reject("{\"type\":\"view\",\"item\":\"\x7f\"}", "item",
        RECO_EVENT_BAD_CHARACTER);
    expect_reject("{\"type\":\"view\",\"item\":\"\xc0\xaf\"}", "item",
        RECO_EVENT_BAD_UTF8);
    expect_reject("{\"type\":\"view\",\"item\":\"\\ud800\"}", "event",
        RECO_EVENT_MALFORMED);
    expect_reject("{\"type\":\"search\",\"ctx\":{\"q\":\"\\u0001\"}}", "ctx",
        RECO_EVENT_BAD_CHARACTER);
    expect_reject("{\"type\":\"view\",\"ctx\":{\"a b\":1}}", "ctx",
        RECO_EVENT_BAD_CHARACTER);
    expect_reject("{\"type\":\"view\",\"ctx\":{\"\":1}}", "ctx",
        RECO_EVENT_BAD_CHARACTER);

    /* An escaped backslash before u0000 is no NUL. */
    assert_int_equal(parse(escaped, sizeof(escaped) - 1), RECO_OK);
    assert_int_equal(batch.nevents, 1);
    assert_int_equal(batch.events[0].item.len, 6);
}


static void
test_numbers(void **state)
{
    static const char *const bad[] = {"1e999", "-1e999", "-0.1", "1.01"};
    char text[128], digits[RECO_EVENT_NUMBER_MAX];
    double number;
    size_t i;

    (void) state;

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        snprintf(
            text, sizeof(text), "{\"type\":\"scroll\",\"depth\":%s}", bad[i]);
        expect_reject(text, "depth", RECO_EVENT_OUT_OF_RANGE);
    }

    expect_reject(
        "{\"type\":\"scroll\",\"depth\":true}", "depth", RECO_EVENT_WRONG_TYPE);
    expect_reject("{\"type\":\"scroll\",\"depth\":\"0.5x\"}", "depth",
        RECO_EVENT_WRONG_TYPE);
    expect_reject("{\"type\":\"scroll\",\"depth\":\"99999999999999999\"}",
        "depth", RECO_EVENT_OUT_OF_RANGE);
    expect_reject(
        "{\"type\":\"view\",\"item\":1.5}", "item", RECO_EVENT_WRONG_TYPE);
    expect_reject("{\"type\":\"view\",\"id\":7}", "id", RECO_EVENT_WRONG_TYPE);

    /* As strtod() and printf() would, but in no locale. */
    srand(3);
    for (i = 0; i < 20000; i++) {
        number = (double) (rand() % 2000000000) / (i % 3 == 0 ? 1e6 : 100);
        digits[reco_event_format_real(number, digits)] = '\0';
        assert_true(strtod(digits, NULL) == reco_event_round(number));

        snprintf(text, sizeof(text), "%.6f", number);
        assert_int_equal(
            reco_event_parse_real((reco_str_t){strlen(text), text}, &number),
            RECO_OK);
        assert_true(number == strtod(text, NULL));
    }

    assert_int_equal(
        reco_event_parse_real(reco_string("2.0000005"), &number), RECO_OK);
    assert_true(number == 2.000001);
    assert_int_equal(
        reco_event_parse_real(reco_string("1."), &number), RECO_INVALID);
    assert_int_equal(
        reco_event_parse_real(reco_string("-"), &number), RECO_INVALID);
    assert_int_equal(reco_event_format_int64(INT64_MIN, digits),
        strlen("-9223372036854775808"));
}


/* Any body fits the arena; a smaller arena is an error, not an overflow. */
static void
test_arena(void **state)
{
    reco_event_arena_t arena;
    reco_str_t body;
    char *text, *small;
    size_t size;
    unsigned i;

    (void) state;

    text = malloc(RECO_EVENT_BODY_MAX);
    assert_non_null(text);
    body.len = 0;
    body.data = text;
    for (i = 0; i < RECO_EVENT_BATCH_MAX; i++) {
        body.len += (size_t) sprintf(text + body.len,
            "%c{\"type\":\"purchase\",\"items\":[", i == 0 ? '[' : ',');
        while (body.len < (i + 1) * 1000) {
            body.len += (size_t) sprintf(text + body.len, "\"%u\",", i);
        }
        body.len += (size_t) sprintf(text + body.len, "9],\"ctx\":{\"a\":1}}");
    }
    body.len += (size_t) sprintf(text + body.len, "]");

    /* More than fifty lines each: too many; fewer: they fit. */
    assert_int_equal(parse(body.data, body.len), RECO_OK);
    assert_int_equal(batch.nrejects, RECO_EVENT_BATCH_MAX);

    free(text);
    text = repeat("[{\"type\":\"impression\",\"items\":[1]}",
        ",{\"type\":\"impression\",\"ctx\":{\"a\":1},\"items\":[1]}",
        RECO_EVENT_BATCH_MAX - 1, "]");
    body = (reco_str_t){strlen(text), text};
    assert_int_equal(parse(body.data, body.len), RECO_OK);
    assert_int_equal(batch.nevents, RECO_EVENT_BATCH_MAX);

    for (size = 0; size < 20000; size += 997) {
        small = malloc(size + 1);
        assert_non_null(small);
        arena = (reco_event_arena_t){small, size, 0};
        assert_int_equal(
            reco_event_parse_json(body, NOW, &arena, &batch, &error),
            RECO_NOMEM);
        free(small);
    }

    free(text);
}


static void
test_context_twice(void **state)
{
    char text[] = "{\"type\":\"view\",\"ctx\":{\"a\":1,\"b\":2,\"c\":3,"
                  "\"d\":4,\"e\":5,\"f\":6,\"g\":7,\"h\":8,\"a\":9}}";
    reco_event_arena_t arena = {memory, sizeof(memory), 0};

    (void) state;

    assert_int_equal(parse(text, strlen(text)), RECO_OK);
    assert_int_equal(batch.nrejects, 0);
    assert_int_equal(batch.events[0].ncontext, RECO_EVENT_CONTEXT_MAX);
    assert_memory_equal(batch.events[0].context[0].key.data, "a", 1);
    assert_memory_equal(batch.events[0].context[0].value.data, "9", 1);

    assert_int_equal(
        reco_event_parse_query(reco_string("type=view&ctx.a=1&ctx.a=2"), NOW,
            &arena, &batch, &error),
        RECO_OK);
    assert_int_equal(batch.events[0].ncontext, 1);
    assert_memory_equal(batch.events[0].context[0].value.data, "2", 1);
}


static void
test_made(void **state)
{
    reco_event_arena_t arena = {memory, sizeof(memory), 0};
    reco_event_reject_t reject = {0};
    reco_event_t event;
    char record[RECO_EVENT_RECORD_MAX];
    size_t len;

    (void) state;

    reco_event_init(&event);
    event.ts = NOW;
    assert_int_equal(reco_event_finish(&event, &reject), RECO_INVALID);
    assert_string_equal(reject.field, "type");

    event.type = RECO_EVENT_ITEM;
    assert_int_equal(reco_event_finish(&event, &reject), RECO_INVALID);
    assert_string_equal(reject.field, "item");
    assert_int_equal(reject.reason, RECO_EVENT_MISSING);

    assert_int_equal(reco_event_set(&event, reco_string("item"),
                         reco_string("42"), &arena, &reject),
        RECO_OK);
    assert_int_equal(reco_event_set(&event, reco_string("url"),
                         reco_string("data:text/html,x"), &arena, &reject),
        RECO_INVALID);
    assert_string_equal(reject.field, "url");
    assert_int_equal(reject.reason, RECO_EVENT_UNKNOWN_VALUE);
    assert_int_equal(reco_event_set(&event, reco_string("price"),
                         reco_string("9.90"), &arena, &reject),
        RECO_OK);
    assert_int_equal(reco_event_set(&event, reco_string("ctx.page"),
                         reco_string("product"), &arena, &reject),
        RECO_OK);
    assert_int_equal(reco_event_set(&event, reco_string("visitor"),
                         reco_string("00ff"), &arena, &reject),
        RECO_OK);
    assert_int_equal(reco_event_set(&event, reco_string("colour"),
                         reco_string("red"), &arena, &reject),
        RECO_DECLINED);
    assert_int_equal(reco_event_finish(&event, &reject), RECO_OK);
    assert_true(event.product.price == 9.9);

    assert_int_equal(
        reco_event_encode(&event, record, sizeof(record), &len), RECO_OK);
    assert_memory_equal(record, "u\t00ff\nt\titem\n", 14);
    while (len-- > 0) {
        assert_int_equal(reco_event_encode(&event, record, len, &(size_t){0}),
            RECO_TOO_LARGE);
    }
}


static void
test_shard(void **state)
{
    unsigned counts[4] = {0}, i;
    char visitor[33];
    reco_str_t name;

    (void) state;

    for (i = 0; i < 4000; i++) {
        name.len = (size_t) snprintf(visitor, sizeof(visitor), "%032x", i);
        name.data = visitor;
        counts[reco_event_shard(name, 4)]++;
        assert_int_equal(reco_event_shard(name, 4), reco_event_shard(name, 4));
        assert_int_equal(reco_event_shard(name, 1), 0);
    }

    for (i = 0; i < 4; i++) {
        assert_in_range(counts[i], 900, 1100);
    }

    /* Streams that are there already were written by it. */
    assert_int_equal(
        reco_event_shard(reco_string("0123456789abcdef0123456789abcdef"), 256),
        85);
}


/* An entry's records, an empty line between. */
static void
test_records(void **state)
{
    static const struct {
        const char *entry;
        const char *records[4];
    } cases[] = {
        {"", {""}},
        {"t\tview\n", {"t\tview\n"}},
        {"t\tview\n\n", {"t\tview\n"}},
        {"t\tview\n\nt\tcart\ni\t1\n", {"t\tview\n", "t\tcart\ni\t1\n"}},
        {"a\n\nb\n\nc", {"a\n", "b\n", "c"}},
        {"\na\n", {"\na\n"}},
        {"\n\n\n\na", {"\n", "\n", "a"}},
        {"\n\n", {"\n"}},
        {"\n\n\n", {"\n", "\n"}},
    };

    reco_str_t entry, record;
    unsigned i, n;
    int more;

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        entry = (reco_str_t){strlen(cases[i].entry), cases[i].entry};
        n = 0;

        do {
            more = reco_event_next_record(&entry, &record);
            assert_non_null(cases[i].records[n]);
            assert_int_equal(record.len, strlen(cases[i].records[n]));
            assert_memory_equal(record.data, cases[i].records[n], record.len);
            n++;
        } while (more);

        assert_null(cases[i].records[n]);
    }
}


/* Each name leads to its own column, and no other text to any. */
static void
test_names(void **state)
{
    static const char *const others[] = {"", "V", "vv", "typo", "types", "tupe",
        "item\x01", "itms", "Visitor", "visitors", "\xff", "\xff\xff\xff"};

    const reco_event_column_t *column, *found;
    char name[16];
    unsigned i, byte;
    size_t place;

    (void) state;

    for (i = 0; i < reco_event_ncolumns; i++) {
        column = &reco_event_columns[i];
        assert_ptr_equal(reco_event_column_by_name(column->name), column);

        for (place = 0; place < column->name.len; place++) {
            for (byte = 1; byte < 256; byte++) {
                memcpy(name, column->name.data, column->name.len);
                name[place] = (char) (name[place] ^ byte);
                found = reco_event_column_by_name(
                    (reco_str_t){column->name.len, name});

                if (found != NULL) {
                    assert_memory_equal(
                        found->name.data, name, column->name.len);
                }
            }
        }
    }

    for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        assert_null(reco_event_column_by_name(
            (reco_str_t){strlen(others[i]), others[i]}));
    }
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_characters),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_arena),
        cmocka_unit_test(test_context_twice),
        cmocka_unit_test(test_made),
        cmocka_unit_test(test_shard),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_records),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
