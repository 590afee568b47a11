/*
 * manifest.json: what the trainer says of a version, and what the writer
 * adds: "format", "files" with size and XXH3 of each, "index".
 */

#include "reco_snapshot_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#define MANIFEST_FORMAT   3
#define MANIFEST_SIZE_MAX (1 << 20)

const char *const reco_snapshot_file_names[RECO_SNAPSHOT_FILE_COUNT] = {
    [RECO_SNAPSHOT_FILE_CATALOG] = "catalog.bin",
    [RECO_SNAPSHOT_FILE_SESSIONS] = "sessions.bin",
    [RECO_SNAPSHOT_FILE_NEIGHBORS] = "neighbors.bin",
    [RECO_SNAPSHOT_FILE_POPULAR] = "popular.bin",
    [RECO_SNAPSHOT_FILE_VECTORS] = "vectors.faiss",
    [RECO_SNAPSHOT_FILE_CODES] = "codes.bin",
    [RECO_SNAPSHOT_FILE_CONTENT] = "content.bin",
};


static int
manifest_add_files(cJSON *root, const reco_snapshot_manifest_t *manifest)
{
    char hash[17];
    unsigned i;
    cJSON *files, *file;

    cJSON_DeleteItemFromObjectCaseSensitive(root, "files");
    files = cJSON_AddObjectToObject(root, "files");

    for (i = 0; i < RECO_SNAPSHOT_FILE_COUNT && files != NULL; i++) {
        if (manifest->files[i].size == 0) {
            continue;
        }

        file = cJSON_AddObjectToObject(files, reco_snapshot_file_names[i]);
        snprintf(hash, sizeof(hash), "%016llx",
            (unsigned long long) manifest->files[i].hash);

        if (file == NULL
            || cJSON_AddNumberToObject(
                   file, "size", (double) manifest->files[i].size)
                   == NULL
            || cJSON_AddStringToObject(file, "xxh3", hash) == NULL)
        {
            return 0;
        }
    }

    return files != NULL;
}


static int
manifest_add_index(cJSON *root, const reco_snapshot_index_t *index)
{
    char type[32];
    cJSON *object;

    if (index == NULL) {
        return 1;
    }

    cJSON_DeleteItemFromObjectCaseSensitive(root, "index");

    if (index->nlists == 0) {
        return 1;
    }

    snprintf(type, sizeof(type), "IVF%u,Flat", index->nlists);
    object = cJSON_AddObjectToObject(root, "index");

    return object != NULL
           && cJSON_AddStringToObject(object, "type", type) != NULL
           && cJSON_AddNumberToObject(object, "nprobe", index->nprobe) != NULL
           && cJSON_AddNumberToObject(object, "recall@50", index->recall)
                  != NULL;
}


static reco_status_t
manifest_store(const char *path, const char *text, reco_error_t *error)
{
    int fd, failed;
    size_t length;

    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

    if (fd == -1) {
        return reco_error_set(
            error, RECO_IO, "cannot create \"%s\": %s", path, strerror(errno));
    }

    length = strlen(text);
    failed = write(fd, text, length) != (ssize_t) length || fsync(fd) != 0;

    if (close(fd) != 0 || failed) {
        return reco_error_set(
            error, RECO_IO, "cannot write \"%s\": %s", path, strerror(errno));
    }

    return RECO_OK;
}


reco_status_t
reco_snapshot_manifest_write(const char *folder, const char *json,
    const reco_snapshot_manifest_t *manifest,
    const reco_snapshot_index_t *index, reco_error_t *error)
{
    char path[PATH_MAX], *text;
    cJSON *root;
    reco_status_t status;

    root = cJSON_Parse(json != NULL ? json : "{}");

    if (!cJSON_IsObject(root)) {
        cJSON_Delete(root);
        return reco_error_set(
            error, RECO_INVALID, "the manifest is not a JSON object");
    }

    cJSON_DeleteItemFromObjectCaseSensitive(root, "format");
    text = NULL;

    if (cJSON_AddNumberToObject(root, "format", MANIFEST_FORMAT) != NULL
        && manifest_add_files(root, manifest)
        && manifest_add_index(root, index))
    {
        text = cJSON_Print(root);
    }

    cJSON_Delete(root);

    if (text == NULL) {
        return reco_error_set(
            error, RECO_NOMEM, "out of memory for the manifest");
    }

    snprintf(path, sizeof(path), "%s/manifest.json", folder);
    status = manifest_store(path, text, error);
    free(text);

    return status;
}


/* The scalars of "engine" as text, so that nothing is parsed later. */
static reco_status_t
manifest_read_parameters(reco_snapshot_manifest_t *manifest, const cJSON *root)
{
    char *out;
    size_t size;
    const cJSON *engine, *entry;

    engine = cJSON_GetObjectItemCaseSensitive(root, "engine");
    size = 1;

    cJSON_ArrayForEach(entry, engine)
    {
        size += strlen(entry->string) + 32
                + (cJSON_IsString(entry) ? strlen(entry->valuestring) : 0);
    }

    manifest->parameters = malloc(size);
    out = manifest->parameters;

    if (out == NULL) {
        return RECO_NOMEM;
    }

    cJSON_ArrayForEach(entry, engine)
    {
        if (cJSON_IsNumber(entry)) {
            out += sprintf(out, "%s", entry->string) + 1;
            out += sprintf(out, "%.9g", entry->valuedouble) + 1;

        } else if (cJSON_IsString(entry)) {
            out += sprintf(out, "%s", entry->string) + 1;
            out += sprintf(out, "%s", entry->valuestring) + 1;

        } else {
            continue;
        }

        manifest->nparameters++;
    }

    return RECO_OK;
}


