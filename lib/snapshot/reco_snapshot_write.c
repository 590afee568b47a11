/*
 * Writes a version: every file, the manifest last, then reads all of it back.
 * Or one like another: what stays the same is linked.
 */

#include "reco_snapshot_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct {
    const char *folder;
    const reco_snapshot_source_t *source;
    reco_snapshot_manifest_t manifest;
    reco_snapshot_index_t index;
    reco_snapshot_builder_t catalog; /* while the other parts fill it in */
    reco_snapshot_facts_t facts;
} write_work_t;


static reco_status_t
write_path(const write_work_t *work, reco_snapshot_file_t file,
    char path[PATH_MAX], reco_error_t *error)
{
    if ((unsigned) snprintf(path, PATH_MAX, "%s/%s", work->folder,
            reco_snapshot_file_names[file])
        >= PATH_MAX)
    {
        return reco_error_set(
            error, RECO_INVALID, "the path \"%s\" is too long", work->folder);
    }

    return RECO_OK;
}


/* Notes size and hash of what is now on disk. */
static reco_status_t
write_note(write_work_t *work, reco_snapshot_file_t file, const char *path,
    reco_error_t *error)
{
    uint64_t size;
    reco_status_t status;
    const uint8_t *base;

    status = reco_snapshot_map(path, &base, &size, error);

    if (status != RECO_OK) {
        return status;
    }

    work->manifest.files[file].size = size;
    work->manifest.files[file].hash = reco_hash(base, size);
    munmap((void *) base, size);

    return RECO_OK;
}


static reco_status_t
write_file(write_work_t *work, reco_snapshot_file_t file, uint32_t kind,
    const reco_snapshot_builder_t *builder, reco_error_t *error)
{
    char path[PATH_MAX];
    reco_status_t status;

    status = write_path(work, file, path, error);

    if (status == RECO_OK) {
        status = reco_snapshot_builder_write(builder, path, kind, error);
    }

    if (status == RECO_OK) {
        status = write_note(work, file, path, error);
    }

    return status;
}


static reco_status_t
write_sessions(write_work_t *work, reco_error_t *error)
{
    reco_status_t status;
    reco_snapshot_builder_t builder;

    reco_snapshot_builder_init(&builder);
    status = reco_snapshot_sessions_build(&builder, &work->source->sessions,
        work->source->nitems, &work->facts, error);

    if (status == RECO_OK) {
        status = write_file(work, RECO_SNAPSHOT_FILE_SESSIONS,
            RECO_SNAPSHOT_SESSIONS, &builder, error);
    }

    reco_snapshot_builder_done(&builder);

    return status;
}


static reco_status_t
write_neighbors(write_work_t *work, reco_error_t *error)
{
    reco_status_t status;
    reco_snapshot_builder_t builder;

    reco_snapshot_builder_init(&builder);
    status = reco_snapshot_neighbors_build(
        &builder, work->source->neighbors, work->source->nitems, error);

    if (status == RECO_OK) {
        status = write_file(work, RECO_SNAPSHOT_FILE_NEIGHBORS,
            RECO_SNAPSHOT_NEIGHBORS, &builder, error);
    }

    reco_snapshot_builder_done(&builder);

    return status;
}


static reco_status_t
write_popular(write_work_t *work, reco_error_t *error)
{
    reco_status_t status;
    reco_snapshot_builder_t builder;

    reco_snapshot_builder_init(&builder);
    status = reco_snapshot_popular_build(
        &builder, &work->source->popular, &work->facts, error);

    if (status == RECO_OK) {
        status = write_file(work, RECO_SNAPSHOT_FILE_POPULAR,
            RECO_SNAPSHOT_POPULAR, &builder, error);
    }

    reco_snapshot_builder_done(&builder);

    return status;
}


static reco_status_t
write_sync(const char *path, int flags, reco_error_t *error)
{
    int fd, rc;

    fd = open(path, O_RDONLY | O_CLOEXEC | flags);
    rc = fd == -1 ? -1 : fsync(fd);

    if (fd != -1) {
        close(fd);
    }

    return rc == 0 ? RECO_OK
                   : reco_error_set(error, RECO_IO, "cannot sync \"%s\": %s",
                       path, strerror(errno));
}


