/*
 * A visitor who asks to be forgotten, in what Redis holds.
 */

#ifndef RECO_FORGET_H
#define RECO_FORGET_H

#include "config.h"
#include "reco.h"
#include "redis.h"


/*
 * Removes the visitor's entries from the streams, also from those of more shards
 * than config has, and from that of refused ones, *removed: how many, and their
 * record from the feature store.  RECO_IO, RECO_DECLINED.
 */
reco_status_t reco_forget_streams(redisContext *context,
    const reco_config_t *config, reco_str_t visitor, uint64_t *removed,
    reco_error_t *error);

#endif /* RECO_FORGET_H */
