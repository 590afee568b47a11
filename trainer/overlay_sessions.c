#include "overlay_sessions.h"

#include <stdlib.h>
#include <string.h>

#define NO_SESSION  UINT32_MAX
#define ITEMS_FIRST 4


reco_status_t
reco_overlay_sessions_init(
    reco_overlay_sessions_t *sessions, uint32_t max, uint32_t gap)
{
    memset(sessions, 0, sizeof(*sessions));

    sessions->max = max;
    sessions->gap = gap;
    sessions->sessions =
        calloc(2 * (size_t) max, sizeof(reco_overlay_session_t));

    return sessions->sessions != NULL ? RECO_OK : RECO_NOMEM;
}


static void
session_done(reco_overlay_session_t *session)
{
    free(session->items);
    free(session->weights);
}


void
reco_overlay_sessions_done(reco_overlay_sessions_t *sessions)
{
    uint32_t i;

    for (i = 0; i < sessions->nsessions; i++) {
        session_done(&sessions->sessions[i]);
    }

    free(sessions->sessions);
    free(sessions->latest);
    memset(sessions, 0, sizeof(*sessions));
}


static int
by_time(const void *one, const void *other)
{
    const reco_overlay_session_t *a = one;
    const reco_overlay_session_t *b = other;

    if (a->time != b->time) {
        return a->time < b->time ? -1 : 1;
    }

    return a->visitor < b->visitor ? -1 : a->visitor > b->visitor;
}


/* Sorts by the last event, gives up all but the newest max. */
static void
drop_oldest(reco_overlay_sessions_t *sessions)
{
    uint32_t i, surplus;

    qsort(sessions->sessions, sessions->nsessions, sizeof(*sessions->sessions),
        by_time);

    surplus = sessions->nsessions > sessions->max
                  ? sessions->nsessions - sessions->max
                  : 0;

    for (i = 0; i < surplus; i++) {
        session_done(&sessions->sessions[i]);
    }

    sessions->nsessions -= surplus;
    memmove(sessions->sessions, sessions->sessions + surplus,
        sessions->nsessions * sizeof(*sessions->sessions));

    memset(sessions->latest, 0xff, sessions->nlatest * sizeof(uint32_t));
    for (i = 0; i < sessions->nsessions; i++) {
        sessions->latest[sessions->sessions[i].visitor] = i;
    }
}


static reco_status_t
make_room_for_visitor(reco_overlay_sessions_t *sessions, uint32_t visitor)
{
    uint32_t *latest;
    size_t size;

    if (visitor < sessions->nlatest) {
        return RECO_OK;
    }

    size = (size_t) visitor + visitor / 2 + 1024;
    if (size >= NO_SESSION) {
        return RECO_NOMEM;
    }

    latest = realloc(sessions->latest, size * sizeof(uint32_t));
    if (latest == NULL) {
        return RECO_NOMEM;
    }

    memset(latest + sessions->nlatest, 0xff,
        (size - sessions->nlatest) * sizeof(uint32_t));
    sessions->latest = latest;
    sessions->nlatest = (uint32_t) size;

    return RECO_OK;
}


static reco_status_t
make_room_for_item(reco_overlay_session_t *session)
{
    uint32_t *items;
    float *weights;
    uint32_t size;

    if (session->nitems < session->size) {
        return RECO_OK;
    }

    /* Session kNN looks at the last items only. */
    if (session->nitems == RECO_SNAPSHOT_SESSION_MAX) {
        session->nitems--;
        memmove(session->items, session->items + 1,
            session->nitems * sizeof(uint32_t));
        memmove(session->weights, session->weights + 1,
            session->nitems * sizeof(float));
        return RECO_OK;
    }

    size = session->size == 0 ? ITEMS_FIRST : 2 * session->size;
    if (size > RECO_SNAPSHOT_SESSION_MAX) {
        size = RECO_SNAPSHOT_SESSION_MAX;
    }

    items = realloc(session->items, size * sizeof(uint32_t));
    if (items == NULL) {
        return RECO_NOMEM;
    }
    session->items = items;

    weights = realloc(session->weights, size * sizeof(float));
    if (weights == NULL) {
        return RECO_NOMEM;
    }
    session->weights = weights;
    session->size = size;

    return RECO_OK;
}


