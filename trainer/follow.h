/*
 * Follows the live version with an overlay of what came in since.
 */

#ifndef RECO_FOLLOW_H
#define RECO_FOLLOW_H

#include "config.h"
#include "reco.h"
#include "registry.h"
#include "store.h"


typedef struct reco_follow_s reco_follow_t;

/* All outlive it.  RECO_NOMEM. */
reco_status_t reco_follow_create(const reco_config_t *config,
    reco_store_t *store, reco_registry_t *registry, reco_follow_t **follow,
    reco_error_t *error);
void reco_follow_destroy(reco_follow_t *follow);

/*
 * Takes over a version that became live, tells the overlay of news of the
 * catalogue, and publishes it.  RECO_DECLINED: no version is live, or there is
 * nothing new; RECO_AGAIN: it has a way to go, call again soon.
 */
reco_status_t reco_follow_step(
    reco_follow_t *follow, int64_t now, reco_error_t *error);

/* Of the version that is followed: "" where there is none; when it was made,
   ms; which event of the store it learnt last. */
const char *reco_follow_version(const reco_follow_t *follow);
int64_t reco_follow_created(const reco_follow_t *follow);
uint64_t reco_follow_sequence(const reco_follow_t *follow);

#endif /* RECO_FOLLOW_H */
