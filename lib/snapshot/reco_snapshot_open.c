/*
 * An open version: its mappings, the view of them, and who holds it.
 */

#include "reco_snapshot_parts.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* How far a walk over all mappings has come. */
typedef struct {
    unsigned file;
    uint64_t offset;
} open_walk_t;

struct reco_snapshot_s {
    unsigned holders;
    open_walk_t warmed;
    open_walk_t dropped;
    reco_snapshot_view_t view;
    reco_snapshot_manifest_t manifest;
    reco_snapshot_container_t containers[RECO_SNAPSHOT_FILE_COUNT];
    const uint8_t *vectors; /* the mapping of vectors.faiss */
    uint64_t vectors_size;
    char paths[RECO_SNAPSHOT_FILE_COUNT][PATH_MAX];
};

/* Reads a page table entry for each page, without a fault for each; Linux
   5.14, and not in every C library's headers. */
#define OPEN_POPULATE 22

static const uint32_t open_kinds[RECO_SNAPSHOT_FILE_COUNT] = {
    [RECO_SNAPSHOT_FILE_CATALOG] = RECO_SNAPSHOT_CATALOG,
    [RECO_SNAPSHOT_FILE_SESSIONS] = RECO_SNAPSHOT_SESSIONS,
    [RECO_SNAPSHOT_FILE_NEIGHBORS] = RECO_SNAPSHOT_NEIGHBORS,
    [RECO_SNAPSHOT_FILE_POPULAR] = RECO_SNAPSHOT_POPULAR,
    [RECO_SNAPSHOT_FILE_CODES] = RECO_SNAPSHOT_CODES,
    [RECO_SNAPSHOT_FILE_CONTENT] = RECO_SNAPSHOT_CONTENT,
};


static void
open_close(reco_snapshot_t *snapshot)
{
    unsigned i;

    for (i = 0; i < RECO_SNAPSHOT_FILE_COUNT; i++) {
        reco_snapshot_container_close(&snapshot->containers[i]);
    }

    reco_snapshot_vectors_close(&snapshot->view.vectors);

    if (snapshot->vectors != NULL) {
        munmap((void *) snapshot->vectors, snapshot->vectors_size);
    }

    reco_snapshot_manifest_done(&snapshot->manifest);
    free(snapshot);
}


/* A file must be the one that the manifest speaks of. */
static reco_status_t
open_check_file(const reco_snapshot_t *snapshot, reco_snapshot_file_t file,
    const uint8_t *base, uint64_t size, int verify, reco_error_t *error)
{
    if (size != snapshot->manifest.files[file].size) {
        return reco_error_set(error, RECO_CORRUPT,
            "\"%s\" has %llu bytes; its manifest says %llu",
            snapshot->paths[file], (unsigned long long) size,
            (unsigned long long) snapshot->manifest.files[file].size);
    }

    if (verify && reco_hash(base, size) != snapshot->manifest.files[file].hash)
    {
        return reco_error_set(error, RECO_CORRUPT, "\"%s\" fails its checksum",
            snapshot->paths[file]);
    }

    return RECO_OK;
}


static reco_status_t
open_container(reco_snapshot_t *snapshot, reco_snapshot_file_t file, int verify,
    reco_error_t *error)
{
    reco_status_t status;
    reco_snapshot_container_t *container;

    container = &snapshot->containers[file];

    /* The whole file's hash covers the sections': no need for both. */
    status = reco_snapshot_container_open(
        container, snapshot->paths[file], open_kinds[file], 0, error);

    if (status == RECO_DECLINED) {
        status = RECO_CORRUPT;
    }

    if (status == RECO_OK) {
        status = open_check_file(
            snapshot, file, container->base, container->size, verify, error);
    }

    return status;
}


