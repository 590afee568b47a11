/*
 * Entries of the streams as a batch for the store, and what is to be told to
 * Redis afterwards.
 */

#ifndef RECO_INGEST_BATCH_H
#define RECO_INGEST_BATCH_H

#include "ingest_group.h"
#include "reco.h"
#include "redis.h"
#include "store.h"


/* An entry's record: refers to a reply. */
typedef struct {
    unsigned shard;
    unsigned part; /* of an entry that has several: from 0 */
    const redisReply *id;
    reco_str_t record; /* data NULL: it has none */
    int deleted;
    int readable;    /* it became an event */
    char reason[96]; /* why it did not */
} reco_ingest_entry_t;

typedef struct {
    reco_ingest_entry_t *entries;
    size_t nentries;
    size_t size;
    reco_event_t *events;
    reco_store_outcome_t *outcomes;
    size_t nevents;
    reco_event_arena_t arena;
    uint64_t unreadable;
} reco_ingest_batch_t;

void reco_ingest_batch_done(reco_ingest_batch_t *batch);

/* Empties the batch. */
void reco_ingest_batch_clear(reco_ingest_batch_t *batch);

/*
 * Adds the entries of a list as XREADGROUP and XAUTOCLAIM give them.
 * RECO_NOMEM; RECO_INVALID: it is no such list.
 */
reco_status_t reco_ingest_batch_add(reco_ingest_batch_t *batch, unsigned shard,
    const redisReply *list, reco_error_t *error);

/* Reads the events out of the entries.  RECO_NOMEM. */
reco_status_t reco_ingest_batch_decode(
    reco_ingest_batch_t *batch, reco_error_t *error);

/*
 * Acknowledges every entry, and appends those that were refused to the stream
 * rejected (NULL: nowhere), which keeps about max.
 */
reco_status_t reco_ingest_batch_acknowledge(const reco_ingest_batch_t *batch,
    redisContext *context, const reco_ingest_group_t *group,
    const char *rejected, int64_t max, reco_error_t *error);

#endif /* RECO_INGEST_BATCH_H */
