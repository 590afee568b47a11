#include "cli.h"
#include "config.h"

#include <getopt.h>
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
        {"config", required_argument, NULL, 'c'},
        {"set", required_argument, NULL, 's'}, {NULL, 0, NULL, 0}};
    reco_config_t *config;
    reco_error_t error = {0};
    int option, result;

    config = reco_config_create();
    if (config == NULL) {
        return reco_cli_fail(argv[0], "out of memory");
    }

    result = RECO_CLI_OK;

    while (result == RECO_CLI_OK
           && (option = getopt_long(argc, argv, "c:s:", options, NULL)) != -1)
    {
        if (option == 'c') {
            if (reco_config_read(config, optarg, &error) != RECO_OK) {
                result = reco_cli_fail_at(argv[0], optarg, &error);
            }
        } else if (option == 's') {
            if (reco_config_set_pair(config, optarg, &error) != RECO_OK) {
                result = reco_cli_misuse(argv[0], "%s", error.message);
            }
        } else {
            result = reco_cli_misuse(argv[0], "that option is unknown");
        }
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
