#include "cli.h"
#include "clock.h"
#include "report.h"
#include "manifest.h"
#include "place.h"
#include "redis.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>


static reco_status_t
print_counter(void *context, reco_str_t name, uint64_t count)
{
    (void) context;

    printf("  %-18.*s %llu\n", (int) name.len, name.data,
        (unsigned long long) count);

    return RECO_OK;
}


static void
print_store(const reco_config_t *config)
{
    reco_store_stats_t stats;
    reco_error_t error = {0};
    reco_store_t *store;
    char newest[24];

    printf("store              %s\n", reco_config_string(config, "state"));

    if (reco_store_open(reco_config_string(config, "state"),
            RECO_STORE_EXISTING, 0, &store, &error)
        != RECO_OK)
    {
        printf("  %s\n", error.message);
        return;
    }

    if (reco_store_stats(store, &stats, &error) == RECO_OK) {
        reco_cli_manifest_time((double) stats.newest, newest);
        printf("  %-18s %llu\n  %-18s %llu\n  %-18s %llu\n", "events",
            (unsigned long long) stats.events, "visitors",
            (unsigned long long) stats.visitors, "items",
            (unsigned long long) stats.items);
        printf("  %-18s %s\n  %-18s %.1f MB\n", "newest (UTC)", newest, "size",
            (double) stats.bytes / 1e6);
        printf("counters\n");
        reco_store_counters(store, print_counter, NULL, NULL);
    } else {
        printf("  %s\n", error.message);
    }

    reco_store_close(store);
}


static void
print_model(const char *name, const reco_config_t *config)
{
    reco_registry_t *registry;
    reco_version_id_t id;
    char path[PATH_MAX], created[24];
    cJSON *manifest, *report;
    struct stat info;

    if (reco_place_registry(name, config, &registry) != RECO_CLI_OK) {
        return;
    }

    printf("model              %s\n", reco_config_string(config, "model"));

    report = NULL;
    if (reco_registry_live(registry, &id, NULL) != RECO_OK) {
        printf("  no version is live\n");
    } else if ((manifest = reco_cli_manifest(name, registry, &id)) != NULL) {
        reco_cli_manifest_time(
            reco_cli_manifest_number(manifest, "created", 0), created);
        printf("  %-18s %s\n  %-18s %s\n", "version", id.id, "created (UTC)",
            created);
        cJSON_Delete(manifest);
        report = reco_cli_report(config, registry, &id);
    }

    snprintf(
        path, PATH_MAX, "%.4000s/overlay", reco_config_string(config, "model"));
    if (stat(path, &info) == 0) {
        printf("  %-18s %lld bytes, %.1f s old\n", "overlay",
            (long long) info.st_size,
            (double) (reco_clock_ms() - (int64_t) info.st_mtim.tv_sec * 1000
                      - info.st_mtim.tv_nsec / 1000000)
                / 1000);
    }

    if (report != NULL) {
        reco_cli_report_print(report);
        cJSON_Delete(report);
    }
    reco_registry_close(registry);
}


/* "pending 0, lag 12" of our group, from XINFO GROUPS. */
static void
print_group(const redisReply *groups, const char *wanted)
{
    const redisReply *group;
    size_t i, j;
    int ours;

    for (i = 0; groups->type == REDIS_REPLY_ARRAY && i < groups->elements; i++)
    {
        group = groups->element[i];
        ours = 0;
        for (j = 0; j + 1 < group->elements; j += 2) {
            if (group->element[j + 1]->type == REDIS_REPLY_STRING
                && strcmp(group->element[j]->str, "name") == 0)
            {
                ours = strcmp(group->element[j + 1]->str, wanted) == 0;
            }
            if (ours && group->element[j + 1]->type == REDIS_REPLY_INTEGER) {
                printf(", %s %lld", group->element[j]->str,
                    group->element[j + 1]->integer);
            }
        }
    }
}


static void
print_stream(redisContext *context, const reco_config_t *config, unsigned shard)
{
    reco_str_t arguments[3];
    reco_error_t error = {0};
    redisReply *reply;
    char stream[256];

    snprintf(stream, sizeof(stream), "%.200s:%u",
        reco_config_string(config, "stream"), shard);

    arguments[0] = reco_string("XLEN");
    arguments[1] = (reco_str_t){strlen(stream), stream};
    if (reco_redis_command(context, 2, arguments, &reply, &error) == RECO_OK) {
        printf("  %-18s %lld entries", stream, reply->integer);
    }
    freeReplyObject(reply);

    arguments[0] = reco_string("XINFO");
    arguments[1] = reco_string("GROUPS");
    arguments[2] = (reco_str_t){strlen(stream), stream};
    if (reco_redis_command(context, 3, arguments, &reply, &error) == RECO_OK) {
        print_group(reply, reco_config_string(config, "group"));
    }
    freeReplyObject(reply);
    putchar('\n');
}


static void
print_redis(const reco_config_t *config)
{
    reco_error_t error = {0};
    redisContext *context;
    unsigned shard;

    printf("redis              %s\n", reco_config_string(config, "redis"));

    if (reco_redis_connect(config, 0, &context, &error) != RECO_OK) {
        printf("  %s\n", error.message);
        return;
    }

    for (shard = 0; shard < (unsigned) reco_config_integer(config, "shards");
         shard++)
    {
        print_stream(context, config, shard);
    }

    redisFree(context);
}


int
reco_cli_status(int argc, char **argv)
{
    reco_config_t *config;
    int result;

    config = reco_place_create(argc, argv);
    if (config == NULL) {
        return RECO_CLI_FAILED;
    }

    result = reco_place_arguments(argc, argv, config, 0, 0);
    if (result == RECO_CLI_OK) {
        print_store(config);
        print_model(argv[0], config);
        print_redis(config);
    }

    reco_config_destroy(config);

    return result;
}
