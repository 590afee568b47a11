#include "ngx_http_reco_module.h"


/*
 * POST of one event or of a batch, answered 204 once all of it is stored; and
 * GET with one event in the query, answered with an image.
 */

#define NGX_HTTP_RECO_BEACON_METHODS "GET, POST, OPTIONS"


static ngx_int_t ngx_http_reco_beacon_handler(ngx_http_request_t *r);
static ngx_int_t ngx_http_reco_beacon_query(ngx_http_request_t *r);
static ngx_int_t ngx_http_reco_beacon_post(ngx_http_request_t *r);
static void ngx_http_reco_beacon_body(ngx_http_request_t *r);


/* Only ever used within one call: a worker does one thing at a time. */
static struct {
    reco_event_batch_t batch;
    reco_engine_event_t acts[RECO_EVENT_ITEMS_MAX];
    uint64_t shown[RECO_EVENT_ITEMS_MAX];
    char body[RECO_EVENT_BODY_MAX];
    char arena[RECO_EVENT_ARENA_SIZE] __attribute__((aligned(16)));
} ngx_http_reco_work;


static ngx_str_t ngx_http_reco_json_type = ngx_string("application/json");
static ngx_str_t ngx_http_reco_gif_type = ngx_string("image/gif");

/* One transparent pixel. */
static u_char ngx_http_reco_gif[] = {'G', 'I', 'F', '8', '9', 'a', 1, 0, 1, 0,
    0x80, 1, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0x21, 0xf9, 4, 1, 0, 0, 1, 0, 0x2c,
    0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x4c, 1, 0, 0x3b};


