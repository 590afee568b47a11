/*
 * Columns of evaluation's tables, by the names that people give them.
 */

#ifndef RECO_COLUMNS_H
#define RECO_COLUMNS_H

#include "reco.h"


typedef enum {
    RECO_COLUMN_SESSION,
    RECO_COLUMN_USER,
    RECO_COLUMN_ITEM,
    RECO_COLUMN_TIME,
    RECO_COLUMN_TYPE,
    RECO_COLUMN_DWELL,
    RECO_COLUMN_TITLE,
    RECO_COLUMN_CATEGORY,
    RECO_COLUMN_BRAND,
    RECO_COLUMN_PRICE,
    RECO_COLUMN_BORN,
    RECO_COLUMN_COUNT
} reco_column_t;

/* Case and all but letters and digits do not count.  RECO_COLUMN_COUNT if
   unknown. */
reco_column_t reco_column_find(reco_str_t name);

/* A number of 0 or more; 0 if the field is none. */
int reco_column_number(reco_str_t field, double *number);

#endif /* RECO_COLUMNS_H */
