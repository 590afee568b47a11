#include "ngx_http_reco_module.h"


#define NGX_HTTP_RECO_COOKIE_NAME "reco"
#define NGX_HTTP_RECO_COOKIE_AGE  (365 * 24 * 3600)


/* What the directive says of a cookie besides its name and "Secure". */
typedef struct {
    time_t age; /* 0: of the browser's session */
    ngx_str_t path;
    ngx_str_t domain;
    ngx_str_t samesite;
} ngx_http_reco_cookie_scope_t;


static void
ngx_http_reco_cookie_scope(ngx_http_reco_cookie_scope_t *scope)
{
    scope->age = NGX_HTTP_RECO_COOKIE_AGE;
    ngx_str_set(&scope->path, "/");
    ngx_str_null(&scope->domain);
    ngx_str_set(&scope->samesite, "Lax");
}


static char *
ngx_http_reco_cookie_attributes(ngx_conf_t *cf, ngx_http_reco_cookie_t *cookie,
    ngx_http_reco_cookie_scope_t *scope)
{
    u_char *p;
    size_t len;

    len = sizeof("; Max-Age=; Path=; Domain=; HttpOnly; SameSite=") - 1
          + NGX_TIME_T_LEN + scope->path.len + scope->domain.len
          + scope->samesite.len;

    p = ngx_pnalloc(cf->pool, len);
    if (p == NULL) {
        return NGX_CONF_ERROR;
    }

    cookie->attributes.data = p;

    if (scope->age > 0) {
        p = ngx_sprintf(p, "; Max-Age=%T", scope->age);
    }

    p = ngx_sprintf(p, "; Path=%V", &scope->path);

    if (scope->domain.len > 0) {
        p = ngx_sprintf(p, "; Domain=%V", &scope->domain);
    }

    p = ngx_sprintf(p, "; HttpOnly; SameSite=%V", &scope->samesite);

    cookie->attributes.len = p - cookie->attributes.data;

    return NGX_CONF_OK;
}


ngx_http_reco_cookie_t *
ngx_http_reco_cookie_default(ngx_conf_t *cf)
{
    ngx_http_reco_cookie_t *cookie;
    ngx_http_reco_cookie_scope_t scope;

    cookie = ngx_pcalloc(cf->pool, sizeof(ngx_http_reco_cookie_t));
    if (cookie == NULL) {
        return NULL;
    }

    ngx_str_set(&cookie->name, NGX_HTTP_RECO_COOKIE_NAME);
    cookie->secure = NGX_HTTP_RECO_SECURE_AUTO;

    ngx_http_reco_cookie_scope(&scope);

    if (ngx_http_reco_cookie_attributes(cf, cookie, &scope) != NGX_CONF_OK) {
        return NULL;
    }

    return cookie;
}


/* A value that could not end the header or start an attribute. */
static ngx_uint_t
ngx_http_reco_cookie_safe(ngx_str_t *value)
{
    size_t i;

    for (i = 0; i < value->len; i++) {
        if (value->data[i] <= ' ' || value->data[i] >= 0x7f
            || ngx_strchr(";,=\"\\", value->data[i]) != NULL)
        {
            return 0;
        }
    }

    return value->len > 0;
}


