/*
 * The event's JSON reader against cJSON, on texts that are made up and on
 * damaged ones; and what it is stricter in.
 */

#include "event/event_reader.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>

#include <cmocka.h>

#include <cjson/cJSON.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX 4096

static char memory[4 * TEXT_MAX];
static reco_event_arena_t arena = {memory, sizeof(memory), 0};


static reco_event_reader_t
reader_of(const char *text, size_t len)
{
    arena.used = 0;

    return (reco_event_reader_t){
        .next = text, .end = text + len, .arena = &arena, .values = 1};
}


/* The value and all that is in it, as cJSON has it in node; NULL: only read. */
static reco_status_t
compare(
    reco_event_reader_t *reader, reco_event_json_t *value, const cJSON *node)
{
    reco_event_json_t inner;
    reco_str_t key;
    reco_status_t rc;
    const cJSON *child;

    switch (value->kind) {
    case RECO_EVENT_JSON_NULL:
        assert_true(node == NULL || cJSON_IsNull(node));
        return RECO_OK;

    case RECO_EVENT_JSON_FALSE:
        assert_true(node == NULL || cJSON_IsFalse(node));
        return RECO_OK;

    case RECO_EVENT_JSON_TRUE:
        assert_true(node == NULL || cJSON_IsTrue(node));
        return RECO_OK;

    case RECO_EVENT_JSON_NUMBER:
        assert_true(node == NULL || cJSON_IsNumber(node));
        assert_true(node == NULL || value->number == node->valuedouble
                    || fabs(value->number - node->valuedouble)
                           <= fabs(node->valuedouble) * 4 * DBL_EPSILON);
        return RECO_OK;

    case RECO_EVENT_JSON_STRING:
        if (node != NULL) {
            assert_true(cJSON_IsString(node));
            assert_int_equal(value->text.len, strlen(node->valuestring));
            assert_memory_equal(
                value->text.data, node->valuestring, value->text.len);
        }
        return RECO_OK;

    default:
        break;
    }

    assert_true(
        node == NULL
        || (value->kind == RECO_EVENT_JSON_OBJECT ? cJSON_IsObject(node)
                                                  : cJSON_IsArray(node)));
    child = node != NULL ? node->child : NULL;

    for (;;) {
        if (value->kind == RECO_EVENT_JSON_OBJECT) {
            rc = reco_event_read_member(reader, value, &key, &inner);
            if (rc == RECO_OK && node != NULL) {
                assert_non_null(child);
                assert_int_equal(key.len, strlen(child->string));
                assert_memory_equal(key.data, child->string, key.len);
            }

        } else {
            rc = reco_event_read_item(reader, value, &inner);
        }

        if (rc == RECO_DECLINED) {
            assert_null(child);
            return RECO_OK;
        }

        if (rc == RECO_OK) {
            rc = compare(reader, &inner, child);
        }

        if (rc != RECO_OK) {
            return rc;
        }

        child = child != NULL ? child->next : NULL;
    }
}


/* Whether the reader takes all of text. */
static int
accepts(const char *text, size_t len)
{
    reco_event_reader_t reader;
    reco_event_json_t value;

    reader = reader_of(text, len);

    return reco_event_read_value(&reader, &value) == RECO_OK
           && compare(&reader, &value, NULL) == RECO_OK
           && reco_event_skip_space(reader.next, reader.end) == reader.end;
}


/* What it takes, cJSON takes, and for the same. */
static int
check(const char *text, size_t len)
{
    reco_event_reader_t reader;
    reco_event_json_t value;
    cJSON *node;

    if (!accepts(text, len)) {
        return 0;
    }

    node = cJSON_ParseWithLength(text, len);
    assert_non_null(node);

    reader = reader_of(text, len);
    assert_int_equal(reco_event_read_value(&reader, &value), RECO_OK);
    assert_int_equal(compare(&reader, &value, node), RECO_OK);
    cJSON_Delete(node);

    return 1;
}


static size_t
put(char *out, const char *text)
{
    return strlen(strcpy(out, text));
}


