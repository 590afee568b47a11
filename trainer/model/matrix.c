#include "model/matrix.h"

#include <stdlib.h>
#include <string.h>


static reco_status_t
allocate(reco_matrix_t *matrix, uint32_t nrows, uint32_t ncolumns,
    uint64_t nvalues, reco_error_t *error)
{
    memset(matrix, 0, sizeof(*matrix));
    matrix->nrows = nrows;
    matrix->ncolumns = ncolumns;
    matrix->offsets = calloc((size_t) nrows + 2, sizeof(uint64_t));
    matrix->columns = malloc((nvalues + 1) * sizeof(uint32_t));
    matrix->values = malloc((nvalues + 1) * sizeof(float));

    if (matrix->offsets == NULL || matrix->columns == NULL
        || matrix->values == NULL)
    {
        reco_matrix_done(matrix);
        return reco_error_set(error, RECO_NOMEM,
            "out of memory for a matrix of %llu values",
            (unsigned long long) nvalues);
    }

    return RECO_OK;
}


/* Items by users; a user who came back to an item occurs in its row again. */
static reco_status_t
items_by_users(reco_matrix_t *matrix, const reco_history_t *history,
    const reco_weights_t *weights, reco_error_t *error)
{
    uint64_t first, event, *cursors, at;
    reco_status_t status;
    uint32_t s, item;

    status = allocate(
        matrix, history->nitems, history->nusers, history->nevents, error);
    if (status != RECO_OK) {
        return status;
    }

    first = history->offsets[0];
    cursors = matrix->offsets + 1;
    for (event = first; event < history->offsets[history->nsessions]; event++) {
        if (weights->events[event - first] > 0) {
            cursors[history->items[event] + 1]++;
        }
    }
    for (item = 0; item < history->nitems; item++) {
        cursors[item + 1] += cursors[item];
    }

    for (s = 0; s < history->nsessions; s++) {
        for (event = history->offsets[s]; event < history->offsets[s + 1];
             event++) {
            if (weights->events[event - first] > 0) {
                at = cursors[history->items[event]]++;
                matrix->columns[at] = history->users[s];
                matrix->values[at] =
                    weights->events[event - first] * weights->recency[s];
            }
        }
    }

    return RECO_OK;
}


/* Adds up neighbours of one column within each row, in place. */
static void
merge_columns(reco_matrix_t *matrix)
{
    uint64_t begin, end, i, out;
    uint32_t row;

    out = 0;
    begin = 0;

    for (row = 0; row < matrix->nrows; row++) {
        end = matrix->offsets[row + 1];
        for (i = begin; i < end; i++) {
            if (i > begin && matrix->columns[out - 1] == matrix->columns[i]) {
                matrix->values[out - 1] += matrix->values[i];
                continue;
            }
            matrix->columns[out] = matrix->columns[i];
            matrix->values[out++] = matrix->values[i];
        }
        begin = end;
        matrix->offsets[row + 1] = out;
    }
}


reco_status_t
reco_matrix_build(reco_matrix_t *matrix, const reco_history_t *history,
    const reco_weights_t *weights, reco_error_t *error)
{
    reco_matrix_t transposed;
    reco_status_t status;

    status = items_by_users(&transposed, history, weights, error);
    if (status != RECO_OK) {
        return status;
    }

    status = reco_matrix_transpose(matrix, &transposed, error);
    reco_matrix_done(&transposed);

    if (status == RECO_OK) {
        merge_columns(matrix);
    }

    return status;
}


reco_status_t
reco_matrix_transpose(
    reco_matrix_t *out, const reco_matrix_t *matrix, reco_error_t *error)
{
    uint64_t i, n, at, *cursors;
    reco_status_t status;
    uint32_t row;

    n = matrix->offsets[matrix->nrows];
    status = allocate(out, matrix->ncolumns, matrix->nrows, n, error);
    if (status != RECO_OK) {
        return status;
    }

    cursors = out->offsets + 1;
    for (i = 0; i < n; i++) {
        cursors[matrix->columns[i] + 1]++;
    }
    for (row = 0; row < out->nrows; row++) {
        cursors[row + 1] += cursors[row];
    }

    for (row = 0; row < matrix->nrows; row++) {
        for (i = matrix->offsets[row]; i < matrix->offsets[row + 1]; i++) {
            at = cursors[matrix->columns[i]]++;
            out->columns[at] = row;
            out->values[at] = matrix->values[i];
        }
    }

    return RECO_OK;
}


void
reco_matrix_done(reco_matrix_t *matrix)
{
    free(matrix->offsets);
    free(matrix->columns);
    free(matrix->values);
    memset(matrix, 0, sizeof(*matrix));
}
