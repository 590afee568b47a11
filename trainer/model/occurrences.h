/*
 * Where each item occurs in a history: the transposed columns that item models
 * walk.
 */

#ifndef RECO_OCCURRENCES_H
#define RECO_OCCURRENCES_H

#include "history.h"


/*
 * Item i occurs at events positions[offsets[i] .. offsets[i + 1]), latest
 * session first.  sessions tells each event's session; both index history's
 * columns.
 */
typedef struct {
    const reco_history_t *history; /* not owned */
    uint64_t *offsets;             /* nitems + 1 */
    uint32_t *positions;
    uint32_t *sessions; /* of event offsets[0] + i of history */
} reco_occurrences_t;

/* RECO_NOMEM. */
reco_status_t reco_occurrences_build(reco_occurrences_t *occurrences,
    const reco_history_t *history, reco_error_t *error);
void reco_occurrences_done(reco_occurrences_t *occurrences);

/* The session of an event. */
static inline uint32_t
reco_occurrences_session(
    const reco_occurrences_t *occurrences, uint64_t position)
{
    return occurrences->sessions[position - occurrences->history->offsets[0]];
}

#endif /* RECO_OCCURRENCES_H */
