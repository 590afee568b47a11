#include "ngx_http_reco_forward.h"

#include <ngx_event.h>

#include "ngx_http_reco_link.h"
#include "ngx_http_reco_outbox.h"

/* What may be under way: what hiredis buffers is never more than this. */
#define NGX_HTTP_RECO_WINDOW       1024
#define NGX_HTTP_RECO_WINDOW_BYTES (1024 * 1024)

/* Replies between two moves of the outbox's head. */
#define NGX_HTTP_RECO_ACK 128

#define NGX_HTTP_RECO_TEND   1000 /* ms */
#define NGX_HTTP_RECO_FIRST  100  /* ms until the first one */
#define NGX_HTTP_RECO_DRAIN  1000 /* ms that an exiting worker goes on */
#define NGX_HTTP_RECO_SLOTS  128
#define NGX_HTTP_RECO_BUFFER (2 * RECO_EVENT_RECORD_MAX)

#define NGX_HTTP_RECO_REJECT_BYTES 1024
#define NGX_HTTP_RECO_REJECT_RATE  5 /* samples a second */
#define NGX_HTTP_RECO_REJECT_KEPT  10000


/* In shared memory: survives a reload. */
typedef struct {
    ngx_atomic_t sequence;
    struct {
        ngx_atomic_t pid; /* whose gauges these are */
        ngx_http_reco_redis_stats_t stats;
    } slots[NGX_HTTP_RECO_SLOTS];
} ngx_http_reco_redis_shared_t;


/* An XADD without a reply. */
typedef struct {
    uint64_t cursor; /* of the outbox, past its record */
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

    /* A ring: replies come in the order of commands. */
    ngx_http_reco_sent_t sent[NGX_HTTP_RECO_WINDOW];
    ngx_uint_t first;
    ngx_uint_t nsent;
    size_t bytes;

    reco_outbox_t *source; /* that the commands under way are from */
    uint64_t cursor;       /* of what is sent next */
    uint64_t confirmed;    /* of what may be acknowledged */
    ngx_uint_t nconfirmed;
    uint64_t torn; /* that the counters know of */

    ngx_str_t *prefixes; /* of the XADD to each shard */
    ngx_str_t rejected;
    time_t reject_second;
    ngx_uint_t rejects; /* in that second */

    u_char *buffer;
    u_char refusal[64]; /* the last error reply that was logged */

    unsigned halted : 1; /* a reply refused: nothing more until resume */
};


static void ngx_http_reco_forward_up(void *data);
static void ngx_http_reco_forward_down(void *data);
static void ngx_http_reco_forward_exiting(void *data, ngx_uint_t last);
static void ngx_http_reco_forward_pump(ngx_event_t *ev);
static void ngx_http_reco_forward_tend(ngx_event_t *ev);
static void ngx_http_reco_forward_resume(ngx_event_t *ev);
static void ngx_http_reco_forward_silence(ngx_event_t *ev);
static void ngx_http_reco_forward_drain(ngx_event_t *ev);
static void ngx_http_reco_forward_reply(
    redisAsyncContext *context, void *answer, void *arg);


static const ngx_http_reco_link_events_t ngx_http_reco_forward_events = {
    ngx_http_reco_forward_up,
    ngx_http_reco_forward_down,
    ngx_http_reco_forward_exiting,
};


#define ngx_http_reco_figure(field) offsetof(ngx_http_reco_redis_stats_t, field)

const ngx_http_reco_redis_metric_t ngx_http_reco_redis_metrics[] = {
    {"outbox_records", "Events that wait in outbox files.",
        ngx_http_reco_figure(waiting)},
    {"outbox_bytes", "Room that they take.", ngx_http_reco_figure(bytes)},
    {"outbox_capacity_bytes", "Room of the workers' own outbox files.",
        ngx_http_reco_figure(capacity)},
    {"outbox_appended_total", "Events put into an outbox.",
        ngx_http_reco_figure(appended)},
    {"outbox_refused_total", "Events for which there was no room or no file.",
        ngx_http_reco_figure(refused)},
    {"outbox_dropped_total", "Events given up as drop= says.",
        ngx_http_reco_figure(dropped)},
    {"outbox_torn_total", "Damaged stretches skipped in outbox files.",
        ngx_http_reco_figure(torn)},
    {"outbox_unreadable_total", "Records of outbox files that are no event.",
        ngx_http_reco_figure(unreadable)},
    {"outbox_adopted_total", "Files taken over from workers that are gone.",
        ngx_http_reco_figure(adopted)},
    {"redis_forwarded_total", "Events that Redis confirmed.",
        ngx_http_reco_figure(forwarded)},
    {"redis_connected", "Workers whose connection to Redis is up.",
        ngx_http_reco_figure(connected)},
    {"redis_connects_total", "Connections to Redis that came up.",
        ngx_http_reco_figure(connects)},
    {"redis_failures_total", "Connections that did not come up, or broke.",
        ngx_http_reco_figure(failures)},
    {"redis_errors_total", "Error replies of Redis.",
        ngx_http_reco_figure(errors)},
    {NULL, NULL, 0},
};


