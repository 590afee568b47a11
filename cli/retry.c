/*
 * recoctl retry: puts entries that the trainer refused back into the stream.
 */

#include "cli.h"
#include "place.h"
#include "redis.h"

#include "event/reco_event.h"

#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BATCH      "256"
#define NAME_BYTES 256


typedef struct {
    const char *name;
    reco_config_t *config;
    redisContext *redis;
    const char *reason; /* NULL: any */
    int dry;
    char last[RECO_REDIS_ID_SIZE]; /* the newest one at the beginning */
    char next[RECO_REDIS_ID_SIZE]; /* "(" and what was looked at last */
    unsigned long long sent;
    unsigned long long others; /* of another reason */
    unsigned long long bodies; /* refused at the door: no event */
} retry_t;

static const struct option table[] = {
    {"reason", required_argument, NULL, 'r'},
    {"dry-run", no_argument, NULL, 'n'},
    RECO_PLACE_OPTIONS,
    {NULL, 0, NULL, 0},
};


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


/* Into its shard first, then away: broken off between, it is there twice, and
   the trainer tells. */
static reco_status_t
send_back(retry_t *retry, reco_str_t id, reco_str_t record, reco_error_t *error)
{
    reco_str_t words[5];
    reco_str_t visitor;
    char stream[NAME_BYTES];
    reco_status_t status;
    uint64_t sequence;

    /* What breaks off before it says whose it is is refused in any shard. */
    (void) reco_event_peek(record, &visitor, &sequence);

    snprintf(stream, sizeof(stream), "%.200s:%u",
        reco_config_string(retry->config, "stream"),
        reco_event_shard(
            visitor, (unsigned) reco_config_integer(retry->config, "shards")));

    words[0] = text("XADD");
    words[1] = text(stream);
    words[2] = text("*");
    words[3] = text(RECO_EVENT_FIELD);
    words[4] = record;

    status = reco_redis_command(retry->redis, 5, words, NULL, error);
    if (status != RECO_OK) {
        return status;
    }

    words[0] = text("XDEL");
    words[1] = text(reco_config_string(retry->config, "rejected"));
    words[2] = id;

    return reco_redis_command(retry->redis, 3, words, NULL, error);
}


static reco_status_t
take(retry_t *retry, const redisReply *entry, reco_error_t *error)
{
    const redisReply *fields;
    reco_str_t record, reason;

    fields = entry->element[1];

    if (!reco_redis_field(fields, RECO_EVENT_FIELD, &record)
        || !reco_redis_field(fields, "reason", &reason))
    {
        retry->bodies++;
        return RECO_OK;
    }

    if (retry->reason != NULL
        && (reason.len != strlen(retry->reason)
            || memcmp(reason.data, retry->reason, reason.len) != 0))
    {
        retry->others++;
        return RECO_OK;
    }

    retry->sent++;

    return retry->dry
               ? RECO_OK
               : send_back(retry, string_of(entry->element[0]), record, error);
}


/* *more is 0 where nothing was left. */
static reco_status_t
take_some(retry_t *retry, int *more, reco_error_t *error)
{
    reco_str_t words[] = {text("XRANGE"),
        text(reco_config_string(retry->config, "rejected")), text(retry->next),
        text(retry->last), text("COUNT"), text(BATCH)};
    const redisReply *entry;
    redisReply *reply;
    reco_status_t status;
    size_t i;

    status = reco_redis_command(retry->redis, 6, words, &reply, error);
    if (status != RECO_OK) {
        return status;
    }

    *more = reply->type == REDIS_REPLY_ARRAY && reply->elements > 0;

    for (i = 0; *more && i < reply->elements && status == RECO_OK; i++) {
        entry = reply->element[i];
        if (!reco_redis_is_entry(entry)) {
            status = reco_error_set(
                error, RECO_INVALID, "Redis gave no entry of a stream");
            break;
        }
        status = take(retry, entry, error);
        snprintf(
            retry->next, sizeof(retry->next), "(%s", entry->element[0]->str);
    }

    freeReplyObject(reply);

    return status;
}


/* What is refused again meanwhile comes behind that, and is not read. */
static reco_status_t
find_last(retry_t *retry, reco_error_t *error)
{
    reco_str_t words[] = {text("XREVRANGE"),
        text(reco_config_string(retry->config, "rejected")), text("+"),
        text("-"), text("COUNT"), text("1")};
    redisReply *reply;
    reco_status_t status;

    status = reco_redis_command(retry->redis, 6, words, &reply, error);
    if (status != RECO_OK) {
        return status;
    }

    strcpy(retry->last, "0-0");
    if (reply->type == REDIS_REPLY_ARRAY && reply->elements == 1
        && reco_redis_is_entry(reply->element[0]))
    {
        strcpy(retry->last, reply->element[0]->element[0]->str);
    }
    freeReplyObject(reply);

    return RECO_OK;
}


static int
run(retry_t *retry)
{
    reco_error_t error = {0};
    reco_status_t status;
    int more;

    if (reco_redis_connect(retry->config, 0, &retry->redis, &error) != RECO_OK)
    {
        return reco_cli_fail(retry->name, "%s", error.message);
    }

    strcpy(retry->next, "-");
    more = 1;

    status = find_last(retry, &error);
    while (status == RECO_OK && more) {
        status = take_some(retry, &more, &error);
    }

    redisFree(retry->redis);

    printf("%llu entries %s; left there: %llu of another reason, %llu "
           "that are no event\n",
        retry->sent, retry->dry ? "would be put back" : "put back",
        retry->others, retry->bodies);

    return status == RECO_OK ? RECO_CLI_OK
                             : reco_cli_fail(retry->name, "%s", error.message);
}


static int
take_option(void *data, int option, const char *value)
{
    retry_t *retry = data;

    switch (option) {
    case 'r':
        retry->reason = value;
        return RECO_CLI_OK;
    case 'n':
        retry->dry = 1;
        return RECO_CLI_OK;
    default:
        return reco_place_option(retry->name, option, value, retry->config);
    }
}


static const reco_options_t options = {"r:nc:s:", table, take_option, 0};


int
reco_cli_retry(int argc, char **argv)
{
    retry_t retry = {.name = argv[0]};
    int result;

    result = reco_place_read(argc, argv, &options, &retry, &retry.config);
    if (result == RECO_CLI_OK) {
        result = run(&retry);
    }

    reco_config_destroy(retry.config);

    return result;
}
