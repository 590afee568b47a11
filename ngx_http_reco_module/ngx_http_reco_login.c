#include "ngx_http_reco_login.h"

#include "ngx_http_reco_forward.h"


static ngx_uint_t
ngx_http_reco_login_is_ip(ngx_str_t *host)
{
    u_char v6[16];

    return ngx_inet_addr(host->data, host->len) != INADDR_NONE
#if (NGX_HAVE_INET6)
           || ngx_inet6_addr(host->data, host->len, v6) == NGX_OK
#endif
        ;
}


/*
 * Hiredis asks a resolver for a name, and waits.  So a name has to be one that
 * was looked up when the configuration was read; none means this same server.
 */
static ngx_int_t
ngx_http_reco_login_lookup(
    ngx_http_reco_link_t *link, ngx_str_t *name, u_char **host, u_char **server)
{
    ngx_http_reco_address_t *address;
    ngx_uint_t first, i, n;

    if (name->len == 0) {
        *host = link->host;
        *server = link->server;
        return link->host != NULL ? NGX_OK : NGX_DECLINED;
    }

    /* of several that it has any, for one may not answer */
    n = link->conf->addresses.nelts;
    first = (ngx_uint_t) ngx_random() % n;

    for (i = 0; i < n; i++) {
        address = link->conf->addresses.elts;
        address += (first + i) % n;

        if (address->server != NULL && ngx_strlen(address->server) == name->len
            && ngx_strncasecmp(address->server, name->data, name->len) == 0)
        {
            *host = address->host;
            *server = address->server;
            return NGX_OK;
        }
    }

    return NGX_DECLINED;
}


static ngx_int_t
ngx_http_reco_login_target(
    ngx_http_reco_link_t *link, ngx_str_t *host, ngx_str_t *port)
{
    ngx_int_t n;
    u_char *ip, *server;

    n = ngx_atoi(port->data, port->len);

    if (n < 1 || n > 65535) {
        return NGX_ERROR;
    }

    if (ngx_http_reco_login_lookup(link, host, &ip, &server) == NGX_OK) {
        ngx_memmove(link->target.host, ip, ngx_strlen(ip) + 1);
        link->target.server = server;

    } else if (ngx_http_reco_login_is_ip(host)
               && host->len < NGX_HTTP_RECO_LINK_HOST_LEN)
    {
        ngx_memcpy(link->target.host, host->data, host->len);
        link->target.host[host->len] = '\0';
        link->target.server = link->target.host;

    } else {
        return NGX_ERROR;
    }

    link->target.port = (in_port_t) n;

    return NGX_OK;
}


void
ngx_http_reco_link_redirect(ngx_http_reco_link_t *link, ngx_str_t *target)
{
    ngx_str_t host, port;
    u_char *colon, *p, named[NGX_HTTP_RECO_LINK_REASON];

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
        ngx_http_reco_link_quote(named, sizeof(named), (char *) target->data);
        ngx_log_error(NGX_LOG_ERR, link->log, 0,
            "reco: Redis points to \"%s\", which is neither an IP address nor "
            "a host of \"reco_redis\", and a port",
            named);
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


/* AUTH, where there is a password. */
static void
ngx_http_reco_login_auth(
    ngx_http_reco_link_t *link, ngx_str_t *user, ngx_str_t *password)
{
    if (user->len > 0) {
        (void) redisAsyncCommand(link->context, ngx_http_reco_login_done, link,
            "AUTH %b %b", user->data, user->len, password->data, password->len);

    } else if (password->len > 0) {
        (void) redisAsyncCommand(link->context, ngx_http_reco_login_done, link,
            "AUTH %b", password->data, password->len);
    }
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

    ngx_http_reco_login_auth(link, &conf->user, &conf->password);

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
        ngx_http_reco_link_fail(link, 0,
            "the sentinel names no IP address, nor a host of reco_redis");
        return;
    }

    ngx_http_reco_link_leave(link);
}


static void
ngx_http_reco_login_ask(ngx_http_reco_link_t *link)
{
    ngx_http_reco_redis_conf_t *conf;
    ngx_str_t *name;

    conf = link->conf;
    name = &conf->sentinel;

    ngx_http_reco_login_auth(
        link, &conf->sentinel_user, &conf->sentinel_password);

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
