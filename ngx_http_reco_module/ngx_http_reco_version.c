#include "ngx_http_reco_version.h"


#define NGX_HTTP_RECO_SLICE       (1024 * 1024) /* bytes that are asked for */
#define NGX_HTTP_RECO_SLICE_TIME  300           /* us of one turn */
#define NGX_HTTP_RECO_SLICE_PAUSE 2             /* ms between two */


static void ngx_http_reco_base_timer(ngx_event_t *ev);
static void ngx_http_reco_base_destroy(ngx_http_reco_base_t *base);


/* Of this worker: bases that nobody holds and that are still mapped. */
static struct {
    ngx_queue_t bases;
    ngx_event_t timer;
    ngx_connection_t connection; /* what the timer's debug log looks at */
} ngx_http_reco_dropped;

static reco_engine_scratch_t *ngx_http_reco_scratch_memory;


ngx_uint_t
ngx_http_reco_cpu_time(void)
{
    struct timespec ts;

    (void) clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);

    return (ngx_uint_t) ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}


/* -- base ---------------------------------------------------------------- */

ngx_http_reco_base_t *
ngx_http_reco_base_open(const char *path, reco_error_t *error)
{
    ngx_http_reco_base_t *base;

    base = ngx_calloc(sizeof(ngx_http_reco_base_t), ngx_cycle->log);
    if (base == NULL) {
        (void) reco_error_set(error, RECO_NOMEM, "out of memory");
        return NULL;
    }

    if (reco_snapshot_open(path, 0, &base->snapshot, error) != RECO_OK) {
        ngx_free(base);
        return NULL;
    }

    base->holders = 1;

    return base;
}


/* Takes steps until the time is up; false when there is none left. */
static ngx_uint_t
ngx_http_reco_base_steps(
    ngx_http_reco_base_t *base, int (*step)(reco_snapshot_t *, size_t))
{
    ngx_uint_t start;

    start = ngx_http_reco_cpu_time();

    do {
        if (!step(base->snapshot, NGX_HTTP_RECO_SLICE)) {
            return 0;
        }
    } while (ngx_http_reco_cpu_time() - start < NGX_HTTP_RECO_SLICE_TIME);

    return 1;
}


ngx_uint_t
ngx_http_reco_base_warm(ngx_http_reco_base_t *base)
{
    return ngx_http_reco_base_steps(base, reco_snapshot_warm);
}


reco_status_t
ngx_http_reco_overlay_check(
    reco_snapshot_overlay_t *overlay, reco_error_t *error)
{
    ngx_uint_t start;
    reco_status_t status;

    start = ngx_http_reco_cpu_time();

    do {
        status =
            reco_snapshot_overlay_check(overlay, NGX_HTTP_RECO_SLICE, error);
    } while (status == RECO_AGAIN
             && ngx_http_reco_cpu_time() - start < NGX_HTTP_RECO_SLICE_TIME);

    return status;
}


void
ngx_http_reco_base_release(ngx_http_reco_base_t *base)
{
    if (--base->holders > 0) {
        return;
    }

    if (ngx_exiting || ngx_quit || ngx_terminate) {
        ngx_http_reco_base_destroy(base);
        return;
    }

    if (ngx_http_reco_dropped.timer.handler == NULL) {
        ngx_queue_init(&ngx_http_reco_dropped.bases);
        ngx_http_reco_dropped.connection.fd = (ngx_socket_t) -1;
        ngx_http_reco_dropped.timer.data = &ngx_http_reco_dropped.connection;
        ngx_http_reco_dropped.timer.handler = ngx_http_reco_base_timer;
        ngx_http_reco_dropped.timer.log = ngx_cycle->log;
        ngx_http_reco_dropped.timer.cancelable = 1;
    }

    ngx_queue_insert_tail(&ngx_http_reco_dropped.bases, &base->queue);

    if (!ngx_http_reco_dropped.timer.timer_set) {
        ngx_add_timer(&ngx_http_reco_dropped.timer, NGX_HTTP_RECO_SLICE_PAUSE);
    }
}


