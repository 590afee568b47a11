#include "cli.h"
#include "place.h"

#include <stdio.h>


static int
promote(const char *name, const reco_config_t *config,
    reco_registry_t *registry, const char *text)
{
    reco_error_t error = {0};
    reco_version_id_t id;
    int result;

    (void) config;

    result = reco_place_version(name, registry, text, &id);
    if (result != RECO_CLI_OK) {
        return result;
    }

    if (reco_registry_publish(registry, &id, RECO_REGISTRY_PROMOTE, &error)
        != RECO_OK)
    {
        return reco_cli_fail(name, "%s", error.message);
    }

    printf("version %s is live\n", id.id);

    return RECO_CLI_OK;
}


int
reco_cli_promote(int argc, char **argv)
{
    return reco_place_at_registry(argc, argv, 1, 1, promote);
}
