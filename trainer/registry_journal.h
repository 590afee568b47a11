/*
 * The registry's journal: a line for each version that became live, oldest
 * first:
 *
 *   2024-05-01T12:30:05Z publish 000042
 */

#ifndef RECO_REGISTRY_JOURNAL_H
#define RECO_REGISTRY_JOURNAL_H

#include "registry.h"


reco_status_t reco_journal_append(const char *archive,
    reco_registry_action_t action, const reco_version_id_t *id,
    reco_error_t *error);

/*
 * Which version was live before live was: a rollback undoes what it went back
 * over, so that rolling back again goes on further.  RECO_DECLINED: none.
 */
reco_status_t reco_journal_previous(const char *archive,
    const reco_version_id_t *live, reco_version_id_t *previous,
    reco_error_t *error);

/* 1: the last time that the version ended to be live was by a retreat. */
int reco_journal_retreated(const char *archive, const reco_version_id_t *id);

#endif /* RECO_REGISTRY_JOURNAL_H */
