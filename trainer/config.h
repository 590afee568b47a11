/*
 * The one configuration parser: "key value" lines, # comments.  Serves
 * trainer.conf, recoctl tune's output, eval --config and --set.
 * docs/trainer.conf.md lists every key.
 */

#ifndef RECO_CONFIG_H
#define RECO_CONFIG_H

#include "reco.h"


typedef struct reco_config_s reco_config_t;

/* Defaults only.  NULL when out of memory. */
reco_config_t *reco_config_create(void);
void reco_config_destroy(reco_config_t *config);

/* RECO_IO, or RECO_INVALID with error->line: unknown key, bad value. */
reco_status_t reco_config_read(
    reco_config_t *config, const char *path, reco_error_t *error);
reco_status_t reco_config_set(reco_config_t *config, reco_str_t key,
    reco_str_t value, reco_error_t *error);

/* Values by key; the key must be in the table (a programming error else). */
const char *reco_config_string(const reco_config_t *config, const char *key);
int64_t reco_config_integer(const reco_config_t *config, const char *key);
double reco_config_number(const reco_config_t *config, const char *key);

#endif /* RECO_CONFIG_H */