/* Places and codes of the vectors, from the index as it is on disk. */
static reco_status_t
write_codes(write_work_t *work, const char *index, reco_error_t *error)
{
    uint64_t size;
    const uint8_t *base;
    reco_status_t status;
    reco_snapshot_builder_t builder;
    reco_snapshot_vectors_t vectors;

    status = reco_snapshot_map(index, &base, &size, error);

    if (status != RECO_OK) {
        return status;
    }

    reco_snapshot_builder_init(&builder);
    status = reco_snapshot_vectors_open(base, size, index, &vectors, error);

    if (status == RECO_OK) {
        status = reco_snapshot_vectors_locate(&vectors, &work->facts, error);
    }

    if (status == RECO_OK) {
        status = reco_snapshot_codes_build(&builder, &vectors, error);
    }

    if (status == RECO_OK) {
        status =
            reco_snapshot_near_build(&builder, &vectors, &work->facts, error);
    }

    if (status == RECO_OK) {
        status = write_file(work, RECO_SNAPSHOT_FILE_CODES, RECO_SNAPSHOT_CODES,
            &builder, error);
    }

    reco_snapshot_vectors_close(&vectors);
    reco_snapshot_builder_done(&builder);
    munmap((void *) base, size);

    return status;
}


static reco_status_t
write_vectors(write_work_t *work, reco_error_t *error)
{
    char path[PATH_MAX];
    reco_status_t status;

    if (work->source->dimensions == 0 || work->source->factors == NULL) {
        return RECO_OK;
    }

    status = write_path(work, RECO_SNAPSHOT_FILE_VECTORS, path, error);

    if (status == RECO_OK) {
        status =
            reco_snapshot_faiss_build(path, work->source, &work->index, error);
    }

    if (status == RECO_DECLINED) {
        return RECO_OK;
    }

    if (status == RECO_OK) {
        status = write_sync(path, 0, error);
    }

    if (status == RECO_OK) {
        status = write_note(work, RECO_SNAPSHOT_FILE_VECTORS, path, error);
    }

    if (status == RECO_OK) {
        status = write_codes(work, path, error);
    }

    return status;
}


static reco_status_t
write_content(write_work_t *work, reco_error_t *error)
{
    reco_status_t status;
    reco_snapshot_builder_t builder;

    if (work->source->content.nfeatures == 0
        || work->manifest.files[RECO_SNAPSHOT_FILE_VECTORS].size == 0)
    {
        return RECO_OK;
    }

    reco_snapshot_builder_init(&builder);
    status = reco_snapshot_content_build(
        &builder, &work->source->content, work->source->dimensions, error);

    if (status == RECO_OK) {
        status = write_file(work, RECO_SNAPSHOT_FILE_CONTENT,
            RECO_SNAPSHOT_CONTENT, &builder, error);
    }

    reco_snapshot_builder_done(&builder);

    return status;
}


static reco_status_t
write_catalog(write_work_t *work, reco_error_t *error)
{
    return write_file(work, RECO_SNAPSHOT_FILE_CATALOG, RECO_SNAPSHOT_CATALOG,
        &work->catalog, error);
}


static reco_status_t
write_manifest(write_work_t *work, reco_error_t *error)
{
    reco_status_t status;

    status = reco_snapshot_manifest_write(work->folder, work->source->manifest,
        &work->manifest, &work->index, error);

    if (status == RECO_OK) {
        status = write_sync(work->folder, O_DIRECTORY, error);
    }

    return status;
}


static reco_status_t
write_verify(write_work_t *work, reco_error_t *error)
{
    reco_status_t status;
    reco_snapshot_t *written;

    status = reco_snapshot_open(work->folder, 1, &written, error);

    if (status == RECO_OK) {
        reco_snapshot_release(written);
    }

    return status;
}


reco_status_t
reco_snapshot_write(
    const char *path, const reco_snapshot_source_t *source, reco_error_t *error)
{
    unsigned i;
    write_work_t work;
    reco_status_t status;

    static reco_status_t (*const steps[])(write_work_t *, reco_error_t *) = {
        write_sessions, write_neighbors, write_popular, write_vectors,
        write_content, write_catalog, write_manifest, write_verify};

    if (mkdir(path, 0755) != 0 && errno != EEXIST) {
        return reco_error_set(
            error, RECO_IO, "cannot create \"%s\": %s", path, strerror(errno));
    }

    memset(&work, 0, sizeof(work));
    work.folder = path;
    work.source = source;

    status = reco_snapshot_catalog_build(
        &work.catalog, source->items, source->nitems, &work.facts, error);

    for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        if (status == RECO_OK) {
            status = steps[i](&work, error);
        }
    }

    reco_snapshot_builder_done(&work.catalog);

    return status;
}


