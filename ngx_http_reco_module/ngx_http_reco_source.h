/*
 * An outbox file as the forwarder sees it:
 *
 *     head ... held ... confirmed ... under way ... cursor ... waiting ... tail
 *
 * Redis has confirmed what is held, but may not have written it to its disk
 * yet, and would lose it if it died now; so it stays in the file for a while,
 * and is sent again where the connection breaks before that is over.
 */

#ifndef NGX_HTTP_RECO_SOURCE_H
#define NGX_HTTP_RECO_SOURCE_H

#include <ngx_config.h>
#include <ngx_core.h>

#include "outbox/reco_outbox.h"


#define NGX_HTTP_RECO_SOURCE_STEPS 16

/* What was confirmed at about one time. */
typedef struct {
    uint64_t cursor; /* past the last one of it */
    ngx_uint_t records;
    ngx_msec_t time; /* of the first one */
} ngx_http_reco_step_t;


typedef struct {
    reco_outbox_t *file; /* NULL: none, and nothing to be called but init */
    ngx_msec_t hold;     /* how long what was confirmed is kept, in ms */
    uint64_t cursor;     /* of what is sent next; 0: the oldest */
    uint64_t confirmed;  /* 0: nothing is */

    ngx_http_reco_step_t steps[NGX_HTTP_RECO_SOURCE_STEPS]; /* a ring */
    ngx_uint_t first;
    ngx_uint_t nsteps;
    ngx_uint_t held; /* records of all steps */
} ngx_http_reco_source_t;


/* Takes an open file over, NULL too. */
void ngx_http_reco_source_init(
    ngx_http_reco_source_t *source, reco_outbox_t *file, ngx_msec_t hold);

/*
 * The record to be sent next, and in *cursor where the one after it begins; the
 * caller puts that into source->cursor.  NGX_DONE: none.
 */
ngx_int_t ngx_http_reco_source_next(
    ngx_http_reco_source_t *source, uint64_t *cursor, reco_str_t *record);

/* The sequence of that record, which orders events; 0: it has none, or there
   is no record. */
uint64_t ngx_http_reco_source_sequence(ngx_http_reco_source_t *source);

/* Redis has confirmed so many records more, the last of them before cursor. */
void ngx_http_reco_source_confirm(
    ngx_http_reco_source_t *source, uint64_t cursor, ngx_uint_t records);

/* Lets go of what was held long enough; or, where room is needed, of all. */
void ngx_http_reco_source_release(
    ngx_http_reco_source_t *source, ngx_uint_t all);

/* What is not confirmed is sent again; or, to a server that may have lost what
   it confirmed, all that is still in the file. */
void ngx_http_reco_source_rewind(
    ngx_http_reco_source_t *source, ngx_uint_t all);

/* As reco_outbox_stats(), but records are those that wait for Redis. */
void ngx_http_reco_source_stats(
    const ngx_http_reco_source_t *source, reco_outbox_stats_t *stats);

#endif /* NGX_HTTP_RECO_SOURCE_H */
