#include "manifest.h"

#include "cli.h"
#include "files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MANIFEST_MAX (1 << 20)
#define MS_MAX       253402300800e3 /* the year 10000 */


cJSON *
reco_cli_manifest(
    const char *name, reco_registry_t *registry, const reco_version_id_t *id)
{
    char folder[PATH_MAX], path[PATH_MAX];
    reco_error_t error = {0};
    reco_status_t status;
    reco_str_t text;
    cJSON *manifest;

    status = reco_registry_path(registry, id, folder, &error);
    if (status == RECO_OK
        && snprintf(path, PATH_MAX, "%s/manifest.json", folder) >= PATH_MAX)
    {
        status = reco_error_set(&error, RECO_IO, "\"%s\" is too long", folder);
    }
    if (status == RECO_OK) {
        status = reco_files_read(path, MANIFEST_MAX, &text, &error);
    }
    if (status != RECO_OK) {
        reco_cli_fail(name, "version %s: %s", id->id, error.message);
        return NULL;
    }

    manifest = cJSON_ParseWithLength(text.data, text.len);
    free((char *) text.data);
    if (manifest == NULL) {
        reco_cli_fail(name, "\"%s\" is not JSON", path);
    }

    return manifest;
}


static const cJSON *
find(const cJSON *manifest, const char *path)
{
    char name[64];
    size_t len;

    while (manifest != NULL && *path != '\0') {
        len = strcspn(path, ".");
        snprintf(name, sizeof(name), "%.*s", (int) len, path);
        manifest = cJSON_GetObjectItemCaseSensitive(manifest, name);
        path += len + (path[len] == '.');
    }

    return manifest;
}


double
reco_cli_manifest_number(
    const cJSON *manifest, const char *path, double otherwise)
{
    const cJSON *value;

    value = find(manifest, path);

    return cJSON_IsNumber(value) ? value->valuedouble : otherwise;
}


const char *
reco_cli_manifest_text(const cJSON *manifest, const char *path)
{
    const cJSON *value;

    value = find(manifest, path);

    return cJSON_IsString(value) ? value->valuestring : "";
}


void
reco_cli_manifest_time(double ms, char out[24])
{
    struct tm utc;
    time_t seconds;

    seconds = ms >= 1000 && ms < MS_MAX ? (time_t) (ms / 1000) : 0;
    if (seconds == 0 || gmtime_r(&seconds, &utc) == NULL) {
        strcpy(out, "-");
        return;
    }

    strftime(out, 24, "%Y-%m-%d %H:%M:%S", &utc);
}
