#include "redis.h"

#include "address.h"
#include "redis_tls.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#define PORT          6379
#define SENTINEL_PORT 26379
#define ARGUMENTS_MAX 4096
#define ADDRESSES_MAX 4096

/* More entries are asked for nowhere; memory is taken before any has come. */
#define ELEMENTS_MAX (1 << 27)


static reco_str_t
text(const char *literal)
{
    return (reco_str_t){strlen(literal), literal};
}


static struct timeval
duration(int64_t ms)
{
    return (struct timeval){ms / 1000, (ms % 1000) * 1000};
}


#if HIREDIS_MAJOR < 1

static redisReplyObjectFunctions bounded;
static void *(*create_array)(const redisReadTask *, int);


static void *
create_bounded_array(const redisReadTask *task, int elements)
{
    return elements <= ELEMENTS_MAX ? create_array(task, elements) : NULL;
}


static void
bound_replies(redisContext *context)
{
    if (create_array == NULL) {
        create_array = context->reader->fn->createArray;
        bounded = *context->reader->fn;
        bounded.createArray = create_bounded_array;
    }

    context->reader->fn = &bounded;
}

#else

static void
bound_replies(redisContext *context)
{
    context->reader->maxelements = ELEMENTS_MAX;
}

#endif


int
reco_redis_port(const reco_config_t *config)
{
    return reco_config_string(config, "redis_sentinel")[0] != '\0'
               ? SENTINEL_PORT
               : PORT;
}


static reco_status_t
dial(const reco_config_t *config, const char *address, struct timeval timeout,
    redisContext **context, reco_error_t *error)
{
    reco_address_t server;
    reco_status_t status;

    if (!reco_address_read(&server, text(address), reco_redis_port(config))) {
        return reco_error_set(error, RECO_INVALID,
            "\"%s\" is neither unix:PATH nor HOST:PORT", address);
    }

    *context = server.port == 0
                   ? redisConnectUnixWithTimeout(server.host, timeout)
                   : redisConnectWithTimeout(server.host, server.port, timeout);

    if (*context == NULL) {
        return reco_error_set(error, RECO_NOMEM, "out of memory");
    }

    if ((*context)->err != 0) {
        reco_error_set(error, RECO_IO, "cannot connect to Redis at %s: %s",
            address, (*context)->errstr);
        redisFree(*context);
        *context = NULL;
        return RECO_IO;
    }

    bound_replies(*context);
    redisSetTimeout(*context, timeout);
    status = reco_redis_tls_start(
        config, *context, server.port != 0 ? server.host : NULL, error);

    if (status != RECO_OK) {
        redisFree(*context);
        *context = NULL;
    }

    return status;
}


/* The address of the master, which a sentinel tells. */
static reco_status_t
ask_sentinel(redisContext *sentinel, const char *name, char *address,
    size_t size, reco_error_t *error)
{
    reco_str_t arguments[3] = {
        text("SENTINEL"), text("get-master-addr-by-name"), text(name)};
    reco_status_t status;
    redisReply *reply;

    status = reco_redis_command(sentinel, 3, arguments, &reply, error);

    if (status == RECO_OK
        && (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2
            || reply->element[0]->type != REDIS_REPLY_STRING
            || reply->element[1]->type != REDIS_REPLY_STRING))
    {
        status = reco_error_set(
            error, RECO_DECLINED, "the sentinel knows no master \"%s\"", name);
    }

    if (status == RECO_OK) {
        snprintf(address, size,
            strchr(reply->element[0]->str, ':') != NULL ? "[%s]:%s" : "%s:%s",
            reply->element[0]->str, reply->element[1]->str);
    }

    freeReplyObject(reply);

    return status;
}


/* AUTH, where there is a password. */
static reco_status_t
authenticate(redisContext *context, const char *user, const char *password,
    reco_error_t *error)
{
    reco_str_t arguments[3];
    size_t n;

    if (password[0] == '\0') {
        return RECO_OK;
    }

    n = 0;
    arguments[n++] = text("AUTH");
    if (user[0] != '\0') {
        arguments[n++] = text(user);
    }
    arguments[n++] = text(password);

    return reco_redis_command(context, n, arguments, NULL, error);
}


/* To the address, or to the master that the sentinel there knows. */
static reco_status_t
dial_master(const reco_config_t *config, const char *address,
    struct timeval timeout, redisContext **context, reco_error_t *error)
{
    char master[RECO_ADDRESS_HOST_MAX + 16];
    const char *sentinel;
    reco_status_t status;

    sentinel = reco_config_string(config, "redis_sentinel");

    status = dial(config, address, timeout, context, error);
    if (status != RECO_OK || sentinel[0] == '\0') {
        return status;
    }

    status = authenticate(*context,
        reco_config_string(config, "redis_sentinel_user"),
        reco_config_string(config, "redis_sentinel_password"), error);

    if (status == RECO_OK) {
        status =
            ask_sentinel(*context, sentinel, master, sizeof(master), error);
    }

    redisFree(*context);
    *context = NULL;

    return status == RECO_OK ? dial(config, master, timeout, context, error)
                             : status;
}


/* The first of the addresses that answers. */
static reco_status_t
dial_any(const reco_config_t *config, struct timeval timeout,
    redisContext **context, reco_error_t *error)
{
    char addresses[ADDRESSES_MAX + 1];
    reco_status_t status;
    char *address, *next;

    snprintf(addresses, sizeof(addresses), "%s",
        reco_config_string(config, "redis"));
    status = RECO_INVALID; /* there is one at least */

    for (address = strtok_r(addresses, " \t", &next); address != NULL;
         address = strtok_r(NULL, " \t", &next))
    {
        status = dial_master(config, address, timeout, context, error);
        if (status == RECO_OK) {
            break;
        }
    }

    return status;
}


