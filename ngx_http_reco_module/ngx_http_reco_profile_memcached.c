#include "ngx_http_reco_profile.h"

#include <ngx_event_connect.h>

#include "engine/reco_engine_profile.h"


/*
 * One connection, made when it is needed.  Questions go out as they come, and
 * answers come in the same order:
 *
 *     get KEY\r\n     ->     VALUE KEY FLAGS LENGTH\r\nDATA\r\nEND\r\n
 *                            END\r\n
 *     set KEY 0 TTL LENGTH noreply\r\nDATA\r\n
 */

#define NGX_HTTP_RECO_MEMCACHED_OUT   (128 * 1024)
#define NGX_HTTP_RECO_MEMCACHED_IN    (16 * 1024)
#define NGX_HTTP_RECO_MEMCACHED_PAUSE 1000 /* ms after a failure */

#define NGX_HTTP_RECO_MEMCACHED_TTL_MAX (30 * 24 * 3600)


typedef struct {
    ngx_http_reco_profiles_t *profiles;
    ngx_peer_connection_t peer;
    ngx_addr_t *address;
    ngx_msec_t failed; /* when */
    unsigned failing : 1;
    size_t nout;
    size_t nin;
    u_char out[NGX_HTTP_RECO_MEMCACHED_OUT];
    u_char in[NGX_HTTP_RECO_MEMCACHED_IN];
} ngx_http_reco_memcached_t;


static void ngx_http_reco_memcached_write(ngx_event_t *wev);
static void ngx_http_reco_memcached_read(ngx_event_t *rev);
static void ngx_http_reco_memcached_reset(
    ngx_http_reco_profiles_t *profiles, const char *reason);


static ngx_int_t
ngx_http_reco_memcached_init(
    ngx_cycle_t *cycle, ngx_http_reco_profiles_t *profiles)
{
    ngx_http_reco_memcached_t *m;

    m = ngx_pcalloc(cycle->pool, sizeof(ngx_http_reco_memcached_t));
    if (m == NULL) {
        return NGX_ERROR;
    }

    m->profiles = profiles;
    m->address = &profiles->url.addrs[ngx_worker % profiles->url.naddrs];
    profiles->connection = m;

    return NGX_OK;
}


static ngx_int_t
ngx_http_reco_memcached_connect(ngx_http_reco_memcached_t *m)
{
    ngx_int_t rc;
    ngx_connection_t *c;

    if (m->failing
        && ngx_current_msec - m->failed < NGX_HTTP_RECO_MEMCACHED_PAUSE) {
        return NGX_ERROR;
    }

    ngx_memzero(&m->peer, sizeof(m->peer));
    m->peer.sockaddr = m->address->sockaddr;
    m->peer.socklen = m->address->socklen;
    m->peer.name = &m->address->name;
    m->peer.get = ngx_event_get_peer;
    m->peer.log = ngx_cycle->log;
    m->peer.log_error = NGX_ERROR_ERR;
    m->nout = 0;
    m->nin = 0;

    rc = ngx_event_connect_peer(&m->peer);

    if (rc != NGX_OK && rc != NGX_AGAIN) {
        if (m->peer.connection != NULL) {
            ngx_close_connection(m->peer.connection);
            m->peer.connection = NULL;
        }

        m->failing = 1;
        m->failed = ngx_current_msec;

        return NGX_ERROR;
    }

    c = m->peer.connection;
    c->data = m;
    c->idle = 1; /* a shutdown does not wait for it, but tells it */
    c->read->handler = ngx_http_reco_memcached_read;
    c->write->handler = ngx_http_reco_memcached_write;

    return NGX_OK;
}


static ngx_int_t
ngx_http_reco_memcached_ask(
    ngx_http_reco_profiles_t *profiles, ngx_http_reco_profile_t *profile)
{
    u_char *p;
    ngx_http_reco_memcached_t *m;

    m = profiles->connection;

    if (ngx_exiting
        || (m->peer.connection == NULL
            && ngx_http_reco_memcached_connect(m) != NGX_OK)
        || sizeof(m->out) - m->nout < NGX_HTTP_RECO_PROFILE_KEY_MAX + 64)
    {
        return NGX_ERROR;
    }

    p = ngx_cpymem(m->out + m->nout, "get ", 4);
    p = ngx_http_reco_profile_key(p, profiles, &profile->id);
    p = ngx_cpymem(p, "\r\n", 2);
    m->nout = p - m->out;

    /* all that this turn of the event loop asks for goes out at once */
    ngx_post_event(m->peer.connection->write, &ngx_posted_events);

    return NGX_OK;
}


