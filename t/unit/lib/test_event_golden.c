/*
 * t/golden/events: what a client sends, and the records and refusals that must
 * come out; there and back.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <cjson/cJSON.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "event/reco_event.h"

#define GOLDEN "t/golden/events"


static char *
read_file(const char *path)
{
    FILE *file;
    char *data;
    size_t len;

    data = malloc(1 << 20);
    assert_non_null(data);

    file = fopen(path, "rb");
    if (file == NULL) {
        fail_msg("%s: cannot be opened; run from the project's root", path);
    }

    len = fread(data, 1, (1 << 20) - 1, file);
    data[len] = '\0';
    fclose(file);

    return data;
}


static const char *
text_of(const cJSON *object, const char *key)
{
    const cJSON *node;

    node = cJSON_GetObjectItemCaseSensitive(object, key);

    return node != NULL ? cJSON_GetStringValue(node) : NULL;
}


/* A record against an array of its lines. */
static void
check_lines(const char *file, reco_str_t record, const cJSON *want)
{
    const cJSON *line;
    const char *text;
    size_t at;

    at = 0;
    cJSON_ArrayForEach(line, want)
    {
        text = cJSON_GetStringValue(line);
        if (record.len - at <= strlen(text)
            || memcmp(record.data + at, text, strlen(text)) != 0
            || record.data[at + strlen(text)] != '\n')
        {
            fail_msg("%s: \"%.*s\" does not begin with the line \"%s\"", file,
                (int) (record.len - at), record.data + at, text);
        }
        at += strlen(text) + 1;
    }

    assert_int_equal(at, record.len);
}


/* Record -> event -> record gives the same bytes. */
static void
check_return(const char *file, reco_str_t record)
{
    static char again[RECO_EVENT_RECORD_MAX];
    static char memory[65536];
    reco_event_arena_t arena = {memory, sizeof(memory), 0};
    reco_event_t event;
    reco_error_t error;
    size_t len;

    if (reco_event_decode(record, &arena, &event, &error) != RECO_OK) {
        fail_msg("%s: %s", file, error.message);
    }

    assert_int_equal(
        reco_event_encode(&event, again, sizeof(again), &len), RECO_OK);
    assert_int_equal(len, record.len);
    assert_memory_equal(again, record.data, len);
}


/* Event -> JSON -> event -> record gives the same bytes, but for those that
   only the server adds at the door. */
static void
check_export(const char *file, const reco_event_t *event, reco_str_t record)
{
    static char json[RECO_EVENT_JSON_MAX];
    static char again[RECO_EVENT_RECORD_MAX];
    static char memory[RECO_EVENT_ARENA_SIZE];
    static reco_event_batch_t batch;
    reco_event_arena_t arena = {memory, sizeof(memory), 0};
    reco_str_t body;
    size_t len;

    assert_int_equal(
        reco_event_to_json(event, json, sizeof(json), &body.len), RECO_OK);
    body.data = json;

    assert_int_equal(
        reco_event_parse_json(body, 0, &arena, &batch, NULL), RECO_OK);
    if (batch.nevents != 1) {
        fail_msg("%s: %s of %.*s", file, batch.rejects[0].field, (int) body.len,
            body.data);
    }

    assert_int_equal(
        reco_event_encode(&batch.events[0], again, sizeof(again), &len),
        RECO_OK);
    assert_int_equal(len, record.len);
    assert_memory_equal(again, record.data, len);
}


static void
check_events(
    const char *file, const reco_event_batch_t *batch, const cJSON *want)
{
    static char out[RECO_EVENT_RECORD_MAX];
    reco_str_t record;
    unsigned i;

    assert_int_equal(batch->nevents, cJSON_GetArraySize(want));

    for (i = 0; i < batch->nevents; i++) {
        assert_int_equal(
            reco_event_encode(&batch->events[i], out, sizeof(out), &record.len),
            RECO_OK);
        record.data = out;

        check_lines(file, record, cJSON_GetArrayItem(want, (int) i));
        check_return(file, record);
        check_export(file, &batch->events[i], record);
    }
}


static void
check_rejects(
    const char *file, const reco_event_batch_t *batch, const cJSON *want)
{
    const reco_event_reject_t *reject;
    const cJSON *node;
    unsigned i;

    for (i = 0; i < batch->nrejects; i++) {
        reject = &batch->rejects[i];
        node = cJSON_GetArrayItem(want, (int) i);
        if (node == NULL) {
            fail_msg("%s: element %u refused: %s %s", file, reject->index,
                reject->field, reco_event_reason_name(reject->reason));
        }

        assert_int_equal(reject->index,
            cJSON_GetObjectItemCaseSensitive(node, "index")->valueint);
        assert_string_equal(reject->field, text_of(node, "field"));
        assert_string_equal(
            reco_event_reason_name(reject->reason), text_of(node, "reason"));
    }

    assert_int_equal(batch->nrejects, cJSON_GetArraySize(want));
}


static reco_status_t
parse_golden(
    const cJSON *golden, reco_event_arena_t *arena, reco_event_batch_t *batch)
{
    int64_t received;
    const cJSON *body;
    const char *text;
    char *printed;
    reco_status_t rc;

    received = (int64_t) cJSON_GetObjectItemCaseSensitive(golden, "received")
                   ->valuedouble;

    text = text_of(golden, "query");
    if (text != NULL) {
        return reco_event_parse_query(
            (reco_str_t){strlen(text), text}, received, arena, batch, NULL);
    }

    text = text_of(golden, "text");
    if (text != NULL) {
        return reco_event_parse_json(
            (reco_str_t){strlen(text), text}, received, arena, batch, NULL);
    }

    body = cJSON_GetObjectItemCaseSensitive(golden, "body");
    assert_non_null(body);
    printed = cJSON_PrintUnformatted(body);
    rc = reco_event_parse_json(
        (reco_str_t){strlen(printed), printed}, received, arena, batch, NULL);
    cJSON_free(printed);

    return rc;
}


static void
check_golden(const char *name)
{
    static char memory[RECO_EVENT_ARENA_SIZE];
    static reco_event_batch_t batch;
    reco_event_arena_t arena = {memory, sizeof(memory), 0};
    char path[512];
    char *data;
    const char *want;
    cJSON *golden;
    reco_status_t rc;

    snprintf(path, sizeof(path), GOLDEN "/%s", name);
    data = read_file(path);
    golden = cJSON_Parse(data);
    if (golden == NULL) {
        fail_msg("%s: not JSON", path);
    }

    rc = parse_golden(golden, &arena, &batch);

    want = text_of(golden, "status");
    assert_string_equal(reco_status_name(rc), want != NULL ? want : "ok");

    if (rc == RECO_OK) {
        check_rejects(
            name, &batch, cJSON_GetObjectItemCaseSensitive(golden, "rejects"));
        check_events(
            name, &batch, cJSON_GetObjectItemCaseSensitive(golden, "events"));
    }

    cJSON_Delete(golden);
    free(data);
}


static void
test_golden(void **state)
{
    DIR *dir;
    struct dirent *entry;
    const char *dot;
    unsigned n;

    (void) state;

    dir = opendir(GOLDEN);
    if (dir == NULL) {
        fail_msg(GOLDEN ": cannot be opened; run from the project's root");
        return;
    }

    n = 0;
    while ((entry = readdir(dir)) != NULL) {
        dot = strrchr(entry->d_name, '.');
        if (dot != NULL && strcmp(dot, ".json") == 0) {
            check_golden(entry->d_name);
            n++;
        }
    }
    closedir(dir);

    assert_true(n >= 30);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
