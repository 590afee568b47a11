/*
 * In the store's state:
 *
 *   U          identity of the version, dimensions, whether all are reported
 *   u VISITOR  vector
 *
 * Numbers and floats are this machine's: the store does not leave it.
 */

#include "visitor_vectors.h"

#include "lines.h"
#include "store_state.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define HEADER   "U"
#define KEYS     "Uu"
#define KEY_SIZE (1 + sizeof(uint32_t))
#define STEP     5000 /* records of a transaction: the ingest gets its turns */


typedef struct {
    uint64_t identity;
    uint32_t dimensions;
    uint32_t reported;
} header_t;

typedef struct {
    uint32_t *visitors;
    uint64_t count;
    uint64_t size;
} list_t;


static reco_status_t
take_row(reco_visitor_rows_t *rows, uint64_t row, reco_str_t id, uint8_t *taken,
    reco_store_view_t *view, reco_error_t *error)
{
    reco_store_visitor_t visitor;

    if (row >= rows->nrows) {
        return reco_error_set(error, RECO_INVALID,
            "there are more ids than the %llu rows of vectors",
            (unsigned long long) rows->nrows);
    }

    rows->visitors[row] = RECO_VISITOR_NONE;
    if (reco_store_view_visitor(view, id, &visitor) != RECO_OK
        || visitor.number >= reco_store_view_nvisitors(view))
    {
        rows->nunknown++;
        return RECO_OK;
    }

    if (taken[visitor.number]) {
        return reco_error_set(error, RECO_INVALID,
            "visitor \"%.*s\" comes a second time", (int) id.len, id.data);
    }

    taken[visitor.number] = 1;
    rows->visitors[row] = visitor.number;

    return RECO_OK;
}


static reco_status_t
read_ids(reco_visitor_rows_t *rows, reco_lines_t *lines, uint8_t *taken,
    reco_store_view_t *view, reco_error_t *error)
{
    reco_status_t status;
    reco_str_t id;
    uint64_t row;

    row = 0;
    while ((status = reco_lines_next(lines, &id, error)) == RECO_OK) {
        status = take_row(rows, row++, id, taken, view, error);
        if (status != RECO_OK) {
            error->line = reco_lines_number(lines);
            return status;
        }
    }

    if (status == RECO_DECLINED && row != rows->nrows) {
        return reco_error_set(error, RECO_INVALID,
            "%llu ids for %llu rows of vectors", (unsigned long long) row,
            (unsigned long long) rows->nrows);
    }

    return status == RECO_DECLINED ? RECO_OK : status;
}


reco_status_t
reco_visitor_rows_read(reco_visitor_rows_t *rows, const char *path,
    uint64_t nrows, reco_store_t *store, reco_error_t *error)
{
    reco_store_view_t *view;
    reco_lines_t *lines;
    reco_status_t status;
    uint8_t *taken;

    memset(rows, 0, sizeof(*rows));
    error->line = 0;

    status = reco_lines_open(&lines, path, error);
    if (status != RECO_OK) {
        return status;
    }
    status = reco_store_view_begin(store, &view, error);
    if (status != RECO_OK) {
        reco_lines_close(lines);
        return status;
    }

    rows->nrows = nrows;
    rows->visitors = malloc((nrows + 1) * sizeof(uint32_t));
    taken = calloc((size_t) reco_store_view_nvisitors(view) + 1, 1);
    status = rows->visitors != NULL && taken != NULL
                 ? read_ids(rows, lines, taken, view, error)
                 : reco_error_set(error, RECO_NOMEM, "out of memory");

    free(taken);
    reco_store_view_end(view);
    reco_lines_close(lines);
    if (status != RECO_OK) {
        reco_visitor_rows_done(rows);
    }

    return status;
}


void
reco_visitor_rows_done(reco_visitor_rows_t *rows)
{
    free(rows->visitors);
    memset(rows, 0, sizeof(*rows));
}


static void
make_key(char key[KEY_SIZE], uint32_t visitor)
{
    key[0] = RECO_STORE_STATE_IMPORTED;
    memcpy(key + 1, &visitor, sizeof(visitor));
}


/* The row with length 1; 0: it has no direction. */
static int
normalize(const float *row, uint32_t dimensions, float *out)
{
    double sum;
    uint32_t i;

    sum = 0;
    for (i = 0; i < dimensions; i++) {
        sum += (double) row[i] * (double) row[i];
    }
    if (!(sum > 0)) {
        return 0;
    }

    for (i = 0; i < dimensions; i++) {
        out[i] = (float) ((double) row[i] / sqrt(sum));
    }

    return 1;
}


