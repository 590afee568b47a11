#include "batch.h"
#include "cli.h"
#include "clock.h"
#include "manifest.h"
#include "place.h"
#include "redis.h"
#include "report.h"
#include "status_print.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>


typedef struct {
    const char *name;
    reco_config_t *config;
    int json;
} run_t;


static void
add_number(cJSON *object, const char *name, double number)
{
    cJSON_AddNumberToObject(object, name, number);
}


static void
add_text(cJSON *object, const char *name, const char *text)
{
    cJSON_AddStringToObject(object, name, text);
}


static void
add_error(cJSON *object, reco_error_t *error)
{
    reco_cli_tame(error->message);
    add_text(object, "error", error->message);
}


static reco_status_t
add_counter(void *context, reco_str_t name, uint64_t count)
{
    char key[64];

    snprintf(key, sizeof(key), "%.*s", (int) name.len, name.data);
    add_number(context, key, (double) count);

    return RECO_OK;
}


static void
add_store(cJSON *status, const reco_config_t *config)
{
    const char *path = reco_config_string(config, "state");
    reco_store_stats_t stats;
    reco_error_t error = {0};
    reco_store_t *store;
    cJSON *part;

    part = cJSON_AddObjectToObject(status, "store");
    add_text(part, "path", path);

    if (reco_store_open(path, RECO_STORE_EXISTING, 0, &store, &error)
        != RECO_OK) {
        add_error(part, &error);
        return;
    }

    if (reco_store_stats(store, &stats, &error) == RECO_OK) {
        add_number(part, "events", (double) stats.events);
        add_number(part, "visitors", (double) stats.visitors);
        add_number(part, "items", (double) stats.items);
        add_number(part, "newest", (double) stats.newest);
        add_number(part, "bytes", (double) stats.bytes);
        reco_store_counters(store, add_counter,
            cJSON_AddObjectToObject(part, "counters"), NULL);
    } else {
        add_error(part, &error);
    }

    reco_store_close(store);
}


/* The file's size and age; with the report where it is the live version's. */
static void
add_overlay(cJSON *part, const reco_config_t *config, reco_registry_t *registry,
    const reco_version_id_t *live)
{
    char path[PATH_MAX];
    cJSON *overlay, *report;
    struct stat info;

    snprintf(
        path, PATH_MAX, "%.4000s/overlay", reco_config_string(config, "model"));
    if (stat(path, &info) != 0) {
        return;
    }

    overlay = cJSON_AddObjectToObject(part, "overlay");
    add_number(overlay, "bytes", (double) info.st_size);
    add_number(overlay, "age",
        (double) (reco_clock_ms() - (int64_t) info.st_mtim.tv_sec * 1000
                  - info.st_mtim.tv_nsec / 1000000)
            / 1000);

    report = live != NULL ? reco_cli_report(config, registry, live) : NULL;
    if (report != NULL && !cJSON_AddItemToObject(overlay, "report", report)) {
        cJSON_Delete(report);
    }
}


static void
add_model(cJSON *status, const char *name, const reco_config_t *config)
{
    reco_registry_t *registry;
    reco_version_id_t id;
    reco_error_t error = {0};
    cJSON *manifest, *part;
    int live;

    part = cJSON_AddObjectToObject(status, "model");
    add_text(part, "path", reco_config_string(config, "model"));

    if (reco_batch_registry(config, RECO_REGISTRY_EXISTING, &registry, &error)
        != RECO_OK)
    {
        add_error(part, &error);
        return;
    }

    live = reco_registry_live(registry, &id, &error) == RECO_OK;
    if (!live) {
        add_text(part, "error", "no version is live");
    } else if ((manifest = reco_cli_manifest(name, registry, &id)) != NULL) {
        add_text(part, "version", id.id);
        add_number(
            part, "created", reco_cli_manifest_number(manifest, "created", 0));
        cJSON_Delete(manifest);
    } else {
        add_text(part, "error", "the live version cannot be read");
    }

    add_overlay(part, config, registry, live ? &id : NULL);
    reco_registry_close(registry);
}


