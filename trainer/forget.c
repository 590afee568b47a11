#include "forget.h"

#include "event/reco_event.h"

#include <stdio.h>
#include <string.h>

#define PAGE "1000"


static reco_str_t
text(const char *data)
{
    return (reco_str_t){strlen(data), data};
}


/* Of what is no record the lines up to there count. */
static int
is_of(reco_str_t record, reco_str_t visitor)
{
    reco_str_t name, value;

    while (reco_event_next_line(&record, &name, &value) == RECO_OK) {
        if (name.len == 1 && name.data[0] == 'u' && value.len == visitor.len
            && memcmp(value.data, visitor.data, visitor.len) == 0)
        {
            return 1;
        }
    }

    return 0;
}


/*
 * Moves the records of others to the front, as an entry of their own; *others is
 * 0 bytes long where there are none.  Returns how many are the visitor's.
 */
static unsigned
take_out(reco_str_t entry, reco_str_t visitor, reco_str_t *others)
{
    reco_str_t record;
    unsigned removed;
    char *start, *end;
    int more;

    start = (char *) (uintptr_t) entry.data;
    end = start;
    removed = 0;

    do {
        more = reco_event_next_record(&entry, &record);

        if (is_of(record, visitor)) {
            removed++;
            continue;
        }

        if (end > start) {
            *end++ = '\n';
        }
        memmove(end, record.data, record.len);
        end += record.len;
    } while (more);

    *others = (reco_str_t){(size_t) (end - start), start};

    return removed;
}


/* What is left of an entry goes behind the others first: broken off between, it
   is there twice, and the trainer tells. */
static reco_status_t
remove_records(redisContext *context, const char *stream,
    const redisReply *entry, reco_str_t visitor, uint64_t *removed,
    reco_error_t *error)
{
    reco_str_t add[5] = {
        text("XADD"), text(stream), text("*"), text(RECO_EVENT_FIELD)};
    reco_str_t delete[3] = {text("XDEL"), text(stream)};
    reco_status_t status;
    reco_str_t records;
    unsigned n;

    if (!reco_redis_field(entry->element[1], RECO_EVENT_FIELD, &records)) {
        return RECO_OK;
    }

    n = take_out(records, visitor, &add[4]);
    if (n == 0) {
        return RECO_OK;
    }

    status = RECO_OK;
    if (add[4].len > 0) {
        status = reco_redis_command(context, 5, add, NULL, error);
    }

    if (status == RECO_OK) {
        delete[2] = text(entry->element[0]->str);
        status = reco_redis_command(context, 3, delete, NULL, error);
        *removed += status == RECO_OK ? n : 0;
    }

    return status;
}


static reco_status_t
remove_entries(redisContext *context, const char *stream,
    const redisReply *page, reco_str_t visitor, uint64_t *removed,
    reco_error_t *error)
{
    reco_status_t status;
    size_t i;

    status = RECO_OK;

    for (i = 0; status == RECO_OK && i < page->elements; i++) {
        if (!reco_redis_is_entry(page->element[i])) {
            return reco_error_set(error, RECO_CORRUPT,
                "Redis answered XRANGE of \"%s\" with what is no entry",
                stream);
        }
        status = remove_records(
            context, stream, page->element[i], visitor, removed, error);
    }

    return status;
}


static reco_status_t
clean_stream(redisContext *context, const char *stream, reco_str_t visitor,
    uint64_t *removed, reco_error_t *error)
{
    reco_str_t arguments[6] = {text("XRANGE"), text(stream), {0, NULL},
        text("+"), text("COUNT"), text(PAGE)};
    const redisReply *last;
    reco_status_t status;
    redisReply *page;
    char from[RECO_REDIS_ID_SIZE];
    int more;

    strcpy(from, "-");

    do {
        arguments[2] = text(from);
        status = reco_redis_command(context, 6, arguments, &page, error);
        more = status == RECO_OK && page->type == REDIS_REPLY_ARRAY
               && page->elements > 0;
        if (more) {
            status =
                remove_entries(context, stream, page, visitor, removed, error);
        }
        if (more && status == RECO_OK) {
            last = page->element[page->elements - 1];
            snprintf(from, sizeof(from), "(%s", last->element[0]->str);
        }
        freeReplyObject(page);
    } while (more && status == RECO_OK);

    return status;
}


/* The trainer does not write the record again: it asks for the name first. */
static reco_status_t
remove_features(redisContext *context, const reco_config_t *config,
    reco_str_t visitor, reco_error_t *error)
{
    reco_str_t arguments[2] = {text("DEL")};
    char key[256];

    snprintf(key, sizeof(key), "%.160s%.*s",
        reco_config_string(config, "visitor_prefix"), (int) visitor.len,
        visitor.data);
    arguments[1] = text(key);

    return reco_redis_command(context, 2, arguments, NULL, error);
}


reco_status_t
reco_forget_streams(redisContext *context, const reco_config_t *config,
    reco_str_t visitor, uint64_t *removed, reco_error_t *error)
{
    reco_status_t status;
    char stream[256];
    unsigned shard;

    *removed = 0;
    status = RECO_OK;

    /* Whatever "shards" says now: more of them may be left from before. */
    for (shard = 0; status == RECO_OK && shard < RECO_CONFIG_SHARDS_MAX;
         shard++) {
        snprintf(stream, sizeof(stream), "%.200s:%u",
            reco_config_string(config, "stream"), shard);
        status = clean_stream(context, stream, visitor, removed, error);
    }

    if (status == RECO_OK) {
        status = clean_stream(context, reco_config_string(config, "rejected"),
            visitor, removed, error);
    }
    if (status == RECO_OK) {
        status = remove_features(context, config, visitor, error);
    }

    return status;
}