/* Of the call that has just failed.  Hiredis passes on what the kernel says of a
   time-out, which is that a resource is unavailable. */
static const char *
failure(const redisContext *context)
{
    if (context->err == REDIS_ERR_IO && errno == EAGAIN) {
        return "no answer in time";
    }

    return context->err != 0 ? context->errstr : "no reply";
}


reco_status_t
reco_redis_reply(redisContext *context, redisReply **reply, reco_error_t *error)
{
    redisReply *got;

    if (redisGetReply(context, (void **) &got) != REDIS_OK || got == NULL) {
        return reco_error_set(error, RECO_IO,
            "lost the connection to Redis: %s", failure(context));
    }

    if (got->type == REDIS_REPLY_ERROR) {
        reco_error_set(error, RECO_DECLINED, "Redis says: %.200s", got->str);
        if (reply != NULL) {
            *reply = got;
        } else {
            freeReplyObject(got);
        }
        return RECO_DECLINED;
    }

    if (reply != NULL) {
        *reply = got;
    } else {
        freeReplyObject(got);
    }

    return RECO_OK;
}


reco_status_t
reco_redis_append(redisContext *context, size_t n, const reco_str_t *arguments,
    reco_error_t *error)
{
    const char *data[ARGUMENTS_MAX];
    size_t lengths[ARGUMENTS_MAX];
    size_t i;

    if (n > ARGUMENTS_MAX) {
        return reco_error_set(
            error, RECO_TOO_LARGE, "a command of %zu arguments", n);
    }

    for (i = 0; i < n; i++) {
        data[i] = arguments[i].data;
        lengths[i] = arguments[i].len;
    }

    if (redisAppendCommandArgv(context, (int) n, data, lengths) != REDIS_OK) {
        return reco_error_set(
            error, RECO_IO, "cannot write to Redis: %s", context->errstr);
    }

    return RECO_OK;
}


reco_status_t
reco_redis_command(redisContext *context, size_t n, const reco_str_t *arguments,
    redisReply **reply, reco_error_t *error)
{
    reco_status_t status;

    if (reply != NULL) {
        *reply = NULL;
    }

    status = reco_redis_append(context, n, arguments, error);
    if (status != RECO_OK) {
        return status;
    }

    return reco_redis_reply(context, reply, error);
}


static reco_status_t
log_in(const reco_config_t *config, redisContext *context, reco_error_t *error)
{
    char database[24];
    reco_str_t arguments[2];
    reco_status_t status;

    snprintf(database, sizeof(database), "%lld",
        (long long) reco_config_integer(config, "redis_db"));
    status = authenticate(context, reco_config_string(config, "redis_user"),
        reco_config_string(config, "redis_password"), error);

    if (status == RECO_OK && reco_config_integer(config, "redis_db") != 0) {
        arguments[0] = text("SELECT");
        arguments[1] = text(database);
        status = reco_redis_command(context, 2, arguments, NULL, error);
    }

    if (status == RECO_OK) {
        arguments[0] = text("PING");
        status = reco_redis_command(context, 1, arguments, NULL, error);
    }

    return status;
}


reco_status_t
reco_redis_connect(const reco_config_t *config, int wait,
    redisContext **context, reco_error_t *error)
{
    redisContext *opened;
    reco_status_t status;
    int64_t timeout;

    timeout = reco_config_integer(config, "redis_timeout");
    status = dial_any(config, duration(timeout), &opened, error);
    if (status != RECO_OK) {
        return status;
    }

    /* A batch run that is started has no use for it. */
    fcntl(opened->fd, F_SETFD, FD_CLOEXEC);

    if (redisSetTimeout(opened, duration(timeout + wait)) != REDIS_OK) {
        status = reco_error_set(
            error, RECO_IO, "cannot set Redis's time-out: %s", opened->errstr);
    } else {
        status = log_in(config, opened, error);
    }

    if (status != RECO_OK) {
        redisFree(opened);
        return status;
    }

    *context = opened;

    return RECO_OK;
}


int
reco_redis_field(const redisReply *fields, const char *name, reco_str_t *value)
{
    const redisReply *const *pair;
    size_t i;

    for (i = 0; fields->type == REDIS_REPLY_ARRAY && i + 1 < fields->elements;
         i += 2)
    {
        pair = (const redisReply *const *) fields->element + i;

        if (pair[0]->type == REDIS_REPLY_STRING
            && (size_t) pair[0]->len == strlen(name)
            && memcmp(pair[0]->str, name, strlen(name)) == 0
            && pair[1]->type == REDIS_REPLY_STRING)
        {
            *value = (reco_str_t){(size_t) pair[1]->len, pair[1]->str};
            return 1;
        }
    }

    return 0;
}


int
reco_redis_is_entry(const redisReply *reply)
{
    const redisReply *fields;
    size_t i;

    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2
        || reply->element[0]->type != REDIS_REPLY_STRING
        || reply->element[0]->len > RECO_REDIS_ID_SIZE - 2
        || reply->element[1]->type != REDIS_REPLY_ARRAY)
    {
        return 0;
    }

    fields = reply->element[1];

    for (i = 0; i < fields->elements; i++) {
        if (fields->element[i]->type != REDIS_REPLY_STRING) {
            return 0;
        }
    }

    return 1;
}
