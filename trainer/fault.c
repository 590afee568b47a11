#include "fault.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#define LINE_MAX_BYTES (PATH_MAX + 128)

typedef struct {
    int fd;
    size_t next;
    size_t len;
    char data[4096];
} reader_t;

static const char *program_name;


/* -1: the end. */
static int
read_char(reader_t *reader)
{
    ssize_t n;

    if (reader->next == reader->len) {
        n = read(reader->fd, reader->data, sizeof(reader->data));
        if (n <= 0) {
            return -1;
        }
        reader->len = (size_t) n;
        reader->next = 0;
    }

    return (unsigned char) reader->data[reader->next++];
}


/* Without its end; a longer one is cut.  0: there is none. */
static int
read_line(reader_t *reader, char line[LINE_MAX_BYTES])
{
    size_t len;
    int c;

    len = 0;

    while ((c = read_char(reader)) != -1 && c != '\n') {
        if (len < LINE_MAX_BYTES - 1) {
            line[len++] = (char) (c < 0x20 || c == 0x7f ? '?' : c);
        }
    }

    line[len] = '\0';

    return c != -1 || len > 0;
}


static uintptr_t
read_hex(const char **p)
{
    uintptr_t value;

    for (value = 0;; (*p)++) {
        if (**p >= '0' && **p <= '9') {
            value = value << 4 | (uintptr_t) (**p - '0');
        } else if (**p >= 'a' && **p <= 'f') {
            value = value << 4 | (uintptr_t) (**p - 'a' + 10);
        } else {
            return value;
        }
    }
}


/* line: "START-END rwxp OFFSET DEVICE INODE    PATH", of /proc/self/maps. */
static const char *
file_at(const char *line, uintptr_t address)
{
    uintptr_t start, end;
    const char *p = line;

    start = read_hex(&p);
    p += *p == '-';
    end = read_hex(&p);

    return address >= start && address < end ? strchr(p, '/') : NULL;
}


static void
say(const char *text)
{
    (void) !write(STDERR_FILENO, text, strlen(text));
}


/* Calls nothing that signals make unsafe: stdio may be reading the file. */
static void
on_fault(int number, siginfo_t *info, void *context)
{
    char line[LINE_MAX_BYTES];
    reader_t reader;
    const char *file;

    (void) context;

    if (info->si_code <= 0) { /* somebody sent it: there is no address */
        signal(number, SIG_DFL);
        raise(number);
        return;
    }

    file = NULL;
    reader.next = 0;
    reader.len = 0;
    reader.fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
    while (file == NULL && read_line(&reader, line)) {
        file = file_at(line, (uintptr_t) info->si_addr);
    }

    if (file == NULL) {
        signal(number, SIG_DFL); /* and then the same once more */
        return;
    }

    say(program_name);
    say(": cannot read \"");
    say(file);
    say("\": it was cut short or written over, or its disk fails; restore it "
        "from a backup\n");
    _exit(1);
}


void
reco_fault_install(const char *program)
{
    struct sigaction action;

    program_name = program;

    memset(&action, 0, sizeof(action));
    action.sa_sigaction = on_fault;
    action.sa_flags = SA_SIGINFO;
    sigemptyset(&action.sa_mask);
    sigaction(SIGBUS, &action, NULL);
}
