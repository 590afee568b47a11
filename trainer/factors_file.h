/*
 * Item vectors that were learnt elsewhere, brought into the order of a
 * version's items.
 */

#ifndef RECO_FACTORS_FILE_H
#define RECO_FACTORS_FILE_H

#include "reco.h"
#include "snapshot/reco_snapshot.h"


typedef struct {
    uint32_t dimensions;
    uint64_t nrows;
    float *vectors;    /* malloc()ed; row-major */
    uint64_t nunknown; /* ids that the version does not know */
    uint64_t nplaced;  /* items that have a vector now */
    uint64_t nempty;   /* rows that were read and have length 0 */
} reco_factors_file_t;

/*
 * Reads a .npy, a row for each line of ids (external ids).  vectors then has a
 * row for each item of snapshot, of zeros for those that are not named.
 * ids NULL: all rows as they come (users').  RECO_INVALID: ids and rows are
 * not equally many, an id comes twice, a value or the square of a length is
 * not finite, all rows are 0; RECO_CORRUPT,
 * RECO_UNSUPPORTED, RECO_TOO_LARGE, RECO_IO, RECO_NOMEM.
 */
reco_status_t reco_factors_file_read(reco_factors_file_t *factors,
    const char *path, const char *ids, const reco_snapshot_t *snapshot,
    reco_error_t *error);
void reco_factors_file_done(reco_factors_file_t *factors);

#endif /* RECO_FACTORS_FILE_H */
