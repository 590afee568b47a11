#include "registry.h"

#include "files.h"
#include "registry_place.h"
#include "registry_stamp.h"
#include "snapshot/reco_snapshot.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define ID_DIGITS 6
#define ID_MAX    999999999ul


reco_status_t
reco_registry_join(char out[PATH_MAX], const char *folder, const char *name,
    const char *id, reco_error_t *error)
{
    if (snprintf(out, PATH_MAX, "%s/%s%s", folder, name, id) >= PATH_MAX) {
        return reco_error_set(
            error, RECO_IO, "the path \"%s/%s\" is too long", folder, name);
    }

    return RECO_OK;
}


int
reco_version_id_parse(const char *text, reco_version_id_t *id)
{
    unsigned long number;
    char *end;

    if (!isdigit((unsigned char) text[0])) {
        return 0;
    }

    number = strtoul(text, &end, 10);
    if (*end != '\0' || number == 0 || number > ID_MAX) {
        return 0;
    }

    snprintf(id->id, sizeof(id->id), "%0*lu", ID_DIGITS, number);

    return 1;
}


static reco_status_t
make_folders(const reco_registry_t *registry, reco_error_t *error)
{
    reco_status_t status;
    char path[PATH_MAX];

    status = reco_registry_join(path, registry->archive, "versions", "", error);
    if (status == RECO_OK) {
        status = reco_files_make_folder(path, error);
    }
    if (status == RECO_OK) {
        status =
            reco_registry_join(path, registry->model, "versions", "", error);
    }

    return status == RECO_OK ? reco_files_make_folder(path, error) : status;
}


static reco_status_t
find_archive(const reco_registry_t *registry, reco_error_t *error)
{
    reco_status_t status;
    char path[PATH_MAX];

    status = reco_registry_join(path, registry->archive, "versions", "", error);
    if (status != RECO_OK || access(path, F_OK) == 0) {
        return status;
    }

    return errno == ENOENT ? reco_error_set(error, RECO_DECLINED,
               "there is no folder \"%s\": \"recoctl train\" makes it, where "
               "\"archive\" of trainer.conf says",
               path)
                           : reco_error_set(error, RECO_IO,
                               "cannot open \"%s\": %s", path, strerror(errno));
}


reco_status_t
reco_registry_open(const char *model, const char *archive,
    reco_registry_mode_t mode, reco_registry_t **registry, reco_error_t *error)
{
    reco_registry_t *opened;
    reco_status_t status;

    opened = calloc(1, sizeof(*opened));
    if (opened == NULL) {
        return reco_error_set(error, RECO_NOMEM, "out of memory");
    }

    opened->lock = -1;
    opened->building = -1;

    if (snprintf(opened->model, PATH_MAX, "%s", model) >= PATH_MAX - 64
        || snprintf(opened->archive, PATH_MAX, "%s", archive) >= PATH_MAX - 64)
    {
        free(opened);
        return reco_error_set(
            error, RECO_IO, "the path \"%.64s...\" is too long", model);
    }

    status = mode == RECO_REGISTRY_CREATE ? make_folders(opened, error)
                                          : find_archive(opened, error);

    if (status != RECO_OK) {
        free(opened);
        return status;
    }

    *registry = opened;

    return RECO_OK;
}


void
reco_registry_close(reco_registry_t *registry)
{
    if (registry == NULL) {
        return;
    }

    if (registry->lock != -1) {
        close(registry->lock);
    }

    if (registry->building != -1) {
        close(registry->building);
    }

    free(registry);
}


static reco_status_t
lock_file(reco_registry_t *registry, const char *name, int flags, int *fd,
    reco_error_t *error)
{
    char path[PATH_MAX];
    reco_status_t status;
    int rc;

    status = reco_registry_join(path, registry->archive, name, "", error);
    if (status != RECO_OK) {
        return status;
    }

    *fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (*fd == -1) {
        return reco_error_set(
            error, RECO_IO, "cannot open \"%s\": %s", path, strerror(errno));
    }

    do {
        rc = flock(*fd, flags);
    } while (rc != 0 && errno == EINTR); /* the daemon's signals */

    if (rc == 0) {
        return RECO_OK;
    }

    status = errno == EWOULDBLOCK ? reco_error_set(error, RECO_BUSY,
                 "a version is being trained already: \"%s\" is locked", path)
                                  : reco_error_set(error, RECO_IO,
                                      "cannot lock \"%s\": %s", path,
                                      strerror(errno));
    close(*fd);
    *fd = -1;

    return status;
}


