#include "prequential.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STEP       2.0f /* between weights that are tried */
#define WEIGHT_MAX 16.0f
#define WEIGHT_MIN 0.0625f


struct reco_prequential_s {
    reco_prequential_figures_t figures;
    double fading; /* of a case by the next one */
    reco_engine_model_t *base;
    reco_engine_model_t *overlay;
    reco_engine_model_t *rivals[RECO_PREQUENTIAL_RIVALS];
    reco_engine_scratch_t *scratch;
    reco_engine_result_t result;
};


reco_status_t
reco_prequential_create(const reco_config_t *config,
    reco_prequential_t **prequential, reco_error_t *error)
{
    reco_prequential_t *created;

    created = calloc(1, sizeof(*created));
    if (created == NULL) {
        return reco_error_set(error, RECO_NOMEM, "out of memory");
    }

    created->fading =
        exp2(-1 / reco_config_number(config, "prequential_halflife"));
    *prequential = created;

    return RECO_OK;
}


static void
close_overlay(reco_prequential_t *prequential)
{
    int i;

    reco_engine_model_close(prequential->overlay);
    prequential->overlay = NULL;

    for (i = 0; i < RECO_PREQUENTIAL_RIVALS; i++) {
        reco_engine_model_close(prequential->rivals[i]);
        prequential->rivals[i] = NULL;
    }
}


void
reco_prequential_destroy(reco_prequential_t *prequential)
{
    if (prequential == NULL) {
        return;
    }

    close_overlay(prequential);
    reco_engine_model_close(prequential->base);
    reco_engine_scratch_destroy(prequential->scratch);
    free(prequential);
}


reco_prequential_figures_t *
reco_prequential_figures(reco_prequential_t *prequential)
{
    return &prequential->figures;
}


reco_prequential_setting_t
reco_prequential_rival(
    const reco_prequential_setting_t *setting, reco_prequential_rival_t rival)
{
    reco_prequential_setting_t other;

    other = *setting;

    switch (rival) {
    case RECO_PREQUENTIAL_HEAVIER:
        other.weight = fminf(WEIGHT_MAX, other.weight * STEP);
        break;
    case RECO_PREQUENTIAL_LIGHTER:
        other.weight = fmaxf(WEIGHT_MIN, other.weight / STEP);
        break;
    default:
        other.vectors = !other.vectors;
        break;
    }

    return other;
}


static void
set_parameter(reco_engine_params_t *params, const char *name, double value)
{
    char text[32];
    int len;

    len = snprintf(text, sizeof(text), "%.6g", value);
    (void) reco_engine_params_set(params, (reco_str_t){strlen(name), name},
        (reco_str_t){(size_t) len, text}, NULL);
}


static reco_status_t
open_model(reco_snapshot_t *base, reco_snapshot_overlay_t *overlay,
    const reco_prequential_setting_t *setting, reco_engine_model_t **model,
    reco_error_t *error)
{
    reco_engine_params_t params;
    reco_status_t status;

    reco_engine_params_init(&params);
    status = reco_engine_params_load(&params, base, error);
    if (status == RECO_OK) {
        status = reco_engine_params_follow(&params, overlay, error);
    }

    /* The file may say that it is not to be used. */
    set_parameter(&params, "overlay.weight", (double) setting->weight);
    set_parameter(&params, "overlay.vectors", setting->vectors);

    return status == RECO_OK
               ? reco_engine_model_open(base, overlay, &params, model, error)
               : status;
}


static reco_status_t
open_overlay(reco_prequential_t *prequential, reco_snapshot_t *base,
    reco_snapshot_overlay_t *overlay, const reco_prequential_setting_t *setting,
    reco_error_t *error)
{
    reco_prequential_setting_t rival;
    reco_status_t status;
    int i;

    status = open_model(base, overlay, setting, &prequential->overlay, error);

    for (i = 0; status == RECO_OK && i < RECO_PREQUENTIAL_RIVALS; i++) {
        rival = reco_prequential_rival(setting, (reco_prequential_rival_t) i);
        status =
            open_model(base, overlay, &rival, &prequential->rivals[i], error);
    }

    return status;
}