/* A file of the version from once more, as one of the new version's. */
static reco_status_t
revise_link(write_work_t *work, const char *from, reco_snapshot_file_t file,
    reco_error_t *error)
{
    char old[PATH_MAX], path[PATH_MAX];
    reco_status_t status;

    if ((unsigned) snprintf(
            old, PATH_MAX, "%s/%s", from, reco_snapshot_file_names[file])
        >= PATH_MAX)
    {
        return reco_error_set(
            error, RECO_INVALID, "the path \"%s\" is too long", from);
    }

    status = write_path(work, file, path, error);

    if (status != RECO_OK) {
        return status;
    }

    if (link(old, path) != 0) {
        return errno == ENOENT
                   ? RECO_OK /* without vectors, or a map to them */
                   : reco_error_set(error, RECO_IO, "cannot link \"%s\": %s",
                       path, strerror(errno));
    }

    return write_note(work, file, path, error);
}


/* The catalogue anew, as it notes where an item's vector is. */
static reco_status_t
revise_catalog(
    write_work_t *work, const reco_snapshot_t *base, reco_error_t *error)
{
    uint32_t i, nitems;
    reco_status_t status;
    reco_snapshot_item_t *items;
    const reco_snapshot_hot_t *hot;

    nitems = reco_snapshot_nitems(base);
    hot = reco_snapshot_view(base)->catalog.hot;
    items = malloc(((size_t) nitems + 1) * sizeof(items[0]));

    if (items == NULL) {
        return reco_error_set(
            error, RECO_NOMEM, "out of memory for the catalogue");
    }

    for (i = 0; i < nitems; i++) {
        reco_snapshot_item(base, i, &items[i]);
    }

    status = reco_snapshot_catalog_build(
        &work->catalog, items, nitems, &work->facts, error);
    free(items);

    for (i = 0; i < nitems && status == RECO_OK; i++) {
        work->facts.hot[i].idf = hot[i].idf;
        work->facts.hot[i].popularity = hot[i].popularity;
        work->facts.hot[i].trend = hot[i].trend;
    }

    if (status == RECO_OK) {
        status = write_vectors(work, error);
    }

    if (status == RECO_OK) {
        status = write_content(work, error);
    }

    if (status == RECO_OK) {
        status = write_catalog(work, error);
    }

    return status;
}


static reco_status_t
revise_files(write_work_t *work, const char *from, const reco_snapshot_t *base,
    reco_error_t *error)
{
    unsigned file;
    reco_status_t status;

    static const int follows[RECO_SNAPSHOT_FILE_COUNT] = {
        [RECO_SNAPSHOT_FILE_VECTORS] = 1,
        [RECO_SNAPSHOT_FILE_CODES] = 1,
        [RECO_SNAPSHOT_FILE_CONTENT] = 1,
        [RECO_SNAPSHOT_FILE_CATALOG] = 1,
    };

    status = RECO_OK;

    for (file = 0; file < RECO_SNAPSHOT_FILE_COUNT && status == RECO_OK; file++)
    {
        if (!follows[file] || work->source->factors == NULL) {
            status = revise_link(work, from, file, error);
        }
    }

    if (status == RECO_OK && work->source->factors != NULL) {
        status = revise_catalog(work, base, error);
    }

    return status;
}


reco_status_t
reco_snapshot_revise(const char *path, const char *from,
    const reco_snapshot_source_t *changes, reco_error_t *error)
{
    write_work_t work;
    reco_status_t status;
    reco_snapshot_t *base;
    reco_snapshot_source_t source;

    status = reco_snapshot_open(from, 1, &base, error);

    if (status != RECO_OK) {
        return status;
    }

    if (mkdir(path, 0755) != 0 && errno != EEXIST) {
        reco_snapshot_release(base);
        return reco_error_set(
            error, RECO_IO, "cannot create \"%s\": %s", path, strerror(errno));
    }

    source = *changes;
    source.nitems = reco_snapshot_nitems(base);
    memset(&work, 0, sizeof(work));
    work.folder = path;
    work.source = &source;
    status = revise_files(&work, from, base, error);

    if (status == RECO_OK) {
        status = reco_snapshot_manifest_write(path, source.manifest,
            &work.manifest, source.factors != NULL ? &work.index : NULL, error);
    }

    if (status == RECO_OK) {
        status = write_sync(path, O_DIRECTORY, error);
    }

    if (status == RECO_OK) {
        status = write_verify(&work, error);
    }

    reco_snapshot_builder_done(&work.catalog);
    reco_snapshot_release(base);

    return status;
}
