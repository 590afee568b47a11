/*
 * Events as lines of a stream's entry: what is said and what goes without
 * saying, and records that came from nowhere.
 */

#include "event_case.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>


/* The record of an event, as a string. */
static const char *
encoded(const reco_event_t *event)
{
    static char record[RECO_EVENT_RECORD_MAX + 1];
    size_t len;

    assert_int_equal(
        reco_event_encode(event, record, sizeof(record) - 1, &len), RECO_OK);
    record[len] = '\0';

    return record;
}


static reco_status_t
decode(const char *record, reco_event_t *event)
{
    reco_event_arena_t arena = {memory, sizeof(memory), 0};

    return reco_event_decode(
        (reco_str_t){strlen(record), record}, &arena, event, &error);
}


/* An event without an id has the same one in every replay of its record. */
static void
test_made_id(void **state)
{
    reco_event_t event;

    (void) state;

    reco_event_init(&event);
    event.type = RECO_EVENT_VIEW;
    event.ts = NOW;
    event.sequence = 0xabc;

    assert_string_equal(encoded(&event), "q\t0000000000000abc\nt\tview\n"
                                         "id\t~0000000000000abc\n"
                                         "ts\t1764000000000\n");
}


/* Whoever put a control character into an event: no line of it is written. */
static void
test_made_controls(void **state)
{
    static const char *const controls[] = {"a\tb", "\n", "12345678\n",
        "1234567\x7f", "\xc2\x85", "1234567\xc2\x9b",
        "12345678\x01"
        "23456789",
        "0123456789abcdef\r"};
    static const char *const texts[] = {"", "\xc2\xa0", "1234567\xc2\xa0",
        "0123456789abcdef\xe2\x82\xac", "\xc3\x89t\xc3\xa9 ~"};
    char record[RECO_EVENT_RECORD_MAX];
    reco_event_line_t line = {reco_string(""), 1, -1};
    reco_event_pair_t pair = {reco_string("k"), reco_string("")};
    reco_event_t event;
    reco_str_t *places[] = {&event.visitor, &event.id, &event.item,
        &event.currency, &event.slot, &event.req, &line.item, &pair.key,
        &pair.value, &event.product.title, &event.product.url,
        &event.product.image, &event.product.category, &event.product.brand,
        &event.arm, &event.model, &event.source};
    reco_str_t kept;
    size_t i, k, len;

    (void) state;

    reco_event_init(&event);
    event.type = RECO_EVENT_ITEM;
    event.ts = NOW;
    event.lines = &line;
    event.nlines = 1;
    event.context = &pair;
    event.ncontext = 1;

    for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        kept = *places[i];

        for (k = 0; k < sizeof(controls) / sizeof(controls[0]); k++) {
            *places[i] = (reco_str_t){strlen(controls[k]), controls[k]};
            assert_int_equal(
                reco_event_encode(&event, record, sizeof(record), &len),
                RECO_INVALID);
        }

        for (k = 0; k < sizeof(texts) / sizeof(texts[0]); k++) {
            *places[i] = (reco_str_t){strlen(texts[k]), texts[k]};
            assert_int_equal(
                reco_event_encode(&event, record, sizeof(record), &len),
                RECO_OK);
        }

        *places[i] = kept;
    }
}


static void
test_refuse(void **state)
{
    static const char text[] =
        "[{\"type\":\"view\"},{},{\"type\":\"item\",\"item\":\"1\"},"
        "{\"type\":\"view\",\"item\":\"2\"}]";

    (void) state;

    assert_int_equal(parse(text, sizeof(text) - 1), RECO_OK);
    assert_int_equal(batch.nevents, 3);
    assert_int_equal(batch.index[1], 2);

    reco_event_batch_refuse(&batch, 1, "type");

    assert_int_equal(batch.nevents, 2);
    assert_int_equal(batch.index[1], 3);
    assert_memory_equal(batch.events[1].item.data, "2", 1);
    assert_int_equal(batch.nrejects, 2);
    assert_int_equal(batch.rejects[1].index, 2);
    assert_int_equal(batch.rejects[1].reason, RECO_EVENT_NOT_ALLOWED);
}


