#include "protocol.h"

#include <stdlib.h>
#include <string.h>


const char *const reco_protocols[] = {
    [RECO_PROTOCOL_NEXT] = "next",
    [RECO_PROTOCOL_NOVEL] = "novel",
    [RECO_PROTOCOL_HELDOUT] = "heldout",
    [RECO_PROTOCOL_LEAVE_LAST] = "leave-last",
    NULL,
};


static void
copy_session(
    reco_cases_t *cases, uint64_t *at, const reco_history_t *from, uint32_t s)
{
    uint64_t event;

    for (event = from->offsets[s]; event < from->offsets[s + 1]; event++) {
        cases->items[*at] = from->items[event];
        cases->times[*at] = from->times[event];
        cases->dwells[*at] = from->dwells[event];
        cases->types[*at] = from->types[event];
        (*at)++;
    }
}


/* Is the item of an event among those of [begin, event)? */
static int
occurred(const reco_cases_t *cases, uint64_t begin, uint64_t event)
{
    uint64_t i;

    for (i = begin; i < event; i++) {
        if (cases->items[i] == cases->items[event]) {
            return 1;
        }
    }

    return 0;
}


/* The cases of one test session whose events are [session, end). */
static void
add_cases(reco_cases_t *cases, uint64_t history, uint64_t session, uint64_t end)
{
    reco_case_t *which;
    uint64_t truth, before;

    before = cases->ncases;

    switch (cases->protocol) {
    case RECO_PROTOCOL_NEXT:
    case RECO_PROTOCOL_NOVEL:
        for (truth = session + 1; truth < end; truth++) {
            if (cases->protocol == RECO_PROTOCOL_NOVEL
                && occurred(cases, session, truth)) {
                continue;
            }
            which = &cases->cases[cases->ncases++];
            *which = (reco_case_t){history, session, truth, end, 0};
            which->group = cases->ngroups;
        }
        break;

    case RECO_PROTOCOL_HELDOUT:
        if (end > session) {
            which = &cases->cases[cases->ncases++];
            *which = (reco_case_t){history, history, session, end, 0};
            which->group = cases->ngroups;
        }
        break;

    default:
        if (end > history + 1) {
            which = &cases->cases[cases->ncases++];
            *which = (reco_case_t){history, history, end - 1, end, 0};
            which->group = cases->ngroups;
        }
        break;
    }

    cases->ngroups += cases->ncases > before;
}


/*
 * What a user's line in the test holds besides what the train part has: where
 * it repeats the whole of that (one file given twice), nothing is counted
 * twice.
 */
static uint64_t
drop_repeated(reco_cases_t *cases, uint64_t begin, uint64_t test, uint64_t end)
{
    uint64_t ntrain, ntest, n;

    ntrain = test - begin;
    ntest = end - test;
    n = ntrain < ntest ? ntrain : ntest;

    if (n < 2
        || memcmp(
               cases->items + begin, cases->items + test, n * sizeof(uint32_t))
               != 0)
    {
        return end;
    }

    memmove(
        cases->items + begin, cases->items + test, ntest * sizeof(uint32_t));
    memmove(
        cases->times + begin, cases->times + test, ntest * sizeof(uint32_t));

    return begin + ntest;
}


/* Sessions by user: user u's are order[starts[u] .. starts[u + 1]). */
static reco_status_t
sessions_by_user(
    const reco_history_t *history, uint32_t **starts, uint32_t **order)
{
    uint32_t s, u, *at;

    *starts = calloc((size_t) history->nusers + 2, sizeof(uint32_t));
    *order = malloc(((size_t) history->nsessions + 1) * sizeof(uint32_t));
    if (*starts == NULL || *order == NULL) {
        return RECO_NOMEM;
    }

    at = *starts + 1;
    for (s = 0; s < history->nsessions; s++) {
        at[history->users[s] + 1]++;
    }
    for (u = 0; u < history->nusers; u++) {
        at[u + 1] += at[u];
    }
    for (s = 0; s < history->nsessions; s++) {
        (*order)[at[history->users[s]]++] = s;
    }

    return RECO_OK;
}


typedef struct {
    const reco_history_t *train;
    const reco_history_t *test;
    uint32_t *train_starts;
    uint32_t *train_order;
    uint32_t *test_starts;
    uint32_t *test_order;
} split_t;


