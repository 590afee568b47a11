#include "ngx_http_reco_login.h"

#define NGX_HTTP_RECO_LINK_CONNECT 5000 /* ms for connecting */
#define NGX_HTTP_RECO_LINK_FIRST   50   /* ms of the first pause */

/* Memory for an array is taken when its length has come, and no array that is
   asked for has more than a few. */
#define NGX_HTTP_RECO_LINK_ELEMENTS 1024

/* And no reply that is asked for has more bytes than some thousands: what comes
   is kept until it is whole. */
#define NGX_HTTP_RECO_LINK_REPLY (1024 * 1024)

static void ngx_http_reco_link_connect(ngx_http_reco_link_t *link);
static ngx_int_t ngx_http_reco_link_attach(
    ngx_http_reco_link_t *link, redisAsyncContext *context);
static void ngx_http_reco_link_timer(ngx_event_t *ev);
static void ngx_http_reco_link_read(ngx_event_t *ev);
static void ngx_http_reco_link_write(ngx_event_t *ev);
static void ngx_http_reco_link_add_read(void *data);
static void ngx_http_reco_link_del_read(void *data);
static void ngx_http_reco_link_add_write(void *data);
static void ngx_http_reco_link_del_write(void *data);
static void ngx_http_reco_link_cleanup(void *data);
static void ngx_http_reco_link_connected(
    const redisAsyncContext *context, int status);
static void ngx_http_reco_link_retry(ngx_http_reco_link_t *link);


ngx_http_reco_link_t *
ngx_http_reco_link_create(ngx_cycle_t *cycle, ngx_http_reco_redis_conf_t *conf,
    const ngx_http_reco_link_events_t *events, void *data)
{
    ngx_http_reco_link_t *link;

    link = ngx_pcalloc(cycle->pool, sizeof(ngx_http_reco_link_t));
    if (link == NULL) {
        return NULL;
    }

    link->ident = -1;
    link->conf = conf;
    link->events = events;
    link->data = data;
    link->log = cycle->log;

    link->timer.handler = ngx_http_reco_link_timer;
    link->timer.data = link;
    link->timer.log = cycle->log;
    link->timer.cancelable = 1;

    /* Workers begin with different ones, and with different pauses. */
    link->next = (ngx_uint_t) ngx_random() % conf->addresses.nelts;

    return link;
}


void
ngx_http_reco_link_open(ngx_http_reco_link_t *link)
{
    if (link->state == NGX_HTTP_RECO_LINK_IDLE && !link->closed) {
        ngx_http_reco_link_connect(link);
    }
}


void
ngx_http_reco_link_close(ngx_http_reco_link_t *link)
{
    link->closed = 1;

    if (link->timer.timer_set) {
        ngx_del_timer(&link->timer);
    }

    if (link->context != NULL && !link->leaving) {
        ngx_http_reco_link_leave(link);
    }
}


ngx_uint_t
ngx_http_reco_link_is_up(ngx_http_reco_link_t *link)
{
    return link->state == NGX_HTTP_RECO_LINK_UP && !link->leaving;
}


ngx_int_t
ngx_http_reco_link_send(ngx_http_reco_link_t *link, const char *data,
    size_t len, redisCallbackFn *fn, void *arg)
{
    if (!ngx_http_reco_link_is_up(link)) {
        return NGX_ERROR;
    }

    return redisAsyncFormattedCommand(link->context, fn, arg, data, len)
                   == REDIS_OK
               ? NGX_OK
               : NGX_ERROR;
}


void
ngx_http_reco_link_works(ngx_http_reco_link_t *link)
{
    link->failures = 0;

    if (link->logged[0] != '\0') {
        link->logged[0] = '\0';
        ngx_log_error(
            NGX_LOG_NOTICE, link->log, 0, "reco: %s", link->events->mended);
    }
}


