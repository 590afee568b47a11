#include "cli.h"
#include "factors_file.h"
#include "live.h"
#include "manifest.h"
#include "model/ials.h"
#include "place.h"
#include "revised.h"
#include "snapshot/reco_snapshot_view.h"
#include "visitor_vectors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define QUERIES 256


typedef struct {
    const char *name;
    reco_config_t *config;
    const char *version;
    const char *items;
    const char *ids;
    const char *users;
    const char *user_ids;
    int mean; /* fold in by a mean of vectors as they are */
    int promote;
    reco_live_t live;
    reco_factors_file_t factors;
    reco_factors_file_t visitors;
    reco_store_t *store; /* NULL: no visitor gets a vector */
    reco_visitor_rows_t rows;
    float *queries;
    uint32_t nqueries;
} run_t;

static const struct option table[] = {RECO_PLACE_OPTIONS,
    {"items", required_argument, NULL, 'i'},
    {"ids", required_argument, NULL, 'I'},
    {"users", required_argument, NULL, 'u'},
    {"user-ids", required_argument, NULL, 'U'},
    {"fold-in", required_argument, NULL, 'f'},
    {"version", required_argument, NULL, 'V'},
    {"promote", no_argument, NULL, 'p'}, {NULL, 0, NULL, 0}};


