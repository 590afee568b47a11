#include "cli.h"
#include "files.h"
#include "linear_weights.h"
#include "place.h"
#include "revised.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MAX (64 << 20)


typedef struct {
    const char *name;
    reco_config_t *config;
    const char *version;
    const char *path;
    int conf;
    int promote;
} run_t;

static const struct option table[] = {RECO_PLACE_OPTIONS,
    {"version", required_argument, NULL, 'V'}, {"conf", no_argument, NULL, 'k'},
    {"promote", no_argument, NULL, 'p'}, {NULL, 0, NULL, 0}};


static int
take_option(void *data, int option, const char *value)
{
    run_t *run = data;

    switch (option) {
    case 'V':
        run->version = value;
        return RECO_CLI_OK;
    case 'k':
        run->conf = 1;
        return RECO_CLI_OK;
    case 'p':
        run->promote = 1;
        return RECO_CLI_OK;
    default:
        return reco_place_option(run->name, option, value, run->config);
    }
}


static const reco_options_t options = {
    RECO_OPTIONS_LETTERS, table, take_option, 1};


static int
take_options(run_t *run, int argc, char **argv)
{
    int result;

    result = reco_place_read(argc, argv, &options, run, &run->config);
    if (result == RECO_CLI_OK && argc - optind != 1) {
        return reco_cli_misuse(run->name, "one file of weights");
    }
    run->path = argv[optind];

    return result;
}


/* The weight as the manifest has it, if it is within bounds. */
static reco_status_t
format_weight(unsigned feature, float value, char key[64], char text[32],
    reco_error_t *error)
{
    reco_engine_params_t params;

    snprintf(key, 64, "weight.%s", reco_engine_feature_name(feature));
    snprintf(text, 32, "%.9g", (double) value);
    reco_engine_params_init(&params);

    return reco_engine_params_set(&params, (reco_str_t){strlen(key), key},
        (reco_str_t){strlen(text), text}, error);
}


/* The weights as an object of the engine's parameters; NULL after a message. */
static cJSON *
make_engine(const run_t *run, const reco_linear_weights_t *weights)
{
    char key[64], text[32];
    reco_error_t error = {0};
    cJSON *engine;
    unsigned i;

    engine = cJSON_CreateObject();

    for (i = 0; engine != NULL && reco_engine_feature_name(i) != NULL; i++) {
        if (!weights->named[i] && !weights->wabbit) {
            continue;
        }
        if (format_weight(i, weights->values[i], key, text, &error) != RECO_OK)
        {
            reco_cli_fail(run->name, "%s: %s", run->path, error.message);
            cJSON_Delete(engine);
            return NULL;
        }
        if (cJSON_AddStringToObject(engine, key, text) == NULL) {
            cJSON_Delete(engine);
            engine = NULL;
        }
    }

    if (engine == NULL) {
        reco_cli_fail(run->name, "out of memory");
    }

    return engine;
}


static int
import(const run_t *run, const reco_linear_weights_t *weights)
{
    reco_revision_t revision = {.from = run->path};
    reco_version_id_t id;
    const cJSON *value;
    int result;

    revision.engine = make_engine(run, weights);
    if (revision.engine == NULL) {
        return RECO_CLI_FAILED;
    }

    if (run->conf) {
        cJSON_ArrayForEach(value, revision.engine)
        {
            printf("engine.%s %s\n", value->string, value->valuestring);
        }
        result = RECO_CLI_OK;
    } else {
        printf("weights of %u features; %u of other names passed over\n",
            weights->nnamed, weights->npassed);
        result = reco_revised_add(
            run->name, run->config, run->version, &revision, &id);
        if (result == RECO_CLI_OK) {
            result =
                reco_revised_end(run->name, run->config, &id, run->promote);
        }
    }

    cJSON_Delete(revision.engine);

    return result;
}


int
reco_cli_import_weights(int argc, char **argv)
{
    reco_linear_weights_t weights;
    run_t run = {.name = argv[0]};
    reco_error_t error = {0};
    reco_str_t text;
    int result;

    result = take_options(&run, argc, argv);

    if (result == RECO_CLI_OK
        && reco_files_read(run.path, FILE_MAX, &text, &error) != RECO_OK)
    {
        result = reco_cli_fail(run.name, "%s", error.message);
    } else if (result == RECO_CLI_OK) {
        if (reco_linear_weights_read(&weights, text, &error) == RECO_OK) {
            result = import(&run, &weights);
        } else if (error.line != 0) {
            result = reco_cli_fail_at(run.name, run.path, &error);
        } else {
            result = reco_cli_fail(run.name, "%s: %s", run.path, error.message);
        }
        free((char *) text.data);
    }

    reco_config_destroy(run.config);

    return result;
}
