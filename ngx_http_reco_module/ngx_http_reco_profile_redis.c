#include "ngx_http_reco_profile.h"

#include "ngx_http_reco_link.h"


static void
ngx_http_reco_profile_redis_up(void *data)
{
    ngx_http_reco_profiles_t *profiles = data;

    ngx_http_reco_link_works(profiles->connection);
}


static void
ngx_http_reco_profile_redis_down(void *data)
{
    /* hiredis has answered all that was asked */
}


static void
ngx_http_reco_profile_redis_exiting(void *data, ngx_uint_t last)
{
    ngx_http_reco_profiles_t *profiles = data;

    ngx_http_reco_link_close(profiles->connection);
}


static const ngx_http_reco_link_events_t ngx_http_reco_profile_redis_events = {
    ngx_http_reco_profile_redis_up,
    ngx_http_reco_profile_redis_down,
    ngx_http_reco_profile_redis_exiting,
    "visitors' profiles are not loaded",
    "Redis gives profiles again",
};


static ngx_int_t
ngx_http_reco_profile_redis_init(
    ngx_cycle_t *cycle, ngx_http_reco_profiles_t *profiles)
{
    profiles->connection = ngx_http_reco_link_create(
        cycle, profiles->redis, &ngx_http_reco_profile_redis_events, profiles);

    if (profiles->connection == NULL) {
        return NGX_ERROR;
    }

    ngx_http_reco_link_open(profiles->connection);

    return NGX_OK;
}


static void
ngx_http_reco_profile_redis_reply(
    redisAsyncContext *context, void *answer, void *arg)
{
    redisReply *reply = answer;
    ngx_http_reco_profile_t *profile = arg;

    (void) context;

    if (reply == NULL
        || (reply->type != REDIS_REPLY_STRING
            && reply->type != REDIS_REPLY_NIL))
    {
        ngx_http_reco_profile_answer(profile, NGX_ERROR, NULL, 0);
        return;
    }

    ngx_http_reco_profile_answer(profile,
        reply->type == REDIS_REPLY_NIL ? NGX_DECLINED : NGX_OK, reply->str,
        reply->len);
}


static ngx_int_t
ngx_http_reco_profile_redis_ask(
    ngx_http_reco_profiles_t *profiles, ngx_http_reco_profile_t *profile)
{
    u_char *p;
    u_char command[NGX_HTTP_RECO_PROFILE_KEY_MAX + 128];

    p = ngx_sprintf(command, "*2\r\n$3\r\nGET\r\n$%uz\r\n",
        profiles->prefix.len + 2 * sizeof(profile->id.bytes));
    p = ngx_http_reco_profile_key(p, profiles, &profile->id);
    p = ngx_cpymem(p, "\r\n", 2);

    return ngx_http_reco_link_send(profiles->connection, (const char *) command,
        p - command, ngx_http_reco_profile_redis_reply, profile);
}


static void
ngx_http_reco_profile_redis_reset(
    ngx_http_reco_profiles_t *profiles, const char *reason)
{
    ngx_http_reco_link_fail(profiles->connection, 0, reason);
}


static void
ngx_http_reco_profile_redis_done(ngx_http_reco_profiles_t *profiles)
{
    ngx_http_reco_link_close(profiles->connection);
}


const ngx_http_reco_profile_store_t ngx_http_reco_profile_redis = {
    ngx_http_reco_profile_redis_init,
    ngx_http_reco_profile_redis_ask,
    NULL,
    ngx_http_reco_profile_redis_reset,
    ngx_http_reco_profile_redis_done,
};
