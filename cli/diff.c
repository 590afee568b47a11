#include "cli.h"
#include "manifest.h"
#include "place.h"
#include "snapshot/reco_snapshot.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATH_TEXT  256
#define ITEM_TEXT  512
#define ITEMS_SHOW 10


typedef struct {
    const char *name;
    reco_config_t *config;
    reco_registry_t *registry;
    reco_version_id_t ids[2];
    int json;
} run_t;


/* Notes one leaf of the manifests that differs; NULL: it is not there. */
static void
add_change(
    cJSON *changes, const char *path, const cJSON *left, const cJSON *right)
{
    cJSON *change;

    change = cJSON_AddObjectToObject(changes, path);
    cJSON_AddItemToObject(change, "from",
        left != NULL ? cJSON_Duplicate(left, 1) : cJSON_CreateNull());
    cJSON_AddItemToObject(change, "to",
        right != NULL ? cJSON_Duplicate(right, 1) : cJSON_CreateNull());
}


/* Walks both manifests side by side and notes the leaves that differ. */
static void
compare_values(
    cJSON *changes, const char *path, const cJSON *left, const cJSON *right)
{
    const cJSON *member;
    char below[PATH_TEXT];

    if (!cJSON_IsObject(left) && !cJSON_IsObject(right)) {
        if (!cJSON_Compare(left, right, 1)) {
            add_change(changes, path, left, right);
        }
        return;
    }

    cJSON_ArrayForEach(member, left)
    {
        snprintf(below, sizeof(below), "%s%s%s", path,
            path[0] != '\0' ? "." : "", member->string);
        compare_values(changes, below, member,
            cJSON_GetObjectItemCaseSensitive(right, member->string));
    }

    cJSON_ArrayForEach(member, right)
    {
        if (cJSON_GetObjectItemCaseSensitive(left, member->string) == NULL) {
            snprintf(below, sizeof(below), "%s%s%s", path,
                path[0] != '\0' ? "." : "", member->string);
            compare_values(changes, below, NULL, member);
        }
    }
}


/* Items of one version that the other does not know: some, and how many. */
static void
add_missing(cJSON *difference, const char *name, const reco_snapshot_t *in,
    const reco_snapshot_t *not_in)
{
    cJSON *missing, *items, *entry;
    reco_snapshot_item_t item;
    uint32_t i, count;
    char text[ITEM_TEXT];

    missing = cJSON_AddObjectToObject(difference, name);
    items = cJSON_AddArrayToObject(missing, "first");
    count = 0;

    for (i = 0; i < reco_snapshot_nitems(in); i++) {
        reco_snapshot_item(in, i, &item);
        if (reco_snapshot_find(not_in, reco_item_key(item.id)) == RECO_ITEM_NONE
            && count++ < ITEMS_SHOW)
        {
            entry = cJSON_CreateObject();
            cJSON_AddItemToArray(items, entry);
            snprintf(
                text, sizeof(text), "%.*s", (int) item.id.len, item.id.data);
            cJSON_AddStringToObject(entry, "item", text);
            snprintf(text, sizeof(text), "%.*s", (int) item.title.len,
                item.title.data);
            cJSON_AddStringToObject(entry, "title", text);
        }
    }

    cJSON_AddNumberToObject(missing, "count", count);
}


static int
compare_catalogs(const run_t *run, cJSON *difference)
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
        add_missing(difference, "gone", snapshots[0], snapshots[1]);
        add_missing(difference, "new", snapshots[1], snapshots[0]);
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


static void
print_value(const cJSON *value)
{
    char *text;

    text = cJSON_IsNull(value) ? NULL : cJSON_PrintUnformatted(value);
    reco_cli_print(stdout, text != NULL ? text : "-");
    free(text);
}


static void
print_missing(const cJSON *missing, const char *word, const char *version)
{
    const cJSON *item;

    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(missing, "first"))
    {
        printf("%s ", word);
        reco_cli_print(stdout, reco_cli_manifest_text(item, "item"));
        printf("  ");
        reco_cli_print(stdout, reco_cli_manifest_text(item, "title"));
        putchar('\n');
    }

    printf("%.0f items are in version %s alone\n",
        reco_cli_manifest_number(missing, "count", 0), version);
}


static void
print_text(const run_t *run, const cJSON *difference)
{
    const cJSON *change;

    cJSON_ArrayForEach(
        change, cJSON_GetObjectItemCaseSensitive(difference, "manifest"))
    {
        printf("%-32s ", change->string);
        print_value(cJSON_GetObjectItemCaseSensitive(change, "from"));
        printf(" -> ");
        print_value(cJSON_GetObjectItemCaseSensitive(change, "to"));
        putchar('\n');
    }

    print_missing(cJSON_GetObjectItemCaseSensitive(difference, "gone"), "-",
        run->ids[0].id);
    print_missing(cJSON_GetObjectItemCaseSensitive(difference, "new"), "+",
        run->ids[1].id);
}


static int
print(const run_t *run, const cJSON *difference)
{
    char *json;

    if (!run->json) {
        print_text(run, difference);
        return RECO_CLI_OK;
    }

    json = cJSON_PrintUnformatted(difference);
    if (json == NULL) {
        return reco_cli_fail(run->name, "out of memory");
    }

    reco_cli_print_json(json);
    free(json);

    return RECO_CLI_OK;
}


static int
compare(run_t *run, int argc, char **argv)
{
    cJSON *left, *right, *difference;
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

    result = RECO_CLI_FAILED;
    if (left != NULL && right != NULL) {
        difference = cJSON_CreateObject();
        cJSON_AddStringToObject(difference, "from", run->ids[0].id);
        cJSON_AddStringToObject(difference, "to", run->ids[1].id);
        compare_values(
            cJSON_AddObjectToObject(difference, "manifest"), "", left, right);
        result = compare_catalogs(run, difference);
        if (result == RECO_CLI_OK) {
            result = print(run, difference);
        }
        cJSON_Delete(difference);
    }

    cJSON_Delete(left);
    cJSON_Delete(right);

    return result;
}


int
reco_cli_diff(int argc, char **argv)
{
    run_t run = {.name = argv[0]};
    int result;

    result = reco_place_arguments(argc, argv, 0, 2, &run.config, &run.json);
    if (result == RECO_CLI_OK && optind == argc) {
        result = reco_cli_misuse(run.name, "which version?");
    }
    if (result == RECO_CLI_OK) {
        result = reco_place_registry(run.name, run.config, &run.registry);
    }
    if (result == RECO_CLI_OK) {
        result = compare(&run, argc - optind, argv + optind);
    }

    reco_registry_close(run.registry);
    reco_config_destroy(run.config);

    return result;
}
