/*
 * Lines of a file, plain or gzip.
 */

#ifndef RECO_LINES_H
#define RECO_LINES_H

#include "reco.h"

#include <zlib.h>


#define RECO_LINE_MAX (64U << 20)

typedef struct reco_lines_s reco_lines_t;

/* RECO_IO, RECO_NOMEM. */
reco_status_t reco_lines_open(
    reco_lines_t **lines, const char *path, reco_error_t *error);
void reco_lines_close(reco_lines_t *lines);

/*
 * The next line without its end (LF or CR LF), valid until the next call.
 * RECO_DECLINED at the end of the file; RECO_IO, RECO_CORRUPT (gzip data),
 * RECO_TOO_LARGE, with error->line.
 */
reco_status_t reco_lines_next(
    reco_lines_t *lines, reco_str_t *line, reco_error_t *error);

/* 1-based number of the line that next() returned last. */
unsigned reco_lines_number(const reco_lines_t *lines);

/* Why gzread() failed, in words that do not name the file; *code: zlib's. */
const char *reco_lines_gzip_reason(gzFile file, int *code);

#endif /* RECO_LINES_H */
