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
#include "overlay_sessions.h"
#include "reco.h"
#include "snapshot/reco_snapshot.h"
#include "store.h"


typedef struct reco_overlay_s reco_overlay_t;

/* One item that an event is about, before the overlay takes it in. */
typedef struct {
    const reco_store_event_t *event;
    uint32_t item;   /* the store's number */
    uint32_t number; /* the overlay's: the base's, or that of a new item */
    float weight;    /* by the event's type */
    const reco_overlay_session_t *session; /* so far; NULL: this begins it */
} reco_overlay_step_t;

/* What a file holds besides, until the next call of fill. */
typedef struct {
    uint32_t dimensions;
    uint32_t nvectors;
    const uint32_t *vector_items; /* the overlay's numbers */
    const float *vectors;
    reco_str_t parameters; /* of the engine: reco_snapshot_overlay_source_t */
    reco_str_t report;
} reco_overlay_learnt_t;

/*
 * Who learns from the same events.  event: each, before its steps; step: as
 * above; fill: the file is about to be written, lag ms behind the
 * newest events.  What is not RECO_OK ends the
 * publish.
 */
typedef struct {
    void *context;
    reco_status_t (*event)(void *context, reco_store_view_t *view,
        const reco_store_event_t *event);
    reco_status_t (*step)(void *context, reco_store_view_t *view,
        const reco_overlay_step_t *step);
    reco_status_t (*fill)(void *context, reco_store_view_t *view, int64_t lag,
        reco_overlay_learnt_t *learnt);
} reco_overlay_watch_t;

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

/* From now on; *watch is copied. */
void reco_overlay_watch(
    reco_overlay_t *overlay, const reco_overlay_watch_t *watch);

/* The key of an item by the overlay's number, which it has. */
uint64_t reco_overlay_key(const reco_overlay_t *overlay, uint32_t number);

/* The overlay's number of the store's item; RECO_ITEM_NONE if it has none. */
uint32_t reco_overlay_number(const reco_overlay_t *overlay, uint32_t item);

/* The session that an event of its visitor would go on with; NULL: none. */
const reco_overlay_session_t *reco_overlay_session(
    const reco_overlay_t *overlay, const reco_store_event_t *event);

/* Items that are not in the base: the k-th has number base's nitems + k. */
uint32_t reco_overlay_nadded(const reco_overlay_t *overlay);
uint32_t reco_overlay_added(const reco_overlay_t *overlay, uint32_t k);

/*
 * Metadata of the item came in: it may be new, sold out or back.  The store
 * keeps no log of such changes, so whoever applies them tells; those from
 * before the overlay was opened are found by its first publish.  RECO_NOMEM.
 */
reco_status_t reco_overlay_product(reco_overlay_t *overlay, reco_str_t id);

/*
 * Takes in the store's new events and replaces the file path where there were
 * any, or where the last one is so old that readers might take it for stale.
 * now: ms since the epoch.  RECO_DECLINED: nothing to publish.  RECO_AGAIN: it
 * has taken in many, and there are more: call again soon.  Of a long way it
 * publishes what it has from time to time.
 */
reco_status_t reco_overlay_publish(reco_overlay_t *overlay, const char *path,
    int64_t now, reco_error_t *error);

/* Of the newest event that it holds: its number in the store. */
uint64_t reco_overlay_sequence(const reco_overlay_t *overlay);

#endif /* RECO_OVERLAY_H */
