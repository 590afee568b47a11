/*
 * The versions of the model: kept in the archive, published in the model
 * folder, from which nginx reads.
 *
 *   ARCHIVE/versions/000042/   a version, complete and verified; never changed
 *   ARCHIVE/current            link to the live one: the truth after a crash
 *   ARCHIVE/building/          what is being written
 *   ARCHIVE/removed/           what is being removed
 *   ARCHIVE/pinned             id of the version that is to stay live
 *   ARCHIVE/journal            what became live when, and why
 *   ARCHIVE/lock               held while any of this changes
 *   MODEL/versions/000042/     copy, usually in memory (tmpfs)
 *   MODEL/removed/             what is being removed
 *   MODEL/current              link to the live one
 *
 * A version is written aside, verified, and moved to its place; it is moved
 * out of it before it is removed; links are replaced by rename.  So no reader ever sees part of one, and after a crash
 * reco_registry_restore() finishes what was begun.
 */

#ifndef RECO_REGISTRY_H
#define RECO_REGISTRY_H

#include "reco.h"

#include <limits.h>


#define RECO_REGISTRY_ID_MAX 16

typedef struct {
    char id[RECO_REGISTRY_ID_MAX];
} reco_version_id_t;

typedef struct reco_registry_s reco_registry_t;

typedef enum {
    RECO_REGISTRY_CREATE,  /* creates the folders */
    RECO_REGISTRY_EXISTING /* RECO_DECLINED where there is no archive */
} reco_registry_mode_t;

/*
 * EXISTING creates nothing; where a version is published, or one added, the
 * model's folder is made.  What is made has the modes of the process's umask:
 * versions are for the workers, who are another user, to read.  RECO_IO,
 * RECO_NOMEM.
 */
reco_status_t reco_registry_open(const char *model, const char *archive,
    reco_registry_mode_t mode, reco_registry_t **registry, reco_error_t *error);
void reco_registry_close(reco_registry_t *registry);

/*
 * The next version's id and the folder to write it to, which does not exist
 * yet.  Until add or cancel no other process can begin one: RECO_BUSY.
 */
reco_status_t reco_registry_begin(reco_registry_t *registry,
    reco_version_id_t *id, char path[PATH_MAX], reco_error_t *error);
void reco_registry_cancel(reco_registry_t *registry);

/*
 * Completes the manifest of what was written by begin's path, verifies the
 * version and keeps it.  members: JSON object whose members are added to the
 * manifest, after id, parent (the live version) and created.  RECO_CORRUPT: it
 * does not verify, and is removed.
 */
reco_status_t reco_registry_add(reco_registry_t *registry,
    const reco_version_id_t *id, const char *members, reco_error_t *error);

/* What the journal calls it. */
typedef enum {
    RECO_REGISTRY_PUBLISH,  /* a new version, by the trainer */
    RECO_REGISTRY_PROMOTE,  /* an old or refused one, by a person */
    RECO_REGISTRY_ROLLBACK, /* the one before, by a person */
    RECO_REGISTRY_RETREAT   /* the one before, by the trainer */
} reco_registry_action_t;

/*
 * Makes the version live.  RECO_DECLINED: there is no such version, or another
 * one is pinned.  RECO_CORRUPT: it does not verify.
 */
reco_status_t reco_registry_publish(reco_registry_t *registry,
    const reco_version_id_t *id, reco_registry_action_t action,
    reco_error_t *error);

/* Which version a rollback leads to: the one that was live before.
   RECO_DECLINED: there is none. */
reco_status_t reco_registry_previous(
    reco_registry_t *registry, reco_version_id_t *id, reco_error_t *error);

/* 1: the trainer went back from this version to the one before. */
int reco_registry_retreated(
    reco_registry_t *registry, const reco_version_id_t *id);

/* RECO_DECLINED: none is. */
reco_status_t reco_registry_live(
    reco_registry_t *registry, reco_version_id_t *id, reco_error_t *error);
reco_status_t reco_registry_pinned(
    reco_registry_t *registry, reco_version_id_t *id, reco_error_t *error);

/* Holds the live version until NULL is pinned.  Publish id first. */
reco_status_t reco_registry_pin(reco_registry_t *registry,
    const reco_version_id_t *id, reco_error_t *error);

/*
 * Makes the model folder what the archive says: after a crash, or when the
 * memory it was in is gone.  RECO_DECLINED: no version was ever published.
 */
reco_status_t reco_registry_restore(
    reco_registry_t *registry, reco_error_t *error);

/*
 * Removes versions that are not live from the model folder.  Workers may map
 * one for a while after it was live, and open its files for a moment: not to
 * be called right after a change.
 */
reco_status_t reco_registry_tidy(
    reco_registry_t *registry, reco_error_t *error);

/* All ids, oldest first; for the caller to free.  RECO_IO, RECO_NOMEM. */
reco_status_t reco_registry_list(reco_registry_t *registry,
    reco_version_id_t **ids, size_t *nids, reco_error_t *error);

/* The folder of a version in the archive. */
reco_status_t reco_registry_path(reco_registry_t *registry,
    const reco_version_id_t *id, char path[PATH_MAX], reco_error_t *error);

/* Removes all but the newest keep versions, the live and the pinned one. */
reco_status_t reco_registry_prune(
    reco_registry_t *registry, size_t keep, reco_error_t *error);

/* "000042" or "42" as an id; 0 if it is no number. */
int reco_version_id_parse(const char *text, reco_version_id_t *id);

#endif /* RECO_REGISTRY_H */
