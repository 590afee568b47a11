#include "cli.h"
#include "explanation.h"
#include "place.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK 8


typedef struct {
    const char *name;
    reco_config_t *config;
    const char *visitor;
    const char *session;
    const char *item;
    const char *version;
    uint64_t n;
    int repeat;
    int json;
    reco_live_t live;
    reco_visit_t visit;
} run_t;

static const struct option table[] = {RECO_PLACE_OPTIONS,
    {"visitor", required_argument, NULL, 'v'},
    {"session", required_argument, NULL, 'i'},
    {"item", required_argument, NULL, 'I'},
    {"version", required_argument, NULL, 'V'},
    {"n", required_argument, NULL, 'n'}, {"repeat", no_argument, NULL, 'r'},
    {"json", no_argument, NULL, 'j'}, {NULL, 0, NULL, 0}};


static int
take_option(void *data, int option, const char *value)
{
    run_t *run = data;

    switch (option) {
    case 'v':
        run->visitor = value;
        return RECO_CLI_OK;
    case 'i':
        run->session = value;
        return RECO_CLI_OK;
    case 'I':
        run->item = value;
        return RECO_CLI_OK;
    case 'V':
        run->version = value;
        return RECO_CLI_OK;
    case 'n':
        return reco_options_count(
            run->name, "n", value, 1, RECO_ENGINE_RESULT_MAX, &run->n);
    case 'r':
        run->repeat = 1;
        return RECO_CLI_OK;
    case 'j':
        run->json = 1;
        return RECO_CLI_OK;
    default:
        return reco_place_option(run->name, option, value, run->config);
    }
}


static const reco_options_t options = {
    RECO_OPTIONS_LETTERS, table, take_option, 0};


static int
take_options(run_t *run, int argc, char **argv)
{
    int result;

    result = reco_place_read(argc, argv, &options, run, &run->config);
    if (result != RECO_CLI_OK) {
        return result;
    }
    if ((run->visitor == NULL) == (run->session == NULL)) {
        return reco_cli_misuse(run->name, "either --visitor or --session");
    }
    if (run->item == NULL) {
        return reco_cli_misuse(run->name, "which --item?");
    }

    return RECO_CLI_OK;
}


static int
make_visit(run_t *run)
{
    reco_error_t error = {0};
    reco_status_t status;
    reco_store_t *store;
    int result;

    if (run->session != NULL) {
        status = reco_visit_spell(
            &run->visit, run->live.model, run->session, &error);
    } else {
        result = reco_place_open(
            run->name, run->config, RECO_STORE_EXISTING, &store);
        if (result != RECO_CLI_OK) {
            return result;
        }
        status = reco_visit_recall(&run->visit, store,
            (reco_str_t){strlen(run->visitor), run->visitor},
            reco_config_integer(run->config, "session_gap"), &error);
        if (status == RECO_OK) {
            status = reco_visit_taste(&run->visit, store,
                (reco_str_t){strlen(run->visitor), run->visitor},
                run->live.snapshot, &error);
        }
        reco_store_close(store);
    }

    if (status != RECO_OK) {
        return reco_cli_fail(run->name, "%s", error.message);
    }

    run->visit.query.n = (unsigned) run->n;
    run->visit.query.repeat = run->repeat;

    return RECO_CLI_OK;
}


static int
explain(run_t *run)
{
    cJSON *explanation;
    uint32_t item;
    char *json;

    item = reco_engine_find(run->live.model,
        reco_item_key((reco_str_t){strlen(run->item), run->item}));
    if (item == RECO_ITEM_NONE) {
        return reco_cli_fail(run->name, "version %s knows no item \"%s\"",
            run->live.id.id, run->item);
    }

    explanation = reco_explanation_create(&run->live, &run->visit, item);
    json = run->json && explanation != NULL
               ? cJSON_PrintUnformatted(explanation)
               : NULL;
    if (explanation == NULL || (run->json && json == NULL)) {
        cJSON_Delete(explanation);
        return reco_cli_fail(run->name, "out of memory");
    }

    if (run->json) {
        reco_cli_print_json(json);
    } else {
        reco_explanation_print(explanation);
    }

    free(json);
    cJSON_Delete(explanation);

    return RECO_CLI_OK;
}


int
reco_cli_explain(int argc, char **argv)
{
    run_t *run;
    int result;

    run = calloc(1, sizeof(*run));
    if (run == NULL) {
        return reco_cli_fail(argv[0], "out of memory");
    }

    run->name = argv[0];
    run->n = BLOCK;
    result = take_options(run, argc, argv);

    if (result == RECO_CLI_OK) {
        result =
            reco_live_open(&run->live, run->name, run->config, run->version);
    }
    if (result == RECO_CLI_OK) {
        result = make_visit(run);
    }
    if (result == RECO_CLI_OK) {
        result = explain(run);
    }

    reco_visit_done(&run->visit);
    reco_live_close(&run->live);
    reco_config_destroy(run->config);
    free(run);

    return result;
}
