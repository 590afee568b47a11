#include "options.h"

#include "cli.h"

#include <ctype.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>


int
reco_options_read(
    int argc, char **argv, const reco_options_t *options, void *run)
{
    int option, result;

    result = RECO_CLI_OK;

    while (result == RECO_CLI_OK
           && (option = getopt_long(
                   argc, argv, options->letters, options->table, NULL))
                  != -1)
    {
        result = options->take(run, option, optarg);
    }

    if (result == RECO_CLI_OK && options->most != RECO_OPTIONS_ANY
        && argc - optind > options->most)
    {
        return reco_cli_misuse(argv[0], "\"%s\" is one argument too many",
            argv[optind + options->most]);
    }

    return result;
}


int
reco_options_count(const char *name, const char *option, const char *text,
    uint64_t least, uint64_t most, uint64_t *count)
{
    char *end;

    errno = 0;
    *count = strtoull(text, &end, 10);

    if (isdigit((unsigned char) *text) && *end == '\0' && errno == 0
        && *count >= least && *count <= most)
    {
        return RECO_CLI_OK;
    }

    return most == UINT64_MAX
               ? reco_cli_misuse(name, "--%s is a number from %llu on", option,
                   (unsigned long long) least)
               : reco_cli_misuse(name, "--%s is from %llu to %llu", option,
                   (unsigned long long) least, (unsigned long long) most);
}
