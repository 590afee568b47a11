#include "clicks.h"

#include "lru.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VISITORS_MAX 4000 /* whose latest block is remembered */
#define PERSON_MAX   20   /* clicks of one visitor that count */
#define LOOK_EVERY   200  /* clicks between two looks at the evidence */
#define CONFIDENT    4.0  /* standard errors: dozens of weights, many looks */
#define OLD          6400 /* clicks without any change: half is forgotten */

/* Sums over items that were shown; x and s are a feature and the score less
   their means in the block, w the weight of a click, which c has of those that
   were clicked. */
typedef struct {
    double xx;
    double xs;
    double wxx;
    double wxs;
    double cx;
} evidence_t;

/* Kept as bytes. */
typedef struct {
    uint64_t layout; /* which features those are */
    uint64_t clicks;
    uint64_t looked; /* at so many */
    double items;
    double c;
    double ss;
    double wss;
    double cs;
    evidence_t features[RECO_ENGINE_FEATURES_MAX];
    double offsets[RECO_ENGINE_FEATURES_MAX];
    uint64_t steps; /* ever */
} state_t;

typedef struct {
    uint32_t item;
    uint8_t clicked;
    float weight; /* of a click */
    float score;  /* less the block's mean, as the features */
    float features[RECO_ENGINE_FEATURES_MAX];
} shown_t;

typedef struct {
    reco_lru_link_t link; /* its number is the visitor's */
    unsigned nclicks;
    unsigned nitems;
    shown_t items[RECO_CLICKS_ITEMS_MAX];
} block_t;

struct reco_clicks_s {
    unsigned nfeatures;
    double examination;
    double step;
    double drift;
    float base[RECO_ENGINE_FEATURES_MAX];
    float lowest[RECO_ENGINE_FEATURES_MAX];
    float highest[RECO_ENGINE_FEATURES_MAX];
    reco_lru_t blocks;
    state_t state;
};


static void
read_weights(reco_clicks_t *clicks, const reco_engine_params_t *base)
{
    const reco_engine_param_t *param;
    const char *name;
    char key[64];
    unsigned i;

    while ((name = reco_engine_feature_name(clicks->nfeatures)) != NULL) {
        snprintf(key, sizeof(key), "weight.%s", name);
        for (i = 0; (param = reco_engine_param(i)) != NULL; i++) {
            if (strcmp(param->name, key) == 0) {
                clicks->base[clicks->nfeatures] = base->values[i];
                clicks->highest[clicks->nfeatures] = param->maximum;
                /* Sources speak for an item or say nothing. */
                clicks->lowest[clicks->nfeatures] =
                    clicks->nfeatures < RECO_ENGINE_SOURCE_COUNT
                        ? fminf(0, base->values[i])
                        : param->minimum;
            }
        }
        clicks->nfeatures++;
    }
}


static uint64_t
layout_of(const reco_clicks_t *clicks)
{
    const char *name;
    uint64_t layout;
    unsigned j;

    layout = 0;
    for (j = 0; j < clicks->nfeatures; j++) {
        name = reco_engine_feature_name(j);
        layout = layout * 31 + reco_hash(name, strlen(name));
    }

    return layout;
}


reco_status_t
reco_clicks_create(const reco_config_t *config,
    const reco_engine_params_t *base, reco_clicks_t **clicks,
    reco_error_t *error)
{
    reco_clicks_t *created;

    if (!reco_config_integer(config, "clicks")) {
        return reco_error_set(error, RECO_DECLINED, "\"clicks off\"");
    }

    created = calloc(1, sizeof(*created));
    if (created == NULL) {
        return reco_error_set(error, RECO_NOMEM, "out of memory");
    }

    created->examination = reco_config_number(config, "clicks_examination");
    created->step = reco_config_number(config, "clicks_step");
    created->drift = reco_config_number(config, "clicks_drift");
    reco_lru_init(&created->blocks, sizeof(block_t), VISITORS_MAX);
    read_weights(created, base);
    created->state.layout = layout_of(created);
    *clicks = created;

    return RECO_OK;
}


void
reco_clicks_destroy(reco_clicks_t *clicks)
{
    if (clicks != NULL) {
        reco_lru_done(&clicks->blocks);
        free(clicks);
    }
}


/* Score and features, less their means in the block. */
static void
centre(block_t *block, unsigned nfeatures)
{
    float mean;
    unsigned i, j;

    mean = 0;
    for (i = 0; i < block->nitems; i++) {
        mean += block->items[i].score / (float) block->nitems;
    }
    for (i = 0; i < block->nitems; i++) {
        block->items[i].score -= mean;
    }

    for (j = 0; j < nfeatures; j++) {
        mean = 0;
        for (i = 0; i < block->nitems; i++) {
            mean += block->items[i].features[j] / (float) block->nitems;
        }
        for (i = 0; i < block->nitems; i++) {
            block->items[i].features[j] -= mean;
        }
    }
}


