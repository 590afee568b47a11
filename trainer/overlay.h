/*
 * The overlay's contents: what came into the store since the base was
 * trained, kept in memory and published as one file each second or so.
 *
 * It needs no state of its own on disk: after a restart it is made again
 * from the store, whose events are numbered in order of arrival.
 */

#ifndef RECO_OVERLAY_H
#define RECO_OVERLAY_H

#include "config.h"
#include "reco.h"
#include "snapshot/reco_snapshot.h"
#include "store.h"


typedef struct reco_overlay_s reco_overlay_t;

/*
 * An overlay over base for what the store holds beyond the event since, the
 * newest one that base has learnt.  Holds a reference to base; store outlives
 * it.  Keys overlay_sessions, overlay_weight, session_gap, trend_halflife and
 * weight.TYPE.  RECO_NOMEM.
 */
reco_status_t reco_overlay_open(reco_store_t *store, reco_snapshot_t *base,
    uint64_t since, const reco_config_t *config, reco_overlay_t **overlay,
    reco_error_t *error);
void reco_overlay_close(reco_overlay_t *overlay);

/*
 * Metadata of the item came in: it may be new, sold out or back.  The store
 * keeps no log of such changes, so whoever applies them tells; those from
 * before the overlay was opened are found by its first publish.  RECO_NOMEM.
 */
reco_status_t reco_overlay_product(reco_overlay_t *overlay, reco_str_t id);

/*
 * Takes in the store's new events and replaces the file path where there were
 * any, or where the last one is so old that readers might take it for stale.
 * now: ms since the epoch.  RECO_DECLINED: nothing to publish.
 */
reco_status_t reco_overlay_publish(reco_overlay_t *overlay, const char *path,
    int64_t now, reco_error_t *error);

/* Of the newest event that it holds: its number in the store. */
uint64_t reco_overlay_sequence(const reco_overlay_t *overlay);

#endif /* RECO_OVERLAY_H */