char *
ngx_http_reco_beacon(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_reco_loc_conf_t *lcf = conf;

    ngx_http_core_loc_conf_t *clcf;

    lcf->api = 1;
    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    clcf->handler = ngx_http_reco_beacon_handler;

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_reco_beacon_handler(ngx_http_request_t *r)
{
    ngx_int_t rc;

    if (ngx_http_reco_header(
            r, "Cache-Control", "no-store", sizeof("no-store") - 1)
        != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rc = ngx_http_reco_cors(r, NGX_HTTP_RECO_BEACON_METHODS);

    if (rc == NGX_ERROR) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (rc == NGX_OK && r->method == NGX_HTTP_POST) {
        return ngx_http_reco_beacon_post(r);
    }

    if (ngx_http_discard_request_body(r) != NGX_OK) {
        return NGX_HTTP_BAD_REQUEST;
    }

    if (rc == NGX_DECLINED) {
        return ngx_http_reco_refuse(
            r, NGX_HTTP_FORBIDDEN, "origin not allowed");
    }

    if (r->method == NGX_HTTP_OPTIONS) {
        return ngx_http_reco_send_empty(r, NGX_HTTP_NO_CONTENT);
    }

    if (r->method == NGX_HTTP_GET) {
        return ngx_http_reco_beacon_query(r);
    }

    return ngx_http_reco_not_allowed(r, NGX_HTTP_RECO_BEACON_METHODS);
}


/* -- what an event does to the visitor's session ------------------------- */

static void
ngx_http_reco_beacon_act(reco_event_t *event, reco_str_t item, ngx_uint_t *n)
{
    reco_engine_event_t *act;

    if (item.len == 0 || *n == RECO_EVENT_ITEMS_MAX) {
        return;
    }

    act = &ngx_http_reco_work.acts[(*n)++];

    ngx_memzero(act, sizeof(*act));
    act->item = reco_item_key(item);
    act->time = event->ts / 1000;
    act->type = event->type;

    if (event->type == RECO_EVENT_DWELL) {
        act->dwell = ngx_min(event->ms, (int64_t) UINT32_MAX);
    }
}


static void
ngx_http_reco_beacon_apply(
    ngx_shm_zone_t *zone, ngx_http_reco_ctx_t *ctx, reco_event_t *event)
{
    unsigned i;
    ngx_uint_t n;

    n = 0;

    switch (event->type) {
    case RECO_EVENT_IMPRESSION:
        for (i = 0; i < event->nlines; i++) {
            ngx_http_reco_work.shown[i] = reco_item_key(event->lines[i].item);
        }

        if (event->nlines > 0) {
            ngx_http_reco_zone_shown(
                zone, &ctx->id, ngx_http_reco_work.shown, event->nlines);
        }

        return;

    case RECO_EVENT_VIEW:
    case RECO_EVENT_CLICK:
    case RECO_EVENT_HOVER:
    case RECO_EVENT_DWELL:
    case RECO_EVENT_CART:
    case RECO_EVENT_PURCHASE:
    case RECO_EVENT_RATING:
        ngx_http_reco_beacon_act(event, event->item, &n);

        for (i = 0; i < event->nlines; i++) {
            ngx_http_reco_beacon_act(event, event->lines[i].item, &n);
        }

        break;

    default:
        return;
    }

    if (n > 0) {
        ngx_http_reco_zone_apply(
            zone, &ctx->id, ngx_http_reco_work.acts, n, NULL);
    }
}


/* Who sends is known before what is: while that is read, the processor fetches
   where to find what is kept of the visitor, and while it is stored, that. */
static void
ngx_http_reco_beacon_expect(ngx_http_request_t *r)
{
    ngx_http_reco_ctx_t *ctx;
    ngx_http_reco_loc_conf_t *lcf;

    ctx = ngx_http_reco_get_ctx(r);

    if (ctx == NULL || ngx_http_reco_visitor(r, ctx) != NGX_OK
        || ctx->visitor_new) {
        return;
    }

    ngx_http_reco_robot_expect(r, ctx);

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_reco_module);

    if (lcf->zone != NULL) {
        ngx_http_reco_zone_expect(lcf->zone, &ctx->id);
    }
}


/* Stores the batch, then lets the next page know of it. */
static ngx_int_t
ngx_http_reco_beacon_accept(ngx_http_request_t *r)
{
    unsigned i;
    reco_event_batch_t *batch;
    ngx_http_reco_ctx_t *ctx;
    ngx_http_reco_loc_conf_t *lcf;

    batch = &ngx_http_reco_work.batch;

    /* a visitor says what a visitor did, not what the shop sells */

    for (i = batch->nevents; i-- > 0; /* void */) {
        if (batch->events[i].type == RECO_EVENT_ITEM) {
            reco_event_batch_refuse(batch, i, "type");
        }
    }

    ngx_http_reco_count(NGX_HTTP_RECO_REJECTED, batch->nrejects);

    ctx = ngx_http_reco_get_ctx(r);
    if (ctx == NULL) {
        return NGX_ERROR;
    }

    if (ngx_http_reco_visitor_robot(r)) {
        ngx_http_reco_count(NGX_HTTP_RECO_ROBOTS, 1);
        return NGX_OK;
    }

    if (batch->nevents == 0 || ngx_http_reco_visitor(r, ctx) != NGX_OK) {
        return NGX_OK;
    }

    if (ngx_http_reco_robot_visit(r, ctx)) {
        ngx_http_reco_count(NGX_HTTP_RECO_ROBOTS, 1);
        return NGX_OK;
    }

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_reco_module);

    if (lcf->zone != NULL) {
        ngx_http_reco_zone_expect_record(lcf->zone, &ctx->id);
    }

    for (i = 0; i < batch->nevents; i++) {
        batch->events[i].source = reco_string("sdk");

        if (ngx_http_reco_event_store(r, ctx, &batch->events[i]) != NGX_OK) {
            /* who sends them again must be the same visitor: some are stored */
            return ngx_http_reco_visitor_header(r, ctx) == NGX_OK ? NGX_DECLINED
                                                                  : NGX_ERROR;
        }
    }

    ngx_http_reco_count(NGX_HTTP_RECO_EVENTS, batch->nevents);

    for (i = 0; lcf->zone != NULL && i < batch->nevents; i++) {
        ngx_http_reco_beacon_apply(lcf->zone, ctx, &batch->events[i]);
    }

    ngx_http_reco_profile_put(r, &ctx->id);

    return ngx_http_reco_visitor_header(r, ctx);
}


