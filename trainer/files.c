#define _GNU_SOURCE /* nftw() */

#include "files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define COPY_SIZE    (1 << 20)
#define OPEN_MAX_FTW 16


static reco_status_t
fail(reco_error_t *error, const char *what, const char *path)
{
    return reco_error_set(
        error, RECO_IO, "cannot %s \"%s\": %s", what, path, strerror(errno));
}


/* "path" or "path/name"; a path that is too long is never one of ours. */
static reco_status_t
join(
    char out[PATH_MAX], const char *path, const char *name, reco_error_t *error)
{
    if (snprintf(out, PATH_MAX, "%s%s", path, name) >= PATH_MAX) {
        errno = ENAMETOOLONG;
        return fail(error, "use", path);
    }

    return RECO_OK;
}


reco_status_t
reco_files_make_folder(const char *path, reco_error_t *error)
{
    char copy[PATH_MAX];
    reco_status_t status;
    char *p;

    status = join(copy, path, "", error);
    if (status != RECO_OK) {
        return status;
    }

    for (p = copy + 1; *p != '\0'; p++) {
        if (*p == '/') {
            *p = '\0';
            if (mkdir(copy, 0755) != 0 && errno != EEXIST) {
                return fail(error, "create", copy);
            }
            *p = '/';
        }
    }

    if (mkdir(copy, 0755) != 0 && errno != EEXIST) {
        return fail(error, "create", path);
    }

    return RECO_OK;
}


static int
remove_one(
    const char *path, const struct stat *info, int type, struct FTW *place)
{
    (void) info;
    (void) type;
    (void) place;

    return remove(path) != 0 && errno != ENOENT ? -1 : 0;
}


reco_status_t
reco_files_remove(const char *path, reco_error_t *error)
{
    if (nftw(path, remove_one, OPEN_MAX_FTW, FTW_DEPTH | FTW_PHYS) != 0
        && errno != ENOENT)
    {
        return fail(error, "remove", path);
    }

    return RECO_OK;
}


reco_status_t
reco_files_sync_folder(const char *path, reco_error_t *error)
{
    int fd, failed;

    fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd == -1) {
        return fail(error, "open", path);
    }

    /* Some file systems have nothing to sync for a folder. */
    failed = fsync(fd) != 0 && errno != EINVAL;
    close(fd);

    return failed ? fail(error, "sync", path) : RECO_OK;
}


static int
write_all(int fd, const char *data, size_t len)
{
    ssize_t n;

    while (len > 0) {
        n = write(fd, data, len);
        if (n == -1 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return 0;
        }
        data += n;
        len -= (size_t) n;
    }

    return 1;
}


reco_status_t
reco_files_write(const char *path, reco_str_t text, reco_error_t *error)
{
    char aside[PATH_MAX];
    reco_status_t status;
    int fd, done;

    status = join(aside, path, ".new", error);
    if (status != RECO_OK) {
        return status;
    }

    fd = open(aside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd == -1) {
        return fail(error, "create", aside);
    }

    done = write_all(fd, text.data, text.len) && fsync(fd) == 0;
    if (close(fd) != 0 || !done || rename(aside, path) != 0) {
        fail(error, "write", path);
        unlink(aside);
        return RECO_IO;
    }

    return RECO_OK;
}


reco_status_t
reco_files_read(
    const char *path, size_t max, reco_str_t *text, reco_error_t *error)
{
    struct stat info;
    size_t len;
    char *data;
    int fd;
    ssize_t n;

    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd == -1) {
        fail(error, "open", path);
        return errno == ENOENT ? RECO_DECLINED : RECO_IO;
    }

    if (fstat(fd, &info) != 0) {
        fail(error, "read", path);
        close(fd);
        return RECO_IO;
    }

    if ((uint64_t) info.st_size > max) {
        close(fd);
        return reco_error_set(
            error, RECO_TOO_LARGE, "\"%s\" has more than %zu bytes", path, max);
    }

    data = malloc((size_t) info.st_size + 1);
    if (data == NULL) {
        close(fd);
        return reco_error_set(error, RECO_NOMEM, "out of memory");
    }

    len = 0;
    do {
        n = read(fd, data + len, (size_t) info.st_size - len);
        len += n > 0 ? (size_t) n : 0;
    } while (n > 0 || (n == -1 && errno == EINTR));

    if (n == -1) {
        fail(error, "read", path);
        close(fd);
        free(data);
        return RECO_IO;
    }
    close(fd);

    data[len] = '\0';
    *text = (reco_str_t){len, data};

    return RECO_OK;
}


reco_status_t
reco_files_relink(const char *path, const char *target, reco_error_t *error)
{
    char aside[PATH_MAX];
    reco_status_t status;

    status = join(aside, path, ".new", error);
    if (status != RECO_OK) {
        return status;
    }

    if ((unlink(aside) != 0 && errno != ENOENT) || symlink(target, aside) != 0
        || rename(aside, path) != 0)
    {
        return fail(error, "replace", path);
    }

    return RECO_OK;
}


static reco_status_t
copy_bytes(const char *from, const char *to, reco_error_t *error)
{
    reco_status_t status;
    int in, out;
    char *buffer;
    ssize_t n;

    buffer = malloc(COPY_SIZE);
    in = open(from, O_RDONLY | O_CLOEXEC);
    out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    status = RECO_OK;
    n = 0;

    if (buffer == NULL) {
        status = reco_error_set(error, RECO_NOMEM, "out of memory");
    } else if (in == -1) {
        status = fail(error, "open", from);
    } else if (out == -1) {
        status = fail(error, "create", to);
    }

    while (status == RECO_OK && (n = read(in, buffer, COPY_SIZE)) > 0) {
        if (!write_all(out, buffer, (size_t) n)) {
            status = fail(error, "write", to);
        }
    }

    if (status == RECO_OK && n < 0) {
        status = fail(error, "read", from);
    }
    if (status == RECO_OK && fsync(out) != 0) {
        status = fail(error, "sync", to);
    }

    if (in != -1) {
        close(in);
    }
    if (out != -1 && close(out) != 0 && status == RECO_OK) {
        status = fail(error, "write", to);
    }
    free(buffer);

    return status;
}


static reco_status_t
copy_file(const char *from, const char *to, reco_error_t *error)
{
    if (link(from, to) == 0) {
        return RECO_OK;
    }

    return copy_bytes(from, to, error);
}


reco_status_t
reco_files_copy_folder(const char *from, const char *to, reco_error_t *error)
{
    char source[PATH_MAX], target[PATH_MAX];
    struct dirent *entry;
    reco_status_t status;
    DIR *folder;

    folder = opendir(from);
    if (folder == NULL) {
        return fail(error, "open", from);
    }

    status = mkdir(to, 0755) == 0 ? RECO_OK : fail(error, "create", to);

    while (status == RECO_OK && (entry = readdir(folder)) != NULL) {
        if (entry->d_name[0] == '.') {
            continue;
        }
        if (snprintf(source, PATH_MAX, "%s/%s", from, entry->d_name) >= PATH_MAX
            || snprintf(target, PATH_MAX, "%s/%s", to, entry->d_name)
                   >= PATH_MAX)
        {
            errno = ENAMETOOLONG;
            status = fail(error, "copy", entry->d_name);
        } else {
            status = copy_file(source, target, error);
        }
    }

    closedir(folder);

    return status == RECO_OK ? reco_files_sync_folder(to, error) : status;
}