static int
take_option(void *data, int option, const char *value)
{
    run_t *run = data;

    switch (option) {
    case 'i':
        run->items = value;
        return RECO_CLI_OK;
    case 'I':
        run->ids = value;
        return RECO_CLI_OK;
    case 'u':
        run->users = value;
        return RECO_CLI_OK;
    case 'U':
        run->user_ids = value;
        return RECO_CLI_OK;
    case 'f':
        run->mean = strcmp(value, "mean") == 0;
        return run->mean || strcmp(value, "ials") == 0
                   ? RECO_CLI_OK
                   : reco_cli_misuse(run->name, "--fold-in is ials or mean");
    case 'V':
        run->version = value;
        return RECO_CLI_OK;
    case 'p':
        run->promote = 1;
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
    if (run->items == NULL || run->ids == NULL) {
        return reco_cli_misuse(
            run->name, "--items with vectors, and --ids that name their rows");
    }

    if (run->user_ids != NULL && run->users == NULL) {
        return reco_cli_misuse(
            run->name, "--user-ids names the rows of --users");
    }

    return RECO_CLI_OK;
}


static int
read_file(
    run_t *run, reco_factors_file_t *factors, const char *path, const char *ids)
{
    reco_error_t error = {0};

    reco_status_t status;

    status =
        reco_factors_file_read(factors, path, ids, run->live.snapshot, &error);
    if (status == RECO_OK) {
        return RECO_CLI_OK;
    }

    /* A file that cannot be read is named already. */
    return error.line != 0 || status == RECO_IO
               ? reco_cli_fail_at(run->name, ids, &error)
               : reco_cli_fail(run->name, "%s: %s", path, error.message);
}


/* Whose the rows of --users are. */
static int
read_visitors(run_t *run)
{
    reco_error_t error = {0};
    int result;

    if (run->user_ids == NULL) {
        return RECO_CLI_OK;
    }

    result = reco_place_open(
        run->name, run->config, RECO_STORE_EXISTING, &run->store);
    if (result != RECO_CLI_OK) {
        return result;
    }

    if (reco_visitor_rows_read(
            &run->rows, run->user_ids, run->visitors.nrows, run->store, &error)
        != RECO_OK)
    {
        return error.line != 0
                   ? reco_cli_fail_at(run->name, run->user_ids, &error)
                   : reco_cli_fail(
                       run->name, "%s: %s", run->user_ids, error.message);
    }

    if (run->rows.nunknown == run->rows.nrows) {
        return reco_cli_fail(run->name,
            "%s: the store knows none of these visitors", run->user_ids);
    }

    return RECO_CLI_OK;
}


/* The version's visitors get their vectors, which nothing uses before it is
   live. */
static int
save_visitors(run_t *run, const reco_version_id_t *id)
{
    reco_error_t error = {0};
    reco_live_t made;
    int result;

    if (run->store == NULL) {
        return RECO_CLI_OK;
    }

    result = reco_live_open(&made, run->name, run->config, id->id);
    if (result == RECO_CLI_OK
        && reco_visitor_vectors_save(run->store, &run->rows,
               run->visitors.vectors, run->visitors.dimensions,
               reco_snapshot_identity(made.snapshot), &error)
               != RECO_OK)
    {
        result = reco_cli_fail(run->name, "%s", error.message);
    }
    reco_live_close(&made);

    return result;
}


static int
read_files(run_t *run)
{
    int result;

    result = read_file(run, &run->factors, run->items, run->ids);
    if (result != RECO_CLI_OK) {
        return result;
    }

    if (run->factors.nplaced == 0) {
        return reco_cli_fail(run->name,
            "%s: none of these ids is an item of version %s", run->ids,
            run->live.id.id);
    }

    if (run->users == NULL) {
        return RECO_CLI_OK;
    }

    result = read_file(run, &run->visitors, run->users, NULL);
    if (result == RECO_CLI_OK
        && run->visitors.dimensions != run->factors.dimensions)
    {
        return reco_cli_fail(run->name,
            "%s: vectors of %u dimensions, and the items' have %u", run->users,
            run->visitors.dimensions, run->factors.dimensions);
    }

    return result == RECO_CLI_OK ? read_visitors(run) : result;
}


/*
 * Into the space where the engine's way of folding in is that of implicit
 * ALS; products of users and items stay the same.
 */
static int
whiten(run_t *run)
{
    reco_ials_params_t params;
    reco_error_t error = {0};
    reco_status_t status;
    cJSON *manifest;
    reco_str_t text;
    double count;

    text = reco_snapshot_manifest(run->live.snapshot);
    manifest = cJSON_ParseWithLength(text.data, text.len);
    count = reco_cli_manifest_number(manifest, "trained.events", 0)
            / (reco_cli_manifest_number(manifest, "trained.users", 0) + 1);
    cJSON_Delete(manifest);

    reco_ials_params_read(&params, run->config);
    params.dimensions = run->factors.dimensions;
    status = reco_ials_whiten(run->factors.vectors,
        (uint32_t) run->factors.nrows, count, &params, run->visitors.vectors,
        (uint32_t) run->visitors.nrows, &error);

    return status == RECO_OK ? RECO_CLI_OK
                             : reco_cli_fail(run->name, "%s", error.message);
}


/* Sums of the vectors of sessions' items; fewer where they have none. */
static void
sum_sessions(run_t *run)
{
    const reco_snapshot_postings_t *sessions;
    uint32_t i, j, session, item;
    reco_snapshot_row_t row;
    const float *vector;
    float *query;
    int any;

    sessions = &reco_snapshot_view(run->live.snapshot)->sessions;

    for (i = 0; i < QUERIES && i < sessions->nsessions; i++) {
        session = (uint32_t) ((uint64_t) i * sessions->nsessions / QUERIES);
        row = reco_snapshot_row(sessions->session_offsets, sessions->nsessions,
            sessions->nevents, sessions->nsessions < QUERIES ? i : session);
        query = run->queries + (size_t) run->nqueries * run->factors.dimensions;
        any = 0;

        while (row.count-- > 0) {
            item = sessions->items[row.first++];
            if (item >= run->factors.nrows) {
                continue;
            }
            vector =
                run->factors.vectors + (size_t) item * run->factors.dimensions;
            for (j = 0; j < run->factors.dimensions; j++) {
                query[j] += vector[j];
                any |= query[j] != 0;
            }
        }

        run->nqueries += any != 0;
    }
}


/* What the index is tuned on: users, or else sessions. */
static int
sample_queries(run_t *run)
{
    size_t dimensions = run->factors.dimensions;
    uint64_t i, row;

    run->queries = calloc((QUERIES + 1) * dimensions, sizeof(float));
    if (run->queries == NULL) {
        return reco_cli_fail(run->name, "out of memory");
    }

    if (run->visitors.nrows == 0) {
        sum_sessions(run);
        return RECO_CLI_OK;
    }

    for (i = 0; i < QUERIES && i < run->visitors.nrows; i++) {
        row = run->visitors.nrows < QUERIES ? i
                                            : i * run->visitors.nrows / QUERIES;
        memcpy(run->queries + i * dimensions,
            run->visitors.vectors + row * dimensions,
            dimensions * sizeof(float));
        run->nqueries++;
    }

    return RECO_CLI_OK;
}


/* How the engine folds in: steps of conjugate gradients, and confidence. */
static int
add_fold_in(cJSON *engine, const run_t *run)
{
    const reco_engine_param_t *param;
    char text[32];
    unsigned i;

    if (run->mean) {
        return cJSON_AddStringToObject(engine, "factors.steps", "0") != NULL;
    }

    for (i = 0; (param = reco_engine_param(i)) != NULL; i++) {
        if (strcmp(param->name, "factors.steps") == 0) {
            snprintf(text, sizeof(text), "%g", (double) param->value);
            if (cJSON_AddStringToObject(engine, param->name, text) == NULL) {
                return 0;
            }
        }
    }

    snprintf(text, sizeof(text), "%g",
        reco_config_number(run->config, "ials_alpha"));

    return cJSON_AddStringToObject(engine, "factors.confidence", text) != NULL;
}


static int
import(run_t *run)
{
    reco_revision_t revision = {.from = run->items,
        .dimensions = run->factors.dimensions,
        .factors = run->factors.vectors,
        .queries = run->queries,
        .nqueries = run->nqueries};
    reco_version_id_t id;
    int result;

    revision.engine = cJSON_CreateObject();
    if (revision.engine == NULL || !add_fold_in(revision.engine, run)) {
        cJSON_Delete(revision.engine);
        return reco_cli_fail(run->name, "out of memory");
    }

    printf("vectors of %u dimensions for %llu of %llu items; %llu ids are "
           "unknown\n",
        run->factors.dimensions, (unsigned long long) run->factors.nplaced,
        (unsigned long long) run->factors.nrows,
        (unsigned long long) run->factors.nunknown);

    if (run->store != NULL) {
        printf("and for %llu of %llu visitors\n",
            (unsigned long long) (run->rows.nrows - run->rows.nunknown),
            (unsigned long long) run->rows.nrows);
    }

    result = reco_revised_add(
        run->name, run->config, run->live.id.id, &revision, &id);
    cJSON_Delete(revision.engine);

    if (result == RECO_CLI_OK) {
        result = save_visitors(run, &id);
    }

    return result == RECO_CLI_OK
               ? reco_revised_end(run->name, run->config, &id, run->promote)
               : result;
}


int
reco_cli_import_factors(int argc, char **argv)
{
    run_t run = {.name = argv[0]};
    int result;

    result = take_options(&run, argc, argv);

    if (result == RECO_CLI_OK) {
        result = reco_live_open(&run.live, run.name, run.config, run.version);
    }
    if (result == RECO_CLI_OK) {
        result = read_files(&run);
    }
    if (result == RECO_CLI_OK && !run.mean) {
        result = whiten(&run);
    }
    if (result == RECO_CLI_OK) {
        result = sample_queries(&run);
    }
    if (result == RECO_CLI_OK) {
        result = import(&run);
    }

    reco_factors_file_done(&run.factors);
    reco_factors_file_done(&run.visitors);
    reco_visitor_rows_done(&run.rows);
    reco_store_close(run.store);
    free(run.queries);
    reco_live_close(&run.live);
    reco_config_destroy(run.config);

    return result;
}
