#include "ingest.h"

#include "clock.h"
#include "ingest_batch.h"
#include "ingest_group.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PAUSE_MIN      100
#define PAUSE_MAX      5000
#define NAME_MAX_BYTES 256


struct reco_ingest_s {
    const reco_config_t *config;
    reco_store_t *store;
    redisContext *context; /* NULL: not connected */
    reco_ingest_group_t group;
    reco_ingest_batch_t batch;
    char (*streams)[NAME_MAX_BYTES];
    char consumer[NAME_MAX_BYTES];
    int64_t claimed; /* monotonic ns of the last look at other consumers' */
    int failures;    /* in a row */
};


reco_status_t
reco_ingest_create(const reco_config_t *config, reco_store_t *store,
    reco_ingest_t **ingest, reco_error_t *error)
{
    reco_ingest_t *created;
    const char *name;
    unsigned shard;
    size_t nshards;

    created = calloc(1, sizeof(*created));
    if (created == NULL) {
        return reco_error_set(error, RECO_NOMEM, "out of memory");
    }

    nshards = (size_t) reco_config_integer(config, "shards");
    created->config = config;
    created->store = store;
    created->streams = calloc(nshards, NAME_MAX_BYTES);
    created->group.positions =
        calloc(nshards, sizeof(*created->group.positions));
    if (created->streams == NULL || created->group.positions == NULL) {
        reco_ingest_destroy(created);
        return reco_error_set(error, RECO_NOMEM, "out of memory");
    }

    created->group.nshards = (unsigned) nshards;
    for (shard = 0; shard < nshards; shard++) {
        snprintf(created->streams[shard], NAME_MAX_BYTES, "%.200s:%u",
            reco_config_string(config, "stream"), shard);
        created->group.positions[shard].stream = created->streams[shard];
    }

    name = reco_config_string(config, "consumer");
    if (name[0] != '\0') {
        snprintf(created->consumer, NAME_MAX_BYTES, "%.200s", name);
    } else if (gethostname(created->consumer, NAME_MAX_BYTES - 1) != 0) {
        strcpy(created->consumer, "trainer");
    }

    created->group.consumer =
        (reco_str_t){strlen(created->consumer), created->consumer};
    created->group.group.data = reco_config_string(config, "group");
    created->group.group.len = strlen(created->group.group.data);

    *ingest = created;

    return RECO_OK;
}


static void
disconnect(reco_ingest_t *ingest)
{
    if (ingest->context != NULL) {
        redisFree(ingest->context);
        ingest->context = NULL;
    }
}


void
reco_ingest_destroy(reco_ingest_t *ingest)
{
    if (ingest == NULL) {
        return;
    }

    disconnect(ingest);
    reco_ingest_batch_done(&ingest->batch);
    free(ingest->group.positions);
    free(ingest->streams);
    free(ingest);
}


int
reco_ingest_connected(const reco_ingest_t *ingest)
{
    return ingest->context != NULL;
}


int
reco_ingest_pause(const reco_ingest_t *ingest)
{
    int pause, i;

    pause = PAUSE_MIN;
    for (i = 1; i < ingest->failures && pause < PAUSE_MAX; i++) {
        pause *= 2;
    }

    return pause < PAUSE_MAX ? pause : PAUSE_MAX;
}


/* The positions after this batch, which go into its transaction. */
static void
advance(reco_ingest_t *ingest, reco_store_position_t *positions)
{
    const reco_ingest_entry_t *entry;
    reco_store_position_t *position;
    size_t i;

    memcpy(positions, ingest->group.positions,
        ingest->group.nshards * sizeof(*positions));

    for (i = 0; i < ingest->batch.nentries; i++) {
        entry = &ingest->batch.entries[i];
        position = &positions[entry->shard];
        if (reco_ingest_compare(entry->id->str, position->id) > 0) {
            snprintf(
                position->id, sizeof(position->id), "%.40s", entry->id->str);
        }
    }
}


