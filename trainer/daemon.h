/*
 * The trainer as a service: reads the streams, publishes overlays, and has
 * batch models trained by a process of its own.
 */

#ifndef RECO_DAEMON_H
#define RECO_DAEMON_H

#include "reco.h"


/*
 * Serves until SIGTERM or SIGINT.  program is what a batch run is started
 * with, path the configuration, which SIGHUP reads again; SIGUSR1 starts a
 * batch run at once.  Fails only where it cannot start.
 */
reco_status_t reco_daemon_run(
    const char *program, const char *path, reco_error_t *error);

#endif /* RECO_DAEMON_H */
