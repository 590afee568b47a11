/*
 * Visitors' profiles from the feature store: asked for once, when a visitor is
 * met whom the zone does not know.
 *
 *   profile            who is asked for, who waits, what comes of the answer
 *   profile_redis      over a connection of its own to reco_redis's server
 *   profile_memcached  over a connection to memcached, in its text protocol
 *
 *     ask() ------> store ------> ngx_http_reco_profile_answer(), in any case
 */

#ifndef NGX_HTTP_RECO_PROFILE_H
#define NGX_HTTP_RECO_PROFILE_H

#include "ngx_http_reco_module.h"


/* One question under way. */
typedef struct {
    ngx_queue_t queue;   /* of all, the oldest first; or of the free ones */
    ngx_queue_t waiting; /* ngx_http_reco_profile_wait_t */
    ngx_http_reco_profiles_t *profiles;
    ngx_http_reco_id_t id;
    ngx_shm_zone_t *zone; /* NULL: the answer is not wanted any more */
    ngx_msec_t asked;
} ngx_http_reco_profile_t;


/* Of one kind of store, in a worker. */
typedef struct {
    ngx_int_t (*init)(ngx_cycle_t *cycle, ngx_http_reco_profiles_t *profiles);

    /* NGX_ERROR: the store cannot be asked just now. */
    ngx_int_t (*ask)(
        ngx_http_reco_profiles_t *profiles, ngx_http_reco_profile_t *profile);

    /* Stores a value, or removes it where data is NULL, if there is room for
       the command just now.  No such function: somebody else does. */
    void (*put)(ngx_http_reco_profiles_t *profiles, ngx_http_reco_id_t *id,
        const void *data, size_t len);

    /* Gives up the connection: all that is asked is answered NGX_ERROR. */
    void (*reset)(ngx_http_reco_profiles_t *profiles, const char *reason);
    void (*done)(ngx_http_reco_profiles_t *profiles);
} ngx_http_reco_profile_store_t;

extern const ngx_http_reco_profile_store_t ngx_http_reco_profile_redis;
extern const ngx_http_reco_profile_store_t ngx_http_reco_profile_memcached;


struct ngx_http_reco_profiles_s {
    ngx_str_t prefix; /* of keys */
    ngx_msec_t budget;
    ngx_msec_t timeout;
    time_t ttl;
    const ngx_http_reco_profile_store_t *store;
    ngx_url_t url; /* of memcached */
    ngx_http_reco_redis_conf_t *redis;

    /* of this worker */
    void *connection; /* the store's own */
    ngx_queue_t asked;
    ngx_queue_t free;
    ngx_event_t timer;
    ngx_connection_t nothing; /* what the timer's debug log looks at */
};


/* NGX_OK: data is the value; NGX_DECLINED: there is none; NGX_ERROR. */
void ngx_http_reco_profile_answer(ngx_http_reco_profile_t *profile,
    ngx_int_t rc, const void *data, size_t len);

/* Writes prefix and id; returns what is past them. */
u_char *ngx_http_reco_profile_key(
    u_char *p, ngx_http_reco_profiles_t *profiles, ngx_http_reco_id_t *id);

#define NGX_HTTP_RECO_PROFILE_KEY_MAX 200

#endif /* NGX_HTTP_RECO_PROFILE_H */
