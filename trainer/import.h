/*
 * History from files into the store: rows or JSON lines become events, which
 * take the same way as those of the stream.
 *
 * An event without an id gets one from its content, so that a file that is
 * imported again adds nothing.
 */

#ifndef RECO_IMPORT_H
#define RECO_IMPORT_H

#include "event/reco_event.h"
#include "import_map.h"
#include "names.h"
#include "reco.h"
#include "store.h"
#include "table.h"


typedef struct {
    uint64_t rows; /* that were not empty */
    uint64_t applied;
    uint64_t duplicates; /* known already */
    uint64_t refused;
    int64_t oldest; /* times of what was not refused, ms; 0: nothing was */
    int64_t newest;
} reco_import_report_t;

/* A file's own word for a type of event. */
typedef struct {
    reco_str_t word;
    reco_event_type_t type;
} reco_import_type_t;

typedef struct {
    reco_store_t *store; /* NULL: only check, write nothing */
    reco_store_limits_t limits;
    reco_import_map_t *map; /* NULL: rows are JSON lines */
    int header;             /* the first row names the columns */
    reco_event_type_t type; /* of rows that name none */
    const reco_import_type_t *types;
    size_t ntypes;
    int64_t shift; /* ms, added to all times */
    /* NULL, or where the items of the rows are put: they are on sale, unless
       their rows say that they are not. */
    reco_names_t *named;

    /* Each may be NULL. */
    void (*refused)(void *context, unsigned line, const char *reason);
    void (*progress)(void *context, const reco_import_report_t *report);
    void *context;
} reco_import_options_t;

/*
 * Reads table to its end.  A row that is refused is told and passed over.
 * RECO_INVALID: the columns do not fit the map; RECO_IO: file or store; what
 * was reported as applied is in the store even then.
 */
reco_status_t reco_import(reco_table_t *table,
    const reco_import_options_t *options, reco_import_report_t *report,
    reco_error_t *error);

#endif /* RECO_IMPORT_H */
