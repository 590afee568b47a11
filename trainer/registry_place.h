/*
 * What the files of the registry share: paths, locks, lists of versions.
 */

#ifndef RECO_REGISTRY_PLACE_H
#define RECO_REGISTRY_PLACE_H

#include "registry.h"


struct reco_registry_s {
    char model[PATH_MAX];
    char archive[PATH_MAX];
    int lock;     /* of ARCHIVE/lock; -1 where it is not held */
    int building; /* of ARCHIVE/building.lock */
};

/* "FOLDER/NAMEID" */
reco_status_t reco_registry_join(char out[PATH_MAX], const char *folder,
    const char *name, const char *id, reco_error_t *error);

reco_status_t reco_registry_lock(
    reco_registry_t *registry, reco_error_t *error);
void reco_registry_unlock(reco_registry_t *registry);

/* The versions in FOLDER/versions, oldest first; for the caller to free. */
reco_status_t reco_registry_list_folder(const char *folder,
    reco_version_id_t **ids, size_t *nids, reco_error_t *error);

/* Moves FOLDER's version out of sight, whole, and removes it; a crash in between
   leaves nothing among the versions. */
reco_status_t reco_registry_discard(
    const char *folder, const reco_version_id_t *id, reco_error_t *error);

/* Removes what a crash left of versions that were discarded. */
reco_status_t reco_registry_sweep(const char *folder, reco_error_t *error);

/* Opens a version, checking every byte. */
reco_status_t reco_registry_verify(const char *path, reco_error_t *error);

#endif /* RECO_REGISTRY_PLACE_H */
