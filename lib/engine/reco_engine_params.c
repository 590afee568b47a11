/*
 * Names and bounds of the knobs.
 */

#include "reco_engine_params.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PARAM_ROW(symbol, name, value, minimum, maximum, meaning)              \
    {name, value, minimum, maximum, meaning},

static const reco_engine_param_t params_table[] = {
    RECO_ENGINE_PARAM_TABLE(PARAM_ROW)};

static const char *const params_sources[RECO_ENGINE_SOURCE_COUNT] = {
    [RECO_ENGINE_SESSION] = "session",
    [RECO_ENGINE_NEXT] = "next",
    [RECO_ENGINE_FACTORS] = "factors",
    [RECO_ENGINE_VIEWED] = "viewed",
    [RECO_ENGINE_BOUGHT] = "bought",
    [RECO_ENGINE_CONTENT] = "content",
    [RECO_ENGINE_RETURN] = "return",
    [RECO_ENGINE_CATEGORY] = "category",
    [RECO_ENGINE_TRENDING] = "trending",
    [RECO_ENGINE_POPULAR] = "popular",
    [RECO_ENGINE_BACKFILL] = "backfill",
};


const char *
reco_engine_source_name(reco_engine_source_t source)
{
    if ((unsigned) source >= RECO_ENGINE_SOURCE_COUNT) {
        return "unknown";
    }

    return params_sources[source];
}


const char *
reco_engine_feature_name(unsigned feature)
{
    if (feature >= RECO_ENGINE_FEATURE_COUNT) {
        return NULL;
    }

    return params_table[RECO_ENGINE_WEIGHT_SESSION + feature].name
           + sizeof("weight.") - 1;
}


const reco_engine_param_t *
reco_engine_param(unsigned index)
{
    return index < RECO_ENGINE_PARAM_COUNT ? &params_table[index] : NULL;
}


void
reco_engine_params_init(reco_engine_params_t *params)
{
    unsigned i;

    memset(params, 0, sizeof(*params));

    for (i = 0; i < RECO_ENGINE_PARAM_COUNT; i++) {
        params->values[i] = params_table[i].value;
    }
}


static unsigned
params_find(reco_str_t key)
{
    unsigned i;

    for (i = 0; i < RECO_ENGINE_PARAM_COUNT; i++) {
        if (strlen(params_table[i].name) == key.len
            && memcmp(params_table[i].name, key.data, key.len) == 0)
        {
            break;
        }
    }

    return i;
}


reco_status_t
reco_engine_params_set(reco_engine_params_t *params, reco_str_t key,
    reco_str_t value, reco_error_t *error)
{
    char text[32], *end;
    float number;
    unsigned index;
    const reco_engine_param_t *param;

    index = params_find(key);

    if (index == RECO_ENGINE_PARAM_COUNT) {
        return reco_error_set(error, RECO_DECLINED,
            "the engine has no parameter \"%.*s\"",
            (int) (key.len < 100 ? key.len : 100), key.data);
    }

    param = &params_table[index];

    if (value.len == 0 || value.len >= sizeof(text)) {
        return reco_error_set(
            error, RECO_INVALID, "\"%s\" wants a number", param->name);
    }

    memcpy(text, value.data, value.len);
    text[value.len] = '\0';
    number = strtof(text, &end);

    /* Compared so that a NaN fails. */
    if (*end != '\0' || !(number >= param->minimum && number <= param->maximum))
    {
        return reco_error_set(error, RECO_INVALID,
            "\"%s\" wants a number from %g to %g, not \"%s\"", param->name,
            (double) param->minimum, (double) param->maximum, text);
    }

    params->values[index] = number;

    return RECO_OK;
}


reco_status_t
reco_engine_params_load(reco_engine_params_t *params,
    const reco_snapshot_t *snapshot, reco_error_t *error)
{
    unsigned i;
    reco_str_t key, value;
    reco_status_t status;

    for (i = 0; reco_snapshot_parameter(snapshot, i, &key, &value); i++) {
        status = reco_engine_params_set(params, key, value, error);

        if (status != RECO_OK && status != RECO_DECLINED) {
            return status;
        }
    }

    return RECO_OK;
}


reco_status_t
reco_engine_params_follow(reco_engine_params_t *params,
    const reco_snapshot_overlay_t *overlay, reco_error_t *error)
{
    unsigned i;
    reco_str_t key, value;
    reco_status_t status;

    for (i = 0; reco_snapshot_overlay_parameter(overlay, i, &key, &value); i++)
    {
        status = reco_engine_params_set(params, key, value, error);

        if (status != RECO_OK && status != RECO_DECLINED) {
            return status;
        }
    }

    return RECO_OK;
}
