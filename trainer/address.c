#include "address.h"

#include <string.h>
#include <sys/un.h>

#define UNIX     "unix:"
#define PORT_MAX 65535


/* Digits alone: strtol() would take blanks and signs. */
static int
read_port(const char *digits, const char *end, int *port)
{
    int number;

    number = 0;

    for (; digits < end; digits++) {
        if (*digits < '0' || *digits > '9' || number > PORT_MAX) {
            return 0;
        }
        number = 10 * number + (*digits - '0');
    }

    *port = number;

    return number >= 1 && number <= PORT_MAX;
}


static int
set_host(reco_address_t *address, const char *begin, const char *end)
{
    size_t len;

    len = (size_t) (end - begin);
    if (len == 0 || len >= sizeof(address->host)) {
        return 0;
    }

    memcpy(address->host, begin, len);
    address->host[len] = '\0';

    return 1;
}


/* Is it a path without its "unix:", or several hosts? */
static int
is_no_host(const char *begin, const char *end)
{
    for (; begin < end; begin++) {
        if ((unsigned char) *begin <= ' ' || *begin == '/') {
            return 1;
        }
    }

    return 0;
}


int
reco_address_read(reco_address_t *address, reco_str_t text, int port)
{
    const char *begin, *end, *host_end;

    begin = text.data;
    end = text.data + text.len;
    address->port = port;

    if (text.len >= sizeof(UNIX) - 1
        && memcmp(begin, UNIX, sizeof(UNIX) - 1) == 0) {
        begin += sizeof(UNIX) - 1;
        address->port = 0;

        return (size_t) (end - begin)
                   < sizeof(((struct sockaddr_un *) 0)->sun_path)
               && set_host(address, begin, end);
    }

    if (text.len > 0 && *begin == '[') {
        begin++;
        host_end = memchr(begin, ']', (size_t) (end - begin));
        if (host_end == NULL) {
            return 0;
        }
        text.data = host_end + 1;
    } else {
        host_end = memchr(begin, ':', text.len);
        host_end = host_end != NULL ? host_end : end;
        text.data = host_end;
    }

    if (text.data < end
        && (*text.data != ':'
            || !read_port(text.data + 1, end, &address->port)))
    {
        return 0;
    }

    return !is_no_host(begin, host_end) && set_host(address, begin, host_end);
}
