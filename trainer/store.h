/*
 * The trainer's memory: events, catalogue, visitors, counters and how far
 * each stream was read, in one LMDB environment.
 *
 * The events are a log: they are numbered in order of arrival and never
 * change; each holds the number of its visitor's event before it.  One
 * transaction holds everything that a batch of events does, with the ids that
 * tell a duplicate and the streams' positions, so that a crash leaves all of a
 * batch or nothing of it.
 *
 *   events    number -> event            log, appended to
 *   visitors  visitor's name -> visitor
 *   names     visitor's number -> name
 *   ids       visitor's number -> hashes of its events' ids
 *   items     external id -> item's number
 *   catalog   item's number -> catalogue entry
 *   changes   number -> item whose metadata changed
 *   streams   stream -> id of the newest entry that was applied
 *   counters  name -> count
 *   rates     model version -> items shown in its time, and clicked
 *   state     what models keep that learn from the log: store_state.h
 *   meta      format, newest time
 *
 * Any number of processes may have a store open; writers take turns.
 */

#ifndef RECO_STORE_H
#define RECO_STORE_H

#include "event/reco_event.h"
#include "reco.h"
#include "store_record.h"


#define RECO_STORE_STREAM_ID_MAX 48

typedef struct reco_store_s reco_store_t;

typedef enum {
    RECO_STORE_WRITE,   /* creates what is missing */
    RECO_STORE_EXISTING /* RECO_DECLINED where there is none; may write */
} reco_store_mode_t;

/*
 * Opens the folder path.  size: bytes of map to begin with; grows on its own.
 * RECO_IO, RECO_CORRUPT, RECO_UNSUPPORTED (written by a newer release),
 * RECO_NOMEM.
 */
reco_status_t reco_store_open(const char *path, reco_store_mode_t mode,
    uint64_t size, reco_store_t **store, reco_error_t *error);
void reco_store_close(reco_store_t *store);


/* What became of an event. */
typedef enum {
    RECO_STORE_APPLIED,
    RECO_STORE_DUPLICATE, /* its visitor sent an event of this id before */
    RECO_STORE_BAD_VISITOR,
    RECO_STORE_BAD_ID,
    RECO_STORE_BAD_ITEM,
    RECO_STORE_BAD_TIME,  /* before 2000, or in the future */
    RECO_STORE_BAD_VALUE, /* a number, or a text that is too long */
    RECO_STORE_TOO_OLD,   /* than the retention allows */
    RECO_STORE_TOO_MANY,  /* of one visitor on one day */
    RECO_STORE_OUTCOME_COUNT
} reco_store_outcome_t;

/* "applied", "duplicate", "bad-visitor": also the counters' names. */
const char *reco_store_outcome_name(reco_store_outcome_t outcome);

typedef struct {
    const char *stream;
    char id[RECO_STORE_STREAM_ID_MAX]; /* of the newest entry; "" none */
} reco_store_position_t;

typedef struct {
    const char *name;
    uint64_t count;
} reco_store_count_t;

typedef struct {
    int64_t now;           /* ms since the epoch */
    int64_t retention;     /* ms */
    uint32_t visitor_rate; /* events of one visitor and day */
} reco_store_limits_t;

/*
 * A batch: events in order, and what is to be written with them.  outcomes is
 * filled, one an event.
 */
typedef struct {
    const reco_event_t *events;
    size_t nevents;
    reco_store_outcome_t *outcomes;
    const reco_store_position_t *positions;
    size_t npositions;
    const reco_store_count_t *counts; /* added to the counters */
    size_t ncounts;
} reco_store_batch_t;

/*
 * Validates, tells duplicates, applies and commits; when RECO_OK is returned
 * the batch is on disk.  On any other status nothing of it happened.
 */
reco_status_t reco_store_apply(reco_store_t *store,
    const reco_store_batch_t *batch, const reco_store_limits_t *limits,
    reco_error_t *error);

/* RECO_DECLINED: nothing of the stream was read yet. */
reco_status_t reco_store_position(
    reco_store_t *store, reco_store_position_t *position, reco_error_t *error);


