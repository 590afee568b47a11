/*
 * recoctl outbox: looks at the outbox files of nginx's workers, beside them.
 */

#include "cli.h"

#include "event/reco_event.h"
#include "outbox/reco_outbox.h"

#include <dirent.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>

#define PATH_MAX_BYTES 4096

/* A writer may be at work on the file: what seems torn is looked at again. */
#define TRIES 5


typedef enum {
    SHOW,
    VERIFY,
    PRINT
} action_t;

typedef struct {
    const char *name; /* of the command, for messages */
    action_t action;
    int nfailed;  /* files that are no outbox, or cannot be read */
    int ndamaged; /* files with damage */
    int nfiles;
} look_t;

/* What was read of one file. */
typedef struct {
    reco_outbox_stats_t stats;
    uint64_t events;
    uint64_t unreadable;
    int64_t oldest; /* ms since the epoch; 0: none */
} content_t;


/*
 * The process that holds the file's lock: its pid, 0 for none, -1 where the
 * system does not tell.  Asking for the lock would disturb a worker.
 */
static long
owner(const char *path)
{
    struct stat st;
    unsigned long inode;
    unsigned major_number, minor_number;
    char line[256];
    FILE *file;
    long pid, found;

    file = fopen("/proc/locks", "r");
    if (file == NULL || stat(path, &st) != 0) {
        if (file != NULL) {
            fclose(file);
        }
        return -1;
    }

    found = 0;
    while (found == 0 && fgets(line, sizeof(line), file) != NULL) {
        if (sscanf(line, "%*d: FLOCK %*s %*s %ld %x:%x:%lu", &pid,
                &major_number, &minor_number, &inode)
                == 4
            && inode == st.st_ino && major_number == major(st.st_dev)
            && minor_number == minor(st.st_dev))
        {
            found = pid;
        }
    }

    fclose(file);

    return found;
}


static void
print_event(const reco_event_t *event)
{
    static char json[RECO_EVENT_JSON_MAX];
    size_t len;

    if (reco_event_to_json(event, json, sizeof(json), &len) == RECO_OK) {
        fwrite(json, 1, len, stdout);
        putchar('\n');
    }
}


static void
read_records(const look_t *look, reco_outbox_t *outbox, content_t *content)
{
    static char memory[RECO_EVENT_ARENA_SIZE]
        __attribute__((aligned(_Alignof(max_align_t))));
    reco_event_arena_t arena = {memory, sizeof(memory), 0};
    reco_event_t event;
    reco_str_t record;
    uint64_t cursor;

    memset(content, 0, sizeof(*content));
    reco_outbox_stats(outbox, &content->stats);
    cursor = 0;

    while (reco_outbox_next(outbox, &cursor, &record) == RECO_OK) {
        arena.used = 0;

        if (reco_event_decode(record, &arena, &event, NULL) != RECO_OK) {
            content->unreadable++;
            continue;
        }

        if (content->events++ == 0) {
            content->oldest = event.received;
        }
        if (look->action == PRINT) {
            print_event(&event);
        }
    }
}


static reco_status_t
read_file(const look_t *look, const char *path, content_t *content,
    reco_error_t *error)
{
    reco_outbox_t *outbox;
    reco_status_t rc;
    int tries;

    for (tries = 0; tries < TRIES; tries++) {
        rc = reco_outbox_view(path, &outbox, error);
        if (rc != RECO_OK) {
            return rc;
        }

        read_records(look, outbox, content);
        reco_outbox_close(outbox);

        if (content->stats.torn == 0 || look->action == PRINT
            || owner(path) <= 0) {
            break;
        }
    }

    return RECO_OK;
}


static const char *
state_of(const char *path, char *buffer, size_t size)
{
    long pid;

    pid = owner(path);

    if (pid > 0) {
        snprintf(buffer, size, "worker %ld", pid);
        return buffer;
    }

    return pid == 0 ? "nobody's" : "?";
}


