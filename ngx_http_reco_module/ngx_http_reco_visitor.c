#include "ngx_http_reco_module.h"
#include "ngx_http_reco_random.h"

#include <ngx_md5.h>
#include <ngx_sha1.h>

#define NGX_HTTP_RECO_SECRET_MIN 16
#define NGX_HTTP_RECO_SHA1_BLOCK 64
#define NGX_HTTP_RECO_SHA1_LEN   20


static ngx_uint_t ngx_http_reco_refused(ngx_str_t *value);


/* Substrings of the user agents of programs that are not a visitor, by their
   first letter. */
static const char *const ngx_http_reco_robots[26][4] = {
    ['b' - 'a'] = {"bot"},
    ['c' - 'a'] = {"crawl"},
    ['f' - 'a'] = {"facebookexternalhit"},
    ['h' - 'a'] = {"headless"},
    ['l' - 'a'] = {"lighthouse"},
    ['m' - 'a'] = {"monitor"},
    ['p' - 'a'] = {"preview", "python-requests"},
    ['s' - 'a'] = {"spider", "slurp", "scrapy"},
    ['w' - 'a'] = {"wget"},
};


/* reco_visitor string [secret=text]; */
char *
ngx_http_reco_visitor_directive(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_reco_loc_conf_t *lcf = conf;

    ngx_str_t *value, secret;
    ngx_command_t string;

    string = *cmd;
    string.offset = offsetof(ngx_http_reco_loc_conf_t, visitor);

    if (cf->args->nelts == 2) {
        return ngx_http_set_complex_value_slot(cf, &string, conf);
    }

    value = cf->args->elts;

    if (value[2].len < 7 || ngx_strncmp(value[2].data, "secret=", 7) != 0) {
        ngx_conf_log_error(
            NGX_LOG_EMERG, cf, 0, "invalid parameter \"%V\"", &value[2]);
        return NGX_CONF_ERROR;
    }

    secret.data = value[2].data + 7;
    secret.len = value[2].len - 7;

    if (secret.len < NGX_HTTP_RECO_SECRET_MIN
        || secret.len > NGX_HTTP_RECO_SHA1_BLOCK)
    {
        return "has a secret that is not 16 to 64 characters long";
    }

    lcf->visitor_secret = ngx_pcalloc(cf->pool, NGX_HTTP_RECO_SHA1_BLOCK);
    if (lcf->visitor_secret == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memcpy(lcf->visitor_secret, secret.data, secret.len);

    return ngx_http_set_complex_value_slot(cf, &string, conf);
}


/* One of the two passes of HMAC (RFC 2104). */
static void
ngx_http_reco_hmac_pass(const u_char *secret, u_char pad, const ngx_str_t *text,
    u_char digest[NGX_HTTP_RECO_SHA1_LEN])
{
    u_char block[NGX_HTTP_RECO_SHA1_BLOCK];
    ngx_sha1_t sha1;
    ngx_uint_t i;

    for (i = 0; i < sizeof(block); i++) {
        block[i] = secret[i] ^ pad;
    }

    ngx_sha1_init(&sha1);
    ngx_sha1_update(&sha1, block, sizeof(block));
    ngx_sha1_update(&sha1, text->data, text->len);
    ngx_sha1_final(digest, &sha1);
}


/*
 * The id of who has logged in.  With a secret it is HMAC-SHA1: who has the
 * stream can then not try logins until one fits.
 */
static void
ngx_http_reco_login_id(
    const u_char *secret, const ngx_str_t *login, ngx_http_reco_id_t *id)
{
    u_char digest[NGX_HTTP_RECO_SHA1_LEN];
    ngx_str_t inner;
    ngx_md5_t md5;

    if (secret != NULL) {
        ngx_http_reco_hmac_pass(secret, 0x36, login, digest);
        inner.data = digest;
        inner.len = sizeof(digest);
        ngx_http_reco_hmac_pass(secret, 0x5c, &inner, digest);

    } else {
        ngx_md5_init(&md5);
        ngx_md5_update(&md5, "reco visitor ", 13);
        ngx_md5_update(&md5, login->data, login->len);
        ngx_md5_final(digest, &md5);
    }

    ngx_memcpy(id->bytes, digest, sizeof(id->bytes));
    id->bytes[0] = NGX_HTTP_RECO_ID_LOGIN;
}


ngx_uint_t
ngx_http_reco_visitor_answered(const ngx_http_complex_value_t *expression)
{
    static ngx_str_t names[] = {
        ngx_string("upstream_"), ngx_string("sent_http_")};

    u_char *begin, *end;
    ngx_uint_t i;

    if (expression == NULL) {
        return 0;
    }

    begin = expression->value.data;
    end = begin + expression->value.len;

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (ngx_strlcasestrn(begin, end, names[i].data, names[i].len - 1)
            != NULL) {
            return 1;
        }
    }

    return 0;
}


