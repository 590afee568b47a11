/*
 * Which version is live, and what changes it.
 */

#include "registry.h"

#include "files.h"
#include "registry_journal.h"
#include "registry_place.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PIN_MAX 64


static reco_status_t
read_live(const char *folder, reco_version_id_t *id, reco_error_t *error)
{
    char path[PATH_MAX], target[PATH_MAX];
    reco_status_t status;
    const char *name;
    ssize_t len;

    status = reco_registry_join(path, folder, "current", "", error);
    if (status != RECO_OK) {
        return status;
    }

    len = readlink(path, target, sizeof(target) - 1);
    if (len < 0) {
        return errno == ENOENT ? reco_error_set(error, RECO_DECLINED,
                   "there is no live version in \"%s\": \"recoctl train\" "
                   "makes one, \"recoctl promote\" takes one that is there",
                   folder)
                               : reco_error_set(error, RECO_IO,
                                   "there is no live version: \"%s\": %s", path,
                                   strerror(errno));
    }

    target[len] = '\0';
    name = strrchr(target, '/');

    if (name == NULL || !reco_version_id_parse(name + 1, id)) {
        return reco_error_set(error, RECO_CORRUPT,
            "\"%s\" leads to \"%s\", which is no version", path, target);
    }

    return RECO_OK;
}


reco_status_t
reco_registry_live(
    reco_registry_t *registry, reco_version_id_t *id, reco_error_t *error)
{
    return read_live(registry->archive, id, error);
}


reco_status_t
reco_registry_pinned(
    reco_registry_t *registry, reco_version_id_t *id, reco_error_t *error)
{
    char path[PATH_MAX];
    reco_status_t status;
    reco_str_t text;

    status = reco_registry_join(path, registry->archive, "pinned", "", error);
    if (status == RECO_OK) {
        status = reco_files_read(path, PIN_MAX, &text, error);
    }
    if (status != RECO_OK) {
        return status;
    }

    if (!reco_version_id_parse(text.data, id)) {
        status = reco_error_set(
            error, RECO_CORRUPT, "\"%s\" holds no version's id", path);
    }
    free((char *) text.data);

    return status;
}


static reco_status_t
set_pin(
    reco_registry_t *registry, const reco_version_id_t *id, reco_error_t *error)
{
    char path[PATH_MAX];
    reco_status_t status;

    status = reco_registry_join(path, registry->archive, "pinned", "", error);
    if (status != RECO_OK) {
        return status;
    }

    if (id != NULL) {
        return reco_files_write(
            path, (reco_str_t){strlen(id->id), id->id}, error);
    }

    if (unlink(path) != 0 && errno != ENOENT) {
        return reco_error_set(
            error, RECO_IO, "cannot remove \"%s\": %s", path, strerror(errno));
    }

    return RECO_OK;
}


reco_status_t
reco_registry_pin(
    reco_registry_t *registry, const reco_version_id_t *id, reco_error_t *error)
{
    reco_status_t status;

    status = reco_registry_lock(registry, error);
    if (status == RECO_OK) {
        status = set_pin(registry, id, error);
        reco_registry_unlock(registry);
    }

    return status;
}


/* Removes all versions but the live one from the model folder. */
static void
clean_model(reco_registry_t *registry)
{
    reco_version_id_t live, *ids;
    size_t i, nids;

    reco_registry_sweep(registry->model, NULL);

    if (read_live(registry->model, &live, NULL) != RECO_OK
        || reco_registry_list_folder(registry->model, &ids, &nids, NULL)
               != RECO_OK)
    {
        return;
    }

    for (i = 0; i < nids; i++) {
        if (strcmp(ids[i].id, live.id) != 0) {
            reco_registry_discard(registry->model, &ids[i], NULL);
        }
    }

    free(ids);
}


/* Copies a version of the archive into the model folder: both aside and under
   its name it is whole, or not there. */
static reco_status_t
bring(
    reco_registry_t *registry, const reco_version_id_t *id, reco_error_t *error)
{
    char from[PATH_MAX], aside[PATH_MAX], to[PATH_MAX], folder[PATH_MAX];
    reco_status_t status;

    status = reco_registry_path(registry, id, from, error);
    if (status == RECO_OK) {
        status =
            reco_registry_join(aside, registry->model, "incoming", "", error);
    }
    if (status == RECO_OK) {
        status =
            reco_registry_join(to, registry->model, "versions/", id->id, error);
    }
    if (status != RECO_OK || access(to, F_OK) == 0) {
        return status;
    }

    status = reco_registry_join(folder, registry->model, "versions", "", error);
    if (status == RECO_OK) {
        status = reco_files_make_folder(folder, error);
    }
    if (status == RECO_OK) {
        status = reco_files_remove(aside, error);
    }
    if (status == RECO_OK) {
        status = reco_files_copy_folder(from, aside, error);
    }

    /* Workers map the copy unread: it is read here, once for all. */
    if (status == RECO_OK) {
        status = reco_registry_verify(aside, error);
    }
    if (status == RECO_OK && rename(aside, to) != 0) {
        status = reco_error_set(error, RECO_IO,
            "cannot move \"%s\" to \"%s\": %s", aside, to, strerror(errno));
    }

    /* A part of it would take up the memory that it had not enough of. */
    if (status != RECO_OK) {
        (void) reco_files_remove(aside, NULL);
    }

    return status;
}


