#include "ngx_http_reco_version.h"


/*
 * A model folder as a worker sees it.  A timer looks at the link "current" and
 * at the file "overlay": two system calls, twice a second by default.  What is new is
 * opened and checked, and then its pages are touched little by little, before
 * it replaces what is live; requests under way keep the version that they began
 * with.
 */

#define NGX_HTTP_RECO_MODEL_WARM  2  /* ms between two turns of warming */
#define NGX_HTTP_RECO_MODEL_RETRY 30 /* s, for a version that was refused */
#define NGX_HTTP_RECO_TARGET_MAX  256


/* Tells one state of a file from another; a rename makes a new one. */
typedef struct {
    ino_t inode;
    time_t seconds;
    long nanoseconds;
    off_t size;
} ngx_http_reco_file_id_t;


struct ngx_http_reco_model_s {
    ngx_str_t path;
    u_char *current;  /* path "/current" */
    u_char *overlay;  /* path "/overlay" */
    time_t stale;     /* an overlay older than this is not used; s */
    ngx_msec_t check; /* between two looks */

    /* of this worker */
    ngx_event_t timer;
    ngx_connection_t connection; /* what the timer's debug log looks at */
    ngx_http_reco_version_t *live;
    ngx_http_reco_base_t *base;
    ngx_http_reco_base_t *next;             /* being warmed; NULL: none */
    reco_snapshot_overlay_t *recent;        /* the live overlay; NULL: none */
    reco_snapshot_overlay_t *coming_recent; /* while it is checked */
    ngx_http_reco_file_id_t overlay_id;
    char target[NGX_HTTP_RECO_TARGET_MAX];  /* of "current", live */
    char coming[NGX_HTTP_RECO_TARGET_MAX];  /* of "current", being warmed */
    char refused[NGX_HTTP_RECO_TARGET_MAX]; /* of "current", refused */
    time_t refused_time;
};


static void ngx_http_reco_model_timer(ngx_event_t *ev);
static void ngx_http_reco_model_look(ngx_http_reco_model_t *model);
static void ngx_http_reco_model_open(
    ngx_http_reco_model_t *model, const char *target);
static void ngx_http_reco_model_take(ngx_http_reco_model_t *model);
static void ngx_http_reco_model_look_overlay(ngx_http_reco_model_t *model);
static void ngx_http_reco_model_check_overlay(ngx_http_reco_model_t *model);
static void ngx_http_reco_model_refuse_overlay(ngx_http_reco_model_t *model,
    reco_status_t status, const reco_error_t *error);
static void ngx_http_reco_model_take_overlay(
    ngx_http_reco_model_t *model, reco_snapshot_overlay_t *overlay);
static void ngx_http_reco_model_drop(ngx_http_reco_model_t *model);
static void ngx_http_reco_model_drop_next(ngx_http_reco_model_t *model);


static u_char *
ngx_http_reco_model_join(
    ngx_pool_t *pool, const ngx_str_t *path, const char *name)
{
    u_char *joined;

    joined = ngx_pnalloc(pool, path->len + ngx_strlen(name) + 2);
    if (joined != NULL) {
        ngx_sprintf(joined, "%V/%s%Z", path, name);
    }

    return joined;
}


ngx_http_reco_model_t *
ngx_http_reco_model_add(ngx_conf_t *cf, ngx_http_reco_main_conf_t *main,
    ngx_str_t *path, time_t stale, ngx_msec_t check)
{
    ngx_uint_t i;
    ngx_http_reco_model_t *model, **models;

    models = main->models.elts;

    for (i = 0; i < main->models.nelts; i++) {
        if (models[i]->path.len == path->len
            && ngx_strncmp(models[i]->path.data, path->data, path->len) == 0)
        {
            models[i]->stale = stale;
            models[i]->check = check;
            return models[i];
        }
    }

    model = ngx_pcalloc(cf->pool, sizeof(ngx_http_reco_model_t));
    models = ngx_array_push(&main->models);
    if (model == NULL || models == NULL) {
        return NULL;
    }

    *models = model;

    model->path = *path;
    model->stale = stale;
    model->check = check;
    model->current = ngx_http_reco_model_join(cf->pool, path, "current");
    model->overlay = ngx_http_reco_model_join(cf->pool, path, "overlay");
    if (model->current == NULL || model->overlay == NULL) {
        return NULL;
    }

    return model;
}


