#include "table.h"

#include "lines.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#define BUFFER_SIZE (2 * RECO_TABLE_ROW_MAX)
#define GZIP_BUFFER (128 * 1024)


/*
 * data:  | done | row being read | read ahead |
 *        0      begin            next         end
 */
struct reco_table_s {
    gzFile file;
    char *path;
    uint64_t size;
    reco_table_format_t format;
    char delimiter;
    unsigned line;
    int at_end;
    size_t begin;
    size_t end;
    char *data;
};


static reco_status_t
open_file(reco_table_t *table, const char *path, reco_error_t *error)
{
    struct stat info;
    int fd;

    fd = strcmp(path, "-") == 0 ? dup(STDIN_FILENO)
                                : open(path, O_RDONLY | O_CLOEXEC);
    if (fd == -1 || fstat(fd, &info) != 0) {
        reco_error_set(
            error, RECO_IO, "cannot open \"%s\": %s", path, strerror(errno));
        if (fd != -1) {
            close(fd);
        }
        return RECO_IO;
    }

    if (S_ISDIR(info.st_mode)) {
        close(fd);
        return reco_error_set(
            error, RECO_IO, "cannot read \"%s\": it is a folder", path);
    }

    table->size = S_ISREG(info.st_mode) ? (uint64_t) info.st_size : 0;

    table->file = gzdopen(fd, "rb");
    if (table->file == NULL) {
        close(fd);
        return reco_error_set(error, RECO_NOMEM, "out of memory");
    }

    gzbuffer(table->file, GZIP_BUFFER);

    return RECO_OK;
}


reco_status_t
reco_table_open(const char *path, reco_table_format_t format, char delimiter,
    reco_table_t **table, reco_error_t *error)
{
    reco_status_t status;
    reco_table_t *opened;

    opened = calloc(1, sizeof(*opened));
    if (opened == NULL) {
        return reco_error_set(error, RECO_NOMEM, "out of memory");
    }

    opened->format = format;
    opened->delimiter = delimiter != 0             ? delimiter
                        : format == RECO_TABLE_TSV ? '\t'
                                                   : ',';
    opened->data = malloc(BUFFER_SIZE);
    opened->path = strdup(path);

    if (opened->data == NULL || opened->path == NULL) {
        status = reco_error_set(error, RECO_NOMEM, "out of memory");
    } else {
        status = open_file(opened, path, error);
    }

    if (status != RECO_OK) {
        reco_table_close(opened);
        return status;
    }

    *table = opened;

    return RECO_OK;
}


void
reco_table_close(reco_table_t *table)
{
    if (table == NULL) {
        return;
    }

    if (table->file != NULL) {
        gzclose(table->file);
    }

    free(table->data);
    free(table->path);
    free(table);
}


/* Moves what is left to the front and fills up behind it. */
static reco_status_t
fill(reco_table_t *table, reco_error_t *error)
{
    const char *reason;
    int got, code;

    if (table->begin > 0) {
        memmove(
            table->data, table->data + table->begin, table->end - table->begin);
        table->end -= table->begin;
        table->begin = 0;
    }

    got = gzread(table->file, table->data + table->end,
        (unsigned) (BUFFER_SIZE - table->end));

    if (got < 0
        || (got == 0 && gzerror(table->file, &code) != NULL && code < 0)) {
        reason = reco_lines_gzip_reason(table->file, &code);
        return reco_error_set(
            error, RECO_IO, "cannot read \"%s\": %s", table->path, reason);
    }

    /* What some programs put before the first row: UTF-8's byte order mark. */
    if (table->line == 0 && table->end == 0 && got >= 3
        && memcmp(table->data, "\xef\xbb\xbf", 3) == 0)
    {
        table->begin = 3;
    }

    table->end += (size_t) got;
    table->at_end = got == 0;

    return RECO_OK;
}


/* Behind the quoted field that begins at p: its closing quote, or NULL. */
static const char *
find_quote(const char *p, const char *end, unsigned *lines)
{
    for (p++; p < end; p++) {
        if (*p == '\n') {
            (*lines)++;
        } else if (*p == '"') {
            if (p + 1 == end || p[1] != '"') {
                return p;
            }
            p++;
        }
    }

    return NULL;
}


/*
 * Where the row that begins at data ends: its line feed.  Only a quote that
 * begins a field may hold a line feed.  NULL: not within len.
 */
static char *
find_end(const reco_table_t *table, char *data, size_t len, unsigned *lines)
{
    const char *p, *end;
    char *feed;

    *lines = 1;
    feed = memchr(data, '\n', len);
    end = feed != NULL ? feed : data + len;

    if (table->format != RECO_TABLE_CSV
        || memchr(data, '"', (size_t) (end - data)) == NULL)
    {
        return feed;
    }

    end = data + len;

    for (p = data; p < end && *p != '\n'; p++) {
        if (*p == '"' && (p == data || p[-1] == table->delimiter)) {
            p = find_quote(p, end, lines);
            if (p == NULL) {
                return NULL;
            }
        }
    }

    return p < end ? data + (p - data) : NULL;
}


