#include "revision.h"

#include <stdlib.h>
#include <string.h>


/* The manifest's parameters of the engine, with those of revision over them;
   and where it comes from.  NULL: out of memory. */
static char *
describe(reco_str_t manifest, const reco_version_id_t *base,
    const reco_revision_t *revision)
{
    cJSON *old, *root, *engine, *copy, *imported;
    const cJSON *value;
    char *text;

    old = cJSON_ParseWithLength(manifest.data, manifest.len);
    root = cJSON_CreateObject();
    engine = cJSON_DetachItemFromObjectCaseSensitive(old, "engine");
    if (engine == NULL) {
        engine = cJSON_CreateObject();
    }

    if (root == NULL || !cJSON_AddItemToObject(root, "engine", engine)) {
        cJSON_Delete(engine);
        cJSON_Delete(root);
        cJSON_Delete(old);
        return NULL;
    }

    cJSON_ArrayForEach(value, revision->engine)
    {
        cJSON_DeleteItemFromObjectCaseSensitive(engine, value->string);
        copy = cJSON_Duplicate(value, 1);
        if (copy == NULL || !cJSON_AddItemToObject(engine, value->string, copy))
        {
            cJSON_Delete(copy);
        }
    }

    imported = cJSON_AddObjectToObject(root, "imported");
    text = imported != NULL
                   && cJSON_AddStringToObject(imported, "from", revision->from)
                   && cJSON_AddStringToObject(imported, "into", base->id)
                   && cJSON_AddStringToObject(imported, "what",
                       revision->factors != NULL ? "factors" : "weights")
               ? cJSON_PrintUnformatted(root)
               : NULL;

    cJSON_Delete(root);
    cJSON_Delete(old);

    return text;
}


static reco_status_t
write_version(const char *path, const char *from, reco_str_t manifest,
    const reco_revision_t *revision, reco_error_t *error)
{
    reco_snapshot_source_t changes = {.dimensions = revision->dimensions,
        .factors = revision->factors,
        .queries = revision->queries,
        .nqueries = revision->nqueries};
    reco_status_t status;
    char *text;

    text = strndup(manifest.data, manifest.len);
    if (text == NULL) {
        return reco_error_set(error, RECO_NOMEM, "out of memory");
    }

    changes.manifest = text;
    status = reco_snapshot_revise(path, from, &changes, error);
    free(text);

    return status;
}


static reco_status_t
add(reco_registry_t *registry, const reco_version_id_t *base, const char *from,
    reco_str_t manifest, const reco_revision_t *revision, reco_version_id_t *id,
    reco_error_t *error)
{
    reco_status_t status;
    char path[PATH_MAX];
    char *members;

    status = reco_registry_begin(registry, id, path, error);
    if (status != RECO_OK) {
        return status;
    }

    members = describe(manifest, base, revision);
    status = members != NULL
                 ? write_version(path, from, manifest, revision, error)
                 : reco_error_set(error, RECO_NOMEM, "out of memory");

    if (status == RECO_OK) {
        status = reco_registry_add(registry, id, members, error);
    } else {
        reco_registry_cancel(registry);
    }

    free(members);

    return status;
}


reco_status_t
reco_revision_add(reco_registry_t *registry, const reco_version_id_t *base,
    const reco_revision_t *revision, reco_version_id_t *id, reco_error_t *error)
{
    reco_snapshot_t *snapshot;
    reco_status_t status;
    char path[PATH_MAX];

    status = reco_registry_path(registry, base, path, error);
    if (status == RECO_OK) {
        status = reco_snapshot_open(path, 0, &snapshot, error);
    }
    if (status != RECO_OK) {
        return status;
    }

    status = add(registry, base, path, reco_snapshot_manifest(snapshot),
        revision, id, error);
    reco_snapshot_release(snapshot);

    return status;
}