ngx_int_t
ngx_http_reco_model_init_process(
    ngx_cycle_t *cycle, ngx_http_reco_main_conf_t *main)
{
    ngx_uint_t i;
    ngx_http_reco_model_t **models, *model;

    models = main->models.elts;

    for (i = 0; i < main->models.nelts; i++) {
        model = models[i];

        model->connection.fd = (ngx_socket_t) -1;
        model->timer.data = &model->connection;
        model->connection.data = model;
        model->timer.handler = ngx_http_reco_model_timer;
        model->timer.log = cycle->log;
        model->timer.cancelable = 1;

        /* no request waits for this worker yet */

        do {
            ngx_http_reco_model_look(model);
        } while (model->next != NULL || model->coming_recent != NULL);

        ngx_add_timer(&model->timer, model->check);
    }

    return NGX_OK;
}


void
ngx_http_reco_model_exit_process(
    ngx_cycle_t *cycle, ngx_http_reco_main_conf_t *main)
{
    ngx_uint_t i;
    ngx_http_reco_model_t **models;

    models = main->models.elts;

    for (i = 0; i < main->models.nelts; i++) {
        ngx_http_reco_model_drop(models[i]);
    }

    ngx_http_reco_version_exit_process();
}


static void
ngx_http_reco_model_timer(ngx_event_t *ev)
{
    ngx_connection_t *c = ev->data;

    ngx_uint_t start;
    ngx_http_reco_model_t *model;

    model = c->data;
    start = ngx_http_reco_cpu_time();

    ngx_http_reco_model_look(model);

    ngx_http_reco_stalled(ngx_http_reco_cpu_time() - start);

    if (!ngx_exiting && !ngx_quit && !ngx_terminate) {
        ngx_add_timer(ev, model->next != NULL || model->coming_recent != NULL
                              ? NGX_HTTP_RECO_MODEL_WARM
                              : model->check);
    }
}


static void
ngx_http_reco_model_look(ngx_http_reco_model_t *model)
{
    char target[NGX_HTTP_RECO_TARGET_MAX];
    ssize_t n;

    n = readlink((char *) model->current, target, sizeof(target));

    if (n <= 0 || n >= (ssize_t) sizeof(target)) {
        if (model->live != NULL) {
            ngx_log_error(NGX_LOG_WARN, model->timer.log, ngx_errno,
                "reco: model \"%s\" is gone, pages pass unaltered",
                model->current);
        }

        ngx_http_reco_model_drop(model);
        return;
    }

    target[n] = '\0';

    if (model->next != NULL && ngx_strcmp(target, model->coming) != 0) {
        ngx_http_reco_model_drop_next(model);
    }

    if (model->next == NULL && ngx_strcmp(target, model->target) != 0
        && (ngx_strcmp(target, model->refused) != 0
            || ngx_time() - model->refused_time >= NGX_HTTP_RECO_MODEL_RETRY))
    {
        ngx_http_reco_model_open(model, target);

        if (model->live != NULL) {
            /* the rest in turns of its own */
            return;
        }
    }

    if (model->next != NULL && !ngx_http_reco_base_warm(model->next)) {
        ngx_http_reco_model_take(model);
    }

    if (model->next == NULL && model->live != NULL) {
        ngx_http_reco_model_look_overlay(model);
    }
}


