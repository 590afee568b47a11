#include "selection.h"

#include <cjson/cJSON.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONFIDENT   2.576 /* standard errors of a 99 % interval */
#define REPORTED    1.960 /* of 95 % */
#define CASES_MIN   300   /* since the last change, and of the difference */
#define LAG_HALF_MS 600000.0
#define STALE_BELOW 0.5
#define FRESH_ABOVE 0.8


void
reco_selection_init(reco_selection_t *selection)
{
    memset(selection, 0, sizeof(*selection));

    selection->setting.weight = 1;
    selection->setting.vectors = 1;
    selection->use = 1;
    selection->freshness = 1;
}


static void
note_change(
    reco_selection_t *selection, const reco_prequential_figures_t *figures)
{
    selection->cases = figures->cases;
    selection->changes++;
}


/* What was found out about other settings was found against this one. */
static void
take_setting(reco_selection_t *selection, reco_prequential_figures_t *figures,
    const reco_prequential_setting_t *setting)
{
    selection->setting = *setting;
    memset(figures->rivals, 0, sizeof(figures->rivals));
    memset(&figures->base, 0, sizeof(figures->base));
    memset(&figures->overlay, 0, sizeof(figures->overlay));
    memset(&figures->difference, 0, sizeof(figures->difference));
    note_change(selection, figures);
}


static int
choose_use(reco_selection_t *selection, reco_prequential_figures_t *figures)
{
    reco_prequential_mean_t difference;

    difference = reco_prequential_mean(&figures->difference, CONFIDENT);
    if (difference.cases < CASES_MIN) {
        return 0;
    }

    if ((selection->use && difference.high < 0)
        || (!selection->use && difference.low > 0))
    {
        selection->use = !selection->use;
        note_change(selection, figures);
        return 1;
    }

    return 0;
}


static int
choose_setting(reco_selection_t *selection, reco_prequential_figures_t *figures)
{
    reco_prequential_setting_t setting;
    reco_prequential_mean_t gain;
    int rival, best;
    double most;

    best = -1;
    most = 0;

    for (rival = 0; rival < RECO_PREQUENTIAL_RIVALS; rival++) {
        gain = reco_prequential_mean(&figures->rivals[rival], CONFIDENT);
        if (gain.cases >= CASES_MIN / 2 && gain.low > most) {
            most = gain.low;
            best = rival;
        }
    }

    if (best == -1) {
        return 0;
    }

    setting = reco_prequential_rival(
        &selection->setting, (reco_prequential_rival_t) best);
    take_setting(selection, figures, &setting);

    return 1;
}


int
reco_selection_choose(
    reco_selection_t *selection, reco_prequential_figures_t *figures)
{
    if (figures->cases < selection->cases + CASES_MIN) {
        return 0;
    }

    return choose_setting(selection, figures) || choose_use(selection, figures);
}


void
reco_selection_age(reco_selection_t *selection, int64_t lag)
{
    selection->freshness = exp2(-(double) (lag > 0 ? lag : 0) / LAG_HALF_MS);

    if (selection->freshness < STALE_BELOW) {
        selection->stale = 1;
    } else if (selection->freshness > FRESH_ABOVE) {
        selection->stale = 0;
    }
}


static double
published_weight(const reco_selection_t *selection)
{
    return selection->use && !selection->stale
               ? (double) selection->setting.weight * selection->freshness
               : 0;
}


size_t
reco_selection_parameters(
    const reco_selection_t *selection, char *out, size_t size)
{
    int len;

    len = snprintf(out, size, "overlay.weight%c%.4g%coverlay.vectors%c%d%c", 0,
        published_weight(selection), 0, 0, selection->setting.vectors, 0);

    return len > 0 && (size_t) len < size ? (size_t) len : 0;
}


static int
add_mean(cJSON *root, const char *name, const reco_prequential_sum_t *sum,
    int interval)
{
    reco_prequential_mean_t mean;
    cJSON *object;

    mean = reco_prequential_mean(sum, REPORTED);
    if (!(mean.cases > 0)) {
        return 1;
    }

    object = cJSON_AddObjectToObject(root, name);
    if (object == NULL
        || cJSON_AddNumberToObject(object, "MRR@20", mean.mean) == NULL)
    {
        return 0;
    }

    if (interval) {
        return cJSON_AddNumberToObject(object, "low", mean.low) != NULL
               && cJSON_AddNumberToObject(object, "high", mean.high) != NULL;
    }

    return cJSON_AddNumberToObject(object, "HitRate@20", mean.hits) != NULL
           && cJSON_AddNumberToObject(object, "cases", floor(mean.cases))
                  != NULL;
}


static int
add_figures(cJSON *root, const reco_prequential_figures_t *figures)
{
    cJSON *sources;
    unsigned i;

    if (cJSON_AddNumberToObject(root, "cases", (double) figures->cases) == NULL
        || !add_mean(root, "base", &figures->base, 0)
        || !add_mean(root, "overlay", &figures->overlay, 0)
        || !add_mean(root, "difference", &figures->difference, 1))
    {
        return 0;
    }

    sources = cJSON_AddObjectToObject(root, "sources");

    for (i = 0; sources != NULL && i < RECO_ENGINE_SOURCE_COUNT; i++) {
        if (!add_mean(sources,
                reco_engine_source_name((reco_engine_source_t) i),
                &figures->sources[i], 0))
        {
            return 0;
        }
    }

    return sources != NULL;
}


char *
reco_selection_report(const reco_selection_t *selection,
    const reco_prequential_figures_t *figures, const reco_clicks_t *clicks)
{
    cJSON *root;
    char *text;

    text = NULL;
    root = cJSON_CreateObject();

    if (root != NULL
        && cJSON_AddStringToObject(root, "use",
               !selection->use    ? "base alone"
               : selection->stale ? "base alone: overlay stale"
                                  : "base and overlay")
               != NULL
        && cJSON_AddNumberToObject(root, "weight", published_weight(selection))
               != NULL
        && cJSON_AddBoolToObject(root, "vectors", selection->setting.vectors)
               != NULL
        && cJSON_AddNumberToObject(root, "freshness", selection->freshness)
               != NULL
        && cJSON_AddNumberToObject(root, "changes", (double) selection->changes)
               != NULL
        && add_figures(root, figures)
        && (clicks == NULL || reco_clicks_report(clicks, root)))
    {
        text = cJSON_PrintUnformatted(root);
    }

    cJSON_Delete(root);

    return text;
}
