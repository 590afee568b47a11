#include "explanation.h"

#include "evidence.h"
#include "snapshot/reco_snapshot_view.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define CANDIDATES_MAX 4096 /* more than the engine ever has */


typedef struct {
    reco_live_t *live;
    const reco_visit_t *visit;
    uint32_t item;
    reco_engine_candidate_t *candidates;
    unsigned ncandidates;
    reco_engine_result_t result;
} explaining_t;


static const reco_engine_candidate_t *
find_candidate(const explaining_t *explaining)
{
    unsigned i;

    for (i = 0; i < explaining->ncandidates; i++) {
        if (explaining->candidates[i].item == explaining->item) {
            return &explaining->candidates[i];
        }
    }

    return NULL;
}


/* From 1; 0: it is not in the block. */
static unsigned
find_place(const explaining_t *explaining)
{
    unsigned i;

    for (i = 0; i < explaining->result.nhits; i++) {
        if (explaining->result.hits[i].item == explaining->item) {
            return i + 1;
        }
    }

    return 0;
}


static int
is_gone(const explaining_t *explaining)
{
    const reco_snapshot_overlay_view_t *overlay;
    reco_snapshot_item_t entry;
    uint32_t i;

    reco_engine_item(explaining->live->model, explaining->item, &entry);
    if (!entry.available) {
        return 1;
    }

    if (explaining->live->overlay == NULL) {
        return 0;
    }

    overlay = reco_snapshot_overlay_view(explaining->live->overlay);
    for (i = 0; i < overlay->nunavailable; i++) {
        if (overlay->unavailable[i] == explaining->item) {
            return 1;
        }
    }

    return 0;
}


static int
is_among(const explaining_t *explaining, const reco_engine_event_t *events,
    unsigned nevents)
{
    unsigned i;

    for (i = 0; i < nevents; i++) {
        if (reco_engine_find(explaining->live->model, events[i].item)
            == explaining->item)
        {
            return 1;
        }
    }

    return 0;
}


/* Does the visit end before anybody met the item? */
static int
is_later(const explaining_t *explaining)
{
    reco_snapshot_item_t entry;

    reco_engine_item(explaining->live->model, explaining->item, &entry);

    return explaining->visit->query.now != 0
           && entry.born > explaining->visit->query.now;
}


/* Why an item is no candidate. */
static const char *
find_reason(const explaining_t *explaining)
{
    const reco_engine_query_t *query = &explaining->visit->query;

    if (is_gone(explaining)) {
        return "it is not available";
    }

    if (is_later(explaining)) {
        return "it was first seen after the visit";
    }

    if (reco_engine_find(explaining->live->model, query->current)
        == explaining->item)
    {
        return "it is the page's own item";
    }

    if (!query->repeat
        && is_among(
            explaining, query->session->events, query->session->nevents))
    {
        return "the visitor saw it in this session (--repeat lets it return)";
    }

    if (!query->history_repeat
        && is_among(explaining, query->history, query->nhistory))
    {
        return "the visitor had it before";
    }

    return "no source named it, or it was shown too often: nothing in the "
           "model ties it to this visit";
}


static int
add_name(cJSON *parent, const char *key, const reco_live_t *live, uint32_t item)
{
    cJSON *name;

    name = reco_evidence_name(live, item);
    if (name == NULL) {
        return 0;
    }

    if (key != NULL ? cJSON_AddItemToObject(parent, key, name)
                    : cJSON_AddItemToArray(parent, name))
    {
        return 1;
    }

    cJSON_Delete(name);

    return 0;
}


static int
add_visit(cJSON *root, const explaining_t *explaining)
{
    const reco_engine_query_t *query = &explaining->visit->query;
    const reco_live_t *live = explaining->live;
    cJSON *visit, *items;
    uint32_t item;
    unsigned i;

    visit = cJSON_AddObjectToObject(root, "visit");
    items = visit != NULL ? cJSON_AddArrayToObject(visit, "items") : NULL;
    if (items == NULL) {
        return 0;
    }

    for (i = 0; i < query->session->nevents; i++) {
        item = reco_engine_find(
            live->model, reco_engine_session_event(query->session, i)->item);
        if (item != RECO_ITEM_NONE && !add_name(items, NULL, live, item)) {
            return 0;
        }
    }

    item = reco_engine_find(live->model, query->current);

    return cJSON_AddNumberToObject(visit, "profile", query->nhistory) != NULL
           && (item == RECO_ITEM_NONE || add_name(visit, "page", live, item));
}