static void
print_age(int64_t oldest)
{
    int64_t seconds;

    if (oldest == 0) {
        printf("%10s", "-");
        return;
    }

    seconds = (int64_t) time(NULL) - oldest / 1000;
    if (seconds < 120) {
        printf("%9llds", (long long) seconds);
    } else if (seconds < 7200) {
        printf("%9lldm", (long long) seconds / 60);
    } else {
        printf("%9lldh", (long long) seconds / 3600);
    }
}


static void
look_at(look_t *look, const char *path)
{
    content_t content;
    reco_error_t error;
    char state[32];
    int bad;

    look->nfiles++;

    if (read_file(look, path, &content, &error) != RECO_OK) {
        look->nfailed++;
        reco_cli_fail(look->name, "%s", error.message);
        return;
    }

    bad = content.stats.torn > 0 || content.unreadable > 0;
    look->ndamaged += bad;

    if (look->action == PRINT) {
        return;
    }

    if (look->nfiles == 1) {
        printf("%10s %10s %10s %6s %6s  %-14s %s\n", "events", "bytes",
            "oldest", "full", "torn", "held by", "file");
    }

    printf("%10llu %10llu ", (unsigned long long) content.events,
        (unsigned long long) content.stats.bytes);
    print_age(content.oldest);
    printf(" %5.1f%% %6llu  %-14s ",
        100.0 * (double) content.stats.bytes / (double) content.stats.capacity,
        (unsigned long long) content.stats.torn,
        state_of(path, state, sizeof(state)));
    reco_cli_print(stdout, path);
    putchar('\n');

    if (content.unreadable > 0) {
        printf("%10llu records of this file are no event\n",
            (unsigned long long) content.unreadable);
    }
}


static int
is_outbox(const struct dirent *entry)
{
    const char *dot;

    dot = strrchr(entry->d_name, '.');

    return dot != NULL
           && (strcmp(dot, ".outbox") == 0 || strcmp(dot, ".damaged") == 0);
}


static int
look_into(look_t *look, const char *folder)
{
    struct dirent **entries;
    char path[PATH_MAX_BYTES];
    int i, n;

    n = scandir(folder, &entries, is_outbox, alphasort);
    if (n == -1) {
        return reco_cli_fail(look->name, "%s: %s", folder, strerror(errno));
    }

    for (i = 0; i < n; i++) {
        snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name);
        look_at(look, path);
        free(entries[i]);
    }
    free(entries);

    return RECO_CLI_OK;
}


static int
parse_action(const char *word, action_t *action)
{
    static const char *const words[] = {"show", "verify", "print"};
    int i;

    for (i = 0; i < 3; i++) {
        if (strcmp(word, words[i]) == 0) {
            *action = (action_t) i;
            return 1;
        }
    }

    return 0;
}


int
reco_cli_outbox(int argc, char **argv)
{
    look_t look = {argv[0], SHOW, 0, 0, 0};
    struct stat st;
    int i, result;

    if (argc < 3 || !parse_action(argv[1], &look.action)) {
        return reco_cli_misuse(
            argv[0], "show, verify or print, and a directory or file");
    }

    for (i = 2; i < argc; i++) {
        if (stat(argv[i], &st) != 0) {
            return reco_cli_fail(argv[0], "%s: %s", argv[i], strerror(errno));
        }

        if (!S_ISDIR(st.st_mode)) {
            look_at(&look, argv[i]);
            continue;
        }

        result = look_into(&look, argv[i]);
        if (result != RECO_CLI_OK) {
            return result;
        }
    }

    if (look.nfiles == 0) {
        fprintf(stderr, "recoctl outbox: no outbox files there\n");
    }

    if (look.action == VERIFY && look.ndamaged > 0) {
        return RECO_CLI_FAILED;
    }

    return look.nfailed > 0 ? RECO_CLI_FAILED : RECO_CLI_OK;
}
