/*
 * Vectors of visitors that were learnt elsewhere, together with those of a
 * version's items.  They are kept in the store, so that who is forgotten there
 * has none any more; the online factorisation goes on from them.
 */

#ifndef RECO_VISITOR_VECTORS_H
#define RECO_VISITOR_VECTORS_H

#include "reco.h"
#include "store.h"


/* Which visitors the rows of a matrix are about. */
typedef struct {
    uint64_t nrows;
    uint32_t *visitors; /* of each row, the store's; malloc()ed */
    uint64_t nunknown;  /* rows of visitors that the store does not know */
} reco_visitor_rows_t;

#define RECO_VISITOR_NONE UINT32_MAX

/*
 * Reads a file with the id of a visitor for each of nrows rows.  RECO_INVALID:
 * there are more or fewer, or one comes twice; with error->line where it is
 * one line's fault.  RECO_IO, RECO_NOMEM.
 */
reco_status_t reco_visitor_rows_read(reco_visitor_rows_t *rows,
    const char *path, uint64_t nrows, reco_store_t *store, reco_error_t *error);
void reco_visitor_rows_done(reco_visitor_rows_t *rows);

/*
 * Keeps the rows, each brought to length 1, in place of those of any version:
 * for the version of this identity (reco_snapshot_identity()).  Rows without a
 * direction are passed over.  RECO_IO, RECO_NOMEM.
 */
reco_status_t reco_visitor_vectors_save(reco_store_t *store,
    const reco_visitor_rows_t *rows, const float *vectors, uint32_t dimensions,
    uint64_t identity, reco_error_t *error);

/* The visitor's into vector; 0: none is kept for that version. */
int reco_visitor_vectors_get(reco_store_view_t *view, uint64_t identity,
    uint32_t dimensions, uint32_t visitor, float *vector);

/*
 * The visitors with a vector for that version who were not reported yet, for
 * the caller to free.  RECO_DECLINED: none; RECO_NOMEM.
 */
reco_status_t reco_visitor_vectors_list(reco_store_view_t *view,
    uint64_t identity, uint32_t **visitors, uint64_t *count);

/* All of them are reported. */
reco_status_t reco_visitor_vectors_reported(
    reco_store_t *store, uint64_t identity, reco_error_t *error);

#endif /* RECO_VISITOR_VECTORS_H */
