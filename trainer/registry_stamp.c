#include "registry_stamp.h"

#include "clock.h"
#include "files.h"

#include <cjson/cJSON.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MANIFEST_MAX (1 << 20)


/* Moves the members of from over to root, replacing those of the same name. */
static void
take_members(cJSON *root, cJSON *from)
{
    cJSON *member;

    while (from != NULL && (member = from->child) != NULL) {
        cJSON_DetachItemViaPointer(from, member);
        cJSON_DeleteItemFromObjectCaseSensitive(root, member->string);
        cJSON_AddItemToObject(root, member->string, member);
    }
}


static int
add_identity(
    cJSON *root, const reco_version_id_t *id, const reco_version_id_t *parent)
{
    cJSON_DeleteItemFromObjectCaseSensitive(root, "id");
    cJSON_DeleteItemFromObjectCaseSensitive(root, "parent");
    cJSON_DeleteItemFromObjectCaseSensitive(root, "created");

    return cJSON_AddStringToObject(root, "id", id->id) != NULL
           && (parent->id[0] == '\0'
               || cJSON_AddStringToObject(root, "parent", parent->id) != NULL)
           && cJSON_AddNumberToObject(root, "created", (double) reco_clock_ms())
                  != NULL;
}


static reco_status_t
write_manifest(const char *path, const cJSON *root, reco_error_t *error)
{
    reco_status_t status;
    char *text;

    text = cJSON_Print(root);
    if (text == NULL) {
        return reco_error_set(error, RECO_NOMEM, "out of memory");
    }

    status = reco_files_write(path, (reco_str_t){strlen(text), text}, error);
    free(text);

    return status;
}


reco_status_t
reco_registry_stamp(const char *path, const reco_version_id_t *id,
    const reco_version_id_t *parent, const char *members, reco_error_t *error)
{
    char file[PATH_MAX];
    reco_status_t status;
    cJSON *root, *added;
    reco_str_t text;

    if (snprintf(file, PATH_MAX, "%s/manifest.json", path) >= PATH_MAX) {
        return reco_error_set(error, RECO_IO, "\"%s\" is too long", path);
    }

    status = reco_files_read(file, MANIFEST_MAX, &text, error);
    if (status != RECO_OK) {
        return status;
    }

    root = cJSON_ParseWithLength(text.data, text.len);
    free((char *) text.data);

    if (!cJSON_IsObject(root)) {
        cJSON_Delete(root);
        return reco_error_set(
            error, RECO_CORRUPT, "\"%s\" is not a JSON object", file);
    }

    added = members != NULL ? cJSON_Parse(members) : NULL;
    take_members(root, added);
    cJSON_Delete(added);

    if (add_identity(root, id, parent)) {
        status = write_manifest(file, root, error);
    } else {
        status = reco_error_set(error, RECO_NOMEM, "out of memory");
    }

    cJSON_Delete(root);

    return status == RECO_OK ? reco_files_sync_folder(path, error) : status;
}
