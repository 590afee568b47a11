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
is_of(const redisReply *entry, reco_str_t visitor)
{
    reco_str_t record, name, value;

    if (!reco_redis_field(entry->element[1], RECO_EVENT_FIELD, &record)) {
        return 0;
    }

    while (reco_event_next_line(&record, &name, &value) == RECO_OK) {
        if (name.len == 1 && name.data[0] == 'u' && value.len == visitor.len
            && memcmp(value.data, visitor.data, visitor.len) == 0)
        {
            return 1;
        }
    }

    return 0;
}


static reco_status_t
remove_entries(redisContext *context, const char *stream,
    const redisReply *page, reco_str_t visitor, uint64_t *removed,
    reco_error_t *error)
{
    reco_str_t arguments[3] = {text("XDEL"), text(stream)};
    reco_status_t status;
    size_t i;

    status = RECO_OK;

    for (i = 0; status == RECO_OK && i < page->elements; i++) {
        if (!reco_redis_is_entry(page->element[i])) {
            return reco_error_set(error, RECO_CORRUPT,
                "Redis answered XRANGE of \"%s\" with what is no entry",
                stream);
        }
        if (is_of(page->element[i], visitor)) {
            arguments[2] = text(page->element[i]->element[0]->str);
            status = reco_redis_command(context, 3, arguments, NULL, error);
            *removed += status == RECO_OK;
        }
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
