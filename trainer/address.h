/*
 * Addresses of servers, as people write them.
 */

#ifndef RECO_ADDRESS_H
#define RECO_ADDRESS_H

#include "reco.h"


#define RECO_ADDRESS_HOST_MAX 256

typedef struct {
    char host[RECO_ADDRESS_HOST_MAX]; /* without brackets; or the path */
    int port;                         /* 0: a Unix socket */
} reco_address_t;

/*
 * HOST, HOST:PORT, [IPV6], [IPV6]:PORT or unix:PATH; port is that of an
 * address that names none.  0 if text is none of them.  Hosts are not looked
 * up.
 */
int reco_address_read(reco_address_t *address, reco_str_t text, int port);

#endif /* RECO_ADDRESS_H */