/* Makes the version the one that FOLDER/current leads to. */
static reco_status_t
point(const char *folder, const reco_version_id_t *id, reco_error_t *error)
{
    char path[PATH_MAX], target[64];
    reco_status_t status;

    snprintf(target, sizeof(target), "versions/%s", id->id);
    status = reco_registry_join(path, folder, "current", "", error);
    if (status == RECO_OK) {
        status = reco_files_relink(path, target, error);
    }

    return status == RECO_OK ? reco_files_sync_folder(folder, error) : status;
}


/* Brings the version that is live into the model folder, where it is not. */
static reco_status_t
expose(
    reco_registry_t *registry, const reco_version_id_t *id, reco_error_t *error)
{
    reco_version_id_t live;
    reco_status_t status;

    if (read_live(registry->model, &live, NULL) == RECO_OK
        && strcmp(live.id, id->id) == 0)
    {
        return RECO_OK;
    }

    status = bring(registry, id, error);

    return status == RECO_OK ? point(registry->model, id, error) : status;
}


/* A version may be made live: it is whole, and nothing else is pinned. */
static reco_status_t
check_publish(
    reco_registry_t *registry, const reco_version_id_t *id, reco_error_t *error)
{
    reco_version_id_t pinned;
    reco_status_t status;
    char path[PATH_MAX];

    status = reco_registry_path(registry, id, path, error);
    if (status != RECO_OK) {
        return status;
    }

    if (access(path, F_OK) != 0) {
        return reco_error_set(
            error, RECO_DECLINED, "there is no version %s", id->id);
    }

    if (reco_registry_pinned(registry, &pinned, NULL) == RECO_OK
        && strcmp(pinned.id, id->id) != 0)
    {
        return reco_error_set(error, RECO_DECLINED,
            "version %s is pinned and stays live; \"recoctl pin --off\" "
            "releases it",
            pinned.id);
    }

    return reco_registry_verify(path, error);
}


/* What can fail for want of room comes first: the one before stays live. */
static reco_status_t
make_live(reco_registry_t *registry, const reco_version_id_t *id,
    reco_registry_action_t action, reco_error_t *error)
{
    reco_status_t status;

    status = check_publish(registry, id, error);
    if (status == RECO_OK) {
        clean_model(registry);
        status = bring(registry, id, error);
    }
    if (status == RECO_OK) {
        status = reco_journal_append(registry->archive, action, id, error);
    }

    /* From here on it is live, come what may. */
    if (status == RECO_OK) {
        status = point(registry->archive, id, error);
    }
    if (status == RECO_OK) {
        status = expose(registry, id, error);
    }

    return status;
}


reco_status_t
reco_registry_publish(reco_registry_t *registry, const reco_version_id_t *id,
    reco_registry_action_t action, reco_error_t *error)
{
    reco_status_t status;

    status = reco_registry_lock(registry, error);
    if (status == RECO_OK) {
        status = make_live(registry, id, action, error);
        reco_registry_unlock(registry);
    }

    return status;
}


reco_status_t
reco_registry_previous(
    reco_registry_t *registry, reco_version_id_t *id, reco_error_t *error)
{
    reco_version_id_t live;
    reco_status_t status;
    char path[PATH_MAX];

    status = reco_registry_live(registry, &live, error);
    if (status == RECO_OK) {
        status = reco_journal_previous(registry->archive, &live, id, error);
    }
    if (status == RECO_OK) {
        status = reco_registry_path(registry, id, path, error);
    }
    if (status == RECO_OK && access(path, F_OK) != 0) {
        status = reco_error_set(error, RECO_DECLINED,
            "version %s, which was live before, was removed since", id->id);
    }

    return status;
}


int
reco_registry_retreated(reco_registry_t *registry, const reco_version_id_t *id)
{
    return reco_journal_retreated(registry->archive, id);
}


reco_status_t
reco_registry_restore(reco_registry_t *registry, reco_error_t *error)
{
    reco_version_id_t live;
    reco_status_t status;

    status = reco_registry_lock(registry, error);
    if (status != RECO_OK) {
        return status;
    }

    status = reco_registry_live(registry, &live, error);
    if (status == RECO_OK) {
        status = expose(registry, &live, error);
    }
    if (status == RECO_OK) {
        clean_model(registry);
    }

    reco_registry_unlock(registry);

    return status;
}


reco_status_t
reco_registry_tidy(reco_registry_t *registry, reco_error_t *error)
{
    reco_status_t status;

    status = reco_registry_lock(registry, error);
    if (status == RECO_OK) {
        clean_model(registry);
        reco_registry_unlock(registry);
    }

    return status;
}


static int
is_kept(reco_registry_t *registry, const reco_version_id_t *id)
{
    reco_version_id_t other;

    if (reco_registry_live(registry, &other, NULL) == RECO_OK
        && strcmp(other.id, id->id) == 0)
    {
        return 1;
    }

    return reco_registry_pinned(registry, &other, NULL) == RECO_OK
           && strcmp(other.id, id->id) == 0;
}


reco_status_t
reco_registry_prune(
    reco_registry_t *registry, size_t keep_count, reco_error_t *error)
{
    reco_version_id_t *ids;
    reco_status_t status;
    size_t i, nids;

    status = reco_registry_lock(registry, error);
    if (status != RECO_OK) {
        return status;
    }

    ids = NULL;
    status = reco_registry_sweep(registry->archive, error);
    if (status == RECO_OK) {
        status =
            reco_registry_list_folder(registry->archive, &ids, &nids, error);
    }

    for (i = 0; status == RECO_OK && i + keep_count < nids; i++) {
        if (!is_kept(registry, &ids[i])) {
            status = reco_registry_discard(registry->archive, &ids[i], error);
        }
    }

    free(ids);
    reco_registry_unlock(registry);

    return status;
}