ngx_int_t
ngx_http_reco_redis_init_zone(ngx_shm_zone_t *zone, void *data)
{
    ngx_slab_pool_t *pool;

    if (data != NULL) {
        zone->data = data;
        return NGX_OK;
    }

    pool = (ngx_slab_pool_t *) zone->shm.addr;

    if (zone->shm.exists) {
        zone->data = pool->data;
        return NGX_OK;
    }

    zone->data = ngx_slab_calloc(pool, sizeof(ngx_http_reco_redis_shared_t));
    if (zone->data == NULL) {
        return NGX_ERROR;
    }

    pool->data = zone->data;

    return NGX_OK;
}


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

    conf->forward = forward;
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
        ngx_post_event(&forward->pump, &ngx_posted_events);

    } else if (rc != NGX_DECLINED) {
        (void) ngx_atomic_fetch_add(&forward->stats->refused, 1);
    }

    return rc;
}


uint64_t
ngx_http_reco_redis_sequence(ngx_http_reco_redis_conf_t *conf)
{
    ngx_http_reco_redis_shared_t *shared;
    ngx_atomic_uint_t last, next;
    ngx_time_t *now;

    if (conf->zone == NULL) {
        return 0;
    }

    shared = conf->zone->data;
    now = ngx_timeofday();

    do {
        last = shared->sequence;
        next = ((ngx_atomic_uint_t) now->sec * 1000 + now->msec) << 20;
        next = ngx_max(next, last + 1);
    } while (!ngx_atomic_cmp_set(&shared->sequence, last, next));

    return next;
}


/* Moves the outbox's head behind what Redis has confirmed. */
static void
ngx_http_reco_forward_acknowledge(ngx_http_reco_forward_t *forward)
{
    if (forward->nconfirmed == 0) {
        return;
    }

    reco_outbox_acknowledge(forward->source, forward->confirmed);
    forward->nconfirmed = 0;
}


/* Splits a record into forward->buffer; 0: it is no event. */
static size_t
ngx_http_reco_forward_command(
    ngx_http_reco_forward_t *forward, reco_str_t record)
{
    reco_event_field_t fields[RECO_EVENT_FIELDS_MAX];
    ngx_uint_t shard;
    unsigned n;
    size_t len;

    if (reco_event_split(record, fields, &n) != RECO_OK || n == 0) {
        return 0;
    }

    /* The visitor stands first. */
    shard = reco_event_shard(fields[0].value, (unsigned) forward->conf->shards);

    if (ngx_http_reco_xadd(&forward->prefixes[shard], fields, n,
            forward->buffer, NGX_HTTP_RECO_BUFFER, &len)
        != RECO_OK)
    {
        return 0;
    }

    return len;
}


/* Passes over a record that cannot be forwarded. */
static void
ngx_http_reco_forward_skip(ngx_http_reco_forward_t *forward)
{
    ngx_uint_t last;

    (void) ngx_atomic_fetch_add(&forward->stats->unreadable, 1);
    ngx_log_error(NGX_LOG_ERR, forward->log, 0,
        "reco: a record of the outbox is no event and is passed over");

    if (forward->nsent > 0) {
        last = (forward->first + forward->nsent - 1) % NGX_HTTP_RECO_WINDOW;
        forward->sent[last].cursor = forward->cursor;
        return;
    }

    ngx_http_reco_forward_acknowledge(forward);
    reco_outbox_acknowledge(forward->source, forward->cursor);
}


