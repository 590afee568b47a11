/*
 * Temporary folders.
 */

#ifndef RECO_FOLDER_H
#define RECO_FOLDER_H

#include "reco.h"


/*
 * Makes a new folder under TMPDIR, or else /dev/shm, or else /tmp, and writes
 * its path.  RECO_IO, RECO_TOO_LARGE (TMPDIR is longer than size allows).
 */
reco_status_t reco_folder_temporary(
    char *path, size_t size, reco_error_t *error);

/* Removes a folder and all that is in it; what cannot be stays. */
void reco_folder_remove(const char *path);

#endif /* RECO_FOLDER_H */