/* -- answers ------------------------------------------------------------- */

/* Samples of what was refused go to the stream of rejects. */
static void
ngx_http_reco_beacon_sample(ngx_http_request_t *r, reco_str_t body)
{
    unsigned i;
    reco_event_batch_t *batch;
    ngx_http_reco_main_conf_t *main;

    batch = &ngx_http_reco_work.batch;
    main = ngx_http_get_module_main_conf(r, ngx_http_reco_module);

    for (i = 0; i < batch->nrejects; i++) {
        ngx_http_reco_redis_reject(main->redis, batch->rejects[i].field,
            reco_event_reason_name(batch->rejects[i].reason), body);
    }
}


/* Names each event that was refused, its field and the reason. */
static ngx_int_t
ngx_http_reco_beacon_rejects(ngx_http_request_t *r)
{
    u_char *p;
    size_t size;
    unsigned i;
    ngx_str_t body;
    reco_event_batch_t *batch;
    reco_event_reject_t *reject;

    batch = &ngx_http_reco_work.batch;

    /* fields and reasons are names of ours, some twenty characters long */
    size = 128 + batch->nrejects * 160;

    body.data = ngx_pnalloc(r->pool, size);
    if (body.data == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    p = ngx_slprintf(body.data, body.data + size,
        "{\"error\":\"events refused\",\"accepted\":%ud,\"rejected\":[",
        batch->nevents);

    for (i = 0; i < batch->nrejects; i++) {
        reject = &batch->rejects[i];

        p = ngx_slprintf(p, body.data + size,
            "%s{\"index\":%ud,\"field\":\"%s\",\"reason\":\"%s\"}",
            i > 0 ? "," : "", reject->index, reject->field,
            reco_event_reason_name(reject->reason));
    }

    p = ngx_slprintf(p, body.data + size, "]}\n");
    body.len = p - body.data;

    return ngx_http_reco_send(
        r, NGX_HTTP_BAD_REQUEST, &ngx_http_reco_json_type, &body);
}


static ngx_int_t
ngx_http_reco_beacon_answer(ngx_http_request_t *r, reco_str_t received,
    reco_status_t status, ngx_uint_t pixel)
{
    ngx_int_t rc;
    ngx_str_t body;

    if (status != RECO_OK) {
        ngx_http_reco_count(NGX_HTTP_RECO_REJECTED, 1);
        return ngx_http_reco_refuse(r, ngx_http_reco_answer(status),
            status == RECO_INVALID ? "not JSON" : reco_status_name(status));
    }

    rc = ngx_http_reco_beacon_accept(r);

    if (rc == NGX_ERROR) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (rc == NGX_DECLINED) {
        return ngx_http_reco_refuse(
            r, NGX_HTTP_SERVICE_UNAVAILABLE, "events could not be stored");
    }

    if (ngx_http_reco_work.batch.nrejects > 0) {
        ngx_http_reco_beacon_sample(r, received);
        return ngx_http_reco_beacon_rejects(r);
    }

    if (!pixel) {
        return ngx_http_reco_send_empty(r, NGX_HTTP_NO_CONTENT);
    }

    body.data = ngx_http_reco_gif;
    body.len = sizeof(ngx_http_reco_gif);

    return ngx_http_reco_send(r, NGX_HTTP_OK, &ngx_http_reco_gif_type, &body);
}


static void
ngx_http_reco_beacon_arena(reco_event_arena_t *arena)
{
    arena->data = ngx_http_reco_work.arena;
    arena->size = sizeof(ngx_http_reco_work.arena);
    arena->used = 0;
}


static ngx_int_t
ngx_http_reco_beacon_query(ngx_http_request_t *r)
{
    reco_status_t status;
    reco_event_arena_t arena;

    ngx_http_reco_beacon_arena(&arena);

    status = reco_event_parse_query(ngx_http_reco_str(r->args),
        ngx_http_reco_milliseconds(), &arena, &ngx_http_reco_work.batch, NULL);

    return ngx_http_reco_beacon_answer(
        r, ngx_http_reco_str(r->args), status, 1);
}


/* -- body ---------------------------------------------------------------- */

static ngx_uint_t
ngx_http_reco_beacon_type(ngx_http_request_t *r)
{
    static ngx_str_t types[] = {
        ngx_string("application/json"), ngx_string("text/plain")};

    ngx_str_t *value;
    ngx_uint_t i;

    if (r->headers_in.content_type == NULL) {
        return 0;
    }

    value = &r->headers_in.content_type->value;

    for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (value->len >= types[i].len
            && ngx_strncasecmp(value->data, types[i].data, types[i].len) == 0
            && (value->len == types[i].len || value->data[types[i].len] == ';'
                || value->data[types[i].len] == ' '))
        {
            return 1;
        }
    }

    return 0;
}