static void
add_user(reco_cases_t *cases, const split_t *split, uint32_t user, int profiles)
{
    uint64_t at, begin, session;
    uint32_t i;

    at = begin = cases->nevents;

    if (profiles && user < split->train->nusers) {
        for (i = split->train_starts[user]; i < split->train_starts[user + 1];
             i++) {
            copy_session(cases, &at, split->train, split->train_order[i]);
        }
    }

    for (i = split->test_starts[user]; i < split->test_starts[user + 1]; i++) {
        session = at;
        copy_session(cases, &at, split->test, split->test_order[i]);
        if (cases->protocol == RECO_PROTOCOL_LEAVE_LAST) {
            at = drop_repeated(cases, begin, session, at);
        }
        add_cases(cases, begin, session, at);
    }

    cases->nevents = at;
}


static reco_status_t
allocate(reco_cases_t *cases, uint64_t nevents, uint64_t ncases)
{
    cases->items = malloc((nevents + 1) * sizeof(uint32_t));
    cases->times = malloc((nevents + 1) * sizeof(uint32_t));
    cases->dwells = malloc((nevents + 1) * sizeof(uint32_t));
    cases->types = malloc(nevents + 1);
    cases->cases = malloc((ncases + 1) * sizeof(reco_case_t));

    if (cases->items == NULL || cases->times == NULL || cases->dwells == NULL
        || cases->types == NULL || cases->cases == NULL)
    {
        return RECO_NOMEM;
    }

    return RECO_OK;
}


reco_status_t
reco_cases_build(reco_cases_t *cases, reco_protocol_t protocol,
    const reco_history_t *train, const reco_history_t *test, int profiles,
    reco_error_t *error)
{
    split_t split = {.train = train, .test = test};
    reco_status_t status;
    uint32_t user;

    memset(cases, 0, sizeof(*cases));
    cases->protocol = protocol;

    status = sessions_by_user(train, &split.train_starts, &split.train_order);
    if (status == RECO_OK) {
        status = sessions_by_user(test, &split.test_starts, &split.test_order);
    }
    if (status == RECO_OK) {
        status = allocate(cases, train->nevents + test->nevents,
            test->nevents + test->nsessions);
    }

    if (status == RECO_OK) {
        for (user = 0; user < test->nusers; user++) {
            if (split.test_starts[user] < split.test_starts[user + 1]) {
                add_user(cases, &split, user, profiles);
            }
        }
    } else {
        reco_cases_done(cases);
        reco_error_set(error, status, "out of memory for the test's cases");
    }

    free(split.train_starts);
    free(split.train_order);
    free(split.test_starts);
    free(split.test_order);

    return status;
}


/* How many events of session s of train are not the test's session t. */
static uint64_t
kept_of(const reco_history_t *train, uint32_t s, const reco_history_t *test,
    uint32_t t)
{
    uint64_t length, cut;

    length = train->offsets[s + 1] - train->offsets[s];
    if (t == UINT32_MAX) {
        return length;
    }

    cut = test->offsets[t + 1] - test->offsets[t];

    return cut >= 2 && cut <= length
                   && memcmp(train->items + train->offsets[s],
                          test->items + test->offsets[t],
                          cut * sizeof(uint32_t))
                          == 0
               ? cut - 1
               : length;
}


/* Sessions end earlier then, and may come in another order. */
static reco_status_t
hide_lines(reco_history_t *train, const reco_history_t *test,
    const uint32_t *lines, reco_history_row_t *rows, reco_error_t *error)
{
    reco_history_t left;
    reco_status_t status;
    uint64_t event, end, nrows;
    uint32_t s;

    nrows = 0;
    for (s = 0; s < train->nsessions; s++) {
        event = train->offsets[s];
        end = event + kept_of(train, s, test, lines[train->users[s]]);
        for (; event < end; event++) {
            reco_history_row(train, s, event, &rows[nrows++]);
        }
    }

    status = reco_history_build(&left, rows, nrows, train->nsessions,
        train->nitems, train->nusers, 0, error);
    if (status == RECO_OK) {
        left.sequence = train->sequence;
        reco_history_done(train);
        *train = left;
    }

    return status;
}


