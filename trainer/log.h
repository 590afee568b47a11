/*
 * The log of the trainer: one line an event, on standard error.  Under
 * systemd lines carry the journal's priority, elsewhere time and level.
 * Control characters are written as \xHH, so that nothing that came from
 * outside can forge a line.
 */

#ifndef RECO_LOG_H
#define RECO_LOG_H

#include "reco.h"


typedef enum {
    RECO_LOG_ERROR,
    RECO_LOG_WARN,
    RECO_LOG_NOTICE,
    RECO_LOG_INFO,
    RECO_LOG_DEBUG,
    RECO_LOG_LEVEL_COUNT
} reco_log_level_t;

/* "error", "warn", ..., NULL. */
extern const char *const reco_log_levels[];

/* What is below is left out; RECO_LOG_NOTICE at start. */
void reco_log_set_level(reco_log_level_t level);

/* One line, without newline; longer than 2 KiB is cut. */
void reco_log(reco_log_level_t level, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif /* RECO_LOG_H */
