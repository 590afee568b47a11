#include "owner.h"

#include "cli.h"

#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>


/* Of the folder that a path is in. */
static void
ascend(char *path)
{
    char *slash;

    slash = strrchr(path, '/');

    if (slash == NULL) {
        strcpy(path, ".");
    } else if (slash == path) {
        path[1] = '\0';
    } else {
        *slash = '\0';
    }
}


/* 0: nothing of it is there. */
static int
find_existing(const char *path, struct stat *info)
{
    char folder[PATH_MAX];

    if (snprintf(folder, sizeof(folder), "%s", path) >= (int) sizeof(folder)) {
        return 0;
    }

    while (folder[0] != '\0' && stat(folder, info) != 0) {
        if (errno != ENOENT || strcmp(folder, "/") == 0
            || strcmp(folder, ".") == 0) {
            return 0;
        }
        ascend(folder);
    }

    return folder[0] != '\0';
}


int
reco_cli_become_owner(const char *name, const char *path)
{
    const struct passwd *user;
    struct stat info;
    gid_t group;

    if (geteuid() != 0 || !find_existing(path, &info) || info.st_uid == 0) {
        return RECO_CLI_OK;
    }

    user = getpwuid(info.st_uid);
    group = user != NULL ? user->pw_gid : info.st_gid;

    if ((user != NULL ? initgroups(user->pw_name, group) : setgroups(0, NULL))
            != 0
        || setgid(group) != 0 || setuid(info.st_uid) != 0)
    {
        return reco_cli_fail(name,
            "cannot become the user whom \"%s\" belongs to: %s", path,
            strerror(errno));
    }

    return RECO_CLI_OK;
}
