/*
 * What the registry adds to a version's manifest.
 */

#ifndef RECO_REGISTRY_STAMP_H
#define RECO_REGISTRY_STAMP_H

#include "registry.h"


/*
 * Adds id, parent ("" is left out), created and the members of the JSON object
 * members (NULL: none) to the manifest in the folder path.  RECO_CORRUPT: it
 * is no manifest.
 */
reco_status_t reco_registry_stamp(const char *path, const reco_version_id_t *id,
    const reco_version_id_t *parent, const char *members, reco_error_t *error);

#endif /* RECO_REGISTRY_STAMP_H */