static int
add_features(cJSON *root, const explaining_t *explaining,
    const reco_engine_candidate_t *candidate)
{
    double value, weight, sum;
    cJSON *features, *row;
    const char *name;
    unsigned i;

    features = cJSON_AddArrayToObject(root, "features");
    sum = 0;

    for (i = 0; features != NULL && i < RECO_ENGINE_FEATURES_MAX
                && (name = reco_engine_feature_name(i)) != NULL;
         i++)
    {
        value = candidate->features[i];
        weight = reco_live_weight(explaining->live, i);
        sum += value * weight;
        if (value == 0) {
            continue;
        }

        row = cJSON_CreateObject();
        if (row == NULL || !cJSON_AddItemToArray(features, row)
            || cJSON_AddStringToObject(row, "name", name) == NULL
            || cJSON_AddNumberToObject(row, "value", value) == NULL
            || cJSON_AddNumberToObject(row, "weight", weight) == NULL
            || cJSON_AddNumberToObject(row, "contribution", value * weight)
                   == NULL)
        {
            return 0;
        }
    }

    return features != NULL
           && cJSON_AddNumberToObject(root, "sum", sum) != NULL;
}


static int
add_sources(cJSON *root, const reco_engine_candidate_t *candidate)
{
    cJSON *sources, *name;
    unsigned i;

    sources = cJSON_AddArrayToObject(root, "sources");

    for (i = 0; sources != NULL && i < RECO_ENGINE_SOURCE_COUNT; i++) {
        if ((candidate->sources & 1u << i) == 0) {
            continue;
        }
        name = cJSON_CreateString(
            reco_engine_source_name((reco_engine_source_t) i));
        if (name == NULL || !cJSON_AddItemToArray(sources, name)) {
            return 0;
        }
    }

    return sources != NULL;
}


static int
add_candidate(cJSON *root, const explaining_t *explaining,
    const reco_engine_candidate_t *candidate)
{
    unsigned i, rank;

    rank = 1;
    for (i = 0; i < explaining->ncandidates; i++) {
        rank += explaining->candidates[i].score > candidate->score;
    }

    return cJSON_AddNumberToObject(root, "rank", rank) != NULL
           && cJSON_AddNumberToObject(
                  root, "candidates", explaining->ncandidates)
                  != NULL
           && cJSON_AddNumberToObject(root, "score", candidate->score) != NULL
           && add_sources(root, candidate)
           && add_features(root, explaining, candidate);
}


/* Its place in the block, or why it has none. */
static int
add_verdict(cJSON *root, const explaining_t *explaining,
    const reco_engine_candidate_t *candidate)
{
    const reco_engine_hit_t *hit;
    unsigned place;

    place = find_place(explaining);

    if (place == 0) {
        return cJSON_AddStringToObject(root, "verdict",
                   candidate != NULL ? "candidate" : "left out")
                   != NULL
               && cJSON_AddStringToObject(root, "reason",
                      candidate != NULL
                          ? "others have a higher score, or the block has "
                            "enough that are like it"
                          : find_reason(explaining))
                      != NULL;
    }

    hit = &explaining->result.hits[place - 1];

    return cJSON_AddStringToObject(root, "verdict", "recommended") != NULL
           && cJSON_AddNumberToObject(root, "place", place) != NULL
           && cJSON_AddNumberToObject(root, "of", explaining->result.nhits)
                  != NULL
           && cJSON_AddStringToObject(
                  root, "source", reco_engine_source_name(hit->source))
                  != NULL
           && (hit->because == RECO_ITEM_NONE
               || add_name(root, "because", explaining->live, hit->because));
}


/* Does the catalogue have its address? */
static int
add_linked(cJSON *root, const explaining_t *explaining)
{
    reco_snapshot_item_t entry;

    reco_engine_item(explaining->live->model, explaining->item, &entry);

    return cJSON_AddBoolToObject(root, "linked", entry.url.len > 0) != NULL;
}


static int
explain(cJSON *root, const explaining_t *explaining)
{
    const reco_engine_candidate_t *candidate;
    const reco_live_t *live = explaining->live;

    candidate = find_candidate(explaining);

    return cJSON_AddStringToObject(root, "version", live->id.id) != NULL
           && (live->overlay == NULL
               || cJSON_AddNumberToObject(root, "overlay",
                      (double) reco_snapshot_overlay_created(live->overlay))
                      != NULL)
           && add_name(root, "item", live, explaining->item)
           && add_visit(root, explaining)
           && add_verdict(root, explaining, candidate)
           && add_linked(root, explaining)
           && (candidate == NULL || add_candidate(root, explaining, candidate))
           && reco_evidence_add(
               root, live, explaining->visit, explaining->item);
}


cJSON *
reco_explanation_create(
    reco_live_t *live, const reco_visit_t *visit, uint32_t item)
{
    explaining_t explaining = {.live = live, .visit = visit, .item = item};
    cJSON *root;

    explaining.candidates =
        malloc(CANDIDATES_MAX * sizeof(*explaining.candidates));
    root = cJSON_CreateObject();

    if (explaining.candidates != NULL && root != NULL) {
        explaining.ncandidates =
            reco_engine_candidates(live->model, &visit->query, live->scratch,
                explaining.candidates, CANDIDATES_MAX);
        (void) reco_engine_recommend(
            live->model, &visit->query, live->scratch, &explaining.result);
    }

    if (explaining.candidates == NULL || root == NULL
        || !explain(root, &explaining))
    {
        cJSON_Delete(root);
        root = NULL;
    }

    free(explaining.candidates);

    return root;
}