static void
test_damaged_records(void **state)
{
    reco_event_arena_t arena = {memory, sizeof(memory), 0};
    reco_event_t event;
    reco_status_t rc;
    reco_str_t record;
    const char *whole;
    char *copy;

    (void) state;

    assert_int_equal(parse("{\"type\":\"view\",\"item\":\"42\"}", 27), RECO_OK);
    whole = encoded(&batch.events[0]);

    /* Cut anywhere, with the sanitizer's guard right behind it. */
    for (record.len = 0; record.len < strlen(whole); record.len++) {
        copy = malloc(record.len + 1);
        assert_non_null(copy);
        memcpy(copy + 1, whole, record.len);
        record.data = copy + 1;

        rc = reco_event_decode(record, &arena, &event, &error);
        assert_int_equal(rc, RECO_INVALID);
        free(copy);
    }

    assert_int_equal(decode("t\tview\nts\tsoon\n", &event), RECO_INVALID);
    assert_non_null(strstr(error.message, "\"ts\""));
    assert_non_null(strstr(error.message, "wrong_type"));
}


/* Lines that nginx never writes: read as far as they say something, or refused
   with the field's name. */
static void
test_strange_records(void **state)
{
    static const struct {
        const char *lines;
        const char *field; /* NULL: nothing is wrong */
    } cases[] = {
        {"", NULL},
        {"colour\tred\n\t\n\tx\ntt\t\n", NULL},
        {"t\tclick\ni\t7\nt\tview\n", NULL},
        {"v\t1\n", NULL},
        {"v\t2\n", "v"},
        {"no line", "e"},
        {"no tab\n", "e"},
        {"\n", "e"},
        {"i\t1\t2\n", "item"},
        {"i\t\xff\n", "item"},
        {"i\ta\x01\n", "item"},
        {"u\ta b\n", "visitor"},
        {"q\t\n", "sequence"},
        {"l\t7\n", "items"},
        {"l\t7\t1\n", "items"},
        {"l\t\t1\t\n", "items"},
        {"l\t7\t-1\t\n", "items"},
        {"l\t7\t1\t2\t3\n", "items"},
        {"l\t7\tx\t\n", "items"},
        {"c\ta\n", "ctx"},
        {"c\t\t1\n", "ctx"},
        {"c\ta b\t1\n", "ctx"},
        {"c\ta\t\x01\n", "ctx"},
        {"c\ta\t\xff\n", "ctx"},
        {"c\ta\t\nc\tb\t\nc\tc\t\nc\td\t\nc\te\t\nc\tf\t\nc\tg\t\n"
         "c\th\t\nc\ti\t\n",
            "ctx"},
    };
    reco_event_t event;
    char record[256], field[16];
    size_t i;

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        snprintf(record, sizeof(record), "t\tview\nts\t1764000000000\n%s",
            cases[i].lines);
        assert_int_equal(decode(record, &event),
            cases[i].field == NULL ? RECO_OK : RECO_INVALID);

        if (cases[i].field != NULL) {
            snprintf(field, sizeof(field), "\"%s\"", cases[i].field);
            assert_non_null(strstr(error.message, field));
        }
    }
}


static void
test_lines(void **state)
{
    reco_str_t record, name, value, visitor;
    uint64_t sequence;

    (void) state;

    record = reco_string("u\tab\nq\t1f\nl\t7\t2\t\n");
    assert_int_equal(reco_event_peek(record, &visitor, &sequence), RECO_OK);
    assert_int_equal(visitor.len, 2);
    assert_memory_equal(visitor.data, "ab", 2);
    assert_int_equal(sequence, 0x1f);

    assert_int_equal(reco_event_next_line(&record, &name, &value), RECO_OK);
    assert_int_equal(reco_event_next_line(&record, &name, &value), RECO_OK);
    assert_int_equal(reco_event_next_line(&record, &name, &value), RECO_OK);
    assert_int_equal(name.len, 1);
    assert_int_equal(value.len, 4);
    assert_memory_equal(value.data, "7\t2\t", 4);
    assert_int_equal(
        reco_event_next_line(&record, &name, &value), RECO_DECLINED);

    /* Product data has no visitor; whoever else writes has another order. */
    record = reco_string("q\t1f\nt\titem\n");
    assert_int_equal(reco_event_peek(record, &visitor, &sequence), RECO_OK);
    assert_int_equal(visitor.len, 0);
    assert_int_equal(sequence, 0x1f);
    record = reco_string("t\tview\nq\t1f\nu\tab\nrest");
    assert_int_equal(reco_event_peek(record, &visitor, &sequence), RECO_OK);
    assert_int_equal(visitor.len, 2);
    record = reco_string("t\tview\n");
    assert_int_equal(reco_event_peek(record, &visitor, &sequence), RECO_OK);
    assert_int_equal(sequence, 0);

    record = reco_string("u\tab\nq\tx\n");
    assert_int_equal(
        reco_event_peek(record, &visitor, &sequence), RECO_INVALID);
    record = reco_string("\1\1\2\0uab");
    assert_int_equal(
        reco_event_peek(record, &visitor, &sequence), RECO_INVALID);
}


