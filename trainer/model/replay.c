#include "model/replay.h"

#include "random.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define USER_ITEMS_MIN 3 /* of a user who is asked for one of them */
#define UNMET_CASES    300


/* The first session of a tail that holds enough cases, or is long enough. */
static uint32_t
tail_begin(const reco_history_t *history, const reco_replay_options_t *options)
{
    uint64_t ncases, length;
    uint32_t begin, first;

    first = history->nsessions
            - (uint32_t) ((double) history->nsessions * options->share);
    ncases = 0;

    for (begin = history->nsessions; begin > first; begin--) {
        length = history->offsets[begin] - history->offsets[begin - 1];
        ncases += length > 1 ? length - 1 : 0;
        if (ncases >= options->limit) {
            return begin - 1;
        }
    }

    return begin;
}


/* Does the catalogue tell anything that leads to an item? */
static int
is_described(const reco_snapshot_item_t *item)
{
    return item->title.len > 0 || item->category.len > 0 || item->brand.len > 0;
}


/*
 * births[s]: how many events of described items there are whose first one is
 * in session s.
 */
static uint32_t *
count_births(const reco_history_t *history, const reco_snapshot_item_t *items)
{
    uint32_t *births, *first, s, item;
    uint64_t event;

    births = calloc((size_t) history->nsessions + 1, sizeof(uint32_t));
    first = malloc(((size_t) history->nitems + 1) * sizeof(uint32_t));
    if (births == NULL || first == NULL) {
        free(births);
        free(first);
        return NULL;
    }

    memset(first, 0xff, (size_t) history->nitems * sizeof(uint32_t));
    for (s = 0; s < history->nsessions; s++) {
        for (event = history->offsets[s]; event < history->offsets[s + 1];
             event++) {
            item = history->items[event];
            first[item] = first[item] == UINT32_MAX ? s : first[item];
            births[first[item]] += (uint32_t) is_described(&items[item]);
        }
    }

    free(first);

    return births;
}


/* From begin back to where enough items are born, but no further than needed
   for those that there are. */
static uint32_t
extend_tail(const reco_history_t *history, const reco_replay_options_t *options,
    const uint32_t *births, uint32_t begin)
{
    uint64_t unmet;
    uint32_t s, first, extended;

    first = history->nsessions
            - (uint32_t) ((double) history->nsessions * options->share);
    unmet = 0;
    extended = begin;

    for (s = history->nsessions; s > first && s > 0; s--) {
        if (s <= begin && unmet >= UNMET_CASES) {
            break;
        }
        unmet += births[s - 1];
        if (s <= begin && births[s - 1] > 0) {
            extended = s - 1;
        }
    }

    return extended;
}


/* A byte for each item: did anybody meet it in before? */
static uint8_t *
find_met(const reco_history_t *before)
{
    uint64_t event;
    uint8_t *met;

    met = calloc((size_t) before->nitems + 1, 1);
    for (event = before->offsets[0];
         met != NULL && event < before->offsets[before->nsessions]; event++)
    {
        met[before->items[event]] = 1;
    }

    return met;
}


static int
is_unmet(const reco_replay_t *replay, const reco_replay_options_t *options,
    const uint8_t *met, uint64_t number)
{
    uint32_t item;

    item = replay->cases.items[replay->cases.cases[number].truth];

    return !met[item] && is_described(&options->items[item]);
}


