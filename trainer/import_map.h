/*
 * Which columns of a table fill which fields of an event.
 *
 *   FIELD=COLUMN            the column of that name, or number from 1
 *   FIELD=COLUMN|COLUMN     the first of them that is not empty
 *   FIELD=/p/{COLUMN}.html  a template; URLs get their values percent-encoded
 *   FIELD="EUR"             the text itself, for all rows
 *
 * FIELD is a name of docs/events.md, ctx.KEY, or "session", which groups a
 * visitor's events whatever their times.
 */

#ifndef RECO_IMPORT_MAP_H
#define RECO_IMPORT_MAP_H

#include "reco.h"
#include "table.h"


#define RECO_IMPORT_VALUE_MAX 8192

typedef struct reco_import_map_s reco_import_map_t;

/* items: rows are catalogue entries, not acts. */
reco_import_map_t *reco_import_map_create(int items);
void reco_import_map_destroy(reco_import_map_t *map);

/* "FIELD=...,FIELD=...": a later one replaces an earlier.  RECO_INVALID. */
reco_status_t reco_import_map_add(
    reco_import_map_t *map, const char *text, reco_error_t *error);

/* A value of keys (visitor, session, item) that stands for none. */
reco_status_t reco_import_map_add_null(
    reco_import_map_t *map, const char *text, reco_error_t *error);

/*
 * Finds the columns in the header (NULL: there is none, columns are numbers).
 * Fields that were not mapped are looked for under their usual names.
 * RECO_INVALID: a column is not there, or a field that is needed is not mapped.
 */
reco_status_t reco_import_map_bind(reco_import_map_t *map,
    const reco_table_row_t *header, reco_error_t *error);

/*
 * The field of number index and its value in the row; buffer has
 * RECO_IMPORT_VALUE_MAX bytes and may hold the value.  RECO_DECLINED: past the
 * last field; RECO_TOO_LARGE: the value is.
 */
reco_status_t reco_import_map_value(const reco_import_map_t *map, size_t index,
    const reco_table_row_t *row, char *buffer, reco_str_t *field,
    reco_str_t *value);

#endif /* RECO_IMPORT_MAP_H */
