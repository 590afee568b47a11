#include "live.h"

#include "cli.h"
#include "place.h"

#include <stdio.h>
#include <string.h>


static reco_status_t
open_model(reco_live_t *live, const char *folder, const char *overlay,
    reco_error_t *error)
{
    reco_status_t status;

    status = reco_snapshot_open(folder, 0, &live->snapshot, error);
    if (status != RECO_OK) {
        return status;
    }

    /* A worker, too, goes on without one that it cannot use. */
    if (reco_snapshot_overlay_open(
            overlay, live->snapshot, &live->overlay, NULL)
        != RECO_OK)
    {
        live->overlay = NULL;
    }

    reco_engine_params_init(&live->params);
    status = reco_engine_params_load(&live->params, live->snapshot, error);
    if (status == RECO_OK && live->overlay != NULL) {
        status = reco_engine_params_follow(&live->params, live->overlay, error);
    }
    if (status == RECO_OK) {
        status = reco_engine_model_open(
            live->snapshot, live->overlay, &live->params, &live->model, error);
    }
    if (status == RECO_OK) {
        status = reco_engine_scratch_create(live->model, &live->scratch);
    }

    return status;
}


int
reco_live_open(reco_live_t *live, const char *name, const reco_config_t *config,
    const char *text)
{
    char folder[PATH_MAX], overlay[PATH_MAX];
    reco_registry_t *registry;
    reco_error_t error = {0};
    reco_status_t status;
    int result;

    memset(live, 0, sizeof(*live));

    result = reco_place_registry(name, config, &registry);
    if (result != RECO_CLI_OK) {
        return result;
    }

    result = reco_place_version(name, registry, text, &live->id);
    if (result == RECO_CLI_OK) {
        status = reco_registry_path(registry, &live->id, folder, &error);
        if (status == RECO_OK
            && snprintf(overlay, PATH_MAX, "%s/overlay",
                   reco_config_string(config, "model"))
                   >= PATH_MAX)
        {
            status = reco_error_set(&error, RECO_INVALID, "a path is too long");
        }
        if (status == RECO_OK) {
            status = open_model(live, folder, overlay, &error);
        }
        if (status != RECO_OK) {
            result = reco_cli_fail(
                name, "version %s: %s", live->id.id, error.message);
        }
    }

    reco_registry_close(registry);

    return result;
}


void
reco_live_close(reco_live_t *live)
{
    reco_engine_scratch_destroy(live->scratch);
    reco_engine_model_close(live->model);
    if (live->overlay != NULL) {
        reco_snapshot_overlay_release(live->overlay);
    }
    if (live->snapshot != NULL) {
        reco_snapshot_release(live->snapshot);
    }
    memset(live, 0, sizeof(*live));
}


double
reco_live_weight(const reco_live_t *live, unsigned feature)
{
    const reco_engine_param_t *param;
    const char *name;
    unsigned i;

    name = reco_engine_feature_name(feature);

    for (i = 0; name != NULL && (param = reco_engine_param(i)) != NULL; i++) {
        if (strncmp(param->name, "weight.", 7) == 0
            && strcmp(param->name + 7, name) == 0)
        {
            return live->params.values[i];
        }
    }

    return 0;
}
