#include "factors_file.h"

#include "lines.h"
#include "npy.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>


static reco_status_t
map_file(const char *path, reco_str_t *file, reco_error_t *error)
{
    struct stat info;
    void *memory;
    int fd;

    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd == -1 || fstat(fd, &info) != 0) {
        if (fd != -1) {
            close(fd);
        }
        return reco_error_set(
            error, RECO_IO, "cannot open \"%s\": %s", path, strerror(errno));
    }

    file->len = (size_t) info.st_size;
    file->data = "";
    memory = info.st_size > 0
                 ? mmap(NULL, file->len, PROT_READ, MAP_PRIVATE, fd, 0)
                 : NULL;
    close(fd);

    if (memory == MAP_FAILED) {
        return reco_error_set(
            error, RECO_IO, "cannot map \"%s\": %s", path, strerror(errno));
    }
    if (memory != NULL) {
        file->data = memory;
    }

    return RECO_OK;
}


static void
unmap_file(reco_str_t file)
{
    if (file.len > 0) {
        munmap((void *) file.data, file.len);
    }
}


static reco_status_t
take_row(reco_factors_file_t *factors, const reco_npy_t *npy, uint64_t row,
    uint64_t place, reco_error_t *error)
{
    float *values, square;
    uint32_t i;

    values = factors->vectors + place * factors->dimensions;
    reco_npy_row(npy, row, values);
    square = 0;

    for (i = 0; i < factors->dimensions; i++) {
        if (!isfinite(values[i])) {
            return reco_error_set(error, RECO_INVALID,
                "row %llu has a value that is no number",
                (unsigned long long) row);
        }
        square += values[i] * values[i];
    }

    if (!isfinite(square)) {
        return reco_error_set(error, RECO_INVALID,
            "row %llu is too long to compute with: scale the vectors",
            (unsigned long long) row);
    }
    factors->nempty += !(square > 0);

    return RECO_OK;
}


static reco_status_t
take_all(
    reco_factors_file_t *factors, const reco_npy_t *npy, reco_error_t *error)
{
    reco_status_t status;
    uint64_t row;

    status = RECO_OK;
    for (row = 0; status == RECO_OK && row < npy->rows; row++) {
        status = take_row(factors, npy, row, row, error);
    }

    return status;
}


/* One id: the row of the item that it names. */
static reco_status_t
take_named(reco_factors_file_t *factors, const reco_npy_t *npy, uint64_t row,
    reco_str_t id, uint8_t *placed, const reco_snapshot_t *snapshot,
    reco_error_t *error)
{
    uint32_t item;

    if (row >= npy->rows) {
        return reco_error_set(error, RECO_INVALID,
            "there are more ids than the %llu rows of vectors",
            (unsigned long long) npy->rows);
    }

    item = reco_snapshot_find(snapshot, reco_item_key(id));
    if (item == RECO_ITEM_NONE) {
        factors->nunknown++;
        return RECO_OK;
    }

    if (placed[item]) {
        return reco_error_set(error, RECO_INVALID,
            "\"%.*s\" comes a second time", (int) (id.len < 128 ? id.len : 128),
            id.data);
    }

    placed[item] = 1;
    factors->nplaced++;

    return take_row(factors, npy, row, item, error);
}


static reco_status_t
place_rows(reco_factors_file_t *factors, const reco_npy_t *npy,
    const char *path, uint8_t *placed, const reco_snapshot_t *snapshot,
    reco_error_t *error)
{
    reco_lines_t *lines;
    reco_status_t status;
    reco_str_t id;
    uint64_t row;

    status = reco_lines_open(&lines, path, error);
    if (status != RECO_OK) {
        return status;
    }

    row = 0;
    while ((status = reco_lines_next(lines, &id, error)) == RECO_OK) {
        status = take_named(factors, npy, row++, id, placed, snapshot, error);
        if (status != RECO_OK) {
            error->line = reco_lines_number(lines);
            break;
        }
    }
    reco_lines_close(lines);

    if (status != RECO_DECLINED) {
        return status;
    }

    return row == npy->rows
               ? RECO_OK
               : reco_error_set(error, RECO_INVALID,
                   "%llu ids for %llu rows of vectors",
                   (unsigned long long) row, (unsigned long long) npy->rows);
}


static reco_status_t
read_vectors(reco_factors_file_t *factors, reco_str_t file, const char *ids,
    const reco_snapshot_t *snapshot, reco_error_t *error)
{
    reco_status_t status;
    uint8_t *placed;
    reco_npy_t npy;

    status = reco_npy_open(&npy, file, error);
    if (status != RECO_OK) {
        return status;
    }

    if (npy.columns == 0 || npy.columns > RECO_SNAPSHOT_DIMENSIONS_MAX) {
        return reco_error_set(error, RECO_TOO_LARGE,
            "vectors of %llu dimensions; 1 to %u are possible",
            (unsigned long long) npy.columns, RECO_SNAPSHOT_DIMENSIONS_MAX);
    }

    factors->dimensions = (uint32_t) npy.columns;
    factors->nrows = ids != NULL ? reco_snapshot_nitems(snapshot) : npy.rows;
    factors->vectors =
        calloc(factors->nrows * factors->dimensions + 1, sizeof(float));
    placed = calloc(factors->nrows + 1, 1);

    if (factors->vectors == NULL || placed == NULL) {
        status = reco_error_set(error, RECO_NOMEM, "out of memory");
    } else if (ids != NULL) {
        status = place_rows(factors, &npy, ids, placed, snapshot, error);
    } else {
        status = take_all(factors, &npy, error);
    }

    free(placed);

    if (status == RECO_OK && factors->nempty > 0
        && factors->nempty == (ids != NULL ? factors->nplaced : factors->nrows))
    {
        status = reco_error_set(error, RECO_INVALID, "all vectors are 0");
    }

    return status;
}


reco_status_t
reco_factors_file_read(reco_factors_file_t *factors, const char *path,
    const char *ids, const reco_snapshot_t *snapshot, reco_error_t *error)
{
    reco_status_t status;
    reco_str_t file;

    memset(factors, 0, sizeof(*factors));
    error->line = 0;

    status = map_file(path, &file, error);
    if (status != RECO_OK) {
        return status;
    }

    status = read_vectors(factors, file, ids, snapshot, error);
    unmap_file(file);

    if (status != RECO_OK) {
        reco_factors_file_done(factors);
    }

    return status;
}


void
reco_factors_file_done(reco_factors_file_t *factors)
{
    free(factors->vectors);
    memset(factors, 0, sizeof(*factors));
}