static reco_status_t
open_vectors(reco_snapshot_t *snapshot, int verify, reco_error_t *error)
{
    reco_status_t status;

    const reco_snapshot_file_t vectors = RECO_SNAPSHOT_FILE_VECTORS;

    const reco_snapshot_file_t codes = RECO_SNAPSHOT_FILE_CODES;

    if (snapshot->manifest.files[vectors].size == 0
        || snapshot->manifest.files[codes].size == 0)
    {
        return RECO_OK;
    }

    status = reco_snapshot_map(snapshot->paths[vectors], &snapshot->vectors,
        &snapshot->vectors_size, error);

    if (status == RECO_DECLINED) {
        status = RECO_CORRUPT;
    }

    if (status == RECO_OK) {
        status = open_check_file(snapshot, vectors, snapshot->vectors,
            snapshot->vectors_size, verify, error);
    }

    if (status == RECO_OK) {
        status = reco_snapshot_vectors_open(snapshot->vectors,
            snapshot->vectors_size, snapshot->paths[vectors],
            &snapshot->view.vectors, error);
    }

    if (status == RECO_OK) {
        status = open_container(snapshot, codes, verify, error);
    }

    if (status == RECO_OK) {
        status = reco_snapshot_codes_open(&snapshot->containers[codes],
            &snapshot->view.vectors, &snapshot->view.codes, error);
    }

    if (status == RECO_OK) {
        status = reco_snapshot_near_open(&snapshot->containers[codes],
            snapshot->view.catalog.nitems, &snapshot->view.codes, error);
    }

    return status;
}


static reco_status_t
open_content(reco_snapshot_t *snapshot, int verify, reco_error_t *error)
{
    reco_status_t status;

    const reco_snapshot_file_t content = RECO_SNAPSHOT_FILE_CONTENT;

    if (snapshot->manifest.files[content].size == 0
        || snapshot->view.vectors.dimensions == 0)
    {
        return RECO_OK;
    }

    status = open_container(snapshot, content, verify, error);

    if (status == RECO_OK) {
        status = reco_snapshot_content_open(&snapshot->containers[content],
            snapshot->view.vectors.dimensions, &snapshot->view.content, error);
    }

    return status;
}


static reco_status_t
open_files(reco_snapshot_t *snapshot, int verify, reco_error_t *error)
{
    unsigned i;
    reco_status_t status;
    reco_snapshot_view_t *view;
    const reco_snapshot_container_t *containers;

    view = &snapshot->view;
    containers = snapshot->containers;

    for (i = 0; i < RECO_SNAPSHOT_FILE_COUNT; i++) {
        if (i == RECO_SNAPSHOT_FILE_VECTORS || i == RECO_SNAPSHOT_FILE_CODES
            || i == RECO_SNAPSHOT_FILE_CONTENT)
        {
            continue;
        }

        status = open_container(snapshot, i, verify, error);

        if (status != RECO_OK) {
            return status;
        }
    }

    status = reco_snapshot_catalog_open(
        &containers[RECO_SNAPSHOT_FILE_CATALOG], &view->catalog, error);

    if (status == RECO_OK) {
        status = reco_snapshot_sessions_open(
            &containers[RECO_SNAPSHOT_FILE_SESSIONS], view->catalog.nitems, 0,
            &view->sessions, error);
    }

    if (status == RECO_OK) {
        status = reco_snapshot_neighbors_open(
            &containers[RECO_SNAPSHOT_FILE_NEIGHBORS], view->catalog.nitems,
            view->neighbors, error);
    }

    if (status == RECO_OK) {
        status =
            reco_snapshot_popular_open(&containers[RECO_SNAPSHOT_FILE_POPULAR],
                view->catalog.ncategories, &view->popular, error);
    }

    if (status == RECO_OK) {
        status = open_vectors(snapshot, verify, error);
    }

    if (status == RECO_OK) {
        status = open_content(snapshot, verify, error);
    }

    return status;
}


reco_status_t
reco_snapshot_open(const char *path, int verify, reco_snapshot_t **snapshot,
    reco_error_t *error)
{
    unsigned i;
    reco_status_t status;
    reco_snapshot_t *opened;

    opened = calloc(1, sizeof(*opened));

    if (opened == NULL) {
        return reco_error_set(
            error, RECO_NOMEM, "out of memory for \"%s\"", path);
    }

    opened->holders = 1;

    for (i = 0; i < RECO_SNAPSHOT_FILE_COUNT; i++) {
        if ((unsigned) snprintf(opened->paths[i], PATH_MAX, "%s/%s", path,
                reco_snapshot_file_names[i])
            >= PATH_MAX)
        {
            free(opened);
            return reco_error_set(
                error, RECO_INVALID, "the path \"%s\" is too long", path);
        }
    }

    status = reco_snapshot_manifest_read(path, &opened->manifest, error);

    if (status == RECO_OK) {
        status = open_files(opened, verify, error);
    }

    if (status != RECO_OK) {
        open_close(opened);
        return status;
    }

    *snapshot = opened;

    return RECO_OK;
}


