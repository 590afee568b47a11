#include "ingest_group.h"

#include "log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>


static reco_str_t
text(const char *data)
{
    return (reco_str_t){strlen(data), data};
}


reco_str_t
reco_ingest_stream(const reco_ingest_group_t *group, unsigned shard)
{
    return text(group->positions[shard].stream);
}


int
reco_ingest_compare(const char *a, const char *b)
{
    unsigned long long a_ms, a_sequence, b_ms, b_sequence;
    char *end;

    a_ms = strtoull(a, &end, 10);
    a_sequence = *end == '-' ? strtoull(end + 1, NULL, 10) : 0;
    b_ms = strtoull(b, &end, 10);
    b_sequence = *end == '-' ? strtoull(end + 1, NULL, 10) : 0;

    if (a_ms != b_ms) {
        return a_ms < b_ms ? -1 : 1;
    }

    return a_sequence < b_sequence ? -1 : a_sequence > b_sequence;
}


/* An id from XINFO STREAM's pairs. */
static const char *
info_id(const redisReply *info, const char *name)
{
    size_t i;

    for (i = 0; info->type == REDIS_REPLY_ARRAY && i + 1 < info->elements;
         i += 2) {
        if (info->element[i]->type == REDIS_REPLY_STRING
            && strcmp(info->element[i]->str, name) == 0
            && info->element[i + 1]->type == REDIS_REPLY_STRING)
        {
            return info->element[i + 1]->str;
        }
    }

    return "";
}


/*
 * The last entry that was read is still there, or else others behind it may be
 * gone as well: a stream keeps maxlen entries, however long nobody reads.
 */
static reco_status_t
check_gap(redisContext *context, const reco_ingest_group_t *group,
    unsigned shard, const char *deleted, reco_error_t *error)
{
    const char *position = group->positions[shard].id;
    const redisReply *first;
    reco_str_t arguments[6];
    reco_status_t status;
    redisReply *reply;

    arguments[0] = text("XRANGE");
    arguments[1] = reco_ingest_stream(group, shard);
    arguments[2] = text(position);
    arguments[3] = text("+");
    arguments[4] = text("COUNT");
    arguments[5] = text("1");
    status = reco_redis_command(context, 6, arguments, &reply, error);

    if (status == RECO_OK && reply->type == REDIS_REPLY_ARRAY
        && reply->elements == 1)
    {
        first = reply->element[0];
        first = first->type == REDIS_REPLY_ARRAY && first->elements > 0
                    ? first->element[0]
                    : NULL;
        if (first != NULL && first->type == REDIS_REPLY_STRING
            && reco_ingest_compare(first->str, position) > 0
            && reco_ingest_compare(deleted, position) != 0)
        {
            reco_log(RECO_LOG_WARN,
                "\"%s\" was read up to %s and now begins with %s: events in "
                "between were removed before they were read, if there were "
                "any; a larger \"maxlen\" of nginx's reco_redis keeps them",
                group->positions[shard].stream, position, first->str);
        }
    }
    freeReplyObject(reply);

    return status;
}


static reco_status_t
begin_shard(redisContext *context, const reco_ingest_group_t *group,
    unsigned shard, reco_error_t *error)
{
    const char *position;
    reco_str_t arguments[6];
    reco_status_t status;
    redisReply *reply;

    position = group->positions[shard].id;

    arguments[0] = text("XGROUP");
    arguments[1] = text("CREATE");
    arguments[2] = reco_ingest_stream(group, shard);
    arguments[3] = group->group;
    arguments[4] = text("0");
    arguments[5] = text("MKSTREAM");
    status = reco_redis_command(context, 6, arguments, &reply, error);
    if (status == RECO_DECLINED && strncmp(reply->str, "BUSYGROUP", 9) == 0) {
        status = RECO_OK;
    }
    freeReplyObject(reply);
    if (status != RECO_OK) {
        return status;
    }

    arguments[0] = text("XINFO");
    arguments[1] = text("STREAM");
    status = reco_redis_command(context, 3, arguments, &reply, error);
    if (status != RECO_OK) {
        freeReplyObject(reply);
        return status;
    }
    if (position[0] == '\0'
        || reco_ingest_compare(position, info_id(reply, "last-generated-id"))
               > 0)
    {
        position = "0";
    } else {
        status = check_gap(context, group, shard,
            info_id(reply, "max-deleted-entry-id"), error);
    }
    freeReplyObject(reply);
    if (status != RECO_OK) {
        return status;
    }

    arguments[0] = text("XGROUP");
    arguments[1] = text("SETID");
    arguments[4] = text(position);

    return reco_redis_command(context, 5, arguments, NULL, error);
}