/* Words that stand for themselves.  NGX_DECLINED: it is none of them. */
static ngx_int_t
ngx_http_reco_cookie_word(ngx_str_t *word, ngx_http_reco_cookie_t *cookie,
    ngx_http_reco_cookie_scope_t *scope)
{
    if (ngx_strcmp(word->data, "samesite=lax") == 0) {
        ngx_str_set(&scope->samesite, "Lax");

    } else if (ngx_strcmp(word->data, "samesite=strict") == 0) {
        ngx_str_set(&scope->samesite, "Strict");

    } else if (ngx_strcmp(word->data, "samesite=none") == 0) {
        ngx_str_set(&scope->samesite, "None");

    } else if (ngx_strcmp(word->data, "secure=auto") == 0) {
        cookie->secure = NGX_HTTP_RECO_SECURE_AUTO;

    } else if (ngx_strcmp(word->data, "secure=on") == 0) {
        cookie->secure = NGX_HTTP_RECO_SECURE_ON;

    } else if (ngx_strcmp(word->data, "secure=off") == 0) {
        cookie->secure = NGX_HTTP_RECO_SECURE_OFF;

    } else {
        return NGX_DECLINED;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_reco_cookie_parameter(ngx_str_t *word, ngx_http_reco_cookie_t *cookie,
    ngx_http_reco_cookie_scope_t *scope)
{
    ngx_str_t s;

    if (ngx_http_reco_word_value(word, &s) != NGX_OK) {
        return NGX_DECLINED;
    }

    if (ngx_strncmp(word->data, "age=", 4) == 0) {
        scope->age =
            ngx_strcmp(s.data, "session") == 0 ? 0 : ngx_parse_time(&s, 1);

        return scope->age == (time_t) NGX_ERROR ? NGX_DECLINED : NGX_OK;
    }

    if (!ngx_http_reco_cookie_safe(&s)) {
        return NGX_DECLINED;
    }

    if (ngx_strncmp(word->data, "domain=", 7) == 0) {
        scope->domain = s;
        return NGX_OK;
    }

    if (ngx_strncmp(word->data, "path=", 5) == 0) {
        scope->path = s;
        return NGX_OK;
    }

    return ngx_http_reco_cookie_word(word, cookie, scope);
}


/* Browsers compare without case. */
static ngx_uint_t
ngx_http_reco_cookie_begins(const ngx_str_t *name, const char *prefix)
{
    return ngx_strncasecmp(name->data, (u_char *) prefix, ngx_strlen(prefix))
           == 0;
}


/* A name with which browsers take no cookie but with "Secure". */
static ngx_uint_t
ngx_http_reco_cookie_named_secure(const ngx_str_t *name)
{
    return ngx_http_reco_cookie_begins(name, "__Host-")
           || ngx_http_reco_cookie_begins(name, "__Secure-")
           || ngx_http_reco_cookie_begins(name, "__Http-");
}


/*
 * What browsers would throw away (RFC 6265bis): every visitor would be a new
 * one with each page.  NULL: nothing.  What they take with "Secure" only has it
 * wherever it is set: nginx may stand behind what terminates TLS.
 */
static char *
ngx_http_reco_cookie_check(
    ngx_http_reco_cookie_t *cookie, const ngx_http_reco_cookie_scope_t *scope)
{
    const ngx_str_t *name = &cookie->name;

    ngx_uint_t named;

    if (ngx_http_reco_cookie_begins(name, "__Host-")
        && (scope->domain.len > 0 || ngx_strcmp(scope->path.data, "/") != 0))
    {
        return "has a name that browsers take with \"path=/\" and without "
               "\"domain=\" only";
    }

    named = ngx_http_reco_cookie_named_secure(name);

    if (!named && ngx_strcmp(scope->samesite.data, "None") != 0) {
        return NULL;
    }

    if (cookie->secure != NGX_HTTP_RECO_SECURE_OFF) {
        cookie->secure = NGX_HTTP_RECO_SECURE_ON;
        return NULL;
    }

    return named ? "has a name that browsers do not take with \"secure=off\""
                 : "has \"samesite=none\", which browsers do not take with "
                   "\"secure=off\"";
}


/* reco_cookie NAME [domain=D] [path=P] [age=T] [samesite=S] [secure=S] */
char *
ngx_http_reco_cookie(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_reco_loc_conf_t *lcf = conf;

    char *wrong;
    ngx_str_t *value;
    ngx_uint_t i;
    ngx_http_reco_cookie_t *cookie;
    ngx_http_reco_cookie_scope_t scope;

    if (lcf->cookie != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    cookie = ngx_pcalloc(cf->pool, sizeof(ngx_http_reco_cookie_t));
    if (cookie == NULL) {
        return NGX_CONF_ERROR;
    }

    value = cf->args->elts;
    ngx_http_reco_cookie_scope(&scope);

    if (!ngx_http_reco_cookie_safe(&value[1])) {
        ngx_conf_log_error(
            NGX_LOG_EMERG, cf, 0, "invalid cookie name \"%V\"", &value[1]);
        return NGX_CONF_ERROR;
    }

    cookie->name = value[1];
    cookie->secure = NGX_HTTP_RECO_SECURE_AUTO;

    for (i = 2; i < cf->args->nelts; i++) {
        if (ngx_http_reco_cookie_parameter(&value[i], cookie, &scope) != NGX_OK)
        {
            ngx_conf_log_error(
                NGX_LOG_EMERG, cf, 0, "invalid parameter \"%V\"", &value[i]);
            return NGX_CONF_ERROR;
        }
    }

    wrong = ngx_http_reco_cookie_check(cookie, &scope);
    if (wrong != NULL) {
        return wrong;
    }

    lcf->cookie = cookie;

    return ngx_http_reco_cookie_attributes(cf, cookie, &scope);
}


/* By a table: which digits are letters no processor foresees. */
static ngx_int_t
ngx_http_reco_id_parse(ngx_str_t *value, ngx_http_reco_id_t *id)
{
    /* values of hex digits, one more than they are; 0: no digit */
    static const u_char digits[256] = {
        ['0'] = 1,
        ['1'] = 2,
        ['2'] = 3,
        ['3'] = 4,
        ['4'] = 5,
        ['5'] = 6,
        ['6'] = 7,
        ['7'] = 8,
        ['8'] = 9,
        ['9'] = 10,
        ['a'] = 11,
        ['b'] = 12,
        ['c'] = 13,
        ['d'] = 14,
        ['e'] = 15,
        ['f'] = 16,
        ['A'] = 11,
        ['B'] = 12,
        ['C'] = 13,
        ['D'] = 14,
        ['E'] = 15,
        ['F'] = 16,
    };

    ngx_uint_t i, high, low;

    if (value->len != 2 * sizeof(id->bytes)) {
        return NGX_DECLINED;
    }

    for (i = 0; i < sizeof(id->bytes); i++) {
        high = digits[value->data[2 * i]];
        low = digits[value->data[2 * i + 1]];

        if (high == 0 || low == 0) {
            return NGX_DECLINED;
        }

        id->bytes[i] = (u_char) ((high - 1) << 4 | (low - 1));
    }

    return id->bytes[0] != NGX_HTTP_RECO_ID_LOGIN ? NGX_OK : NGX_DECLINED;
}


/*
 * Of several cookies of the name the first that is an id: another application
 * on a parent domain may use the name for something else.
 */
static ngx_int_t
ngx_http_reco_cookie_find(
    ngx_str_t *header, ngx_str_t *name, ngx_http_reco_id_t *id)
{
    u_char *p, *end, *next;
    ngx_str_t value;

    end = header->data + header->len;

    for (p = header->data; p < end; p = next + 1) {
        while (p < end && *p == ' ') {
            p++;
        }

        next = ngx_strlchr(p, end, ';');
        if (next == NULL) {
            next = end;
        }

        if ((size_t) (next - p) <= name->len || p[name->len] != '='
            || ngx_memcmp(p, name->data, name->len) != 0)
        {
            continue;
        }

        value.data = p + name->len + 1;
        value.len = next - value.data;

        if (ngx_http_reco_id_parse(&value, id) == NGX_OK) {
            return NGX_OK;
        }
    }

    return NGX_DECLINED;
}


ngx_int_t
ngx_http_reco_cookie_read(ngx_http_request_t *r, ngx_http_reco_cookie_t *cookie,
    ngx_http_reco_id_t *id)
{
#if (nginx_version >= 1023000)
    ngx_table_elt_t *h;

    for (h = r->headers_in.cookie; h != NULL; h = h->next) {
        if (ngx_http_reco_cookie_find(&h->value, &cookie->name, id) == NGX_OK) {
            return NGX_OK;
        }
    }
#else
    ngx_uint_t i;
    ngx_table_elt_t **h;

    h = r->headers_in.cookies.elts;

    for (i = 0; i < r->headers_in.cookies.nelts; i++) {
        if (ngx_http_reco_cookie_find(&h[i]->value, &cookie->name, id)
            == NGX_OK) {
            return NGX_OK;
        }
    }
#endif

    return NGX_DECLINED;
}


static ngx_uint_t
ngx_http_reco_cookie_secure(
    ngx_http_request_t *r, ngx_http_reco_cookie_t *cookie)
{
#if (NGX_HTTP_SSL)
    if (cookie->secure == NGX_HTTP_RECO_SECURE_AUTO) {
        return r->connection->ssl != NULL;
    }
#endif

    return cookie->secure == NGX_HTTP_RECO_SECURE_ON;
}


ngx_int_t
ngx_http_reco_cookie_set(ngx_http_request_t *r, const u_char *id, size_t len,
    const char *attributes, size_t size)
{
    u_char *p, *start;
    ngx_http_reco_cookie_t *cookie;
    ngx_http_reco_loc_conf_t *lcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_reco_module);
    cookie = lcf->cookie;

    start =
        ngx_pnalloc(r->pool, cookie->name.len + 1 + len + cookie->attributes.len
                                 + size + sizeof("; Secure") - 1);
    if (start == NULL) {
        return NGX_ERROR;
    }

    p = ngx_cpymem(start, cookie->name.data, cookie->name.len);
    *p++ = '=';
    p = ngx_cpymem(p, id, len);
    p = ngx_cpymem(p, cookie->attributes.data, cookie->attributes.len);
    p = ngx_cpymem(p, attributes, size);

    if (ngx_http_reco_cookie_secure(r, cookie)) {
        p = ngx_cpymem(p, "; Secure", sizeof("; Secure") - 1);
    }

    return ngx_http_reco_header(
        r, "Set-Cookie", (const char *) start, p - start);
}
