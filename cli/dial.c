#include "dial.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define TIMEOUT_SECONDS 10


static int
open_socket(const struct addrinfo *address)
{
    struct timeval timeout = {.tv_sec = TIMEOUT_SECONDS};
    int fd, on;

    fd = socket(address->ai_family, address->ai_socktype | SOCK_CLOEXEC,
        address->ai_protocol);
    if (fd == -1) {
        return -1;
    }

    on = 1;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));

    if (connect(fd, address->ai_addr, address->ai_addrlen) != 0) {
        close(fd);
        return -1;
    }

    return fd;
}


reco_status_t
reco_cli_dial(const char *host, const char *port, int *fd, reco_error_t *error)
{
    struct addrinfo hints, *addresses, *address;
    int rc;

    *fd = -1;
    memset(&hints, 0, sizeof(hints));
    hints.ai_socktype = SOCK_STREAM;
    rc = getaddrinfo(host, port, &hints, &addresses);
    if (rc != 0) {
        return reco_error_set(error, RECO_IO, "cannot find \"%s:%s\": %s", host,
            port, gai_strerror(rc));
    }

    for (address = addresses; address != NULL && *fd == -1;
         address = address->ai_next)
    {
        *fd = open_socket(address);
    }
    freeaddrinfo(addresses);

    return *fd != -1
               ? RECO_OK
               : reco_error_set(error, RECO_IO, "cannot connect to %s:%s: %s",
                   host, port, strerror(errno));
}
