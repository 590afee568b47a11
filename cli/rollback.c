#include "cli.h"
#include "place.h"

#include <stdio.h>


static int
roll_back(const char *name, const reco_config_t *config,
    reco_registry_t *registry, const char *text)
{
    reco_error_t error = {0};
    reco_version_id_t id;

    (void) config;
    (void) text;

    if (reco_registry_previous(registry, &id, &error) != RECO_OK
        || reco_registry_publish(registry, &id, RECO_REGISTRY_ROLLBACK, &error)
               != RECO_OK)
    {
        return reco_cli_fail(name, "%s", error.message);
    }

    printf("version %s is live\n", id.id);

    return RECO_CLI_OK;
}


int
reco_cli_rollback(int argc, char **argv)
{
    return reco_place_at_registry(argc, argv, 0, 0, roll_back);
}