/* Who it is, or what they want.  Headers of an answer from nginx's cache are about
   the visitor for whom it was fetched: they say nothing here. */
static ngx_int_t
ngx_http_reco_visitor_says(ngx_http_request_t *r,
    ngx_http_complex_value_t *expression, ngx_uint_t answered, ngx_str_t *value)
{
    if (answered && r->cached) {
        ngx_str_null(value);
        return NGX_OK;
    }

    return ngx_http_complex_value(r, expression, value);
}


ngx_uint_t
ngx_http_reco_consent(ngx_http_request_t *r, ngx_http_reco_ctx_t *ctx)
{
    ngx_str_t value;
    ngx_http_reco_loc_conf_t *lcf;

    if (ctx->consent_known) {
        return ctx->consent;
    }

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_reco_module);

    ctx->consent_known = 1;
    ctx->consent = 1;

    if (lcf->consent != NULL) {
        ctx->consent = ngx_http_reco_visitor_says(
                           r, lcf->consent, lcf->consent_answered, &value)
                           == NGX_OK
                       && !ngx_http_reco_refused(&value);
    }

    return ctx->consent;
}


/* What a consent variable says where there is none. */
static ngx_uint_t
ngx_http_reco_refused(ngx_str_t *value)
{
    static ngx_str_t words[] = {ngx_string("0"), ngx_string("no"),
        ngx_string("off"), ngx_string("false"), ngx_string("denied")};

    ngx_uint_t i;

    for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (value->len == words[i].len
            && ngx_strncasecmp(value->data, words[i].data, value->len) == 0)
        {
            return 1;
        }
    }

    return value->len == 0;
}


/* A new id; the kernel is asked for many at once. */
static ngx_int_t
ngx_http_reco_id_random(ngx_http_reco_id_t *id)
{
    static ngx_uint_t left;
    static ngx_http_reco_id_t ids[64];

    do {
        if (left == 0) {
            if (ngx_http_reco_random(ids, sizeof(ids)) != NGX_OK) {
                return NGX_ERROR;
            }

            left = sizeof(ids) / sizeof(ids[0]);
        }

        *id = ids[--left];
        ngx_memzero(&ids[left], sizeof(ids[left]));

    } while (id->bytes[0] == NGX_HTTP_RECO_ID_LOGIN);

    return NGX_OK;
}


