/*
 * The recent sessions of an overlay: a visitor's newest one grows, the oldest
 * make room.
 */

#ifndef RECO_OVERLAY_SESSIONS_H
#define RECO_OVERLAY_SESSIONS_H

#include "reco.h"
#include "snapshot/reco_snapshot.h"


typedef struct {
    uint32_t visitor;
    uint32_t nitems;
    uint32_t size;
    uint32_t time; /* of the last event, seconds since the epoch */
    uint64_t name; /* hash of the session that the source named, or 0 */
    uint32_t *items;
    float *weights;
} reco_overlay_session_t;

typedef struct {
    reco_overlay_session_t *sessions;
    uint32_t nsessions;
    uint32_t max;     /* that are published; twice as many are held at most */
    uint32_t gap;     /* seconds without an event end a session */
    uint32_t *latest; /* visitor -> index of the newest session, or NONE */
    uint32_t nlatest;
} reco_overlay_sessions_t;

/* One event of a visitor; items are the overlay's numbers. */
typedef struct {
    uint64_t name;
    uint32_t visitor;
    uint32_t item;
    uint32_t time;
    float weight;
} reco_overlay_act_t;

reco_status_t reco_overlay_sessions_init(
    reco_overlay_sessions_t *sessions, uint32_t max, uint32_t gap);
void reco_overlay_sessions_done(reco_overlay_sessions_t *sessions);

/* The session that act would go on with; NULL: a new one. */
const reco_overlay_session_t *reco_overlay_sessions_find(
    const reco_overlay_sessions_t *sessions, const reco_overlay_act_t *act);

/* RECO_NOMEM; the sessions are then as before. */
reco_status_t reco_overlay_sessions_add(
    reco_overlay_sessions_t *sessions, const reco_overlay_act_t *act);

/*
 * The newest sessions as the writer wants them.  The arrays are the caller's
 * to free with reco_overlay_sessions_free().  RECO_NOMEM.
 */
reco_status_t reco_overlay_sessions_collect(
    reco_overlay_sessions_t *sessions, reco_snapshot_sessions_t *out);
void reco_overlay_sessions_free(reco_snapshot_sessions_t *out);

#endif /* RECO_OVERLAY_SESSIONS_H */
