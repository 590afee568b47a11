/*
 * recoctl tail: follows the stream of events, a line for each.
 */

#include "cli.h"
#include "place.h"
#include "redis.h"

#include "event/reco_event.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define NAME_MAX_BYTES 256
#define BATCH          "256"
#define BLOCK_MS       1000
#define LINES_MAX      100000000
#define TYPE_WIDTH     10


typedef struct {
    char name[NAME_MAX_BYTES];
    char last[RECO_REDIS_ID_SIZE]; /* the entry that was read last */
} stream_t;

typedef struct {
    const char *command;
    stream_t *streams;
    unsigned nstreams;
    reco_config_t *config;
    uint64_t lines;      /* of the past, from each stream */
    const char *visitor; /* NULL: any */
    const char *type;    /* NULL: any */
    int rejected;
    int json;
    int once; /* do not wait for more */
} tail_t;

static const struct option table[] = {
    {"lines", required_argument, NULL, 'n'},
    {"visitor", required_argument, NULL, 'v'},
    {"type", required_argument, NULL, 't'},
    {"rejected", no_argument, NULL, 'r'},
    {"json", no_argument, NULL, 'j'},
    {"once", no_argument, NULL, 'o'},
    RECO_PLACE_OPTIONS,
    {NULL, 0, NULL, 0},
};


static volatile sig_atomic_t stopped;


static void
stop(int signal)
{
    (void) signal;

    stopped = 1;
}


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


/* A visitor's text must not steer a terminal. */
static void
print_safely(reco_str_t value)
{
    size_t i, n;
    int safe;

    for (i = 0; i < value.len; i += n) {
        n = reco_cli_character(value, i, &safe);

        if (safe) {
            fwrite(value.data + i, 1, n, stdout);
        } else if (reco_control(value, i) == 0) {
            putchar('?');
        } else {
            putchar(value.data[i] == '\t' ? ',' : ' ');
        }
    }
}


/* The time of the entry's id: ms since the epoch, "-", a number. */
static void
print_time(const char *id)
{
    struct tm tm;
    time_t seconds;
    long long ms;
    char clock[16];

    ms = atoll(id);
    seconds = (time_t) (ms / 1000);
    if (localtime_r(&seconds, &tm) == NULL
        || strftime(clock, sizeof(clock), "%H:%M:%S", &tm) == 0)
    {
        strcpy(clock, "--:--:--");
    }

    printf("%s.%03lld", clock, ms % 1000);
}


static int
is_wanted(const char *want, reco_str_t value)
{
    return want == NULL
           || (strlen(want) == value.len
               && memcmp(want, value.data, value.len) == 0);
}


static void
print_json(const tail_t *tail, reco_str_t record)
{
    static char json[RECO_EVENT_JSON_MAX];
    static char memory[RECO_EVENT_ARENA_SIZE]
        __attribute__((aligned(_Alignof(max_align_t))));
    reco_event_arena_t arena = {memory, sizeof(memory), 0};
    reco_event_t event;
    reco_error_t error = {0};
    size_t len;

    if (reco_event_decode(record, &arena, &event, &error) != RECO_OK
        || reco_event_to_json(&event, json, sizeof(json), &len) != RECO_OK)
    {
        reco_cli_fail(tail->command, "%s", error.message);
        return;
    }

    fwrite(json, 1, len, stdout);
    putchar('\n');
}


static void
print_field(reco_str_t name, reco_str_t value)
{
    const char *tab;

    printf(" ");
    print_safely(name);

    /* Of ctx, the key. */
    tab = value.len > 0 ? memchr(value.data, '\t', value.len) : NULL;
    if (is_wanted("c", name) && tab != NULL) {
        printf(".");
        print_safely((reco_str_t){(size_t) (tab - value.data), value.data});
        value.len -= (size_t) (tab + 1 - value.data);
        value.data = tab + 1;
    }

    printf("=");
    print_safely(value);
}


/* The lines of a record, but for those that are shown elsewhere or no use. */
static void
print_record(reco_str_t record)
{
    static const char *const apart[] = {"u", "t", "v", "id", "ts", "rt", "q"};
    reco_str_t name, value;
    unsigned k;

    while (reco_event_next_line(&record, &name, &value) == RECO_OK) {
        for (k = 0; k < sizeof(apart) / sizeof(apart[0]); k++) {
            if (is_wanted(apart[k], name)) {
                break;
            }
        }
        if (k == sizeof(apart) / sizeof(apart[0])) {
            print_field(name, value);
        }
    }

    /* What is no line. */
    if (record.len > 0) {
        print_field(reco_string(RECO_EVENT_FIELD), record);
    }
}


