#include "cli.h"
#include "manifest.h"
#include "place.h"
#include "snapshot/reco_snapshot.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATH_TEXT  256
#define ITEMS_SHOW 10


typedef struct {
    const char *name;
    reco_registry_t *registry;
    reco_version_id_t ids[2];
} run_t;


static void
print_value(const cJSON *value)
{
    char *text;

    if (value == NULL) {
        printf("-");
        return;
    }

    text = cJSON_PrintUnformatted(value);
    printf("%s", text != NULL ? text : "?");
    free(text);
}


/* Walks both manifests side by side and prints the leaves that differ. */
static void
compare_values(const char *path, const cJSON *left, const cJSON *right)
{
    const cJSON *member, *other;
    char below[PATH_TEXT];

    if (cJSON_IsObject(left) || cJSON_IsObject(right)) {
        cJSON_ArrayForEach(member, left)
        {
            snprintf(below, sizeof(below), "%s%s%s", path,
                path[0] != '\0' ? "." : "", member->string);
            other = cJSON_IsObject(right) ? cJSON_GetObjectItemCaseSensitive(
                        right, member->string)
                                          : NULL;
            compare_values(below, member, other);
        }
        cJSON_ArrayForEach(member, right)
        {
            if (cJSON_IsObject(left)
                && cJSON_GetObjectItemCaseSensitive(left, member->string)
                       != NULL)
            {
                continue;
            }
            snprintf(below, sizeof(below), "%s%s%s", path,
                path[0] != '\0' ? "." : "", member->string);
            compare_values(below, NULL, member);
        }
        return;
    }

    if (cJSON_Compare(left, right, 1)) {
        return;
    }

    printf("%-32s ", path);
    print_value(left);
    printf(" -> ");
    print_value(right);
    putchar('\n');
}


/* Items of one version that the other does not know. */
static void
print_missing(const reco_snapshot_t *in, const reco_snapshot_t *not_in,
    const char *word, const reco_version_id_t *id)
{
    reco_snapshot_item_t item;
    uint32_t i, count;

    count = 0;

    for (i = 0; i < reco_snapshot_nitems(in); i++) {
        reco_snapshot_item(in, i, &item);
        if (reco_snapshot_find(not_in, reco_item_key(item.id))
            != RECO_ITEM_NONE) {
            continue;
        }
        if (count++ < ITEMS_SHOW) {
            printf("%s %.*s  %.*s\n", word, (int) item.id.len, item.id.data,
                (int) item.title.len, item.title.data);
        }
    }

    printf("%u items are in version %s alone\n", count, id->id);
}


static int
compare_catalogs(const run_t *run)
{
    reco_snapshot_t *snapshots[2] = {NULL, NULL};
    reco_error_t error = {0};
    reco_status_t status;
    char path[PATH_MAX];
    int i, result;

    status = RECO_OK;

    for (i = 0; status == RECO_OK && i < 2; i++) {
        status = reco_registry_path(run->registry, &run->ids[i], path, &error);
        if (status == RECO_OK) {
            status = reco_snapshot_open(path, 0, &snapshots[i], &error);
        }
    }

    if (status == RECO_OK) {
        print_missing(snapshots[0], snapshots[1], "-", &run->ids[0]);
        print_missing(snapshots[1], snapshots[0], "+", &run->ids[1]);
        result = RECO_CLI_OK;
    } else {
        result = reco_cli_fail(run->name, "%s", error.message);
    }

    for (i = 0; i < 2; i++) {
        if (snapshots[i] != NULL) {
            reco_snapshot_release(snapshots[i]);
        }
    }

    return result;
}


static int
compare(run_t *run, int argc, char **argv)
{
    cJSON *left, *right;
    int result;

    result =
        reco_place_version(run->name, run->registry, argv[0], &run->ids[0]);
    if (result == RECO_CLI_OK) {
        result = reco_place_version(
            run->name, run->registry, argc > 1 ? argv[1] : NULL, &run->ids[1]);
    }
    if (result != RECO_CLI_OK) {
        return result;
    }

    left = reco_cli_manifest(run->name, run->registry, &run->ids[0]);
    right = reco_cli_manifest(run->name, run->registry, &run->ids[1]);

    if (left != NULL && right != NULL) {
        compare_values("", left, right);
        result = compare_catalogs(run);
    } else {
        result = RECO_CLI_FAILED;
    }

    cJSON_Delete(left);
    cJSON_Delete(right);

    return result;
}


int
reco_cli_diff(int argc, char **argv)
{
    run_t run = {.name = argv[0]};
    reco_config_t *config;
    int result;

    config = reco_place_create(argc, argv);
    if (config == NULL) {
        return RECO_CLI_FAILED;
    }

    result = reco_place_arguments(argc, argv, config, 1, 2);
    if (result == RECO_CLI_OK) {
        result = reco_place_registry(run.name, config, &run.registry);
    }
    if (result == RECO_CLI_OK) {
        result = compare(&run, argc - optind, argv + optind);
    }

    reco_registry_close(run.registry);
    reco_config_destroy(config);

    return result;
}
