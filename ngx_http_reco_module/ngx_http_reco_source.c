#include "ngx_http_reco_source.h"

#include <ngx_event.h>

#include "ngx_http_reco_forward.h"


void
ngx_http_reco_source_init(
    ngx_http_reco_source_t *source, reco_outbox_t *file, ngx_msec_t hold)
{
    ngx_memzero(source, sizeof(ngx_http_reco_source_t));

    source->file = file;
    source->hold = hold;
}


ngx_int_t
ngx_http_reco_source_next(
    ngx_http_reco_source_t *source, uint64_t *cursor, reco_str_t *record)
{
    *cursor = source->cursor;

    return reco_outbox_next(source->file, cursor, record) == RECO_OK ? NGX_OK
                                                                     : NGX_DONE;
}


uint64_t
ngx_http_reco_source_sequence(ngx_http_reco_source_t *source)
{
    uint64_t cursor, sequence;
    reco_str_t record, visitor;

    if (source->file == NULL
        || ngx_http_reco_source_next(source, &cursor, &record) != NGX_OK
        || reco_event_peek(record, &visitor, &sequence) != RECO_OK)
    {
        return 0;
    }

    return sequence;
}


/* The newest step; a new one where that has begun too long ago. */
static ngx_http_reco_step_t *
ngx_http_reco_source_step(ngx_http_reco_source_t *source)
{
    ngx_http_reco_step_t *step;
    ngx_uint_t last;

    last = (source->first + source->nsteps - 1) % NGX_HTTP_RECO_SOURCE_STEPS;
    step = &source->steps[last];

    if (source->nsteps == NGX_HTTP_RECO_SOURCE_STEPS
        || (source->nsteps > 0
            && ngx_current_msec - step->time < source->hold / 8))
    {
        return step;
    }

    step = &source->steps[(last + 1) % NGX_HTTP_RECO_SOURCE_STEPS];
    source->nsteps++;

    step->records = 0;
    step->time = ngx_current_msec;

    return step;
}


void
ngx_http_reco_source_confirm(
    ngx_http_reco_source_t *source, uint64_t cursor, ngx_uint_t records)
{
    ngx_http_reco_step_t *step;

    source->confirmed = cursor;

    if (source->hold == 0) {
        reco_outbox_acknowledge(source->file, cursor);
        return;
    }

    ngx_http_reco_source_release(source, 0);

    step = ngx_http_reco_source_step(source);
    step->cursor = cursor;
    step->records += records;
    source->held += records;
}


void
ngx_http_reco_source_release(ngx_http_reco_source_t *source, ngx_uint_t all)
{
    ngx_http_reco_step_t *step;
    uint64_t cursor;

    cursor = 0;

    while (source->nsteps > 0) {
        step = &source->steps[source->first];

        /* a step lasts for an eighth of the time, and is let go of as one */
        if (!all
            && ngx_current_msec - step->time < source->hold + source->hold / 8)
        {
            break;
        }

        cursor = step->cursor;
        source->held -= step->records;
        source->first = (source->first + 1) % NGX_HTTP_RECO_SOURCE_STEPS;
        source->nsteps--;
    }

    if (cursor != 0) {
        reco_outbox_acknowledge(source->file, cursor);
    }
}


void
ngx_http_reco_source_rewind(ngx_http_reco_source_t *source, ngx_uint_t all)
{
    if (!all) {
        source->cursor = source->confirmed;
        return;
    }

    source->cursor = 0;
    source->confirmed = 0;
    source->nsteps = 0;
    source->held = 0;
}


void
ngx_http_reco_source_stats(
    const ngx_http_reco_source_t *source, reco_outbox_stats_t *stats)
{
    ngx_memzero(stats, sizeof(reco_outbox_stats_t));

    if (source->file == NULL) {
        return;
    }

    reco_outbox_stats(source->file, stats);
    stats->records -= ngx_min(stats->records, source->held);
}
