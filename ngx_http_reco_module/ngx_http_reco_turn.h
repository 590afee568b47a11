/*
 * Whose turn it is.  After an outage several workers have events that wait, and
 * a visitor's may be in the files of several: so each worker tells in shared
 * memory the sequence of what it delivers next, and none sends what is newer than
 * that by more than a short time, the slack.  The oldest event of all is always
 * free to go, so that nobody waits for ever; who does not move is not waited for.
 * The slack is a few times what an answer of Redis takes: what waits goes out at
 * several times the speed at which it came in, whoever has it.
 */

#ifndef NGX_HTTP_RECO_TURN_H
#define NGX_HTTP_RECO_TURN_H

#include <ngx_config.h>
#include <ngx_core.h>


#define NGX_HTTP_RECO_TURN_WORKERS  128
#define NGX_HTTP_RECO_TURN_PATIENCE 8000 /* ms for one whose turn it is */

/* Of one worker, in shared memory. */
typedef struct {
    ngx_atomic_t pid;      /* 0: nobody's */
    ngx_atomic_t sequence; /* of what it sends next; 0: nothing waits */
} ngx_http_reco_mark_t;

typedef struct {
    ngx_http_reco_mark_t *marks; /* NGX_HTTP_RECO_TURN_WORKERS of them */
    ngx_http_reco_mark_t *own;   /* NULL: none was free */

    /* Whose turn it is, since when; and marks that did not move in their turn,
       which are not waited for until they do. */
    uint64_t lowest;
    ngx_msec_t since;
    uint64_t stuck[NGX_HTTP_RECO_TURN_WORKERS];
} ngx_http_reco_turn_t;


/* Takes a mark that is nobody's, or that of a worker that is dead. */
void ngx_http_reco_turn_init(
    ngx_http_reco_turn_t *turn, ngx_http_reco_mark_t *marks);

/* Where something waits the mark stays, until it is adopted. */
void ngx_http_reco_turn_done(ngx_http_reco_turn_t *turn);

/* What this worker sends next; 0: nothing. */
void ngx_http_reco_turn_set(ngx_http_reco_turn_t *turn, uint64_t sequence);

/* The highest sequence that may be sent now, with that many ms of slack. */
uint64_t ngx_http_reco_turn_limit(ngx_http_reco_turn_t *turn, ngx_msec_t slack);

/* So many ms later; UINT64_MAX stays. */
uint64_t ngx_http_reco_turn_later(uint64_t sequence, ngx_msec_t slack);

/* Patience with the others begins anew: Redis is back for them too. */
void ngx_http_reco_turn_renew(ngx_http_reco_turn_t *turn);

/* Frees the marks of workers that are dead: their files were adopted. */
void ngx_http_reco_turn_tend(ngx_http_reco_turn_t *turn);

#endif /* NGX_HTTP_RECO_TURN_H */