reco_status_t
reco_registry_lock(reco_registry_t *registry, reco_error_t *error)
{
    return lock_file(registry, "lock", LOCK_EX, &registry->lock, error);
}


void
reco_registry_unlock(reco_registry_t *registry)
{
    close(registry->lock);
    registry->lock = -1;
}


static int
compare_ids(const void *left, const void *right)
{
    const reco_version_id_t *a = left;
    const reco_version_id_t *b = right;
    unsigned long x, y;

    x = strtoul(a->id, NULL, 10);
    y = strtoul(b->id, NULL, 10);

    return x < y ? -1 : x > y;
}


/* The names of versions in folder/versions, oldest first. */
reco_status_t
reco_registry_list_folder(const char *folder, reco_version_id_t **ids,
    size_t *nids, reco_error_t *error)
{
    reco_version_id_t id, *grown;
    char path[PATH_MAX];
    struct dirent *entry;
    reco_status_t status;
    DIR *dir;

    *ids = NULL;
    *nids = 0;

    status = reco_registry_join(path, folder, "versions", "", error);
    if (status != RECO_OK) {
        return status;
    }

    dir = opendir(path);
    if (dir == NULL) {
        return reco_error_set(error, errno == ENOENT ? RECO_DECLINED : RECO_IO,
            "cannot open \"%s\": %s", path, strerror(errno));
    }

    while ((entry = readdir(dir)) != NULL) {
        if (!reco_version_id_parse(entry->d_name, &id)
            || strcmp(id.id, entry->d_name) != 0)
        {
            continue;
        }
        grown = realloc(*ids, (*nids + 1) * sizeof(id));
        if (grown == NULL) {
            closedir(dir);
            free(*ids);
            *ids = NULL;
            return reco_error_set(error, RECO_NOMEM, "out of memory");
        }
        *ids = grown;
        (*ids)[(*nids)++] = id;
    }

    closedir(dir);

    if (*nids > 0) {
        qsort(*ids, *nids, sizeof(**ids), compare_ids);
    }

    return RECO_OK;
}


reco_status_t
reco_registry_list(reco_registry_t *registry, reco_version_id_t **ids,
    size_t *nids, reco_error_t *error)
{
    return reco_registry_list_folder(registry->archive, ids, nids, error);
}


reco_status_t
reco_registry_sweep(const char *folder, reco_error_t *error)
{
    reco_status_t status;
    char path[PATH_MAX];

    status = reco_registry_join(path, folder, "removed", "", error);

    return status == RECO_OK ? reco_files_remove(path, error) : status;
}


reco_status_t
reco_registry_discard(
    const char *folder, const reco_version_id_t *id, reco_error_t *error)
{
    char from[PATH_MAX], to[PATH_MAX];
    reco_status_t status;

    status = reco_registry_join(to, folder, "removed", "", error);
    if (status == RECO_OK) {
        status = reco_files_make_folder(to, error);
    }
    if (status == RECO_OK) {
        status = reco_registry_join(to, folder, "removed/", id->id, error);
    }
    if (status == RECO_OK) {
        status = reco_registry_join(from, folder, "versions/", id->id, error);
    }
    if (status == RECO_OK && rename(from, to) != 0) {
        status = reco_error_set(
            error, RECO_IO, "cannot move \"%s\": %s", from, strerror(errno));
    }

    return status == RECO_OK ? reco_registry_sweep(folder, error) : status;
}


reco_status_t
reco_registry_path(reco_registry_t *registry, const reco_version_id_t *id,
    char path[PATH_MAX], reco_error_t *error)
{
    return reco_registry_join(
        path, registry->archive, "versions/", id->id, error);
}


