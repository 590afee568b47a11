#include "ngx_http_reco_pump.h"

#define NGX_HTTP_RECO_WINDOW_BYTES (1024 * 1024)

/* Bytes of an error reply that are logged. */
#define NGX_HTTP_RECO_SAID 256

/* Entries of a shard between two that trim its stream: Redis drops nodes of a
   hundred entries anyway, and three words less are read, logged and freed. */
#define NGX_HTTP_RECO_TRIM 64

/* Replies between two moves of the outbox's head. */
#define NGX_HTTP_RECO_ACK 128

#define NGX_HTTP_RECO_AGAIN     2  /* ms until another look whose turn it is */
#define NGX_HTTP_RECO_SLACK_MIN 10 /* ms */
#define NGX_HTTP_RECO_SLACK_MAX 500


static void ngx_http_reco_forward_reply(
    redisAsyncContext *context, void *answer, void *arg);


void
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


void
ngx_http_reco_forward_confirm(ngx_http_reco_forward_t *forward)
{
    if (forward->nconfirmed == 0) {
        return;
    }

    ngx_http_reco_source_confirm(
        forward->source, forward->confirmed, forward->nconfirmed);
    forward->nconfirmed = 0;
}


static const ngx_http_reco_xadd_t *
ngx_http_reco_forward_xadd(ngx_http_reco_shard_t *shard)
{
    if (shard->untrimmed > 0) {
        shard->untrimmed--;
        return &shard->xadd;
    }

    shard->untrimmed = NGX_HTTP_RECO_TRIM - 1;

    return &shard->trim;
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

    if (!ngx_queue_empty(&forward->gathering)) {
        return;
    }

    if (forward->nsent > 0) {
        last = (forward->first + forward->nsent - 1) % NGX_HTTP_RECO_WINDOW;
        forward->sent[last].cursor = cursor;
        return;
    }

    forward->confirmed = cursor;
    forward->nconfirmed++;
    ngx_http_reco_forward_confirm(forward);
}


/* From now on the server owes a reply. */
static void
ngx_http_reco_forward_listen(ngx_http_reco_forward_t *forward)
{
    if (!forward->silence.timer_set) {
        ngx_add_timer(&forward->silence, forward->conf->timeout);
    }
}


/* The shard whose next entry has the oldest record; NULL: none has any. */
static ngx_http_reco_shard_t *
ngx_http_reco_forward_oldest(ngx_http_reco_forward_t *forward)
{
    ngx_queue_t *q;

    if (ngx_queue_empty(&forward->gathering)) {
        return NULL;
    }

    q = ngx_queue_head(&forward->gathering);

    return ngx_queue_data(q, ngx_http_reco_shard_t, queue);
}


static void
ngx_http_reco_forward_gathered(
    ngx_http_reco_forward_t *forward, ngx_http_reco_shard_t *shard)
{
    ngx_queue_remove(&shard->queue);
    forward->ngathering--;
    shard->nrecords = 0;
    shard->bytes = 0;
}


static void
ngx_http_reco_forward_gather(ngx_http_reco_forward_t *forward,
    ngx_http_reco_shard_t *shard, reco_str_t record, uint64_t sequence)
{
    if (shard->nrecords == 0) {
        ngx_queue_insert_tail(&forward->gathering, &shard->queue);
        forward->ngathering++;
        shard->cursor = forward->source->cursor;
        shard->sequence = sequence;
        shard->number = forward->taken;
    }

    shard->records[shard->nrecords++] = record;
    shard->bytes += record.len;
    forward->taken++;
}


/*
 * Sends what a shard has gathered.  Replies come in the order of commands: with
 * this one's all is confirmed that lies before the oldest record that is still
 * gathered.
 */
