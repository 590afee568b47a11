#include "config.h"

#include <string.h>


reco_status_t
reco_config_engine(const reco_config_t *config, reco_engine_params_t *params,
    reco_error_t *error)
{
    static const char prefix[] = "engine.";
    reco_config_entry_t entry;
    reco_status_t status;
    reco_str_t key, value;
    size_t i;

    for (i = 0; reco_config_at(config, i, &entry); i++) {
        if (strncmp(entry.key, prefix, sizeof(prefix) - 1) != 0) {
            continue;
        }

        key.data = entry.key + sizeof(prefix) - 1;
        key.len = strlen(key.data);
        value.data = entry.value;
        value.len = strlen(value.data);

        status = reco_engine_params_set(params, key, value, error);
        if (status != RECO_OK) {
            return status;
        }
    }

    return RECO_OK;
}