reco_status_t
reco_prequential_set(reco_prequential_t *prequential, reco_snapshot_t *base,
    reco_snapshot_overlay_t *overlay, const reco_prequential_setting_t *setting,
    reco_error_t *error)
{
    reco_engine_model_t *model;
    reco_status_t status;

    status = reco_engine_model_open(base, NULL, NULL, &model, error);
    if (status != RECO_OK) {
        return status;
    }

    close_overlay(prequential);
    reco_engine_model_close(prequential->base);
    prequential->base = model;

    if (overlay != NULL) {
        status = open_overlay(prequential, base, overlay, setting, error);
    }

    if (status == RECO_OK && prequential->scratch == NULL) {
        status = reco_engine_scratch_create(
            prequential->base, &prequential->scratch);
    }

    return status == RECO_NOMEM
               ? reco_error_set(error, status, "out of memory for a model")
               : status;
}


const reco_engine_model_t *
reco_prequential_model(const reco_prequential_t *prequential)
{
    return prequential->overlay != NULL ? prequential->overlay
                                        : prequential->base;
}


reco_engine_scratch_t *
reco_prequential_scratch(const reco_prequential_t *prequential)
{
    return prequential->scratch;
}


/* 1 / rank of the item in what the model recommends; 0: not there. */
static double
ask(reco_prequential_t *prequential, const reco_engine_model_t *model,
    const reco_engine_query_t *query, uint32_t item)
{
    const reco_engine_result_t *result = &prequential->result;
    unsigned i;

    if (reco_engine_recommend(
            model, query, prequential->scratch, &prequential->result)
        != RECO_OK)
    {
        return 0;
    }

    for (i = 0; i < result->nhits; i++) {
        if (result->hits[i].item == item) {
            return 1.0 / (i + 1);
        }
    }

    return 0;
}


static void
add(const reco_prequential_t *prequential, reco_prequential_sum_t *sum,
    double value)
{
    double fading = prequential->fading;

    sum->weight = sum->weight * fading + 1;
    sum->weight2 = sum->weight2 * fading * fading + 1;
    sum->sum = sum->sum * fading + value;
    sum->square = sum->square * fading + value * value;
    sum->hits = sum->hits * fading + (value > 0);
}


static void
ask_source(reco_prequential_t *prequential, const reco_engine_model_t *model,
    const reco_engine_query_t *query, uint32_t item)
{
    reco_engine_query_t single;
    unsigned source;

    source = prequential->figures.cases % RECO_ENGINE_SOURCE_COUNT;
    single = *query;
    single.sources = 1u << source;
    add(prequential, &prequential->figures.sources[source],
        ask(prequential, model, &single, item));
}


void
reco_prequential_case(reco_prequential_t *prequential,
    const reco_engine_query_t *query, uint32_t item)
{
    reco_prequential_figures_t *figures = &prequential->figures;
    double alone, both;
    unsigned rival;

    if (prequential->base == NULL) {
        return;
    }

    alone = ask(prequential, prequential->base, query, item);
    add(prequential, &figures->base, alone);

    if (prequential->overlay != NULL) {
        both = ask(prequential, prequential->overlay, query, item);
        add(prequential, &figures->overlay, both);
        add(prequential, &figures->difference, both - alone);

        rival = figures->cases % RECO_PREQUENTIAL_RIVALS;
        add(prequential, &figures->rivals[rival],
            ask(prequential, prequential->rivals[rival], query, item) - both);
    }

    ask_source(prequential, reco_prequential_model(prequential), query, item);
    figures->cases++;
}


reco_prequential_mean_t
reco_prequential_mean(const reco_prequential_sum_t *sum, double z)
{
    reco_prequential_mean_t mean = {0, 0, 0, -1, 1};
    double variance, error;

    if (!(sum->weight > 0)) {
        return mean;
    }

    mean.mean = sum->sum / sum->weight;
    mean.hits = sum->hits / sum->weight;
    mean.cases = sum->weight * sum->weight / sum->weight2;

    if (mean.cases > 1) {
        variance = sum->square / sum->weight - mean.mean * mean.mean;
        error = z * sqrt((variance > 0 ? variance : 0) / (mean.cases - 1));
        mean.low = mean.mean - error;
        mean.high = mean.mean + error;
    }

    return mean;
}
