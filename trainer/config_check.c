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

    return RECO_OK;
}
