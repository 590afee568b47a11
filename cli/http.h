/*
 * A small HTTP/1.1 client on one kept connection: enough to talk to a shop's
 * front door as a browser would.
 */

#ifndef RECO_CLI_HTTP_H
#define RECO_CLI_HTTP_H

#include "reco.h"


#define RECO_CLI_HTTP_BODY_MAX (1 << 20)

typedef struct {
    char host[256];
    char port[8];
    char prefix[512]; /* of paths, without a slash at its end */
    int fd;           /* -1: not connected */
    int status;       /* of the last answer */
    char *body;       /* of the last answer, ended by NUL */
    size_t body_len;
    char *data; /* what was read */
    size_t len;
    size_t size;
} reco_cli_http_t;

/* "http://host[:port][/prefix]".  RECO_INVALID; RECO_NOMEM. */
reco_status_t reco_cli_http_init(
    reco_cli_http_t *http, const char *url, reco_error_t *error);
void reco_cli_http_done(reco_cli_http_t *http);

/*
 * Sends a request and waits for the whole answer, connecting where need be.
 * visitor: value of the cookie "reco"; NULL: none.  body: JSON of a POST;
 * NULL: a GET.  RECO_IO; RECO_INVALID: that is no HTTP; RECO_TOO_LARGE.
 */
reco_status_t reco_cli_http_ask(reco_cli_http_t *http, const char *path,
    const char *visitor, const char *body, reco_error_t *error);

#endif /* RECO_CLI_HTTP_H */
