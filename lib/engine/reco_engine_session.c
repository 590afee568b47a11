/*
 * The visitor's record: what happened last, and what was shown.
 */

#include "reco_engine.h"

#include <string.h>


/* Records come from shared memory: a count may be anything. */
static void
session_repair(reco_engine_session_t *session)
{
    if (session->nevents > RECO_ENGINE_EVENTS_MAX) {
        session->nevents = RECO_ENGINE_EVENTS_MAX;
    }

    if (session->nseen > RECO_ENGINE_SEEN_MAX) {
        session->nseen = RECO_ENGINE_SEEN_MAX;
    }

    if (session->next_seen >= RECO_ENGINE_SEEN_MAX) {
        session->next_seen = 0;
    }

    if (session->nevents < RECO_ENGINE_EVENTS_MAX
        || session->oldest >= RECO_ENGINE_EVENTS_MAX)
    {
        session->oldest = 0;
    }
}


static reco_engine_event_t *
session_event(reco_engine_session_t *session, unsigned i)
{
    return (reco_engine_event_t *) reco_engine_session_event(session, i);
}


static void
session_append(reco_engine_session_t *session, const reco_engine_event_t *event)
{
    if (session->nevents < RECO_ENGINE_EVENTS_MAX) {
        session->events[session->nevents++] = *event;
        return;
    }

    session->events[session->oldest] = *event;
    session->oldest = (session->oldest + 1) % RECO_ENGINE_EVENTS_MAX;
}


void
reco_engine_session_apply(
    reco_engine_session_t *session, const reco_engine_event_t *event)
{
    unsigned i;
    reco_engine_event_t *last;

    session_repair(session);

    if (event->item == 0) {
        return;
    }

    /* Active time belongs to the view that it was spent in. */
    if (event->type == RECO_ENGINE_EVENT_DWELL) {
        for (i = session->nevents; i-- > 0;) {
            last = session_event(session, i);

            if (last->item == event->item) {
                if (event->dwell > last->dwell) {
                    last->dwell = event->dwell;
                }
                return;
            }
        }
    }

    if (session->nevents != 0) {
        last = session_event(session, session->nevents - 1);

        if (last->item == event->item && last->type == event->type) {
            last->time = event->time;

            if (event->dwell > last->dwell) {
                last->dwell = event->dwell;
            }
            return;
        }
    }

    session_append(session, event);
}


void
reco_engine_session_keep(reco_engine_session_t *session, unsigned nevents)
{
    unsigned i;
    reco_engine_session_t all;

    session_repair(session);

    if (nevents >= session->nevents) {
        return;
    }

    all = *session;
    session->nevents = nevents;
    session->oldest = 0; /* of a ring that is not full */

    for (i = 0; i < nevents; i++) {
        session->events[i] = *session_event(&all, i);
    }
}


void
reco_engine_session_shown(
    reco_engine_session_t *session, const uint64_t *items, unsigned nitems)
{
    unsigned i, place;

    session_repair(session);

    for (i = 0; i < nitems; i++) {
        for (place = 0; place < session->nseen; place++) {
            if (session->seen[place] == items[i]) {
                break;
            }
        }

        if (place < session->nseen) {
            session->shown[place] += session->shown[place] < UINT8_MAX;
            continue;
        }

        place = session->next_seen;
        session->seen[place] = items[i];
        session->shown[place] = 1;
        session->next_seen = (place + 1) % RECO_ENGINE_SEEN_MAX;
        session->nseen += session->nseen < RECO_ENGINE_SEEN_MAX;
    }
}