static void
split(const reco_table_t *table, char *data, char *end, reco_table_row_t *row)
{
    char *stop;

    for (;;) {
        stop = table->format == RECO_TABLE_LINES
                   ? NULL
                   : memchr(data, table->delimiter, (size_t) (end - data));
        if (stop == NULL) {
            stop = end;
        }

        if (row->nfields < RECO_TABLE_FIELDS_MAX) {
            row->fields[row->nfields].data = data;
            row->fields[row->nfields].len = (size_t) (stop - data);
        }
        row->nfields++;

        if (stop == end) {
            return;
        }
        data = stop + 1;
    }
}


/* Takes a quoted field, doubled quotes becoming one, in place. */
static char *
unquote(char *data, char *end, reco_str_t *field)
{
    char *out;

    data++;
    out = data;
    field->data = data;

    while (data < end && !(*data == '"' && (data + 1 == end || data[1] != '"')))
    {
        data += *data == '"';
        *out++ = *data++;
    }

    field->len = (size_t) (out - field->data);

    return data < end ? data + 1 : NULL;
}


/* Fields of a row that holds quotes; 0: they do not fit together. */
static int
split_quoted(
    const reco_table_t *table, char *data, char *end, reco_table_row_t *row)
{
    reco_str_t field;
    char *stop;

    for (;;) {
        if (data < end && *data == '"') {
            stop = unquote(data, end, &field);
            if (stop == NULL || (stop < end && *stop != table->delimiter)) {
                return 0;
            }
        } else {
            stop = memchr(data, table->delimiter, (size_t) (end - data));
            if (stop == NULL) {
                stop = end;
            }
            field.data = data;
            field.len = (size_t) (stop - data);
        }

        if (row->nfields < RECO_TABLE_FIELDS_MAX) {
            row->fields[row->nfields] = field;
        }
        row->nfields++;

        if (stop == end) {
            return 1;
        }
        data = stop + 1;
    }
}


static reco_status_t
refuse(reco_error_t *error, reco_status_t status, unsigned line,
    const char *reason)
{
    reco_error_set(error, status, "%s", reason);
    if (error != NULL) {
        error->line = line;
    }

    return status;
}


/* Skips the physical line at begin, as far as it is read. */
static void
skip_line(reco_table_t *table)
{
    char *feed;

    feed = memchr(table->data + table->begin, '\n', table->end - table->begin);
    table->begin =
        feed != NULL ? (size_t) (feed - table->data) + 1 : table->end;
    table->line++;
}


static reco_status_t
skip_long_line(reco_table_t *table, reco_error_t *error)
{
    reco_status_t status;
    unsigned line;

    line = table->line + 1;

    while (memchr(table->data + table->begin, '\n', table->end - table->begin)
               == NULL
           && !table->at_end)
    {
        table->begin = table->end;
        status = fill(table, error);
        if (status != RECO_OK) {
            return status;
        }
    }

    skip_line(table);

    return refuse(error, RECO_TOO_LARGE, line,
        "the row is longer than a megabyte, or a quote is not closed");
}


static reco_status_t
take_row(reco_table_t *table, char *data, char *end, reco_table_row_t *row,
    reco_error_t *error)
{
    int whole;

    row->nfields = 0;
    whole = 1;

    if (end > data && end[-1] == '\r') {
        end--;
    }

    if (table->format == RECO_TABLE_CSV
        && memchr(data, '"', (size_t) (end - data)) != NULL)
    {
        whole = split_quoted(table, data, end, row);
    } else {
        split(table, data, end, row);
    }

    if (!whole) {
        return refuse(error, RECO_INVALID, row->line,
            "a quote is not closed, or text follows it");
    }

    if (row->nfields > RECO_TABLE_FIELDS_MAX) {
        return refuse(
            error, RECO_INVALID, row->line, "more than 256 fields in a row");
    }

    return RECO_OK;
}


reco_status_t
reco_table_next(reco_table_t *table, reco_table_row_t *row, reco_error_t *error)
{
    char *data, *end;
    reco_status_t status;
    unsigned lines;

    for (;;) {
        data = table->data + table->begin;
        end = find_end(table, data, table->end - table->begin, &lines);

        if (end == NULL) {
            if (!table->at_end
                && table->end - table->begin < RECO_TABLE_ROW_MAX) {
                status = fill(table, error);
                if (status != RECO_OK) {
                    return status;
                }
                continue;
            }

            if (table->begin == table->end) {
                return RECO_DECLINED;
            }

            if (!table->at_end
                || memchr(data, '\n', table->end - table->begin) != NULL) {
                return skip_long_line(table, error);
            }

            end = table->data + table->end;
        }

        row->line = table->line + 1;
        table->line += lines;
        table->begin =
            (size_t) (end - table->data) + (end < table->data + table->end);

        if (end - data > RECO_TABLE_ROW_MAX) {
            return refuse(error, RECO_TOO_LARGE, row->line,
                "the row is longer than a megabyte");
        }

        if (end > data && !(end == data + 1 && *data == '\r')) {
            return take_row(table, data, end, row, error);
        }
    }
}


uint64_t
reco_table_position(const reco_table_t *table)
{
    z_off_t offset;

    offset = gzoffset(table->file);

    return offset > 0 ? (uint64_t) offset : 0;
}


uint64_t
reco_table_size(const reco_table_t *table)
{
    return table->size;
}
