#include "ngx_http_reco_forward.h"

#include <ngx_event.h>

#include "ngx_http_reco_link.h"
#include "ngx_http_reco_outbox.h"

/* What may be under way: what hiredis buffers is never more than this. */
#define NGX_HTTP_RECO_WINDOW       1024
#define NGX_HTTP_RECO_WINDOW_BYTES (1024 * 1024)

/* Replies between two moves of the outbox's head. */
#define NGX_HTTP_RECO_ACK 128

#define NGX_HTTP_RECO_TEND      1000 /* ms */
#define NGX_HTTP_RECO_FIRST     100  /* ms until the first one */
#define NGX_HTTP_RECO_DRAIN     1000 /* ms, without worker_shutdown_timeout */
#define NGX_HTTP_RECO_GATHER    2 /* ms that events gather before they are sent */
#define NGX_HTTP_RECO_AGAIN     2  /* ms until another look whose turn it is */
#define NGX_HTTP_RECO_SLACK_MIN 10 /* ms */
#define NGX_HTTP_RECO_SLACK_MAX 1000
#define NGX_HTTP_RECO_BUFFER    (2 * RECO_EVENT_RECORD_MAX)

#define NGX_HTTP_RECO_REJECT_BYTES 1024
#define NGX_HTTP_RECO_REJECT_RATE  5 /* samples a second */
#define NGX_HTTP_RECO_REJECT_KEPT  10000


/* An XADD without a reply. */
typedef struct {
    uint64_t cursor; /* of the outbox, past its record */
    uint64_t sequence;
    ngx_msec_t time;
    size_t len;
} ngx_http_reco_sent_t;


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

    ngx_http_reco_source_t *source; /* that the commands under way are from */
    uint64_t confirmed;             /* a cursor of it */
    ngx_uint_t nconfirmed;          /* that it does not know of yet */
    uint64_t until;                 /* a sequence: then come its other files */
    ngx_uint_t delay;               /* of replies, smoothed, times eight */
    uint64_t torn;                  /* that the counters know of */

    ngx_str_t *prefixes; /* of the XADD to each shard */
    ngx_str_t rejected;
    time_t reject_second;
    ngx_uint_t rejects; /* in that second */

    u_char *buffer;
    u_char refusal[64]; /* the last error reply that was logged */

    unsigned halted : 1;  /* a reply refused: nothing more until resume */
    unsigned adopted : 1; /* there are older events than the source's */
};


static void ngx_http_reco_forward_mark(ngx_http_reco_forward_t *forward);
static void ngx_http_reco_forward_up(void *data);
static void ngx_http_reco_forward_down(void *data);
static void ngx_http_reco_forward_exiting(void *data, ngx_uint_t last);
static void ngx_http_reco_forward_pump(ngx_event_t *ev);
static void ngx_http_reco_forward_tend(ngx_event_t *ev);
static void ngx_http_reco_forward_resume(ngx_event_t *ev);
static void ngx_http_reco_forward_silence(ngx_event_t *ev);
static void ngx_http_reco_forward_drain(ngx_event_t *ev);
static void ngx_http_reco_forward_wait(ngx_event_t *ev);
static void ngx_http_reco_forward_reply(
    redisAsyncContext *context, void *answer, void *arg);


static const ngx_http_reco_link_events_t ngx_http_reco_forward_events = {
    ngx_http_reco_forward_up,
    ngx_http_reco_forward_down,
    ngx_http_reco_forward_exiting,
};


static void
ngx_http_reco_forward_init_event(ngx_http_reco_forward_t *forward,
    ngx_event_t *ev, ngx_event_handler_pt handler)
{
    ev->handler = handler;
    ev->data = forward;
    ev->log = forward->log;
    ev->cancelable = 1;
}


