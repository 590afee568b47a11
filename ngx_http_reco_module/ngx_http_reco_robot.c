#include "ngx_http_reco_module.h"
#include "ngx_http_reco_random.h"
#include "ngx_http_reco_shared.h"


/*
 * Visitors that are none: those who ask for more in a minute than a person can,
 * and those who followed a link that no person sees.  For an hour nothing of
 * theirs is recorded.  A table in shared memory remembers them, by a hash of the
 * visitor, or of the address where a program takes no cookie; when two meet in
 * one place the older one is forgotten.
 */

#define NGX_HTTP_RECO_ROBOT_PLACES 16384
#define NGX_HTTP_RECO_ROBOT_WINDOW 60   /* s in which requests are counted */
#define NGX_HTTP_RECO_ROBOT_TIME   3600 /* s for which a robot is one */


/* Workers write without a lock: at worst a request is not counted. */
typedef struct {
    uint64_t key;
    uint32_t since; /* when counting began, or when it was found out */
    uint32_t count; /* UINT32_MAX: a robot */
} ngx_http_reco_robot_t;


typedef struct {
    uint64_t secret; /* clients choose ids, and may not choose whom they
                        stand for */
    ngx_http_reco_robot_t places[NGX_HTTP_RECO_ROBOT_PLACES];
} ngx_http_reco_robots_t;


static ngx_int_t ngx_http_reco_honeypot_handler(ngx_http_request_t *r);


static ngx_int_t
ngx_http_reco_robots_init(void *data)
{
    ngx_http_reco_robots_t *robots = data;

    return ngx_http_reco_random(&robots->secret, sizeof(robots->secret));
}


ngx_shm_zone_t *
ngx_http_reco_robot_zone(ngx_conf_t *cf)
{
    static ngx_str_t name = ngx_string("ngx_http_reco_robots");

    return ngx_http_reco_shared(
        cf, &name, sizeof(ngx_http_reco_robots_t), ngx_http_reco_robots_init);
}


/* NULL without a zone. */
static ngx_http_reco_robots_t *
ngx_http_reco_robots(ngx_http_request_t *r)
{
    ngx_http_reco_main_conf_t *main;

    main = ngx_http_get_module_main_conf(r, ngx_http_reco_module);

    return main->robots != NULL ? main->robots->data : NULL;
}


/* The place of a key, which another one may have now; NULL without a zone. */
static ngx_http_reco_robot_t *
ngx_http_reco_robot_place(ngx_http_request_t *r, uint64_t key)
{
    ngx_http_reco_robots_t *robots;

    robots = ngx_http_reco_robots(r);

    return robots != NULL ? &robots->places[key % NGX_HTTP_RECO_ROBOT_PLACES]
                          : NULL;
}


static uint64_t
ngx_http_reco_robot_key(ngx_http_request_t *r, const void *data, size_t len)
{
    ngx_http_reco_robots_t *robots;

    robots = ngx_http_reco_robots(r);

    return robots != NULL ? reco_hash_keyed(robots->secret, data, len) : 0;
}


static uint64_t
ngx_http_reco_robot_visitor(ngx_http_request_t *r, ngx_http_reco_ctx_t *ctx)
{
    return ngx_http_reco_robot_key(r, ctx->id.bytes, sizeof(ctx->id.bytes));
}


static uint64_t
ngx_http_reco_robot_address(ngx_http_request_t *r)
{
    return ngx_http_reco_robot_key(
        r, r->connection->addr_text.data, r->connection->addr_text.len);
}


static ngx_uint_t
ngx_http_reco_robot_known(const ngx_http_reco_robot_t *robot, uint64_t key)
{
    return robot != NULL && robot->key == key && robot->count == UINT32_MAX
           && ngx_time() - (time_t) robot->since < NGX_HTTP_RECO_ROBOT_TIME;
}


static void
ngx_http_reco_robot_note(ngx_http_request_t *r, uint64_t key)
{
    ngx_http_reco_robot_t *robot;

    robot = ngx_http_reco_robot_place(r, key);

    if (robot != NULL) {
        robot->key = key;
        robot->since = (uint32_t) ngx_time();
        robot->count = UINT32_MAX;
    }
}


void
ngx_http_reco_robot_expect(ngx_http_request_t *r, ngx_http_reco_ctx_t *ctx)
{
    __builtin_prefetch(
        ngx_http_reco_robot_place(r, ngx_http_reco_robot_visitor(r, ctx)), 1);
}


ngx_uint_t
ngx_http_reco_robot_visit(ngx_http_request_t *r, ngx_http_reco_ctx_t *ctx)
{
    uint64_t key;
    ngx_http_reco_robot_t *robot;
    ngx_http_reco_loc_conf_t *lcf;

    if (ctx->visitor_new) {
        key = ngx_http_reco_robot_address(r);
        return ngx_http_reco_robot_known(
            ngx_http_reco_robot_place(r, key), key);
    }

    key = ngx_http_reco_robot_visitor(r, ctx);
    robot = ngx_http_reco_robot_place(r, key);

    if (robot == NULL) {
        return 0;
    }

    if (ngx_http_reco_robot_known(robot, key)) {
        return 1;
    }

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_reco_module);

    if (lcf->robot_rate == 0) {
        return 0;
    }

    if (robot->key != key || robot->count == UINT32_MAX
        || ngx_time() - (time_t) robot->since >= NGX_HTTP_RECO_ROBOT_WINDOW)
    {
        robot->key = key;
        robot->since = (uint32_t) ngx_time();
        robot->count = 0;
    }

    if ((ngx_int_t) ++robot->count <= lcf->robot_rate) {
        return 0;
    }

    ngx_http_reco_robot_note(r, key);

    return 1;
}


/* -- a link that no person sees ------------------------------------------- */

char *
ngx_http_reco_honeypot(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_core_loc_conf_t *clcf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    clcf->handler = ngx_http_reco_honeypot_handler;

    return NGX_CONF_OK;
}


/* Whoever gets here without a cookie is known by the address alone. */
static ngx_int_t
ngx_http_reco_honeypot_handler(ngx_http_request_t *r)
{
    ngx_http_reco_ctx_t *ctx;

    if (ngx_http_discard_request_body(r) != NGX_OK) {
        return NGX_HTTP_BAD_REQUEST;
    }

    ctx = ngx_http_reco_get_ctx(r);
    if (ctx == NULL
        || ngx_http_reco_header(
               r, "Cache-Control", "no-store", sizeof("no-store") - 1)
               != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_http_reco_count(NGX_HTTP_RECO_ROBOTS, 1);

    if (ngx_http_reco_visitor(r, ctx) == NGX_OK && !ctx->visitor_new) {
        ngx_http_reco_robot_note(r, ngx_http_reco_robot_visitor(r, ctx));

    } else {
        ngx_http_reco_robot_note(r, ngx_http_reco_robot_address(r));
    }

    return ngx_http_reco_send_empty(r, NGX_HTTP_NO_CONTENT);
}