static ngx_int_t
ngx_http_reco_forward_entry(
    ngx_http_reco_forward_t *forward, ngx_http_reco_shard_t *shard)
{
    ngx_http_reco_shard_t *oldest;
    ngx_http_reco_sent_t *sent;
    ngx_uint_t number, next;

    next = (forward->first + forward->nsent) % NGX_HTTP_RECO_WINDOW;
    sent = &forward->sent[next];

    if (ngx_http_reco_xadd_records(ngx_http_reco_forward_xadd(shard),
            shard->records, shard->nrecords, forward->buffer,
            NGX_HTTP_RECO_BUFFER, &sent->len)
            != RECO_OK
        || ngx_http_reco_link_send(forward->link, (char *) forward->buffer,
               sent->len, ngx_http_reco_forward_reply, forward)
               != NGX_OK)
    {
        return NGX_ERROR;
    }

    sent->sequence = ngx_http_reco_forward_oldest(forward)->sequence;
    ngx_http_reco_forward_gathered(forward, shard);

    oldest = ngx_http_reco_forward_oldest(forward);
    number = oldest != NULL ? oldest->number : forward->taken;
    sent->cursor = oldest != NULL ? oldest->cursor : forward->source->cursor;
    sent->records = number - forward->accounted;
    sent->time = ngx_current_msec;

    forward->accounted = number;
    forward->nsent++;
    forward->bytes += sent->len;
    ngx_http_reco_forward_listen(forward);

    return NGX_OK;
}


/* Sends what is gathered, the oldest first. */
static ngx_int_t
ngx_http_reco_forward_entries(ngx_http_reco_forward_t *forward)
{
    ngx_http_reco_shard_t *shard;

    for (;;) {
        shard = ngx_http_reco_forward_oldest(forward);
        if (shard == NULL) {
            return NGX_OK;
        }

        if (ngx_http_reco_forward_entry(forward, shard) != NGX_OK) {
            return NGX_ERROR;
        }
    }
}


/* What is gathered is read again. */
static void
ngx_http_reco_forward_abandon(ngx_http_reco_forward_t *forward)
{
    ngx_http_reco_shard_t *shard;
    ngx_queue_t *q;

    shard = ngx_http_reco_forward_oldest(forward);
    if (shard == NULL || forward->source == NULL) {
        return;
    }

    forward->source->cursor = shard->cursor;
    forward->taken = shard->number;

    for (q = ngx_queue_head(&forward->gathering);
         q != ngx_queue_sentinel(&forward->gathering); q = ngx_queue_next(q))
    {
        shard = ngx_queue_data(q, ngx_http_reco_shard_t, queue);
        shard->nrecords = 0;
        shard->bytes = 0;
    }

    ngx_queue_init(&forward->gathering);
    forward->ngathering = 0;
}


/* What has no end of its own would run into the next event of its entry. */
static ngx_uint_t
ngx_http_reco_forward_readable(reco_str_t record)
{
    return record.len > 0 && record.len <= RECO_EVENT_RECORD_MAX
           && record.data[record.len - 1] == LF;
}


/*
 * Takes the next record, and sends an entry that is full.  NGX_DONE: the source
 * has none, or another one of the worker's has older ones; NGX_AGAIN: another
 * worker has.
 */
