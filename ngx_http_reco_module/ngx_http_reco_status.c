#include "ngx_http_reco_module.h"


/*
 * What the module did and holds, as text that Prometheus reads or, with
 * ?format=json or by Accept, as JSON.  Counters are sums over all workers; the
 * model is the one of the worker that answers.
 */

#define NGX_HTTP_RECO_STATUS_LINE 1024


typedef struct {
    u_char *p;
    u_char *last;
} ngx_http_reco_writer_t;


static ngx_int_t ngx_http_reco_status_handler(ngx_http_request_t *r);


char *
ngx_http_reco_status(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_core_loc_conf_t *clcf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    clcf->handler = ngx_http_reco_status_handler;

    return NGX_CONF_OK;
}


static ngx_uint_t
ngx_http_reco_status_json(ngx_http_request_t *r)
{
    ngx_str_t value, *accept;

    if (ngx_http_arg(r, (u_char *) "format", 6, &value) == NGX_OK) {
        return value.len == 4 && ngx_strncmp(value.data, "json", 4) == 0;
    }

    accept = ngx_http_reco_header_in(r, "Accept");

    return accept != NULL
           && ngx_strlcasestrn(accept->data, accept->data + accept->len,
                  (u_char *) "application/json", sizeof("application/json") - 2)
                  != NULL;
}


/* -- Prometheus ---------------------------------------------------------- */

static void
ngx_http_reco_status_metric(ngx_http_reco_writer_t *w, const char *name,
    const char *type, const char *help)
{
    w->p = ngx_slprintf(w->p, w->last, "# HELP reco_%s %s\n# TYPE reco_%s %s\n",
        name, help, name, type);
}


/* A label's value; the text format escapes three characters. */
static void
ngx_http_reco_status_label(ngx_http_reco_writer_t *w, ngx_str_t *value)
{
    size_t i;

    for (i = 0; i < value->len; i++) {
        if (value->data[i] == '"' || value->data[i] == '\\') {
            w->p = ngx_slprintf(w->p, w->last, "\\%c", value->data[i]);

        } else if (value->data[i] >= ' ') {
            w->p = ngx_slprintf(w->p, w->last, "%c", value->data[i]);
        }
    }
}


static void
ngx_http_reco_status_zones(
    ngx_http_reco_writer_t *w, ngx_http_reco_main_conf_t *main)
{
    static const struct {
        const char *name;
        const char *type;
        const char *help;
        size_t offset;
    } metrics[] = {
        {"zone_capacity", "gauge", "Sessions that the zone has room for.",
            offsetof(ngx_http_reco_zone_state_t, capacity)},
        {"zone_sessions", "gauge", "Sessions in the zone.",
            offsetof(ngx_http_reco_zone_state_t, used)},
        {"zone_evicted_total", "counter", "Sessions that made room for others.",
            offsetof(ngx_http_reco_zone_state_t, evicted)},
        {"zone_recovered_total", "counter",
            "Locks taken over from processes that died.",
            offsetof(ngx_http_reco_zone_state_t, recovered)},
    };

    ngx_uint_t i, k;
    ngx_shm_zone_t **zones;
    ngx_http_reco_zone_state_t state;

    zones = main->zones.elts;

    for (k = 0; k < sizeof(metrics) / sizeof(metrics[0]); k++) {
        if (main->zones.nelts > 0) {
            ngx_http_reco_status_metric(
                w, metrics[k].name, metrics[k].type, metrics[k].help);
        }

        for (i = 0; i < main->zones.nelts; i++) {
            ngx_http_reco_zone_state(zones[i], &state);

            w->p =
                ngx_slprintf(w->p, w->last, "reco_%s{zone=\"", metrics[k].name);
            ngx_http_reco_status_label(w, &zones[i]->shm.name);
            w->p = ngx_slprintf(w->p, w->last, "\"} %ui\n",
                *(ngx_uint_t *) ((u_char *) &state + metrics[k].offset));
        }
    }
}


