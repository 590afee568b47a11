#include "cli.h"
#include "place.h"

#include <stdio.h>


static int
roll_back(const char *name, reco_registry_t *registry)
{
    reco_error_t error = {0};
    reco_version_id_t id;

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
    reco_registry_t *registry;
    reco_config_t *config;
    int result;

    registry = NULL;
    result = reco_place_arguments(argc, argv, 0, 0, &config);
    if (result == RECO_CLI_OK) {
        result = reco_place_registry(argv[0], config, &registry);
    }
    if (result == RECO_CLI_OK) {
        result = roll_back(argv[0], registry);
    }

    reco_registry_close(registry);
    reco_config_destroy(config);

    return result;
}
