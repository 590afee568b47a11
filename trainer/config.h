/*
 * The one configuration parser: "key value" lines, # comments.  Serves
 * trainer.conf, recoctl tune's output, eval --config and --set.
 * docs/trainer.conf.md lists every key; config_keys.c holds the table.
 *
 * A value runs to the end of its line; within "double quotes" it may hold
 * # and outer spaces.  Sizes take k, m, g; durations ms, s (the default), m,
 * h, d; flags on and off.
 */

#ifndef RECO_CONFIG_H
#define RECO_CONFIG_H

#include "engine/reco_engine.h"
#include "reco.h"


#define RECO_CONFIG_SHARDS_MAX 1024

typedef struct reco_config_s reco_config_t;

/* Defaults only.  NULL when out of memory. */
reco_config_t *reco_config_create(void);
void reco_config_destroy(reco_config_t *config);

/* RECO_IO, or RECO_INVALID with error->line: unknown key, bad value. */
reco_status_t reco_config_read(
    reco_config_t *config, const char *path, reco_error_t *error);

/*
 * A later value replaces an earlier one.  Keys "engine.NAME" are the engine's,
 * as reco_engine_params_set() takes them.
 */
reco_status_t reco_config_set(reco_config_t *config, reco_str_t key,
    reco_str_t value, reco_error_t *error);

/* "KEY=VALUE", as recoctl's --set takes it. */
reco_status_t reco_config_set_pair(
    reco_config_t *config, const char *pair, reco_error_t *error);

/* Do the values agree with each other?  For when all of them are read.
   RECO_INVALID. */
reco_status_t reco_config_check(
    const reco_config_t *config, reco_error_t *error);

/*
 * Values by key; the key must be in the table (a programming error else).
 * The string is as written; the integer of a size is in bytes, of a duration
 * in milliseconds, of a flag 0 or 1, of a word its place in reco_config_words().
 */
const char *reco_config_string(const reco_config_t *config, const char *key);
int64_t reco_config_integer(const reco_config_t *config, const char *key);
double reco_config_number(const reco_config_t *config, const char *key);

/* Was the key set, be it to its default? */
int reco_config_is_set(const reco_config_t *config, const char *key);

/*
 * Every key with its value as text, the engine's that were set included, for
 * manifests and tune's output.  0 past the last.
 */
typedef struct {
    const char *key;
    const char *value;
    int set;
} reco_config_entry_t;

int reco_config_at(
    const reco_config_t *config, size_t index, reco_config_entry_t *entry);

/* Hands every "engine.NAME" to params, which the caller has initialised. */
reco_status_t reco_config_engine(const reco_config_t *config,
    reco_engine_params_t *params, reco_error_t *error);

#endif /* RECO_CONFIG_H */