reco_status_t
reco_cases_hide(
    reco_history_t *train, const reco_history_t *test, reco_error_t *error)
{
    reco_history_row_t *rows;
    reco_status_t status;
    uint32_t *lines, t;

    lines = malloc(((size_t) train->nusers + 1) * sizeof(uint32_t));
    rows = malloc((train->nevents + 1) * sizeof(reco_history_row_t));

    if (lines != NULL && rows != NULL) {
        memset(lines, 0xff, (size_t) train->nusers * sizeof(uint32_t));
        for (t = 0; t < test->nsessions; t++) {
            if (test->users[t] < train->nusers) {
                lines[test->users[t]] = t;
            }
        }
        status = hide_lines(train, test, lines, rows, error);
    } else {
        status = reco_error_set(error, RECO_NOMEM, "out of memory");
    }

    free(lines);
    free(rows);

    return status;
}


void
reco_cases_done(reco_cases_t *cases)
{
    free(cases->items);
    free(cases->times);
    free(cases->dwells);
    free(cases->types);
    free(cases->cases);
    memset(cases, 0, sizeof(*cases));
}


void
reco_cases_thin(reco_cases_t *cases, uint64_t limit)
{
    uint64_t i;

    if (cases->ncases <= limit) {
        return;
    }

    for (i = 0; i < limit; i++) {
        cases->cases[i] = cases->cases[(
            uint64_t) ((double) i * (double) cases->ncases / (double) limit)];
    }
    cases->ncases = limit;
}


static reco_status_t
reserve(reco_case_query_t *query, uint64_t count)
{
    reco_engine_event_t *history;
    uint64_t *excluded;

    if (count <= query->capacity) {
        return RECO_OK;
    }

    history = realloc(query->history, count * sizeof(*history));
    if (history == NULL) {
        return RECO_NOMEM;
    }
    query->history = history;

    excluded = realloc(query->excluded, count * sizeof(*excluded));
    if (excluded == NULL) {
        return RECO_NOMEM;
    }
    query->excluded = excluded;
    query->capacity = count;

    return RECO_OK;
}


static void
event_at(reco_engine_event_t *event, const reco_cases_t *cases, uint64_t at,
    const uint64_t *keys)
{
    memset(event, 0, sizeof(*event));
    event->item = keys[cases->items[at]];
    event->time = cases->times[at];
    event->dwell = cases->dwells[at];
    event->type = cases->types[at];
}


reco_status_t
reco_case_query(reco_case_query_t *query, const reco_cases_t *cases,
    const reco_case_t *which, const uint64_t *keys)
{
    reco_engine_query_t *out;
    reco_engine_event_t event;
    uint64_t session, i;
    int profile;

    profile = cases->protocol == RECO_PROTOCOL_HELDOUT
              || cases->protocol == RECO_PROTOCOL_LEAVE_LAST;
    session = which->session;
    if (which->truth - session > RECO_ENGINE_EVENTS_MAX) {
        session = which->truth - RECO_ENGINE_EVENTS_MAX;
    }

    if (reserve(query, which->truth - which->history + 1) != RECO_OK) {
        return RECO_NOMEM;
    }

    memset(&query->session, 0, sizeof(query->session));
    for (i = session; i < which->truth; i++) {
        event_at(&event, cases, i, keys);
        reco_engine_session_apply(&query->session, &event);
    }

    out = &query->query;
    memset(out, 0, sizeof(*out));
    out->session = &query->session;
    out->history = query->history;
    out->price_min = -1;
    out->price_max = -1;
    out->repeat = cases->protocol == RECO_PROTOCOL_NEXT;
    out->history_repeat = !profile;
    out->excluded = query->excluded;

    /* What no longer fits into the session record is known all the same. */
    for (i = which->history; i < session; i++) {
        event_at(&query->history[out->nhistory++], cases, i, keys);
        if (!out->repeat && (profile || i >= which->session)) {
            query->excluded[out->nexcluded++] = keys[cases->items[i]];
        }
    }

    if (which->truth > which->history) {
        out->now = cases->times[which->truth - 1];
        out->current = profile ? 0 : keys[cases->items[which->truth - 1]];
    }

    return RECO_OK;
}


void
reco_case_query_done(reco_case_query_t *query)
{
    free(query->history);
    free(query->excluded);
    memset(query, 0, sizeof(*query));
}
