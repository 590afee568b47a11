#include "cli.h"
#include "place.h"

#include <stdio.h>
#include <string.h>


typedef struct {
    const char *name;
    reco_config_t *config;
    int off;
} run_t;

static const struct option table[] = {
    RECO_PLACE_OPTIONS, {"off", no_argument, NULL, 'o'}, {NULL, 0, NULL, 0}};


/* Publishes the version, which another one that is pinned would prevent; that
   one stays pinned where it fails. */
static reco_status_t
publish(
    reco_registry_t *registry, const reco_version_id_t *id, reco_error_t *error)
{
    reco_version_id_t live, pinned;
    reco_status_t status;
    int was_pinned;

    if (reco_registry_live(registry, &live, NULL) == RECO_OK
        && strcmp(live.id, id->id) == 0)
    {
        return RECO_OK;
    }

    was_pinned = reco_registry_pinned(registry, &pinned, NULL) == RECO_OK;
    status = was_pinned ? reco_registry_pin(registry, NULL, error) : RECO_OK;
    if (status != RECO_OK) {
        return status;
    }

    status = reco_registry_publish(registry, id, RECO_REGISTRY_PROMOTE, error);
    if (status != RECO_OK && was_pinned) {
        (void) reco_registry_pin(registry, &pinned, NULL);
    }

    return status;
}


/* The version becomes live, if it is not, and stays so. */
static int
pin(const char *name, reco_registry_t *registry, const char *text)
{
    reco_error_t error = {0};
    reco_version_id_t id;
    reco_status_t status;
    int result;

    result = reco_place_version(name, registry, text, &id);
    if (result != RECO_CLI_OK) {
        return result;
    }

    status = publish(registry, &id, &error);
    if (status == RECO_OK) {
        status = reco_registry_pin(registry, &id, &error);
    }

    if (status != RECO_OK) {
        return reco_cli_fail(name, "%s", error.message);
    }

    printf("version %s is live and pinned\n", id.id);

    return RECO_CLI_OK;
}


static int
release(const char *name, reco_registry_t *registry)
{
    reco_error_t error = {0};

    if (reco_registry_pin(registry, NULL, &error) != RECO_OK) {
        return reco_cli_fail(name, "%s", error.message);
    }

    puts("no version is pinned");

    return RECO_CLI_OK;
}


static int
take_option(void *data, int option, const char *value)
{
    run_t *run = data;

    if (option == 'o') {
        run->off = 1;
        return RECO_CLI_OK;
    }

    return reco_place_option(run->name, option, value, run->config);
}


static const reco_options_t options = {
    RECO_OPTIONS_LETTERS, table, take_option, 1};


int
reco_cli_pin(int argc, char **argv)
{
    run_t run = {.name = argv[0]};
    reco_registry_t *registry;
    int result;

    registry = NULL;
    result = reco_place_read(argc, argv, &options, &run, &run.config);
    if (result == RECO_CLI_OK && run.off && optind < argc) {
        result = reco_cli_misuse(argv[0], "one version, or --off");
    }
    if (result == RECO_CLI_OK) {
        result = reco_place_registry(argv[0], run.config, &registry);
    }
    if (result == RECO_CLI_OK) {
        result = run.off ? release(argv[0], registry)
                         : pin(argv[0], registry,
                             optind < argc ? argv[optind] : NULL);
    }

    reco_registry_close(registry);
    reco_config_destroy(run.config);

    return result;
}
