#define _GNU_SOURCE

#include "folder.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OPEN_FOLDERS_MAX 16


reco_status_t
reco_folder_temporary(char *path, size_t size, reco_error_t *error)
{
    const char *parent;
    int len;

    parent = getenv("TMPDIR");
    if (parent == NULL || parent[0] == '\0') {
        parent = access("/dev/shm", W_OK | X_OK) == 0 ? "/dev/shm" : "/tmp";
    }

    len = snprintf(path, size, "%s/reco-XXXXXX", parent);
    if (len < 0 || (size_t) len >= size) {
        return reco_error_set(error, RECO_TOO_LARGE,
            "TMPDIR is longer than %zu bytes", size - sizeof("/reco-XXXXXX"));
    }

    if (mkdtemp(path) == NULL) {
        path[0] = '\0';
        return reco_error_set(error, RECO_IO,
            "cannot make a folder in \"%s\": %s", parent, strerror(errno));
    }

    return RECO_OK;
}


static int
remove_one(
    const char *path, const struct stat *stat, int type, struct FTW *place)
{
    (void) stat;
    (void) type;
    (void) place;

    remove(path);

    return 0;
}


void
reco_folder_remove(const char *path)
{
    nftw(path, remove_one, OPEN_FOLDERS_MAX, FTW_DEPTH | FTW_PHYS);
}
