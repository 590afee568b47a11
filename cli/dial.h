/* A TCP connection of recoctl's own, blocking, with time-outs. */

#ifndef RECO_CLI_DIAL_H
#define RECO_CLI_DIAL_H

#include "reco.h"


/* To the first address of host that takes it; *fd is the caller's to close.
   RECO_IO. */
reco_status_t reco_cli_dial(
    const char *host, const char *port, int *fd, reco_error_t *error);

#endif /* RECO_CLI_DIAL_H */
