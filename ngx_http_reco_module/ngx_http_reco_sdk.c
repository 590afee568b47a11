#include "ngx_http_reco_module.h"
#include "reco_sdk_data.h"


/*
 * reco_sdk;
 *
 * reco.js, out of the module's own memory.  An address that names the content
 * (…?v=HASH) never changes its meaning and may be kept for ever; any other is
 * asked for again, and answered 304 while nothing changed.
 *
 * reco_sdk inject [src=URL] [endpoint=URL] [api=URL] [consent=required];
 *
 * puts the script's tag into pages, as a slot of its own kind.
 */

#define NGX_HTTP_RECO_SDK_FOREVER "public, max-age=31536000, immutable"
#define NGX_HTTP_RECO_SDK_SHORT   "public, max-age=300"

#define NGX_HTTP_RECO_SDK_SLOT "sdk"
#define NGX_HTTP_RECO_SDK_SRC  "/reco.js"
#define NGX_HTTP_RECO_SDK_MAX  2048 /* bytes of a tag */


/* What the site says about the tag. */
typedef struct {
    ngx_str_t src;
    ngx_str_t endpoint;
    ngx_str_t api;
    ngx_uint_t required;
} ngx_http_reco_sdk_words_t;


static ngx_int_t ngx_http_reco_sdk_word(
    ngx_str_t *word, ngx_http_reco_sdk_words_t *words);
static ngx_int_t ngx_http_reco_sdk_parse(ngx_conf_t *cf,
    ngx_http_reco_sdk_words_t *words, ngx_uint_t silent,
    ngx_http_reco_template_t *template);
static ngx_int_t ngx_http_reco_sdk_handler(ngx_http_request_t *r);


