/*
 * Bodies, query strings and records.  The first byte chooses the door; what
 * comes through must survive the record and the export unchanged.
 */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "event/reco_event.h"

#define RECEIVED INT64_C(1764000000000)


static char parsed[RECO_EVENT_ARENA_SIZE] __attribute__((aligned(16)));
static char returned[RECO_EVENT_ARENA_SIZE] __attribute__((aligned(16)));
static reco_event_batch_t batch;
static reco_event_batch_t again;


static void
encode(const reco_event_t *event, char *out, reco_str_t *record)
{
    if (reco_event_encode(event, out, RECO_EVENT_RECORD_MAX, &record->len)
        != RECO_OK)
    {
        abort();
    }

    record->data = out;
}


static void
same(reco_str_t a, reco_str_t b)
{
    if (a.len != b.len || (a.len > 0 && memcmp(a.data, b.data, a.len) != 0)) {
        abort();
    }
}


/* Through the stream; what stands first is found without the rest. */
static void
through_record(reco_str_t record)
{
    static char out[RECO_EVENT_RECORD_MAX];
    reco_event_arena_t arena = {returned, sizeof(returned), 0};
    reco_event_t event;
    reco_str_t copy, visitor;
    uint64_t sequence;

    if (reco_event_decode(record, &arena, &event, NULL) != RECO_OK
        || reco_event_peek(record, &visitor, &sequence) != RECO_OK
        || sequence != event.sequence)
    {
        abort();
    }

    same(visitor, event.visitor);
    encode(&event, out, &copy);
    same(record, copy);
}


/* Through the JSON of an export. */
static void
through_json(const reco_event_t *event, reco_str_t record)
{
    static char json[RECO_EVENT_JSON_MAX];
    static char out[RECO_EVENT_RECORD_MAX];
    reco_event_arena_t arena = {returned, sizeof(returned), 0};
    reco_str_t body, copy;

    if (reco_event_to_json(event, json, sizeof(json), &body.len) != RECO_OK) {
        abort();
    }
    body.data = json;

    if (reco_event_parse_json(body, 0, &arena, &again, NULL) != RECO_OK
        || again.nevents != 1)
    {
        abort();
    }

    encode(&again.events[0], out, &copy);
    same(record, copy);
}


static void
check_batch(void)
{
    static char out[RECO_EVENT_RECORD_MAX];
    reco_str_t record;
    unsigned i;

    if (batch.nevents + batch.nrejects > RECO_EVENT_BATCH_MAX) {
        abort();
    }

    for (i = 0; i < batch.nevents; i++) {
        encode(&batch.events[i], out, &record);
        through_record(record);
        through_json(&batch.events[i], record);
    }

    for (i = 0; i < batch.nrejects; i++) {
        if (batch.rejects[i].field == NULL
            || batch.rejects[i].reason >= RECO_EVENT_REASON_COUNT)
        {
            abort();
        }
    }
}


/* A record from nowhere: refused, or an event that keeps the rules. */
static void
check_record(reco_str_t record)
{
    static char out[RECO_EVENT_RECORD_MAX];
    reco_event_arena_t arena = {parsed, sizeof(parsed), 0};
    reco_event_t event;
    reco_str_t copy, visitor;
    uint64_t sequence;

    (void) reco_event_peek(record, &visitor, &sequence);

    if (reco_event_decode(record, &arena, &event, NULL) != RECO_OK) {
        return;
    }

    encode(&event, out, &copy);
    through_record(copy);
    through_json(&event, copy);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    reco_event_arena_t arena = {parsed, sizeof(parsed), 0};
    reco_str_t text;
    reco_error_t error;

    if (size == 0) {
        return 0;
    }

    text.data = (const char *) data + 1;
    text.len = size - 1;

    switch (data[0] % 4) {
    case 0:
        if (reco_event_parse_json(text, RECEIVED, &arena, &batch, &error)
            == RECO_OK) {
            check_batch();
        }
        break;

    case 1:
        if (reco_event_parse_json(text, 0, &arena, &batch, &error) == RECO_OK) {
            check_batch();
        }
        break;

    case 2:
        if (reco_event_parse_query(text, RECEIVED, &arena, &batch, &error)
            == RECO_OK) {
            check_batch();
        }
        break;

    default:
        check_record(text);
    }

    return 0;
}