/* Sends the next record.  NGX_DONE: the source has none. */
static ngx_int_t
ngx_http_reco_forward_next(ngx_http_reco_forward_t *forward)
{
    ngx_http_reco_sent_t *sent;
    reco_str_t record;
    uint64_t cursor;
    size_t len;

    cursor = forward->cursor;
    if (reco_outbox_next(forward->source, &cursor, &record) != RECO_OK) {
        return NGX_DONE;
    }

    len = ngx_http_reco_forward_command(forward, record);
    if (len == 0) {
        forward->cursor = cursor;
        ngx_http_reco_forward_skip(forward);
        return NGX_OK;
    }

    if (ngx_http_reco_link_send(forward->link, (char *) forward->buffer, len,
            ngx_http_reco_forward_reply, forward)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    forward->cursor = cursor;

    sent =
        &forward
             ->sent[(forward->first + forward->nsent) % NGX_HTTP_RECO_WINDOW];
    sent->cursor = cursor;
    sent->len = len;
    forward->nsent++;
    forward->bytes += len;

    if (!forward->silence.timer_set) {
        ngx_add_timer(&forward->silence, forward->conf->timeout);
    }

    return NGX_OK;
}


static void
ngx_http_reco_forward_pump(ngx_event_t *ev)
{
    ngx_http_reco_forward_t *forward;
    ngx_int_t rc;

    forward = ev->data;
    rc = NGX_OK;

    while (rc == NGX_OK && !forward->halted
           && ngx_http_reco_link_is_up(forward->link)
           && forward->nsent < NGX_HTTP_RECO_WINDOW
           && forward->bytes < NGX_HTTP_RECO_WINDOW_BYTES)
    {
        if (forward->source == NULL) {
            forward->source = ngx_http_reco_outbox_source(forward->outbox);
            forward->cursor = 0;
            if (forward->source == NULL) {
                break;
            }
        }

        rc = ngx_http_reco_forward_next(forward);

        /* One file after another: replies belong to one source. */
        if (rc == NGX_DONE && forward->nsent == 0) {
            ngx_http_reco_forward_acknowledge(forward);
            forward->source = NULL;
            rc = ngx_http_reco_outbox_finish(forward->outbox) ? NGX_OK
                                                              : NGX_DONE;
        }
    }

    ngx_http_reco_forward_gauge(forward);

    if (rc == NGX_DONE && forward->drain.timer_set && forward->nsent == 0) {
        ngx_del_timer(&forward->drain);
    }
}


static void
ngx_http_reco_forward_up(void *data)
{
    ngx_http_reco_forward_t *forward = data;

    (void) ngx_atomic_fetch_add(&forward->stats->connects, 1);
    ngx_post_event(&forward->pump, &ngx_posted_events);
}


/* Everything without a reply is sent again. */
static void
ngx_http_reco_forward_rewind(ngx_http_reco_forward_t *forward)
{
    if (forward->source != NULL) {
        ngx_http_reco_forward_acknowledge(forward);
    }

    forward->source = NULL;
    forward->nsent = 0;
    forward->bytes = 0;
    forward->halted = 0;

    if (forward->silence.timer_set) {
        ngx_del_timer(&forward->silence);
    }
}


static void
ngx_http_reco_forward_down(void *data)
{
    ngx_http_reco_forward_t *forward = data;

    (void) ngx_atomic_fetch_add(&forward->stats->failures, 1);

    if (forward->resume.timer_set) {
        ngx_del_timer(&forward->resume);
    }

    ngx_http_reco_forward_rewind(forward);
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
        ngx_http_reco_forward_acknowledge(forward);
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

    ngx_http_reco_forward_rewind(forward);
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

    adopted = ngx_http_reco_outbox_tend(forward->outbox);
    if (adopted > 0) {
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
 * A worker that finishes gets up to a second for what waits, if Redis takes it;
 * its successor finds the rest in the file.  Only the timer keeps it alive.
 */
static void
ngx_http_reco_forward_exiting(void *data, ngx_uint_t last)
{
    ngx_http_reco_forward_t *forward = data;

    if (last) {
        ngx_http_reco_forward_drain(&forward->drain);
        return;
    }

    ngx_add_timer(&forward->drain, NGX_HTTP_RECO_DRAIN);
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


void
ngx_http_reco_redis_stats(
    ngx_http_reco_redis_conf_t *conf, ngx_http_reco_redis_stats_t *stats)
{
    ngx_http_reco_redis_shared_t *shared;
    ngx_http_reco_redis_stats_t *slot;
    ngx_core_conf_t *ccf;
    ngx_uint_t i;

    ngx_memzero(stats, sizeof(ngx_http_reco_redis_stats_t));

    if (conf->zone == NULL) {
        return;
    }

    shared = conf->zone->data;
    ccf =
        (ngx_core_conf_t *) ngx_get_conf(ngx_cycle->conf_ctx, ngx_core_module);

    for (i = 0; i < NGX_HTTP_RECO_SLOTS; i++) {
        slot = &shared->slots[i].stats;

        stats->appended += slot->appended;
        stats->forwarded += slot->forwarded;
        stats->refused += slot->refused;
        stats->dropped += slot->dropped;
        stats->torn += slot->torn;
        stats->unreadable += slot->unreadable;
        stats->adopted += slot->adopted;
        stats->connects += slot->connects;
        stats->failures += slot->failures;
        stats->errors += slot->errors;

        /* Slots of workers that were configured away keep their last gauges. */
        if (i < (ngx_uint_t) ccf->worker_processes) {
            stats->waiting += slot->waiting;
            stats->bytes += slot->bytes;
            stats->capacity += slot->capacity;
            stats->connected += slot->connected;
        }
    }
}
