/*
 * TLS on a blocking connection to Redis, where the build found hiredis with it
 * (libhiredis_ssl; Debian 13 has it, Debian 12 has not).
 */

#ifndef RECO_REDIS_TLS_H
#define RECO_REDIS_TLS_H

#include "config.h"
#include "reco.h"

#include <hiredis/hiredis.h>


/*
 * Whether what "redis_tls" and its like ask for can be had: RECO_UNSUPPORTED in
 * a build without TLS, RECO_INVALID with a file that cannot be used.
 */
reco_status_t reco_redis_tls_check(
    const reco_config_t *config, reco_error_t *error);

/*
 * Shakes hands, where redis_tls is on.  host: an IP address or a name, for the
 * certificate; NULL: a socket, which has none.  RECO_IO: refused.
 */
reco_status_t reco_redis_tls_start(const reco_config_t *config,
    redisContext *context, const char *host, reco_error_t *error);

#endif /* RECO_REDIS_TLS_H */
