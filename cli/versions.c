#include "cli.h"
#include "manifest.h"
#include "place.h"
#include "snapshot/reco_snapshot.h"
#include "store_rates.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>


typedef struct {
    const char *name;
    reco_config_t *config;
    reco_registry_t *registry;
    reco_version_id_t live;   /* "" none */
    reco_version_id_t pinned; /* "" none */
    reco_store_t *store;      /* NULL: none yet */
    int verify;
    cJSON *json; /* an array; NULL: a table is printed */
    unsigned corrupt;
} run_t;

static const struct option table[] = {RECO_PLACE_OPTIONS,
    {"verify", no_argument, NULL, 'v'}, {"json", no_argument, NULL, 'j'},
    {NULL, 0, NULL, 0}};


static double
size_of(const cJSON *manifest)
{
    const cJSON *file;
    double size;

    size = 0;
    cJSON_ArrayForEach(
        file, cJSON_GetObjectItemCaseSensitive(manifest, "files"))
    {
        size += reco_cli_manifest_number(file, "size", 0);
    }

    return size;
}


/* The trainer may remove old versions while they are listed. */
static int
is_gone(const run_t *run, const reco_version_id_t *id)
{
    char path[PATH_MAX];

    return reco_registry_path(run->registry, id, path, NULL) == RECO_OK
           && access(path, F_OK) != 0;
}


/* Reads every byte; says what is wrong.  1: nothing. */
static int
verify(run_t *run, const reco_version_id_t *id)
{
    reco_error_t error = {0};
    reco_snapshot_t *snapshot;
    reco_status_t status;
    char path[PATH_MAX];

    status = reco_registry_path(run->registry, id, path, &error);
    if (status == RECO_OK) {
        status = reco_snapshot_open(path, 1, &snapshot, &error);
    }

    if (status == RECO_OK) {
        reco_snapshot_release(snapshot);
        return 1;
    }

    if (is_gone(run, id)) {
        return 1;
    }

    run->corrupt++;
    reco_cli_fail(run->name, "version %s: %s", id->id, error.message);

    return 0;
}


static const char *
state_of(const run_t *run, const reco_version_id_t *id)
{
    return strcmp(id->id, run->pinned.id) == 0          ? "pinned"
           : strcmp(id->id, run->live.id) == 0          ? "live"
           : reco_registry_retreated(run->registry, id) ? "left"
                                                        : "";
}


/* Zeros where there is no store. */
static reco_store_rate_t
rate_of(const run_t *run, const reco_version_id_t *id)
{
    reco_store_rate_t rate = {0, 0};

    if (run->store == NULL
        || reco_store_rate(run->store, id->id, &rate, NULL) != RECO_OK)
    {
        memset(&rate, 0, sizeof(rate));
    }

    return rate;
}


static void
print_version(const run_t *run, const reco_version_id_t *id)
{
    const char *verdict;
    reco_store_rate_t rate;
    char created[24], clicks[16];
    cJSON *manifest;

    manifest = reco_cli_manifest(run->name, run->registry, id);
    if (manifest == NULL) {
        return;
    }

    verdict = reco_cli_manifest_text(manifest, "gate.verdict");
    reco_cli_manifest_time(
        reco_cli_manifest_number(manifest, "created", 0), created);

    strcpy(clicks, "-");
    rate = rate_of(run, id);
    if (rate.shown > 0) {
        snprintf(clicks, sizeof(clicks), "%.2f %%",
            100 * (double) rate.clicked / (double) rate.shown);
    }

    printf("%-8s %-7s %-19s %10.0f %9.0f %8.0f %8.1f MB %8s  %s\n", id->id,
        state_of(run, id), created,
        reco_cli_manifest_number(manifest, "trained.events", 0),
        reco_cli_manifest_number(manifest, "trained.sessions", 0),
        reco_cli_manifest_number(manifest, "trained.items", 0),
        size_of(manifest) / 1e6, clicks, verdict[0] != '\0' ? verdict : "-");

    cJSON_Delete(manifest);
}


