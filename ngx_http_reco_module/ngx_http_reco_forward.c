#include "ngx_http_reco_forward.h"

#include <ngx_event.h>

#include "ngx_http_reco_pump.h"

#define NGX_HTTP_RECO_TEND   1000 /* ms */
#define NGX_HTTP_RECO_FIRST  100  /* ms until the first one */
#define NGX_HTTP_RECO_DRAIN  1000 /* ms, without worker_shutdown_timeout */
#define NGX_HTTP_RECO_GATHER 2    /* ms that events wait for others */

#define NGX_HTTP_RECO_REJECT_BYTES 1024
#define NGX_HTTP_RECO_REJECT_RATE  5 /* samples a second */
#define NGX_HTTP_RECO_REJECT_KEPT  10000


static void ngx_http_reco_forward_up(void *data);
static void ngx_http_reco_forward_down(void *data);
static void ngx_http_reco_forward_exiting(void *data, ngx_uint_t last);
static void ngx_http_reco_forward_tend(ngx_event_t *ev);
static void ngx_http_reco_forward_resume(ngx_event_t *ev);
static void ngx_http_reco_forward_silence(ngx_event_t *ev);
static void ngx_http_reco_forward_drain(ngx_event_t *ev);
static void ngx_http_reco_forward_wait(ngx_event_t *ev);


static const ngx_http_reco_link_events_t ngx_http_reco_forward_events = {
    ngx_http_reco_forward_up,
    ngx_http_reco_forward_down,
    ngx_http_reco_forward_exiting,
    "events wait in the outbox",
    "Redis takes events again",
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
ngx_http_reco_forward_init_shards(
    ngx_pool_t *pool, ngx_http_reco_forward_t *forward)
{
    ngx_http_reco_redis_conf_t *conf;
    ngx_http_reco_shard_t *shard;
    ngx_str_t key, rejected;
    ngx_uint_t i;

    conf = forward->conf;

    forward->shards =
        ngx_pcalloc(pool, conf->shards * sizeof(ngx_http_reco_shard_t));
    key.data = ngx_pnalloc(pool, conf->stream.len + 1 + NGX_INT_T_LEN);
    if (forward->shards == NULL || key.data == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < conf->shards; i++) {
        shard = &forward->shards[i];
        key.len = (size_t) (ngx_sprintf(key.data, "%V:%ui", &conf->stream, i)
                            - key.data);
        shard->records = ngx_palloc(pool, conf->batch * sizeof(reco_str_t));

        if (shard->records == NULL
            || ngx_http_reco_xadd_init(&shard->xadd, pool, &key, 0, 2) != NGX_OK
            || ngx_http_reco_xadd_init(
                   &shard->trim, pool, &key, conf->maxlen, 2)
                   != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    ngx_str_set(&rejected, "reco:rejected");

    return ngx_http_reco_xadd_init(
        &forward->rejected, pool, &rejected, NGX_HTTP_RECO_REJECT_KEPT, 6);
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
    ngx_queue_init(&forward->gathering);
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
        || ngx_http_reco_forward_init_shards(cycle->pool, forward) != NGX_OK)
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
    forward->taken = 0;
    forward->accounted = 0;
    forward->nconfirmed = 0;
    forward->nsent = 0;
    forward->nsamples = 0;
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
    reco_str_t words[6];
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

    words[0] = reco_string("field");
    words[1] = (reco_str_t){ngx_strlen(field), field};
    words[2] = reco_string("reason");
    words[3] = (reco_str_t){ngx_strlen(reason), reason};
    words[4] = reco_string("body");
    words[5] =
        (reco_str_t){ngx_min(body.len, NGX_HTTP_RECO_REJECT_BYTES), body.data};

    if (ngx_http_reco_xadd(&forward->rejected, words, forward->buffer,
            NGX_HTTP_RECO_BUFFER, &len)
        == RECO_OK)
    {
        ngx_http_reco_forward_sample(forward, len);
    }
}