/* An entry may say what goes without saying, and reads the same. */
static void
test_unsaid(void **state)
{
    static const char full[] = "t\tview\nts\t1764000000000\nv\t1\n"
                               "rt\t1764000000000\nsrc\tsdk\n";
    static const char usual[] = "t\tview\nts\t1764000000000\n";
    reco_event_t event;
    char record[sizeof(full)];
    const char *end;

    (void) state;

    for (end = full + sizeof(usual) - 1; end != NULL; end = strchr(end, '\n')) {
        end += *end == '\n';
        snprintf(record, sizeof(record), "%.*s", (int) (end - full), full);

        assert_int_equal(decode(record, &event), RECO_OK);
        assert_int_equal(event.received, NOW);
        assert_int_equal(event.source.len, 3);
        assert_memory_equal(event.source.data, "sdk", 3);
        assert_string_equal(encoded(&event), usual);

        if (*end == '\0') {
            break;
        }
    }

    assert_int_equal(decode("t\tview\nts\t1764000000000\n"
                            "rt\t1764000000001\nsrc\tpage\n",
                         &event),
        RECO_OK);
    assert_int_equal(event.received, NOW + 1);
    assert_memory_equal(event.source.data, "page", 4);
    assert_string_equal(encoded(&event), "t\tview\nts\t1764000000000\n"
                                         "rt\t1764000000001\nsrc\tpage\n");
}


/* A line for each pair of ctx; of a key that comes twice the last one counts. */
static void
test_context_lines(void **state)
{
    reco_event_t event;

    (void) state;

    assert_int_equal(decode("t\tview\nc\ta\t1\nc\tb\t\nts\t1764000000000\n"
                            "c\tc\tx y\tz\nc\ta\t5\n",
                         &event),
        RECO_OK);
    assert_int_equal(event.ncontext, 3);
    assert_string_equal(encoded(&event), "t\tview\nts\t1764000000000\nc\ta\t5\n"
                                         "c\tb\t\nc\tc\tx y z\n");
}


/* Of ts and rt those are left out that the sequence tells. */
static void
test_unsaid_times(void **state)
{
    static const struct {
        const char *times, *sequence;
        int64_t event_ts, event_received;
        const char *written;
    } cases[] = {
        {"", "19ab697e80000003", NOW, NOW, ""},
        {"ts\t1764000000000\n", "19ab697e80000003", NOW, NOW, ""},
        {"ts\t1764000000000\nrt\t1764000000000\n", "19ab697e80000003", NOW, NOW,
            ""},
        {"ts\t1763999999000\n", "19ab697e80000003", NOW - 1000, NOW,
            "ts\t1763999999000\n"},
        {"ts\t1763999999000\nrt\t1764000000000\n", "19ab697e80000003",
            NOW - 1000, NOW, "ts\t1763999999000\n"},
        {"rt\t1764000000001\n", "19ab697e80000003", NOW + 1, NOW + 1,
            "rt\t1764000000001\n"},
        {"ts\t1763999999000\nrt\t1764000000001\n", "19ab697e80000003",
            NOW - 1000, NOW + 1, "ts\t1763999999000\nrt\t1764000000001\n"},
        /* A sequence of no time. */
        {"ts\t1764000000000\n", "0000000000000003", NOW, NOW,
            "ts\t1764000000000\n"},
        {"ts\t1764000000000\n", "ffffffffffffffff", NOW, NOW,
            "ts\t1764000000000\n"},
    };
    reco_event_t event;
    char record[256];
    size_t i;

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        snprintf(record, sizeof(record), "q\t%s\nt\tview\nid\te\n%s",
            cases[i].sequence, cases[i].times);
        assert_int_equal(decode(record, &event), RECO_OK);
        assert_int_equal(event.ts, cases[i].event_ts);
        assert_int_equal(event.received, cases[i].event_received);

        snprintf(record, sizeof(record), "q\t%s\nt\tview\nid\te\n%s",
            cases[i].sequence, cases[i].written);
        assert_string_equal(encoded(&event), record);

        assert_int_equal(decode(record, &event), RECO_OK);
        assert_int_equal(event.ts, cases[i].event_ts);
        assert_int_equal(event.received, cases[i].event_received);
    }

    assert_int_equal(
        decode("t\tview\nq\t0000000000000003\n", &event), RECO_INVALID);
    assert_non_null(strstr(error.message, "\"ts\""));
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_made_id),
        cmocka_unit_test(test_made_controls),
        cmocka_unit_test(test_refuse),
        cmocka_unit_test(test_damaged_records),
        cmocka_unit_test(test_strange_records),
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_unsaid),
        cmocka_unit_test(test_context_lines),
        cmocka_unit_test(test_unsaid_times),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