static reco_status_t
manifest_read_files(
    reco_snapshot_manifest_t *manifest, const cJSON *root, reco_error_t *error)
{
    char *end;
    unsigned i;
    const cJSON *files, *file, *size, *hash;

    files = cJSON_GetObjectItemCaseSensitive(root, "files");

    for (i = 0; i < RECO_SNAPSHOT_FILE_COUNT; i++) {
        file = cJSON_GetObjectItemCaseSensitive(
            files, reco_snapshot_file_names[i]);

        if (file == NULL
            && (i == RECO_SNAPSHOT_FILE_VECTORS || i == RECO_SNAPSHOT_FILE_CODES
                || i == RECO_SNAPSHOT_FILE_CONTENT))
        {
            continue;
        }

        size = cJSON_GetObjectItemCaseSensitive(file, "size");
        hash = cJSON_GetObjectItemCaseSensitive(file, "xxh3");

        if (!cJSON_IsNumber(size) || !cJSON_IsString(hash)
            || !(size->valuedouble >= 1 && size->valuedouble < 1e15))
        {
            return reco_error_set(error, RECO_CORRUPT,
                "the manifest does not tell size and hash of \"%s\"",
                reco_snapshot_file_names[i]);
        }

        manifest->files[i].size = (uint64_t) size->valuedouble;
        manifest->files[i].hash = strtoull(hash->valuestring, &end, 16);

        if (*end != '\0') {
            return reco_error_set(error, RECO_CORRUPT,
                "the manifest's hash of \"%s\" is not hexadecimal",
                reco_snapshot_file_names[i]);
        }
    }

    return RECO_OK;
}


static void
manifest_read_id(
    reco_snapshot_manifest_t *manifest, const cJSON *root, const char *folder)
{
    size_t length;
    const char *name;
    const cJSON *id;

    id = cJSON_GetObjectItemCaseSensitive(root, "id");

    if (cJSON_IsString(id)) {
        snprintf(manifest->id, sizeof(manifest->id), "%s", id->valuestring);
        return;
    }

    /* "a/b//" is called "b". */
    length = strlen(folder);

    while (length != 0 && folder[length - 1] == '/') {
        length--;
    }

    name = folder + length;

    while (name > folder && name[-1] != '/') {
        name--;
    }

    snprintf(manifest->id, sizeof(manifest->id), "%.*s",
        (int) (folder + length - name), name);
}


static reco_status_t
manifest_parse(
    reco_snapshot_manifest_t *manifest, const char *folder, reco_error_t *error)
{
    cJSON *root;
    const cJSON *format;
    reco_status_t status;

    root = cJSON_ParseWithLength(manifest->text.data, manifest->text.len);
    format = cJSON_GetObjectItemCaseSensitive(root, "format");

    if (root == NULL) {
        status = reco_error_set(
            error, RECO_CORRUPT, "the manifest of \"%s\" is not JSON", folder);

    } else if (!cJSON_IsNumber(format)
               || format->valuedouble != MANIFEST_FORMAT) {
        status = reco_error_set(error, RECO_UNSUPPORTED,
            "\"%s\" is of another format; publish it again", folder);

    } else {
        manifest_read_id(manifest, root, folder);
        status = manifest_read_parameters(manifest, root);

        if (status == RECO_OK) {
            status = manifest_read_files(manifest, root, error);
        }
    }

    cJSON_Delete(root);

    return status;
}


reco_status_t
reco_snapshot_manifest_read(
    const char *folder, reco_snapshot_manifest_t *manifest, reco_error_t *error)
{
    char path[PATH_MAX], *copy;
    uint64_t size;
    reco_status_t status;
    const uint8_t *base;

    memset(manifest, 0, sizeof(*manifest));
    snprintf(path, sizeof(path), "%s/manifest.json", folder);
    status = reco_snapshot_map(path, &base, &size, error);

    if (status != RECO_OK) {
        return status;
    }

    copy = NULL;

    if (size > MANIFEST_SIZE_MAX) {
        status = reco_error_set(error, RECO_TOO_LARGE,
            "\"%s\" has more than %d bytes", path, MANIFEST_SIZE_MAX);

    } else if ((copy = malloc(size)) == NULL) {
        status =
            reco_error_set(error, RECO_NOMEM, "out of memory for \"%s\"", path);

    } else {
        memcpy(copy, base, size);
        manifest->text.data = copy;
        manifest->text.len = size;
        status = manifest_parse(manifest, folder, error);
    }

    munmap((void *) base, size);

    if (status != RECO_OK) {
        reco_snapshot_manifest_done(manifest);
    }

    return status;
}


void
reco_snapshot_manifest_done(reco_snapshot_manifest_t *manifest)
{
    free((void *) manifest->text.data);
    free(manifest->parameters);
    memset(manifest, 0, sizeof(*manifest));
}
