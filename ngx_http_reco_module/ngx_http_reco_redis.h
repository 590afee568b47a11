/*
 * From an accepted event to a Redis stream: the worker's outbox file, and the
 * forwarder that empties it over an asynchronous connection.
 *
 *   redis_conf  the directives reco_redis and reco_outbox
 *   outbox      files of a worker: its own, and those of workers that are gone
 *   link        the connection: addresses, backoff, events
 *   login       who is asked for the master, AUTH, SELECT
 *   tls         certificates, handshake
 *   source      a file: what is under way, confirmed, held
 *   turn        the order between workers
 *   forward     the forwarder's life cycle and timers
 *   pump        outbox -> XADD -> confirm
 *   figures     counters, and the sequence
 *
 * For the rest of the module: two directives, three calls of the life cycle,
 * and ngx_http_reco_redis_append().
 */

#ifndef NGX_HTTP_RECO_REDIS_H
#define NGX_HTTP_RECO_REDIS_H

#include <ngx_config.h>
#include <ngx_core.h>

#include "ngx_http_reco_tls.h"
#include "reco.h"


/* Where a server or sentinel listens: an IP address, or a socket's path. */
typedef struct {
    ngx_str_t name; /* as written, for the log */
    u_char *host;   /* ends with NUL */
    u_char *server; /* as its certificate names it; NULL: a path */
    in_port_t port; /* 0: host is a path */
} ngx_http_reco_address_t;


typedef enum {
    NGX_HTTP_RECO_SYNC_OFF,    /* the kernel writes when it likes */
    NGX_HTTP_RECO_SYNC_SECOND, /* it is asked to once a second */
    NGX_HTTP_RECO_SYNC_ALWAYS  /* the disk has it before the answer */
} ngx_http_reco_sync_e;


typedef enum {
    NGX_HTTP_RECO_DROP_REFUSE, /* a full outbox refuses new events */
    NGX_HTTP_RECO_DROP_OLDEST,
    NGX_HTTP_RECO_DROP_NEWEST
} ngx_http_reco_drop_e;


typedef struct ngx_http_reco_forward_s ngx_http_reco_forward_t;

typedef struct {
    ngx_array_t addresses; /* of ngx_http_reco_address_t; none: no reco_redis */
    ngx_str_t sentinel;    /* name of the master; empty: no sentinels */
    ngx_str_t sentinel_user;
    ngx_str_t sentinel_password; /* empty: sentinels ask for none */
    ngx_str_t user;
    ngx_str_t password;
    ngx_str_t stream;
    ngx_uint_t db;
    ngx_uint_t shards;
    ngx_uint_t maxlen;
    ngx_uint_t batch;   /* events in an entry, at most */
    ngx_msec_t timeout; /* of a silent server */
    ngx_msec_t hold;    /* how long the outbox keeps what Redis confirmed */
    ngx_http_reco_tls_t tls;

    ngx_path_t *outbox; /* the directory; NULL: no reco_outbox */
    size_t size;
    ngx_http_reco_sync_e sync;
    ngx_http_reco_drop_e drop;

    ngx_shm_zone_t *zone;             /* counters and the sequence */
    ngx_http_reco_forward_t *forward; /* of this process; NULL in a master */
} ngx_http_reco_redis_conf_t;


/*
 * Main configuration.  The directives' cmd->offset is that of a
 * ngx_http_reco_redis_conf_t * which create made; init checks that both
 * directives are there, or none.
 */
ngx_http_reco_redis_conf_t *ngx_http_reco_redis_create_conf(ngx_conf_t *cf);
char *ngx_http_reco_redis_directive(
    ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_reco_outbox_directive(
    ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_reco_redis_init_conf(
    ngx_conf_t *cf, ngx_http_reco_redis_conf_t *conf);

/*
 * In a worker.  init fails only where memory does: an outbox that cannot be
 * opened is logged and tried again.  exit leaves what waits in the file.
 */
ngx_int_t ngx_http_reco_redis_init_process(
    ngx_cycle_t *cycle, ngx_http_reco_redis_conf_t *conf);
void ngx_http_reco_redis_exit_process(ngx_http_reco_redis_conf_t *conf);


/*
 * Takes a record of reco_event_encode().
 *
 *   NGX_OK        it is in the outbox and will reach the stream
 *   NGX_BUSY      the outbox is full and refuses: 503
 *   NGX_ERROR     there is no outbox to write to: 503; the log tells why
 *   NGX_DECLINED  given up, as drop=newest says; or nothing is configured
 */
ngx_int_t ngx_http_reco_redis_append(
    ngx_http_reco_redis_conf_t *conf, reco_str_t record);

/*
 * The next number for reco_event_t.sequence: grows over all workers, reloads
 * and, as long as the clock is not set back, restarts.  Upper 44 bits: ms since
 * the epoch.
 */
uint64_t ngx_http_reco_redis_sequence(ngx_http_reco_redis_conf_t *conf);

/*
 * Puts a sample of what was refused at the door into the stream reco:rejected,
 * if the connection is up and not busy; at most 1 KiB of it, some per second.
 */
void ngx_http_reco_redis_reject(ngx_http_reco_redis_conf_t *conf,
    const char *field, const char *reason, reco_str_t body);


/* One worker's figures; those of all are summed for reco_status. */
typedef struct {
    ngx_atomic_t appended;   /* events taken into an outbox */
    ngx_atomic_t forwarded;  /* confirmed by Redis */
    ngx_atomic_t refused;    /* outbox full, or none */
    ngx_atomic_t dropped;    /* given up as drop= says */
    ngx_atomic_t torn;       /* damaged stretches found in outbox files */
    ngx_atomic_t unreadable; /* records that are no event */
    ngx_atomic_t adopted;    /* files of workers that are gone */
    ngx_atomic_t connects;   /* connections that came up */
    ngx_atomic_t failures;   /* that did not, or broke */
    ngx_atomic_t errors;     /* error replies */

    /* As they are now. */
    ngx_atomic_t waiting; /* records in the worker's files */
    ngx_atomic_t bytes;
    ngx_atomic_t capacity;
    ngx_atomic_t connected; /* workers whose connection is up */
} ngx_http_reco_redis_stats_t;

void ngx_http_reco_redis_stats(
    ngx_http_reco_redis_conf_t *conf, ngx_http_reco_redis_stats_t *stats);

/* What each figure is called; the last one has no name. */
typedef struct {
    const char *name; /* ends in "_total" where it only grows */
    const char *help;
    size_t offset; /* in ngx_http_reco_redis_stats_t */
} ngx_http_reco_redis_metric_t;

extern const ngx_http_reco_redis_metric_t ngx_http_reco_redis_metrics[];

#endif /* NGX_HTTP_RECO_REDIS_H */