void
ngx_http_reco_link_fail(
    ngx_http_reco_link_t *link, ngx_msec_t delay, const char *reason)
{
    if (link->leaving) {
        return;
    }

    ngx_http_reco_link_quote(link->reason, sizeof(link->reason), reason);
    link->delay = delay;

    if (link->context == NULL) {
        ngx_http_reco_link_retry(link);
        return;
    }

    ngx_http_reco_link_leave(link);
}


void
ngx_http_reco_link_quote(u_char *out, size_t size, const char *text)
{
    u_char *end, ch;
    size_t len;

    end = out + size - 1;

    for (ch = (u_char) *text++; ch != '\0'; ch = (u_char) *text++) {
        len = ch < 0x20 || ch > 0x7e ? sizeof("\\xHH") - 1 : 1;

        if ((size_t) (end - out) < len) {
            break;
        }

        if (len == 1) {
            *out++ = ch;

        } else {
            out = ngx_sprintf(out, "\\x%02Xi", (ngx_uint_t) ch);
        }
    }

    *out = '\0';
}


void
ngx_http_reco_link_leave(ngx_http_reco_link_t *link)
{
    link->leaving = 1;
    redisAsyncFree(link->context);
}


/* The connection is gone, or never was: says why, once, and waits. */
static void
ngx_http_reco_link_retry(ngx_http_reco_link_t *link)
{
    ngx_msec_t pause;

    link->state = NGX_HTTP_RECO_LINK_IDLE;

    if (link->closed) {
        return;
    }

    if (ngx_strcmp(link->reason, link->logged) != 0) {
        ngx_log_error(NGX_LOG_ERR, link->log, 0, "reco: Redis: %s; %s",
            link->reason, link->events->broken);
        ngx_memcpy(link->logged, link->reason, NGX_HTTP_RECO_LINK_REASON);
    }

    pause = NGX_HTTP_RECO_LINK_FIRST << ngx_min(link->failures, 8);
    pause = ngx_max(ngx_min(pause, NGX_HTTP_RECO_LINK_LONGEST), link->delay);
    pause = pause / 2 + (ngx_msec_t) ngx_random() % (pause + 1);

    link->failures++;
    link->state = NGX_HTTP_RECO_LINK_WAITING;
    ngx_add_timer(&link->timer, pause);
}


static void
ngx_http_reco_link_timer(ngx_event_t *ev)
{
    ngx_http_reco_link_t *link;

    link = ev->data;

    if (link->state == NGX_HTTP_RECO_LINK_WAITING) {
        ngx_http_reco_link_connect(link);
        return;
    }

    ngx_http_reco_link_fail(link, 0,
        link->state == NGX_HTTP_RECO_LINK_LOGIN
            ? "no answer to the login in time"
            : "no connection in time");
}


/* To the target that was named, else to the next address in turn. */
static redisAsyncContext *
ngx_http_reco_link_context(ngx_http_reco_link_t *link)
{
    ngx_http_reco_address_t *address;

    if (link->target.port != 0) {
        link->asking = 0;
        link->host = link->target.host;
        link->server = link->target.server;
        return redisAsyncConnect((char *) link->target.host, link->target.port);
    }

    address = link->conf->addresses.elts;
    address += link->next++ % link->conf->addresses.nelts;
    link->asking = link->conf->sentinel.len > 0;
    link->host = address->port != 0 ? address->host : NULL;
    link->server = address->server;

    if (address->port == 0) {
        return redisAsyncConnectUnix((char *) address->host);
    }

    return redisAsyncConnect((char *) address->host, address->port);
}


#if HIREDIS_MAJOR < 1

static redisReplyObjectFunctions ngx_http_reco_link_replies;
static void *(*ngx_http_reco_link_array)(const redisReadTask *, int);


static void *
ngx_http_reco_link_bounded_array(const redisReadTask *task, int elements)
{
    return elements <= NGX_HTTP_RECO_LINK_ELEMENTS
               ? ngx_http_reco_link_array(task, elements)
               : NULL;
}