static ngx_int_t
ngx_http_reco_forward_init_prefixes(
    ngx_pool_t *pool, ngx_http_reco_forward_t *forward)
{
    ngx_http_reco_redis_conf_t *conf;
    ngx_str_t key, rejected;
    ngx_uint_t i;

    conf = forward->conf;

    forward->prefixes = ngx_palloc(pool, conf->shards * sizeof(ngx_str_t));
    key.data = ngx_pnalloc(pool, conf->stream.len + 1 + NGX_INT_T_LEN);
    if (forward->prefixes == NULL || key.data == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < conf->shards; i++) {
        key.len = (size_t) (ngx_sprintf(key.data, "%V:%ui", &conf->stream, i)
                            - key.data);
        if (ngx_http_reco_xadd_prefix(
                pool, &key, conf->maxlen, &forward->prefixes[i])
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    ngx_str_set(&rejected, "reco:rejected");

    return ngx_http_reco_xadd_prefix(
        pool, &rejected, NGX_HTTP_RECO_REJECT_KEPT, &forward->rejected);
}


/* Gauges belong to the worker that started last in this slot. */
static void
ngx_http_reco_forward_gauge(ngx_http_reco_forward_t *forward)
{
    reco_outbox_stats_t stats;
    ngx_http_reco_redis_stats_t *shared;

    ngx_http_reco_outbox_stats(forward->outbox, &stats);
    shared = forward->stats;

    if (stats.torn > forward->torn) {
        (void) ngx_atomic_fetch_add(
            &shared->torn, (ngx_atomic_int_t) (stats.torn - forward->torn));
        forward->torn = stats.torn;
    }

    if (forward->shared->slots[forward->slot].pid
        != (ngx_atomic_uint_t) ngx_pid) {
        return;
    }

    shared->waiting = stats.records;
    shared->bytes = stats.bytes;
    shared->capacity = stats.capacity;
    shared->connected = ngx_http_reco_link_is_up(forward->link);
}


ngx_int_t
ngx_http_reco_redis_init_process(
    ngx_cycle_t *cycle, ngx_http_reco_redis_conf_t *conf)
{
    ngx_http_reco_forward_t *forward;

    if (conf->outbox == NULL) {
        return NGX_OK;
    }

    forward = ngx_pcalloc(cycle->pool, sizeof(ngx_http_reco_forward_t));
    if (forward == NULL) {
        return NGX_ERROR;
    }

    forward->ident = -1;
    forward->conf = conf;
    forward->log = cycle->log;
    forward->shared = conf->zone->data;
    forward->slot = ngx_worker % NGX_HTTP_RECO_SLOTS;
    forward->stats = &forward->shared->slots[forward->slot].stats;
    forward->shared->slots[forward->slot].pid = (ngx_atomic_uint_t) ngx_pid;

    forward->buffer = ngx_pnalloc(cycle->pool, NGX_HTTP_RECO_BUFFER);
    forward->outbox = ngx_http_reco_outbox_create(cycle, conf);
    forward->link = ngx_http_reco_link_create(
        cycle, conf, &ngx_http_reco_forward_events, forward);

    if (forward->buffer == NULL || forward->outbox == NULL
        || forward->link == NULL
        || ngx_http_reco_forward_init_prefixes(cycle->pool, forward) != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_http_reco_forward_init_event(
        forward, &forward->pump, ngx_http_reco_forward_pump);
    ngx_http_reco_forward_init_event(
        forward, &forward->tend, ngx_http_reco_forward_tend);
    ngx_http_reco_forward_init_event(
        forward, &forward->resume, ngx_http_reco_forward_resume);
    ngx_http_reco_forward_init_event(
        forward, &forward->silence, ngx_http_reco_forward_silence);
    ngx_http_reco_forward_init_event(
        forward, &forward->drain, ngx_http_reco_forward_drain);
    forward->drain.cancelable = 0;
    ngx_http_reco_forward_init_event(
        forward, &forward->wait, ngx_http_reco_forward_wait);
    ngx_http_reco_turn_init(&forward->turn, forward->shared->marks);

    conf->forward = forward;
    ngx_http_reco_forward_mark(forward);
    ngx_http_reco_forward_gauge(forward);

    /* The other workers first take the files of their own slots. */
    ngx_add_timer(&forward->tend,
        NGX_HTTP_RECO_FIRST + (ngx_msec_t) ngx_random() % NGX_HTTP_RECO_FIRST);

    return NGX_OK;
}


void
ngx_http_reco_redis_exit_process(ngx_http_reco_redis_conf_t *conf)
{
    ngx_http_reco_forward_t *forward;

    forward = conf->forward;
    if (forward == NULL) {
        return;
    }

    ngx_http_reco_link_close(forward->link);
    ngx_http_reco_outbox_done(forward->outbox);
    ngx_http_reco_turn_done(&forward->turn);
    conf->forward = NULL;
}


ngx_int_t
ngx_http_reco_redis_append(ngx_http_reco_redis_conf_t *conf, reco_str_t record)
{
    ngx_http_reco_forward_t *forward;
    ngx_uint_t dropped;
    ngx_int_t rc;

    forward = conf->forward;
    if (forward == NULL) {
        return NGX_DECLINED;
    }

    rc = ngx_http_reco_outbox_append(forward->outbox, record, &dropped);

    dropped += rc == NGX_DECLINED;
    if (dropped > 0) {
        (void) ngx_atomic_fetch_add(
            &forward->stats->dropped, (ngx_atomic_int_t) dropped);
    }

    if (rc == NGX_OK) {
        (void) ngx_atomic_fetch_add(&forward->stats->appended, 1);

        /* Sent together with what comes in meanwhile: a write, a read and a
           turn of the event loop for each would cost more than the event. */
        if (!forward->wait.timer_set) {
            ngx_add_timer(&forward->wait, NGX_HTTP_RECO_GATHER);
        }

    } else if (rc != NGX_DECLINED) {
        (void) ngx_atomic_fetch_add(&forward->stats->refused, 1);
    }

    return rc;
}


/* Tells the source what Redis has confirmed. */
static void
ngx_http_reco_forward_confirm(ngx_http_reco_forward_t *forward)
{
    if (forward->nconfirmed == 0) {
        return;
    }

    ngx_http_reco_source_confirm(
        forward->source, forward->confirmed, forward->nconfirmed);
    forward->nconfirmed = 0;
}


/* The next record as a command in forward->buffer; len 0: it is no event. */
static void
ngx_http_reco_forward_command(ngx_http_reco_forward_t *forward,
    reco_str_t record, ngx_http_reco_sent_t *sent)
{
    reco_event_field_t fields[RECO_EVENT_FIELDS_MAX];
    ngx_uint_t shard;
    unsigned n;

    sent->len = 0;
    sent->sequence = 0;

    if (reco_event_split(record, fields, &n) != RECO_OK || n == 0) {
        return;
    }

    sent->sequence = ngx_http_reco_sequence_field(fields, n);

    /* The visitor stands first. */
    shard = reco_event_shard(fields[0].value, (unsigned) forward->conf->shards);

    if (ngx_http_reco_xadd(&forward->prefixes[shard], fields, n,
            forward->buffer, NGX_HTTP_RECO_BUFFER, &sent->len)
        != RECO_OK)
    {
        sent->len = 0;
    }
}


/* Passes over a record that cannot be forwarded. */
static void
ngx_http_reco_forward_skip(ngx_http_reco_forward_t *forward, uint64_t cursor)
{
    ngx_uint_t last;

    (void) ngx_atomic_fetch_add(&forward->stats->unreadable, 1);
    ngx_log_error(NGX_LOG_ERR, forward->log, 0,
        "reco: a record of the outbox is no event and is passed over");

    forward->source->cursor = cursor;

    if (forward->nsent > 0) {
        last = (forward->first + forward->nsent - 1) % NGX_HTTP_RECO_WINDOW;
        forward->sent[last].cursor = cursor;
        return;
    }

    forward->confirmed = cursor;
    forward->nconfirmed++;
    ngx_http_reco_forward_confirm(forward);
}


/*
 * Sends the next record.  NGX_DONE: the source has none, or another one of the
 * worker's has older ones; NGX_AGAIN: another worker has.
 */
static ngx_int_t
ngx_http_reco_forward_next(ngx_http_reco_forward_t *forward, uint64_t limit)
{
    ngx_http_reco_sent_t *sent;
    reco_str_t record;
    uint64_t cursor;

    if (ngx_http_reco_source_next(forward->source, &cursor, &record) != NGX_OK)
    {
        return NGX_DONE;
    }

    sent =
        &forward
             ->sent[(forward->first + forward->nsent) % NGX_HTTP_RECO_WINDOW];

    ngx_http_reco_forward_command(forward, record, sent);

    if (sent->len == 0) {
        ngx_http_reco_forward_skip(forward, cursor);
        return NGX_OK;
    }

    if (sent->sequence > forward->until) {
        return NGX_DONE;
    }

    if (sent->sequence > limit) {
        return NGX_AGAIN;
    }

    if (ngx_http_reco_link_send(forward->link, (char *) forward->buffer,
            sent->len, ngx_http_reco_forward_reply, forward)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    sent->cursor = cursor;
    sent->time = ngx_current_msec;
    forward->source->cursor = cursor;
    forward->nsent++;
    forward->bytes += sent->len;

    if (!forward->silence.timer_set) {
        ngx_add_timer(&forward->silence, forward->conf->timeout);
    }

    return NGX_OK;
}


/* Chooses what to forward from.  NGX_DONE: nothing is to be sent. */
static ngx_int_t
ngx_http_reco_forward_choose(ngx_http_reco_forward_t *forward, ngx_msec_t slack)
{
    uint64_t others;

    forward->adopted = 0;
    forward->source = ngx_http_reco_outbox_source(forward->outbox, &others);
    forward->until = ngx_http_reco_turn_later(others, slack);

    return forward->source != NULL ? NGX_OK : NGX_DONE;
}


/* Tells the other workers what is the oldest that this one has not delivered. */
static void
ngx_http_reco_forward_mark(ngx_http_reco_forward_t *forward)
{
    ngx_http_reco_source_t *source;
    uint64_t sequence, others;

    if (forward->nsent > 0) {
        sequence = forward->sent[forward->first].sequence;

    } else {
        source = forward->source;
        if (source == NULL) {
            source = ngx_http_reco_outbox_source(forward->outbox, &others);
        }

        sequence = source != NULL ? ngx_http_reco_source_sequence(source) : 0;
    }

    ngx_http_reco_turn_set(&forward->turn, sequence);
}


/*
 * Sends what may be sent.  NGX_DONE: all of it; NGX_AGAIN: other workers have
 * older events.
 */
static ngx_int_t
ngx_http_reco_forward_send(ngx_http_reco_forward_t *forward)
{
    ngx_int_t rc;
    ngx_msec_t slack;
    uint64_t limit;

    slack = ngx_min(ngx_max(forward->delay, NGX_HTTP_RECO_SLACK_MIN),
        NGX_HTTP_RECO_SLACK_MAX);
    limit = ngx_http_reco_turn_limit(&forward->turn, slack);
    rc = NGX_OK;

    while (rc == NGX_OK && forward->nsent < NGX_HTTP_RECO_WINDOW
           && forward->bytes < NGX_HTTP_RECO_WINDOW_BYTES)
    {
        if (forward->source == NULL) {
            rc = ngx_http_reco_forward_choose(forward, slack);

        } else if (!forward->adopted) {
            rc = ngx_http_reco_forward_next(forward, limit);

        } else {
            rc = NGX_DONE;
        }

        /* One file after another: replies belong to one source. */
        if (rc == NGX_DONE && forward->source != NULL && forward->nsent == 0) {
            ngx_http_reco_forward_confirm(forward);
            forward->source = NULL;
            rc = NGX_OK;
        }
    }

    return rc;
}


static void
ngx_http_reco_forward_pump(ngx_event_t *ev)
{
    ngx_http_reco_forward_t *forward;
    ngx_int_t rc;

    forward = ev->data;
    rc = NGX_OK;

    ngx_http_reco_forward_mark(forward);

    if (!forward->halted && ngx_http_reco_link_is_up(forward->link)) {
        rc = ngx_http_reco_forward_send(forward);
    }

    ngx_http_reco_forward_mark(forward);
    ngx_http_reco_forward_gauge(forward);

    if (rc == NGX_AGAIN && !forward->wait.timer_set) {
        ngx_add_timer(&forward->wait, NGX_HTTP_RECO_AGAIN);
    }

    if (rc == NGX_DONE && forward->drain.timer_set && forward->nsent == 0) {
        ngx_del_timer(&forward->drain);
    }
}


static void
ngx_http_reco_forward_wait(ngx_event_t *ev)
{
    ngx_http_reco_forward_pump(&((ngx_http_reco_forward_t *) ev->data)->pump);
}


static void
ngx_http_reco_forward_up(void *data)
{
    ngx_http_reco_forward_t *forward = data;

    (void) ngx_atomic_fetch_add(&forward->stats->connects, 1);
    ngx_http_reco_turn_renew(&forward->turn);
    ngx_post_event(&forward->pump, &ngx_posted_events);
}


/* Nothing is under way any more. */
static void
ngx_http_reco_forward_clear(ngx_http_reco_forward_t *forward)
{
    forward->source = NULL;
    forward->nconfirmed = 0;
    forward->nsent = 0;
    forward->bytes = 0;
    forward->halted = 0;

    if (forward->silence.timer_set) {
        ngx_del_timer(&forward->silence);
    }
}


/* A server that dies may take with it what it has confirmed lately. */
static void
ngx_http_reco_forward_down(void *data)
{
    ngx_http_reco_forward_t *forward = data;

    (void) ngx_atomic_fetch_add(&forward->stats->failures, 1);

    if (forward->resume.timer_set) {
        ngx_del_timer(&forward->resume);
    }

    ngx_http_reco_forward_clear(forward);
    ngx_http_reco_outbox_rewind(forward->outbox);
    ngx_http_reco_forward_mark(forward);
    ngx_http_reco_forward_gauge(forward);
}


/* Logs a refusal when it is another one than before, and does what it asks. */
static void
ngx_http_reco_forward_refused(
    ngx_http_reco_forward_t *forward, redisReply *reply)
{
    ngx_http_reco_error_e kind;
    ngx_msec_t delay;
    ngx_str_t target;
    ngx_uint_t level;
    char *space;

    (void) ngx_atomic_fetch_add(&forward->stats->errors, 1);
    forward->halted = 1;

    kind = ngx_http_reco_error_kind(reply->str, &delay);

    switch (kind) {
    case NGX_HTTP_RECO_ERROR_REDIRECT:
        /* MOVED 3999 127.0.0.1:6381 */
        space = strrchr(reply->str, ' ');
        if (space != NULL) {
            target.data = (u_char *) space + 1;
            target.len = ngx_strlen(target.data);
            ngx_http_reco_link_redirect(forward->link, &target);
        }
        /* fall through */

    case NGX_HTTP_RECO_ERROR_RECONNECT:
        ngx_http_reco_link_fail(forward->link, delay, reply->str);
        return;

    case NGX_HTTP_RECO_ERROR_PAUSE:
    case NGX_HTTP_RECO_ERROR_SETTINGS:
        break;
    }

    if (ngx_strncmp(forward->refusal, reply->str, sizeof(forward->refusal) - 1)
        != 0)
    {
        ngx_cpystrn(
            forward->refusal, (u_char *) reply->str, sizeof(forward->refusal));
        level = kind == NGX_HTTP_RECO_ERROR_PAUSE ? NGX_LOG_WARN : NGX_LOG_ERR;
        ngx_log_error(level, forward->log, 0,
            "reco: Redis answered \"%s\"; events wait in the outbox",
            reply->str);
    }

    if (!forward->resume.timer_set) {
        ngx_add_timer(&forward->resume,
            delay / 2 + (ngx_msec_t) ngx_random() % (delay + 1));
    }
}


/* The server waits for another timeout, as long as it owes a reply. */
static void
ngx_http_reco_forward_heard(ngx_http_reco_forward_t *forward)
{
    if (forward->nsent > 0) {
        ngx_add_timer(&forward->silence, forward->conf->timeout);

    } else if (forward->silence.timer_set) {
        ngx_del_timer(&forward->silence);
    }
}


static void
ngx_http_reco_forward_reply(redisAsyncContext *context, void *answer, void *arg)
{
    ngx_http_reco_forward_t *forward = arg;
    ngx_http_reco_sent_t *sent;
    redisReply *reply = answer;

    (void) context;

    /* The connection is gone: down() rewinds. */
    if (reply == NULL || forward->nsent == 0) {
        return;
    }

    sent = &forward->sent[forward->first];
    forward->first = (forward->first + 1) % NGX_HTTP_RECO_WINDOW;
    forward->nsent--;
    forward->bytes -= sent->len;
    forward->delay -= forward->delay / 8;
    forward->delay += ngx_current_msec - sent->time;
    ngx_http_reco_forward_heard(forward);

    /* What follows a refusal will be sent again, to keep the order. */
    if (forward->halted) {
        return;
    }

    if (reply->type == REDIS_REPLY_ERROR) {
        ngx_http_reco_forward_refused(forward, reply);
        return;
    }

    (void) ngx_atomic_fetch_add(&forward->stats->forwarded, 1);
    forward->confirmed = sent->cursor;
    forward->nconfirmed++;

    if (forward->nconfirmed >= NGX_HTTP_RECO_ACK || forward->nsent == 0) {
        ngx_http_reco_forward_confirm(forward);
        forward->refusal[0] = '\0';
        ngx_http_reco_link_works(forward->link);
        ngx_post_event(&forward->pump, &ngx_posted_events);
    }
}


static void
ngx_http_reco_forward_resume(ngx_event_t *ev)
{
    ngx_http_reco_forward_t *forward;

    forward = ev->data;

    /* Replies to what was sent before the refusal come first. */
    if (forward->nsent > 0) {
        ngx_add_timer(&forward->resume, 50);
        return;
    }

    if (forward->source != NULL) {
        ngx_http_reco_forward_confirm(forward);
        ngx_http_reco_source_rewind(forward->source, 0);
    }

    ngx_http_reco_forward_clear(forward);
    ngx_post_event(&forward->pump, &ngx_posted_events);
}


static void
ngx_http_reco_forward_silence(ngx_event_t *ev)
{
    ngx_http_reco_forward_t *forward;

    forward = ev->data;

    ngx_http_reco_link_fail(forward->link, 0, "no reply in time");
}


static void
ngx_http_reco_forward_tend(ngx_event_t *ev)
{
    ngx_http_reco_forward_t *forward;
    ngx_uint_t adopted;

    forward = ev->data;

    adopted = ngx_http_reco_outbox_tend(forward->outbox, forward->source);
    ngx_http_reco_turn_tend(&forward->turn);

    if (adopted > 0) {
        forward->adopted = 1;
        (void) ngx_atomic_fetch_add(
            &forward->stats->adopted, (ngx_atomic_int_t) adopted);
    }

    ngx_http_reco_link_open(forward->link);
    ngx_post_event(&forward->pump, &ngx_posted_events);

    ngx_add_timer(
        &forward->tend, NGX_HTTP_RECO_TEND / 2
                            + (ngx_msec_t) ngx_random() % NGX_HTTP_RECO_TEND);
}


/*
 * A worker that finishes goes on with what waits for as long as nginx lets it,
 * if Redis takes it; its successor finds the rest in the file.  Only the timer
 * keeps it alive.
 */
static void
ngx_http_reco_forward_exiting(void *data, ngx_uint_t last)
{
    ngx_http_reco_forward_t *forward = data;

    ngx_core_conf_t *ccf;

    if (last) {
        ngx_http_reco_forward_drain(&forward->drain);
        return;
    }

    ccf =
        (ngx_core_conf_t *) ngx_get_conf(ngx_cycle->conf_ctx, ngx_core_module);

    ngx_add_timer(&forward->drain, ccf->shutdown_timeout > 0
                                       ? ccf->shutdown_timeout
                                       : NGX_HTTP_RECO_DRAIN);
    ngx_post_event(&forward->pump, &ngx_posted_events);
}


static void
ngx_http_reco_forward_drain(ngx_event_t *ev)
{
    if (ev->timer_set) {
        ngx_del_timer(ev);
    }
}


void
ngx_http_reco_redis_reject(ngx_http_reco_redis_conf_t *conf, const char *field,
    const char *reason, reco_str_t body)
{
    ngx_http_reco_forward_t *forward;
    reco_event_field_t fields[3];
    size_t len;

    forward = conf->forward;

    if (forward == NULL || forward->halted
        || forward->nsent > NGX_HTTP_RECO_WINDOW / 2)
    {
        return;
    }

    if (forward->reject_second != ngx_time()) {
        forward->reject_second = ngx_time();
        forward->rejects = 0;
    }

    if (forward->rejects++ >= NGX_HTTP_RECO_REJECT_RATE) {
        return;
    }

    body.len = ngx_min(body.len, NGX_HTTP_RECO_REJECT_BYTES);

    fields[0] =
        (reco_event_field_t){reco_string("field"), {ngx_strlen(field), field}};
    fields[1] = (reco_event_field_t){
        reco_string("reason"), {ngx_strlen(reason), reason}};
    fields[2] = (reco_event_field_t){reco_string("body"), body};

    if (ngx_http_reco_xadd(&forward->rejected, fields, 3, forward->buffer,
            NGX_HTTP_RECO_BUFFER, &len)
        == RECO_OK)
    {
        (void) ngx_http_reco_link_send(
            forward->link, (char *) forward->buffer, len, NULL, NULL);
    }
}