/* The same visit, as history has it: named alike, or without a gap. */
static int
continues(const reco_overlay_sessions_t *sessions,
    const reco_overlay_session_t *session, const reco_overlay_act_t *act)
{
    if (session->name != act->name) {
        return 0;
    }

    return act->name != 0 || act->time <= session->time
           || act->time - session->time <= sessions->gap;
}


static uint32_t
find(const reco_overlay_sessions_t *sessions, const reco_overlay_act_t *act)
{
    uint32_t index;

    index = act->visitor < sessions->nlatest ? sessions->latest[act->visitor]
                                             : NO_SESSION;

    return index != NO_SESSION
                   && continues(sessions, &sessions->sessions[index], act)
               ? index
               : NO_SESSION;
}


const reco_overlay_session_t *
reco_overlay_sessions_find(
    const reco_overlay_sessions_t *sessions, const reco_overlay_act_t *act)
{
    uint32_t index;

    index = find(sessions, act);

    return index != NO_SESSION ? &sessions->sessions[index] : NULL;
}


/* The visitor's session that act belongs to, a new one if need be. */
static reco_overlay_session_t *
session_of(reco_overlay_sessions_t *sessions, const reco_overlay_act_t *act)
{
    reco_overlay_session_t *session;
    uint32_t index;

    index = find(sessions, act);
    if (index != NO_SESSION) {
        return &sessions->sessions[index];
    }

    if (sessions->nsessions == 2 * sessions->max) {
        drop_oldest(sessions);
    }

    index = sessions->nsessions++;
    sessions->latest[act->visitor] = index;

    session = &sessions->sessions[index];
    memset(session, 0, sizeof(*session));
    session->visitor = act->visitor;
    session->name = act->name;
    session->time = act->time;

    return session;
}


reco_status_t
reco_overlay_sessions_add(
    reco_overlay_sessions_t *sessions, const reco_overlay_act_t *act)
{
    reco_overlay_session_t *session;

    if (make_room_for_visitor(sessions, act->visitor) != RECO_OK) {
        return RECO_NOMEM;
    }

    session = session_of(sessions, act);

    if (act->time > session->time) {
        session->time = act->time;
    }

    /* A view and the click on it, a page loaded again: one visit. */
    if (session->nitems > 0 && session->items[session->nitems - 1] == act->item)
    {
        if (act->weight > session->weights[session->nitems - 1]) {
            session->weights[session->nitems - 1] = act->weight;
        }
        return RECO_OK;
    }

    if (make_room_for_item(session) != RECO_OK) {
        return RECO_NOMEM;
    }

    session->items[session->nitems] = act->item;
    session->weights[session->nitems] = act->weight;
    session->nitems++;

    return RECO_OK;
}


reco_status_t
reco_overlay_sessions_collect(
    reco_overlay_sessions_t *sessions, reco_snapshot_sessions_t *out)
{
    const reco_overlay_session_t *session;
    uint32_t *items, *times, i;
    uint64_t *offsets, total;
    float *weights;

    memset(out, 0, sizeof(*out));
    if (sessions->nsessions == 0) {
        return RECO_OK;
    }

    drop_oldest(sessions);

    total = 0;
    for (i = 0; i < sessions->nsessions; i++) {
        total += sessions->sessions[i].nitems;
    }

    offsets = malloc(((size_t) sessions->nsessions + 1) * sizeof(uint64_t));
    items = malloc((total + 1) * sizeof(uint32_t));
    weights = malloc((total + 1) * sizeof(float));
    times = malloc(sessions->nsessions * sizeof(uint32_t));

    out->offsets = offsets;
    out->items = items;
    out->weights = weights;
    out->times = times;

    if (offsets == NULL || items == NULL || weights == NULL || times == NULL) {
        reco_overlay_sessions_free(out);
        return RECO_NOMEM;
    }

    total = 0;
    for (i = 0; i < sessions->nsessions; i++) {
        session = &sessions->sessions[i];
        offsets[i] = total;
        times[i] = session->time;
        memcpy(
            items + total, session->items, session->nitems * sizeof(uint32_t));
        memcpy(
            weights + total, session->weights, session->nitems * sizeof(float));
        total += session->nitems;
    }
    offsets[i] = total;
    out->nsessions = sessions->nsessions;

    return RECO_OK;
}


void
reco_overlay_sessions_free(reco_snapshot_sessions_t *out)
{
    free((void *) out->offsets);
    free((void *) out->items);
    free((void *) out->weights);
    free((void *) out->times);
    memset(out, 0, sizeof(*out));
}