/* Without a reply: one more will come with the visitor's next event. */
static void
ngx_http_reco_memcached_put(ngx_http_reco_profiles_t *profiles,
    ngx_http_reco_id_t *id, const void *data, size_t len)
{
    u_char *p;
    ngx_http_reco_memcached_t *m;

    m = profiles->connection;

    if (ngx_exiting
        || (m->peer.connection == NULL
            && ngx_http_reco_memcached_connect(m) != NGX_OK)
        || sizeof(m->out) - m->nout < NGX_HTTP_RECO_PROFILE_KEY_MAX + 128 + len)
    {
        return;
    }

    p = ngx_sprintf(m->out + m->nout, data != NULL ? "set " : "delete ");
    p = ngx_http_reco_profile_key(p, profiles, id);

    if (data != NULL) {
        /* a longer time than this would be taken for a date */
        p = ngx_sprintf(p, " 0 %T %uz",
            ngx_min(profiles->ttl, NGX_HTTP_RECO_MEMCACHED_TTL_MAX), len);
    }

    p = ngx_cpymem(p, " noreply\r\n", sizeof(" noreply\r\n") - 1);

    if (data != NULL) {
        p = ngx_cpymem(p, data, len);
        p = ngx_cpymem(p, "\r\n", 2);
    }

    m->nout = p - m->out;

    ngx_post_event(m->peer.connection->write, &ngx_posted_events);
}


static void
ngx_http_reco_memcached_write(ngx_event_t *wev)
{
    ssize_t n;
    ngx_connection_t *c;
    ngx_http_reco_memcached_t *m;

    c = wev->data;
    m = c->data;

    while (m->nout > 0) {
        n = c->send(c, m->out, m->nout);

        if (n == NGX_AGAIN) {
            break;
        }

        if (n <= 0) {
            ngx_http_reco_memcached_reset(m->profiles, "cannot send");
            return;
        }

        m->nout -= n;
        ngx_memmove(m->out, m->out + n, m->nout);
    }

    if (ngx_handle_write_event(wev, 0) != NGX_OK
        || ngx_handle_read_event(c->read, 0) != NGX_OK)
    {
        ngx_http_reco_memcached_reset(m->profiles, "no event");
    }
}


/* The number that a line of VALUE ends in; NGX_ERROR: none, or too large. */
static ngx_int_t
ngx_http_reco_memcached_length(const u_char *line, size_t len)
{
    size_t i;
    ngx_int_t n;

    for (i = len; i > 0 && line[i - 1] != ' '; i--) {
        /* void */
    }

    n = ngx_atoi((u_char *) line + i, len - i);

    return n > RECO_ENGINE_PROFILE_SIZE_MAX ? NGX_ERROR : n;
}


/*
 * The first answer of what came in: its length, and where the value is; 0: it
 * is not complete; NGX_ERROR: this is no memcached.
 */
static ssize_t
ngx_http_reco_memcached_parse(
    ngx_http_reco_memcached_t *m, ngx_str_t *value, ngx_int_t *rc)
{
    u_char *end;
    size_t len, line;
    ngx_int_t n;

    end = ngx_strlchr(m->in, m->in + m->nin, '\n');

    if (end == NULL) {
        return m->nin < NGX_HTTP_RECO_PROFILE_KEY_MAX + 128 ? 0 : NGX_ERROR;
    }

    line = end - m->in + 1;

    if (line == 5 && ngx_strncmp(m->in, "END\r\n", 5) == 0) {
        *rc = NGX_DECLINED;
        return line;
    }

    if (line < 8 || ngx_strncmp(m->in, "VALUE ", 6) != 0 || end[-1] != '\r') {
        return NGX_ERROR;
    }

    n = ngx_http_reco_memcached_length(m->in, line - 2);
    if (n == NGX_ERROR) {
        return NGX_ERROR;
    }

    value->data = m->in + line;
    value->len = n;
    len = line + n + sizeof("\r\nEND\r\n") - 1;

    if (m->nin < len) {
        return 0;
    }

    *rc = NGX_OK;

    return ngx_memcmp(value->data + n, "\r\nEND\r\n", 7) == 0 ? (ssize_t) len
                                                              : NGX_ERROR;
}