static void
ngx_http_reco_base_timer(ngx_event_t *ev)
{
    ngx_uint_t start;
    ngx_queue_t *q;
    ngx_http_reco_base_t *base;

    start = ngx_http_reco_cpu_time();

    q = ngx_queue_head(&ngx_http_reco_dropped.bases);
    base = ngx_queue_data(q, ngx_http_reco_base_t, queue);

    if (!ngx_http_reco_base_steps(base, reco_snapshot_drop)) {
        ngx_queue_remove(q);
        ngx_http_reco_base_destroy(base);
    }

    ngx_http_reco_stalled(ngx_http_reco_cpu_time() - start);

    if (!ngx_queue_empty(&ngx_http_reco_dropped.bases)) {
        ngx_add_timer(ev, NGX_HTTP_RECO_SLICE_PAUSE);
    }
}


static void
ngx_http_reco_base_destroy(ngx_http_reco_base_t *base)
{
    reco_snapshot_release(base->snapshot);
    ngx_free(base);
}


void
ngx_http_reco_version_exit_process(void)
{
    ngx_queue_t *q;

    reco_engine_scratch_destroy(ngx_http_reco_scratch_memory);
    ngx_http_reco_scratch_memory = NULL;

    if (ngx_http_reco_dropped.timer.handler == NULL) {
        return;
    }

    while (!ngx_queue_empty(&ngx_http_reco_dropped.bases)) {
        q = ngx_queue_head(&ngx_http_reco_dropped.bases);
        ngx_queue_remove(q);
        ngx_http_reco_base_destroy(
            ngx_queue_data(q, ngx_http_reco_base_t, queue));
    }
}


/* -- version ------------------------------------------------------------- */

/* Queries keep nothing in it, so that all versions use the same. */
static ngx_int_t
ngx_http_reco_version_scratch(const reco_engine_model_t *model)
{
    reco_engine_scratch_t *scratch;

    if (ngx_http_reco_scratch_memory != NULL
        && reco_engine_scratch_serves(ngx_http_reco_scratch_memory, model))
    {
        return NGX_OK;
    }

    if (reco_engine_scratch_create(model, &scratch) != RECO_OK) {
        return NGX_ERROR;
    }

    reco_engine_scratch_destroy(ngx_http_reco_scratch_memory);
    ngx_http_reco_scratch_memory = scratch;

    return NGX_OK;
}


reco_engine_scratch_t *
ngx_http_reco_scratch(void)
{
    return ngx_http_reco_scratch_memory;
}


ngx_http_reco_version_t *
ngx_http_reco_version_create(ngx_http_reco_base_t *base,
    reco_snapshot_overlay_t *overlay, reco_error_t *error)
{
    static uint64_t serial;

    const char *id;
    reco_status_t status;
    ngx_http_reco_version_t *version;

    id = reco_snapshot_id(base->snapshot);

    version = ngx_calloc(
        sizeof(ngx_http_reco_version_t) + ngx_strlen(id), ngx_cycle->log);
    if (version == NULL) {
        (void) reco_error_set(error, RECO_NOMEM, "out of memory");
        return NULL;
    }

    version->references = 1;
    version->serial = ++serial;
    version->id.len = ngx_strlen(id);
    version->id.data = (u_char *) (version + 1);
    ngx_memcpy(version->id.data, id, version->id.len);

    status = reco_engine_model_open(
        base->snapshot, overlay, NULL, &version->engine, error);
    if (status != RECO_OK) {
        ngx_free(version);
        return NULL;
    }

    if (ngx_http_reco_version_scratch(version->engine) != NGX_OK) {
        (void) reco_error_set(error, RECO_NOMEM, "out of memory");
        reco_engine_model_close(version->engine);
        ngx_free(version);
        return NULL;
    }

    version->base = base;
    base->holders++;

    return version;
}


void
ngx_http_reco_version_release(ngx_http_reco_version_t *version)
{
    if (--version->references > 0) {
        return;
    }

    reco_engine_model_close(version->engine);
    ngx_http_reco_base_release(version->base);
    ngx_free(version);
}
