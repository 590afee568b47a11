/*
 * A line on a terminal that tells how far a long command is; nothing where
 * standard error is no terminal.
 */

#ifndef RECO_PROGRESS_H
#define RECO_PROGRESS_H

#include <stdint.h>


typedef struct {
    int on;
    int64_t began;
    int64_t shown; /* reco_clock_monotonic_ns() of the last one */
} reco_progress_t;

void reco_progress_begin(reco_progress_t *progress);

/* Replaces the line, a few times a second at most. */
void reco_progress_show(reco_progress_t *progress, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Clears the line. */
void reco_progress_end(reco_progress_t *progress);

/* Seconds since it began. */
double reco_progress_seconds(const reco_progress_t *progress);

#endif /* RECO_PROGRESS_H */