static void
ngx_http_reco_model_refuse(
    ngx_http_reco_model_t *model, const char *target, const char *reason)
{
    ngx_http_reco_failure(model->timer.log, NGX_HTTP_RECO_BAD_VERSIONS,
        "model \"%.*s/%s\" is refused%s: %s", (int) model->path.len,
        (char *) model->path.data, target,
        model->live != NULL ? ", the one before it stays" : "", reason);

    ngx_cpystrn(
        (u_char *) model->refused, (u_char *) target, sizeof(model->refused));
    model->refused_time = ngx_time();
}


/* Opens the version that "current" points to. */
static void
ngx_http_reco_model_open(ngx_http_reco_model_t *model, const char *target)
{
    char path[NGX_MAX_PATH];
    reco_error_t error;

    if (target[0] == '/') {
        ngx_snprintf((u_char *) path, sizeof(path), "%s%Z", target);

    } else {
        ngx_snprintf(
            (u_char *) path, sizeof(path), "%V/%s%Z", &model->path, target);
    }

    path[sizeof(path) - 1] = '\0';

    ngx_memzero(&error, sizeof(error));
    model->next = ngx_http_reco_base_open(path, &error);

    if (model->next == NULL) {
        ngx_http_reco_model_refuse(model, target, error.message);
        return;
    }

    ngx_cpystrn(
        (u_char *) model->coming, (u_char *) target, sizeof(model->coming));
}


/* Makes the version that was warmed the live one. */
static void
ngx_http_reco_model_take(ngx_http_reco_model_t *model)
{
    reco_error_t error;
    ngx_http_reco_base_t *base;
    ngx_http_reco_version_t *version;

    base = model->next;

    ngx_memzero(&error, sizeof(error));
    version = ngx_http_reco_version_create(base, NULL, &error);

    if (version == NULL) {
        ngx_http_reco_model_refuse(model, model->coming, error.message);
        ngx_http_reco_model_drop_next(model);
        return;
    }

    model->next = NULL;
    ngx_http_reco_model_drop(model);

    model->base = base;
    model->live = version;
    model->refused[0] = '\0';
    ngx_cpystrn((u_char *) model->target, (u_char *) model->coming,
        sizeof(model->target));

    ngx_http_reco_count(NGX_HTTP_RECO_SWAPS, 1);
    ngx_log_error(NGX_LOG_NOTICE, model->timer.log, 0,
        "reco: model \"%V\" is live, %uD items", &version->id,
        reco_snapshot_nitems(base->snapshot));
}


static void
ngx_http_reco_model_look_overlay(ngx_http_reco_model_t *model)
{
    struct stat st;
    reco_error_t error;
    reco_status_t status;
    ngx_http_reco_file_id_t id;

    if (model->coming_recent != NULL) {
        ngx_http_reco_model_check_overlay(model);
        return;
    }

    ngx_memzero(&id, sizeof(id));

    if (stat((char *) model->overlay, &st) == 0
        && ngx_time() - st.st_mtim.tv_sec <= model->stale)
    {
        id.inode = st.st_ino;
        id.seconds = st.st_mtim.tv_sec;
        id.nanoseconds = st.st_mtim.tv_nsec;
        id.size = st.st_size;
    }

    if (ngx_memcmp(&id, &model->overlay_id, sizeof(id)) == 0) {
        return;
    }

    /* one that is refused is not looked at again until it changes */
    model->overlay_id = id;

    if (id.inode == 0) {
        ngx_http_reco_model_take_overlay(model, NULL);
        return;
    }

    ngx_memzero(&error, sizeof(error));
    status = reco_snapshot_overlay_begin((char *) model->overlay,
        model->base->snapshot, &model->coming_recent, &error);

    if (status == RECO_OK) {
        ngx_http_reco_model_check_overlay(model);
    } else {
        ngx_http_reco_model_refuse_overlay(model, status, &error);
    }
}


