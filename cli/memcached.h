/* As much of memcached's text protocol as forgetting needs. */

#ifndef RECO_CLI_MEMCACHED_H
#define RECO_CLI_MEMCACHED_H

#include "reco.h"


/*
 * Deletes the key PREFIX VISITOR at address, "HOST" or "HOST:PORT".  *found: it
 * was there.  RECO_INVALID: memcached takes no such key; RECO_IO.
 */
reco_status_t reco_cli_memcached_delete(const char *address, const char *prefix,
    const char *visitor, int *found, reco_error_t *error);

#endif /* RECO_CLI_MEMCACHED_H */
