/*
 * What the items of neighbour sessions get, written down one after the other
 * before it is added up: the variants of reco_engine_kernels_t.vote.
 */

#ifndef RECO_ENGINE_VOTE_H
#define RECO_ENGINE_VOTE_H

#include "reco_engine_kernels.h"
#include "snapshot/reco_snapshot.h"

#include <string.h>


#define RECO_ENGINE_VOTE_SPARE 16 /* what a wide register holds */

/* Room for a session more than this. */
#define RECO_ENGINE_VOTES_MAX 1024
#define RECO_ENGINE_VOTES_SPARE                                                \
    (RECO_SNAPSHOT_SESSION_MAX + RECO_ENGINE_VOTE_SPARE)

/*
 * What somebody gives, with who that is: of positive ones the larger, and of
 * equal ones the earlier's, is the larger number.  0: nothing, from nobody.
 */
typedef int64_t reco_engine_claim_t;

#define RECO_ENGINE_NOBODY UINT32_MAX

#define RECO_ENGINE_TURN_MAX 0xffffff


/* The lower half of a claim: whose turn it was, and an origin below 255 or
   NOBODY. */
static inline uint32_t
reco_engine_claimant(uint32_t turn, uint32_t origin)
{
    turn = turn < RECO_ENGINE_TURN_MAX ? turn : RECO_ENGINE_TURN_MAX;

    return (RECO_ENGINE_TURN_MAX - turn) << 8 | ((origin + 1) & 0xff);
}


static inline reco_engine_claim_t
reco_engine_claim(float value, uint32_t claimant)
{
    uint32_t bits;

    memcpy(&bits, &value, sizeof(bits));

    return (reco_engine_claim_t) ((uint64_t) bits << 32 | claimant);
}


static inline uint32_t
reco_engine_claim_origin(reco_engine_claim_t claim)
{
    return ((uint32_t) claim & 0xff) - 1;
}


typedef struct reco_engine_votes_s {
    unsigned count;
    uint32_t items[RECO_ENGINE_VOTES_MAX + RECO_ENGINE_VOTES_SPARE];
    float values[RECO_ENGINE_VOTES_MAX + RECO_ENGINE_VOTES_SPARE];
    reco_engine_claim_t claims[RECO_ENGINE_VOTES_MAX + RECO_ENGINE_VOTES_SPARE];
} reco_engine_votes_t;

/* A session that votes; of RECO_SNAPSHOT_SESSION_MAX items at most. */
typedef struct reco_engine_voter_s {
    const uint32_t *items;
    const uint8_t *weights; /* of the items; NULL: all 1 */
    float weight_scale;
    uint32_t count;
    uint32_t match; /* the item that it has in common with the visit */
    float weight;
    float before; /* weight of the items before the match */
    uint32_t claimant;
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
