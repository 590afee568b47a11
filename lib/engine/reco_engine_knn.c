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

/* Words fetched ahead; the hardware follows a walk once it has begun. */
#define KNN_AHEAD 64


/* The lines of an array of words that a walk begins with. */
static inline void
knn_prefetch(const uint32_t *words, uint32_t count)
{
    uint32_t i;

    for (i = 0; i < count && i < KNN_AHEAD; i += 16) {
        __builtin_prefetch(words + i);
    }
}


/* The postings of the place's item; no more than m of them. */
static reco_snapshot_row_t
knn_postings(const reco_engine_model_t *model,
    const reco_snapshot_postings_t *postings, uint32_t item)
{
    uint32_t m;
    reco_snapshot_row_t row;

    m = reco_engine_count(model, RECO_ENGINE_SESSION_M);
    row = reco_snapshot_row(postings->posting_offsets, postings->nrows,
        postings->npostings, reco_snapshot_postings_row(postings, item));
    row.count = row.count < m ? row.count : m;

    return row;
}


static float
knn_place_weight(const reco_engine_model_t *model,
    const reco_engine_visited_t *visited, unsigned place, unsigned count)
{
    float weight;

    weight = visited->weight
             * reco_engine_idf(model, visited->item,
                 reco_engine_value(model, RECO_ENGINE_SESSION_IDF_MATCH));

    if (reco_engine_value(model, RECO_ENGINE_SESSION_LINEAR) != 0) {
        return weight * ((float) (count - place) / (float) count);
    }

    return weight * model->session_place[place];
}