static void
ngx_http_reco_status_models(
    ngx_http_reco_writer_t *w, ngx_http_reco_main_conf_t *main)
{
    ngx_uint_t i;
    ngx_http_reco_model_t **models;
    ngx_http_reco_model_state_t state;

    models = main->models.elts;

    if (main->models.nelts > 0) {
        ngx_http_reco_status_metric(w, "model_items", "gauge",
            "Items of the live model; 0 where there is none.");
    }

    for (i = 0; i < main->models.nelts; i++) {
        ngx_http_reco_model_state(models[i], &state);

        w->p = ngx_slprintf(w->p, w->last, "reco_model_items{path=\"");
        ngx_http_reco_status_label(w, &state.path);
        w->p = ngx_slprintf(w->p, w->last, "\",version=\"");
        ngx_http_reco_status_label(w, &state.id);
        w->p = ngx_slprintf(w->p, w->last, "\"} %ui\n", state.nitems);
    }

    if (main->models.nelts > 0) {
        ngx_http_reco_status_metric(w, "overlay_created_seconds", "gauge",
            "When the live overlay was made; 0 where there is none.");
    }

    for (i = 0; i < main->models.nelts; i++) {
        ngx_http_reco_model_state(models[i], &state);

        w->p =
            ngx_slprintf(w->p, w->last, "reco_overlay_created_seconds{path=\"");
        ngx_http_reco_status_label(w, &state.path);
        w->p = ngx_slprintf(
            w->p, w->last, "\"} %L\n", state.overlay_created / 1000);
    }
}


static ngx_uint_t
ngx_http_reco_status_figure(ngx_http_reco_redis_stats_t *stats,
    const ngx_http_reco_redis_metric_t *metric)
{
    return *(ngx_atomic_t *) ((u_char *) stats + metric->offset);
}


static void
ngx_http_reco_status_redis(
    ngx_http_reco_writer_t *w, ngx_http_reco_redis_stats_t *stats)
{
    size_t len;
    const ngx_http_reco_redis_metric_t *metric;

    for (metric = ngx_http_reco_redis_metrics; metric->name != NULL; metric++) {
        len = ngx_strlen(metric->name);

        ngx_http_reco_status_metric(w, metric->name,
            len > 6 && ngx_strcmp(metric->name + len - 6, "_total") == 0
                ? "counter"
                : "gauge",
            metric->help);
        w->p = ngx_slprintf(w->p, w->last, "reco_%s %ui\n", metric->name,
            ngx_http_reco_status_figure(stats, metric));
    }
}


static void
ngx_http_reco_status_text(
    ngx_http_reco_writer_t *w, ngx_http_reco_main_conf_t *main)
{
    u_char name[64];
    ngx_uint_t i;
    ngx_http_reco_redis_stats_t stats;

    for (i = 0; i < NGX_HTTP_RECO_COUNTERS; i++) {
        ngx_sprintf(name, "%s_total%Z", ngx_http_reco_counters[i].name);
        ngx_http_reco_status_metric(
            w, (const char *) name, "counter", ngx_http_reco_counters[i].help);
        w->p = ngx_slprintf(w->p, w->last, "reco_%s %uL\n", name,
            ngx_http_reco_counted((ngx_http_reco_counter_t) i));
    }

    ngx_http_reco_status_metric(w, "model_stall_seconds_max", "gauge",
        "Longest CPU time that taking or dropping a model kept a worker.");
    w->p = ngx_slprintf(w->p, w->last, "reco_model_stall_seconds_max %.6f\n",
        (double) ngx_http_reco_longest_stall() / 1e6);

    ngx_http_reco_redis_stats(main->redis, &stats);
    ngx_http_reco_status_redis(w, &stats);
    ngx_http_reco_status_models(w, main);
    ngx_http_reco_status_zones(w, main);
}


/* -- JSON ---------------------------------------------------------------- */

static void
ngx_http_reco_status_string(ngx_http_reco_writer_t *w, ngx_str_t *value)
{
    if (w->last - w->p > (ssize_t) (6 * value->len + 2)) {
        *w->p++ = '"';
        w->p = (u_char *) ngx_escape_json(w->p, value->data, value->len);
        *w->p++ = '"';
    }
}