/* Answers the questions whose answers are complete.  NGX_ERROR: see above. */
static ngx_int_t
ngx_http_reco_memcached_answers(ngx_http_reco_memcached_t *m)
{
    ssize_t n;
    ngx_int_t rc;
    ngx_str_t value;
    ngx_http_reco_profiles_t *profiles;

    profiles = m->profiles;

    while (m->nin > 0) {
        ngx_str_null(&value);
        n = ngx_http_reco_memcached_parse(m, &value, &rc);

        if (n == 0) {
            return NGX_OK;
        }

        if (n == NGX_ERROR || ngx_queue_empty(&profiles->asked)) {
            return NGX_ERROR;
        }

        ngx_http_reco_profile_answer(
            ngx_queue_data(ngx_queue_head(&profiles->asked),
                ngx_http_reco_profile_t, queue),
            rc, value.data, value.len);

        m->failing = 0;
        m->nin -= n;
        ngx_memmove(m->in, m->in + n, m->nin);
    }

    return NGX_OK;
}


static void
ngx_http_reco_memcached_read(ngx_event_t *rev)
{
    ssize_t n;
    ngx_connection_t *c;
    ngx_http_reco_memcached_t *m;

    c = rev->data;
    m = c->data;

    if (c->close) {
        ngx_http_reco_memcached_reset(m->profiles, NULL);
        return;
    }

    for (;;) {
        n = c->recv(c, m->in + m->nin, sizeof(m->in) - m->nin);

        if (n == NGX_AGAIN) {
            break;
        }

        if (n <= 0) {
            ngx_http_reco_memcached_reset(m->profiles, "connection closed");
            return;
        }

        m->nin += n;

        if (ngx_http_reco_memcached_answers(m) != NGX_OK) {
            ngx_http_reco_memcached_reset(
                m->profiles, "the answer is not memcached's");
            return;
        }
    }

    if (ngx_handle_read_event(rev, 0) != NGX_OK) {
        ngx_http_reco_memcached_reset(m->profiles, "no event");
    }
}


/* Closes; without a reason it is nobody's fault. */
static void
ngx_http_reco_memcached_reset(
    ngx_http_reco_profiles_t *profiles, const char *reason)
{
    ngx_queue_t *q;
    ngx_http_reco_memcached_t *m;

    m = profiles->connection;

    if (m->peer.connection != NULL) {
        ngx_close_connection(m->peer.connection);
        m->peer.connection = NULL;
    }

    if (reason != NULL && !ngx_queue_empty(&profiles->asked)) {
        ngx_http_reco_failure(ngx_cycle->log, NGX_HTTP_RECO_PROFILES_BROKEN,
            "memcached %.*s: %s; visitors' profiles are not loaded",
            (int) m->address->name.len, (char *) m->address->name.data, reason);
        m->failing = 1;
        m->failed = ngx_current_msec;
    }

    while (!ngx_queue_empty(&profiles->asked)) {
        q = ngx_queue_head(&profiles->asked);
        ngx_http_reco_profile_answer(
            ngx_queue_data(q, ngx_http_reco_profile_t, queue), NGX_ERROR, NULL,
            0);
    }
}


static void
ngx_http_reco_memcached_done(ngx_http_reco_profiles_t *profiles)
{
    ngx_http_reco_memcached_reset(profiles, NULL);
}


const ngx_http_reco_profile_store_t ngx_http_reco_profile_memcached = {
    ngx_http_reco_memcached_init,
    ngx_http_reco_memcached_ask,
    ngx_http_reco_memcached_put,
    ngx_http_reco_memcached_reset,
    ngx_http_reco_memcached_done,
};
