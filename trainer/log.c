#include "log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LINE_MAX_BYTES 2048


const char *const reco_log_levels[] = {
    [RECO_LOG_ERROR] = "error",
    [RECO_LOG_WARN] = "warn",
    [RECO_LOG_NOTICE] = "notice",
    [RECO_LOG_INFO] = "info",
    [RECO_LOG_DEBUG] = "debug",
    NULL,
};

/* syslog's priorities, which the journal reads from "<N>". */
static const int priorities[RECO_LOG_LEVEL_COUNT] = {
    [RECO_LOG_ERROR] = 3,
    [RECO_LOG_WARN] = 4,
    [RECO_LOG_NOTICE] = 5,
    [RECO_LOG_INFO] = 6,
    [RECO_LOG_DEBUG] = 7,
};

static reco_log_level_t threshold = RECO_LOG_NOTICE;


void
reco_log_set_level(reco_log_level_t level)
{
    threshold = level;
}


/* Who is speaking, and when; the journal knows both by itself. */
static size_t
write_prefix(char *line, size_t size, reco_log_level_t level)
{
    time_t now;
    struct tm local;
    size_t len;

    if (getenv("JOURNAL_STREAM") != NULL) {
        return (size_t) snprintf(line, size, "<%d>", priorities[level]);
    }

    now = time(NULL);
    localtime_r(&now, &local);
    len = strftime(line, size, "%Y/%m/%d %H:%M:%S", &local);

    return len
           + (size_t) snprintf(line + len, size - len,
               " [%s] %ld: ", reco_log_levels[level], (long) getpid());
}


void
reco_log(reco_log_level_t level, const char *format, ...)
{
    static const char hex[] = "0123456789abcdef";
    char message[LINE_MAX_BYTES];
    char line[4 * LINE_MAX_BYTES + 128];
    const unsigned char *p;
    va_list args;
    size_t len;

    if (level > threshold) {
        return;
    }

    va_start(args, format);
    vsnprintf(message, sizeof(message), format, args);
    va_end(args);

    len = write_prefix(line, 128, level);

    for (p = (const unsigned char *) message; *p != '\0'; p++) {
        if (*p >= 0x20 && *p != 0x7f) {
            line[len++] = (char) *p;
            continue;
        }
        line[len++] = '\\';
        line[len++] = 'x';
        line[len++] = hex[*p >> 4];
        line[len++] = hex[*p & 15];
    }

    line[len++] = '\n';

    /* One write, so that lines of parent and child do not interleave. */
    (void) !write(STDERR_FILENO, line, len);
}
