/*
 * From the streams into the store: at least once from Redis, exactly once in
 * effect.
 *
 * The store knows how far each stream was read.  On each connection the group
 * is set back to that place, so that what was delivered and not stored comes
 * again; entries are acknowledged when their events are on disk.
 */

#ifndef RECO_INGEST_H
#define RECO_INGEST_H

#include "config.h"
#include "reco.h"
#include "store.h"


typedef struct reco_ingest_s reco_ingest_t;

/* Both outlive it; nothing is connected yet.  RECO_NOMEM. */
reco_status_t reco_ingest_create(const reco_config_t *config,
    reco_store_t *store, reco_ingest_t **ingest, reco_error_t *error);
void reco_ingest_destroy(reco_ingest_t *ingest);

/*
 * Takes what is there, or waits up to wait ms for something.  *applied: new
 * events that are in the store now.  RECO_OK: there may be more at once;
 * RECO_DECLINED: nothing came; RECO_IO: no Redis, or the store cannot be
 * written: call again in reco_ingest_pause() ms.
 */
reco_status_t reco_ingest_step(
    reco_ingest_t *ingest, int wait, size_t *applied, reco_error_t *error);

/* Grows with each failure in a row. */
int reco_ingest_pause(const reco_ingest_t *ingest);

int reco_ingest_connected(const reco_ingest_t *ingest);

#endif /* RECO_INGEST_H */
