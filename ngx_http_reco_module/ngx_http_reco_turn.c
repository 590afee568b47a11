#include "ngx_http_reco_turn.h"

#include <ngx_event.h>

#include "event/reco_event.h"


static ngx_uint_t
ngx_http_reco_turn_dead(ngx_atomic_uint_t pid)
{
    return kill((ngx_pid_t) pid, 0) == -1 && ngx_errno == NGX_ESRCH;
}


void
ngx_http_reco_turn_init(ngx_http_reco_turn_t *turn, ngx_http_reco_mark_t *marks)
{
    ngx_atomic_uint_t pid;
    ngx_uint_t i;

    ngx_memzero(turn, sizeof(ngx_http_reco_turn_t));
    turn->marks = marks;

    for (i = 0; i < NGX_HTTP_RECO_TURN_WORKERS; i++) {
        pid = marks[i].pid;

        if ((pid == 0 || ngx_http_reco_turn_dead(pid))
            && ngx_atomic_cmp_set(
                &marks[i].pid, pid, (ngx_atomic_uint_t) ngx_pid))
        {
            turn->own = &marks[i];
            turn->own->sequence = 0;
            return;
        }
    }
}


void
ngx_http_reco_turn_done(ngx_http_reco_turn_t *turn)
{
    if (turn->own != NULL && turn->own->sequence == 0) {
        turn->own->pid = 0;
    }

    turn->own = NULL;
}


void
ngx_http_reco_turn_set(ngx_http_reco_turn_t *turn, uint64_t sequence)
{
    if (turn->own != NULL && turn->own->sequence != sequence) {
        turn->own->sequence = sequence;
    }
}


uint64_t
ngx_http_reco_turn_later(uint64_t sequence, ngx_msec_t slack)
{
    return sequence == UINT64_MAX
               ? sequence
               : sequence + ((uint64_t) slack << RECO_EVENT_SEQUENCE_BITS);
}


/* The lowest mark of the others that is waited for, UINT64_MAX: none. */
static uint64_t
ngx_http_reco_turn_lowest(ngx_http_reco_turn_t *turn, ngx_uint_t *which)
{
    uint64_t lowest, sequence;
    ngx_uint_t i;

    lowest = UINT64_MAX;
    *which = 0;

    for (i = 0; i < NGX_HTTP_RECO_TURN_WORKERS; i++) {
        sequence = turn->marks[i].sequence;

        if (sequence != 0 && sequence < lowest && sequence != turn->stuck[i]
            && &turn->marks[i] != turn->own)
        {
            lowest = sequence;
            *which = i;
        }
    }

    return lowest;
}


uint64_t
ngx_http_reco_turn_limit(ngx_http_reco_turn_t *turn, ngx_msec_t slack)
{
    uint64_t lowest, own;
    ngx_uint_t which;

    own = turn->own != NULL ? turn->own->sequence : 0;

    for (;;) {
        lowest = ngx_http_reco_turn_lowest(turn, &which);

        if (lowest == UINT64_MAX) {
            break;
        }

        if (lowest != turn->lowest || own < lowest) {
            turn->lowest = lowest;
            turn->since = ngx_current_msec;
            break;
        }

        if (ngx_current_msec - turn->since <= NGX_HTTP_RECO_TURN_PATIENCE) {
            break;
        }

        turn->stuck[which] = lowest;
    }

    return ngx_http_reco_turn_later(lowest, slack);
}


void
ngx_http_reco_turn_renew(ngx_http_reco_turn_t *turn)
{
    turn->since = ngx_current_msec;
    ngx_memzero(turn->stuck, sizeof(turn->stuck));
}


void
ngx_http_reco_turn_tend(ngx_http_reco_turn_t *turn)
{
    ngx_atomic_uint_t pid;
    ngx_uint_t i;

    for (i = 0; i < NGX_HTTP_RECO_TURN_WORKERS; i++) {
        pid = turn->marks[i].pid;

        if (pid != 0 && ngx_http_reco_turn_dead(pid)) {
            turn->marks[i].sequence = 0;
        }
    }
}
