/*
 * What the feature store keeps of a visitor, as bytes: the trainer writes it,
 * every node's workers read it.  Little-endian, nothing is aligned:
 *
 *      0  "RECP"
 *      4  u16  version, 1
 *      6  u16  length of the base's id
 *      8  u32  length of the record
 *     12  u16  events            16  u64  XXH3 of what follows, to the end
 *     14  u16  items seen        24  i64  ms since the epoch, of this record
 *     32  u16  dimensions        34  u16  counters
 *     36  u32  0
 *     40  events, oldest first:  u64 item, u32 time, u32 dwell, u8 type
 *         items seen:            u64 item, u8 how often
 *         counters:              u32 each
 *         the base's id
 *         the vector:            f32 each
 *
 * Every length is the sum of its parts; what says otherwise is refused.
 */

#ifndef RECO_ENGINE_PROFILE_H
#define RECO_ENGINE_PROFILE_H

#include "engine/reco_engine.h"


#define RECO_ENGINE_PROFILE_COUNTERS 16
#define RECO_ENGINE_PROFILE_BASE_MAX 128 /* bytes of a version's id */
#define RECO_ENGINE_PROFILE_SIZE_MAX                                           \
    (40 + RECO_ENGINE_EVENTS_MAX * 17 + RECO_ENGINE_SEEN_MAX * 9               \
        + RECO_ENGINE_PROFILE_COUNTERS * 4 + RECO_ENGINE_PROFILE_BASE_MAX      \
        + RECO_SNAPSHOT_DIMENSIONS_MAX * 4)

typedef struct {
    int64_t updated; /* ms since the epoch */
    reco_engine_session_t session;

    /* How many events of each reco_event_type_t the visitor has sent. */
    uint32_t counters[RECO_ENGINE_PROFILE_COUNTERS];

    /* The long-term vector, in the space of one base version's factors. */
    size_t nbase;
    char base[RECO_ENGINE_PROFILE_BASE_MAX]; /* its id, without a NUL */
    uint32_t dimensions;                     /* 0: there is no vector */
    float vector[RECO_SNAPSHOT_DIMENSIONS_MAX];
} reco_engine_profile_t;


/* RECO_INVALID: what no decoder would take.  RECO_TOO_LARGE: size is too
   small; RECO_ENGINE_PROFILE_SIZE_MAX never is. */
reco_status_t reco_engine_profile_encode(
    const reco_engine_profile_t *profile, void *out, size_t size, size_t *len);

/*
 * Reads a record from anywhere: no byte of it is believed.  RECO_CORRUPT; or
 * RECO_UNSUPPORTED, a version that is not known here; *profile is then without
 * meaning.
 */
reco_status_t reco_engine_profile_decode(
    const void *in, size_t len, reco_engine_profile_t *profile);

#endif /* RECO_ENGINE_PROFILE_H */
