/*
 * Where a subcommand works: the options --config, --set and --state, which
 * most of them take.
 */

#ifndef RECO_PLACE_H
#define RECO_PLACE_H

#include "config.h"
#include "reco.h"
#include "store.h"

#include <getopt.h>


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
 * The defaults; and /etc/reco/trainer.conf where it is there and neither
 * --config nor --state is among the arguments.  NULL after a message.
 */
reco_config_t *reco_place_create(int argc, char **argv);

/*
 * Takes one of the options above into config.  Returns RECO_CLI_OK, or the
 * exit status after a message.
 */
int reco_place_option(
    const char *name, int option, const char *value, reco_config_t *config);

/* Opens the store that config tells of; says why it cannot. */
int reco_place_open(const char *name, const reco_config_t *config,
    reco_store_mode_t mode, reco_store_t **store);

/* What the configuration sets for every event. */
void reco_place_limits(
    const reco_config_t *config, reco_store_limits_t *limits);

#endif /* RECO_PLACE_H */
