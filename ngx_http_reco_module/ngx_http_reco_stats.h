/*
 * Counters in shared memory, which every worker adds to and reco_status shows; and
 * the log of what fails, which comes at most once in ten seconds for each kind.
 */

#ifndef NGX_HTTP_RECO_STATS_H
#define NGX_HTTP_RECO_STATS_H

#include <ngx_config.h>
#include <ngx_core.h>


typedef enum {
    NGX_HTTP_RECO_PAGES = 0,        /* pages rewritten */
    NGX_HTTP_RECO_RECALLED,         /* pages that were not read again */
    NGX_HTTP_RECO_BYTES_RECALLED,   /* of pages that were read */
    NGX_HTTP_RECO_BLOCKS,           /* blocks put into pages */
    NGX_HTTP_RECO_ITEMS,            /* items in them */
    NGX_HTTP_RECO_EMPTY,            /* blocks that had nothing to show */
    NGX_HTTP_RECO_WITHHELD,         /* blocks that an experiment keeps back */
    NGX_HTTP_RECO_UNPLACED,         /* slots that found no place in a page */
    NGX_HTTP_RECO_NO_MODEL,         /* pages passed: no model yet */
    NGX_HTTP_RECO_CODED,            /* pages passed: a coding unknown here */
    NGX_HTTP_RECO_CHARSET,          /* pages passed: not ASCII-compatible */
    NGX_HTTP_RECO_LIMITED,          /* pages in which a parser limit was met */
    NGX_HTTP_RECO_FAILED,           /* blocks left out after a failure */
    NGX_HTTP_RECO_ANSWERS_REUSED,   /* answers taken from reco_answers */
    NGX_HTTP_RECO_API,              /* answers of reco_api */
    NGX_HTTP_RECO_VIEWS,            /* page views recorded */
    NGX_HTTP_RECO_LEARNT,           /* products learnt from pages */
    NGX_HTTP_RECO_EVENTS,           /* events accepted */
    NGX_HTTP_RECO_REJECTED,         /* events refused as invalid */
    NGX_HTTP_RECO_REFUSED,          /* events refused for want of room */
    NGX_HTTP_RECO_ROBOTS,           /* requests of robots, not recorded */
    NGX_HTTP_RECO_PROFILES_LOADED,  /* visitors' profiles */
    NGX_HTTP_RECO_PROFILES_MISSING, /* visitors who have none */
    NGX_HTTP_RECO_PROFILES_FAILED,  /* not answered */
    NGX_HTTP_RECO_PROFILES_BAD,     /* refused as damaged */
    NGX_HTTP_RECO_PROFILES_BROKEN,  /* connections to memcached that broke */
    NGX_HTTP_RECO_SWAPS,            /* model versions taken */
    NGX_HTTP_RECO_OVERLAYS,         /* overlays taken */
    NGX_HTTP_RECO_BAD_VERSIONS,     /* model versions refused */
    NGX_HTTP_RECO_BAD_OVERLAYS,     /* overlays refused */
    NGX_HTTP_RECO_COUNTERS
} ngx_http_reco_counter_t;

typedef struct {
    const char *name; /* of the metric, without its prefix */
    const char *help;
} ngx_http_reco_counter_info_t;

extern const ngx_http_reco_counter_info_t
    ngx_http_reco_counters[NGX_HTTP_RECO_COUNTERS];

void ngx_http_reco_count(ngx_http_reco_counter_t counter, ngx_uint_t n);
uint64_t ngx_http_reco_counted(ngx_http_reco_counter_t counter);

/* A worker was busy for so many us of CPU time with taking or dropping a model;
   and the longest of all of these. */
void ngx_http_reco_stalled(ngx_uint_t us);
ngx_uint_t ngx_http_reco_longest_stall(void);

/* Counts, and logs at most one line in ten seconds for each counter. */
void ngx_http_reco_failure(ngx_log_t *log, ngx_http_reco_counter_t counter,
    const char *fmt, ...) __attribute__((format(printf, 3, 4)));

#endif /* NGX_HTTP_RECO_STATS_H */
