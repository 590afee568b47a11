#include "cli.h"
#include "place.h"

#include <stdio.h>


static void
print_config(const reco_config_t *config)
{
    reco_config_entry_t entry;
    size_t i;

    for (i = 0; reco_config_at(config, i, &entry); i++) {
        printf("%-24s %s\n", entry.key,
            entry.value[0] != '\0' ? entry.value : "\"\"");
    }
}


int
reco_cli_config(int argc, char **argv)
{
    static const struct option options[] = {
        RECO_PLACE_OPTIONS, {NULL, 0, NULL, 0}};
    reco_config_t *config;
    int option, result;

    config = reco_place_create(argc, argv);
    if (config == NULL) {
        return RECO_CLI_FAILED;
    }

    result = RECO_CLI_OK;

    while (result == RECO_CLI_OK
           && (option = getopt_long(argc, argv, "c:s:", options, NULL)) != -1)
    {
        result = reco_place_option(argv[0], option, optarg, config);
    }

    if (result == RECO_CLI_OK && optind < argc) {
        result = reco_cli_misuse(
            argv[0], "\"%s\" is one argument too many", argv[optind]);
    }

    if (result == RECO_CLI_OK) {
        print_config(config);
    }

    reco_config_destroy(config);

    return result;
}