static void
ngx_http_reco_link_bound(redisContext *context)
{
    if (ngx_http_reco_link_array == NULL) {
        ngx_http_reco_link_array = context->reader->fn->createArray;
        ngx_http_reco_link_replies = *context->reader->fn;
        ngx_http_reco_link_replies.createArray =
            ngx_http_reco_link_bounded_array;
    }

    context->reader->fn = &ngx_http_reco_link_replies;
}

#else

static void
ngx_http_reco_link_bound(redisContext *context)
{
    context->reader->maxelements = NGX_HTTP_RECO_LINK_ELEMENTS;
}

#endif


static void
ngx_http_reco_link_connect(ngx_http_reco_link_t *link)
{
    redisAsyncContext *context;

    link->delay = 0;
    link->leaving = 0;
    link->reason[0] = '\0';

    context = ngx_http_reco_link_context(link);

    /* A target is good for one attempt: then the addresses are asked again. */
    link->target.port = 0;

    if (context == NULL) {
        ngx_http_reco_link_fail(link, 0, "out of memory");
        return;
    }

    if (context->err != 0) {
        ngx_http_reco_link_fail(link, 0, context->errstr);
        redisAsyncFree(context);
        return;
    }

    ngx_http_reco_link_bound(&context->c);
    link->state = NGX_HTTP_RECO_LINK_CONNECTING;

    if (ngx_http_reco_link_attach(link, context) != NGX_OK) {
        redisAsyncFree(context);
        ngx_http_reco_link_fail(link, 0, "no free nginx connection");
        return;
    }

    ngx_add_timer(&link->timer, NGX_HTTP_RECO_LINK_CONNECT);
    (void) redisAsyncSetConnectCallback(context, ngx_http_reco_link_connected);

    if (link->conf->tls.on) {
        link->session =
            ngx_http_reco_tls_start(&link->conf->tls, context, link->server);

        if (link->session == NULL) {
            ngx_http_reco_link_fail(link, 0,
                context->c.err != 0 ? context->c.errstr : "TLS cannot begin");
        }
    }
}


static ngx_int_t
ngx_http_reco_link_attach(
    ngx_http_reco_link_t *link, redisAsyncContext *context)
{
    ngx_connection_t *c;

    c = ngx_get_connection(context->c.fd, link->log);
    if (c == NULL) {
        return NGX_ERROR;
    }

    c->data = link;
    c->idle = 1; /* a shutdown does not wait for it, but tells it */
    c->number = ngx_atomic_fetch_add(ngx_connection_counter, 1);
    c->read->handler = ngx_http_reco_link_read;
    c->read->log = link->log;
    c->write->handler = ngx_http_reco_link_write;
    c->write->log = link->log;

    context->data = link;
    context->ev.data = link;
    context->ev.addRead = ngx_http_reco_link_add_read;
    context->ev.delRead = ngx_http_reco_link_del_read;
    context->ev.addWrite = ngx_http_reco_link_add_write;
    context->ev.delWrite = ngx_http_reco_link_del_write;
    context->ev.cleanup = ngx_http_reco_link_cleanup;

    link->connection = c;
    link->context = context;

    return NGX_OK;
}


static void
ngx_http_reco_link_read(ngx_event_t *ev)
{
    ngx_connection_t *c;
    ngx_http_reco_link_t *link;

    c = ev->data;
    link = c->data;

    if (c->close) {
        c->close = 0;
        link->events->exiting(link->data, c->error);
        return;
    }

    redisAsyncHandleRead(link->context);

    if (link->context != NULL
        && link->context->c.reader->len > NGX_HTTP_RECO_LINK_REPLY)
    {
        ngx_http_reco_link_fail(link, 0, "a reply is too long");
    }
}


static void
ngx_http_reco_link_write(ngx_event_t *ev)
{
    ngx_connection_t *c;
    ngx_http_reco_link_t *link;

    c = ev->data;
    link = c->data;

    link->writing = 1;
    redisAsyncHandleWrite(link->context);
    link->writing = 0;
}


