/*
 * What the items of neighbour sessions get, written down one after the other
 * before it is added up: the variants of reco_engine_kernels_t.vote.
 */

#ifndef RECO_ENGINE_VOTE_H
#define RECO_ENGINE_VOTE_H

#include "reco_engine_kernels.h"
#include "snapshot/reco_snapshot.h"


#define RECO_ENGINE_VOTE_SPARE 16 /* what a wide register holds */

/* Room for a session more than this. */
#define RECO_ENGINE_VOTES_MAX 1024
#define RECO_ENGINE_VOTES_SPARE                                                \
    (RECO_SNAPSHOT_SESSION_MAX + RECO_ENGINE_VOTE_SPARE)

typedef struct reco_engine_votes_s {
    unsigned count;
    uint32_t items[RECO_ENGINE_VOTES_MAX + RECO_ENGINE_VOTES_SPARE];
    float values[RECO_ENGINE_VOTES_MAX + RECO_ENGINE_VOTES_SPARE];
    uint8_t places[RECO_ENGINE_VOTES_MAX + RECO_ENGINE_VOTES_SPARE];
} reco_engine_votes_t;

/* A session that votes; of RECO_SNAPSHOT_SESSION_MAX items at most. */
typedef struct reco_engine_voter_s {
    const uint32_t *items;
    const uint8_t *weights; /* of the items; NULL: all 1 */
    float weight_scale;
    uint32_t count;
    uint32_t match; /* the item that it has in common with the visit */
    float weight;
    float before;  /* weight of the items before the match */
    uint8_t place; /* of the match in the visit */
} reco_engine_voter_t;

/* distance: a factor for each distance from the match, negative before it, from
   -RECO_SNAPSHOT_SESSION_MAX on, and RECO_ENGINE_VOTES_SPARE of 0 and more. */
#define RECO_ENGINE_VOTE_VARIANT(name)                                         \
    unsigned reco_engine_vote_##name(reco_engine_votes_t *votes,               \
        const reco_engine_voter_t *voters, unsigned nvoters,                   \
        const float *distance)

RECO_ENGINE_VOTE_VARIANT(baseline);

#ifdef RECO_ENGINE_X86
RECO_ENGINE_VOTE_VARIANT(avx512);
#endif

#endif /* RECO_ENGINE_VOTE_H */
