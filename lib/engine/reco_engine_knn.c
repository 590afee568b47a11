/*
 * Session kNN: VMIS-kNN's index and sampling (Kersbergen et al., SIGMOD
 * 2022), with the decays of STAN (Garg et al., SIGIR 2019) and V-STAN (Ludewig
 * et al., UMUAI 2021).
 *
 *   similarity(s) = sum over matched items i of the visit, each with its m
 *                   most recent sessions:  w(i) position(i) idf(i)^a
 *   of the k most similar sessions s, for each item j of s:
 *   score(j)     += similarity(s) recency(s) |s|^-b distance(match, j)
 *   score(j)     *= idf(j)^c
 *
 * The match is the newest item of the visit that s contains.
 */

#include "reco_engine_sources.h"
#include "reco_engine_select.h"


/* Adds the sessions of each matched item; origin is the item's place. */
static void
knn_match(const reco_engine_model_t *model,
    const reco_snapshot_postings_t *postings, reco_engine_scratch_t *scratch)
{
    float weight, exponent;
    unsigned place, count;
    uint32_t i, m, item;
    reco_snapshot_row_t row;
    const reco_engine_visit_t *visit;
    reco_engine_tally_entry_t *entry;

    visit = &scratch->visit;
    count = reco_engine_count(model, RECO_ENGINE_SESSION_ITEMS);
    count = visit->nitems < count ? visit->nitems : count;
    m = reco_engine_count(model, RECO_ENGINE_SESSION_M);
    exponent = reco_engine_value(model, RECO_ENGINE_SESSION_IDF_MATCH);

    for (place = 0; place < count; place++) {
        item = visit->items[place].item;
        weight =
            visit->items[place].weight * reco_engine_idf(model, item, exponent);

        if (reco_engine_value(model, RECO_ENGINE_SESSION_LINEAR) != 0) {
            weight *= (float) (count - place) / (float) count;
        } else {
            weight *= model->session_place[place];
        }

        row = reco_snapshot_row(postings->posting_offsets, postings->nrows,
            postings->npostings, reco_snapshot_postings_row(postings, item));

        for (i = 0; i < row.count && i < m; i++) {
            entry = reco_engine_tally_entry(
                &scratch->sessions, postings->postings[row.first + i]);

            if (entry == NULL) {
                break;
            }

            entry->sum += weight;

            if (entry->origin == UINT16_MAX) {
                entry->origin = (uint16_t) place;
            }
        }
    }
}


static float
knn_recency(const reco_engine_model_t *model, uint32_t age)
{
    float step;

    step = (float) age * model->recency_step;

    return step < RECO_ENGINE_RECENCY_STEPS
               ? model->recency[(unsigned) step]
               : model->recency[RECO_ENGINE_RECENCY_STEPS - 1];
}


/* One neighbour's items vote, each by its distance to the match. */
static void
knn_vote(const reco_engine_model_t *model,
    const reco_snapshot_postings_t *postings, reco_engine_scratch_t *scratch,
    reco_snapshot_row_t row, float weight, uint16_t place)
{
    float value, before;
    uint32_t i, match, distance, item;
    const uint32_t *items;
    const uint8_t *weights;

    items = postings->items + row.first;
    weights = postings->weights != NULL ? postings->weights + row.first : NULL;
    before = reco_engine_value(model, RECO_ENGINE_SESSION_LINEAR) != 0
                 ? 1
                 : reco_engine_value(model, RECO_ENGINE_SESSION_BEFORE);
    item = scratch->visit.items[place].item;

    for (match = 0; match < row.count && items[match] != item; match++) {
        /* void */
    }

    for (i = 0; i < row.count; i++) {
        if (i < match) {
            distance = match - i;
            value = weight * before * model->distance[distance];
        } else {
            distance = i - match;
            value = weight * model->distance[distance];
        }

        if (weights != NULL) {
            value *= (float) weights[i] * postings->weight_scale;
        }

        if (items[i] < model->nitems) {
            reco_engine_tally_add(&scratch->items, items[i], value, place);
        }
    }
}


/* Sessions of one index, base or overlay, into the tally of items. */
static void
knn_walk(const reco_engine_model_t *model,
    const reco_snapshot_postings_t *postings, reco_engine_scratch_t *scratch,
    uint32_t newest, float scale)
{
    float weight;
    unsigned i, neighbors, place;
    uint32_t session, age;
    reco_snapshot_row_t row;

    reco_engine_tally_clear(&scratch->sessions);
    knn_match(model, postings, scratch);

    neighbors = reco_engine_tally_select(&scratch->sessions, scratch->keys,
        reco_engine_count(model, RECO_ENGINE_SESSION_K));

    for (i = 0; i < neighbors; i++) {
        __builtin_prefetch(
            &postings
                 ->session_offsets[reco_engine_key_number(scratch->keys[i])]);
    }

    for (i = 0; i < neighbors; i++) {
        session = reco_engine_key_number(scratch->keys[i]);
        row = reco_snapshot_row(postings->session_offsets, postings->nsessions,
            postings->nevents, session);

        if (row.count == 0 || row.count > RECO_SNAPSHOT_SESSION_MAX) {
            continue;
        }

        place = reco_engine_tally_entry(&scratch->sessions, session)->origin;
        weight = scale * reco_engine_key_score(scratch->keys[i])
                 * model->length[row.count] * model->match_place[place];

        if (model->recency_step > 0) {
            age = newest - postings->times[session];
            weight *=
                knn_recency(model, postings->times[session] < newest ? age : 0);
        }

        knn_vote(model, postings, scratch, row, weight, (uint16_t) place);
    }
}


/* Multiplies every candidate's sum by its idf. */
static void
knn_weigh(const reco_engine_model_t *model, reco_engine_tally_t *items)
{
    float exponent;
    uint32_t i;
    reco_engine_tally_entry_t *entry;

    exponent = reco_engine_value(model, RECO_ENGINE_SESSION_IDF);

    if (exponent == 0) {
        return;
    }

    for (i = 0; i < items->count; i++) {
        __builtin_prefetch(
            reco_engine_hot(model, items->entries[items->places[i]].number));
    }

    for (i = 0; i < items->count; i++) {
        entry = &items->entries[items->places[i]];
        entry->sum *= reco_engine_idf(model, entry->number, exponent);
    }
}


void
reco_engine_source_session(
    const reco_engine_model_t *model, reco_engine_scratch_t *scratch)
{
    uint32_t newest;
    const reco_snapshot_postings_t *recent;

    reco_engine_tally_clear(&scratch->items);
    newest = model->base->sessions.newest;

    if (model->recent > 0) {
        recent = &model->overlay->sessions;
        newest = recent->newest > newest ? recent->newest : newest;
        knn_walk(model, recent, scratch, newest, model->recent);
    }

    knn_walk(model, &model->base->sessions, scratch, newest, 1);
    knn_weigh(model, &scratch->items);
    reco_engine_source_flush(model, scratch, RECO_ENGINE_SESSION,
        reco_engine_count(model, RECO_ENGINE_SESSION_CANDIDATES));
}
