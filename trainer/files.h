/*
 * Files and folders that survive a crash: written aside, synced, renamed.
 */

#ifndef RECO_FILES_H
#define RECO_FILES_H

#include "reco.h"


/* Creates path and what is missing above it.  RECO_IO. */
reco_status_t reco_files_make_folder(const char *path, reco_error_t *error);

/* Removes path and all below it; it is no failure if it is not there. */
reco_status_t reco_files_remove(const char *path, reco_error_t *error);

/* Brings a folder's entries to the disk. */
reco_status_t reco_files_sync_folder(const char *path, reco_error_t *error);

/* Replaces the file by one that holds text. */
reco_status_t reco_files_write(
    const char *path, reco_str_t text, reco_error_t *error);

/*
 * The whole file, for the caller to free; a NUL follows it.  RECO_DECLINED:
 * it is not there; RECO_TOO_LARGE: more than max bytes.
 */
reco_status_t reco_files_read(
    const char *path, size_t max, reco_str_t *text, reco_error_t *error);

/* Points the symbolic link path to target, in one step. */
reco_status_t reco_files_relink(
    const char *path, const char *target, reco_error_t *error);

/*
 * Copies the files of folder from into the new folder to and syncs them; hard
 * links where the file system allows.
 */
reco_status_t reco_files_copy_folder(
    const char *from, const char *to, reco_error_t *error);

#endif /* RECO_FILES_H */
