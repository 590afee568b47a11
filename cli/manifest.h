/*
 * Manifests of versions, for people.
 */

#ifndef RECO_CLI_MANIFEST_H
#define RECO_CLI_MANIFEST_H

#include "reco.h"
#include "registry.h"

#include <cjson/cJSON.h>


/* The version's manifest, for the caller to delete; NULL after a message. */
cJSON *reco_cli_manifest(
    const char *name, reco_registry_t *registry, const reco_version_id_t *id);

/* The number at path ("trained.events"); otherwise where there is none. */
double reco_cli_manifest_number(
    const cJSON *manifest, const char *path, double otherwise);

/* The string at path, or "". */
const char *reco_cli_manifest_text(const cJSON *manifest, const char *path);

/* "2024-05-01 12:30:05" in UTC; "-" for 0. */
void reco_cli_manifest_time(double ms, char out[24]);

#endif /* RECO_CLI_MANIFEST_H */
