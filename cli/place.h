/*
 * Where a subcommand works: the options --config, --set and --state, which
 * most of them take.
 */

#ifndef RECO_PLACE_H
#define RECO_PLACE_H

#include "config.h"
#include "options.h"
#include "reco.h"
#include "registry.h"
#include "store.h"


/* What goes into a subcommand's table of long options, and its usage. */
#define RECO_PLACE_OPTIONS                                                     \
    {"config", required_argument, NULL, 'c'},                                  \
        {"set", required_argument, NULL, 's'},                                 \
    {                                                                          \
        "state", required_argument, NULL, 'S'                                  \
    }

#define RECO_PLACE_USAGE                                                       \
    "  --config FILE       trainer.conf, which tells where the store is\n"     \
    "  --state DIR         the store's folder, in place of the file's\n"       \
    "  --set KEY=VALUE     replaces a value of trainer.conf\n"

/*
 * Makes the configuration: the defaults; and /etc/reco/trainer.conf where it
 * is there and neither --config nor --state is among the arguments.  Then
 * reads all options into run, whose `take` hands to reco_place_option() what
 * is not its own.  Returns RECO_CLI_OK, or the exit status after a message;
 * *config is the caller's to destroy in both cases, and may be NULL.
 */
int reco_place_read(int argc, char **argv, const reco_options_t *options,
    void *run, reco_config_t **config);

/*
 * The same for a subcommand that has no other options but --json, or none where
 * json is NULL, with least to most arguments after them.
 */
int reco_place_arguments(int argc, char **argv, int least, int most,
    reco_config_t **config, int *json);

/*
 * Takes one of the options above into config.  Returns RECO_CLI_OK, or the
 * exit status after a message.
 */
int reco_place_option(
    const char *name, int option, const char *value, reco_config_t *config);

/* Opens the registry that config tells of, where there is one; says why it
   cannot. */
int reco_place_registry(
    const char *name, const reco_config_t *config, reco_registry_t **registry);

/*
 * A subcommand that has no options of its own and works on the registry: reads the
 * arguments, of which action gets the first, or NULL, and what they tell of; and
 * lets go of all of it.  Returns what action did.
 */
typedef int (*reco_place_action_pt)(const char *name,
    const reco_config_t *config, reco_registry_t *registry, const char *text);

int reco_place_at_registry(
    int argc, char **argv, int least, int most, reco_place_action_pt action);

/* The version that text tells of; NULL: the live one. */
int reco_place_version(const char *name, reco_registry_t *registry,
    const char *text, reco_version_id_t *id);

/* Opens the store that config tells of; says why it cannot. */
int reco_place_open(const char *name, const reco_config_t *config,
    reco_store_mode_t mode, reco_store_t **store);

/* What the configuration sets for every event. */
void reco_place_limits(
    const reco_config_t *config, reco_store_limits_t *limits);

#endif /* RECO_PLACE_H */
