#include "forget.h"

#include "cli.h"
#include "memcached.h"
#include "place.h"

#include <stdio.h>
#include <string.h>


typedef struct {
    const char *name;
    reco_config_t *config;
    int use_redis;
    const char *memcached; /* "": none */
} run_t;

static const struct option table[] = {RECO_PLACE_OPTIONS,
    {"no-redis", no_argument, NULL, 'R'},
    {"memcached", required_argument, NULL, 'M'}, {NULL, 0, NULL, 0}};


static int
take_option(void *data, int option, const char *value)
{
    run_t *run = data;

    if (option == 'R') {
        run->use_redis = 0;
        return RECO_CLI_OK;
    }

    if (option == 'M') {
        run->memcached = value;
        return RECO_CLI_OK;
    }

    return reco_place_option(run->name, option, value, run->config);
}


static const reco_options_t options = {
    RECO_OPTIONS_LETTERS, table, take_option, RECO_OPTIONS_ANY};


/* The caches first, then Redis: what is left there could come into the store
   again. */
static int
forget_one(const run_t *run, reco_store_t *store, redisContext *context,
    const char *text)
{
    reco_str_t visitor = {strlen(text), text};
    uint64_t entries, events;
    reco_error_t error = {0};
    reco_status_t status;
    int profile;

    entries = 0;
    events = 0;
    profile = 0;
    status = RECO_OK;

    if (run->memcached[0] != '\0') {
        status = reco_cli_memcached_delete(run->memcached,
            reco_config_string(run->config, "visitor_prefix"), text, &profile,
            &error);
    }
    if (status == RECO_OK && context != NULL) {
        status = reco_forget_streams(
            context, run->config, visitor, &entries, &error);
    }
    if (status == RECO_OK) {
        status = reco_store_forget(store, visitor, &events, &error);
    }

    if (status == RECO_DECLINED && (entries > 0 || profile)) {
        status = RECO_OK;
    }
    if (status != RECO_OK) {
        return reco_cli_fail(run->name, "%s", error.message);
    }

    printf("%s: %llu events and %llu stream entries%s removed\n", text,
        (unsigned long long) events, (unsigned long long) entries,
        profile ? " and a profile in memcached" : "");

    return RECO_CLI_OK;
}


static int
forget(const run_t *run, int nvisitors, char **visitors)
{
    reco_error_t error = {0};
    redisContext *context;
    reco_store_t *store;
    int i, result;

    context = NULL;
    if (run->use_redis
        && reco_redis_connect(run->config, 0, &context, &error) != RECO_OK)
    {
        return reco_cli_fail(run->name,
            "%s; nothing was removed (--no-redis leaves the streams out)",
            error.message);
    }

    result =
        reco_place_open(run->name, run->config, RECO_STORE_EXISTING, &store);
    if (result == RECO_CLI_OK) {
        for (i = 0; i < nvisitors; i++) {
            if (forget_one(run, store, context, visitors[i]) != RECO_CLI_OK) {
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
    run_t run = {.name = argv[0], .use_redis = 1};
    int result;

    result = reco_place_read(argc, argv, &options, &run, &run.config);

    if (result == RECO_CLI_OK && optind == argc) {
        result = reco_cli_misuse(argv[0], "which visitor?");
    }
    if (result == RECO_CLI_OK && run.memcached == NULL) {
        run.memcached = reco_config_string(run.config, "memcached");
    }
    if (result == RECO_CLI_OK) {
        result = forget(&run, argc - optind, argv + optind);
    }

    reco_config_destroy(run.config);

    return result;
}
