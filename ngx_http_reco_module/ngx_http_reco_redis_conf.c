#include "ngx_http_reco_redis.h"

#include <ngx_event.h>
#include <ngx_http.h>

#include "ngx_http_reco_forward.h"
#include "ngx_http_reco_shared.h"

#define NGX_HTTP_RECO_REDIS_PORT    6379
#define NGX_HTTP_RECO_SENTINEL_PORT 26379
#define NGX_HTTP_RECO_SHARDS_MAX    256
#define NGX_HTTP_RECO_OUTBOX_MIN    (64 * 1024)

/* One parameter NAME=VALUE of a directive, and where the value goes. */
typedef struct {
    ngx_str_t name;
    char *(*set)(void *place, ngx_str_t *value);
    size_t offset; /* in ngx_http_reco_redis_conf_t */
} ngx_http_reco_parameter_t;

#define ngx_http_reco_parameter(name, set, field)                              \
    {                                                                          \
        ngx_string(name "="), ngx_http_reco_set_##set,                         \
            offsetof(ngx_http_reco_redis_conf_t, field)                        \
    }


static char *ngx_http_reco_parameters(ngx_conf_t *cf,
    ngx_http_reco_redis_conf_t *conf, ngx_uint_t first,
    const ngx_http_reco_parameter_t *parameters);
static char *ngx_http_reco_add_address(
    ngx_conf_t *cf, ngx_http_reco_redis_conf_t *conf, ngx_str_t *url);
static char *ngx_http_reco_resolve(ngx_conf_t *cf,
    ngx_http_reco_redis_conf_t *conf, ngx_http_reco_address_t *address);


static char *
ngx_http_reco_set_number(
    ngx_str_t *value, ngx_uint_t min, ngx_uint_t max, ngx_uint_t *number)
{
    ngx_int_t n;

    n = ngx_atoi(value->data, value->len);

    if (n == NGX_ERROR || (ngx_uint_t) n < min || (ngx_uint_t) n > max) {
        return "is not a number in its range";
    }

    *number = (ngx_uint_t) n;

    return NGX_CONF_OK;
}


static char *
ngx_http_reco_set_shards(void *place, ngx_str_t *value)
{
    return ngx_http_reco_set_number(value, 1, NGX_HTTP_RECO_SHARDS_MAX, place);
}


static char *
ngx_http_reco_set_maxlen(void *place, ngx_str_t *value)
{
    return ngx_http_reco_set_number(value, 1, NGX_MAX_INT_T_VALUE, place);
}


static char *
ngx_http_reco_set_batch(void *place, ngx_str_t *value)
{
    return ngx_http_reco_set_number(value, 1, RECO_EVENT_RECORDS_MAX, place);
}


static char *
ngx_http_reco_set_db(void *place, ngx_str_t *value)
{
    return ngx_http_reco_set_number(value, 0, 1000000, place);
}


static char *
ngx_http_reco_set_text(void *place, ngx_str_t *value)
{
    *(ngx_str_t *) place = *value;

    return NGX_CONF_OK;
}


static char *
ngx_http_reco_set_word(void *place, ngx_str_t *value)
{
    *(ngx_str_t *) place = *value;

    return value->len > 0 ? NGX_CONF_OK : "is empty";
}


/* Zero too. */
static char *
ngx_http_reco_set_time(void *place, ngx_str_t *value)
{
    ngx_int_t ms;

    ms = ngx_parse_time(value, 0);
    if (ms == NGX_ERROR) {
        return "is not a time";
    }

    *(ngx_msec_t *) place = (ngx_msec_t) ms;

    return NGX_CONF_OK;
}


static char *
ngx_http_reco_set_timeout(void *place, ngx_str_t *value)
{
    char *rc;

    rc = ngx_http_reco_set_time(place, value);

    return rc == NGX_CONF_OK && *(ngx_msec_t *) place == 0 ? "is not a time"
                                                           : rc;
}


static char *
ngx_http_reco_set_size(void *place, ngx_str_t *value)
{
    off_t size;

    size = ngx_parse_offset(value);
    if (size == NGX_ERROR) {
        return "is not a size";
    }

    if (size < NGX_HTTP_RECO_OUTBOX_MIN) {
        return "is too small: 64k is the least";
    }

    *(size_t *) place = (size_t) size;

    return NGX_CONF_OK;
}


