/*
 * The outbox files of one worker: its own, which takes new records, and those
 * of workers that are gone, which are emptied first and then deleted.
 *
 *     DIRECTORY/worker-0.outbox      of the worker in slot 0
 *     DIRECTORY/worker-0.1.outbox    of its successor while it is finishing
 *     DIRECTORY/NAME.damaged         set aside: recoctl outbox looks at them
 *
 * A file belongs to whoever holds its lock; a worker that dies lets go of it.
 */

#ifndef NGX_HTTP_RECO_OUTBOX_H
#define NGX_HTTP_RECO_OUTBOX_H

#include "ngx_http_reco_redis.h"
#include "ngx_http_reco_source.h"


typedef struct ngx_http_reco_outbox_s ngx_http_reco_outbox_t;

/* Opens the worker's own file; a failure is logged, and tried again by
   ngx_http_reco_outbox_tend(). */
ngx_http_reco_outbox_t *ngx_http_reco_outbox_create(
    ngx_cycle_t *cycle, ngx_http_reco_redis_conf_t *conf);

/* What waits stays in the files. */
void ngx_http_reco_outbox_done(ngx_http_reco_outbox_t *outbox);

/*
 * As ngx_http_reco_redis_append(), but NGX_DECLINED where drop=newest gave the
 * record up; *dropped is how many older ones made room for it.
 */
ngx_int_t ngx_http_reco_outbox_append(
    ngx_http_reco_outbox_t *outbox, reco_str_t record, ngx_uint_t *dropped);

/*
 * The file to forward from: of the worker's own and those that it has adopted
 * the one whose next record is the oldest; *others is the lowest sequence that
 * the others send next, UINT64_MAX where they have nothing.  NULL: nothing is to
 * be sent.
 */
ngx_http_reco_source_t *ngx_http_reco_outbox_source(
    ngx_http_reco_outbox_t *outbox, uint64_t *others);

/* The connection is gone: whatever is in the files is sent again. */
void ngx_http_reco_outbox_rewind(ngx_http_reco_outbox_t *outbox);

/*
 * Once a second: opens the own file if that failed before, syncs, lets go of
 * what was held long enough, deletes adopted files of which nothing is left,
 * adopts.  in_use: a file that is not deleted now; NULL.  Returns how many
 * files were adopted.
 */
ngx_uint_t ngx_http_reco_outbox_tend(
    ngx_http_reco_outbox_t *outbox, const ngx_http_reco_source_t *in_use);

/* Of all files of the worker; records are those that wait for Redis. */
void ngx_http_reco_outbox_stats(
    ngx_http_reco_outbox_t *outbox, reco_outbox_stats_t *stats);

#endif /* NGX_HTTP_RECO_OUTBOX_H */
