#include "cli.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>


#define MESSAGE_MAX 4096


/* Messages hold names from files: no control character of theirs reaches the
   terminal. */
static void
say(const char *name, const char *format, va_list args)
{
    char message[MESSAGE_MAX];
    size_t i;
    reco_str_t text;

    vsnprintf(message, sizeof(message), format, args);
    text = (reco_str_t){strlen(message), message};

    for (i = 0; i < text.len; i++) {
        memset(message + i, '?', reco_control(text, i));
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
