/*
 * A shop that does not exist, for measuring what grows with its size.
 *
 * Items fall into clusters of some 150.  Clusters, and the items within one,
 * have Zipf popularity (exponent 0.9, shifted by 10).  A session starts in a cluster by its
 * popularity, moves to another with probability 0.12 a step, and takes items
 * by popularity within the cluster it is in.  Lengths are 2 to 30,
 * geometric with a mean of 4.6.  An item's vector (64 dimensions) is its
 * cluster's centre plus noise of half its length, scaled by its popularity
 * as matrix factorisation does.  Everything follows from the seed.
 */

#ifndef ENGINE_SYNTHETIC_H
#define ENGINE_SYNTHETIC_H

#include "snapshot/reco_snapshot.h"

#define SYNTHETIC_DIMENSIONS 64


typedef struct {
    uint64_t state;
    uint32_t nitems;
    uint32_t nclusters;
    double *cluster_sums; /* cumulated popularity of clusters */
    double *item_sums;    /* and of places within a cluster */
    uint32_t per_cluster;
} synthetic_shop_t;

void synthetic_shop_init(
    synthetic_shop_t *shop, uint32_t nitems, uint64_t seed);
void synthetic_shop_done(synthetic_shop_t *shop);

uint64_t synthetic_random(synthetic_shop_t *shop);

/* A session's items, at most 30; returns how many. */
unsigned synthetic_session(synthetic_shop_t *shop, uint32_t *items);

/* A session that goes on until it has length items, at most 32. */
unsigned synthetic_visit(
    synthetic_shop_t *shop, uint32_t *items, unsigned length);

/* nitems * 64. */
float *synthetic_vectors(synthetic_shop_t *shop);

/* Writes a version of nsessions sessions to path; exits where it fails. */
void synthetic_write(
    synthetic_shop_t *shop, uint32_t nsessions, const char *path);

#endif /* ENGINE_SYNTHETIC_H */
