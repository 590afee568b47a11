#include "ingest_batch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* An event's arrays, for all that it may hold. */
#define EVENT_ROOM 4096
#define PIECE      512


static reco_str_t
text(const char *data)
{
    return (reco_str_t){strlen(data), data};
}


static reco_str_t
string_of(const redisReply *reply)
{
    return (reco_str_t){(size_t) reply->len, reply->str};
}


void
reco_ingest_batch_done(reco_ingest_batch_t *batch)
{
    free(batch->entries);
    free(batch->events);
    free(batch->outcomes);
    free(batch->arena.data);
    memset(batch, 0, sizeof(*batch));
}


void
reco_ingest_batch_clear(reco_ingest_batch_t *batch)
{
    batch->nentries = 0;
    batch->nevents = 0;
    batch->arena.used = 0;
    batch->unreadable = 0;
}


/* Grows *array to n elements; it is left as it was where that fails. */
static reco_status_t
grow(void **array, size_t n, size_t size)
{
    void *grown;

    grown = realloc(*array, n * size);
    if (grown == NULL) {
        return RECO_NOMEM;
    }

    *array = grown;

    return RECO_OK;
}


static reco_status_t
reserve(reco_ingest_batch_t *batch, size_t nentries, reco_error_t *error)
{
    if (nentries <= batch->size) {
        return RECO_OK;
    }

    if (nentries < 2 * batch->size) {
        nentries = 2 * batch->size;
    }

    if (grow((void **) &batch->entries, nentries, sizeof(*batch->entries))
            != RECO_OK
        || grow((void **) &batch->events, nentries, sizeof(*batch->events))
               != RECO_OK
        || grow((void **) &batch->outcomes, nentries, sizeof(*batch->outcomes))
               != RECO_OK)
    {
        return reco_error_set(error, RECO_NOMEM, "out of memory");
    }

    batch->size = nentries;

    return RECO_OK;
}


/* The records of an entry; of one that has too many, the rest is no record. */
static reco_status_t
add_records(reco_ingest_batch_t *batch, unsigned shard, const redisReply *pair,
    reco_error_t *error)
{
    reco_ingest_entry_t *entry;
    reco_str_t records, record;
    reco_status_t status;
    unsigned part;
    int more;

    part = 0;
    more = reco_redis_field(pair->element[1], RECO_EVENT_FIELD, &records);
    record = reco_null_string;

    do {
        if (more && part + 1 < RECO_EVENT_RECORDS_MAX) {
            more = reco_event_next_record(&records, &record);

        } else if (more) {
            record = records;
            more = 0;
        }

        status = reserve(batch, batch->nentries + 1, error);
        if (status != RECO_OK) {
            return status;
        }

        entry = &batch->entries[batch->nentries++];
        memset(entry, 0, sizeof(*entry));
        entry->shard = shard;
        entry->part = part++;
        entry->id = pair->element[0];
        entry->deleted = pair->element[1]->type != REDIS_REPLY_ARRAY;
        entry->record = record;
    } while (more);

    return RECO_OK;
}


reco_status_t
reco_ingest_batch_add(reco_ingest_batch_t *batch, unsigned shard,
    const redisReply *list, reco_error_t *error)
{
    const redisReply *pair;
    reco_status_t status;
    size_t i;

    if (list->type != REDIS_REPLY_ARRAY) {
        return reco_error_set(
            error, RECO_INVALID, "Redis gave no list of entries");
    }

    status = RECO_OK;

    for (i = 0; status == RECO_OK && i < list->elements; i++) {
        pair = list->element[i];
        if (pair->type != REDIS_REPLY_ARRAY || pair->elements != 2
            || pair->element[0]->type != REDIS_REPLY_STRING)
        {
            /* Before Redis 7, a deleted entry that is claimed. */
            continue;
        }

        status = add_records(batch, shard, pair, error);
    }

    return status;
}


/* All of a batch fits, whatever is in it. */
static reco_status_t
reserve_arena(reco_ingest_batch_t *batch, reco_error_t *error)
{
    size_t i, size;
    char *data;

    size = 0;
    for (i = 0; i < batch->nentries; i++) {
        size += EVENT_ROOM + batch->entries[i].record.len;
    }

    if (size <= batch->arena.size) {
        return RECO_OK;
    }

    data = realloc(batch->arena.data, size);
    if (data == NULL) {
        return reco_error_set(error, RECO_NOMEM, "out of memory");
    }

    batch->arena.data = data;
    batch->arena.size = size;

    return RECO_OK;
}


/* An event without an id of its own is what its entry is called in the stream. */
static reco_status_t
name_event(reco_ingest_batch_t *batch, const reco_ingest_entry_t *entry,
    reco_event_t *event)
{
    char *name;
    int len;

    if (event->id.len > 0 || event->type == RECO_EVENT_ITEM) {
        return RECO_OK;
    }

    if (batch->arena.size - batch->arena.used < RECO_EVENT_ID_MAX + 1) {
        return RECO_NOMEM;
    }

    name = batch->arena.data + batch->arena.used;
    len = entry->part == 0 ? snprintf(name, RECO_EVENT_ID_MAX + 1, "%s:%u",
              entry->id->str, entry->shard)
                           : snprintf(name, RECO_EVENT_ID_MAX + 1, "%s:%u.%u",
                               entry->id->str, entry->shard, entry->part);
    batch->arena.used += (size_t) len;
    event->id = (reco_str_t){(size_t) len, name};

    return len <= RECO_EVENT_ID_MAX ? RECO_OK : RECO_INVALID;
}


