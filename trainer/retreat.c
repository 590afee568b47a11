#include "retreat.h"

#include <math.h>
#include <string.h>

#define SIGNIFICANT 3.0 /* standard errors */


static double
share(const reco_store_rate_t *rate)
{
    return rate->shown > 0 ? (double) rate->clicked / (double) rate->shown : 0;
}


void
reco_retreat_compare(reco_retreat_t *retreat, const reco_store_rate_t *live,
    const reco_store_rate_t *before, const reco_config_t *config)
{
    uint64_t least;
    double pooled, variance;

    least = (uint64_t) reco_config_integer(config, "rollback_shown");
    memset(retreat, 0, sizeof(*retreat));
    retreat->live = share(live);
    retreat->before = share(before);
    retreat->enough = live->shown >= least && before->shown >= least;

    if (!retreat->enough) {
        return;
    }

    pooled = (double) (live->clicked + before->clicked)
             / (double) (live->shown + before->shown);
    variance = pooled * (1 - pooled)
               * (1 / (double) live->shown + 1 / (double) before->shown);
    if (!(variance > 0)) {
        return;
    }

    retreat->z = (retreat->live - retreat->before) / sqrt(variance);
    retreat->worse =
        retreat->z < -SIGNIFICANT
        && retreat->live
               < retreat->before
                     * (1 - reco_config_number(config, "rollback_tolerance"));
}


reco_status_t
reco_retreat(reco_retreat_t *retreat, reco_registry_t *registry,
    reco_store_t *store, const reco_config_t *config, reco_version_id_t *id,
    reco_error_t *error)
{
    reco_store_rate_t rate, before;
    reco_version_id_t live;
    reco_status_t status;

    if (!reco_config_integer(config, "rollback")) {
        return RECO_DECLINED;
    }

    status = reco_registry_live(registry, &live, error);
    if (status == RECO_OK) {
        status = reco_registry_previous(registry, id, error);
    }
    if (status == RECO_OK) {
        status = reco_store_rate(store, live.id, &rate, error);
    }
    if (status == RECO_OK) {
        status = reco_store_rate(store, id->id, &before, error);
    }
    if (status != RECO_OK) {
        return status;
    }

    reco_retreat_compare(retreat, &rate, &before, config);

    return retreat->worse ? reco_registry_publish(
               registry, id, RECO_REGISTRY_RETREAT, error)
                          : RECO_DECLINED;
}