/* Cases that end in what nobody has met stay; of the others, the limit. */
static reco_status_t
thin_met(reco_replay_t *replay, const reco_replay_options_t *options,
    const uint8_t *met)
{
    reco_cases_t *cases = &replay->cases;
    uint64_t i, kept, nmet, passed;
    double share, before;

    nmet = 0;
    for (i = 0; i < cases->ncases; i++) {
        nmet += !is_unmet(replay, options, met, i);
    }
    if (nmet == cases->ncases) {
        reco_cases_thin(cases, options->limit);
        return RECO_OK;
    }

    share = nmet > options->limit ? (double) options->limit / (double) nmet : 1;
    replay->weights = malloc((cases->ncases + 1) * sizeof(float));
    if (replay->weights == NULL) {
        return RECO_NOMEM;
    }

    kept = 0;
    passed = 0;
    for (i = 0; i < cases->ncases; i++) {
        if (is_unmet(replay, options, met, i)) {
            replay->weights[kept] = (float) share;
        } else {
            before = floor((double) passed++ * share);
            if (floor((double) passed * share) == before) {
                continue;
            }
            replay->weights[kept] = 1;
        }
        cases->cases[kept++] = cases->cases[i];
    }
    cases->ncases = kept;

    return RECO_OK;
}


static reco_status_t
thin(reco_replay_t *replay, const reco_replay_options_t *options)
{
    reco_status_t status;
    uint8_t *met;

    if (options->items == NULL) {
        reco_cases_thin(&replay->cases, options->limit);
        return RECO_OK;
    }

    met = find_met(&replay->before);
    status = met != NULL ? thin_met(replay, options, met) : RECO_NOMEM;
    free(met);

    return status;
}


static reco_status_t
split_time(reco_replay_t *replay, const reco_history_t *history,
    const reco_replay_options_t *options, reco_error_t *error)
{
    reco_history_t tail;
    reco_status_t status;
    uint32_t begin, *births;

    begin = tail_begin(history, options);
    if (options->items != NULL) {
        births = count_births(history, options->items);
        if (births == NULL) {
            return reco_error_set(
                error, RECO_NOMEM, "out of memory for a replay");
        }
        begin = extend_tail(history, options, births, begin);
        free(births);
    }

    reco_history_slice(history, 0, begin, &replay->before);
    reco_history_slice(history, begin, history->nsessions, &tail);
    status = reco_cases_build(&replay->cases, options->protocol,
        &replay->before, &tail, options->profiles, error);
    if (status == RECO_OK && thin(replay, options) != RECO_OK) {
        status =
            reco_error_set(error, RECO_NOMEM, "out of memory for a replay");
    }

    return status;
}


typedef struct {
    const reco_history_t *history;
    const reco_replay_options_t *options;
    uint32_t *counts;  /* events of each user */
    uint32_t *indexes; /* how many of them were passed */
    uint8_t *asked;    /* of each user */
    reco_history_t hidden;
} hiding_t;


/* Users with enough items, thinned to the limit. */
static void
choose_users(hiding_t *hiding, reco_random_t *random)
{
    const reco_history_t *history = hiding->history;
    uint64_t eligible;
    uint32_t s, u;
    double share;

    for (s = 0; s < history->nsessions; s++) {
        hiding->counts[history->users[s]] +=
            (uint32_t) (history->offsets[s + 1] - history->offsets[s]);
    }

    eligible = 0;
    for (u = 0; u < history->nusers; u++) {
        eligible += hiding->counts[u] >= USER_ITEMS_MIN;
    }

    share =
        eligible > 0 ? (double) hiding->options->limit / (double) eligible : 0;
    for (u = 0; u < history->nusers; u++) {
        hiding->asked[u] = hiding->counts[u] >= USER_ITEMS_MIN
                           && reco_random_unit(random) < share;
    }
}


static int
hides(const hiding_t *hiding, uint32_t user, reco_random_t *random)
{
    uint32_t left;

    if (!hiding->asked[user]) {
        return 0;
    }

    left = hiding->counts[user] - hiding->indexes[user];

    return hiding->options->protocol == RECO_PROTOCOL_LEAVE_LAST
               ? left == 1
               : reco_random_unit(random) < hiding->options->share;
}


/* What stays to the front of rows, in order; what is hidden to the back,
   backwards.  Returns how many stay. */