void
reco_snapshot_acquire(reco_snapshot_t *snapshot)
{
    snapshot->holders++;
}


void
reco_snapshot_release(reco_snapshot_t *snapshot)
{
    if (snapshot != NULL && --snapshot->holders == 0) {
        open_close(snapshot);
    }
}


/* The next bytes of the mappings get an advice; 0 past the last one. */
static int
open_advise(
    reco_snapshot_t *snapshot, open_walk_t *walk, size_t bytes, int advice)
{
    uint64_t size, rest;
    const uint8_t *base;

    for (; walk->file < RECO_SNAPSHOT_FILE_COUNT; walk->file++) {
        if (walk->file == RECO_SNAPSHOT_FILE_VECTORS) {
            base = snapshot->vectors;
            size = base != NULL ? snapshot->vectors_size : 0;
        } else {
            base = snapshot->containers[walk->file].base;
            size = base != NULL ? snapshot->containers[walk->file].size : 0;
        }

        if (walk->offset < size) {
            rest = size - walk->offset;
            bytes = bytes < rest ? bytes : rest;

            /* Advice is advice: an old kernel may not know it. */
            (void) madvise((void *) (base + walk->offset), bytes, advice);
            walk->offset += bytes;
            return 1;
        }

        walk->offset = 0;
    }

    return 0;
}


/* Whole pages, at least one. */
static size_t
open_step(size_t bytes)
{
    const size_t page = 65536;

    return bytes < page ? page : bytes & ~(page - 1);
}


int
reco_snapshot_warm(reco_snapshot_t *snapshot, size_t bytes)
{
    return open_advise(
        snapshot, &snapshot->warmed, open_step(bytes), OPEN_POPULATE);
}


int
reco_snapshot_drop(reco_snapshot_t *snapshot, size_t bytes)
{
    return open_advise(
        snapshot, &snapshot->dropped, open_step(bytes), MADV_DONTNEED);
}


const char *
reco_snapshot_id(const reco_snapshot_t *snapshot)
{
    return snapshot->manifest.id;
}


reco_str_t
reco_snapshot_manifest(const reco_snapshot_t *snapshot)
{
    return snapshot->manifest.text;
}


uint64_t
reco_snapshot_identity(const reco_snapshot_t *snapshot)
{
    return reco_hash(snapshot->manifest.text.data, snapshot->manifest.text.len);
}


int
reco_snapshot_parameter(const reco_snapshot_t *snapshot, unsigned index,
    reco_str_t *key, reco_str_t *value)
{
    const char *text;

    if (index >= snapshot->manifest.nparameters) {
        return 0;
    }

    text = snapshot->manifest.parameters;

    for (;;) {
        *key = (reco_str_t){strlen(text), text};
        text += key->len + 1;
        *value = (reco_str_t){strlen(text), text};
        text += value->len + 1;

        if (index-- == 0) {
            return 1;
        }
    }
}


uint32_t
reco_snapshot_nitems(const reco_snapshot_t *snapshot)
{
    return snapshot->view.catalog.nitems;
}


uint32_t
reco_snapshot_find(const reco_snapshot_t *snapshot, uint64_t key)
{
    return reco_snapshot_catalog_find(&snapshot->view.catalog, key);
}


void
reco_snapshot_item(const reco_snapshot_t *snapshot, uint32_t number,
    reco_snapshot_item_t *item)
{
    reco_snapshot_catalog_item(&snapshot->view.catalog, number, item);
}


const reco_snapshot_view_t *
reco_snapshot_view(const reco_snapshot_t *snapshot)
{
    return &snapshot->view;
}
