/*
 * What the commands that bring a part of a model from elsewhere share: which
 * version it goes into, and what becomes of the new one.
 */

#ifndef RECO_REVISED_H
#define RECO_REVISED_H

#include "config.h"
#include "revision.h"


/*
 * Adds a version like the one that base tells of (NULL: the live one) and says
 * so.  Returns the exit status.
 */
int reco_revised_add(const char *name, const reco_config_t *config,
    const char *base, const reco_revision_t *revision, reco_version_id_t *id);

/* Makes it live where promote is set, and says so or how to. */
int reco_revised_end(const char *name, const reco_config_t *config,
    const reco_version_id_t *id, int promote);

#endif /* RECO_REVISED_H */
