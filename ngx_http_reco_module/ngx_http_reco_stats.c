#include "ngx_http_reco_module.h"
#include "ngx_http_reco_shared.h"

#include <stdio.h>


/*
 * A row of counters for each worker, so that counting never meets another
 * processor's cache line.  Workers of two generations may share a row for a
 * while, hence the atomic additions.
 */

#define NGX_HTTP_RECO_STATS_ROWS 64
#define NGX_HTTP_RECO_LOG_PERIOD 10

typedef struct {
    ngx_atomic_t counters[NGX_HTTP_RECO_COUNTERS];
    ngx_atomic_t longest; /* us at once for a model */
    ngx_atomic_t padding[8];
} ngx_http_reco_stats_row_t;


const ngx_http_reco_counter_info_t
    ngx_http_reco_counters[NGX_HTTP_RECO_COUNTERS] = {
        [NGX_HTTP_RECO_PAGES] = {"pages", "Pages rewritten."},
        [NGX_HTTP_RECO_RECALLED] = {"pages_recalled",
            "Pages from files that were not read again."},
        [NGX_HTTP_RECO_BYTES_RECALLED] = {"bytes_recalled",
            "Bytes of other pages that were known and not read again."},
        [NGX_HTTP_RECO_BLOCKS] = {"blocks", "Blocks put into pages."},
        [NGX_HTTP_RECO_ITEMS] = {"items", "Items in those blocks."},
        [NGX_HTTP_RECO_EMPTY] = {"blocks_empty",
            "Blocks that had nothing to show."},
        [NGX_HTTP_RECO_WITHHELD] = {"blocks_withheld",
            "Blocks that an arm of an experiment keeps back."},
        [NGX_HTTP_RECO_UNPLACED] = {"slots_unplaced",
            "Slots that found no place in a page."},
        [NGX_HTTP_RECO_NO_MODEL] = {"pages_no_model",
            "Pages passed because there was no model."},
        [NGX_HTTP_RECO_CODED] = {"pages_coded",
            "Pages passed because of their content coding."},
        [NGX_HTTP_RECO_CHARSET] = {"pages_charset",
            "Pages passed because of their character set."},
        [NGX_HTTP_RECO_LIMITED] = {"pages_limited",
            "Pages in which a limit of the HTML parser was met."},
        [NGX_HTTP_RECO_FAILED] = {"blocks_failed",
            "Blocks left out after a failure."},
        [NGX_HTTP_RECO_ANSWERS_REUSED] = {"answers_reused",
            "Answers that the engine had given before."},
        [NGX_HTTP_RECO_API] = {"api_answers",
            "Answers of the recommendation interface."},
        [NGX_HTTP_RECO_VIEWS] = {"views", "Page views recorded."},
        [NGX_HTTP_RECO_LEARNT] = {"products_learnt",
            "Products that pages told, new or changed."},
        [NGX_HTTP_RECO_EVENTS] = {"events", "Events accepted."},
        [NGX_HTTP_RECO_REJECTED] = {"events_rejected",
            "Events refused as invalid."},
        [NGX_HTTP_RECO_REFUSED] = {"events_refused",
            "Events refused because they could not be stored."},
        [NGX_HTTP_RECO_ROBOTS] = {"robots",
            "Requests of robots, which are not recorded."},
        [NGX_HTTP_RECO_PROFILES_LOADED] = {"profiles_loaded",
            "Visitors' profiles loaded from the feature store."},
        [NGX_HTTP_RECO_PROFILES_MISSING] = {"profiles_missing",
            "Visitors of whom the feature store has none."},
        [NGX_HTTP_RECO_PROFILES_FAILED] = {"profiles_failed",
            "Profiles that could not be asked for, or were not answered."},
        [NGX_HTTP_RECO_PROFILES_BAD] = {"profiles_refused",
            "Profiles refused because they are damaged."},
        [NGX_HTTP_RECO_PROFILES_BROKEN] = {"profiles_connections_broken",
            "Connections to memcached that broke."},
        [NGX_HTTP_RECO_SWAPS] = {"model_swaps",
            "Model versions taken, summed over workers."},
        [NGX_HTTP_RECO_OVERLAYS] = {"overlay_swaps",
            "Overlays taken, summed over workers."},
        [NGX_HTTP_RECO_BAD_VERSIONS] = {"model_refused",
            "Model versions refused, summed over workers."},
        [NGX_HTTP_RECO_BAD_OVERLAYS] = {"overlay_refused",
            "Overlays refused, summed over workers."},
};


/* Of this worker; until it has one it counts into a row of its own. */
static ngx_http_reco_stats_row_t ngx_http_reco_stats_private;
static ngx_http_reco_stats_row_t *ngx_http_reco_stats_rows;
static ngx_http_reco_stats_row_t *ngx_http_reco_stats =
    &ngx_http_reco_stats_private;

static time_t ngx_http_reco_logged[NGX_HTTP_RECO_COUNTERS];


ngx_int_t
ngx_http_reco_stats_init(ngx_conf_t *cf, ngx_http_reco_main_conf_t *main)
{
    ngx_str_t name = ngx_string("reco_stats");

    main->stats = ngx_http_reco_shared(cf, &name,
        NGX_HTTP_RECO_STATS_ROWS * sizeof(ngx_http_reco_stats_row_t), NULL);

    return main->stats != NULL ? NGX_OK : NGX_ERROR;
}


void
ngx_http_reco_stats_init_process(ngx_http_reco_main_conf_t *main)
{
    ngx_http_reco_stats_rows = main->stats->data;
    ngx_http_reco_stats =
        &ngx_http_reco_stats_rows[ngx_worker % NGX_HTTP_RECO_STATS_ROWS];
}


void
ngx_http_reco_count(ngx_http_reco_counter_t counter, ngx_uint_t n)
{
    (void) ngx_atomic_fetch_add(&ngx_http_reco_stats->counters[counter], n);
}


uint64_t
ngx_http_reco_counted(ngx_http_reco_counter_t counter)
{
    uint64_t sum;
    ngx_uint_t i;

    if (ngx_http_reco_stats_rows == NULL) {
        return ngx_http_reco_stats->counters[counter];
    }

    sum = 0;

    for (i = 0; i < NGX_HTTP_RECO_STATS_ROWS; i++) {
        sum += ngx_http_reco_stats_rows[i].counters[counter];
    }

    return sum;
}


void
ngx_http_reco_stalled(ngx_uint_t us)
{
    if (us > ngx_http_reco_stats->longest) {
        ngx_http_reco_stats->longest = us;
    }
}


ngx_uint_t
ngx_http_reco_longest_stall(void)
{
    ngx_uint_t i, longest;

    longest = ngx_http_reco_stats->longest;

    for (i = 0;
         ngx_http_reco_stats_rows != NULL && i < NGX_HTTP_RECO_STATS_ROWS; i++)
    {
        longest = ngx_max(longest, ngx_http_reco_stats_rows[i].longest);
    }

    return longest;
}


void
ngx_http_reco_failure(
    ngx_log_t *log, ngx_http_reco_counter_t counter, const char *fmt, ...)
{
    char line[512];
    va_list args;

    ngx_http_reco_count(counter, 1);

    if (ngx_time() - ngx_http_reco_logged[counter] < NGX_HTTP_RECO_LOG_PERIOD) {
        return;
    }

    ngx_http_reco_logged[counter] = ngx_time();

    va_start(args, fmt);
    vsnprintf(line, sizeof(line), fmt, args);
    va_end(args);

    ngx_log_error(NGX_LOG_ERR, log, 0, "reco: %s", line);
}
