/*
 * The options and arguments of a subcommand, read in one way by all of them.
 */

#ifndef RECO_OPTIONS_H
#define RECO_OPTIONS_H

#include <getopt.h>
#include <stdint.h>


/* The short options of the subcommands that have none of their own. */
#define RECO_OPTIONS_LETTERS "c:s:"

/* As many arguments as there are. */
#define RECO_OPTIONS_ANY (-1)


/*
 * Takes one option; value is NULL where it has none, and lives as long as
 * argv.  option is '?' for one that is unknown or lacks its value.  Returns
 * RECO_CLI_OK, or the exit status after a message, which ends the reading.
 */
typedef int (*reco_options_take_pt)(void *run, int option, const char *value);

/* What a subcommand takes. */
typedef struct {
    const char *letters;        /* as for getopt_long() */
    const struct option *table; /* the same */
    reco_options_take_pt take;
    int most; /* arguments after the options */
} reco_options_t;


/*
 * Gives each option of argv to options->take, and stops at the first that it
 * refuses.  Arguments that follow then begin at argv[optind].  Returns
 * RECO_CLI_OK, or the exit status after a message.
 */
int reco_options_read(
    int argc, char **argv, const reco_options_t *options, void *run);

/*
 * Reads the whole number that text is, from least to most, into *count; the
 * message of one that is not names --option.
 */
int reco_options_count(const char *name, const char *option, const char *text,
    uint64_t least, uint64_t most, uint64_t *count);

#endif /* RECO_OPTIONS_H */