/* The largest number that is taken in folder. */
static reco_status_t
find_newest(const char *folder, unsigned long *newest, reco_error_t *error)
{
    reco_version_id_t *ids;
    reco_status_t status;
    unsigned long number;
    size_t nids;

    status = reco_registry_list_folder(folder, &ids, &nids, error);
    if (status != RECO_OK) {
        return status == RECO_DECLINED ? RECO_OK : status;
    }

    if (nids > 0) {
        number = strtoul(ids[nids - 1].id, NULL, 10);
        *newest = number > *newest ? number : *newest;
    }
    free(ids);

    return RECO_OK;
}


reco_status_t
reco_registry_begin(reco_registry_t *registry, reco_version_id_t *id,
    char path[PATH_MAX], reco_error_t *error)
{
    reco_status_t status;
    unsigned long newest;

    status = lock_file(registry, "building.lock", LOCK_EX | LOCK_NB,
        &registry->building, error);
    if (status != RECO_OK) {
        return status;
    }

    /* What a trainer that was killed left behind. */
    status = reco_registry_join(path, registry->archive, "building", "", error);
    if (status == RECO_OK) {
        status = reco_files_remove(path, error);
    }
    if (status == RECO_OK) {
        status = reco_files_make_folder(path, error);
    }

    newest = 0;
    if (status == RECO_OK) {
        status = find_newest(registry->archive, &newest, error);
    }
    if (status == RECO_OK) {
        status = find_newest(registry->model, &newest, error);
    }

    if (status == RECO_OK) {
        snprintf(id->id, sizeof(id->id), "%0*lu", ID_DIGITS,
            (newest + 1) % (ID_MAX + 1));
        status = reco_registry_join(
            path, registry->archive, "building/", id->id, error);
    }

    if (status != RECO_OK) {
        reco_registry_cancel(registry);
    }

    return status;
}


void
reco_registry_cancel(reco_registry_t *registry)
{
    char path[PATH_MAX];

    if (registry->building == -1) {
        return;
    }

    if (reco_registry_join(path, registry->archive, "building", "", NULL)
        == RECO_OK)
    {
        reco_files_remove(path, NULL);
    }

    close(registry->building);
    registry->building = -1;
}


reco_status_t
reco_registry_verify(const char *path, reco_error_t *error)
{
    reco_snapshot_t *snapshot;
    reco_status_t status;

    status = reco_snapshot_open(path, 1, &snapshot, error);
    if (status == RECO_OK) {
        reco_snapshot_release(snapshot);
    }

    return status;
}


/* Moves what is in building to versions. */
static reco_status_t
keep(reco_registry_t *registry, const char *from, const reco_version_id_t *id,
    reco_error_t *error)
{
    char folder[PATH_MAX], to[PATH_MAX];
    reco_status_t status;

    status =
        reco_registry_join(folder, registry->archive, "versions", "", error);
    if (status == RECO_OK) {
        status = reco_registry_path(registry, id, to, error);
    }
    if (status != RECO_OK) {
        return status;
    }

    if (rename(from, to) != 0) {
        return reco_error_set(error, RECO_IO,
            "cannot move \"%s\" to \"%s\": %s", from, to, strerror(errno));
    }

    return reco_files_sync_folder(folder, error);
}


reco_status_t
reco_registry_add(reco_registry_t *registry, const reco_version_id_t *id,
    const char *members, reco_error_t *error)
{
    reco_version_id_t parent;
    char path[PATH_MAX];
    reco_status_t status;

    status =
        reco_registry_join(path, registry->archive, "building/", id->id, error);

    if (status == RECO_OK) {
        if (reco_registry_live(registry, &parent, NULL) != RECO_OK) {
            parent.id[0] = '\0';
        }
        status = reco_registry_stamp(path, id, &parent, members, error);
    }
    if (status == RECO_OK) {
        status = reco_registry_verify(path, error);
    }
    if (status == RECO_OK) {
        status = reco_registry_lock(registry, error);
    }
    if (status == RECO_OK) {
        status = keep(registry, path, id, error);
        reco_registry_unlock(registry);
    }

    reco_registry_cancel(registry);

    return status;
}