static void
note_block(reco_clicks_t *clicks, const block_t *block)
{
    const shown_t *shown;
    evidence_t *evidence;
    unsigned i, j;
    double x, s, w;

    for (i = 0; i < block->nitems; i++) {
        shown = &block->items[i];
        s = (double) shown->score;
        w = (double) shown->weight;
        clicks->state.items++;
        clicks->state.ss += s * s;
        clicks->state.wss += w * s * s;
        for (j = 0; j < clicks->nfeatures; j++) {
            evidence = &clicks->state.features[j];
            x = (double) shown->features[j];
            evidence->xx += x * x;
            evidence->xs += x * s;
            evidence->wxx += w * x * x;
            evidence->wxs += w * x * s;
        }
    }
}


reco_status_t
reco_clicks_shown(reco_clicks_t *clicks, uint32_t visitor,
    const reco_clicks_item_t *items, unsigned nitems)
{
    reco_status_t status;
    block_t *block;
    shown_t *shown;
    void *record;
    unsigned i;
    int made;

    if (nitems < 2) {
        return RECO_OK;
    }

    status = reco_lru_take(&clicks->blocks, visitor, &record, &made);
    if (status != RECO_OK) {
        return status;
    }

    block = record;
    block->nitems =
        nitems < RECO_CLICKS_ITEMS_MAX ? nitems : RECO_CLICKS_ITEMS_MAX;
    for (i = 0; i < block->nitems; i++) {
        shown = &block->items[i];
        shown->item = items[i].item;
        shown->clicked = 0;
        shown->weight = (float) pow(items[i].place, clicks->examination);
        shown->score = items[i].candidate->score;
        memcpy(shown->features, items[i].candidate->features,
            sizeof(shown->features));
    }

    centre(block, clicks->nfeatures);
    note_block(clicks, block);

    return RECO_OK;
}


static void
note_click(reco_clicks_t *clicks, const shown_t *shown)
{
    state_t *state = &clicks->state;
    unsigned j;
    double c;

    c = (double) shown->weight;
    state->clicks++;
    state->c += c;
    state->cs += c * (double) shown->score;

    for (j = 0; j < clicks->nfeatures; j++) {
        state->features[j].cx += c * (double) shown->features[j];
    }
}


void
reco_clicks_clicked(reco_clicks_t *clicks, uint32_t visitor, uint32_t item)
{
    block_t *block;
    unsigned i;

    block = reco_lru_find(&clicks->blocks, visitor);

    for (i = 0; block != NULL && i < block->nitems; i++) {
        if (block->items[i].item == item && !block->items[i].clicked
            && block->nclicks < PERSON_MAX)
        {
            block->items[i].clicked = 1;
            block->nclicks++;
            note_click(clicks, &block->items[i]);
            return;
        }
    }
}


typedef struct {
    double change;    /* of the weight, as the evidence has it */
    double deviation; /* of the feature in a block */
    double z;
} finding_t;


/*
 * What is left of a feature once the score has had its part.  Were all liked
 * alike, at rate r, an item's weighted click would have the variance r w: what
 * was not clicked counts in it too, or a rare feature would soon seem certain.
 */
static finding_t
find(const state_t *state, unsigned feature)
{
    const evidence_t *evidence = &state->features[feature];
    double share, left, covariance, variance;
    finding_t finding = {0, 0, 0};

    if (!(state->items > 0 && state->c > 0)) {
        return finding;
    }

    share = state->ss > 0 ? evidence->xs / state->ss : 0;
    left = evidence->xx - share * evidence->xs;
    covariance = evidence->cx - share * state->cs;
    variance =
        (evidence->wxx - 2 * share * evidence->wxs + share * share * state->wss)
        * state->c / state->items;

    /* All but a multiple of the score: its change would only scale it. */
    if (left > 1e-3 * evidence->xx && variance > 0) {
        finding.change = covariance / left * state->items / state->c;
        finding.deviation = sqrt(evidence->xx / state->items);
        finding.z = covariance / sqrt(variance);
    }

    return finding;
}


static double
bound(const reco_clicks_t *clicks, unsigned feature, double offset)
{
    return fmax((double) (clicks->lowest[feature] - clicks->base[feature]),
        fmin((double) (clicks->highest[feature] - clicks->base[feature]),
            offset));
}


