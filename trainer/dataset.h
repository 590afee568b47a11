/*
 * The files that evaluations run on, plain or gzip.  The form is told from the
 * first lines:
 *
 *   table   The first line names columns, one of them the item's (ItemId,
 *           item_id, item, ...): a row is an event.  Columns by name, in any
 *           order and any case, "_" not counting: session, user, item, time
 *           (seconds since the epoch, perhaps with a fraction), type, dwell
 *           (ms).  Others are passed over.
 *   pairs   Every one of the first 1000 lines has two fields: user, item.
 *   lists   else: user, item, item, ...; a user without items is allowed.
 *
 * Fields are separated by tabs; where the first line has none, by commas;
 * where it has none either, by blanks.  docs/eval.md is the reference.
 */

#ifndef RECO_DATASET_H
#define RECO_DATASET_H

#include "history.h"
#include "names.h"
#include "reco.h"


typedef enum {
    RECO_DATASET_TABLE,
    RECO_DATASET_PAIRS,
    RECO_DATASET_LISTS
} reco_dataset_form_t;

/* What the files of one evaluation have in common. */
typedef struct {
    reco_names_t items;
    reco_names_t users;
    reco_names_t sessions;
} reco_dataset_names_t;

/*
 * Rows in the order of the file.  group is the session, or the user where
 * there are no sessions.  user is the user, or where there is none the
 * session under a name of its own.
 */
typedef struct {
    reco_dataset_form_t form;
    int has_sessions;
    int has_users;
    int has_times;
    reco_history_row_t *rows;
    uint64_t nrows;
    uint64_t capacity;
} reco_dataset_t;

/*
 * Reads path and appends to dataset, which is all zero at first; a second file
 * must be of the same form.  RECO_IO, RECO_CORRUPT, RECO_INVALID,
 * RECO_TOO_LARGE with error->line; RECO_NOMEM.
 */
reco_status_t reco_dataset_read(reco_dataset_t *dataset,
    reco_dataset_names_t *names, const char *path, reco_error_t *error);
void reco_dataset_done(reco_dataset_t *dataset);
void reco_dataset_names_done(reco_dataset_names_t *names);

/*
 * The rows as sessions.  Without a session column, a table's users are cut
 * where gap seconds pass; pairs and lists make one session for each user.
 */
reco_status_t reco_dataset_history(const reco_dataset_t *dataset,
    const reco_dataset_names_t *names, uint32_t gap, reco_history_t *history,
    reco_error_t *error);

#endif /* RECO_DATASET_H */