/* In turns: an overlay may be large. */
static void
ngx_http_reco_model_check_overlay(ngx_http_reco_model_t *model)
{
    reco_error_t error;
    reco_status_t status;
    reco_snapshot_overlay_t *overlay;

    overlay = model->coming_recent;

    ngx_memzero(&error, sizeof(error));
    status = ngx_http_reco_overlay_check(overlay, &error);

    if (status == RECO_AGAIN) {
        return;
    }

    model->coming_recent = NULL;

    if (status == RECO_OK) {
        ngx_http_reco_model_take_overlay(model, overlay);
        return;
    }

    reco_snapshot_overlay_release(overlay);
    ngx_http_reco_model_refuse_overlay(model, status, &error);
}


static void
ngx_http_reco_model_refuse_overlay(ngx_http_reco_model_t *model,
    reco_status_t status, const reco_error_t *error)
{
    if (status != RECO_DECLINED) {
        ngx_http_reco_failure(model->timer.log, NGX_HTTP_RECO_BAD_OVERLAYS,
            "overlay \"%s\" is refused: %s", (char *) model->overlay,
            error->message);
    }

    ngx_http_reco_model_take_overlay(model, NULL);
}


/* Puts a new overlay, or none, over the live base. */
static void
ngx_http_reco_model_take_overlay(
    ngx_http_reco_model_t *model, reco_snapshot_overlay_t *overlay)
{
    reco_error_t error;
    ngx_http_reco_version_t *version;

    if (overlay == NULL && model->recent == NULL) {
        return;
    }

    ngx_memzero(&error, sizeof(error));
    version = ngx_http_reco_version_create(model->base, overlay, &error);

    if (version == NULL) {
        ngx_http_reco_failure(model->timer.log, NGX_HTTP_RECO_BAD_OVERLAYS,
            "overlay \"%s\" is refused: %s", (char *) model->overlay,
            error.message);

        if (overlay != NULL) {
            reco_snapshot_overlay_release(overlay);
        }

        return;
    }

    if (model->recent != NULL) {
        reco_snapshot_overlay_release(model->recent);
    }

    ngx_http_reco_version_release(model->live);

    model->live = version;
    model->recent = overlay;

    ngx_http_reco_count(NGX_HTTP_RECO_OVERLAYS, overlay != NULL);
}


static void
ngx_http_reco_model_drop(ngx_http_reco_model_t *model)
{
    if (model->coming_recent != NULL) {
        reco_snapshot_overlay_release(model->coming_recent);
        model->coming_recent = NULL;
    }

    if (model->recent != NULL) {
        reco_snapshot_overlay_release(model->recent);
        model->recent = NULL;
    }

    if (model->live != NULL) {
        ngx_http_reco_version_release(model->live);
        model->live = NULL;
    }

    if (model->base != NULL) {
        ngx_http_reco_base_release(model->base);
        model->base = NULL;
    }

    ngx_http_reco_model_drop_next(model);

    model->target[0] = '\0';
    ngx_memzero(&model->overlay_id, sizeof(model->overlay_id));
}


static void
ngx_http_reco_model_drop_next(ngx_http_reco_model_t *model)
{
    if (model->next != NULL) {
        ngx_http_reco_base_release(model->next);
        model->next = NULL;
    }
}


ngx_http_reco_version_t *
ngx_http_reco_version_acquire(ngx_http_reco_model_t *model)
{
    if (model == NULL || model->live == NULL) {
        return NULL;
    }

    model->live->references++;

    return model->live;
}


void
ngx_http_reco_model_state(
    ngx_http_reco_model_t *model, ngx_http_reco_model_state_t *state)
{
    ngx_memzero(state, sizeof(ngx_http_reco_model_state_t));

    state->path = model->path;

    if (model->live == NULL) {
        return;
    }

    state->id = model->live->id;
    state->nitems = reco_snapshot_nitems(model->base->snapshot);

    if (model->recent != NULL) {
        state->overlay_created = reco_snapshot_overlay_created(model->recent);
    }
}
