#include "catalog.h"

#include "columns.h"
#include "table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>


typedef struct {
    reco_catalog_t *catalog;
    const reco_names_t *names;
    reco_names_t *adding;                /* NULL: entries are filled */
    unsigned columns[RECO_COLUMN_COUNT]; /* 1-based; 0: absent */
    uint64_t capacity;                   /* of catalog->rows */
} reading_t;


reco_status_t
reco_catalog_create(
    reco_catalog_t *catalog, const reco_names_t *names, reco_error_t *error)
{
    uint32_t i;

    memset(catalog, 0, sizeof(*catalog));
    catalog->items = calloc((size_t) names->count + 1, sizeof(*catalog->items));
    if (catalog->items == NULL) {
        return reco_error_set(error, RECO_NOMEM,
            "out of memory for a catalogue of %u items", names->count);
    }

    catalog->nitems = names->count;
    for (i = 0; i < names->count; i++) {
        catalog->items[i].id = reco_names_at(names, i);
        catalog->items[i].price = -1;
        catalog->items[i].available = 1;
    }

    return RECO_OK;
}


void
reco_catalog_done(reco_catalog_t *catalog)
{
    uint64_t i;

    for (i = 0; i < catalog->nrows; i++) {
        free(catalog->rows[i]);
    }

    free(catalog->rows);
    free(catalog->items);
    memset(catalog, 0, sizeof(*catalog));
}


static reco_str_t
field(
    const reading_t *reading, const reco_table_row_t *row, reco_column_t column)
{
    unsigned number;

    number = reading->columns[column];

    return number > 0 && number <= row->nfields ? row->fields[number - 1]
                                                : reco_null_string;
}


/* Memory for the strings of one row. */
static char *
reserve(reading_t *reading, size_t size)
{
    reco_catalog_t *catalog;
    uint64_t capacity;
    char **grown;

    catalog = reading->catalog;

    if (catalog->nrows == reading->capacity) {
        capacity = reading->capacity * 2 + 1024;
        grown = realloc(catalog->rows, capacity * sizeof(*grown));
        if (grown == NULL) {
            return NULL;
        }
        catalog->rows = grown;
        reading->capacity = capacity;
    }

    catalog->rows[catalog->nrows] = malloc(size + 1);
    if (catalog->rows[catalog->nrows] == NULL) {
        return NULL;
    }

    return catalog->rows[catalog->nrows++];
}


static reco_status_t
read_strings(
    reading_t *reading, const reco_table_row_t *row, reco_snapshot_item_t *item)
{
    static const reco_column_t columns[] = {
        RECO_COLUMN_TITLE, RECO_COLUMN_CATEGORY, RECO_COLUMN_BRAND};
    reco_str_t *strings[] = {&item->title, &item->category, &item->brand};
    reco_str_t text;
    size_t i, size;
    char *memory;

    size = 0;
    for (i = 0; i < sizeof(columns) / sizeof(columns[0]); i++) {
        size += field(reading, row, columns[i]).len;
    }

    memory = reserve(reading, size);
    if (memory == NULL) {
        return RECO_NOMEM;
    }

    for (i = 0; i < sizeof(columns) / sizeof(columns[0]); i++) {
        text = field(reading, row, columns[i]);
        if (text.len > 0) {
            memcpy(memory, text.data, text.len);
        }
        strings[i]->data = memory;
        strings[i]->len = text.len;
        memory += text.len;
    }

    return RECO_OK;
}


static reco_status_t
read_item(reading_t *reading, const reco_table_row_t *row, reco_error_t *error)
{
    reco_snapshot_item_t *item;
    reco_status_t status;
    reco_str_t text;
    uint32_t number;
    double value;

    if (reading->catalog == NULL) {
        status = reco_names_add(
            reading->adding, field(reading, row, RECO_COLUMN_ITEM), &number);
        return status == RECO_OK
                   ? RECO_OK
                   : reco_error_set(error, status, "too many items");
    }

    number =
        reco_names_find(reading->names, field(reading, row, RECO_COLUMN_ITEM));
    if (number >= reading->catalog->nitems) {
        return RECO_OK;
    }

    item = &reading->catalog->items[number];
    status = read_strings(reading, row, item);
    if (status != RECO_OK) {
        return reco_error_set(error, status, "out of memory");
    }

    text = field(reading, row, RECO_COLUMN_PRICE);
    if (text.len > 0) {
        if (!reco_column_number(text, &item->price)) {
            return reco_error_set(
                error, RECO_INVALID, "the price is not a number");
        }
    }

    text = field(reading, row, RECO_COLUMN_BORN);
    if (text.len > 0) {
        if (!reco_column_number(text, &value) || value > UINT32_MAX) {
            return reco_error_set(error, RECO_INVALID,
                "the birth is not in seconds since the epoch");
        }
        item->born = (uint32_t) value;
    }

    return RECO_OK;
}


static reco_status_t
read_header(
    reading_t *reading, const reco_table_row_t *row, reco_error_t *error)
{
    reco_column_t column;
    unsigned i;

    for (i = 0; i < row->nfields; i++) {
        column = reco_column_find(row->fields[i]);
        if (column != RECO_COLUMN_COUNT && reading->columns[column] == 0) {
            reading->columns[column] = i + 1;
        }
    }

    if (reading->columns[RECO_COLUMN_ITEM] == 0) {
        return reco_error_set(error, RECO_INVALID,
            "the first line names no column of items: docs/eval.md lists the "
            "names");
    }

    return RECO_OK;
}


static reco_status_t
read_rows(reading_t *reading, reco_table_t *table, reco_error_t *error)
{
    reco_table_row_t row;
    reco_status_t status;
    int header;

    header = 1;

    for (;;) {
        status = reco_table_next(table, &row, error);
        if (status != RECO_OK) {
            return status == RECO_DECLINED ? RECO_OK : status;
        }

        status = header ? read_header(reading, &row, error)
                        : read_item(reading, &row, error);
        if (status != RECO_OK) {
            if (error != NULL) {
                error->line = row.line;
            }
            return status;
        }
        header = 0;
    }
}


/* By its name, without ".gz". */
static reco_table_format_t
format_of(const char *path)
{
    size_t len;

    len = strlen(path);
    if (len > 3 && strcmp(path + len - 3, ".gz") == 0) {
        len -= 3;
    }

    return len > 4 && memcmp(path + len - 4, ".csv", 4) == 0 ? RECO_TABLE_CSV
                                                             : RECO_TABLE_TSV;
}


static reco_status_t
read_file(reading_t *reading, const char *path, reco_error_t *error)
{
    reco_status_t status;
    reco_table_t *table;

    status = reco_table_open(path, format_of(path), 0, &table, error);
    if (status != RECO_OK) {
        return status;
    }

    status = read_rows(reading, table, error);
    reco_table_close(table);

    return status;
}


reco_status_t
reco_catalog_read(reco_catalog_t *catalog, const reco_names_t *names,
    const char *path, reco_error_t *error)
{
    reading_t reading = {.catalog = catalog, .names = names};

    reading.capacity = catalog->nrows;

    return read_file(&reading, path, error);
}


reco_status_t
reco_catalog_names(reco_names_t *names, const char *path, reco_error_t *error)
{
    reading_t reading = {.adding = names};

    return read_file(&reading, path, error);
}
