#include "model/manifest.h"

#include <cjson/cJSON.h>

#include <stdio.h>
#include <string.h>

#define ENGINE_PREFIX "engine."


static int
add_trained(cJSON *root, const reco_history_t *history)
{
    uint32_t first, last;
    cJSON *trained;

    trained = cJSON_AddObjectToObject(root, "trained");
    if (trained == NULL) {
        return 0;
    }

    first = 0;
    last = 0;
    if (history->nevents > 0) {
        first = history->times[history->offsets[0]];
        last = history->times[history->offsets[history->nsessions] - 1];
    }

    return cJSON_AddNumberToObject(trained, "events", (double) history->nevents)
           && cJSON_AddNumberToObject(trained, "sessions", history->nsessions)
           && cJSON_AddNumberToObject(trained, "users", history->nusers)
           && cJSON_AddNumberToObject(trained, "items", history->nitems)
           && cJSON_AddNumberToObject(trained, "first", first)
           && cJSON_AddNumberToObject(trained, "last", last);
}


static int
add_seconds(cJSON *root, const reco_train_report_t *report)
{
    cJSON *seconds;

    seconds = cJSON_AddObjectToObject(root, "seconds");

    return seconds != NULL
           && cJSON_AddNumberToObject(seconds, "sessions", report->sessions)
           && cJSON_AddNumberToObject(seconds, "factors", report->factors)
           && cJSON_AddNumberToObject(seconds, "rules", report->rules)
           && cJSON_AddNumberToObject(seconds, "neighbors", report->neighbors)
           && cJSON_AddNumberToObject(seconds, "content", report->content)
           && cJSON_AddNumberToObject(seconds, "blend", report->blend);
}


/* Secrets and places stay out: a manifest is for everybody. */
static int
is_model_key(const char *key)
{
    static const char *const prefixes[] = {"weight.", "knn_", "rules_",
        "neighbors_", "view_", "buy_", "content_", "ials_", "popular_",
        "trend_", "dwell_", "history_half", "seed", "blend"};
    size_t i;

    for (i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
        if (strncmp(key, prefixes[i], strlen(prefixes[i])) == 0) {
            return 1;
        }
    }

    return 0;
}


/* Session kNN by itself, before and after its knobs were chosen. */
static int
add_knobs(cJSON *blend, const reco_knobs_t *knobs)
{
    cJSON *object;

    if (knobs->asked == 0) {
        return 1;
    }

    object = cJSON_AddObjectToObject(blend, "session");

    return object != NULL
           && cJSON_AddNumberToObject(object, "asked", knobs->asked)
           && cJSON_AddNumberToObject(object, "usual", knobs->usual)
           && cJSON_AddNumberToObject(object, "found", knobs->found);
}


static int
add_blend(cJSON *root, const reco_blend_t *blend)
{
    cJSON *object;

    if (blend == NULL || blend->cases == 0) {
        return 1;
    }

    object = cJSON_AddObjectToObject(root, "blend");

    return object != NULL
           && cJSON_AddBoolToObject(object, "learnt", blend->learnt)
           && cJSON_AddNumberToObject(object, "cases", blend->cases)
           && cJSON_AddNumberToObject(object, "checked", blend->checked)
           && cJSON_AddNumberToObject(object, "asked", blend->asked)
           && cJSON_AddStringToObject(object, "view", blend->view->name)
           && cJSON_AddNumberToObject(object, "shipped", blend->shipped)
           && cJSON_AddNumberToObject(object, "found", blend->found)
           && add_knobs(object, &blend->knobs);
}


static int
add_content_map(cJSON *root, const reco_train_report_t *report)
{
    cJSON *object;

    if (report->mapped == 0) {
        return 1;
    }

    object = cJSON_AddObjectToObject(root, "content_map");

    return object != NULL
           && cJSON_AddNumberToObject(object, "items", report->mapped)
           && cJSON_AddNumberToObject(object, "penalty", report->penalty)
           && cJSON_AddNumberToObject(object, "explained", report->explained);
}


static int
add_settings(cJSON *engine, const reco_knobs_t *knobs)
{
    unsigned i;

    for (i = 0; i < knobs->count; i++) {
        if (cJSON_AddStringToObject(
                engine, knobs->settings[i][0], knobs->settings[i][1])
            == NULL)
        {
            return 0;
        }
    }

    return 1;
}


/* The view and learnt weights, these short enough to read. */
static int
add_weights(cJSON *engine, const reco_blend_t *blend)
{
    char name[64], value[32];
    unsigned j;

    for (j = 0; blend->view->settings[j][0] != NULL; j++) {
        if (cJSON_AddStringToObject(engine, blend->view->settings[j][0],
                blend->view->settings[j][1])
            == NULL)
        {
            return 0;
        }
    }

    for (j = 0; reco_engine_feature_name(j) != NULL; j++) {
        snprintf(name, sizeof(name), "weight.%s", reco_engine_feature_name(j));
        snprintf(value, sizeof(value), "%.5g", blend->weights[j]);
        if (cJSON_AddStringToObject(engine, name, value) == NULL) {
            return 0;
        }
    }

    return 1;
}


static int
add_params(cJSON *root, const reco_config_t *config, const reco_blend_t *blend)
{
    reco_config_entry_t entry;
    cJSON *params, *engine;
    const char *name;
    size_t i;
    int done;

    params = cJSON_AddObjectToObject(root, "params");
    engine = cJSON_AddObjectToObject(root, "engine");
    done = params != NULL && engine != NULL
           && (blend == NULL || add_settings(engine, &blend->knobs))
           && (blend == NULL || !blend->learnt || add_weights(engine, blend));

    for (i = 0; done && reco_config_at(config, i, &entry); i++) {
        if (strncmp(entry.key, ENGINE_PREFIX, strlen(ENGINE_PREFIX)) == 0) {
            name = entry.key + strlen(ENGINE_PREFIX);
            cJSON_DeleteItemFromObjectCaseSensitive(engine, name);
            done = cJSON_AddStringToObject(engine, name, entry.value) != NULL;
        } else if (is_model_key(entry.key)) {
            done =
                cJSON_AddStringToObject(params, entry.key, entry.value) != NULL;
        }
    }

    return done;
}


char *
reco_manifest_print(const reco_history_t *history, const reco_config_t *config,
    const reco_blend_t *blend, const reco_train_report_t *report)
{
    cJSON *root;
    char *text;

    root = cJSON_CreateObject();
    text = NULL;

    if (root != NULL && add_trained(root, history) && add_seconds(root, report)
        && add_content_map(root, report) && add_blend(root, blend)
        && add_params(root, config, blend))
    {
        text = cJSON_PrintUnformatted(root);
    }

    cJSON_Delete(root);

    return text;
}