static reco_status_t
apply(reco_ingest_t *ingest, reco_error_t *error)
{
    reco_store_count_t unreadable = {"unreadable", ingest->batch.unreadable};
    reco_store_position_t *positions;
    reco_store_limits_t limits;
    reco_store_batch_t batch;
    reco_status_t status;

    positions = malloc(ingest->group.nshards * sizeof(*positions));
    if (positions == NULL) {
        return reco_error_set(error, RECO_NOMEM, "out of memory");
    }

    advance(ingest, positions);

    batch = (reco_store_batch_t){.events = ingest->batch.events,
        .nevents = ingest->batch.nevents,
        .outcomes = ingest->batch.outcomes,
        .positions = positions,
        .npositions = ingest->group.nshards,
        .counts = &unreadable,
        .ncounts = unreadable.count > 0};
    limits.now = reco_clock_ms();
    limits.retention = reco_config_integer(ingest->config, "retention");
    limits.visitor_rate =
        (uint32_t) reco_config_integer(ingest->config, "visitor_rate");

    status = reco_store_apply(ingest->store, &batch, &limits, error);
    if (status == RECO_OK) {
        memcpy(ingest->group.positions, positions,
            ingest->group.nshards * sizeof(*positions));
    }
    free(positions);

    return status;
}


static size_t
count_applied(const reco_ingest_batch_t *batch)
{
    size_t i, applied;

    applied = 0;
    for (i = 0; i < batch->nevents; i++) {
        applied += batch->outcomes[i] == RECO_STORE_APPLIED;
    }

    return applied;
}


/* Stores what is in the batch, then tells Redis. */
static reco_status_t
take_batch(reco_ingest_t *ingest, size_t *applied, reco_error_t *error)
{
    reco_status_t status;

    if (ingest->batch.nentries == 0) {
        return RECO_DECLINED;
    }

    status = reco_ingest_batch_decode(&ingest->batch, error);
    if (status == RECO_OK) {
        status = apply(ingest, error);
    }
    if (status != RECO_OK) {
        return status;
    }

    *applied += count_applied(&ingest->batch);

    return reco_ingest_batch_acknowledge(&ingest->batch, ingest->context,
        &ingest->group, reco_config_string(ingest->config, "rejected"),
        reco_config_integer(ingest->config, "rejected_max"), error);
}


static long
read_count(const reco_ingest_t *ingest)
{
    long count;

    count = (long) (reco_config_integer(ingest->config, "batch")
                    / ingest->group.nshards);

    return count > 0 ? count : 1;
}


/* Adds what XREADGROUP gave: pairs of a stream's name and its entries. */
static reco_status_t
add_streams(reco_ingest_t *ingest, const redisReply *reply, reco_error_t *error)
{
    const redisReply *pair;
    reco_status_t status;
    unsigned shard;
    size_t i;

    status = RECO_OK;

    for (i = 0; status == RECO_OK && reply->type == REDIS_REPLY_ARRAY
                && i < reply->elements;
         i++)
    {
        pair = reply->element[i];
        if (pair->type != REDIS_REPLY_ARRAY || pair->elements != 2
            || pair->element[0]->type != REDIS_REPLY_STRING)
        {
            return reco_error_set(
                error, RECO_INVALID, "Redis gave no pairs of streams");
        }

        for (shard = 0; shard < ingest->group.nshards; shard++) {
            if (strcmp(ingest->streams[shard], pair->element[0]->str) == 0) {
                status = reco_ingest_batch_add(
                    &ingest->batch, shard, pair->element[1], error);
                break;
            }
        }
    }

    return status;
}


/* What was given to this consumer before and never acknowledged. */
static reco_status_t
take_pending(
    reco_ingest_t *ingest, unsigned shard, size_t *applied, reco_error_t *error)
{
    reco_status_t status;
    redisReply *reply;
    char from[64];

    strcpy(from, "0");

    do {
        reco_ingest_batch_clear(&ingest->batch);
        status = reco_ingest_group_pending(ingest->context, &ingest->group,
            shard, from, read_count(ingest), &reply, error);
        if (status == RECO_OK) {
            status = add_streams(ingest, reply, error);
        }
        if (status == RECO_OK) {
            status = take_batch(ingest, applied, error);
        }
        if (status == RECO_OK) {
            snprintf(from, sizeof(from), "%.60s",
                ingest->batch.entries[ingest->batch.nentries - 1].id->str);
        }
        freeReplyObject(reply);
    } while (status == RECO_OK);

    return status == RECO_DECLINED ? RECO_OK : status;
}