static ngx_int_t
ngx_http_reco_forward_next(ngx_http_reco_forward_t *forward, uint64_t limit)
{
    ngx_http_reco_shard_t *shard;
    reco_str_t record, visitor;
    uint64_t cursor, sequence;

    if (ngx_http_reco_source_next(forward->source, &cursor, &record) != NGX_OK)
    {
        return NGX_DONE;
    }

    if (!ngx_http_reco_forward_readable(record)
        || reco_event_peek(record, &visitor, &sequence) != RECO_OK)
    {
        ngx_http_reco_forward_skip(forward, cursor);
        return NGX_OK;
    }

    if (sequence > forward->until) {
        return NGX_DONE;
    }

    if (sequence > limit) {
        return NGX_AGAIN;
    }

    shard = &forward->shards[reco_event_shard(
        visitor, (unsigned) forward->conf->shards)];

    if (shard->nrecords > 0
        && shard->bytes + record.len > NGX_HTTP_RECO_ENTRY_BYTES
        && ngx_http_reco_forward_entry(forward, shard) != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_http_reco_forward_gather(forward, shard, record, sequence);
    forward->source->cursor = cursor;

    return shard->nrecords == forward->conf->batch
               ? ngx_http_reco_forward_entry(forward, shard)
               : NGX_OK;
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


void
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

    slack = ngx_min(ngx_max(forward->delay / 2, NGX_HTTP_RECO_SLACK_MIN),
        NGX_HTTP_RECO_SLACK_MAX);
    limit = ngx_http_reco_turn_limit(&forward->turn, slack);
    rc = NGX_OK;

    while (rc == NGX_OK
           && forward->nsent + forward->ngathering < NGX_HTTP_RECO_WINDOW
           && forward->bytes < NGX_HTTP_RECO_WINDOW_BYTES)
    {
        if (forward->source == NULL) {
            rc = ngx_http_reco_forward_choose(forward, slack);

        } else if (!forward->adopted) {
            rc = ngx_http_reco_forward_next(forward, limit);

        } else {
            rc = NGX_DONE;
        }

        if (rc == NGX_DONE && ngx_http_reco_forward_entries(forward) != NGX_OK)
        {
            rc = NGX_ERROR;
        }

        /* One file after another: replies belong to one source. */
        if (rc == NGX_DONE && forward->source != NULL && forward->nsent == 0) {
            ngx_http_reco_forward_confirm(forward);
            forward->source = NULL;
            rc = NGX_OK;
        }
    }

    if (rc != NGX_ERROR && ngx_http_reco_forward_entries(forward) != NGX_OK) {
        rc = NGX_ERROR;
    }

    ngx_http_reco_forward_abandon(forward);

    return rc;
}


void
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


/* Logs a refusal when it is another one than before, and does what it asks. */
static void
ngx_http_reco_forward_refused(
    ngx_http_reco_forward_t *forward, redisReply *reply)
{
    ngx_http_reco_error_e kind;
    ngx_msec_t delay;
    ngx_str_t target;
    ngx_uint_t level;
    u_char said[NGX_HTTP_RECO_SAID];
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

    ngx_http_reco_link_quote(said, sizeof(said), reply->str);

    if (ngx_strncmp(forward->refusal, said, sizeof(forward->refusal) - 1) != 0)
    {
        ngx_cpystrn(forward->refusal, said, sizeof(forward->refusal));
        level = kind == NGX_HTTP_RECO_ERROR_PAUSE ? NGX_LOG_WARN : NGX_LOG_ERR;
        ngx_log_error(level, forward->log, 0,
            "reco: Redis answered \"%s\"; events wait in the outbox", said);
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
    if (forward->nsent + forward->nsamples > 0) {
        ngx_add_timer(&forward->silence, forward->conf->timeout);

    } else if (forward->silence.timer_set) {
        ngx_del_timer(&forward->silence);
    }
}


/* Whatever it says: the server is there, and a sample is not sent again. */
static void
ngx_http_reco_forward_sampled(
    redisAsyncContext *context, void *answer, void *arg)
{
    ngx_http_reco_forward_t *forward = arg;

    (void) context;

    if (answer == NULL || forward->nsamples == 0) {
        return;
    }

    forward->nsamples--;
    ngx_http_reco_forward_heard(forward);
}


void
ngx_http_reco_forward_sample(ngx_http_reco_forward_t *forward, size_t len)
{
    if (ngx_http_reco_link_send(forward->link, (char *) forward->buffer, len,
            ngx_http_reco_forward_sampled, forward)
        == NGX_OK)
    {
        forward->nsamples++;
        ngx_http_reco_forward_listen(forward);
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

    (void) ngx_atomic_fetch_add(
        &forward->stats->forwarded, (ngx_atomic_int_t) sent->records);
    forward->confirmed = sent->cursor;
    forward->nconfirmed += sent->records;

    if (forward->nconfirmed >= NGX_HTTP_RECO_ACK || forward->nsent == 0) {
        ngx_http_reco_forward_confirm(forward);
        forward->refusal[0] = '\0';
        ngx_http_reco_link_works(forward->link);
        ngx_post_event(&forward->pump, &ngx_posted_events);
    }
}