/* whole: what verify() found; -1: it was not asked for. */
static int
add_version(run_t *run, const reco_version_id_t *id, int whole)
{
    reco_store_rate_t rate;
    cJSON *manifest, *version;
    const cJSON *trained;
    int done;

    version = cJSON_CreateObject();
    if (version == NULL || !cJSON_AddItemToArray(run->json, version)) {
        cJSON_Delete(version);
        return 0;
    }

    manifest = reco_cli_manifest(run->name, run->registry, id);
    rate = rate_of(run, id);
    trained = cJSON_GetObjectItemCaseSensitive(manifest, "trained");
    done = cJSON_AddStringToObject(version, "version", id->id)
           && cJSON_AddStringToObject(version, "state", state_of(run, id))
           && cJSON_AddNumberToObject(version, "created",
               reco_cli_manifest_number(manifest, "created", 0))
           && cJSON_AddStringToObject(
               version, "parent", reco_cli_manifest_text(manifest, "parent"))
           && cJSON_AddNumberToObject(version, "size", size_of(manifest))
           && cJSON_AddNumberToObject(version, "shown", (double) rate.shown)
           && cJSON_AddNumberToObject(version, "clicked", (double) rate.clicked)
           && cJSON_AddStringToObject(version, "gate",
               reco_cli_manifest_text(manifest, "gate.verdict"))
           && (whole < 0 || cJSON_AddBoolToObject(version, "whole", whole))
           && (trained == NULL
               || cJSON_AddItemToObject(
                   version, "trained", cJSON_Duplicate(trained, 1)));
    cJSON_Delete(manifest);

    return done;
}


static int
list_json(run_t *run, const reco_version_id_t *ids, size_t nids)
{
    char *text;
    size_t i;
    int done;

    done = 1;
    for (i = 0; done && i < nids; i++) {
        done = is_gone(run, &ids[i])
               || add_version(
                   run, &ids[i], run->verify ? verify(run, &ids[i]) : -1);
    }

    text = done ? cJSON_PrintUnformatted(run->json) : NULL;
    if (text == NULL) {
        return reco_cli_fail(run->name, "out of memory");
    }

    reco_cli_print_json(text);
    free(text);

    return run->corrupt == 0 ? RECO_CLI_OK : RECO_CLI_FAILED;
}


static int
list_table(run_t *run, const reco_version_id_t *ids, size_t nids)
{
    size_t i;

    printf("%-8s %-7s %-19s %10s %9s %8s %11s %8s  %s\n", "version", "state",
        "created (UTC)", "events", "sessions", "items", "size", "clicked",
        "gate");

    for (i = 0; i < nids; i++) {
        if (is_gone(run, &ids[i])) {
            continue;
        }
        print_version(run, &ids[i]);
        if (run->verify) {
            verify(run, &ids[i]);
        }
    }

    return run->corrupt == 0 ? RECO_CLI_OK : RECO_CLI_FAILED;
}


static int
list(run_t *run)
{
    reco_error_t error = {0};
    reco_version_id_t *ids;
    size_t nids;
    int result;

    if (reco_registry_list(run->registry, &ids, &nids, &error) != RECO_OK) {
        return reco_cli_fail(run->name, "%s", error.message);
    }

    if (reco_registry_live(run->registry, &run->live, NULL) != RECO_OK) {
        run->live.id[0] = '\0';
    }
    if (reco_registry_pinned(run->registry, &run->pinned, NULL) != RECO_OK) {
        run->pinned.id[0] = '\0';
    }

    result = run->json != NULL ? list_json(run, ids, nids)
                               : list_table(run, ids, nids);
    free(ids);

    return result;
}


static int
take_option(void *data, int option, const char *value)
{
    run_t *run = data;

    switch (option) {
    case 'v':
        run->verify = 1;
        return RECO_CLI_OK;
    case 'j':
        cJSON_Delete(run->json);
        run->json = cJSON_CreateArray();
        return run->json != NULL ? RECO_CLI_OK
                                 : reco_cli_fail(run->name, "out of memory");
    default:
        return reco_place_option(run->name, option, value, run->config);
    }
}


static const reco_options_t options = {
    RECO_OPTIONS_LETTERS, table, take_option, 0};


int
reco_cli_versions(int argc, char **argv)
{
    run_t run = {.name = argv[0]};
    int result;

    result = reco_place_read(argc, argv, &options, &run, &run.config);
    if (result == RECO_CLI_OK) {
        result = reco_place_registry(run.name, run.config, &run.registry);
    }
    if (result == RECO_CLI_OK) {
        /* Without one there is nothing to tell of clicks. */
        if (reco_store_open(reco_config_string(run.config, "state"),
                RECO_STORE_EXISTING, 0, &run.store, NULL)
            != RECO_OK)
        {
            run.store = NULL;
        }
        result = list(&run);
    }

    cJSON_Delete(run.json);
    reco_store_close(run.store);
    reco_registry_close(run.registry);
    reco_config_destroy(run.config);

    return result;
}