/* A random value of up to so many brackets within one another. */
static size_t
make(char *out, int depth)
{
    static const char *const scalars[] = {"null", "true", "false", "0", "-1",
        "42", "12.5", "0.001", "1e3", "-2.5E-7", "1795632110830",
        "0.30000000000000004", "9007199254740993", "1e22", "\"\"", "\"abc\"",
        "\"a\\\"b\\\\c\\/\"", "\"\\u00e9\\n\\t\"", "\"\\ud83d\\ude00 x\"",
        "\"caf\xc3\xa9\"", " 7 "};

    size_t len;
    int i, n, object;

    if (depth == 0 || rand() % 3 == 0) {
        return put(out,
            scalars[(size_t) rand() % (sizeof(scalars) / sizeof(scalars[0]))]);
    }

    object = rand() % 2;
    len = put(out, object ? "{" : "[ ");
    n = rand() % 4;

    for (i = 0; i < n; i++) {
        len += put(out + len, i > 0 ? " ," : "");
        if (object) {
            len += (size_t) sprintf(
                out + len, rand() % 4 ? "\"k%d\":" : "\"\\u006b%d\" : ", i);
        }
        len += make(out + len, depth - 1);
    }

    return len + put(out + len, object ? "}" : "\n]");
}


static void
test_same_as_cjson(void **state)
{
    static const char bytes[] = "{}[]\",:\\u0123eE+-.tfn \n";
    char text[TEXT_MAX];
    size_t len;
    int i, j, taken;

    (void) state;

    srand(7);
    taken = 0;

    for (i = 0; i < 20000; i++) {
        len = make(text, RECO_EVENT_DEPTH_MAX);
        assert_true(len < sizeof(text));
        assert_true(check(text, len));

        for (j = rand() % 3; j >= 0; j--) {
            text[(size_t) rand() % len] =
                bytes[(size_t) rand() % (sizeof(bytes) - 1)];
        }
        taken += check(text, len);

        (void) check(text, (size_t) rand() % len);
    }

    /* damage that leaves JSON, too */
    assert_true(taken > 1000);
}


static void
test_refused(void **state)
{
    static const char *const texts[] = {"", " ", "nul", "truefalse", "01", "-",
        "+1", "1.", ".5", "1e", "1e+", "\"a", "\"a\\", "\"a\\\"", "\"\\x\"",
        "\"\\u12\"", "\"\\u0000\"", "\"\\ud800\"", "\"\\ud800\\u0041\"",
        "\"\\udc00\"", "\"a\nb\"", "{", "[", "[1", "[1,]", "[,1]", "[1 2]",
        "{1:2}", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{\"a\":1]", "[1}",
        "[[[[[1]]]]]", "'a'", "1 2"};

    char *copy;
    size_t i, len;

    (void) state;

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        /* with the sanitizer's guard right behind it */
        len = strlen(texts[i]);
        copy = malloc(len + 1);
        assert_non_null(copy);
        memcpy(copy + 1, texts[i], len);
        if (accepts(copy + 1, len)) {
            fail_msg("taken: %s", texts[i]);
        }
        free(copy);
    }
}


/* Decimals as shops and clocks write them come out as strtod() has them. */
static void
test_numbers(void **state)
{
    reco_event_reader_t reader;
    reco_event_json_t value;
    char text[64];
    int i, len;

    (void) state;

    srand(5);

    for (i = 0; i < 20000; i++) {
        len = snprintf(text, sizeof(text), "%s%d.%0*d", i % 2 ? "-" : "",
            rand() % 1000000, 1 + i % 9, rand() % 10);
        reader = reader_of(text, (size_t) len);
        assert_int_equal(reco_event_read_value(&reader, &value), RECO_OK);
        assert_true(value.number == strtod(text, NULL));
    }

    reader = reader_of("1e999", 5);
    assert_int_equal(reco_event_read_value(&reader, &value), RECO_OK);
    assert_true(isinf(value.number));

    reader = reader_of("1e-999", 6);
    assert_int_equal(reco_event_read_value(&reader, &value), RECO_OK);
    assert_true(value.number == 0);
}


/* More values than an event may have, and an arena without room for escapes. */
static void
test_limits(void **state)
{
    char text[2 * RECO_EVENT_VALUES_MAX + 8];
    reco_event_reader_t reader;
    reco_event_json_t value;
    size_t len;
    int i;

    (void) state;

    len = put(text, "[1");
    for (i = 2; i < RECO_EVENT_VALUES_MAX; i++) {
        len += put(text + len, ",1");
    }
    text[len] = ']';
    assert_true(accepts(text, len + 1));

    len += put(text + len, ",1]");
    assert_false(accepts(text, len));

    reader = reader_of("\"\\n12345\"", 9);
    arena.used = arena.size - 6;
    assert_int_equal(reco_event_read_value(&reader, &value), RECO_NOMEM);
    arena.used = 0;
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_as_cjson),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_limits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
