#include "memcached.h"

#include "address.h"
#include "dial.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PORT     11211
#define KEY_MAX  250 /* memcached's */
#define LINE_MAX 512


/* A byte that would end the key, or the command. */
static int
has_space(const char *key)
{
    for (; *key != '\0'; key++) {
        if ((unsigned char) *key <= ' ' || *key == 0x7f) {
            return 1;
        }
    }

    return 0;
}


/* Sends the command and reads the line that answers it. */
static reco_status_t
ask(int fd, const char *command, char *line, size_t size)
{
    size_t len;
    ssize_t n;
    char *end;

    len = strlen(command);
    if (send(fd, command, len, MSG_NOSIGNAL) != (ssize_t) len) {
        return RECO_IO;
    }

    for (len = 0; len < size - 1; len += (size_t) n) {
        n = recv(fd, line + len, size - 1 - len, 0);
        if (n <= 0) {
            return RECO_IO;
        }

        line[len + (size_t) n] = '\0';
        end = strstr(line, "\r\n");
        if (end != NULL) {
            *end = '\0';
            return RECO_OK;
        }
    }

    return RECO_IO;
}


static reco_status_t
dial(const char *address, int *fd, reco_error_t *error)
{
    reco_address_t server;
    char port[8];

    if (!reco_address_read(
            &server, (reco_str_t){strlen(address), address}, PORT)
        || server.port == 0)
    {
        return reco_error_set(error, RECO_INVALID,
            "\"%s\" is neither HOST nor HOST:PORT of a memcached", address);
    }

    snprintf(port, sizeof(port), "%d", server.port);

    return reco_cli_dial(server.host, port, fd, error);
}


reco_status_t
reco_cli_memcached_delete(const char *address, const char *prefix,
    const char *visitor, int *found, reco_error_t *error)
{
    char command[KEY_MAX + sizeof("delete \r\n")], line[LINE_MAX];
    reco_status_t status;
    int fd;

    if (strlen(prefix) + strlen(visitor) > KEY_MAX || has_space(prefix)
        || has_space(visitor))
    {
        return reco_error_set(error, RECO_INVALID,
            "memcached takes no key \"%s%s\"", prefix, visitor);
    }

    status = dial(address, &fd, error);
    if (status != RECO_OK) {
        return status;
    }

    snprintf(command, sizeof(command), "delete %s%s\r\n", prefix, visitor);
    status = ask(fd, command, line, sizeof(line));
    close(fd);

    if (status != RECO_OK) {
        return reco_error_set(
            error, RECO_IO, "memcached at %s does not answer", address);
    }

    *found = strcmp(line, "DELETED") == 0;

    return *found || strcmp(line, "NOT_FOUND") == 0
               ? RECO_OK
               : reco_error_set(
                   error, RECO_IO, "memcached at %s says: %s", address, line);
}
