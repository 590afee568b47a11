/*
 * A version made of another one, of which a part was learnt elsewhere.
 */

#ifndef RECO_REVISION_H
#define RECO_REVISION_H

#include "reco.h"
#include "registry.h"
#include "snapshot/reco_snapshot.h"

#include <cjson/cJSON.h>


typedef struct {
    const char *from;     /* what the manifest says of where it comes from */
    uint32_t dimensions;  /* of factors */
    const float *factors; /* of all items by their numbers; NULL: as they are */
    const float *queries; /* a sample of visitors' vectors, or NULL */
    uint32_t nqueries;
    cJSON *engine; /* values by name that replace those of the manifest */
} reco_revision_t;

/*
 * Keeps a version that is like the one of id base but for what revision says.
 * *id is its id; it is not published.  RECO_BUSY: another process is training.
 */
reco_status_t reco_revision_add(reco_registry_t *registry,
    const reco_version_id_t *base, const reco_revision_t *revision,
    reco_version_id_t *id, reco_error_t *error);

#endif /* RECO_REVISION_H */
