/*
 * Random numbers that are the same on every machine for the same seed:
 * SplitMix64 (Steele, Lea, Flood 2014).
 */

#ifndef RECO_RANDOM_H
#define RECO_RANDOM_H

#include <math.h>
#include <stdint.h>


typedef struct {
    uint64_t state;
} reco_random_t;


static inline uint64_t
reco_random_next(reco_random_t *random)
{
    uint64_t z;

    z = (random->state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);

    return z ^ (z >> 31);
}


/* Uniform in [0, 1). */
static inline double
reco_random_unit(reco_random_t *random)
{
    return (double) (reco_random_next(random) >> 11) * 0x1p-53;
}


/* Uniform in [0, bound); bound > 0. */
static inline uint64_t
reco_random_below(reco_random_t *random, uint64_t bound)
{
    return (uint64_t) (((unsigned __int128) reco_random_next(random) * bound)
                       >> 64);
}


/* Standard normal (Box and Muller). */
static inline double
reco_random_normal(reco_random_t *random)
{
    double radius, angle;

    radius = sqrt(-2 * log(1 - reco_random_unit(random)));
    angle = 2 * M_PI * reco_random_unit(random);

    return radius * cos(angle);
}

#endif /* RECO_RANDOM_H */