static void
ngx_http_reco_status_object(
    ngx_http_reco_writer_t *w, ngx_http_reco_main_conf_t *main)
{
    ngx_uint_t i;
    ngx_shm_zone_t **zones;
    ngx_http_reco_model_t **models;
    ngx_http_reco_zone_state_t zone;
    ngx_http_reco_model_state_t model;
    ngx_http_reco_redis_stats_t stats;
    const ngx_http_reco_redis_metric_t *metric;

    w->p = ngx_slprintf(w->p, w->last, "{\"counters\":{");

    for (i = 0; i < NGX_HTTP_RECO_COUNTERS; i++) {
        w->p = ngx_slprintf(w->p, w->last, "%s\"%s\":%uL", i > 0 ? "," : "",
            ngx_http_reco_counters[i].name,
            ngx_http_reco_counted((ngx_http_reco_counter_t) i));
    }

    ngx_http_reco_redis_stats(main->redis, &stats);

    for (metric = ngx_http_reco_redis_metrics; metric->name != NULL; metric++) {
        w->p = ngx_slprintf(w->p, w->last, ",\"%s\":%ui", metric->name,
            ngx_http_reco_status_figure(&stats, metric));
    }

    w->p =
        ngx_slprintf(w->p, w->last, "},\"model_stall_us_max\":%ui,\"models\":[",
            ngx_http_reco_longest_stall());
    models = main->models.elts;

    for (i = 0; i < main->models.nelts; i++) {
        ngx_http_reco_model_state(models[i], &model);

        w->p = ngx_slprintf(w->p, w->last, "%s{\"path\":", i > 0 ? "," : "");
        ngx_http_reco_status_string(w, &model.path);
        w->p = ngx_slprintf(w->p, w->last, ",\"version\":");
        ngx_http_reco_status_string(w, &model.id);
        w->p = ngx_slprintf(w->p, w->last,
            ",\"items\":%ui,\"overlay_created\":%L}", model.nitems,
            model.overlay_created);
    }

    w->p = ngx_slprintf(w->p, w->last, "],\"zones\":[");
    zones = main->zones.elts;

    for (i = 0; i < main->zones.nelts; i++) {
        ngx_http_reco_zone_state(zones[i], &zone);

        w->p = ngx_slprintf(w->p, w->last, "%s{\"name\":", i > 0 ? "," : "");
        ngx_http_reco_status_string(w, &zones[i]->shm.name);
        w->p = ngx_slprintf(w->p, w->last,
            ",\"capacity\":%ui,\"sessions\":%ui,\"evicted\":%ui,"
            "\"recovered\":%ui}",
            zone.capacity, zone.used, zone.evicted, zone.recovered);
    }

    w->p = ngx_slprintf(w->p, w->last, "]}\n");
}


static ngx_int_t
ngx_http_reco_status_handler(ngx_http_request_t *r)
{
    size_t size;
    ngx_int_t rc;
    ngx_str_t type, body;
    ngx_uint_t json;
    ngx_http_reco_writer_t w;
    ngx_http_reco_main_conf_t *main;

    if (!(r->method & (NGX_HTTP_GET | NGX_HTTP_HEAD))) {
        return NGX_HTTP_NOT_ALLOWED;
    }

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    main = ngx_http_get_module_main_conf(r, ngx_http_reco_module);
    json = ngx_http_reco_status_json(r);

    size = (NGX_HTTP_RECO_COUNTERS + 4 * main->zones.nelts
               + 16 * main->models.nelts + 24)
           * NGX_HTTP_RECO_STATUS_LINE;

    w.p = ngx_pnalloc(r->pool, size);
    if (w.p == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    body.data = w.p;
    w.last = w.p + size;

    if (json) {
        ngx_str_set(&type, "application/json");
        ngx_http_reco_status_object(&w, main);

    } else {
        ngx_str_set(&type, "text/plain; version=0.0.4; charset=utf-8");
        ngx_http_reco_status_text(&w, main);
    }

    body.len = w.p - body.data;

    if (ngx_http_reco_header(
            r, "Cache-Control", "no-store", sizeof("no-store") - 1)
        != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_reco_send(r, NGX_HTTP_OK, &type, &body);
}