/*
 * Hiredis reads a piece at a time and does not say whether more is there:
 * level-triggered events tell again.
 */
static void
ngx_http_reco_link_add_read(void *data)
{
    ngx_http_reco_link_t *link = data;

    if (!link->connection->read->active) {
        (void) ngx_add_event(
            link->connection->read, NGX_READ_EVENT, NGX_LEVEL_EVENT);
    }
}


static void
ngx_http_reco_link_del_read(void *data)
{
    ngx_http_reco_link_t *link = data;

    if (link->connection->read->active) {
        (void) ngx_del_event(link->connection->read, NGX_READ_EVENT, 0);
    }
}


/*
 * Commands are written at the end of this turn of the event loop, all at once
 * and without asking the kernel whether the socket is ready; it is asked only
 * while a connection is made, and for what a write left over.
 */
static void
ngx_http_reco_link_add_write(void *data)
{
    ngx_http_reco_link_t *link = data;
    ngx_event_t *wev;

    wev = link->connection->write;

    if (link->state != NGX_HTTP_RECO_LINK_CONNECTING && !link->writing) {
        ngx_post_event(wev, &ngx_posted_events);
        return;
    }

    if (!wev->active) {
        (void) ngx_add_event(wev, NGX_WRITE_EVENT, NGX_LEVEL_EVENT);
    }
}


static void
ngx_http_reco_link_del_write(void *data)
{
    ngx_http_reco_link_t *link = data;

    if (link->connection->write->active) {
        (void) ngx_del_event(link->connection->write, NGX_WRITE_EVENT, 0);
    }
}


/* Why the connection went, where nobody has said so yet. */
static void
ngx_http_reco_link_reason(ngx_http_reco_link_t *link)
{
    const char *reason;

    if (link->reason[0] != '\0') {
        return;
    }

    reason = NULL;

    if (link->session != NULL) {
        reason = ngx_http_reco_tls_problem(link->session);
    }

    if (reason == NULL) {
        reason = link->context->err != 0 ? link->context->errstr : "closed";
    }

    ngx_http_reco_link_quote(link->reason, sizeof(link->reason), reason);
}


/* Hiredis is done with the context and closes the descriptor next. */
static void
ngx_http_reco_link_cleanup(void *data)
{
    ngx_http_reco_link_t *link = data;
    ngx_connection_t *c;

    c = link->connection;

    ngx_http_reco_link_del_read(link);
    ngx_http_reco_link_del_write(link);

    if (c->read->posted) {
        ngx_delete_posted_event(c->read);
    }
    if (c->write->posted) {
        ngx_delete_posted_event(c->write);
    }

    ngx_free_connection(c);
    c->fd = (ngx_socket_t) -1;

    if (link->timer.timer_set) {
        ngx_del_timer(&link->timer);
    }

    ngx_http_reco_link_reason(link);

    link->session = NULL;
    link->connection = NULL;
    link->context = NULL;
    link->leaving = 0;

    link->events->down(link->data);

    if (link->target.port != 0 && !link->closed) {
        /* A sentinel has answered, or another server was named. */
        link->state = NGX_HTTP_RECO_LINK_WAITING;
        ngx_add_timer(&link->timer, link->delay);
        return;
    }

    ngx_http_reco_link_retry(link);
}


static void
ngx_http_reco_link_connected(const redisAsyncContext *context, int status)
{
    ngx_http_reco_link_t *link;

    link = context->data;

    if (status != REDIS_OK || link->leaving) {
        return;
    }

    link->state = NGX_HTTP_RECO_LINK_LOGIN;
    ngx_add_timer(&link->timer, link->conf->timeout);

    ngx_http_reco_login(link);
}


void
ngx_http_reco_link_ready(ngx_http_reco_link_t *link)
{
    ngx_del_timer(&link->timer);
    link->state = NGX_HTTP_RECO_LINK_UP;
    link->events->up(link->data);
}
