/*
 * The feature store in Redis: what is known of each visitor, as a record that
 * any node's workers read (engine/reco_engine_profile.h), and what was done
 * with each item since the live version learnt.  docs/feature-store.md has
 * the layout.
 *
 * Everything is made from the store's log, after it was committed: a write
 * that is lost is made good by the next one, one that comes twice does
 * nothing.
 */

#ifndef RECO_FEATURE_STORE_H
#define RECO_FEATURE_STORE_H

#include "config.h"
#include "reco.h"
#include "store.h"


typedef struct reco_features_s reco_features_t;

/* A visitor's vector of dimensions floats; NULL: there is none. */
typedef const float *(*reco_features_vector_t)(void *context,
    reco_store_view_t *view, uint32_t visitor, uint32_t *dimensions);

/*
 * base: id of the version that vectors and counts belong to.  Nothing is
 * connected yet.  Keys features, feature_ttl, visitor_prefix, item_prefix, and
 * those of Redis.  RECO_DECLINED: switched off.  RECO_NOMEM.
 */
reco_status_t reco_features_create(const reco_config_t *config,
    reco_store_t *store, const char *base, reco_features_t **features,
    reco_error_t *error);
void reco_features_destroy(reco_features_t *features);

/* An event of the log; each since the base, in order.  RECO_NOMEM. */
reco_status_t reco_features_note(
    reco_features_t *features, const reco_store_event_t *event);

/* These visitors' records are to be written, some with each call; the array
   becomes the features' to free. */
void reco_features_fill(
    reco_features_t *features, uint32_t *visitors, uint64_t count);

/* How many of those are left. */
uint64_t reco_features_left(const reco_features_t *features);

/*
 * Writes what has changed.  RECO_IO: Redis is away: what has changed is kept,
 * and nothing is tried for a while (RECO_DECLINED).
 */
reco_status_t reco_features_write(reco_features_t *features,
    reco_features_vector_t vector, void *context, reco_error_t *error);

#endif /* RECO_FEATURE_STORE_H */