typedef struct {
    uint64_t events;
    uint64_t visitors;
    uint64_t items;
    uint64_t sequence; /* of the newest event ever; 0: none */
    int64_t newest;    /* time of the newest event */
    uint64_t bytes;    /* of the file in use */
} reco_store_stats_t;

reco_status_t reco_store_stats(
    reco_store_t *store, reco_store_stats_t *stats, reco_error_t *error);

/* Calls with each counter, by name; stops where visit does not return OK. */
reco_status_t reco_store_counters(reco_store_t *store,
    reco_status_t (*visit)(void *context, reco_str_t name, uint64_t count),
    void *context, reco_error_t *error);


/*
 * A view of the store as it was when it began; short-lived, since what it
 * sees cannot be reused while it lasts.  One at a time in a process.
 */
typedef struct reco_store_view_s reco_store_view_t;

reco_status_t reco_store_view_begin(
    reco_store_t *store, reco_store_view_t **view, reco_error_t *error);
void reco_store_view_end(reco_store_view_t *view);

/* The first event whose number is at least sequence.  RECO_DECLINED: none. */
reco_status_t reco_store_view_seek(
    reco_store_view_t *view, uint64_t sequence, reco_store_event_t *event);

/* The one after it. */
reco_status_t reco_store_view_next(
    reco_store_view_t *view, reco_store_event_t *event);

/* The event of this number, wherever the view stands.  RECO_DECLINED. */
reco_status_t reco_store_view_get(
    reco_store_view_t *view, uint64_t sequence, reco_store_event_t *event);

/* Events with their names: strings live as long as view and scratch. */
reco_status_t reco_store_view_event(reco_store_view_t *view,
    const reco_store_event_t *header, reco_store_scratch_t *scratch,
    reco_event_t *event);

/* A catalogue entry by number or by external id; RECO_DECLINED. */
reco_status_t reco_store_view_item(
    reco_store_view_t *view, uint32_t number, reco_store_item_t *item);
reco_status_t reco_store_view_find_item(
    reco_store_view_t *view, reco_str_t id, uint32_t *number);

/*
 * The first change of metadata after the one of number *change, which is
 * advanced.  RECO_DECLINED: none.  The oldest of a million are forgotten:
 * then *change goes up by more than 1.
 */
reco_status_t reco_store_view_change(
    reco_store_view_t *view, uint64_t *change, uint32_t *item);

/* The number of the newest change. */
uint64_t reco_store_view_changes(reco_store_view_t *view);

/* One more than the largest item's, visitor's number. */
uint32_t reco_store_view_nitems(reco_store_view_t *view);
uint32_t reco_store_view_nvisitors(reco_store_view_t *view);

/* How many visitors were forgotten so far: what was made of the events before
   may hold theirs. */
uint64_t reco_store_view_forgotten(reco_store_view_t *view);

/* Of the newest event: its number and its time. */
uint64_t reco_store_view_sequence(reco_store_view_t *view);
int64_t reco_store_view_newest(reco_store_view_t *view);

/* The name of a visitor by number, into name.  RECO_DECLINED: forgotten. */
reco_status_t reco_store_view_name(reco_store_view_t *view, uint32_t number,
    char name[RECO_STORE_VISITOR_MAX], reco_str_t *visitor);

/* RECO_DECLINED: the visitor is unknown. */
reco_status_t reco_store_view_visitor(
    reco_store_view_t *view, reco_str_t visitor, reco_store_visitor_t *record);


/*
 * Removes every trace of the visitor: events, ids, counts, the name.
 * *removed: how many events.  RECO_DECLINED: unknown here.
 */
reco_status_t reco_store_forget(reco_store_t *store, reco_str_t visitor,
    uint64_t *removed, reco_error_t *error);

/* Removes the oldest events that are older than the retention, limit at most,
   and visitors of whom nothing is left. */
reco_status_t reco_store_expire(reco_store_t *store, int64_t retention,
    uint64_t limit, uint64_t *removed, reco_error_t *error);

#endif /* RECO_STORE_H */
