#include "cli.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>


#define MESSAGE_MAX 4096


size_t
reco_cli_control(const char *text, size_t len)
{
    const unsigned char *p;

    p = (const unsigned char *) text;

    if (len > 0 && (p[0] < 0x20 || p[0] == 0x7f)) {
        return 1;
    }

    return len > 1 && p[0] == 0xc2 && p[1] >= 0x80 && p[1] < 0xa0 ? 2 : 0;
}


/* Messages hold names from files: no control character of theirs reaches the
   terminal. */
static void
say(const char *name, const char *format, va_list args)
{
    char message[MESSAGE_MAX], *p;
    size_t n;

    vsnprintf(message, sizeof(message), format, args);
    for (p = message; *p != '\0'; p++) {
        n = reco_cli_control(p, 2);
        memset(p, '?', n);
    }

    fprintf(stderr, "recoctl %s: %s\n", name, message);
}


int
reco_cli_fail(const char *name, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    say(name, format, args);
    va_end(args);

    return RECO_CLI_FAILED;
}


int
reco_cli_misuse(const char *name, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    say(name, format, args);
    va_end(args);

    fprintf(stderr, "\"recoctl help %s\" tells how to use it\n", name);

    return RECO_CLI_USAGE;
}


int
reco_cli_fail_at(const char *name, const char *path, const reco_error_t *error)
{
    if (error->line != 0) {
        return reco_cli_fail(
            name, "%s:%u: %s", path, error->line, error->message);
    }

    return reco_cli_fail(name, "%s", error->message);
}