static ngx_int_t
ngx_http_reco_beacon_post(ngx_http_request_t *r)
{
    ngx_int_t rc;
    ngx_uint_t status;
    const char *reason;

    status = 0;
    reason = NULL;

    if (!ngx_http_reco_beacon_type(r)) {
        status = NGX_HTTP_UNSUPPORTED_MEDIA_TYPE;
        reason = "use application/json or text/plain";

    } else if (r->headers_in.content_length_n > RECO_EVENT_BODY_MAX) {
        status = NGX_HTTP_REQUEST_ENTITY_TOO_LARGE;
        reason = "body larger than 64 KiB";
    }

    if (status != 0) {
        rc = ngx_http_discard_request_body(r);

        return rc == NGX_OK ? ngx_http_reco_refuse(r, status, reason) : rc;
    }

    rc = ngx_http_read_client_request_body(r, ngx_http_reco_beacon_body);

    return rc >= NGX_HTTP_SPECIAL_RESPONSE ? rc : NGX_DONE;
}


/* Copies the body from wherever nginx put it.  NGX_DECLINED: too large. */
static ngx_int_t
ngx_http_reco_beacon_collect(ngx_http_request_t *r, reco_str_t *body)
{
    char *p;
    off_t size;
    ssize_t n;
    ngx_buf_t *b;
    ngx_chain_t *cl;

    p = ngx_http_reco_work.body;
    body->data = p;
    body->len = 0;

    if (r->request_body == NULL) {
        return NGX_OK;
    }

    for (cl = r->request_body->bufs; cl != NULL; cl = cl->next) {
        b = cl->buf;
        size = ngx_buf_size(b);

        if (size > (off_t) (sizeof(ngx_http_reco_work.body) - body->len)) {
            return NGX_DECLINED;
        }

        if (ngx_buf_in_memory(b)) {
            ngx_memcpy(p + body->len, b->pos, size);

        } else if (size > 0) {
            n = ngx_read_file(
                b->file, (u_char *) p + body->len, size, b->file_pos);
            if (n != size) {
                return NGX_ERROR;
            }
        }

        body->len += size;
    }

    return NGX_OK;
}


static void
ngx_http_reco_beacon_body(ngx_http_request_t *r)
{
    ngx_int_t rc;
    reco_str_t body;
    reco_status_t status;
    reco_event_arena_t arena;

    rc = ngx_http_reco_beacon_collect(r, &body);

    if (rc == NGX_ERROR) {
        ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
        return;
    }

    if (rc == NGX_DECLINED) {
        ngx_http_finalize_request(
            r, ngx_http_reco_refuse(r, NGX_HTTP_REQUEST_ENTITY_TOO_LARGE,
                   "body larger than 64 KiB"));
        return;
    }

    ngx_http_reco_beacon_expect(r);
    ngx_http_reco_beacon_arena(&arena);

    status = reco_event_parse_json(body, ngx_http_reco_milliseconds(), &arena,
        &ngx_http_reco_work.batch, NULL);

    ngx_http_finalize_request(
        r, ngx_http_reco_beacon_answer(r, body, status, 0));
}
