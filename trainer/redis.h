/*
 * Connections to Redis, as trainer.conf tells of it; blocking, with time-outs.
 */

#ifndef RECO_REDIS_H
#define RECO_REDIS_H

#include "config.h"
#include "reco.h"

#include <hiredis/hiredis.h>


/*
 * Connects to the first address that answers, or to the master that the
 * sentinel there knows, logs in and selects the database.  wait: ms that a single command
 * may block on purpose, on top of redis_timeout.  RECO_IO; RECO_INVALID: the
 * address is no address; RECO_DECLINED: Redis refused the login.
 */
reco_status_t reco_redis_connect(const reco_config_t *config, int wait,
    redisContext **context, reco_error_t *error);

/* The port of an address that names none: the sentinels', where config says that
   the addresses are theirs. */
int reco_redis_port(const reco_config_t *config);

/*
 * A command of n arguments.  RECO_IO: the connection is of no more use;
 * RECO_DECLINED: Redis answered with an error, which is in error and, if it is
 * not NULL, *reply.  The reply is the caller's to free.
 */
reco_status_t reco_redis_command(redisContext *context, size_t n,
    const reco_str_t *arguments, redisReply **reply, reco_error_t *error);

/* Puts a command behind those that wait to be sent; its reply is to be asked for
   with reco_redis_reply().  RECO_TOO_LARGE, RECO_IO. */
reco_status_t reco_redis_append(redisContext *context, size_t n,
    const reco_str_t *arguments, reco_error_t *error);

/* Awaits the reply to a command that was appended. */
reco_status_t reco_redis_reply(
    redisContext *context, redisReply **reply, reco_error_t *error);

/* Bytes of an entry's id, two numbers, with "(" before it and NUL behind. */
#define RECO_REDIS_ID_SIZE 48

/* True for an entry of a stream as Redis tells it, [id, [name, value, ...]], all
   of it strings.  One that was deleted is none. */
int reco_redis_is_entry(const redisReply *reply);

/* The value of a field, of the pairs that an entry has; 0: it has none of that
   name. */
int reco_redis_field(
    const redisReply *fields, const char *name, reco_str_t *value);

#endif /* RECO_REDIS_H */
