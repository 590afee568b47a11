/*
 * Rows of a CSV (RFC 4180), TSV or line file, plain or gzip, of any length,
 * in bounded memory.
 */

#ifndef RECO_TABLE_H
#define RECO_TABLE_H

#include "reco.h"


#define RECO_TABLE_FIELDS_MAX 256
#define RECO_TABLE_ROW_MAX    (1 << 20)

typedef enum {
    RECO_TABLE_CSV,  /* quotes, and line breaks within them */
    RECO_TABLE_TSV,  /* no quotes */
    RECO_TABLE_LINES /* one field a row: the line */
} reco_table_format_t;

typedef struct reco_table_s reco_table_t;

/* Fields without their quotes; they live until the next row is read. */
typedef struct {
    unsigned line; /* 1-based, where the row begins */
    unsigned nfields;
    reco_str_t fields[RECO_TABLE_FIELDS_MAX];
} reco_table_row_t;

/*
 * path "-": standard input.  delimiter: 0 for the format's own.  RECO_IO,
 * RECO_NOMEM.
 */
reco_status_t reco_table_open(const char *path, reco_table_format_t format,
    char delimiter, reco_table_t **table, reco_error_t *error);
void reco_table_close(reco_table_t *table);

/*
 * The next row that is not empty.  RECO_INVALID, RECO_TOO_LARGE: the row at
 * error->line was skipped, the next call goes on behind it.  RECO_DECLINED:
 * the end.  RECO_IO: the file cannot be read further, or its gzip is broken.
 */
reco_status_t reco_table_next(
    reco_table_t *table, reco_table_row_t *row, reco_error_t *error);

/* Bytes of the file that were read so far, compressed as they are. */
uint64_t reco_table_position(const reco_table_t *table);

/* Bytes of the file; 0 if unknown. */
uint64_t reco_table_size(const reco_table_t *table);

#endif /* RECO_TABLE_H */
