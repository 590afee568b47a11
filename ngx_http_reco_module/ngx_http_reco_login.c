#include "ngx_http_reco_login.h"

#include "ngx_http_reco_forward.h"


/* Hiredis asks a resolver for a name, and waits: an IP address or nothing. */
static ngx_int_t
ngx_http_reco_login_target(
    ngx_http_reco_link_t *link, ngx_str_t *host, ngx_str_t *port)
{
    ngx_int_t n;
    u_char v6[16];

    n = ngx_atoi(port->data, port->len);

    if (n < 1 || n > 65535 || host->len >= NGX_HTTP_RECO_LINK_HOST_LEN) {
        return NGX_ERROR;
    }

    if (ngx_inet_addr(host->data, host->len) == INADDR_NONE
#if (NGX_HAVE_INET6)
        && ngx_inet6_addr(host->data, host->len, v6) != NGX_OK
#endif
    )
    {
        return NGX_ERROR;
    }

    ngx_memcpy(link->target.host, host->data, host->len);
    link->target.host[host->len] = '\0';
    link->target.port = (in_port_t) n;

    return NGX_OK;
}


void
ngx_http_reco_link_redirect(ngx_http_reco_link_t *link, ngx_str_t *target)
{
    ngx_str_t host, port;
    u_char *colon, *p;

    colon = NULL;
    for (p = target->data; p < target->data + target->len; p++) {
        if (*p == ':') {
            colon = p;
        }
    }

    if (colon == NULL) {
        return;
    }

    host.data = target->data;
    host.len = (size_t) (colon - target->data);
    port.data = colon + 1;
    port.len = target->len - host.len - 1;

    if (ngx_http_reco_login_target(link, &host, &port) != NGX_OK) {
        ngx_log_error(NGX_LOG_ERR, link->log, 0,
            "reco: Redis points to \"%V\", which is no IP address and port",
            target);
    }
}


static void
ngx_http_reco_login_done(redisAsyncContext *context, void *answer, void *arg)
{
    ngx_http_reco_link_t *link = arg;
    redisReply *reply = answer;

    (void) context;

    if (reply == NULL || link->leaving) {
        return;
    }

    if (reply->type == REDIS_REPLY_ERROR) {
        ngx_http_reco_link_fail(link, NGX_HTTP_RECO_LINK_LONGEST, reply->str);
        return;
    }
}


/* A user who may not even PING may be allowed all that is needed. */
static void
ngx_http_reco_login_pinged(redisAsyncContext *context, void *answer, void *arg)
{
    ngx_http_reco_link_t *link = arg;
    redisReply *reply = answer;
    ngx_msec_t delay;

    (void) context;

    if (reply == NULL || link->leaving) {
        return;
    }

    if (reply->type == REDIS_REPLY_ERROR
        && ngx_strncmp(reply->str, "NOPERM", 6) != 0)
    {
        (void) ngx_http_reco_error_kind(reply->str, &delay);
        ngx_http_reco_link_fail(link, delay, reply->str);
        return;
    }

    ngx_http_reco_link_ready(link);
}


/*
 * AUTH and SELECT, as far as they are asked for, and PING, in one go.  Where a
 * password is missing, PING is told so in plain words; a long command is not.
 */
static void
ngx_http_reco_login_send(ngx_http_reco_link_t *link)
{
    ngx_http_reco_redis_conf_t *conf;

    conf = link->conf;

    if (conf->user.len > 0) {
        (void) redisAsyncCommand(link->context, ngx_http_reco_login_done, link,
            "AUTH %b %b", conf->user.data, conf->user.len, conf->password.data,
            conf->password.len);

    } else if (conf->password.len > 0) {
        (void) redisAsyncCommand(link->context, ngx_http_reco_login_done, link,
            "AUTH %b", conf->password.data, conf->password.len);
    }

    if (conf->db > 0) {
        (void) redisAsyncCommand(link->context, ngx_http_reco_login_done, link,
            "SELECT %u", (unsigned) conf->db);
    }

    (void) redisAsyncCommand(
        link->context, ngx_http_reco_login_pinged, link, "PING");
}


static void
ngx_http_reco_login_answered(
    redisAsyncContext *context, void *answer, void *arg)
{
    ngx_http_reco_link_t *link = arg;
    redisReply *reply = answer;
    ngx_str_t host, port;

    (void) context;

    if (reply == NULL || link->leaving) {
        return;
    }

    if (reply->type == REDIS_REPLY_ERROR) {
        ngx_http_reco_link_fail(link, NGX_HTTP_RECO_LINK_LONGEST, reply->str);
        return;
    }

    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2
        || reply->element[0]->type != REDIS_REPLY_STRING
        || reply->element[1]->type != REDIS_REPLY_STRING)
    {
        ngx_http_reco_link_fail(link, 0, "the sentinel knows no such master");
        return;
    }

    host.data = (u_char *) reply->element[0]->str;
    host.len = (size_t) reply->element[0]->len;
    port.data = (u_char *) reply->element[1]->str;
    port.len = (size_t) reply->element[1]->len;

    if (ngx_http_reco_login_target(link, &host, &port) != NGX_OK) {
        ngx_http_reco_link_fail(
            link, 0, "the sentinel's answer is no IP address and port");
        return;
    }

    ngx_http_reco_link_leave(link);
}


static void
ngx_http_reco_login_ask(ngx_http_reco_link_t *link)
{
    ngx_str_t *name;

    name = &link->conf->sentinel;

    (void) redisAsyncCommand(link->context, ngx_http_reco_login_answered, link,
        "SENTINEL get-master-addr-by-name %b", name->data, name->len);
}


void
ngx_http_reco_login(ngx_http_reco_link_t *link)
{
    if (link->asking) {
        ngx_http_reco_login_ask(link);
    } else {
        ngx_http_reco_login_send(link);
    }
}
