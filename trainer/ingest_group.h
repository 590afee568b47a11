/*
 * The consumer group: where it reads on, what it acknowledges.
 */

#ifndef RECO_INGEST_GROUP_H
#define RECO_INGEST_GROUP_H

#include "reco.h"
#include "redis.h"
#include "store.h"


typedef struct {
    reco_str_t group;
    reco_str_t consumer;
    unsigned nshards;
    reco_store_position_t *positions; /* of each shard; streams' names too */
} reco_ingest_group_t;

/* The stream's name, counted. */
reco_str_t reco_ingest_stream(const reco_ingest_group_t *group, unsigned shard);

/* -1, 0, 1 as entry a comes before b; "" comes first. */
int reco_ingest_compare(const char *a, const char *b);

/*
 * Makes the group on every stream and sets it to the store's position; to the
 * begin where the stream does not reach that far, since then Redis has lost
 * it and began again.
 */
reco_status_t reco_ingest_group_begin(redisContext *context,
    const reco_ingest_group_t *group, reco_error_t *error);

/*
 * Asks for up to count new entries of each stream, waiting up to wait ms.  The
 * reply is nil where nothing came.
 */
reco_status_t reco_ingest_group_read(redisContext *context,
    const reco_ingest_group_t *group, long count, int wait, redisReply **reply,
    reco_error_t *error);

/* Entries of this consumer that were never acknowledged, after the id from. */
reco_status_t reco_ingest_group_pending(redisContext *context,
    const reco_ingest_group_t *group, unsigned shard, const char *from,
    long count, redisReply **reply, reco_error_t *error);

/*
 * Takes over entries that another consumer has held for idle ms.  The reply is
 * XAUTOCLAIM's: where to go on, entries.
 */
reco_status_t reco_ingest_group_claim(redisContext *context,
    const reco_ingest_group_t *group, unsigned shard, int64_t idle, long count,
    redisReply **reply, reco_error_t *error);

#endif /* RECO_INGEST_GROUP_H */