/* Where the weight would go: no further than step and drift allow. */
static double
aim(const reco_clicks_t *clicks, unsigned feature, const finding_t *finding)
{
    double offset, most;

    most = clicks->step / finding->deviation;
    offset = clicks->state.offsets[feature]
             + fmax(-most, fmin(most, finding->change));
    most = clicks->drift / finding->deviation;

    return bound(clicks, feature, fmax(-most, fmin(most, offset)));
}


static void
forget(state_t *state, double keep)
{
    evidence_t *evidence;
    unsigned j;

    state->clicks = (uint64_t) ((double) state->clicks * keep);
    state->looked = state->clicks;
    state->items *= keep;
    state->c *= keep;
    state->ss *= keep;
    state->cs *= keep;
    state->wss *= keep;

    for (j = 0; j < RECO_ENGINE_FEATURES_MAX; j++) {
        evidence = &state->features[j];
        evidence->xx *= keep;
        evidence->xs *= keep;
        evidence->wxx *= keep;
        evidence->wxs *= keep;
        evidence->cx *= keep;
    }
}


int
reco_clicks_step(reco_clicks_t *clicks)
{
    state_t *state = &clicks->state;
    double offset, best, highest;
    finding_t finding;
    unsigned j, chosen;

    if (state->clicks < state->looked + LOOK_EVERY) {
        return 0;
    }

    state->looked = state->clicks;
    chosen = clicks->nfeatures;
    highest = CONFIDENT;
    best = 0;

    for (j = 0; j < clicks->nfeatures; j++) {
        finding = find(state, j);
        if (fabs(finding.z) > highest) {
            offset = aim(clicks, j, &finding);
            if (offset != state->offsets[j]) {
                highest = fabs(finding.z);
                chosen = j;
                best = offset;
            }
        }
    }

    if (chosen < clicks->nfeatures) {
        state->offsets[chosen] = best;
        state->steps++;
        forget(state, 0);
        return 1;
    }

    if (state->clicks >= OLD) {
        forget(state, 0.5);
    }

    return 0;
}


size_t
reco_clicks_parameters(const reco_clicks_t *clicks, char *out, size_t size)
{
    size_t length;
    unsigned j;
    int n;

    length = 0;

    for (j = 0; j < clicks->nfeatures; j++) {
        if (clicks->state.offsets[j] == 0) {
            continue;
        }
        n = snprintf(out + length, size - length, "weight.%s%c%.5g%c",
            reco_engine_feature_name(j), 0,
            (double) clicks->base[j] + clicks->state.offsets[j], 0);
        if (n < 0 || (size_t) n >= size - length) {
            break;
        }
        length += (size_t) n;
    }

    return length;
}


int
reco_clicks_report(const reco_clicks_t *clicks, cJSON *root)
{
    cJSON *object, *weights, *weight;
    const char *name;
    unsigned j;

    object = cJSON_AddObjectToObject(root, "clicks");
    if (object == NULL
        || cJSON_AddNumberToObject(
               object, "clicks", (double) clicks->state.clicks)
               == NULL
        || cJSON_AddNumberToObject(
               object, "steps", (double) clicks->state.steps)
               == NULL)
    {
        return 0;
    }

    weights = cJSON_AddObjectToObject(object, "weights");

    for (j = 0; weights != NULL && j < clicks->nfeatures; j++) {
        if (clicks->state.offsets[j] == 0) {
            continue;
        }
        name = reco_engine_feature_name(j);
        weight = cJSON_AddObjectToObject(weights, name);
        if (weight == NULL
            || cJSON_AddNumberToObject(weight, "base", (double) clicks->base[j])
                   == NULL
            || cJSON_AddNumberToObject(weight, "now",
                   (double) clicks->base[j] + clicks->state.offsets[j])
                   == NULL)
        {
            return 0;
        }
    }

    return weights != NULL;
}


reco_str_t
reco_clicks_state(const reco_clicks_t *clicks)
{
    return (reco_str_t){sizeof(clicks->state), (const char *) &clicks->state};
}


void
reco_clicks_restore(reco_clicks_t *clicks, reco_str_t state, int same_base)
{
    uint64_t layout;
    unsigned j;

    if (state.len != sizeof(clicks->state)) {
        return;
    }

    memcpy(&layout, state.data, sizeof(layout));
    if (layout != clicks->state.layout) {
        return;
    }

    memcpy(&clicks->state, state.data, sizeof(clicks->state));
    if (!same_base) {
        forget(&clicks->state, 0);
        for (j = 0; j < clicks->nfeatures; j++) {
            clicks->state.offsets[j] =
                bound(clicks, j, clicks->state.offsets[j] / 2);
        }
    }
}
