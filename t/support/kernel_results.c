/*
 * A sum over what the engine's kernels make of pseudo-random input, a line for
 * each set that the processor has: t/kernels.t compares those of processors.
 */

#include "engine/reco_engine_score.h"
#include "engine/reco_engine_select.h"
#include "engine/reco_engine_vote.h"
#include "snapshot/reco_snapshot_view.h"

#include <stdio.h>
#include <stdlib.h>

#define DIMENSIONS_MAX 200
#define BLOCKS         8
#define KEYS           1200
#define VOTERS         250


typedef struct {
    uint64_t state;
    uint64_t sum;
} results_t;


static uint64_t
results_random(results_t *results)
{
    results->state = results->state * 6364136223846793005u + 1;

    return results->state >> 33;
}


static float
results_float(results_t *results)
{
    return (float) (int64_t) (results_random(results) % 20001) / 7919 - 1.2f;
}


static void
results_add(results_t *results, uint64_t value)
{
    results->sum = (results->sum ^ value) * 0x9e3779b97f4a7c15u;
    results->sum ^= results->sum >> 29;
}


static void
results_add_float(results_t *results, float value)
{
    uint32_t bits;

    memcpy(&bits, &value, sizeof(bits));
    results_add(results, bits);
}


/* Products and sums of vectors, at addresses that are not aligned. */
static void
results_vectors(results_t *results, unsigned set)
{
    float a[DIMENSIONS_MAX + 1], b[DIMENSIONS_MAX + 1], products[3];
    unsigned i, dimensions;
    const reco_engine_kernels_t *kernels;

    for (dimensions = 1; dimensions <= DIMENSIONS_MAX; dimensions++) {
        kernels = reco_engine_kernels_at(set, dimensions);

        for (i = 0; i <= DIMENSIONS_MAX; i++) {
            a[i] = results_float(results);
            b[i] = results_float(results);
        }

        results_add_float(results, kernels->dot(a + 1, b, dimensions));
        kernels->dots(a + 1, (const void *const[]){b, NULL, b + 1}, 3,
            dimensions, products);

        for (i = 0; i < 3; i++) {
            results_add_float(results, products[i]);
        }

        kernels->add(a, results_float(results), b + 1, dimensions);

        for (i = 0; i < dimensions; i++) {
            results_add_float(results, a[i]);
        }
    }
}


/* Products of bytes, for codes of each length. */
static void
results_codes(results_t *results, const reco_engine_kernels_t *kernels)
{
    float scale;
    unsigned i, count;
    uint32_t stride, block;
    uint64_t keys[BLOCKS * RECO_SNAPSHOT_BLOCK + RECO_ENGINE_SCAN_SPARE];
    static reco_engine_code_t query;
    static uint8_t blocks[BLOCKS * 4096];

    for (stride = 4; stride <= 128; stride += 4) {
        query.stride = stride;
        query.excess = 0;

        for (i = 0; i < stride; i++) {
            query.bytes[i] = (int8_t) (results_random(results) % 255 - 127);
            query.excess += 128 * query.bytes[i];
        }

        for (block = 0; block < BLOCKS; block++) {
            for (i = 0; i < reco_snapshot_block_size(stride); i++) {
                blocks[block * reco_snapshot_block_size(stride) + i] =
                    (uint8_t) results_random(results);
            }

            for (i = 0; i < RECO_SNAPSHOT_BLOCK; i++) {
                scale = 2 + results_float(results);
                memcpy(blocks + block * reco_snapshot_block_size(stride)
                           + i * sizeof(scale),
                    &scale, sizeof(scale));
            }
        }

        count = kernels->scan(&query, blocks, BLOCKS, 100, 1000, keys);
        results_add(results, count);

        for (i = 0; i < count; i++) {
            results_add(results, keys[i]);
        }
    }
}


static void
results_ranks(results_t *results, const reco_engine_kernels_t *kernels)
{
    unsigned i, count, wanted;
    uint64_t keys[KEYS];

    /* One more at first, more than are parted side by side at the end. */
    for (count = 1; count <= KEYS; count += 1 + count / 64) {
        for (i = 0; i < count; i++) {
            keys[i] = reco_engine_key(results_float(results), i);
        }

        wanted = reco_engine_select(kernels, keys, count, 1 + count * 2 / 3);

        /* Of equal candidates the one that comes first is taken. */
        for (i = 0; i < count; i++) {
            results_add(results, keys[i]);
        }

        reco_engine_sort(kernels, keys, wanted);

        for (i = 0; i < wanted; i++) {
            results_add(results, keys[i]);
        }
    }
}


