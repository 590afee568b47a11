#include "cli.h"

#include "event/reco_event.h"

#include <stdarg.h>
#include <string.h>


#define MESSAGE_MAX   4096
#define CHARACTER_MAX 4 /* bytes, in UTF-8 */


size_t
reco_cli_character(reco_str_t text, size_t offset, int *safe)
{
    reco_str_t character;
    size_t n, left;

    *safe = 0;

    n = reco_control(text, offset);
    if (n > 0) {
        return n;
    }

    left = text.len - offset;
    character.data = text.data + offset;

    for (n = 1; n <= CHARACTER_MAX && n <= left; n++) {
        character.len = n;
        if (reco_event_utf8_valid(character)) {
            *safe = 1;
            return n;
        }
    }

    return 1;
}


void
reco_cli_tame(char *text)
{
    reco_str_t whole = {strlen(text), text};
    size_t i, n;
    int safe;

    for (i = 0; i < whole.len; i += n) {
        n = reco_cli_character(whole, i, &safe);
        if (!safe) {
            memset(text + i, '?', n);
        }
    }
}


void
reco_cli_print(FILE *out, const char *text)
{
    reco_str_t whole = {strlen(text), text};
    size_t i, n;
    int safe;

    for (i = 0; i < whole.len; i += n) {
        n = reco_cli_character(whole, i, &safe);

        if (safe) {
            fwrite(text + i, 1, n, out);
        } else {
            putc('?', out);
        }
    }
}


/* Controls of C0 are cJSON's: line ends and tabs between values. */
void
reco_cli_print_json(const char *json)
{
    reco_str_t whole = {strlen(json), json};
    size_t i, n;
    int safe;

    for (i = 0; i < whole.len; i += n) {
        n = reco_cli_character(whole, i, &safe);

        if (safe || (unsigned char) json[i] < 0x20) {
            fwrite(json + i, 1, n, stdout);
        } else if (reco_control(whole, i) == 0) {
            fputs("\\ufffd", stdout);
        } else {
            printf("\\u%04x", (unsigned char) json[i + n - 1]);
        }
    }

    putchar('\n');
}


/* Messages hold names from files: nothing of theirs steers the terminal. */
static void
say(const char *name, const char *format, va_list args)
{
    char message[MESSAGE_MAX];

    vsnprintf(message, sizeof(message), format, args);
    reco_cli_tame(message);

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
