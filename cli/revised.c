#include "revised.h"

#include "cli.h"
#include "place.h"

#include <stdio.h>


int
reco_revised_add(const char *name, const reco_config_t *config,
    const char *base, const reco_revision_t *revision, int promote)
{
    reco_version_id_t from, id;
    reco_registry_t *registry;
    reco_error_t error = {0};
    reco_status_t status;
    int result;

    result = reco_place_registry(name, config, &registry);
    if (result != RECO_CLI_OK) {
        return result;
    }

    result = reco_place_version(name, registry, base, &from);
    if (result == RECO_CLI_OK) {
        status = reco_revision_add(registry, &from, revision, &id, &error);
        if (status == RECO_OK) {
            printf("version %s is version %s with these %s\n", id.id, from.id,
                revision->factors != NULL ? "factors" : "weights");
        }
        if (status == RECO_OK && promote) {
            status = reco_registry_publish(
                registry, &id, RECO_REGISTRY_PROMOTE, &error);
        }
        if (status != RECO_OK) {
            result = reco_cli_fail(name, "%s", error.message);
        } else if (promote) {
            printf("version %s is live\n", id.id);
        } else {
            printf("it is kept, not live: \"recoctl promote %s\"\n", id.id);
        }
    }

    reco_registry_close(registry);

    return result;
}
