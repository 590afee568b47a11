#include "clock.h"

#include <time.h>


int64_t
reco_clock_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);

    return (int64_t) now.tv_sec * 1000 + now.tv_nsec / 1000000;
}


int64_t
reco_clock_monotonic_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);

    return (int64_t) now.tv_sec * 1000000000 + now.tv_nsec;
}


double
reco_clock_elapsed(int64_t since)
{
    return (double) (reco_clock_monotonic_ns() - since) / 1e9;
}
