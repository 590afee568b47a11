#include "model/occurrences.h"

#include <stdlib.h>
#include <string.h>


reco_status_t
reco_occurrences_build(reco_occurrences_t *occurrences,
    const reco_history_t *history, reco_error_t *error)
{
    uint64_t first, last, event, *cursors;
    uint32_t s, item;
    size_t n;

    first = history->offsets[0];
    last = history->offsets[history->nsessions];
    n = last > first ? last - first : 1;

    memset(occurrences, 0, sizeof(*occurrences));
    occurrences->history = history;
    occurrences->offsets =
        calloc((size_t) history->nitems + 2, sizeof(uint64_t));
    occurrences->positions = malloc(n * sizeof(uint32_t));
    occurrences->sessions = malloc(n * sizeof(uint32_t));
    if (occurrences->offsets == NULL || occurrences->positions == NULL
        || occurrences->sessions == NULL)
    {
        reco_occurrences_done(occurrences);
        return reco_error_set(error, RECO_NOMEM,
            "out of memory for the occurrences of %zu events", n);
    }

    /* Shifted by one: filling moves each cursor to its item's end. */
    cursors = occurrences->offsets + 1;
    for (event = first; event < last; event++) {
        cursors[history->items[event] + 1]++;
    }
    for (item = 0; item < history->nitems; item++) {
        cursors[item + 1] += cursors[item];
    }

    for (s = history->nsessions; s-- > 0;) {
        for (event = history->offsets[s]; event < history->offsets[s + 1];
             event++) {
            occurrences->sessions[event - first] = s;
            occurrences->positions[cursors[history->items[event]]++] =
                (uint32_t) event;
        }
    }

    return RECO_OK;
}


void
reco_occurrences_done(reco_occurrences_t *occurrences)
{
    free(occurrences->offsets);
    free(occurrences->positions);
    free(occurrences->sessions);
    memset(occurrences, 0, sizeof(*occurrences));
}