char *
ngx_http_reco_sdk(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_reco_loc_conf_t *lcf = conf;

    ngx_str_t *value;
    ngx_uint_t i;
    ngx_http_core_loc_conf_t *clcf;
    ngx_http_reco_sdk_words_t words;

    value = cf->args->elts;

    if (cf->args->nelts == 1) {
        if (!(cf->cmd_type & NGX_HTTP_LOC_CONF)) {
            return "without parameters is allowed in a location only";
        }

        clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
        clcf->handler = ngx_http_reco_sdk_handler;

        return NGX_CONF_OK;
    }

    if (lcf->sdk != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    if (cf->args->nelts == 2 && ngx_strcmp(value[1].data, "off") == 0) {
        lcf->sdk = NULL;
        return NGX_CONF_OK;
    }

    i = 1;

    if (ngx_strcmp(value[1].data, "inject") != 0) {
        goto invalid;
    }

    ngx_memzero(&words, sizeof(words));
    ngx_str_set(&words.src, NGX_HTTP_RECO_SDK_SRC);

    for (i = 2; i < cf->args->nelts; i++) {
        if (ngx_http_reco_sdk_word(&value[i], &words) != NGX_OK) {
            goto invalid;
        }
    }

    lcf->sdk = ngx_pcalloc(cf->pool, sizeof(ngx_http_reco_sdk_t));
    if (lcf->sdk == NULL
        || ngx_http_reco_sdk_parse(cf, &words, words.required, &lcf->sdk->tag)
               != NGX_OK
        || ngx_http_reco_sdk_parse(cf, &words, 1, &lcf->sdk->silent) != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;

invalid:

    ngx_conf_log_error(
        NGX_LOG_EMERG, cf, 0, "invalid parameter \"%V\"", &value[i]);

    return NGX_CONF_ERROR;
}


/* A value that stays what it is in an attribute, and in a template. */
static ngx_int_t
ngx_http_reco_sdk_word(ngx_str_t *word, ngx_http_reco_sdk_words_t *words)
{
    size_t len;
    u_char *p;
    ngx_str_t *value;

    if (ngx_strcmp(word->data, "consent=required") == 0) {
        words->required = 1;
        return NGX_OK;
    }

    if (ngx_strncmp(word->data, "src=", 4) == 0) {
        value = &words->src;
        len = 4;

    } else if (ngx_strncmp(word->data, "endpoint=", 9) == 0) {
        value = &words->endpoint;
        len = 9;

    } else if (ngx_strncmp(word->data, "api=", 4) == 0) {
        value = &words->api;
        len = 4;

    } else {
        return NGX_ERROR;
    }

    value->data = word->data + len;
    value->len = word->len - len;

    for (p = value->data; *p; p++) {
        if (*p <= ' ' || *p >= 0x7f || ngx_strchr("\"'<>&{}?#\\", *p) != NULL) {
            return NGX_ERROR;
        }
    }

    return value->len > 0 && value->len < NGX_HTTP_RECO_SDK_MAX / 4 ? NGX_OK
                                                                    : NGX_ERROR;
}


static ngx_int_t
ngx_http_reco_sdk_parse(ngx_conf_t *cf, ngx_http_reco_sdk_words_t *words,
    ngx_uint_t silent, ngx_http_reco_template_t *template)
{
    u_char *p, *last;
    reco_str_t source;
    reco_error_t error;
    reco_render_memory_t memory;

    p = ngx_pnalloc(cf->pool, NGX_HTTP_RECO_SDK_MAX);
    if (p == NULL) {
        return NGX_ERROR;
    }

    source.data = (char *) p;
    last = p + NGX_HTTP_RECO_SDK_MAX;

    /* async="": pages may be XHTML */

    p = ngx_slprintf(p, last, "<script src=\"%V?v=%s\" async=\"\"", &words->src,
        ngx_http_reco_sdk_hash);

    if (words->endpoint.len > 0) {
        p = ngx_slprintf(p, last, " data-endpoint=\"%V\"", &words->endpoint);
    }

    if (words->api.len > 0) {
        p = ngx_slprintf(p, last, " data-api=\"%V\"", &words->api);
    }

    if (silent) {
        p = ngx_slprintf(p, last, " data-consent=\"required\"");
    }

    p = ngx_slprintf(p, last,
        "{{#page_item}} data-item=\"{{page_item}}\"{{/page_item}}"
        "{{#nonce}} nonce=\"{{nonce}}\"{{/nonce}}></script>");

    source.len = p - (u_char *) source.data;

    memory.alloc = ngx_http_reco_alloc;
    memory.owner = cf->pool;

    if (reco_render_parse(source, &memory, &template->parsed, &error)
        != RECO_OK) {
        ngx_conf_log_error(
            NGX_LOG_EMERG, cf, 0, "the script's tag: %s", error.message);
        return NGX_ERROR;
    }

    return NGX_OK;
}


char *
ngx_http_reco_sdk_place(ngx_conf_t *cf, ngx_http_reco_loc_conf_t *lcf)
{
    unsigned index;
    ngx_uint_t i;
    reco_error_t error;
    ngx_http_reco_slot_t *slot, **member;

    if (lcf->sdk == NULL) {
        return NGX_CONF_OK;
    }

    if (lcf->slots == NULL && ngx_http_reco_slots_create(cf, lcf) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    /* slots may be those of the level above, which have it by now */

    member = lcf->slots->elts;

    for (i = 0; i < lcf->slots->nelts; i++) {
        if (member[i]->script) {
            return NGX_CONF_OK;
        }
    }

    slot = ngx_pcalloc(cf->pool, sizeof(ngx_http_reco_slot_t));
    member = ngx_array_push(lcf->slots);
    if (slot == NULL || member == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_str_set(&slot->name, NGX_HTTP_RECO_SDK_SLOT);
    slot->script = 1;
    *member = slot;

    ngx_memzero(&error, sizeof(error));

    if (reco_html_plan_slot(
            lcf->plan, reco_string(NGX_HTTP_RECO_SDK_SLOT), &index, &error)
            != RECO_OK
        || reco_html_plan_select(lcf->plan, index, reco_string("head"),
               RECO_HTML_PREPEND, 0, &error)
               != RECO_OK)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "slot \"%V\" of reco_sdk: %s",
            &slot->name, error.message);
        return NGX_CONF_ERROR;
    }

    reco_html_plan_fallback(lcf->plan, index);

    return NGX_CONF_OK;
}


ngx_int_t
ngx_http_reco_sdk_tag(ngx_http_request_t *r, ngx_http_reco_ctx_t *ctx,
    ngx_uint_t ascii, ngx_str_t *out)
{
    char tag[2 * NGX_HTTP_RECO_SDK_MAX];
    size_t len;
    ngx_str_t nonce;
    reco_status_t status;
    reco_render_block_t block;
    ngx_http_reco_loc_conf_t *lcf;
    ngx_http_reco_template_t *template;

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_reco_module);

    if (lcf->sdk == NULL) {
        return NGX_DECLINED;
    }

    ngx_str_null(&nonce);

    if (ngx_http_reco_item(r, ctx) != NGX_OK
        || (lcf->nonce != NULL
            && ngx_http_complex_value(r, lcf->nonce, &nonce) != NGX_OK))
    {
        return NGX_ERROR;
    }

    ngx_memzero(&block, sizeof(block));
    block.page_item = ngx_http_reco_str(ctx->item);
    block.nonce = ngx_http_reco_str(nonce);
    block.ascii = ascii;

    template =
        ngx_http_reco_consent(r, ctx) ? &lcf->sdk->tag : &lcf->sdk->silent;

    status = reco_render(template->parsed, &block, tag, sizeof(tag), &len);

    if (status != RECO_OK) {
        ngx_http_reco_failure(r->connection->log, NGX_HTTP_RECO_FAILED,
            "the script's tag is left out: rendering: %s",
            reco_status_name(status));
        return NGX_DECLINED;
    }

    out->len = len;
    out->data = ngx_pnalloc(r->pool, len);
    if (out->data == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(out->data, tag, len);

    return NGX_OK;
}


static ngx_int_t
ngx_http_reco_sdk_etag(ngx_http_request_t *r, ngx_uint_t gzip)
{
    u_char *p;
    ngx_table_elt_t *h;

    h = ngx_list_push(&r->headers_out.headers);
    p = ngx_pnalloc(r->pool, ngx_strlen(ngx_http_reco_sdk_hash) + 5);
    if (h == NULL || p == NULL) {
        return NGX_ERROR;
    }

    /* two representations, so two strong validators */

    ngx_memzero(h, sizeof(ngx_table_elt_t));
    h->hash = 1;
    ngx_str_set(&h->key, "ETag");
    h->value.data = p;
    h->value.len =
        ngx_sprintf(p, "\"%s%s\"", ngx_http_reco_sdk_hash, gzip ? "-gz" : "")
        - p;

    r->headers_out.etag = h;

    return NGX_OK;
}


static ngx_int_t
ngx_http_reco_sdk_encoding(ngx_http_request_t *r)
{
    ngx_table_elt_t *h;

    h = ngx_list_push(&r->headers_out.headers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(h, sizeof(ngx_table_elt_t));
    h->hash = 1;
    ngx_str_set(&h->key, "Content-Encoding");
    ngx_str_set(&h->value, "gzip");

    r->headers_out.content_encoding = h;

    return NGX_OK;
}


/* "gzip" among the codings, unless its weight is zero. */
static ngx_uint_t
ngx_http_reco_sdk_accepts_gzip(ngx_http_request_t *r)
{
    u_char *p, *end;
    ngx_str_t *accept;

    accept = ngx_http_reco_header_in(r, "Accept-Encoding");
    if (accept == NULL) {
        return 0;
    }

    p = accept->data;
    end = p + accept->len;

    for (;;) {
        p = ngx_strlcasestrn(p, end, (u_char *) "gzip", 4 - 1);
        if (p == NULL) {
            return 0;
        }

        /* not a part of another coding's name, as x-gzip */

        if (p == accept->data || p[-1] == ',' || p[-1] == ' ') {
            break;
        }

        p += 4;
    }

    /* q=0, q=0.0: any other digit makes it a weight */

    for (p += 4; p < end && *p != '=' && *p != ','; p++) { /* void */
    }

    if (p == end || *p == ',') {
        return 1;
    }

    for (p++; p < end && *p != ','; p++) {
        if (*p >= '1' && *p <= '9') {
            return 1;
        }
    }

    return 0;
}


static ngx_int_t
ngx_http_reco_sdk_handler(ngx_http_request_t *r)
{
    ngx_int_t rc;
    ngx_str_t type, body, version;
    ngx_uint_t gzip;
    const char *cache;

    if (!(r->method & (NGX_HTTP_GET | NGX_HTTP_HEAD))) {
        return NGX_HTTP_NOT_ALLOWED;
    }

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    gzip = ngx_http_reco_sdk_accepts_gzip(r);

    cache = NGX_HTTP_RECO_SDK_SHORT;

    if (ngx_http_arg(r, (u_char *) "v", 1, &version) == NGX_OK
        && version.len == ngx_strlen(ngx_http_reco_sdk_hash)
        && ngx_strncmp(version.data, ngx_http_reco_sdk_hash, version.len) == 0)
    {
        cache = NGX_HTTP_RECO_SDK_FOREVER;
    }

    if (ngx_http_reco_header(r, "Cache-Control", cache, ngx_strlen(cache))
            != NGX_OK
        || ngx_http_reco_header(
               r, "Vary", "Accept-Encoding", sizeof("Accept-Encoding") - 1)
               != NGX_OK
        || ngx_http_reco_header(
               r, "X-Content-Type-Options", "nosniff", sizeof("nosniff") - 1)
               != NGX_OK
        || ngx_http_reco_sdk_etag(r, gzip) != NGX_OK
        || (gzip && ngx_http_reco_sdk_encoding(r) != NGX_OK))
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (gzip) {
        body.data = (u_char *) ngx_http_reco_sdk_gzip;
        body.len = ngx_http_reco_sdk_gzip_size;

    } else {
        body.data = (u_char *) ngx_http_reco_sdk_plain;
        body.len = ngx_http_reco_sdk_plain_size;
    }

    ngx_str_set(&type, "application/javascript");

    return ngx_http_reco_send(r, NGX_HTTP_OK, &type, &body);
}