/* The value of a line; empty where there is none of that name. */
static reco_str_t
find_line(reco_str_t record, const char *want)
{
    reco_str_t name, value;

    while (reco_event_next_line(&record, &name, &value) == RECO_OK) {
        if (is_wanted(want, name)) {
            return value;
        }
    }

    return reco_string("");
}


/* "12:00:00.123 c0ffee01 click      i=42 s=related", the usual ones first; of
   what was refused also the reason. */
static void
print_line(const redisReply *entry, reco_str_t record)
{
    const redisReply *fields, *name;
    reco_str_t visitor, type;
    size_t i;

    visitor = find_line(record, "u");
    visitor.len = visitor.len > 8 ? 8 : visitor.len;
    type = find_line(record, "t");

    print_time(entry->element[0]->str);
    printf(" ");
    print_safely(visitor);
    printf(" ");
    print_safely(type);
    printf(
        "%*s", type.len < TYPE_WIDTH ? (int) (TYPE_WIDTH - type.len) : 0, "");

    fields = entry->element[1];

    for (i = 0; i + 1 < fields->elements; i += 2) {
        name = fields->element[i];
        if (!is_wanted(RECO_EVENT_FIELD, string_of(name))) {
            print_field(string_of(name), string_of(fields->element[i + 1]));
        }
    }

    print_record(record);
    putchar('\n');
}


static void
print_event(const tail_t *tail, const redisReply *entry, reco_str_t record)
{
    if (!tail->rejected
        && (!is_wanted(tail->visitor, find_line(record, "u"))
            || !is_wanted(tail->type, find_line(record, "t"))))
    {
        return;
    }

    if (tail->json && !tail->rejected) {
        print_json(tail, record);
    } else {
        print_line(entry, record);
    }
}


static void
print_entry(const tail_t *tail, const redisReply *entry)
{
    reco_str_t records, record;
    int more;

    if (!reco_redis_field(entry->element[1], RECO_EVENT_FIELD, &records)) {
        records = reco_string("");
    }

    do {
        more = reco_event_next_record(&records, &record);
        print_event(tail, entry, record);
    } while (more);
}


static void
print_entries(const tail_t *tail, stream_t *stream, const redisReply *entries)
{
    size_t i;

    for (i = 0; entries->type == REDIS_REPLY_ARRAY && i < entries->elements;
         i++) {
        if (reco_redis_is_entry(entries->element[i])) {
            strcpy(stream->last, entries->element[i]->element[0]->str);
            print_entry(tail, entries->element[i]);
        }
    }
}


/* Where to begin: tail->lines entries before the end. */
static reco_status_t
find_start(redisContext *redis, const tail_t *tail, stream_t *stream,
    reco_error_t *error)
{
    char count[32];
    reco_str_t words[6] = {text("XREVRANGE"), text(stream->name), text("+"),
        text("-"), text("COUNT"), reco_null_string};
    redisReply *reply;
    const redisReply *entry;
    reco_status_t rc;

    snprintf(
        count, sizeof(count), "%llu", (unsigned long long) tail->lines + 1);
    words[5] = text(count);

    rc = reco_redis_command(redis, 6, words, &reply, error);
    if (rc != RECO_OK) {
        return rc;
    }

    strcpy(stream->last, "0-0");

    /* The one before those that are wanted; or there are fewer. */
    if (reply->type == REDIS_REPLY_ARRAY
        && reply->elements == (size_t) tail->lines + 1)
    {
        entry = reply->element[reply->elements - 1];
        if (reco_redis_is_entry(entry)) {
            strcpy(stream->last, entry->element[0]->str);
        }
    }

    freeReplyObject(reply);

    return RECO_OK;
}


static stream_t *
find_stream(const tail_t *tail, const redisReply *name)
{
    unsigned i;

    for (i = 0; i < tail->nstreams; i++) {
        if (name->type == REDIS_REPLY_STRING
            && strcmp(tail->streams[i].name, name->str) == 0)
        {
            return &tail->streams[i];
        }
    }

    return NULL;
}


