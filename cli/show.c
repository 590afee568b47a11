#include "cli.h"
#include "report.h"
#include "manifest.h"
#include "place.h"

#include <stdio.h>
#include <stdlib.h>


/* What the overlay found out about the version, if it is the live one. */
static void
add_live(cJSON *manifest, const reco_config_t *config,
    reco_registry_t *registry, const reco_version_id_t *id)
{
    cJSON *report;

    report = reco_cli_report(config, registry, id);
    if (report != NULL && !cJSON_AddItemToObject(manifest, "overlay", report)) {
        cJSON_Delete(report);
    }
}


static int
show(const char *name, const reco_config_t *config, reco_registry_t *registry,
    const char *text)
{
    reco_version_id_t id;
    cJSON *manifest;
    char *json;
    int result;

    result = reco_place_version(name, registry, text, &id);
    if (result != RECO_CLI_OK) {
        return result;
    }

    manifest = reco_cli_manifest(name, registry, &id);
    if (manifest == NULL) {
        return RECO_CLI_FAILED;
    }

    add_live(manifest, config, registry, &id);
    json = cJSON_Print(manifest);
    cJSON_Delete(manifest);
    if (json == NULL) {
        return reco_cli_fail(name, "out of memory");
    }

    reco_cli_print_json(json);
    free(json);

    return RECO_CLI_OK;
}


int
reco_cli_show(int argc, char **argv)
{
    return reco_place_at_registry(argc, argv, 0, 1, show);
}