static reco_status_t
decode_entry(reco_ingest_batch_t *batch, reco_ingest_entry_t *entry)
{
    reco_error_t error = {0};
    reco_status_t status;
    reco_event_t *event;

    event = &batch->events[batch->nevents];

    if (entry->record.data == NULL) {
        snprintf(entry->reason, sizeof(entry->reason), "%s",
            entry->deleted ? "the entry was deleted" : "no event");
        return RECO_INVALID;
    }

    status = reco_event_decode(entry->record, &batch->arena, event, &error);
    if (status == RECO_OK) {
        status = name_event(batch, entry, event);
    }

    if (status != RECO_OK) {
        snprintf(entry->reason, sizeof(entry->reason), "%.90s", error.message);
        return status;
    }

    entry->readable = 1;
    batch->nevents++;

    return RECO_OK;
}


reco_status_t
reco_ingest_batch_decode(reco_ingest_batch_t *batch, reco_error_t *error)
{
    reco_status_t status;
    size_t i;

    status = reserve_arena(batch, error);
    if (status != RECO_OK) {
        return status;
    }

    for (i = 0; i < batch->nentries; i++) {
        status = decode_entry(batch, &batch->entries[i]);
        if (status == RECO_NOMEM) {
            return reco_error_set(error, status, "out of memory");
        }
        batch->unreadable += status != RECO_OK;
    }

    return RECO_OK;
}


/* XACK of entries of one shard; *next is moved behind the last one. */
static reco_status_t
append_ack(const reco_ingest_batch_t *batch, redisContext *context,
    const reco_ingest_group_t *group, size_t *next, reco_error_t *error)
{
    const char *data[PIECE + 3];
    size_t lengths[PIECE + 3];
    reco_str_t stream;
    unsigned shard;
    size_t i;
    int n;

    shard = batch->entries[*next].shard;
    stream = reco_ingest_stream(group, shard);

    data[0] = "XACK";
    lengths[0] = 4;
    data[1] = stream.data;
    lengths[1] = stream.len;
    data[2] = group->group.data;
    lengths[2] = group->group.len;
    n = 3;

    for (i = *next; i < batch->nentries && n < PIECE + 3
                    && batch->entries[i].shard == shard;
         i++)
    {
        if (batch->entries[i].part > 0) {
            continue;
        }

        data[n] = batch->entries[i].id->str;
        lengths[n] = (size_t) batch->entries[i].id->len;
        n++;
    }

    *next = i;

    if (redisAppendCommandArgv(context, n, data, lengths) != REDIS_OK) {
        return reco_error_set(
            error, RECO_IO, "cannot write to Redis: %s", context->errstr);
    }

    return RECO_OK;
}


/* The event as it came, with the reason and where it was. */
static reco_status_t
append_rejected(const reco_ingest_entry_t *entry, const char *reason,
    redisContext *context, const char *rejected, int64_t max,
    reco_error_t *error)
{
    reco_str_t words[12];
    char number[24];
    size_t n;

    snprintf(number, sizeof(number), "%lld", (long long) max);

    n = 0;
    words[n++] = text("XADD");
    words[n++] = text(rejected);
    words[n++] = text("MAXLEN");
    words[n++] = text("~");
    words[n++] = text(number);
    words[n++] = text("*");
    words[n++] = text("reason");
    words[n++] = text(reason);
    words[n++] = text("entry");
    words[n++] = string_of(entry->id);
    if (entry->record.data != NULL) {
        words[n++] = text(RECO_EVENT_FIELD);
        words[n++] = entry->record;
    }

    return reco_redis_append(context, n, words, error);
}


/* Why the entry had no effect that counts; NULL: it had, or once had. */
static const char *
refusal(const reco_ingest_batch_t *batch, const reco_ingest_entry_t *entry,
    size_t *event)
{
    reco_store_outcome_t outcome;

    if (!entry->readable) {
        return entry->reason;
    }

    outcome = batch->outcomes[(*event)++];

    return outcome > RECO_STORE_DUPLICATE ? reco_store_outcome_name(outcome)
                                          : NULL;
}


reco_status_t
reco_ingest_batch_acknowledge(const reco_ingest_batch_t *batch,
    redisContext *context, const reco_ingest_group_t *group,
    const char *rejected, int64_t max, reco_error_t *error)
{
    reco_status_t status;
    const char *reason;
    size_t i, event, commands;

    commands = 0;
    status = RECO_OK;

    for (i = 0; status == RECO_OK && i < batch->nentries; commands++) {
        status = append_ack(batch, context, group, &i, error);
    }

    event = 0;
    for (i = 0; status == RECO_OK && i < batch->nentries; i++) {
        reason = refusal(batch, &batch->entries[i], &event);
        if (reason != NULL && rejected != NULL && max > 0) {
            status = append_rejected(
                &batch->entries[i], reason, context, rejected, max, error);
            commands++;
        }
    }

    /* An error in a reply costs a sample, or lets an entry come again. */
    for (; status == RECO_OK && commands > 0; commands--) {
        status = reco_redis_reply(context, NULL, error);
        status = status == RECO_DECLINED ? RECO_OK : status;
    }

    return status;
}