/* One XREAD over all streams; *more is 0 where it found nothing. */
static reco_status_t
read_more(
    redisContext *redis, const tail_t *tail, int *more, reco_error_t *error)
{
    reco_str_t words[6 + 2 * RECO_CONFIG_SHARDS_MAX];
    redisReply *reply, *pair;
    stream_t *stream;
    size_t n;
    unsigned i;
    reco_status_t rc;

    n = 0;
    words[n++] = text("XREAD");
    words[n++] = text("COUNT");
    words[n++] = text(BATCH);
    if (!tail->once) {
        words[n++] = text("BLOCK");
        words[n++] = text("1000");
    }
    words[n++] = text("STREAMS");
    for (i = 0; i < tail->nstreams; i++) {
        words[n + i] = text(tail->streams[i].name);
        words[n + tail->nstreams + i] = text(tail->streams[i].last);
    }

    rc =
        reco_redis_command(redis, n + 2 * tail->nstreams, words, &reply, error);
    if (rc != RECO_OK) {
        return rc;
    }

    *more = reply->type == REDIS_REPLY_ARRAY && reply->elements > 0;

    for (i = 0; *more && i < reply->elements; i++) {
        pair = reply->element[i];
        if (pair->type == REDIS_REPLY_ARRAY && pair->elements == 2) {
            stream = find_stream(tail, pair->element[0]);
            if (stream != NULL) {
                print_entries(tail, stream, pair->element[1]);
            }
        }
    }

    freeReplyObject(reply);

    return RECO_OK;
}


static int
follow(const tail_t *tail, redisContext *redis)
{
    reco_error_t error = {0};
    reco_status_t rc;
    unsigned i;
    int more;

    rc = RECO_OK;
    for (i = 0; i < tail->nstreams && rc == RECO_OK; i++) {
        rc = find_start(redis, tail, &tail->streams[i], &error);
    }

    more = 1;
    while (rc == RECO_OK && !stopped && (more || !tail->once)) {
        rc = read_more(redis, tail, &more, &error);
        if (fflush(stdout) != 0) {
            return RECO_CLI_FAILED;
        }
    }

    return rc == RECO_OK || stopped
               ? RECO_CLI_OK
               : reco_cli_fail(tail->command, "%s", error.message);
}


static int
set_streams(tail_t *tail, const reco_config_t *config)
{
    unsigned i;

    tail->nstreams =
        tail->rejected ? 1 : (unsigned) reco_config_integer(config, "shards");
    if (tail->nstreams > RECO_CONFIG_SHARDS_MAX) {
        reco_cli_fail(
            tail->command, "more than %d shards", RECO_CONFIG_SHARDS_MAX);
        return RECO_CLI_FAILED;
    }

    tail->streams = calloc(tail->nstreams, sizeof(*tail->streams));
    if (tail->streams == NULL) {
        reco_cli_fail(tail->command, "out of memory");
        return RECO_CLI_FAILED;
    }

    for (i = 0; i < tail->nstreams; i++) {
        if (tail->rejected) {
            snprintf(tail->streams[i].name, NAME_MAX_BYTES, "%.200s",
                reco_config_string(config, "rejected"));
        } else {
            snprintf(tail->streams[i].name, NAME_MAX_BYTES, "%.200s:%u",
                reco_config_string(config, "stream"), i);
        }
    }

    return RECO_CLI_OK;
}


static int
run(tail_t *tail)
{
    struct sigaction action;
    redisContext *redis;
    reco_error_t error = {0};
    int result;

    result = set_streams(tail, tail->config);
    if (result != RECO_CLI_OK) {
        return result;
    }

    if (reco_redis_connect(tail->config, BLOCK_MS, &redis, &error) != RECO_OK) {
        result = reco_cli_fail(tail->command, "%s", error.message);
        free(tail->streams);
        return result;
    }

    memset(&action, 0, sizeof(action));
    action.sa_handler = stop;
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);

    result = follow(tail, redis);

    redisFree(redis);
    free(tail->streams);

    return result;
}


static int
take_option(void *data, int option, const char *value)
{
    tail_t *tail = data;

    switch (option) {
    case 'n':
        return reco_options_count(
            tail->command, "lines", value, 0, LINES_MAX, &tail->lines);
    case 'v':
        tail->visitor = value;
        return RECO_CLI_OK;

    case 't':
        tail->type = value;
        if (reco_event_type(text(value)) == RECO_EVENT_TYPE_COUNT) {
            return reco_cli_misuse(
                tail->command, "there is no type \"%s\"", value);
        }
        return RECO_CLI_OK;

    case 'r':
        tail->rejected = 1;
        return RECO_CLI_OK;

    case 'j':
        tail->json = 1;
        return RECO_CLI_OK;

    case 'o':
        tail->once = 1;
        return RECO_CLI_OK;

    default:
        return reco_place_option(tail->command, option, value, tail->config);
    }
}


static const reco_options_t options = {"n:v:t:rjoc:s:", table, take_option, 0};


int
reco_cli_tail(int argc, char **argv)
{
    tail_t tail = {.command = argv[0], .lines = 10};
    int result;

    result = reco_place_read(argc, argv, &options, &tail, &tail.config);
    if (result == RECO_CLI_OK) {
        result = run(&tail);
    }

    reco_config_destroy(tail.config);

    return result;
}
