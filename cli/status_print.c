#include "status_print.h"

#include "cli.h"
#include "manifest.h"
#include "report.h"

#include <stdio.h>
#include <string.h>


static void
print_count(const char *name, double count)
{
    printf("  %-18s %.0f\n", name, count);
}


/* The path after which a part is named; 0 where nothing more is known. */
static int
print_head(const char *name, const cJSON *part, const char *place)
{
    const cJSON *error;

    printf("%-18s ", name);
    reco_cli_print(stdout, reco_cli_manifest_text(part, place));
    putchar('\n');

    error = cJSON_GetObjectItemCaseSensitive(part, "error");
    if (error != NULL) {
        printf("  ");
        reco_cli_print(stdout, error->valuestring);
        putchar('\n');
    }

    return error == NULL;
}


static void
print_store(const cJSON *store)
{
    const cJSON *counter;
    char newest[24];

    if (!print_head("store", store, "path")) {
        return;
    }

    reco_cli_manifest_time(
        reco_cli_manifest_number(store, "newest", 0), newest);
    print_count("events", reco_cli_manifest_number(store, "events", 0));
    print_count("visitors", reco_cli_manifest_number(store, "visitors", 0));
    print_count("items", reco_cli_manifest_number(store, "items", 0));
    printf("  %-18s %s\n  %-18s %.1f MB\n", "newest (UTC)", newest, "size",
        reco_cli_manifest_number(store, "bytes", 0) / 1e6);

    printf("counters\n");
    cJSON_ArrayForEach(
        counter, cJSON_GetObjectItemCaseSensitive(store, "counters"))
    {
        print_count(counter->string, counter->valuedouble);
    }
}


static void
print_model(const cJSON *model)
{
    const cJSON *overlay, *report;
    char created[24];

    if (print_head("model", model, "path")) {
        reco_cli_manifest_time(
            reco_cli_manifest_number(model, "created", 0), created);
        printf("  %-18s %s\n  %-18s %s\n", "version",
            reco_cli_manifest_text(model, "version"), "created (UTC)", created);
    }

    overlay = cJSON_GetObjectItemCaseSensitive(model, "overlay");
    if (overlay != NULL) {
        printf("  %-18s %.0f bytes, %.1f s old\n", "overlay",
            reco_cli_manifest_number(overlay, "bytes", 0),
            reco_cli_manifest_number(overlay, "age", 0));
    }

    report = cJSON_GetObjectItemCaseSensitive(overlay, "report");
    if (report != NULL) {
        reco_cli_report_print(report);
    }
}


static void
print_redis(const cJSON *redis)
{
    const cJSON *stream, *figure;

    if (!print_head("redis", redis, "address")) {
        return;
    }

    cJSON_ArrayForEach(
        stream, cJSON_GetObjectItemCaseSensitive(redis, "streams"))
    {
        printf("  %-18s", reco_cli_manifest_text(stream, "name"));
        cJSON_ArrayForEach(figure, stream)
        {
            if (strcmp(figure->string, "entries") == 0) {
                printf(" %.0f entries", figure->valuedouble);
            } else if (cJSON_IsNumber(figure)) {
                printf(", ");
                reco_cli_print(stdout, figure->string);
                printf(" %.0f", figure->valuedouble);
            }
        }
        putchar('\n');
    }
}


void
reco_status_print(const cJSON *status)
{
    print_store(cJSON_GetObjectItemCaseSensitive(status, "store"));
    print_model(cJSON_GetObjectItemCaseSensitive(status, "model"));
    print_redis(cJSON_GetObjectItemCaseSensitive(status, "redis"));
}
