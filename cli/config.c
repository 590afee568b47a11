#include "cli.h"
#include "place.h"
#include "redis_tls.h"

#include <stdio.h>
#include <string.h>


/* What is printed may go into a ticket. */
static const char *
shown(const reco_config_entry_t *entry)
{
    if (entry->value[0] == '\0') {
        return "\"\"";
    }

    return strstr(entry->key, "password") != NULL ? "(set)" : entry->value;
}


static void
print_config(const reco_config_t *config)
{
    reco_config_entry_t entry;
    size_t i;

    for (i = 0; reco_config_at(config, i, &entry); i++) {
        printf("%-24s %s\n", entry.key, shown(&entry));
    }
}


int
reco_cli_config(int argc, char **argv)
{
    reco_error_t error = {0};
    reco_config_t *config;
    int result;

    result = reco_place_arguments(argc, argv, 0, 0, &config, NULL);
    if (result == RECO_CLI_OK
        && reco_redis_tls_check(config, &error) != RECO_OK) {
        result = reco_cli_fail(argv[0], "%s", error.message);
    }
    if (result == RECO_CLI_OK) {
        print_config(config);
    }

    reco_config_destroy(config);

    return result;
}
