#include "model/sessions.h"

#include <stdlib.h>
#include <string.h>


/* Building: where an item stands in the session in hand. */
typedef struct {
    uint32_t session; /* number + 1 of the session that it was seen in last */
    uint32_t place;
} mark_t;


void
reco_sessions_params_read(
    reco_sessions_params_t *params, const reco_config_t *config)
{
    params->limit = (uint32_t) reco_config_integer(config, "knn_sessions");
    params->longest = (uint32_t) reco_config_integer(config, "knn_longest");
}


static reco_status_t
allocate(reco_sessions_t *sessions, uint32_t nsessions, uint64_t nevents)
{
    sessions->offsets = calloc((size_t) nsessions + 1, sizeof(uint64_t));
    sessions->items = malloc((nevents + 1) * sizeof(uint32_t));
    sessions->weights = malloc((nevents + 1) * sizeof(float));
    sessions->times = malloc(((size_t) nsessions + 1) * sizeof(uint32_t));

    if (sessions->offsets == NULL || sessions->items == NULL
        || sessions->weights == NULL || sessions->times == NULL)
    {
        return RECO_NOMEM;
    }

    return RECO_OK;
}


/* Writes one session, latest item first; returns how many items it has. */
static uint32_t
collect(reco_sessions_t *sessions, uint64_t at, mark_t *marks,
    const reco_history_t *history, uint32_t s, const reco_weights_t *weights,
    uint32_t longest)
{
    uint64_t event, first;
    uint32_t count;
    float weight;
    mark_t *mark;

    first = history->offsets[0];
    count = 0;

    for (event = history->offsets[s + 1]; event-- > history->offsets[s];) {
        weight = weights->events[event - first];
        if (weight == 0) {
            continue;
        }

        mark = &marks[history->items[event]];
        if (mark->session == s + 1) {
            if (weight > sessions->weights[at + mark->place]) {
                sessions->weights[at + mark->place] = weight;
            }
            continue;
        }
        if (count == longest) {
            continue;
        }

        mark->session = s + 1;
        mark->place = count;
        sessions->items[at + count] = history->items[event];
        sessions->weights[at + count] = weight;
        count++;
    }

    return count;
}


static void
reverse(reco_sessions_t *sessions, uint64_t at, uint32_t count)
{
    uint64_t left, right;
    uint32_t item;
    float weight;

    if (count == 0) {
        return;
    }

    for (left = at, right = at + count - 1; left < right; left++, right--) {
        item = sessions->items[left];
        sessions->items[left] = sessions->items[right];
        sessions->items[right] = item;
        weight = sessions->weights[left];
        sessions->weights[left] = sessions->weights[right];
        sessions->weights[right] = weight;
    }
}


reco_status_t
reco_sessions_build(reco_sessions_t *sessions,
    const reco_sessions_params_t *params, const reco_history_t *history,
    const reco_weights_t *weights, reco_error_t *error)
{
    uint32_t s, begin, count;
    uint64_t at;
    mark_t *marks;

    memset(sessions, 0, sizeof(*sessions));
    begin = history->nsessions > params->limit
                ? history->nsessions - params->limit
                : 0;

    marks = calloc((size_t) history->nitems + 1, sizeof(mark_t));
    if (marks == NULL
        || allocate(sessions, history->nsessions - begin,
               history->offsets[history->nsessions] - history->offsets[begin])
               != RECO_OK)
    {
        free(marks);
        reco_sessions_done(sessions);
        return reco_error_set(error, RECO_NOMEM, "out of memory");
    }

    at = 0;
    for (s = begin; s < history->nsessions; s++) {
        count =
            collect(sessions, at, marks, history, s, weights, params->longest);
        if (count < 2) {
            continue;
        }
        reverse(sessions, at, count);
        at += count;
        sessions->times[sessions->nsessions++] =
            history->times[history->offsets[s + 1] - 1];
        sessions->offsets[sessions->nsessions] = at;
    }

    free(marks);

    return RECO_OK;
}


void
reco_sessions_done(reco_sessions_t *sessions)
{
    free(sessions->offsets);
    free(sessions->items);
    free(sessions->weights);
    free(sessions->times);
    memset(sessions, 0, sizeof(*sessions));
}