static reco_status_t
connect_group(
    reco_ingest_t *ingest, int wait, size_t *applied, reco_error_t *error)
{
    reco_store_position_t *position;
    reco_status_t status;
    unsigned shard;

    for (shard = 0; shard < ingest->group.nshards; shard++) {
        position = &ingest->group.positions[shard];
        status = reco_store_position(ingest->store, position, error);
        if (status != RECO_OK && status != RECO_DECLINED) {
            return status;
        }
    }

    status = reco_redis_connect(ingest->config, wait, &ingest->context, error);
    if (status == RECO_OK) {
        status =
            reco_ingest_group_begin(ingest->context, &ingest->group, error);
    }

    for (shard = 0; status == RECO_OK && shard < ingest->group.nshards; shard++)
    {
        status = take_pending(ingest, shard, applied, error);
    }

    return status;
}


/* What consumers that are gone have left: a trainer of another name. */
static reco_status_t
take_over(reco_ingest_t *ingest, size_t *applied, reco_error_t *error)
{
    reco_status_t status;
    redisReply *reply;
    unsigned shard;
    int64_t idle;

    idle = reco_config_integer(ingest->config, "claim_idle");
    if (reco_clock_elapsed(ingest->claimed) * 1000 < (double) idle) {
        return RECO_OK;
    }

    ingest->claimed = reco_clock_monotonic_ns();
    status = RECO_OK;

    for (shard = 0; status == RECO_OK && shard < ingest->group.nshards; shard++)
    {
        reco_ingest_batch_clear(&ingest->batch);
        status = reco_ingest_group_claim(ingest->context, &ingest->group, shard,
            idle, read_count(ingest), &reply, error);
        if (status == RECO_OK && reply->type == REDIS_REPLY_ARRAY
            && reply->elements >= 2)
        {
            status = reco_ingest_batch_add(
                &ingest->batch, shard, reply->element[1], error);
            if (status == RECO_OK) {
                status = take_batch(ingest, applied, error);
            }
            status = status == RECO_DECLINED ? RECO_OK : status;
        }
        freeReplyObject(reply);
    }

    return status;
}


static reco_status_t
take_new(reco_ingest_t *ingest, int wait, size_t *applied, reco_error_t *error)
{
    reco_status_t status;
    redisReply *reply;

    reco_ingest_batch_clear(&ingest->batch);

    status = reco_ingest_group_read(ingest->context, &ingest->group,
        read_count(ingest), wait, &reply, error);
    if (status == RECO_OK) {
        status = add_streams(ingest, reply, error);
        if (status == RECO_OK) {
            status = take_batch(ingest, applied, error);
        }
    } else if (status == RECO_DECLINED) {
        /* The group is gone (NOGROUP), or Redis is not itself (LOADING). */
        status = RECO_IO;
    }
    freeReplyObject(reply);

    return status;
}


reco_status_t
reco_ingest_step(
    reco_ingest_t *ingest, int wait, size_t *applied, reco_error_t *error)
{
    reco_status_t status;

    *applied = 0;
    status = RECO_OK;

    if (ingest->context == NULL) {
        status = connect_group(ingest, wait, applied, error);
    }
    if (status == RECO_OK) {
        status = take_over(ingest, applied, error);
    }
    if (status == RECO_OK) {
        status = take_new(ingest, wait, applied, error);
    } else if (status == RECO_DECLINED) {
        status = RECO_IO;
    }

    if (status == RECO_OK || status == RECO_DECLINED) {
        ingest->failures = 0;
        return status;
    }

    /* Whatever failed: begin again from what the store holds. */
    disconnect(ingest);
    ingest->failures++;

    return RECO_IO;
}