ngx_int_t
ngx_http_reco_visitor(ngx_http_request_t *r, ngx_http_reco_ctx_t *ctx)
{
    ngx_str_t value;
    ngx_uint_t anonymous;
    ngx_http_reco_id_t id;
    ngx_http_reco_loc_conf_t *lcf;

    if (ctx->visitor_known) {
        return ctx->visitor_valid ? NGX_OK : NGX_DECLINED;
    }

    ctx->visitor_known = 1;

    if (!ngx_http_reco_consent(r, ctx)) {
        return NGX_DECLINED;
    }

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_reco_module);

    anonymous = ngx_http_reco_cookie_read(r, lcf->cookie, &id) == NGX_OK;

    if (lcf->visitor != NULL) {
        if (ngx_http_reco_visitor_says(
                r, lcf->visitor, lcf->visitor_answered, &value)
            != NGX_OK)
        {
            return NGX_DECLINED;
        }

        if (value.len > 0) {
            ngx_http_reco_login_id(lcf->visitor_secret, &value, &ctx->id);
            ngx_http_reco_profile_want(r, &ctx->id);

            if (anonymous && lcf->zone != NULL) {
                /* what was done before the login belongs to the same person */
                (void) ngx_http_reco_zone_merge(lcf->zone, &id, &ctx->id);
            }

            goto found;
        }
    }

    if (anonymous) {
        ctx->id = id;
        ngx_http_reco_profile_want(r, &ctx->id);
        goto found;
    }

    if (ngx_http_reco_id_random(&ctx->id) != NGX_OK) {
        return NGX_DECLINED;
    }

    ctx->visitor_new = 1;

found:

    (void) ngx_hex_dump(ctx->hex, ctx->id.bytes, sizeof(ctx->id.bytes));
    ctx->visitor_valid = 1;

    return NGX_OK;
}


ngx_int_t
ngx_http_reco_visitor_header(ngx_http_request_t *r, ngx_http_reco_ctx_t *ctx)
{
    if (!ctx->visitor_new || ctx->cookie_sent) {
        return NGX_OK;
    }

    ctx->cookie_sent = 1;

    return ngx_http_reco_cookie_set(r, ctx->hex, sizeof(ctx->hex), "", 0);
}


ngx_int_t
ngx_http_reco_visitor_expire(ngx_http_request_t *r)
{
    /* of two lifetimes a browser takes the last */
    return ngx_http_reco_cookie_set(
        r, (const u_char *) "", 0, "; Max-Age=0", sizeof("; Max-Age=0") - 1);
}


/* One pass for all words: every page and every beacon takes it.  Of a browser's
   agent, a third of the letters begin one, and few have the second behind. */
static ngx_uint_t
ngx_http_reco_agent_robot(ngx_str_t *agent)
{
    u_char *p, *end, letter;
    size_t len;
    const char *const *word;

    end = agent->data + agent->len;

    for (p = agent->data; end - p > 1; p++) {
        letter = p[0] | 0x20;

        if (letter < 'a' || letter > 'z') {
            continue;
        }

        for (word = ngx_http_reco_robots[letter - 'a']; *word != NULL; word++) {
            if ((p[1] | 0x20) != (*word)[1]) {
                continue;
            }

            len = ngx_strlen(*word);

            if ((size_t) (end - p) >= len
                && ngx_strncasecmp(p, (u_char *) *word, len) == 0) {
                return 1;
            }
        }
    }

    return 0;
}


ngx_uint_t
ngx_http_reco_visitor_robot(ngx_http_request_t *r)
{
    ngx_uint_t i;
    ngx_table_elt_t *h;
    ngx_list_part_t *part;

    if (r->headers_in.user_agent != NULL
        && ngx_http_reco_agent_robot(&r->headers_in.user_agent->value))
    {
        return 1;
    }

    part = &r->headers_in.headers.part;
    h = part->elts;

    for (i = 0; /* void */; i++) {
        if (i >= part->nelts) {
            if (part->next == NULL) {
                return 0;
            }

            part = part->next;
            h = part->elts;
            i = 0;
        }

        if ((h[i].key.len == sizeof("Sec-Purpose") - 1
                && ngx_strncasecmp(h[i].key.data, (u_char *) "Sec-Purpose",
                       sizeof("Sec-Purpose") - 1)
                       == 0)
            || (h[i].key.len == sizeof("Purpose") - 1
                && ngx_strncasecmp(h[i].key.data, (u_char *) "Purpose",
                       sizeof("Purpose") - 1)
                       == 0))
        {
            if (ngx_strlcasestrn(h[i].value.data,
                    h[i].value.data + h[i].value.len, (u_char *) "prefetch",
                    sizeof("prefetch") - 2)
                != NULL)
            {
                return 1;
            }
        }
    }
}
