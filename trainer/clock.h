/*
 * The one place where trainer and recoctl read a clock.
 */

#ifndef RECO_CLOCK_H
#define RECO_CLOCK_H

#include <stdint.h>


/* Milliseconds since the epoch. */
int64_t reco_clock_ms(void);

/* Nanoseconds that only ever grow; for durations and deadlines. */
int64_t reco_clock_monotonic_ns(void);

/* Seconds since a reco_clock_monotonic_ns(). */
double reco_clock_elapsed(int64_t since);

#endif /* RECO_CLOCK_H */
