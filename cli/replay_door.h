/*
 * A shop's front door as visitors use it: blocks asked for, events sent.
 */

#ifndef RECO_CLI_REPLAY_DOOR_H
#define RECO_CLI_REPLAY_DOOR_H

#include "http.h"
#include "reco.h"


#define RECO_REPLAY_ITEMS_MAX 100

typedef struct {
    reco_cli_http_t http;
    const char *beacon; /* path */
    const char *api;    /* path, with a slash at its end */
    const char *slot;
} reco_replay_door_t;

/* A block as it was answered. */
typedef struct {
    unsigned nitems;
    uint64_t items[RECO_REPLAY_ITEMS_MAX]; /* keys */
    char request[72];                      /* names the rendering */
    char ids[16384];                       /* JSON: their ids */
} reco_replay_block_t;

/*
 * The block that a visitor (NULL: somebody new) gets on the page of item, of n
 * items.  RECO_DECLINED: the answer is no block; RECO_IO.
 */
reco_status_t reco_replay_ask(reco_replay_door_t *door, const char *visitor,
    reco_str_t item, unsigned n, reco_replay_block_t *block,
    reco_error_t *error);

/* The place of the item in the block; nitems: it is not there. */
unsigned reco_replay_place(const reco_replay_block_t *block, uint64_t item);

/* Sends a body of events.  RECO_DECLINED: not all of it was taken; RECO_IO. */
reco_status_t reco_replay_send(reco_replay_door_t *door, const char *visitor,
    const char *body, reco_error_t *error);

#endif /* RECO_CLI_REPLAY_DOOR_H */
