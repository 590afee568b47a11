#include "place.h"

#include "batch.h"
#include "cli.h"
#include "clock.h"
#include "owner.h"

#include <string.h>
#include <unistd.h>

#define CONFIG_FILE "/etc/reco/trainer.conf"


typedef struct {
    const char *name; /* of the subcommand */
    reco_config_t **config;
    int *json;
} place_t;


static int
names_place(int argc, char **argv)
{
    int i;

    for (i = 1; i < argc; i++) {
        if (strncmp(argv[i], "--config", 8) == 0
            || strncmp(argv[i], "--state", 7) == 0
            || strncmp(argv[i], "-c", 2) == 0)
        {
            return 1;
        }
    }

    return 0;
}


static reco_config_t *
create_config(int argc, char **argv)
{
    reco_config_t *config;
    reco_error_t error = {0};

    config = reco_config_create();
    if (config == NULL) {
        reco_cli_fail(argv[0], "out of memory");
        return NULL;
    }

    if (!names_place(argc, argv) && access(CONFIG_FILE, R_OK) == 0
        && reco_config_read(config, CONFIG_FILE, &error) != RECO_OK)
    {
        reco_cli_fail_at(argv[0], CONFIG_FILE, &error);
        reco_config_destroy(config);
        return NULL;
    }

    return config;
}


int
reco_place_option(
    const char *name, int option, const char *value, reco_config_t *config)
{
    reco_error_t error = {0};
    reco_str_t text;

    switch (option) {
    case 'c':
        if (reco_config_read(config, value, &error) != RECO_OK) {
            return reco_cli_fail_at(name, value, &error);
        }
        return RECO_CLI_OK;

    case 's':
        if (reco_config_set_pair(config, value, &error) != RECO_OK) {
            return reco_cli_misuse(name, "%s", error.message);
        }
        return RECO_CLI_OK;

    case 'S':
        text.data = value;
        text.len = strlen(value);
        if (reco_config_set(config, reco_string("state"), text, &error)
            != RECO_OK) {
            return reco_cli_misuse(name, "%s", error.message);
        }
        return RECO_CLI_OK;

    default:
        return reco_cli_misuse(name, "an option is unknown or lacks its value");
    }
}


int
reco_place_open(const char *name, const reco_config_t *config,
    reco_store_mode_t mode, reco_store_t **store)
{
    reco_error_t error = {0};

    if (reco_store_open(reco_config_string(config, "state"), mode,
            (uint64_t) reco_config_integer(config, "store_size"), store, &error)
        != RECO_OK)
    {
        return reco_cli_fail(name, "%s", error.message);
    }

    return RECO_CLI_OK;
}


void
reco_place_limits(const reco_config_t *config, reco_store_limits_t *limits)
{
    limits->now = reco_clock_ms();
    limits->retention = reco_config_integer(config, "retention");
    limits->visitor_rate =
        (uint32_t) reco_config_integer(config, "visitor_rate");
}


int
reco_place_read(int argc, char **argv, const reco_options_t *options, void *run,
    reco_config_t **config)
{
    reco_error_t error = {0};
    int result;

    *config = create_config(argc, argv);

    result = *config != NULL ? reco_options_read(argc, argv, options, run)
                             : RECO_CLI_FAILED;

    if (result == RECO_CLI_OK && reco_config_check(*config, &error) != RECO_OK)
    {
        return reco_cli_fail(argv[0], "%s", error.message);
    }

    return result == RECO_CLI_OK ? reco_cli_become_owner(
               argv[0], reco_config_string(*config, "state"))
                                 : result;
}


static int
take_option(void *data, int option, const char *value)
{
    place_t *place = data;

    if (option == 'j') {
        *place->json = 1;
        return RECO_CLI_OK;
    }

    return reco_place_option(place->name, option, value, *place->config);
}


int
reco_place_arguments(int argc, char **argv, int least, int most,
    reco_config_t **config, int *json)
{
    static const struct option none[] = {
        RECO_PLACE_OPTIONS, {NULL, 0, NULL, 0}};
    static const struct option one[] = {RECO_PLACE_OPTIONS,
        {"json", no_argument, NULL, 'j'}, {NULL, 0, NULL, 0}};
    reco_options_t options = {
        RECO_OPTIONS_LETTERS, json != NULL ? one : none, take_option, most};
    place_t place = {.name = argv[0], .config = config, .json = json};
    int result;

    result = reco_place_read(argc, argv, &options, &place, config);

    if (result == RECO_CLI_OK && argc - optind < least) {
        return reco_cli_misuse(argv[0], "an argument is missing");
    }

    return result;
}


int
reco_place_registry(
    const char *name, const reco_config_t *config, reco_registry_t **registry)
{
    reco_error_t error = {0};

    if (reco_batch_registry(config, RECO_REGISTRY_EXISTING, registry, &error)
        != RECO_OK)
    {
        return reco_cli_fail(name, "%s", error.message);
    }

    return RECO_CLI_OK;
}


int
reco_place_at_registry(
    int argc, char **argv, int least, int most, reco_place_action_pt action)
{
    reco_registry_t *registry;
    reco_config_t *config;
    int result;

    registry = NULL;
    result = reco_place_arguments(argc, argv, least, most, &config, NULL);
    if (result == RECO_CLI_OK) {
        result = reco_place_registry(argv[0], config, &registry);
    }
    if (result == RECO_CLI_OK) {
        result = action(
            argv[0], config, registry, optind < argc ? argv[optind] : NULL);
    }

    reco_registry_close(registry);
    reco_config_destroy(config);

    return result;
}


int
reco_place_version(const char *name, reco_registry_t *registry,
    const char *text, reco_version_id_t *id)
{
    reco_error_t error = {0};
    char path[PATH_MAX];

    if (text == NULL) {
        return reco_registry_live(registry, id, &error) == RECO_OK
                   ? RECO_CLI_OK
                   : reco_cli_fail(name, "%s", error.message);
    }

    if (!reco_version_id_parse(text, id)) {
        return reco_cli_misuse(name, "\"%s\" is no version's number", text);
    }

    if (reco_registry_path(registry, id, path, &error) != RECO_OK) {
        return reco_cli_fail(name, "%s", error.message);
    }

    return access(path, F_OK) == 0
               ? RECO_CLI_OK
               : reco_cli_fail(name,
                   "there is no version %s; \"recoctl versions\" lists them",
                   id->id);
}
