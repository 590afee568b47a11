#include "progress.h"

#include "clock.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#define INTERVAL_NS INT64_C(200000000)


void
reco_progress_begin(reco_progress_t *progress)
{
    progress->on = isatty(STDERR_FILENO);
    progress->began = reco_clock_monotonic_ns();
    progress->shown = progress->began;
}


void
reco_progress_show(reco_progress_t *progress, const char *format, ...)
{
    va_list args;
    int64_t now;

    now = reco_clock_monotonic_ns();
    if (!progress->on || now - progress->shown < INTERVAL_NS) {
        return;
    }

    progress->shown = now;
    fputs("\r\033[K", stderr);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fflush(stderr);
}


void
reco_progress_end(reco_progress_t *progress)
{
    if (progress->on) {
        fputs("\r\033[K", stderr);
        fflush(stderr);
    }
}


double
reco_progress_seconds(const reco_progress_t *progress)
{
    return reco_clock_elapsed(progress->began);
}
