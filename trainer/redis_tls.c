#include "redis_tls.h"

#if RECO_TLS

#include <errno.h>
#include <hiredis/hiredis_ssl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <unistd.h>


static reco_status_t
bad_file(const char *key, const char *path, reco_error_t *error)
{
    const char *reason;

    reason = ERR_reason_error_string(ERR_peek_last_error());
    ERR_clear_error();

    /* OpenSSL says no more than that its reader failed. */
    if (access(path, R_OK) != 0) {
        reason = strerror(errno);
    }

    return reco_error_set(error, RECO_INVALID, "\"%s %s\" cannot be used: %s",
        key, path, reason != NULL ? reason : "it has nothing of the kind");
}


static reco_status_t
use_files(const reco_config_t *config, SSL_CTX *ctx, reco_error_t *error)
{
    const char *ca, *cert, *key;

    ca = reco_config_string(config, "redis_tls_ca");
    cert = reco_config_string(config, "redis_tls_cert");
    key = reco_config_string(config, "redis_tls_key");

    if (ca[0] == '\0') {
        (void) SSL_CTX_set_default_verify_paths(ctx);

    } else if (SSL_CTX_load_verify_locations(ctx, ca, NULL) != 1) {
        return bad_file("redis_tls_ca", ca, error);
    }

    if ((cert[0] == '\0') != (key[0] == '\0')) {
        return reco_error_set(error, RECO_INVALID,
            "\"redis_tls_cert\" and \"redis_tls_key\" need each other");
    }

    if (cert[0] == '\0') {
        return RECO_OK;
    }

    if (SSL_CTX_use_certificate_chain_file(ctx, cert) != 1) {
        return bad_file("redis_tls_cert", cert, error);
    }

    /* The key's file last: it is checked against the certificate. */
    if (SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) != 1) {
        return bad_file("redis_tls_key", key, error);
    }

    return RECO_OK;
}


static reco_status_t
make_context(const reco_config_t *config, SSL_CTX **ctx, reco_error_t *error)
{
    reco_status_t status;

    *ctx = SSL_CTX_new(TLS_client_method());
    if (*ctx == NULL) {
        return reco_error_set(error, RECO_NOMEM, "TLS is out of memory");
    }

    SSL_CTX_set_min_proto_version(*ctx, TLS1_2_VERSION);
    SSL_CTX_set_verify(*ctx,
        reco_config_integer(config, "redis_tls_verify") != 0 ? SSL_VERIFY_PEER
                                                             : SSL_VERIFY_NONE,
        NULL);

    status = use_files(config, *ctx, error);
    if (status != RECO_OK) {
        SSL_CTX_free(*ctx);
    }

    return status;
}


reco_status_t
reco_redis_tls_check(const reco_config_t *config, reco_error_t *error)
{
    reco_status_t status;
    SSL_CTX *ctx;

    if (reco_config_integer(config, "redis_tls") == 0) {
        return RECO_OK;
    }

    status = make_context(config, &ctx, error);
    if (status == RECO_OK) {
        SSL_CTX_free(ctx);
    }

    return status;
}


/* Whose certificate is asked for.  1, as OpenSSL has it. */
static int
set_name(SSL *ssl, const char *name)
{
    if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name) == 1) {
        return 1;
    }

    return SSL_set_tlsext_host_name(ssl, name) == 1
           && SSL_set1_host(ssl, name) == 1;
}


/* Why the handshake failed: the certificate, or what hiredis says. */
static reco_status_t
refused(redisContext *context, const SSL *ssl, reco_error_t *error)
{
    const char *reason;
    long result;

    reason = context->err != 0 ? context->errstr : "it cannot begin";
    result = SSL_get_verify_result(ssl);

    if (result != X509_V_OK && SSL_get_verify_mode(ssl) != SSL_VERIFY_NONE) {
        reason = X509_verify_cert_error_string(result);
    }

    return reco_error_set(error, RECO_IO, "TLS with Redis: %s", reason);
}


reco_status_t
reco_redis_tls_start(const reco_config_t *config, redisContext *context,
    const char *host, reco_error_t *error)
{
    const char *name;
    reco_status_t status;
    SSL_CTX *ctx;
    SSL *ssl;

    if (reco_config_integer(config, "redis_tls") == 0) {
        return RECO_OK;
    }

    status = make_context(config, &ctx, error);
    if (status != RECO_OK) {
        return status;
    }

    name = reco_config_string(config, "redis_tls_name");
    if (name[0] == '\0') {
        name = host;
    }

    /* The session keeps the context, hiredis the session. */
    ssl = SSL_new(ctx);
    SSL_CTX_free(ctx);

    if (ssl == NULL) {
        return reco_error_set(error, RECO_NOMEM, "TLS is out of memory");
    }

    if ((name != NULL && set_name(ssl, name) != 1)
        || redisInitiateSSL(context, ssl) != REDIS_OK)
    {
        status = refused(context, ssl, error);
        SSL_free(ssl);
        ERR_clear_error();
    }

    return status;
}

#else

reco_status_t
reco_redis_tls_check(const reco_config_t *config, reco_error_t *error)
{
    if (reco_config_integer(config, "redis_tls") == 0) {
        return RECO_OK;
    }

    return reco_error_set(error, RECO_UNSUPPORTED,
        "\"redis_tls on\": this program was built without TLS; build it where "
        "hiredis has libhiredis_ssl (hiredis 1.0, Debian 13)");
}


reco_status_t
reco_redis_tls_start(const reco_config_t *config, redisContext *context,
    const char *host, reco_error_t *error)
{
    (void) context;
    (void) host;

    return reco_redis_tls_check(config, error);
}

#endif
