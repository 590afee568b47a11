/*
 * A visitor's profile to bytes and back.
 */

#include "reco_engine_profile.h"

#include <math.h>
#include <string.h>

#define PROFILE_VERSION 1
#define PROFILE_HEAD    40
#define PROFILE_SUMMED  24 /* where the bytes under the checksum begin */
#define PROFILE_EVENT   17
#define PROFILE_SEEN    9
#define PROFILE_TYPES   32 /* values of an event's type that make sense */

static const char profile_magic[4] = {'R', 'E', 'C', 'P'};


/* -- numbers ------------------------------------------------------------- */

static uint8_t *
profile_put(uint8_t *p, uint64_t value, unsigned bytes)
{
    unsigned i;

    for (i = 0; i < bytes; i++) {
        *p++ = (uint8_t) (value >> 8 * i);
    }

    return p;
}


static uint64_t
profile_get(const uint8_t *p, unsigned bytes)
{
    uint64_t value;
    unsigned i;

    value = 0;

    for (i = 0; i < bytes; i++) {
        value |= (uint64_t) p[i] << 8 * i;
    }

    return value;
}


/* -- the parts ----------------------------------------------------------- */

static size_t
profile_length(size_t nevents, size_t nseen, size_t ncounters, size_t nbase,
    size_t dimensions)
{
    return PROFILE_HEAD + nevents * PROFILE_EVENT + nseen * PROFILE_SEEN
           + ncounters * sizeof(uint32_t) + nbase + dimensions * sizeof(float);
}


/* What is true of every profile that is worth storing. */
static int
profile_is_sound(const reco_engine_profile_t *profile)
{
    unsigned i;
    const reco_engine_event_t *event;
    const reco_engine_session_t *session;

    session = &profile->session;

    if (session->nevents > RECO_ENGINE_EVENTS_MAX
        || session->nseen > RECO_ENGINE_SEEN_MAX
        || profile->nbase > RECO_ENGINE_PROFILE_BASE_MAX
        || profile->dimensions > RECO_SNAPSHOT_DIMENSIONS_MAX
        || (profile->dimensions != 0 && profile->nbase == 0))
    {
        return 0;
    }

    for (i = 0; i < session->nevents; i++) {
        event = reco_engine_session_event(session, i);

        if (event->item == 0 || event->type >= PROFILE_TYPES) {
            return 0;
        }
    }

    for (i = 0; i < session->nseen; i++) {
        if (session->seen[i] == 0 || session->shown[i] == 0) {
            return 0;
        }
    }

    for (i = 0; i < profile->dimensions; i++) {
        if (!isfinite(profile->vector[i])) {
            return 0;
        }
    }

    return 1;
}


/* The ring of seen items, so that the one to be replaced next comes first. */
static uint8_t *
profile_put_seen(uint8_t *p, const reco_engine_session_t *session)
{
    unsigned i, place;

    for (i = 0; i < session->nseen; i++) {
        place = session->nseen == RECO_ENGINE_SEEN_MAX
                    ? (session->next_seen + i) % RECO_ENGINE_SEEN_MAX
                    : i;
        p = profile_put(p, session->seen[place], 8);
        *p++ = session->shown[place];
    }

    return p;
}


static uint8_t *
profile_put_session(uint8_t *p, const reco_engine_session_t *session)
{
    unsigned i;
    const reco_engine_event_t *event;

    for (i = 0; i < session->nevents; i++) {
        event = reco_engine_session_event(session, i);
        p = profile_put(p, event->item, 8);
        p = profile_put(p, event->time, 4);
        p = profile_put(p, event->dwell, 4);
        *p++ = event->type;
    }

    return profile_put_seen(p, session);
}


static const uint8_t *
profile_get_session(const uint8_t *p, reco_engine_session_t *session)
{
    unsigned i;
    reco_engine_event_t *event;

    for (i = 0; i < session->nevents; i++, p += PROFILE_EVENT) {
        event = &session->events[i];
        event->item = profile_get(p, 8);
        event->time = (uint32_t) profile_get(p + 8, 4);
        event->dwell = (uint32_t) profile_get(p + 12, 4);
        event->type = p[16];
    }

    for (i = 0; i < session->nseen; i++, p += PROFILE_SEEN) {
        session->seen[i] = profile_get(p, 8);
        session->shown[i] = p[8];
    }

    session->next_seen = session->nseen % RECO_ENGINE_SEEN_MAX;

    return p;
}


/* -- the record ---------------------------------------------------------- */

