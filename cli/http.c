#include "http.h"

#include "dial.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define HEAD_MAX 16384
#define DATA_MAX (RECO_CLI_HTTP_BODY_MAX + HEAD_MAX)


reco_status_t
reco_cli_http_init(reco_cli_http_t *http, const char *url, reco_error_t *error)
{
    static const char scheme[] = "http://";
    const char *host, *path, *colon;
    size_t len, rest;

    memset(http, 0, sizeof(*http));
    http->fd = -1;
    host = url + sizeof(scheme) - 1;

    if (strncmp(url, scheme, sizeof(scheme) - 1) != 0 || *host == '\0') {
        return reco_error_set(
            error, RECO_INVALID, "\"%s\" is no address: http://HOST:PORT", url);
    }

    path = host + strcspn(host, "/");
    colon = memchr(host, ':', (size_t) (path - host));
    len = (size_t) ((colon != NULL ? colon : path) - host);
    rest = strlen(path);
    while (rest > 0 && path[rest - 1] == '/') {
        rest--;
    }

    if (len == 0 || len >= sizeof(http->host) || rest >= sizeof(http->prefix)
        || (colon != NULL && (size_t) (path - colon) > sizeof(http->port)))
    {
        return reco_error_set(
            error, RECO_INVALID, "\"%s\" is no address: http://HOST:PORT", url);
    }

    memcpy(http->host, host, len);
    memcpy(http->prefix, path, rest);
    strcpy(http->port, "80");
    if (colon != NULL) {
        memset(http->port, 0, sizeof(http->port));
        memcpy(http->port, colon + 1, (size_t) (path - colon) - 1);
    }

    http->size = DATA_MAX + 1;
    http->data = malloc(http->size);

    return http->data != NULL
               ? RECO_OK
               : reco_error_set(error, RECO_NOMEM, "out of memory");
}


static void
hang_up(reco_cli_http_t *http)
{
    if (http->fd != -1) {
        close(http->fd);
        http->fd = -1;
    }
}


void
reco_cli_http_done(reco_cli_http_t *http)
{
    if (http->data != NULL) {
        hang_up(http);
        free(http->data);
        http->data = NULL;
    }
}


static reco_status_t
send_all(reco_cli_http_t *http, const char *data, size_t len)
{
    ssize_t sent;

    while (len > 0) {
        sent = send(http->fd, data, len, MSG_NOSIGNAL);
        if (sent <= 0) {
            if (sent == -1 && errno == EINTR) {
                continue;
            }
            return RECO_IO;
        }
        data += sent;
        len -= (size_t) sent;
    }

    return RECO_OK;
}


/* More of the answer; RECO_DECLINED: it has ended. */
static reco_status_t
receive(reco_cli_http_t *http)
{
    ssize_t got;

    if (http->len >= DATA_MAX) {
        return RECO_TOO_LARGE;
    }

    do {
        got = recv(http->fd, http->data + http->len, DATA_MAX - http->len, 0);
    } while (got == -1 && errno == EINTR);

    if (got <= 0) {
        return got == 0 ? RECO_DECLINED : RECO_IO;
    }

    http->len += (size_t) got;
    http->data[http->len] = '\0';

    return RECO_OK;
}


/* The value of a header, up to its line's end; NULL. */
static const char *
header(const char *head, const char *end, const char *name)
{
    size_t len;

    len = strlen(name);

    for (head = strstr(head, "\r\n"); head != NULL && head < end;
         head = strstr(head + 2, "\r\n"))
    {
        if (strncasecmp(head + 2, name, len) == 0 && head[2 + len] == ':') {
            return head + 2 + len + 1 + strspn(head + 2 + len + 1, " ");
        }
    }

    return NULL;
}


/* Takes the chunks' frames out; RECO_AGAIN: more is to come. */
static reco_status_t
join_chunks(reco_cli_http_t *http, size_t begin)
{
    char *in, *end, *out, *rest;
    unsigned long size;

    in = http->data + begin;
    end = http->data + http->len;
    out = in;

    /* Once to see whether it is whole, once to move. */
    for (rest = in;;) {
        size = strtoul(rest, &rest, 16);
        rest = strstr(rest, "\r\n");
        if (rest == NULL || size > (unsigned long) (end - rest)
            || rest + 2 + size + 2 > end)
        {
            return RECO_AGAIN;
        }
        if (size == 0) {
            break;
        }
        rest += 2 + size + 2;
    }

    for (;;) {
        size = strtoul(in, &in, 16);
        in = strstr(in, "\r\n") + 2;
        if (size == 0) {
            break;
        }
        memmove(out, in, size);
        out += size;
        in += size + 2;
    }

    http->body = http->data + begin;
    http->body_len = (size_t) (out - http->body);
    *out = '\0';

    return RECO_OK;
}