/* "entries-read", and nothing that is not a name of Redis's. */
static int
is_name(const redisReply *reply)
{
    return reply->type == REDIS_REPLY_STRING && reply->len > 0
           && strspn(reply->str, "abcdefghijklmnopqrstuvwxyz-") == reply->len;
}


/* The numbers of our group ("pending", "lag"), from XINFO GROUPS. */
static void
add_group(cJSON *stream, const redisReply *groups, const char *wanted)
{
    const redisReply *group;
    size_t i, j;
    int ours;

    for (i = 0; groups->type == REDIS_REPLY_ARRAY && i < groups->elements; i++)
    {
        group = groups->element[i];
        ours = 0;
        for (j = 0; j + 1 < group->elements; j += 2) {
            if (!is_name(group->element[j])) {
                break;
            }
            if (group->element[j + 1]->type == REDIS_REPLY_STRING
                && strcmp(group->element[j]->str, "name") == 0)
            {
                ours = strcmp(group->element[j + 1]->str, wanted) == 0;
            }
            if (ours && group->element[j + 1]->type == REDIS_REPLY_INTEGER) {
                add_number(stream, group->element[j]->str,
                    (double) group->element[j + 1]->integer);
            }
        }
    }
}


static void
add_stream(cJSON *streams, redisContext *context, const reco_config_t *config,
    unsigned shard)
{
    reco_str_t arguments[3];
    reco_error_t error = {0};
    redisReply *reply;
    char name[256];
    cJSON *stream;

    snprintf(name, sizeof(name), "%.200s:%u",
        reco_config_string(config, "stream"), shard);
    stream = cJSON_CreateObject();
    cJSON_AddItemToArray(streams, stream);
    add_text(stream, "name", name);

    arguments[0] = reco_string("XLEN");
    arguments[1] = (reco_str_t){strlen(name), name};
    if (reco_redis_command(context, 2, arguments, &reply, &error) == RECO_OK) {
        add_number(stream, "entries", (double) reply->integer);
    }
    freeReplyObject(reply);

    arguments[0] = reco_string("XINFO");
    arguments[1] = reco_string("GROUPS");
    arguments[2] = (reco_str_t){strlen(name), name};
    if (reco_redis_command(context, 3, arguments, &reply, &error) == RECO_OK) {
        add_group(stream, reply, reco_config_string(config, "group"));
    }
    freeReplyObject(reply);
}


static void
add_redis(cJSON *status, const reco_config_t *config)
{
    reco_error_t error = {0};
    redisContext *context;
    unsigned shard;
    cJSON *part, *streams;

    part = cJSON_AddObjectToObject(status, "redis");
    add_text(part, "address", reco_config_string(config, "redis"));

    if (reco_redis_connect(config, 0, &context, &error) != RECO_OK) {
        add_error(part, &error);
        return;
    }

    streams = cJSON_AddArrayToObject(part, "streams");
    for (shard = 0; shard < (unsigned) reco_config_integer(config, "shards");
         shard++)
    {
        add_stream(streams, context, config, shard);
    }

    redisFree(context);
}


static int
show_status(const run_t *run)
{
    cJSON *status;
    char *json;

    status = cJSON_CreateObject();
    add_store(status, run->config);
    add_model(status, run->name, run->config);
    add_redis(status, run->config);

    json = run->json ? cJSON_PrintUnformatted(status) : NULL;
    if (json != NULL) {
        reco_cli_print_json(json);
    } else if (!run->json) {
        reco_status_print(status);
    }

    free(json);
    cJSON_Delete(status);

    return !run->json || json != NULL
               ? RECO_CLI_OK
               : reco_cli_fail(run->name, "out of memory");
}


int
reco_cli_status(int argc, char **argv)
{
    run_t run = {.name = argv[0]};
    int result;

    result = reco_place_arguments(argc, argv, 0, 0, &run.config, &run.json);
    if (result == RECO_CLI_OK) {
        result = show_status(&run);
    }

    reco_config_destroy(run.config);

    return result;
}