/* One transaction's records; clear: before them, what was there. */
static reco_status_t
save_step(reco_store_t *store, const reco_visitor_rows_t *rows, uint64_t *row,
    const float *vectors, uint32_t dimensions, const char *clear,
    reco_error_t *error)
{
    reco_store_state_t *records;
    reco_status_t status;
    float *values;
    char *keys;
    size_t n;

    records = malloc(STEP * sizeof(*records));
    values = malloc(STEP * (size_t) dimensions * sizeof(float));
    keys = malloc(STEP * KEY_SIZE);
    n = 0;

    if (records != NULL && values != NULL && keys != NULL) {
        for (; *row < rows->nrows && n < STEP; (*row)++) {
            if (rows->visitors[*row] == RECO_VISITOR_NONE
                || !normalize(vectors + *row * dimensions, dimensions,
                    values + n * dimensions))
            {
                continue;
            }
            make_key(keys + n * KEY_SIZE, rows->visitors[*row]);
            records[n].key = (reco_str_t){KEY_SIZE, keys + n * KEY_SIZE};
            records[n].value = (reco_str_t){dimensions * sizeof(float),
                (const char *) (values + n * dimensions)};
            n++;
        }
        status = reco_store_state_save(store, clear, records, n, error);
    } else {
        status = reco_error_set(error, RECO_NOMEM, "out of memory");
    }

    free(records);
    free(values);
    free(keys);

    return status;
}


static reco_status_t
save_header(reco_store_t *store, const header_t *header, reco_error_t *error)
{
    reco_store_state_t record = {.key = reco_string(HEADER),
        .value = {sizeof(*header), (const char *) header}};

    return reco_store_state_save(store, NULL, &record, 1, error);
}


/* The header comes last: without it nothing of them is used. */
reco_status_t
reco_visitor_vectors_save(reco_store_t *store, const reco_visitor_rows_t *rows,
    const float *vectors, uint32_t dimensions, uint64_t identity,
    reco_error_t *error)
{
    header_t header = {.identity = identity, .dimensions = dimensions};
    reco_status_t status;
    const char *clear;
    uint64_t row;

    clear = KEYS;
    row = 0;

    do {
        status =
            save_step(store, rows, &row, vectors, dimensions, clear, error);
        clear = NULL;
    } while (status == RECO_OK && row < rows->nrows);

    return status == RECO_OK ? save_header(store, &header, error) : status;
}


static reco_status_t
read_header(reco_store_view_t *view, header_t *header)
{
    reco_status_t status;
    reco_str_t value;

    status =
        reco_store_view_state(view, (reco_str_t) reco_string(HEADER), &value);
    if (status != RECO_OK || value.len != sizeof(*header)) {
        return RECO_DECLINED;
    }

    memcpy(header, value.data, sizeof(*header));

    return RECO_OK;
}


int
reco_visitor_vectors_get(reco_store_view_t *view, uint64_t identity,
    uint32_t dimensions, uint32_t visitor, float *vector)
{
    char key[KEY_SIZE];
    reco_str_t value;
    header_t header;

    make_key(key, visitor);
    if (read_header(view, &header) != RECO_OK || header.identity != identity
        || header.dimensions != dimensions
        || reco_store_view_state(view, (reco_str_t){KEY_SIZE, key}, &value)
               != RECO_OK
        || value.len != dimensions * sizeof(float))
    {
        return 0;
    }

    memcpy(vector, value.data, value.len);

    return 1;
}


static reco_status_t
list_visitor(void *context, reco_str_t key, reco_str_t value)
{
    list_t *list = context;
    uint32_t *grown;

    (void) value;

    if (key.len != KEY_SIZE) {
        return RECO_OK;
    }

    if (list->count == list->size) {
        list->size = 2 * list->size + 1024;
        grown = realloc(list->visitors, list->size * sizeof(uint32_t));
        if (grown == NULL) {
            return RECO_NOMEM;
        }
        list->visitors = grown;
    }

    memcpy(&list->visitors[list->count++], key.data + 1, sizeof(uint32_t));

    return RECO_OK;
}


reco_status_t
reco_visitor_vectors_list(reco_store_view_t *view, uint64_t identity,
    uint32_t **visitors, uint64_t *count)
{
    reco_status_t status;
    header_t header;
    list_t list = {NULL, 0, 0};

    status = read_header(view, &header);
    if (status != RECO_OK || header.identity != identity || header.reported) {
        return RECO_DECLINED;
    }

    status = reco_store_view_states(
        view, RECO_STORE_STATE_IMPORTED, list_visitor, &list);
    if (status != RECO_OK || list.count == 0) {
        free(list.visitors);
        return status != RECO_OK ? status : RECO_DECLINED;
    }

    *visitors = list.visitors;
    *count = list.count;

    return RECO_OK;
}


reco_status_t
reco_visitor_vectors_reported(
    reco_store_t *store, uint64_t identity, reco_error_t *error)
{
    reco_store_view_t *view;
    reco_status_t status;
    header_t header;

    status = reco_store_view_begin(store, &view, error);
    if (status != RECO_OK) {
        return status;
    }
    status = read_header(view, &header);
    reco_store_view_end(view);
    if (status != RECO_OK || header.identity != identity) {
        return RECO_OK;
    }

    header.reported = 1;

    return save_header(store, &header, error);
}