reco_status_t
reco_engine_profile_encode(
    const reco_engine_profile_t *profile, void *out, size_t size, size_t *len)
{
    uint8_t *start, *p;
    unsigned i;
    uint32_t bits;
    const reco_engine_session_t *session;

    session = &profile->session;

    if (!profile_is_sound(profile)) {
        return RECO_INVALID;
    }

    *len = profile_length(session->nevents, session->nseen,
        RECO_ENGINE_PROFILE_COUNTERS, profile->nbase, profile->dimensions);

    if (*len > size) {
        return RECO_TOO_LARGE;
    }

    start = out;
    memcpy(start, profile_magic, sizeof(profile_magic));
    p = profile_put(start + sizeof(profile_magic), PROFILE_VERSION, 2);
    p = profile_put(p, profile->nbase, 2);
    p = profile_put(p, *len, 4);
    p = profile_put(p, session->nevents, 2);
    p = profile_put(p, session->nseen, 2);
    p = profile_put(p, 0, 8);
    p = profile_put(p, (uint64_t) profile->updated, 8);
    p = profile_put(p, profile->dimensions, 2);
    p = profile_put(p, RECO_ENGINE_PROFILE_COUNTERS, 2);
    p = profile_put(p, 0, 4);
    p = profile_put_session(p, session);

    for (i = 0; i < RECO_ENGINE_PROFILE_COUNTERS; i++) {
        p = profile_put(p, profile->counters[i], 4);
    }

    memcpy(p, profile->base, profile->nbase);
    p += profile->nbase;

    for (i = 0; i < profile->dimensions; i++) {
        memcpy(&bits, &profile->vector[i], sizeof(bits));
        p = profile_put(p, bits, 4);
    }

    (void) profile_put(start + 16,
        reco_hash(start + PROFILE_SUMMED, *len - PROFILE_SUMMED), 8);

    return RECO_OK;
}


/* The head, against the length of all; *ncounters is what it says. */
static reco_status_t
profile_get_head(const uint8_t *in, size_t len, reco_engine_profile_t *profile,
    size_t *ncounters)
{
    if (len < PROFILE_HEAD
        || memcmp(in, profile_magic, sizeof(profile_magic)) != 0) {
        return RECO_CORRUPT;
    }

    if (profile_get(in + 4, 2) != PROFILE_VERSION) {
        return RECO_UNSUPPORTED;
    }

    profile->nbase = profile_get(in + 6, 2);
    profile->session.nevents = (uint32_t) profile_get(in + 12, 2);
    profile->session.nseen = (uint32_t) profile_get(in + 14, 2);
    profile->updated = (int64_t) profile_get(in + 24, 8);
    profile->dimensions = (uint32_t) profile_get(in + 32, 2);
    *ncounters = profile_get(in + 34, 2);

    if (profile->nbase > RECO_ENGINE_PROFILE_BASE_MAX
        || profile->session.nevents > RECO_ENGINE_EVENTS_MAX
        || profile->session.nseen > RECO_ENGINE_SEEN_MAX
        || profile->dimensions > RECO_SNAPSHOT_DIMENSIONS_MAX
        || *ncounters > RECO_ENGINE_PROFILE_COUNTERS
        || profile_get(in + 36, 4) != 0 || profile_get(in + 8, 4) != len
        || profile_length(profile->session.nevents, profile->session.nseen,
               *ncounters, profile->nbase, profile->dimensions)
               != len)
    {
        return RECO_CORRUPT;
    }

    return profile_get(in + 16, 8)
                   == reco_hash(in + PROFILE_SUMMED, len - PROFILE_SUMMED)
               ? RECO_OK
               : RECO_CORRUPT;
}


reco_status_t
reco_engine_profile_decode(
    const void *in, size_t len, reco_engine_profile_t *profile)
{
    size_t i, ncounters;
    uint32_t bits;
    reco_status_t status;
    const uint8_t *p;

    memset(profile, 0, sizeof(*profile));

    status = profile_get_head(in, len, profile, &ncounters);
    if (status != RECO_OK) {
        return status;
    }

    p = profile_get_session(
        (const uint8_t *) in + PROFILE_HEAD, &profile->session);

    for (i = 0; i < ncounters; i++, p += 4) {
        profile->counters[i] = (uint32_t) profile_get(p, 4);
    }

    memcpy(profile->base, p, profile->nbase);
    p += profile->nbase;

    for (i = 0; i < profile->dimensions; i++, p += 4) {
        bits = (uint32_t) profile_get(p, 4);
        memcpy(&profile->vector[i], &bits, sizeof(bits));
    }

    return profile_is_sound(profile) ? RECO_OK : RECO_CORRUPT;
}
