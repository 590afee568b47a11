#include "ngx_http_reco_caching.h"


/*
 * A page made for one visitor must not be given to another, whatever the shop
 * said of its own.
 */

/* What the shop says of its page in Cache-Control, as far as it goes on to
   hold. */
typedef struct {
    unsigned private : 1; /* shared caches keep out */
    unsigned no_cache : 1;
    unsigned no_transform : 1;
} ngx_http_reco_caching_t;


/* A header that is in the answer, and not removed from it. */
static ngx_uint_t
ngx_http_reco_caching_is(ngx_table_elt_t *h, const char *name)
{
    size_t len;

    len = ngx_strlen(name);

    return h->hash != 0 && h->key.len == len
           && ngx_strncasecmp(h->key.data, (u_char *) name, len) == 0;
}


/* Headers that tell caches of one kind what Cache-Control tells all of them,
   and go before it: RFC 9213's, and those that were there first. */
static ngx_uint_t
ngx_http_reco_caching_targeted(ngx_table_elt_t *h)
{
    static const char suffix[] = "-Cache-Control";

    return (h->key.len > sizeof(suffix) - 1
               && ngx_strncasecmp(
                      h->key.data + h->key.len - (sizeof(suffix) - 1),
                      (u_char *) suffix, sizeof(suffix) - 1)
                      == 0)
           || ngx_http_reco_caching_is(h, "Surrogate-Control")
           || ngx_http_reco_caching_is(h, "Edge-Control")
           || ngx_http_reco_caching_is(h, "X-Accel-Expires");
}


/* One directive of [p, last), its value with the '='; returns its end. */
static u_char *
ngx_http_reco_caching_directive(
    u_char *p, u_char *last, ngx_str_t *name, ngx_str_t *value)
{
    u_char *begin;
    ngx_uint_t quoted;

    while (p < last && (*p == ' ' || *p == '\t' || *p == ',')) {
        p++;
    }

    name->data = p;

    while (p < last && *p != ',' && *p != '=' && *p != ' ' && *p != '\t') {
        p++;
    }

    name->len = p - name->data;
    begin = p;

    for (quoted = 0; p < last && (quoted || *p != ','); p++) {
        if (*p == '"') {
            quoted = !quoted;

        } else if (*p == '\\' && quoted && p + 1 < last) {
            p++;
        }
    }

    value->data = begin;
    value->len = p - begin;

    while (value->len > 0 && (*value->data == ' ' || *value->data == '\t')) {
        value->data++;
        value->len--;
    }

    return p;
}


static ngx_uint_t
ngx_http_reco_caching_named(ngx_str_t *name, const char *wanted)
{
    return name->len == ngx_strlen(wanted)
           && ngx_strncasecmp(name->data, (u_char *) wanted, name->len) == 0;
}


/* private="Set-Cookie" and no-cache="..." are about a header, not the page. */
static void
ngx_http_reco_caching_read(ngx_str_t *header, ngx_http_reco_caching_t *caching)
{
    u_char *p, *last;
    ngx_uint_t whole;
    ngx_str_t name, value;

    last = header->data + header->len;

    for (p = header->data; p < last; /* void */) {
        p = ngx_http_reco_caching_directive(p, last, &name, &value);
        whole = value.len == 0;

        if (ngx_http_reco_caching_named(&name, "no-store")
            || (whole && ngx_http_reco_caching_named(&name, "private")))
        {
            caching->private = 1;
        }

        if ((whole && ngx_http_reco_caching_named(&name, "no-cache"))
            || (value.len > 1 && ngx_http_reco_caching_named(&name, "max-age")
                && ngx_atoi(value.data + 1, value.len - 1) == 0))
        {
            caching->no_cache = 1;
        }

        if (ngx_http_reco_caching_named(&name, "no-transform")) {
            caching->no_transform = 1;
        }
    }
}


/* Notes what the answer says, and removes what goes before Cache-Control. */
static void
ngx_http_reco_caching_said(
    ngx_http_request_t *r, ngx_http_reco_caching_t *caching)
{
    ngx_uint_t i;
    ngx_list_part_t *part;
    ngx_table_elt_t *h;

    ngx_memzero(caching, sizeof(*caching));

    for (part = &r->headers_out.headers.part; part; part = part->next) {
        h = part->elts;

        for (i = 0; i < part->nelts; i++) {
            if (ngx_http_reco_caching_is(&h[i], "Cache-Control")) {
                ngx_http_reco_caching_read(&h[i].value, caching);

            } else if (ngx_http_reco_caching_targeted(&h[i])) {
                h[i].hash = 0;
            }
        }
    }
}


void
ngx_http_reco_clear_header(ngx_http_request_t *r, const char *name)
{
    ngx_uint_t i;
    ngx_list_part_t *part;
    ngx_table_elt_t *h;

    for (part = &r->headers_out.headers.part; part; part = part->next) {
        h = part->elts;

        for (i = 0; i < part->nelts; i++) {
            if (ngx_http_reco_caching_is(&h[i], name)) {
                h[i].hash = 0;
            }
        }
    }
}


ngx_int_t
ngx_http_reco_caching(ngx_http_request_t *r)
{
    ngx_str_t value;
    ngx_http_reco_caching_t caching;
    ngx_http_reco_loc_conf_t *lcf;

    /* by no_cache and no_transform */
    static ngx_str_t values[4] = {ngx_string("private"),
        ngx_string("private, no-transform"), ngx_string("private, no-cache"),
        ngx_string("private, no-cache, no-transform")};

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_reco_module);

    if (lcf->cache_control_off) {
        return NGX_OK;
    }

    ngx_http_reco_caching_said(r, &caching);

    /* by a date that stays, a browser would guess how long the page keeps */

    caching.no_cache |= lcf->last_modified;

    value = values[caching.no_cache * 2 + caching.no_transform];

    if (lcf->cache_control != NULL) {
        if (ngx_http_complex_value(r, lcf->cache_control, &value) != NGX_OK) {
            return NGX_ERROR;
        }

    } else if (caching.private) {
        return NGX_OK;
    }

    ngx_http_reco_clear_header(r, "Cache-Control");
    ngx_http_reco_clear_header(r, "Expires");
    r->headers_out.expires = NULL;

#if (nginx_version >= 1023000)
    r->headers_out.cache_control = NULL;
#else
    ngx_memzero(&r->headers_out.cache_control, sizeof(ngx_array_t));
#endif

    if (value.len == 0) {
        return NGX_OK;
    }

    return ngx_http_reco_header(
        r, "Cache-Control", (const char *) value.data, value.len);
}
