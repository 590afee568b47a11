#include "ngx_http_reco_module.h"


/* Only ever used within one call: a worker does one thing at a time. */
static char ngx_http_reco_record[RECO_EVENT_RECORD_MAX];


void
ngx_http_reco_item_set(ngx_http_reco_ctx_t *ctx, const ngx_str_t *item)
{
    ctx->item_known = 1;

    /* what an event's item has to be: a page's view is one */

    if (item->len > 0 && item->len <= RECO_EVENT_ITEM_MAX
        && ngx_http_reco_plain(item)
        && reco_event_utf8_valid(ngx_http_reco_str(*item)))
    {
        ctx->item = *item;
        ctx->item_key = reco_item_key(ngx_http_reco_str(*item));
    }
}


ngx_int_t
ngx_http_reco_item(ngx_http_request_t *r, ngx_http_reco_ctx_t *ctx)
{
    ngx_str_t item;
    ngx_http_reco_loc_conf_t *lcf;

    if (ctx->item_known) {
        return NGX_OK;
    }

    ctx->item_known = 1;
    lcf = ngx_http_get_module_loc_conf(r, ngx_http_reco_module);

    if (lcf->item == NULL) {
        return NGX_OK;
    }

    if (ngx_http_complex_value(r, lcf->item, &item) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_http_reco_item_set(ctx, &item);

    return NGX_OK;
}


ngx_int_t
ngx_http_reco_session(ngx_http_request_t *r, ngx_http_reco_ctx_t *ctx)
{
    ngx_http_reco_loc_conf_t *lcf;

    if (ctx->session_known) {
        return NGX_OK;
    }

    if (ctx->session == NULL) {
        ctx->session = ngx_pcalloc(r->pool, sizeof(reco_engine_session_t));
        if (ctx->session == NULL) {
            return NGX_ERROR;
        }
    }

    ctx->session_known = 1;
    lcf = ngx_http_get_module_loc_conf(r, ngx_http_reco_module);

    if (lcf->zone != NULL && ngx_http_reco_visitor(r, ctx) == NGX_OK
        && !ctx->visitor_new)
    {
        (void) ngx_http_reco_zone_read(lcf->zone, &ctx->id, ctx->session);
    }

    return NGX_OK;
}


int64_t
ngx_http_reco_milliseconds(void)
{
    ngx_time_t *tp;

    tp = ngx_timeofday();

    return (int64_t) tp->sec * 1000 + tp->msec;
}


void
ngx_http_reco_page_view(ngx_http_request_t *r, ngx_http_reco_ctx_t *ctx)
{
    reco_event_t event;
    reco_engine_event_t view;
    ngx_http_reco_loc_conf_t *lcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_reco_module);

    if (ctx->viewed || r->method != NGX_HTTP_GET
        || ngx_http_reco_item(r, ctx) != NGX_OK || ctx->item.len == 0)
    {
        return;
    }

    ctx->viewed = 1;

    if (ngx_http_reco_visitor_robot(r)) {
        ngx_http_reco_count(NGX_HTTP_RECO_ROBOTS, 1);
        return;
    }

    if (ctx->session == NULL) {
        ctx->session = ngx_pcalloc(r->pool, sizeof(reco_engine_session_t));
        if (ctx->session == NULL) {
            return;
        }
    }

    ngx_memzero(&view, sizeof(view));
    view.item = ctx->item_key;
    view.time = ngx_time();
    view.type = RECO_EVENT_VIEW;

    ctx->session_known = 1;

    if (ngx_http_reco_visitor(r, ctx) != NGX_OK) {
        /* without consent the page itself is the context, and is not kept */
        reco_engine_session_apply(ctx->session, &view);
        return;
    }

    if (ngx_http_reco_robot_visit(r, ctx)) {
        ngx_http_reco_count(NGX_HTTP_RECO_ROBOTS, 1);
        reco_engine_session_apply(ctx->session, &view);
        return;
    }

    if (lcf->zone == NULL || ctx->visitor_new) {
        reco_engine_session_apply(ctx->session, &view);

        if (lcf->zone != NULL) {
            ngx_http_reco_zone_begin(lcf->zone, &ctx->id, ctx->session);
        }

    } else {
        ngx_http_reco_zone_apply(lcf->zone, &ctx->id, &view, 1, ctx->session);
    }

    if (lcf->zone != NULL) {
        ngx_http_reco_profile_put(r, &ctx->id);
    }

    reco_event_init(&event);
    event.type = RECO_EVENT_VIEW;
    event.item = ngx_http_reco_str(ctx->item);
    event.ts = ngx_http_reco_milliseconds();
    event.received = event.ts;
    event.source = reco_string("page");

    if (ngx_http_reco_event_store(r, ctx, &event) == NGX_OK) {
        ngx_http_reco_count(NGX_HTTP_RECO_VIEWS, 1);
    }
}


ngx_int_t
ngx_http_reco_event_store(
    ngx_http_request_t *r, ngx_http_reco_ctx_t *ctx, reco_event_t *event)
{
    size_t len;
    reco_str_t record;
    reco_status_t status;
    ngx_http_reco_loc_conf_t *lcf;
    ngx_http_reco_main_conf_t *main;

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_reco_module);
    main = ngx_http_get_module_main_conf(r, ngx_http_reco_module);

    /* what a page says of its product is no visitor's act */

    if (event->type != RECO_EVENT_ITEM) {
        event->visitor.data = (char *) ctx->hex;
        event->visitor.len = sizeof(ctx->hex);
    }

    event->sequence = ngx_http_reco_redis_sequence(main->redis);

    if (ngx_http_reco_arm(r, ctx) != NULL) {
        event->arm = ngx_http_reco_str(*ngx_http_reco_arm_label(ctx->arm));
    }

    if (ctx->version == NULL) {
        ctx->version = ngx_http_reco_version_acquire(lcf->model);
    }

    if (ctx->version != NULL) {
        event->model = ngx_http_reco_str(ctx->version->id);
    }

    status = reco_event_encode(
        event, ngx_http_reco_record, sizeof(ngx_http_reco_record), &len);

    if (status != RECO_OK) {
        ngx_http_reco_failure(r->connection->log, NGX_HTTP_RECO_REFUSED,
            "an event could not be encoded: %s", reco_status_name(status));
        return NGX_ERROR;
    }

    record.data = ngx_http_reco_record;
    record.len = len;

    switch (ngx_http_reco_redis_append(main->redis, record)) {
    case NGX_OK:
    case NGX_DECLINED:
        /* what the site chose to give up is not the visitor's to repeat */
        return NGX_OK;

    default:
        ngx_http_reco_count(NGX_HTTP_RECO_REFUSED, 1);
        return NGX_DECLINED;
    }
}
