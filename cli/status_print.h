/*
 * What `recoctl status` found, for people.
 */

#ifndef RECO_STATUS_PRINT_H
#define RECO_STATUS_PRINT_H

#include <cjson/cJSON.h>


/* Prints the object that docs/recoctl.md describes as lines of two columns. */
void reco_status_print(const cJSON *status);

#endif /* RECO_STATUS_PRINT_H */
