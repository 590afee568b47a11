/*
 * The forwarder's inside: what it is, and the part that sends and takes replies.
 * ngx_http_reco_forward.c has its life cycle and its timers.
 */

#ifndef NGX_HTTP_RECO_PUMP_H
#define NGX_HTTP_RECO_PUMP_H

#include <ngx_config.h>

#include <ngx_event.h>

#include "ngx_http_reco_forward.h"
#include "ngx_http_reco_link.h"
#include "ngx_http_reco_outbox.h"


/* What may be under way: what hiredis buffers is never more than this. */
#define NGX_HTTP_RECO_WINDOW 1024

#define NGX_HTTP_RECO_BUFFER (2 * RECO_EVENT_RECORD_MAX)

/* Bytes of the records in one entry, where it has several. */
#define NGX_HTTP_RECO_ENTRY_BYTES 16384

/* An XADD without a reply. */
typedef struct {
    uint64_t cursor;    /* of the outbox: up to there all has been sent */
    uint64_t sequence;  /* of the oldest event without a reply */
    ngx_uint_t records; /* between the former command's cursor and this one's */
    ngx_msec_t time;
    size_t len;
} ngx_http_reco_sent_t;


/* A stream that events go to. */
typedef struct {
    ngx_http_reco_xadd_t xadd;
    ngx_http_reco_xadd_t trim; /* the same, and drops what is too old */
    ngx_uint_t untrimmed;      /* entries until that is due */

    /* Of the next entry, gathered and sent within one call: they lie in the
       outbox. */
    reco_str_t *records;
    ngx_uint_t nrecords;
    size_t bytes;

    ngx_queue_t queue; /* of the shards that have some, by the first one */
    uint64_t cursor;   /* of the outbox, before it */
    uint64_t sequence; /* of it */
    ngx_uint_t number; /* of it, as forward->taken counts */
} ngx_http_reco_shard_t;


struct ngx_http_reco_forward_s {
    void *unused[3];
    ngx_int_t ident; /* where events' debug log looks for a descriptor */

    ngx_http_reco_redis_conf_t *conf;
    ngx_log_t *log;
    ngx_http_reco_link_t *link;
    ngx_http_reco_outbox_t *outbox;
    ngx_http_reco_redis_shared_t *shared;
    ngx_uint_t slot;
    ngx_http_reco_redis_stats_t *stats;

    ngx_event_t pump;    /* posted: there is something to send */
    ngx_event_t tend;    /* timer: once a second */
    ngx_event_t resume;  /* timer: after a refusal */
    ngx_event_t silence; /* timer: no reply */
    ngx_event_t drain;   /* timer that an exiting worker waits for */
    ngx_event_t wait;    /* timer: events gather, or others have older ones */
    ngx_http_reco_turn_t turn;

    /* A ring: replies come in the order of commands. */
    ngx_http_reco_sent_t sent[NGX_HTTP_RECO_WINDOW];
    ngx_uint_t first;
    ngx_uint_t nsent;
    size_t bytes;
    ngx_uint_t nsamples; /* of refused events, without a reply */

    ngx_queue_t gathering; /* shards with records for an entry */
    ngx_uint_t ngathering;
    ngx_uint_t taken;     /* records of the source */
    ngx_uint_t accounted; /* of these, that the commands' records tell of */

    ngx_http_reco_source_t *source; /* that the commands under way are from */
    uint64_t confirmed;             /* a cursor of it */
    ngx_uint_t nconfirmed;          /* that it does not know of yet */
    uint64_t until;                 /* a sequence: then come its other files */
    ngx_uint_t delay;               /* of replies, smoothed, times eight */
    uint64_t torn;                  /* that the counters know of */

    ngx_http_reco_shard_t *shards;
    ngx_http_reco_xadd_t rejected;
    time_t reject_second;
    ngx_uint_t rejects; /* in that second */

    u_char *buffer;
    u_char refusal[64]; /* the last error reply that was logged */

    unsigned halted : 1;  /* a reply refused: nothing more until resume */
    unsigned adopted : 1; /* there are older events than the source's */
};


/* Sends what may be sent now. */
void ngx_http_reco_forward_pump(ngx_event_t *ev);

/* Sends the command in forward->buffer, which is about a refused event. */
void ngx_http_reco_forward_sample(ngx_http_reco_forward_t *forward, size_t len);

/* Tells the source what Redis has confirmed. */
void ngx_http_reco_forward_confirm(ngx_http_reco_forward_t *forward);

/* Tells the other workers what is the oldest that this one has not delivered. */
void ngx_http_reco_forward_mark(ngx_http_reco_forward_t *forward);

/* Gauges belong to the worker that started last in this slot. */
void ngx_http_reco_forward_gauge(ngx_http_reco_forward_t *forward);

#endif /* NGX_HTTP_RECO_PUMP_H */
