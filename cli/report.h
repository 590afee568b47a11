/*
 * What the overlay of the live version says of itself.
 */

#ifndef RECO_CLI_REPORT_H
#define RECO_CLI_REPORT_H

#include "config.h"
#include "registry.h"

#include <cjson/cJSON.h>


/*
 * The report in the overlay of version id, for the caller to delete; NULL:
 * there is none, or it belongs to another version.
 */
cJSON *reco_cli_report(const reco_config_t *config, reco_registry_t *registry,
    const reco_version_id_t *id);

/* As lines of two columns. */
void reco_cli_report_print(const cJSON *report);

#endif /* RECO_CLI_REPORT_H */
