#include "config.h"

#include <string.h>
#include <sys/stat.h>


static int
is_empty(const reco_config_t *config, const char *key)
{
    return reco_config_string(config, key)[0] == '\0';
}


/* By two names, perhaps, or through a link. */
static int
are_one_folder(const char *left, const char *right)
{
    struct stat a, b;

    return strcmp(left, right) == 0
           || (stat(left, &a) == 0 && stat(right, &b) == 0
               && a.st_dev == b.st_dev && a.st_ino == b.st_ino);
}


/* Is a name that of one of the streams, "STREAM:SHARD"? */
static int
is_shard(const reco_config_t *config, const char *name)
{
    const char *stream;
    size_t len;

    stream = reco_config_string(config, "stream");
    len = strlen(stream);

    return strncmp(name, stream, len) == 0 && name[len] == ':'
           && name[len + 1] != '\0'
           && name[len + 1 + strspn(name + len + 1, "0123456789")] == '\0';
}


/* Could it stand in a word of nginx's, and of memcached's protocol? */
static int
is_one_word(const char *text)
{
    while (*text > ' ' && *text < 0x7f) {
        text++;
    }

    return *text == '\0';
}


reco_status_t
reco_config_check(const reco_config_t *config, reco_error_t *error)
{
    static const char *const logins[][2] = {{"redis_user", "redis_password"},
        {"redis_sentinel_user", "redis_sentinel_password"}};
    size_t i;

    for (i = 0; i < sizeof(logins) / sizeof(logins[0]); i++) {
        if (!is_empty(config, logins[i][0]) && is_empty(config, logins[i][1])) {
            return reco_error_set(error, RECO_INVALID, "\"%s\" needs \"%s\"",
                logins[i][0], logins[i][1]);
        }
    }

    /* What is not live leaves the model's folder, and is kept in the other. */
    if (are_one_folder(reco_config_string(config, "model"),
            reco_config_string(config, "archive")))
    {
        return reco_error_set(error, RECO_INVALID,
            "\"model\" and \"archive\" are the same folder");
    }

    /* It is cut to rejected_max entries, and what it says of one is no event. */
    if (is_shard(config, reco_config_string(config, "rejected"))) {
        return reco_error_set(error, RECO_INVALID,
            "\"rejected\" is one of the streams of events");
    }

    if (!is_one_word(reco_config_string(config, "visitor_prefix"))) {
        return reco_error_set(error, RECO_INVALID,
            "\"visitor_prefix\" holds a blank, or what is not ASCII");
    }

    /* One is a string, the other a hash. */
    if (strcmp(reco_config_string(config, "visitor_prefix"),
            reco_config_string(config, "item_prefix"))
        == 0)
    {
        return reco_error_set(error, RECO_INVALID,
            "\"visitor_prefix\" and \"item_prefix\" are the same");
    }

    return RECO_OK;
}