reco_status_t
reco_ingest_group_begin(redisContext *context, const reco_ingest_group_t *group,
    reco_error_t *error)
{
    reco_status_t status;
    unsigned shard;

    status = RECO_OK;

    for (shard = 0; status == RECO_OK && shard < group->nshards; shard++) {
        status = begin_shard(context, group, shard, error);
    }

    return status;
}


reco_status_t
reco_ingest_group_read(redisContext *context, const reco_ingest_group_t *group,
    long count, int wait, redisReply **reply, reco_error_t *error)
{
    reco_str_t arguments[2 * RECO_CONFIG_SHARDS_MAX + 10];
    char numbers[2][24];
    unsigned shard;
    size_t n;

    snprintf(numbers[0], sizeof(numbers[0]), "%ld", count);
    snprintf(numbers[1], sizeof(numbers[1]), "%d", wait);

    n = 0;
    arguments[n++] = text("XREADGROUP");
    arguments[n++] = text("GROUP");
    arguments[n++] = group->group;
    arguments[n++] = group->consumer;
    arguments[n++] = text("COUNT");
    arguments[n++] = text(numbers[0]);
    if (wait > 0) {
        arguments[n++] = text("BLOCK");
        arguments[n++] = text(numbers[1]);
    }
    arguments[n++] = text("STREAMS");
    for (shard = 0; shard < group->nshards; shard++) {
        arguments[n++] = reco_ingest_stream(group, shard);
    }
    for (shard = 0; shard < group->nshards; shard++) {
        arguments[n++] = text(">");
    }

    return reco_redis_command(context, n, arguments, reply, error);
}


reco_status_t
reco_ingest_group_pending(redisContext *context,
    const reco_ingest_group_t *group, unsigned shard, const char *from,
    long count, redisReply **reply, reco_error_t *error)
{
    reco_str_t arguments[9];
    char number[24];

    snprintf(number, sizeof(number), "%ld", count);

    arguments[0] = text("XREADGROUP");
    arguments[1] = text("GROUP");
    arguments[2] = group->group;
    arguments[3] = group->consumer;
    arguments[4] = text("COUNT");
    arguments[5] = text(number);
    arguments[6] = text("STREAMS");
    arguments[7] = reco_ingest_stream(group, shard);
    arguments[8] = text(from);

    return reco_redis_command(context, 9, arguments, reply, error);
}


reco_status_t
reco_ingest_group_claim(redisContext *context, const reco_ingest_group_t *group,
    unsigned shard, int64_t idle, long count, redisReply **reply,
    reco_error_t *error)
{
    reco_str_t arguments[8];
    char numbers[2][24];

    snprintf(numbers[0], sizeof(numbers[0]), "%lld", (long long) idle);
    snprintf(numbers[1], sizeof(numbers[1]), "%ld", count);

    arguments[0] = text("XAUTOCLAIM");
    arguments[1] = reco_ingest_stream(group, shard);
    arguments[2] = group->group;
    arguments[3] = group->consumer;
    arguments[4] = text(numbers[0]);
    arguments[5] = text("0");
    arguments[6] = text("COUNT");
    arguments[7] = text(numbers[1]);

    return reco_redis_command(context, 8, arguments, reply, error);
}
