#include "registry_journal.h"

#include "clock.h"
#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define JOURNAL_MAX (64 << 20)
#define DEPTH_MAX   1024


static const char *const actions[] = {
    [RECO_REGISTRY_PUBLISH] = "publish",
    [RECO_REGISTRY_PROMOTE] = "promote",
    [RECO_REGISTRY_ROLLBACK] = "rollback",
    [RECO_REGISTRY_RETREAT] = "retreat",
};


static void
journal_path(char path[PATH_MAX], const char *archive)
{
    /* The registry leaves room for names behind its paths. */
    snprintf(path, PATH_MAX, "%.*s/journal", PATH_MAX - 64, archive);
}


reco_status_t
reco_journal_append(const char *archive, reco_registry_action_t action,
    const reco_version_id_t *id, reco_error_t *error)
{
    char path[PATH_MAX], stamp[32], line[96];
    struct tm utc;
    time_t now;
    int fd, len, failed;

    now = (time_t) (reco_clock_ms() / 1000);
    gmtime_r(&now, &utc);
    strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%SZ", &utc);
    len = snprintf(
        line, sizeof(line), "%s %s %s\n", stamp, actions[action], id->id);

    journal_path(path, archive);
    fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (fd == -1) {
        return reco_error_set(
            error, RECO_IO, "cannot open \"%s\": %s", path, strerror(errno));
    }

    failed = write(fd, line, (size_t) len) != len || fsync(fd) != 0;
    if (close(fd) != 0 || failed) {
        return reco_error_set(
            error, RECO_IO, "cannot write \"%s\": %s", path, strerror(errno));
    }

    return RECO_OK;
}


/* Applies a line to the stack of versions that were live. */
static void
replay(const char *line, reco_version_id_t *stack, size_t *depth)
{
    reco_version_id_t id;
    char action[16], text[RECO_REGISTRY_ID_MAX];
    size_t i;

    if (sscanf(line, "%*s %15s %15s", action, text) != 2
        || !reco_version_id_parse(text, &id))
    {
        return;
    }

    if (strcmp(action, actions[RECO_REGISTRY_ROLLBACK]) == 0
        || strcmp(action, actions[RECO_REGISTRY_RETREAT]) == 0)
    {
        for (i = *depth; i > 0; i--) {
            if (strcmp(stack[i - 1].id, id.id) == 0) {
                *depth = i;
                return;
            }
        }
    }

    if (*depth > 0 && strcmp(stack[*depth - 1].id, id.id) == 0) {
        return;
    }

    if (*depth == DEPTH_MAX) {
        memmove(stack, stack + 1, (DEPTH_MAX - 1) * sizeof(*stack));
        (*depth)--;
    }

    stack[(*depth)++] = id;
}


reco_status_t
reco_journal_previous(const char *archive, const reco_version_id_t *live,
    reco_version_id_t *previous, reco_error_t *error)
{
    reco_version_id_t *stack;
    char path[PATH_MAX];
    reco_status_t status;
    char *line, *next;
    reco_str_t text;
    size_t depth;

    journal_path(path, archive);
    status = reco_files_read(path, JOURNAL_MAX, &text, error);
    if (status != RECO_OK) {
        return status;
    }

    stack = malloc(DEPTH_MAX * sizeof(*stack));
    if (stack == NULL) {
        free((char *) text.data);
        return reco_error_set(error, RECO_NOMEM, "out of memory");
    }

    depth = 0;
    for (line = strtok_r((char *) text.data, "\n", &next); line != NULL;
         line = strtok_r(NULL, "\n", &next))
    {
        replay(line, stack, &depth);
    }
    free((char *) text.data);

    /* A line may have been written for what then did not become live. */
    while (depth > 0 && strcmp(stack[depth - 1].id, live->id) != 0) {
        depth--;
    }

    if (depth >= 2) {
        *previous = stack[depth - 2];
    } else {
        status = reco_error_set(
            error, RECO_DECLINED, "no version was live before %s", live->id);
    }
    free(stack);

    return status;
}


int
reco_journal_retreated(const char *archive, const reco_version_id_t *id)
{
    char path[PATH_MAX], action[16], text[RECO_REGISTRY_ID_MAX];
    reco_version_id_t live, other;
    char *line, *next;
    reco_str_t journal;
    int retreated;

    journal_path(path, archive);
    if (reco_files_read(path, JOURNAL_MAX, &journal, NULL) != RECO_OK) {
        return 0;
    }

    retreated = 0;
    live.id[0] = '\0';

    for (line = strtok_r((char *) journal.data, "\n", &next); line != NULL;
         line = strtok_r(NULL, "\n", &next))
    {
        if (sscanf(line, "%*s %15s %15s", action, text) != 2
            || !reco_version_id_parse(text, &other))
        {
            continue;
        }
        if (strcmp(live.id, id->id) == 0) {
            retreated = strcmp(action, actions[RECO_REGISTRY_RETREAT]) == 0;
        }
        live = other;
    }
    free((char *) journal.data);

    return retreated;
}
