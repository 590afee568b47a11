/*
 * catalog.bin: what is known of each item.
 *
 *   CMET  counts
 *   KEYS  key of each item
 *   SLOT  hash index key -> item: linear probing, at most 2/3 full
 *   HOT_  what is asked of a candidate, 32 bytes an item
 *   RECS  what a shown item needs, 32 bytes an item
 *   TERM  strings that items share: categories first, then brands, currencies
 *   CSLT  hash index category -> term
 *   TEXT  all the bytes
 */

#ifndef RECO_SNAPSHOT_CATALOG_H
#define RECO_SNAPSHOT_CATALOG_H

#include "reco_snapshot_parts.h"


#define RECO_SNAPSHOT_CATALOG_META RECO_SNAPSHOT_TAG('C', 'M', 'E', 'T')
#define RECO_SNAPSHOT_CATALOG_KEYS RECO_SNAPSHOT_TAG('K', 'E', 'Y', 'S')
#define RECO_SNAPSHOT_CATALOG_SLOT RECO_SNAPSHOT_TAG('S', 'L', 'O', 'T')
#define RECO_SNAPSHOT_CATALOG_HOT  RECO_SNAPSHOT_TAG('H', 'O', 'T', '_')
#define RECO_SNAPSHOT_CATALOG_RECS RECO_SNAPSHOT_TAG('R', 'E', 'C', 'S')
#define RECO_SNAPSHOT_CATALOG_TERM RECO_SNAPSHOT_TAG('T', 'E', 'R', 'M')
#define RECO_SNAPSHOT_CATALOG_CSLT RECO_SNAPSHOT_TAG('C', 'S', 'L', 'T')
#define RECO_SNAPSHOT_CATALOG_TEXT RECO_SNAPSHOT_TAG('T', 'E', 'X', 'T')

/* A damaged index must not make a search long. */
#define RECO_SNAPSHOT_CATALOG_PROBES_MAX 4096

typedef struct {
    uint32_t nitems;
    uint32_t nterms;
    uint32_t ncategories;
    uint32_t slots;
    uint32_t probes;
    uint32_t category_slots;
    uint32_t category_probes;
    uint32_t unused;
    uint64_t text_length;
} reco_snapshot_catalog_meta_t;

#endif /* RECO_SNAPSHOT_CATALOG_H */
