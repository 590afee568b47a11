#include "cli.h"
#include "manifest.h"
#include "place.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>


typedef struct {
    const char *name;
    reco_registry_t *registry;
    reco_version_id_t live;   /* "" none */
    reco_version_id_t pinned; /* "" none */
} run_t;


static double
size_of(const cJSON *manifest)
{
    const cJSON *file;
    double size;

    size = 0;
    cJSON_ArrayForEach(
        file, cJSON_GetObjectItemCaseSensitive(manifest, "files"))
    {
        size += reco_cli_manifest_number(file, "size", 0);
    }

    return size;
}


static void
print_version(const run_t *run, const reco_version_id_t *id)
{
    const char *verdict;
    cJSON *manifest;
    char created[24];

    manifest = reco_cli_manifest(run->name, run->registry, id);
    if (manifest == NULL) {
        return;
    }

    verdict = reco_cli_manifest_text(manifest, "gate.verdict");
    reco_cli_manifest_time(
        reco_cli_manifest_number(manifest, "created", 0), created);

    printf("%-8s %-7s %-19s %10.0f %9.0f %8.0f %8.1f MB  %s\n", id->id,
        strcmp(id->id, run->pinned.id) == 0 ? "pinned"
        : strcmp(id->id, run->live.id) == 0 ? "live"
                                            : "",
        created, reco_cli_manifest_number(manifest, "trained.events", 0),
        reco_cli_manifest_number(manifest, "trained.sessions", 0),
        reco_cli_manifest_number(manifest, "trained.items", 0),
        size_of(manifest) / 1e6, verdict[0] != '\0' ? verdict : "-");

    cJSON_Delete(manifest);
}


static int
list(run_t *run)
{
    reco_error_t error = {0};
    reco_version_id_t *ids;
    size_t i, nids;

    if (reco_registry_list(run->registry, &ids, &nids, &error) != RECO_OK) {
        return reco_cli_fail(run->name, "%s", error.message);
    }

    if (reco_registry_live(run->registry, &run->live, NULL) != RECO_OK) {
        run->live.id[0] = '\0';
    }
    if (reco_registry_pinned(run->registry, &run->pinned, NULL) != RECO_OK) {
        run->pinned.id[0] = '\0';
    }

    printf("%-8s %-7s %-19s %10s %9s %8s %11s  %s\n", "version", "state",
        "created (UTC)", "events", "sessions", "items", "size", "gate");

    for (i = 0; i < nids; i++) {
        print_version(run, &ids[i]);
    }
    free(ids);

    return RECO_CLI_OK;
}


int
reco_cli_versions(int argc, char **argv)
{
    run_t run = {.name = argv[0]};
    reco_config_t *config;
    int result;

    config = reco_place_create(argc, argv);
    if (config == NULL) {
        return RECO_CLI_FAILED;
    }

    result = reco_place_arguments(argc, argv, config, 0, 0);
    if (result == RECO_CLI_OK) {
        result = reco_place_registry(run.name, config, &run.registry);
    }
    if (result == RECO_CLI_OK) {
        result = list(&run);
    }

    reco_registry_close(run.registry);
    reco_config_destroy(config);

    return result;
}
