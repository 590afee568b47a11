#include "forget.h"

#include "cli.h"
#include "place.h"

#include <stdio.h>
#include <string.h>


static const struct option options[] = {RECO_PLACE_OPTIONS,
    {"no-redis", no_argument, NULL, 'R'}, {NULL, 0, NULL, 0}};


/* Redis first: what is left there could come into the store again. */
static int
forget_one(const char *name, const reco_config_t *config, reco_store_t *store,
    redisContext *context, const char *text)
{
    reco_str_t visitor = {strlen(text), text};
    uint64_t entries, events;
    reco_error_t error = {0};
    reco_status_t status;

    entries = 0;
    events = 0;
    status = RECO_OK;

    if (context != NULL) {
        status =
            reco_forget_streams(context, config, visitor, &entries, &error);
    }
    if (status == RECO_OK) {
        status = reco_store_forget(store, visitor, &events, &error);
    }

    if (status == RECO_DECLINED && entries > 0) {
        status = RECO_OK;
    }
    if (status != RECO_OK) {
        return reco_cli_fail(name, "%s", error.message);
    }

    printf("%s: %llu events and %llu stream entries removed\n", text,
        (unsigned long long) events, (unsigned long long) entries);

    return RECO_CLI_OK;
}


static int
forget(const char *name, const reco_config_t *config, int use_redis,
    int nvisitors, char **visitors)
{
    reco_error_t error = {0};
    redisContext *context;
    reco_store_t *store;
    int i, result;

    context = NULL;
    if (use_redis && reco_redis_connect(config, 0, &context, &error) != RECO_OK)
    {
        return reco_cli_fail(name,
            "%s; nothing was removed (--no-redis leaves the streams out)",
            error.message);
    }

    result = reco_place_open(name, config, RECO_STORE_EXISTING, &store);
    if (result == RECO_CLI_OK) {
        for (i = 0; i < nvisitors; i++) {
            if (forget_one(name, config, store, context, visitors[i])
                != RECO_CLI_OK) {
                result = RECO_CLI_FAILED;
            }
        }
        reco_store_close(store);
    }

    if (context != NULL) {
        redisFree(context);
    }

    return result;
}


int
reco_cli_forget(int argc, char **argv)
{
    reco_config_t *config;
    int option, use_redis, result;

    use_redis = 1;
    config = reco_place_create(argc, argv);
    result = config != NULL ? RECO_CLI_OK : RECO_CLI_FAILED;

    while (result == RECO_CLI_OK
           && (option = getopt_long(argc, argv, "c:s:", options, NULL)) != -1)
    {
        if (option == 'R') {
            use_redis = 0;
        } else {
            result = reco_place_option(argv[0], option, optarg, config);
        }
    }

    if (result == RECO_CLI_OK && optind == argc) {
        result = reco_cli_misuse(argv[0], "which visitor?");
    }
    if (result == RECO_CLI_OK) {
        result =
            forget(argv[0], config, use_redis, argc - optind, argv + optind);
    }

    reco_config_destroy(config);

    return result;
}