static char *
ngx_http_reco_set_switch(void *place, ngx_str_t *value)
{
    ngx_uint_t on;

    on = ngx_strcmp(value->data, "on") == 0;
    *(ngx_uint_t *) place = on;

    return on || ngx_strcmp(value->data, "off") == 0
               ? NGX_CONF_OK
               : "is neither \"on\" nor \"off\"";
}


static char *
ngx_http_reco_set_sync(void *place, ngx_str_t *value)
{
    ngx_http_reco_sync_e *sync = place;

    if (ngx_strcmp(value->data, "off") == 0) {
        *sync = NGX_HTTP_RECO_SYNC_OFF;

    } else if (ngx_strcmp(value->data, "1s") == 0) {
        *sync = NGX_HTTP_RECO_SYNC_SECOND;

    } else if (ngx_strcmp(value->data, "always") == 0) {
        *sync = NGX_HTTP_RECO_SYNC_ALWAYS;

    } else {
        return "is none of \"off\", \"1s\", \"always\"";
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_reco_set_drop(void *place, ngx_str_t *value)
{
    ngx_http_reco_drop_e *drop = place;

    if (ngx_strcmp(value->data, "refuse") == 0) {
        *drop = NGX_HTTP_RECO_DROP_REFUSE;

    } else if (ngx_strcmp(value->data, "oldest") == 0) {
        *drop = NGX_HTTP_RECO_DROP_OLDEST;

    } else if (ngx_strcmp(value->data, "newest") == 0) {
        *drop = NGX_HTTP_RECO_DROP_NEWEST;

    } else {
        return "is none of \"refuse\", \"oldest\", \"newest\"";
    }

    return NGX_CONF_OK;
}


static const ngx_http_reco_parameter_t ngx_http_reco_redis_parameters[] = {
    ngx_http_reco_parameter("stream", word, stream),
    ngx_http_reco_parameter("shards", shards, shards),
    ngx_http_reco_parameter("maxlen", maxlen, maxlen),
    ngx_http_reco_parameter("batch", batch, batch),
    ngx_http_reco_parameter("user", text, user),
    ngx_http_reco_parameter("password", text, password),
    ngx_http_reco_parameter("db", db, db),
    ngx_http_reco_parameter("sentinel", word, sentinel),
    ngx_http_reco_parameter("sentinel_user", text, sentinel_user),
    ngx_http_reco_parameter("sentinel_password", text, sentinel_password),
    ngx_http_reco_parameter("timeout", timeout, timeout),
    ngx_http_reco_parameter("hold", time, hold),
    ngx_http_reco_parameter("tls", switch, tls.on),
    ngx_http_reco_parameter("tls_verify", switch, tls.verify),
    ngx_http_reco_parameter("tls_ca", word, tls.ca),
    ngx_http_reco_parameter("tls_cert", word, tls.cert),
    ngx_http_reco_parameter("tls_key", word, tls.key),
    ngx_http_reco_parameter("tls_name", word, tls.name),
    {ngx_null_string, NULL, 0},
};


static const ngx_http_reco_parameter_t ngx_http_reco_outbox_parameters[] = {
    ngx_http_reco_parameter("size", size, size),
    ngx_http_reco_parameter("sync", sync, sync),
    ngx_http_reco_parameter("drop", drop, drop),
    {ngx_null_string, NULL, 0},
};


ngx_http_reco_redis_conf_t *
ngx_http_reco_redis_create_conf(ngx_conf_t *cf)
{
    ngx_http_reco_redis_conf_t *conf;

    conf = ngx_pcalloc(cf->pool, sizeof(ngx_http_reco_redis_conf_t));
    if (conf == NULL) {
        return NULL;
    }

    if (ngx_array_init(
            &conf->addresses, cf->pool, 1, sizeof(ngx_http_reco_address_t))
        != NGX_OK)
    {
        return NULL;
    }

    ngx_str_set(&conf->stream, "reco:events");
    conf->shards = 1;
    conf->maxlen = 1000000;
    conf->batch = 1;
    conf->timeout = 30000;
    conf->tls.verify = 1;
    conf->size = 64 * 1024 * 1024;
    conf->sync = NGX_HTTP_RECO_SYNC_SECOND;

    return conf;
}


/* reco_redis ADDRESS... [NAME=VALUE]...; */
char *
ngx_http_reco_redis_directive(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_reco_redis_conf_t *rcf;
    ngx_http_reco_address_t *address;
    ngx_str_t *value;
    ngx_uint_t i, n;
    char *rc;

    rcf = *(ngx_http_reco_redis_conf_t **) ((char *) conf + cmd->offset);
    if (rcf->addresses.nelts > 0) {
        return "is duplicate";
    }

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {
        if (ngx_strlchr(value[i].data, value[i].data + value[i].len, '=')
            != NULL) {
            break;
        }

        rc = ngx_http_reco_add_address(cf, rcf, &value[i]);
        if (rc != NGX_CONF_OK) {
            return rc;
        }
    }

    if (rcf->addresses.nelts == 0) {
        return "needs an address, \"unix:/path\" or \"host:port\", first";
    }

    rc = ngx_http_reco_parameters(cf, rcf, i, ngx_http_reco_redis_parameters);
    if (rc != NGX_CONF_OK) {
        return rc;
    }

    /* A name may have several addresses, which are tried in turn: the array
       grows while its first elements are looked up. */
    n = rcf->addresses.nelts;
    for (i = 0; i < n; i++) {
        address = rcf->addresses.elts;
        rc = ngx_http_reco_resolve(cf, rcf, &address[i]);
        if (rc != NGX_CONF_OK) {
            return rc;
        }
    }

    return ngx_http_reco_tls_init(cf, &rcf->tls);
}


/* reco_outbox DIRECTORY [NAME=VALUE]...; */
char *
ngx_http_reco_outbox_directive(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_reco_redis_conf_t *rcf;
    ngx_str_t *value;
    ngx_path_t *path;
    ngx_file_info_t fi;

    rcf = *(ngx_http_reco_redis_conf_t **) ((char *) conf + cmd->offset);
    if (rcf->outbox != NULL) {
        return "is duplicate";
    }

    value = cf->args->elts;

    path = ngx_pcalloc(cf->pool, sizeof(ngx_path_t));
    if (path == NULL) {
        return NGX_CONF_ERROR;
    }

    path->name = value[1];
    if (path->name.len > 1 && path->name.data[path->name.len - 1] == '/') {
        path->name.len--;
        path->name.data[path->name.len] = '\0';
    }

    if (ngx_conf_full_name(cf->cycle, &path->name, 0) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    /* nginx would give a file to the workers' user too, as it does below. */
    if (ngx_file_info(path->name.data, &fi) != NGX_FILE_ERROR
        && !ngx_is_dir(&fi)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
            "\"%V\" of \"reco_outbox\" is not a directory", &path->name);
        return NGX_CONF_ERROR;
    }

    path->conf_file = cf->conf_file->file.name.data;
    path->line = cf->conf_file->line;
    rcf->outbox = path;

    /* nginx makes the directory and gives it to the workers' user. */
    if (ngx_add_path(cf, &rcf->outbox) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    return ngx_http_reco_parameters(
        cf, rcf, 2, ngx_http_reco_outbox_parameters);
}


static char *
ngx_http_reco_parameters(ngx_conf_t *cf, ngx_http_reco_redis_conf_t *conf,
    ngx_uint_t first, const ngx_http_reco_parameter_t *parameters)
{
    const ngx_http_reco_parameter_t *parameter;
    ngx_str_t *value, rest;
    ngx_uint_t i;
    char *problem;

    value = cf->args->elts;

    for (i = first; i < cf->args->nelts; i++) {
        for (parameter = parameters; parameter->set != NULL; parameter++) {
            if (value[i].len >= parameter->name.len
                && ngx_strncmp(
                       value[i].data, parameter->name.data, parameter->name.len)
                       == 0)
            {
                break;
            }
        }

        if (parameter->set == NULL) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                "invalid parameter \"%V\" of \"%V\"", &value[i], &value[0]);
            return NGX_CONF_ERROR;
        }

        rest.data = value[i].data + parameter->name.len;
        rest.len = value[i].len - parameter->name.len;

        problem = parameter->set((char *) conf + parameter->offset, &rest);
        if (problem != NGX_CONF_OK) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                "parameter \"%V\" of \"%V\" %s", &value[i], &value[0], problem);
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_reco_add_address(
    ngx_conf_t *cf, ngx_http_reco_redis_conf_t *conf, ngx_str_t *url)
{
    ngx_http_reco_address_t *address;

    address = ngx_array_push(&conf->addresses);
    if (address == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memzero(address, sizeof(ngx_http_reco_address_t));
    address->name = *url;

    return NGX_CONF_OK;
}


/* As text without a port, ending with NUL: what hiredis takes. */
static ngx_int_t
ngx_http_reco_set_host(
    ngx_conf_t *cf, ngx_http_reco_address_t *address, ngx_addr_t *addr)
{
    u_char text[NGX_SOCKADDR_STRLEN];
    size_t len;

    len = ngx_sock_ntop(
        addr->sockaddr, addr->socklen, text, NGX_SOCKADDR_STRLEN, 0);

    address->host = ngx_pnalloc(cf->pool, len + 1);
    if (address->host == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(address->host, text, len);
    address->host[len] = '\0';
    address->port = ngx_inet_get_port(addr->sockaddr);

    return NGX_OK;
}


/* The host as it was written, without the brackets of IPv6, ending with NUL. */
static u_char *
ngx_http_reco_server_name(ngx_conf_t *cf, ngx_str_t *host)
{
    ngx_str_t name;
    u_char *server;

    name = *host;

    if (name.len > 2 && name.data[0] == '[') {
        name.data++;
        name.len -= 2;
    }

    server = ngx_pnalloc(cf->pool, name.len + 1);
    if (server != NULL) {
        *ngx_cpymem(server, name.data, name.len) = '\0';
    }

    return server;
}


/* Names are looked up now, once: a worker must not wait for a resolver. */
static char *
ngx_http_reco_resolve(ngx_conf_t *cf, ngx_http_reco_redis_conf_t *conf,
    ngx_http_reco_address_t *address)
{
    ngx_http_reco_address_t *another;
    u_char *server;
    ngx_str_t name;
    ngx_url_t url;
    ngx_uint_t i;

    ngx_memzero(&url, sizeof(ngx_url_t));
    url.url = address->name;
    url.default_port = conf->sentinel.len > 0 ? NGX_HTTP_RECO_SENTINEL_PORT
                                              : NGX_HTTP_RECO_REDIS_PORT;

    if (ngx_parse_url(cf->pool, &url) != NGX_OK) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "%s in address \"%V\"",
            url.err != NULL ? url.err : "out of memory", &url.url);
        return NGX_CONF_ERROR;
    }

    if (url.family == AF_UNIX) {
        address->host = url.host.data;
        return NGX_CONF_OK;
    }

    name = address->name;
    server = ngx_http_reco_server_name(cf, &url.host);
    if (server == NULL) {
        return NGX_CONF_ERROR;
    }

    for (i = 0; i < url.naddrs; i++) {
        another = address;

        if (i > 0) {
            another = ngx_array_push(&conf->addresses);
            if (another == NULL) {
                return NGX_CONF_ERROR;
            }
            another->name = name;
        }

        if (ngx_http_reco_set_host(cf, another, &url.addrs[i]) != NGX_OK) {
            return NGX_CONF_ERROR;
        }

        another->server = server;
    }

    return NGX_CONF_OK;
}


char *
ngx_http_reco_redis_init_conf(ngx_conf_t *cf, ngx_http_reco_redis_conf_t *conf)
{
    static ngx_str_t name = ngx_string("ngx_http_reco_redis");

    if (conf->addresses.nelts == 0 && conf->outbox == NULL) {
        return NGX_CONF_OK;
    }

    if (conf->addresses.nelts == 0 || conf->outbox == NULL) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
            "\"%s\" needs \"%s\" beside it",
            conf->outbox == NULL ? "reco_redis" : "reco_outbox",
            conf->outbox == NULL ? "reco_outbox" : "reco_redis");
        return NGX_CONF_ERROR;
    }

    if ((conf->user.len > 0 && conf->password.len == 0)
        || (conf->sentinel_user.len > 0 && conf->sentinel_password.len == 0))
    {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
            "\"%suser=\" of \"reco_redis\" needs \"%spassword=\"",
            conf->sentinel_user.len > 0 ? "sentinel_" : "",
            conf->sentinel_user.len > 0 ? "sentinel_" : "");
        return NGX_CONF_ERROR;
    }

    if (conf->sentinel_password.len > 0 && conf->sentinel.len == 0) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
            "\"sentinel_password=\" of \"reco_redis\" needs \"sentinel=\"");
        return NGX_CONF_ERROR;
    }

    conf->zone = ngx_http_reco_shared(
        cf, &name, sizeof(ngx_http_reco_redis_shared_t), NULL);

    return conf->zone != NULL ? NGX_CONF_OK : NGX_CONF_ERROR;
}