/* Adds the sessions of each matched item; origin is the item's place. */
static void
knn_match(const reco_engine_model_t *model,
    const reco_snapshot_postings_t *postings, reco_engine_scratch_t *scratch)
{
    float weight;
    unsigned place, count;
    uint32_t i, expected;
    reco_snapshot_row_t rows[RECO_ENGINE_PLACES];
    const reco_engine_visit_t *visit;
    reco_engine_tally_entry_t *entry;

    visit = &scratch->visit;
    count = reco_engine_count(model, RECO_ENGINE_SESSION_ITEMS);
    count = visit->nitems < count ? visit->nitems : count;
    expected = 0;

    for (place = 0; place < count; place++) {
        rows[place] = knn_postings(model, postings, visit->items[place].item);
        expected += rows[place].count;
        knn_prefetch(postings->postings + rows[place].first, rows[place].count);
    }

    reco_engine_tally_clear(&scratch->sessions, expected);

    for (place = 0; place < count; place++) {
        weight = knn_place_weight(model, &visit->items[place], place, count);

        for (i = 0; i < rows[place].count; i++) {
            entry = reco_engine_tally_entry(
                &scratch->sessions, postings->postings[rows[place].first + i]);

            if (entry == NULL) {
                break;
            }

            entry->sum += weight;

            if (entry->origin == RECO_ENGINE_TALLY_NOBODY) {
                entry->origin = place;
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
knn_vote(const reco_engine_model_t *model, reco_engine_scratch_t *scratch,
    const reco_engine_neighbor_t *neighbor)
{
    float value, before;
    uint32_t i, match, item;
    const uint32_t *items;
    const uint8_t *weights;

    items = neighbor->postings->items + neighbor->row.first;
    weights = neighbor->postings->weights != NULL
                  ? neighbor->postings->weights + neighbor->row.first
                  : NULL;
    before = reco_engine_value(model, RECO_ENGINE_SESSION_LINEAR) != 0
                 ? 1
                 : reco_engine_value(model, RECO_ENGINE_SESSION_BEFORE);
    item = scratch->visit.items[neighbor->place].item;

    for (match = 0; match < neighbor->row.count && items[match] != item;
         match++) {
        /* void */
    }

    for (i = 0; i < neighbor->row.count; i++) {
        value = i < match
                    ? neighbor->weight * before * model->distance[match - i]
                    : neighbor->weight * model->distance[i - match];

        if (weights != NULL) {
            value *= (float) weights[i] * neighbor->postings->weight_scale;
        }

        if (items[i] < model->nitems) {
            reco_engine_tally_add(
                &scratch->items, items[i], value, neighbor->place);
        }
    }
}


/* The k most similar of the tally become neighbours that may vote. */
static void
knn_choose(const reco_engine_model_t *model,
    const reco_snapshot_postings_t *postings, reco_engine_scratch_t *scratch,
    uint32_t newest, float scale)
{
    unsigned i, count;
    uint32_t session, age;
    reco_engine_neighbor_t *neighbor;

    count = reco_engine_tally_select(&scratch->sessions, model->kernels,
        scratch->keys, reco_engine_count(model, RECO_ENGINE_SESSION_K));

    for (i = 0; i < count; i++) {
        session = reco_engine_key_number(scratch->keys[i]);

        if (session < postings->nsessions) {
            __builtin_prefetch(&postings->session_offsets[session]);

            if (model->recency_step > 0) {
                __builtin_prefetch(&postings->times[session]);
            }
        }
    }

    for (i = 0; i < count && scratch->nneighbors < RECO_ENGINE_VOTERS_MAX; i++)
    {
        session = reco_engine_key_number(scratch->keys[i]);
        neighbor = &scratch->neighbors[scratch->nneighbors];
        neighbor->row = reco_snapshot_row(postings->session_offsets,
            postings->nsessions, postings->nevents, session);

        if (neighbor->row.count == 0
            || neighbor->row.count > RECO_SNAPSHOT_SESSION_MAX) {
            continue;
        }

        knn_prefetch(
            postings->items + neighbor->row.first, neighbor->row.count);

        if (postings->weights != NULL) {
            __builtin_prefetch(postings->weights + neighbor->row.first);
        }

        neighbor->postings = postings;
        neighbor->place =
            reco_engine_tally_entry(&scratch->sessions, session)->origin;
        neighbor->weight = scale * reco_engine_key_score(scratch->keys[i])
                           * model->length[neighbor->row.count]
                           * model->match_place[neighbor->place];

        if (model->recency_step > 0) {
            age = newest - postings->times[session];
            neighbor->weight *=
                knn_recency(model, postings->times[session] < newest ? age : 0);
        }

        scratch->nneighbors++;
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
        entry = &items->entries[i];
        __builtin_prefetch(reco_engine_hot(model, entry->number));
    }

    for (i = 0; i < items->count; i++) {
        entry = &items->entries[i];
        entry->sum *= reco_engine_idf(model, entry->number, exponent);
    }
}


static void
knn_gather(const reco_engine_model_t *model, reco_engine_scratch_t *scratch)
{
    unsigned i;
    uint32_t newest, expected;
    const reco_snapshot_postings_t *recent;

    scratch->nneighbors = 0;
    newest = model->base->sessions.newest;

    if (model->recent > 0) {
        recent = &model->overlay->sessions;
        newest = recent->newest > newest ? recent->newest : newest;
        knn_match(model, recent, scratch);
        knn_choose(model, recent, scratch, newest, model->recent);
    }

    knn_match(model, &model->base->sessions, scratch);
    knn_choose(model, &model->base->sessions, scratch, newest, 1);
    expected = 0;

    for (i = 0; i < scratch->nneighbors; i++) {
        expected += scratch->neighbors[i].row.count;
    }

    reco_engine_tally_clear(&scratch->items, expected);

    for (i = 0; i < scratch->nneighbors; i++) {
        knn_vote(model, scratch, &scratch->neighbors[i]);
    }

    knn_weigh(model, &scratch->items);
    reco_engine_source_gather(model, scratch, RECO_ENGINE_SESSION,
        reco_engine_count(model, RECO_ENGINE_SESSION_CANDIDATES));
}


void
reco_engine_source_session(
    const reco_engine_model_t *model, reco_engine_scratch_t *scratch)
{
    if (!reco_engine_shared(scratch, RECO_ENGINE_SESSION)) {
        knn_gather(model, scratch);
    }

    reco_engine_source_name_all(model, scratch, RECO_ENGINE_SESSION);
}