/* Features of all kinds: small and large, 0, and below it. */
static void
results_scores(
    results_t *results, const reco_engine_kernels_t *kernels, int all)
{
    float weights[RECO_ENGINE_FEATURES_MAX];
    float scores[BLOCKS * RECO_ENGINE_LANES];
    unsigned i, feature, lane;
    reco_engine_terms_t terms;
    static reco_engine_block_t blocks[BLOCKS];

    for (feature = 0; feature < RECO_ENGINE_FEATURES_MAX; feature++) {
        weights[feature] = results_float(results);

        for (i = 0; i < BLOCKS * RECO_ENGINE_LANES; i++) {
            blocks[i / RECO_ENGINE_LANES]
                .features[feature][i % RECO_ENGINE_LANES] =
                results_random(results) % 3 != 0 ? results_float(results) : 0;
        }
    }

    terms = (reco_engine_terms_t){weights, 0.7f, 604800, all, all, all};
    kernels->score(blocks, BLOCKS, &terms, scores);

    for (i = 0; i < BLOCKS * RECO_ENGINE_LANES; i++) {
        results_add_float(results, scores[i]);
    }

    for (i = 0; i < BLOCKS; i++) {
        for (feature = 0; feature < RECO_ENGINE_FEATURES_MAX; feature++) {
            for (lane = 0; lane < RECO_ENGINE_LANES; lane++) {
                results_add_float(results, blocks[i].features[feature][lane]);
            }
        }
    }
}


typedef struct {
    uint32_t items[RECO_SNAPSHOT_SESSION_MAX];
    uint8_t weights[RECO_SNAPSHOT_SESSION_MAX];
} session_t;


/* A session of count items, with weights or without, whose match is anywhere in
   it or nowhere. */
static reco_engine_voter_t
results_voter(results_t *results, session_t *session, uint32_t count)
{
    unsigned i;
    reco_engine_voter_t voter;

    for (i = 0; i < count; i++) {
        session->items[i] = (uint32_t) results_random(results);
        session->weights[i] = (uint8_t) results_random(results);
    }

    i = (unsigned) (results_random(results) % (count + 1));
    voter.items = session->items;
    voter.weights = count % 3 == 0 ? session->weights : NULL;
    voter.weight_scale = results_float(results);
    voter.count = count;
    voter.match = i < count ? session->items[i] : 0;
    voter.weight = results_float(results);
    voter.before = results_float(results);
    voter.claimant = (uint32_t) results_random(results);

    return voter;
}


/* Sessions of every length; more of them than there is room for at a time. */
static void
results_votes(results_t *results, const reco_engine_kernels_t *kernels)
{
    unsigned i, first;
    float distance[RECO_SNAPSHOT_SESSION_MAX + RECO_ENGINE_VOTES_SPARE];
    static session_t sessions[VOTERS];
    static reco_engine_voter_t voters[VOTERS];
    static reco_engine_votes_t votes;

    for (i = 0; i < sizeof(distance) / sizeof(distance[0]); i++) {
        distance[i] = results_float(results);
    }

    for (i = 0; i < VOTERS; i++) {
        voters[i] = results_voter(
            results, &sessions[i], 1 + i % RECO_SNAPSHOT_SESSION_MAX);
    }

    for (first = 0; first < VOTERS;) {
        first += kernels->vote(&votes, voters + first, VOTERS - first,
            distance + RECO_SNAPSHOT_SESSION_MAX);
        results_add(results, first);
        results_add(results, votes.count);

        for (i = 0; i < votes.count; i++) {
            results_add(results, votes.items[i]);
            results_add_float(results, votes.values[i]);
            results_add(results, (uint64_t) votes.claims[i]);
        }
    }
}


int
main(void)
{
    unsigned set;
    results_t results;
    const reco_engine_kernels_t *kernels;

    for (set = 0; (kernels = reco_engine_kernels_at(set, 0)) != NULL; set++) {
        results = (results_t){1, 0};
        results_vectors(&results, set);
        results_codes(&results, kernels);
        results_ranks(&results, kernels);
        results_scores(&results, kernels, 0);
        results_scores(&results, kernels, 1);
        results_votes(&results, kernels);
        printf("%s %016llx\n", kernels->name, (unsigned long long) results.sum);
    }

    return 0;
}
