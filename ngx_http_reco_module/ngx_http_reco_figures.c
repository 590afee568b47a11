#include "ngx_http_reco_forward.h"
#include "ngx_http_reco_pump.h"


#define ngx_http_reco_figure(field) offsetof(ngx_http_reco_redis_stats_t, field)

const ngx_http_reco_redis_metric_t ngx_http_reco_redis_metrics[] = {
    {"outbox_records", "Events that wait in outbox files.",
        ngx_http_reco_figure(waiting)},
    {"outbox_bytes", "Room that they take.", ngx_http_reco_figure(bytes)},
    {"outbox_capacity_bytes", "Room of the workers' own outbox files.",
        ngx_http_reco_figure(capacity)},
    {"outbox_appended_total", "Events put into an outbox.",
        ngx_http_reco_figure(appended)},
    {"outbox_refused_total", "Events for which there was no room or no file.",
        ngx_http_reco_figure(refused)},
    {"outbox_dropped_total", "Events given up as drop= says.",
        ngx_http_reco_figure(dropped)},
    {"outbox_torn_total", "Damaged stretches skipped in outbox files.",
        ngx_http_reco_figure(torn)},
    {"outbox_unreadable_total", "Records of outbox files that are no event.",
        ngx_http_reco_figure(unreadable)},
    {"outbox_adopted_total", "Files taken over from workers that are gone.",
        ngx_http_reco_figure(adopted)},
    {"redis_forwarded_total", "Events that Redis confirmed.",
        ngx_http_reco_figure(forwarded)},
    {"redis_connected", "Workers whose connection to Redis is up.",
        ngx_http_reco_figure(connected)},
    {"redis_connects_total", "Connections to Redis that came up.",
        ngx_http_reco_figure(connects)},
    {"redis_failures_total", "Connections that did not come up, or broke.",
        ngx_http_reco_figure(failures)},
    {"redis_errors_total", "Error replies of Redis.",
        ngx_http_reco_figure(errors)},
    {NULL, NULL, 0},
};


uint64_t
ngx_http_reco_redis_sequence(ngx_http_reco_redis_conf_t *conf)
{
    ngx_http_reco_redis_shared_t *shared;
    ngx_atomic_uint_t last, next;
    ngx_time_t *now;

    if (conf->zone == NULL) {
        return 0;
    }

    shared = conf->zone->data;
    now = ngx_timeofday();

    do {
        last = shared->sequence;
        next = ((ngx_atomic_uint_t) now->sec * 1000 + now->msec)
               << RECO_EVENT_SEQUENCE_BITS;
        next = ngx_max(next, last + 1);
    } while (!ngx_atomic_cmp_set(&shared->sequence, last, next));

    return next;
}


void
ngx_http_reco_redis_stats(
    ngx_http_reco_redis_conf_t *conf, ngx_http_reco_redis_stats_t *stats)
{
    ngx_http_reco_redis_shared_t *shared;
    ngx_http_reco_redis_stats_t *slot;
    ngx_core_conf_t *ccf;
    ngx_uint_t i;

    ngx_memzero(stats, sizeof(ngx_http_reco_redis_stats_t));

    if (conf->zone == NULL) {
        return;
    }

    /* else its own gauges are those of the last turn to Redis */
    if (conf->forward != NULL) {
        ngx_http_reco_forward_gauge(conf->forward);
    }

    shared = conf->zone->data;
    ccf =
        (ngx_core_conf_t *) ngx_get_conf(ngx_cycle->conf_ctx, ngx_core_module);

    for (i = 0; i < NGX_HTTP_RECO_SLOTS; i++) {
        slot = &shared->slots[i].stats;

        stats->appended += slot->appended;
        stats->forwarded += slot->forwarded;
        stats->refused += slot->refused;
        stats->dropped += slot->dropped;
        stats->torn += slot->torn;
        stats->unreadable += slot->unreadable;
        stats->adopted += slot->adopted;
        stats->connects += slot->connects;
        stats->failures += slot->failures;
        stats->errors += slot->errors;

        /* Slots of workers that were configured away keep their last gauges. */
        if (i < (ngx_uint_t) ccf->worker_processes) {
            stats->waiting += slot->waiting;
            stats->bytes += slot->bytes;
            stats->capacity += slot->capacity;
            stats->connected += slot->connected;
        }
    }
}