static uint64_t
part_events(hiding_t *hiding, reco_history_row_t *rows, reco_random_t *random)
{
    const reco_history_t *history = hiding->history;
    uint64_t event, kept, hidden;
    uint32_t s, user;

    kept = 0;
    hidden = history->nevents;

    for (s = 0; s < history->nsessions; s++) {
        user = history->users[s];
        for (event = history->offsets[s]; event < history->offsets[s + 1];
             event++) {
            reco_history_row(history, s, event,
                hides(hiding, user, random) ? &rows[--hidden] : &rows[kept++]);
            hiding->indexes[user]++;
        }
    }

    return kept;
}


static void
turn(reco_history_row_t *rows, uint64_t count)
{
    reco_history_row_t held;
    uint64_t i;

    for (i = 0; i < count / 2; i++) {
        held = rows[i];
        rows[i] = rows[count - 1 - i];
        rows[count - 1 - i] = held;
    }
}


/* Sessions may end earlier without what is hidden: both parts are put in
   order anew. */
static reco_status_t
hide(reco_replay_t *replay, hiding_t *hiding, reco_history_row_t *rows,
    reco_random_t *random, reco_error_t *error)
{
    const reco_history_t *history = hiding->history;
    reco_status_t status;
    uint64_t kept;

    choose_users(hiding, random);
    kept = part_events(hiding, rows, random);
    turn(rows + kept, history->nevents - kept);

    status = reco_history_build(&replay->before, rows, kept, history->nsessions,
        history->nitems, history->nusers, 0, error);
    if (status != RECO_OK) {
        return status;
    }

    replay->owned = 1;
    replay->before.sequence = history->sequence;

    return reco_history_build(&hiding->hidden, rows + kept,
        history->nevents - kept, history->nsessions, history->nitems,
        history->nusers, 0, error);
}


static reco_status_t
split_users(reco_replay_t *replay, const reco_history_t *history,
    const reco_replay_options_t *options, reco_error_t *error)
{
    reco_random_t random = {.state = options->seed};
    hiding_t hiding = {.history = history, .options = options};
    reco_history_row_t *rows;
    reco_status_t status;
    size_t nusers;

    nusers = (size_t) history->nusers + 1;
    hiding.counts = calloc(nusers, sizeof(uint32_t));
    hiding.indexes = calloc(nusers, sizeof(uint32_t));
    hiding.asked = calloc(nusers, 1);
    rows = malloc((history->nevents + 1) * sizeof(reco_history_row_t));

    if (hiding.counts == NULL || hiding.indexes == NULL || hiding.asked == NULL
        || rows == NULL)
    {
        status =
            reco_error_set(error, RECO_NOMEM, "out of memory for a replay");
    } else {
        status = hide(replay, &hiding, rows, &random, error);
    }
    free(rows);

    if (status == RECO_OK) {
        status = reco_cases_build(&replay->cases, options->protocol,
            &replay->before, &hiding.hidden, 1, error);
    }

    reco_history_done(&hiding.hidden);
    free(hiding.counts);
    free(hiding.indexes);
    free(hiding.asked);

    return status;
}


reco_status_t
reco_replay_split(reco_replay_t *replay, const reco_history_t *history,
    const reco_replay_options_t *options, reco_error_t *error)
{
    reco_status_t status;

    memset(replay, 0, sizeof(*replay));

    status = options->protocol == RECO_PROTOCOL_HELDOUT
                     || options->protocol == RECO_PROTOCOL_LEAVE_LAST
                 ? split_users(replay, history, options, error)
                 : split_time(replay, history, options, error);
    if (status != RECO_OK) {
        reco_replay_done(replay);
    }

    return status;
}


void
reco_replay_done(reco_replay_t *replay)
{
    if (replay->owned) {
        reco_history_done(&replay->before);
    }
    reco_cases_done(&replay->cases);
    free(replay->weights);
    memset(replay, 0, sizeof(*replay));
}