static reco_status_t
read_body(reco_cli_http_t *http, size_t begin, const char *head_end)
{
    const char *length, *coding;
    reco_status_t status;
    size_t wanted;

    coding = header(http->data, head_end, "Transfer-Encoding");
    if (coding != NULL && strncasecmp(coding, "chunked", 7) == 0) {
        while ((status = join_chunks(http, begin)) == RECO_AGAIN) {
            if (receive(http) != RECO_OK) {
                return RECO_IO;
            }
        }
        return status;
    }

    length = header(http->data, head_end, "Content-Length");
    wanted = length != NULL ? strtoul(length, NULL, 10) : 0;
    if (wanted > RECO_CLI_HTTP_BODY_MAX) {
        return RECO_TOO_LARGE;
    }

    while (http->len < begin + wanted) {
        if (receive(http) != RECO_OK) {
            return RECO_IO;
        }
    }

    http->body = http->data + begin;
    http->body_len = wanted;
    http->body[wanted] = '\0';

    return RECO_OK;
}


static reco_status_t
read_answer(reco_cli_http_t *http)
{
    reco_status_t status;
    const char *closing;
    char *end;

    http->len = 0;
    http->data[0] = '\0';

    while ((end = strstr(http->data, "\r\n\r\n")) == NULL) {
        status = receive(http);
        if (status != RECO_OK) {
            return status;
        }
    }

    if (sscanf(http->data, "HTTP/1.%*d %d", &http->status) != 1) {
        return RECO_INVALID;
    }

    closing = header(http->data, end, "Connection");
    status = read_body(http, (size_t) (end + 4 - http->data), end);

    if (status != RECO_OK
        || (closing != NULL && strncasecmp(closing, "close", 5) == 0))
    {
        hang_up(http);
    }

    return status;
}


static reco_status_t
send_request(reco_cli_http_t *http, const char *path, const char *visitor,
    const char *body)
{
    char head[2048];
    reco_status_t status;
    int len;

    len = snprintf(head, sizeof(head), "%s %s%s HTTP/1.1\r\nHost: %s\r\n%s%s%s",
        body != NULL ? "POST" : "GET", http->prefix, path, http->host,
        visitor != NULL ? "Cookie: reco=" : "", visitor != NULL ? visitor : "",
        visitor != NULL ? "\r\n" : "");
    if (len > 0 && (size_t) len < sizeof(head) && body != NULL) {
        len += snprintf(head + len, sizeof(head) - (size_t) len,
            "Content-Type: application/json\r\nContent-Length: %zu\r\n",
            strlen(body));
    }
    if (len <= 0 || (size_t) len + 2 >= sizeof(head)) {
        return RECO_TOO_LARGE;
    }
    memcpy(head + len, "\r\n", 2);

    status = send_all(http, head, (size_t) len + 2);

    return status == RECO_OK && body != NULL
               ? send_all(http, body, strlen(body))
               : status;
}


reco_status_t
reco_cli_http_ask(reco_cli_http_t *http, const char *path, const char *visitor,
    const char *body, reco_error_t *error)
{
    reco_status_t status;
    int kept;

    do {
        kept = http->fd != -1;
        status = kept ? RECO_OK
                      : reco_cli_dial(http->host, http->port, &http->fd, error);
        if (status != RECO_OK) {
            return status;
        }

        status = send_request(http, path, visitor, body);
        if (status == RECO_OK) {
            status = read_answer(http);
        }
        if (status != RECO_OK) {
            hang_up(http);
        }

        /* A kept connection may have been closed just now: once more. */
    } while (kept && (status == RECO_IO || status == RECO_DECLINED)
             && http->len == 0);

    switch (status) {
    case RECO_OK:
        return RECO_OK;
    case RECO_TOO_LARGE:
    case RECO_INVALID:
        return reco_error_set(error, status,
            "what %s:%s answers to \"%.100s\" is too long, or no HTTP",
            http->host, http->port, path);
    default:
        return reco_error_set(
            error, RECO_IO, "no answer from %s:%s", http->host, http->port);
    }
}
