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

#define KNN_NAMED_EACH 8 /* for each item of the block */


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
    unsigned place, count;
    uint32_t expected;
    reco_snapshot_row_t rows[RECO_ENGINE_PLACES];
    const reco_engine_visit_t *visit;

    visit = &scratch->visit;
    count = reco_engine_count(model, RECO_ENGINE_SESSION_ITEMS);
    count = visit->nitems < count ? visit->nitems : count;
    expected = 0;

    for (place = 0; place < count; place++) {
        rows[place] = knn_postings(model, postings, visit->items[place].item);
        expected += rows[place].count;
        knn_prefetch(postings->postings + rows[place].first, rows[place].count);
    }

    reco_engine_tally_clear(&scratch->sessions, expected, postings->nsessions);

    for (place = 0; place < count; place++) {
        reco_engine_tally_add_matches(&scratch->sessions,
            postings->postings + rows[place].first, rows[place].count,
            knn_place_weight(model, &visit->items[place], place, count), place);
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


/* The session becomes a voter, but for one that is damaged. */
static void
knn_admit(const reco_engine_model_t *model,
    const reco_snapshot_postings_t *postings, reco_engine_scratch_t *scratch,
    const reco_engine_tally_entry_t *session, uint32_t newest, float scale)
{
    float before;
    uint32_t age, time, origin;
    reco_snapshot_row_t row;
    reco_engine_voter_t *voter;

    row = reco_snapshot_row(postings->session_offsets, postings->nsessions,
        postings->nevents, session->number);

    if (row.count == 0 || row.count > RECO_SNAPSHOT_SESSION_MAX
        || scratch->nvoters == RECO_ENGINE_VOTERS_MAX)
    {
        return;
    }

    knn_prefetch(postings->items + row.first, row.count);
    origin = reco_engine_claim_origin(session->most);
    before = reco_engine_value(model, RECO_ENGINE_SESSION_LINEAR) != 0
                 ? 1
                 : reco_engine_value(model, RECO_ENGINE_SESSION_BEFORE);

    scratch->nvotes += row.count;
    voter = &scratch->voters[scratch->nvoters];
    voter->claimant = reco_engine_claimant(scratch->nvoters++, origin);
    voter->items = postings->items + row.first;
    voter->weights = NULL;
    voter->count = row.count;
    voter->match = scratch->visit.items[origin].item;
    voter->weight = scale * session->sum * model->length[row.count]
                    * model->match_place[origin];

    if (model->recency_step > 0) {
        time = postings->times[session->number];
        age = time < newest ? newest - time : 0;
        voter->weight *= knn_recency(model, age);
    }

    voter->before = voter->weight * before;

    if (postings->weights != NULL) {
        voter->weights = postings->weights + row.first;
        voter->weight_scale = postings->weight_scale;
        __builtin_prefetch(voter->weights);
    }
}


/* Where a session's items are, on its way from memory. */
static inline void
knn_prefetch_session(const reco_engine_model_t *model,
    const reco_snapshot_postings_t *postings, uint32_t session)
{
    __builtin_prefetch(&postings->session_offsets[session]);

    if (model->recency_step > 0) {
        __builtin_prefetch(&postings->times[session]);
    }
}


/* All of the tally may vote. */
static void
knn_choose_all(const reco_engine_model_t *model,
    const reco_snapshot_postings_t *postings, reco_engine_scratch_t *scratch,
    uint32_t newest, float scale)
{
    uint32_t i;
    const reco_engine_tally_t *sessions;

    sessions = &scratch->sessions;

    for (i = 0; i < sessions->count; i++) {
        knn_prefetch_session(model, postings, sessions->entries[i].number);
    }

    for (i = 0; i < sessions->count; i++) {
        knn_admit(
            model, postings, scratch, &sessions->entries[i], newest, scale);
    }
}


/* The k most similar of the tally may vote. */
static void
knn_choose(const reco_engine_model_t *model,
    const reco_snapshot_postings_t *postings, reco_engine_scratch_t *scratch,
    uint32_t newest, float scale)
{
    unsigned i, count, k;
    reco_engine_tally_t *sessions;

    sessions = &scratch->sessions;
    k = reco_engine_count(model, RECO_ENGINE_SESSION_K);

    if (sessions->count <= k) {
        knn_choose_all(model, postings, scratch, newest, scale);
        return;
    }

    count =
        reco_engine_tally_select(sessions, model->kernels, scratch->keys, k);

    for (i = 0; i < count; i++) {
        knn_prefetch_session(
            model, postings, reco_engine_key_number(scratch->keys[i]));
    }

    for (i = 0; i < count; i++) {
        knn_admit(model, postings, scratch,
            reco_engine_tally_known(
                sessions, reco_engine_key_number(scratch->keys[i])),
            newest, scale);
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


/* The voters' votes become the tally of items. */
static void
knn_count(const reco_engine_model_t *model, reco_engine_scratch_t *scratch)
{
    unsigned i;

    reco_engine_tally_clear(&scratch->items, scratch->nvotes, model->nitems);

    for (i = 0; i < scratch->nvoters;) {
        i += model->kernels->vote(&scratch->votes, &scratch->voters[i],
            scratch->nvoters - i, model->distance + RECO_SNAPSHOT_SESSION_MAX);
        reco_engine_tally_add_votes(&scratch->items, &scratch->votes);
    }
}


static void
knn_gather(const reco_engine_model_t *model, reco_engine_scratch_t *scratch)
{
    uint32_t newest;
    const reco_snapshot_postings_t *recent;

    scratch->nvoters = 0;
    scratch->nvotes = 0;
    newest = model->base->sessions.newest;

    if (model->recent > 0) {
        recent = &model->overlay->sessions;
        newest = recent->newest > newest ? recent->newest : newest;
        knn_match(model, recent, scratch);
        knn_choose(model, recent, scratch, newest, model->recent);
    }

    knn_match(model, &model->base->sessions, scratch);
    knn_choose(model, &model->base->sessions, scratch, newest, 1);
    knn_count(model, scratch);
    knn_weigh(model, &scratch->items);
    reco_engine_source_gather(model, scratch, RECO_ENGINE_SESSION,
        reco_engine_count(model, RECO_ENGINE_SESSION_CANDIDATES));
}


/* How many of the candidates stand alone.  Where rules or a limit of a category
   choose, those far behind may be the ones: all of them. */
static unsigned
knn_named(const reco_engine_model_t *model, const reco_engine_visit_t *visit)
{
    unsigned named;

    if (visit->narrow || visit->rules.boosting != 0
        || reco_engine_count(model, RECO_ENGINE_DIVERSITY_CATEGORY) != 0)
    {
        return RECO_ENGINE_NAMED_MAX;
    }

    named = reco_engine_count(model, RECO_ENGINE_SESSION_NAMED);

    return named > KNN_NAMED_EACH * visit->query->n
               ? named
               : KNN_NAMED_EACH * visit->query->n;
}


void
reco_engine_source_session(
    const reco_engine_model_t *model, reco_engine_scratch_t *scratch)
{
    if (!reco_engine_shared(scratch, RECO_ENGINE_SESSION)) {
        knn_gather(model, scratch);
    }

    reco_engine_source_name_best(
        model, scratch, RECO_ENGINE_SESSION, knn_named(model, &scratch->visit));
}
