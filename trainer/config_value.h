/*
 * What the text of a value may be, by the type of its key.
 */

#ifndef RECO_CONFIG_VALUE_H
#define RECO_CONFIG_VALUE_H

#include "config_keys.h"
#include "reco.h"


/*
 * The number that text means, in the type's unit; 0 for texts and addresses.
 * RECO_INVALID: it is not of the key's type, or out of its bounds.
 */
reco_status_t reco_config_value(const reco_config_key_t *key, const char *text,
    double *number, reco_error_t *error);

#endif /* RECO_CONFIG_VALUE_H */
