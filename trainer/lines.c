#include "lines.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <zlib.h>

#define READ_SIZE 65536


struct reco_lines_s {
    gzFile file;
    char *data;
    size_t size;  /* of data */
    size_t begin; /* of what was not returned yet */
    size_t end;
    unsigned number;
    int over; /* the file has no more */
};


reco_status_t
reco_lines_open(reco_lines_t **lines, const char *path, reco_error_t *error)
{
    reco_lines_t *opened;
    int fd;

    opened = calloc(1, sizeof(*opened));
    if (opened == NULL) {
        return reco_error_set(error, RECO_NOMEM, "out of memory");
    }

    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd == -1) {
        free(opened);
        return reco_error_set(
            error, RECO_IO, "cannot open \"%s\": %s", path, strerror(errno));
    }

    opened->file = gzdopen(fd, "rb");
    if (opened->file == NULL) {
        close(fd);
        free(opened);
        return reco_error_set(error, RECO_NOMEM, "out of memory");
    }

    gzbuffer(opened->file, READ_SIZE);
    *lines = opened;

    return RECO_OK;
}


void
reco_lines_close(reco_lines_t *lines)
{
    if (lines == NULL) {
        return;
    }

    gzclose(lines->file);
    free(lines->data);
    free(lines);
}


static reco_status_t
fail(const reco_lines_t *lines, reco_status_t status, const char *reason,
    reco_error_t *error)
{
    if (error != NULL) {
        error->line = lines->number + 1;
    }

    return reco_error_set(error, status, "%s", reason);
}


const char *
reco_lines_gzip_reason(gzFile file, int *code)
{
    const char *reason, *text;

    reason = gzerror(file, code);
    if (*code == Z_ERRNO) {
        return strerror(errno);
    }

    /* zlib names the file first, and knows the number of a descriptor only. */
    text = strncmp(reason, "<fd:", 4) == 0 ? strstr(reason, ">: ") : NULL;
    if (text != NULL) {
        reason = text + 3;
    }

    return reason[0] != '\0' ? reason : "the gzip data ends too soon";
}


static reco_status_t
fill(reco_lines_t *lines, reco_error_t *error)
{
    const char *reason;
    char *grown;
    int got, code;

    if (lines->begin > 0) {
        memmove(
            lines->data, lines->data + lines->begin, lines->end - lines->begin);
        lines->end -= lines->begin;
        lines->begin = 0;
    }

    if (lines->size - lines->end < READ_SIZE) {
        if (lines->end > RECO_LINE_MAX) {
            return fail(
                lines, RECO_TOO_LARGE, "the line exceeds 64 MiB", error);
        }
        grown = realloc(lines->data, lines->size * 2 + READ_SIZE);
        if (grown == NULL) {
            return fail(lines, RECO_NOMEM, "out of memory", error);
        }
        lines->data = grown;
        lines->size = lines->size * 2 + READ_SIZE;
    }

    got = gzread(lines->file, lines->data + lines->end, READ_SIZE);
    reason = reco_lines_gzip_reason(lines->file, &code);

    if (got < 0 || code == Z_BUF_ERROR) {
        return fail(
            lines, code == Z_ERRNO ? RECO_IO : RECO_CORRUPT, reason, error);
    }

    /* What some programs put before the first line: UTF-8's byte order mark. */
    if (lines->number == 0 && lines->end == 0 && got >= 3
        && memcmp(lines->data, "\xef\xbb\xbf", 3) == 0)
    {
        lines->begin = 3;
    }

    lines->end += (size_t) got;
    lines->over = got == 0;

    return RECO_OK;
}


reco_status_t
reco_lines_next(reco_lines_t *lines, reco_str_t *line, reco_error_t *error)
{
    reco_status_t status;
    const char *feed;
    size_t searched;

    feed = NULL;
    searched = 0;

    for (;;) {
        if (lines->end > lines->begin + searched) {
            feed = memchr(lines->data + lines->begin + searched, '\n',
                lines->end - lines->begin - searched);
        }
        if (feed != NULL || lines->over) {
            break;
        }
        searched = lines->end - lines->begin;
        status = fill(lines, error);
        if (status != RECO_OK) {
            return status;
        }
    }

    if (feed == NULL && lines->begin == lines->end) {
        return RECO_DECLINED;
    }

    line->data = lines->data + lines->begin;
    line->len =
        feed != NULL ? (size_t) (feed - line->data) : lines->end - lines->begin;
    lines->begin += line->len + (feed != NULL);

    if (line->len > 0 && line->data[line->len - 1] == '\r') {
        line->len--;
    }
    lines->number++;

    return RECO_OK;
}


unsigned
reco_lines_number(const reco_lines_t *lines)
{
    return lines->number;
}
