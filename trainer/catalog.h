/*
 * A catalogue from a table with a header: what evaluation knows of items
 * besides their ids.
 */

#ifndef RECO_CATALOG_H
#define RECO_CATALOG_H

#include "names.h"
#include "reco.h"
#include "snapshot/reco_snapshot.h"


typedef struct {
    uint32_t nitems;
    reco_snapshot_item_t *items;
    char **rows; /* memory of the strings */
    uint64_t nrows;
} reco_catalog_t;

/*
 * One entry for each name, in their order, with the name as its id and nothing
 * else known.  The ids refer to names.  RECO_NOMEM.
 */
reco_status_t reco_catalog_create(
    reco_catalog_t *catalog, const reco_names_t *names, reco_error_t *error);

/*
 * Fills entries from the columns item (as in dataset.h), title, category,
 * brand, price, born (seconds since the epoch) of a TSV or CSV file, plain or
 * gzip; rows of items that names does not have are passed over.  RECO_IO,
 * RECO_INVALID with error->line, RECO_NOMEM.
 */
reco_status_t reco_catalog_read(reco_catalog_t *catalog,
    const reco_names_t *names, const char *path, reco_error_t *error);
void reco_catalog_done(reco_catalog_t *catalog);

/*
 * Adds to names the items of such a file: what is on sale is known before
 * anybody has met it.  Errors as above.
 */
reco_status_t reco_catalog_names(
    reco_names_t *names, const char *path, reco_error_t *error);

#endif /* RECO_CATALOG_H */
