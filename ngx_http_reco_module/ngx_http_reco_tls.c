#include "ngx_http_reco_tls.h"

#if (NGX_HTTP_RECO_TLS)

#include <hiredis/hiredis_ssl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>


static void
ngx_http_reco_tls_free(void *data)
{
    SSL_CTX_free(data);
}


static char *
ngx_http_reco_tls_bad_file(ngx_conf_t *cf, const char *what, ngx_str_t *file)
{
    const char *reason;

    reason = ERR_reason_error_string(ERR_peek_last_error());
    ERR_clear_error();

    /* OpenSSL says no more than that its reader failed */
    if (access((char *) file->data, R_OK) == -1) {
        reason = strerror(ngx_errno);
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
        "cannot use \"%V\" of \"reco_redis\" as %s: %s", file, what,
        reason != NULL ? reason : "it has nothing of the kind");

    return NGX_CONF_ERROR;
}


static char *
ngx_http_reco_tls_files(ngx_conf_t *cf, ngx_http_reco_tls_t *tls)
{
    ngx_str_t *files[] = {&tls->ca, &tls->cert, &tls->key};
    ngx_uint_t i;

    for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        if (files[i]->len > 0
            && ngx_conf_full_name(cf->cycle, files[i], 1) != NGX_OK) {
            return NGX_CONF_ERROR;
        }
    }

    if (tls->ca.len == 0) {
        (void) SSL_CTX_set_default_verify_paths(tls->ctx);

    } else if (SSL_CTX_load_verify_locations(
                   tls->ctx, (char *) tls->ca.data, NULL)
               != 1)
    {
        return ngx_http_reco_tls_bad_file(cf, "tls_ca", &tls->ca);
    }

    if (tls->cert.len == 0) {
        return NGX_CONF_OK;
    }

    if (SSL_CTX_use_certificate_chain_file(tls->ctx, (char *) tls->cert.data)
        != 1) {
        return ngx_http_reco_tls_bad_file(cf, "tls_cert", &tls->cert);
    }

    /* the key's file last: it is checked against the certificate */
    if (SSL_CTX_use_PrivateKey_file(
            tls->ctx, (char *) tls->key.data, SSL_FILETYPE_PEM)
        != 1)
    {
        return ngx_http_reco_tls_bad_file(cf, "tls_key", &tls->key);
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_reco_tls_context(ngx_conf_t *cf, ngx_http_reco_tls_t *tls)
{
    ngx_pool_cleanup_t *cln;

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    if (cln == NULL) {
        return NGX_CONF_ERROR;
    }

    tls->ctx = SSL_CTX_new(TLS_client_method());
    if (tls->ctx == NULL) {
        return NGX_CONF_ERROR;
    }

    cln->handler = ngx_http_reco_tls_free;
    cln->data = tls->ctx;

    SSL_CTX_set_min_proto_version(tls->ctx, TLS1_2_VERSION);
    SSL_CTX_set_verify(
        tls->ctx, tls->verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, NULL);

    /* what is repeated after a full socket lies elsewhere by then */
    SSL_CTX_set_mode(tls->ctx, SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);

    return ngx_http_reco_tls_files(cf, tls);
}


/* Whose certificate the session asks for.  1, as OpenSSL has it. */
static int
ngx_http_reco_tls_name(SSL *ssl, const char *name)
{
    if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name) == 1) {
        return 1;
    }

    return SSL_set_tlsext_host_name(ssl, name) == 1
           && SSL_set1_host(ssl, name) == 1;
}


void *
ngx_http_reco_tls_start(
    ngx_http_reco_tls_t *tls, redisAsyncContext *context, u_char *host)
{
    const char *name;
    SSL *ssl;

    name = (char *) (tls->name.len > 0 ? tls->name.data : host);

    ssl = SSL_new(tls->ctx);
    if (ssl == NULL) {
        return NULL;
    }

    if ((name != NULL && ngx_http_reco_tls_name(ssl, name) != 1)
        || redisInitiateSSL(&context->c, ssl) != REDIS_OK)
    {
        SSL_free(ssl);
        ERR_clear_error();
        return NULL;
    }

    return ssl;
}


const char *
ngx_http_reco_tls_problem(void *session)
{
    long result;

    result = SSL_get_verify_result(session);

    if (result == X509_V_OK || SSL_get_verify_mode(session) == SSL_VERIFY_NONE)
    {
        return NULL;
    }

    return X509_verify_cert_error_string(result);
}

#else

static char *
ngx_http_reco_tls_context(ngx_conf_t *cf, ngx_http_reco_tls_t *tls)
{
    (void) tls;

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
        "\"tls=on\" of \"reco_redis\": this module was built without TLS; "
        "build it where hiredis has libhiredis_ssl (hiredis 1.0, Debian 13)");

    return NGX_CONF_ERROR;
}


void *
ngx_http_reco_tls_start(
    ngx_http_reco_tls_t *tls, redisAsyncContext *context, u_char *host)
{
    (void) tls;
    (void) context;
    (void) host;

    return NULL;
}


const char *
ngx_http_reco_tls_problem(void *session)
{
    (void) session;

    return NULL;
}

#endif


char *
ngx_http_reco_tls_init(ngx_conf_t *cf, ngx_http_reco_tls_t *tls)
{
    if (!tls->on) {
        if (!tls->verify || tls->ca.len > 0 || tls->cert.len > 0
            || tls->key.len > 0 || tls->name.len > 0)
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                "the \"tls_...\" parameters of \"reco_redis\" need \"tls=on\"");
            return NGX_CONF_ERROR;
        }

        return NGX_CONF_OK;
    }

    if ((tls->cert.len > 0) != (tls->key.len > 0)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
            "\"tls_cert=\" and \"tls_key=\" of \"reco_redis\" need each other");
        return NGX_CONF_ERROR;
    }

    return ngx_http_reco_tls_context(cf, tls);
}
