/*
 * The engine over a version of the registry, as a worker has it: base and
 * overlay, with the parameters that hold.
 */

#ifndef RECO_LIVE_H
#define RECO_LIVE_H

#include "config.h"
#include "engine/reco_engine.h"
#include "registry.h"


typedef struct {
    reco_version_id_t id;
    reco_snapshot_t *snapshot;
    reco_snapshot_overlay_t *overlay; /* NULL: none that belongs to it */
    reco_engine_params_t params;
    reco_engine_model_t *model;
    reco_engine_scratch_t *scratch;
} reco_live_t;

/*
 * Opens the version that text tells of; NULL: the live one.  Returns
 * RECO_CLI_OK, or the exit status after a message.
 */
int reco_live_open(reco_live_t *live, const char *name,
    const reco_config_t *config, const char *text);
void reco_live_close(reco_live_t *live);

/* The weight of a feature, by its number. */
double reco_live_weight(const reco_live_t *live, unsigned feature);

#endif /* RECO_LIVE_H */
