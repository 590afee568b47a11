#include "revised.h"

#include "cli.h"
#include "place.h"

#include <stdio.h>


int
reco_revised_add(const char *name, const reco_config_t *config,
    const char *base, const reco_revision_t *revision, reco_version_id_t *id)
{
    reco_version_id_t from;
    reco_registry_t *registry;
    reco_error_t error = {0};
    int result;

    result = reco_place_registry(name, config, &registry);
    if (result != RECO_CLI_OK) {
        return result;
    }

    result = reco_place_version(name, registry, base, &from);
    if (result == RECO_CLI_OK) {
        if (reco_revision_add(registry, &from, revision, id, &error) == RECO_OK)
        {
            printf("version %s is version %s with these %s\n", id->id, from.id,
                revision->factors != NULL ? "factors" : "weights");
        } else {
            result = reco_cli_fail(name, "%s", error.message);
        }
    }

    reco_registry_close(registry);

    return result;
}


int
reco_revised_end(const char *name, const reco_config_t *config,
    const reco_version_id_t *id, int promote)
{
    reco_registry_t *registry;
    reco_error_t error = {0};
    int result;

    if (!promote) {
        printf("it is kept, not live: \"recoctl promote %s\"\n", id->id);
        return RECO_CLI_OK;
    }

    result = reco_place_registry(name, config, &registry);
    if (result != RECO_CLI_OK) {
        return result;
    }

    if (reco_registry_publish(registry, id, RECO_REGISTRY_PROMOTE, &error)
        == RECO_OK)
    {
        printf("version %s is live\n", id->id);
    } else {
        result = reco_cli_fail(name, "%s", error.message);
    }

    reco_registry_close(registry);

    return result;
}
