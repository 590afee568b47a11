/*
 * What is behind an open version: the arrays of its files as they are mapped,
 * for those who walk them (the engine, tests, benchmarks).
 *
 * The lengths of the arrays were checked on open; what they hold was not, as
 * that would mean reading all of it.  So whoever walks them asks for rows
 * through the functions here, which never leave an array, and compares each
 * item number with the count of items before using it as an index.
 */

#ifndef RECO_SNAPSHOT_VIEW_H
#define RECO_SNAPSHOT_VIEW_H

#include "reco_snapshot.h"


/* Elements [first, first + count) of an array. */
typedef struct {
    uint32_t first;
    uint32_t count;
} reco_snapshot_row_t;

/* Row index of offsets, which has rows + 1 entries; empty where damaged. */
static inline reco_snapshot_row_t
reco_snapshot_row(
    const uint32_t *offsets, uint32_t rows, uint32_t total, uint32_t index)
{
    uint32_t first, end;
    reco_snapshot_row_t row = {0, 0};

    if (index < rows) {
        first = offsets[index];
        end = offsets[index + 1];

        if (first <= end && end <= total) {
            row.first = first;
            row.count = end - first;
        }
    }

    return row;
}


/*
 * All that is asked of an item before it is shown, in half a cache line: one
 * miss for each candidate of a query.
 */
typedef struct {
    uint32_t category; /* and flags above RECO_SNAPSHOT_CATEGORY; 0: none */
    float price;       /* < 0: unknown */
    uint32_t born;     /* seconds since the epoch */
    float popularity;  /* ln(1 + decayed count), of the largest */
    float trend;       /* velocity, of the largest */
    float idf;         /* ln(1 + sessions / sessions with the item) */
    float norm;        /* 1 / length of its vector, 0: none */
    uint32_t position; /* of its vector, in 4 bytes from the first list's
                          start; RECO_ITEM_NONE */
} reco_snapshot_hot_t;

#define RECO_SNAPSHOT_CATEGORY  0x00ffffffu
#define RECO_SNAPSHOT_AVAILABLE 0x01000000u
#define RECO_SNAPSHOT_UNLINKED  0x02000000u /* it has no address */

/* The fields that are read for the few items that are shown. */
typedef struct {
    uint32_t text; /* id, title, url and image follow each other here */
    uint16_t id;   /* lengths */
    uint16_t title;
    uint16_t url;
    uint16_t image;
    uint32_t brand; /* terms */
    uint32_t currency;
    uint32_t unused;
    double price;
} reco_snapshot_record_t;

typedef struct {
    uint32_t offset;
    uint32_t length;
} reco_snapshot_term_t;

/*
 * Terms are the strings that many items share; the first ncategories of them
 * are the categories, and term 0 is the empty one.
 */
typedef struct {
    uint32_t nitems;
    uint32_t nterms;
    uint32_t ncategories;
    uint32_t slot_mask;
    uint32_t probes; /* the longest search that the table needs */
    uint32_t category_mask;
    uint32_t category_probes;
    uint64_t text_length;
    const uint64_t *keys;
    const uint32_t *slots; /* item + 1, 0: empty */
    const reco_snapshot_hot_t *hot;
    const reco_snapshot_record_t *records;
    const reco_snapshot_term_t *terms;
    const uint32_t *category_slots;
    const char *text;
} reco_snapshot_catalog_t;

uint32_t reco_snapshot_catalog_find(
    const reco_snapshot_catalog_t *catalog, uint64_t key);

/* Asks memory for what finding each of the keys will read, all at a time. */
void reco_snapshot_catalog_prefetch(const reco_snapshot_catalog_t *catalog,
    const uint64_t *keys, unsigned count);

/* The number of a category; RECO_ITEM_NONE if no item has it. */
uint32_t reco_snapshot_catalog_category(
    const reco_snapshot_catalog_t *catalog, reco_str_t name);

void reco_snapshot_catalog_item(const reco_snapshot_catalog_t *catalog,
    uint32_t number, reco_snapshot_item_t *item);


/*
 * Sessions from the most recent, 0, to the oldest: the m most recent ones
 * with an item are the first m postings of its row.  An item is once in a
 * session, where it was last.
 *
 * In a base, row = item; an overlay has rows for the few items that it knows,
 * found through row_slots.
 */
typedef struct {
    uint32_t nsessions;
    uint32_t nrows;
    uint32_t nevents;
    uint32_t npostings;
    uint32_t newest;                 /* time of session 0 */
    float weight_scale;              /* of weights */
    const uint32_t *posting_offsets; /* nrows + 1 */
    const uint32_t *postings;
    const uint32_t *session_offsets; /* nsessions + 1 */
    const uint32_t *items;           /* nevents */
    const uint8_t *weights;          /* nevents; NULL: all 1 */
    const uint32_t *times;           /* nsessions */
    const uint32_t *row_items;       /* nrows; NULL: row = item */
    const uint32_t *row_slots;
    uint32_t row_mask;
} reco_snapshot_postings_t;

/* The row of an item; RECO_ITEM_NONE if it is in no session. */
uint32_t reco_snapshot_postings_row(
    const reco_snapshot_postings_t *postings, uint32_t item);


typedef struct {
    uint32_t nedges;
    const uint32_t *offsets; /* nitems + 1; NULL: this kind is absent */
    const uint32_t *items;
    const float *scores;
} reco_snapshot_edges_t;

typedef struct {
    uint32_t nglobal;
    uint32_t ntrending;
    uint32_t ncategories;
    uint32_t ncategory_items;
    float popularity_max;
    float trend_max;
    const uint32_t *global; /* by descending popularity */
    const uint32_t *trending;
    const uint32_t *category_offsets; /* ncategories + 1 */
    const uint32_t *category_items;
} reco_snapshot_toplists_t;


/*
 * The factors: an IndexIVFFlat of FAISS, inner product, walked in place.  A
 * list's vectors lie unaligned in the file: read them through memcpy or
 * unaligned loads.
 */
typedef struct {
    uint32_t dimensions; /* 0: none */
    uint32_t nlists;
    uint32_t nprobe;
    uint64_t ntotal;
    const uint8_t *centroids; /* nlists * dimensions floats */
    uint64_t *list_offset;    /* nlists; bytes from lists */
    uint32_t *list_length;    /* nlists; vectors */
    const uint8_t *lists;     /* length * dimensions floats, then length
                                    ids of 8 bytes, for each list */
    uint64_t lists_length;    /* bytes */
} reco_snapshot_vectors_t;

/* The unaligned vector of an item; NULL if it has none. */
static inline const uint8_t *
reco_snapshot_vector(
    const reco_snapshot_vectors_t *vectors, const reco_snapshot_hot_t *hot)
{
    uint64_t position;

    position = (uint64_t) hot->position * 4;

    if (hot->position == RECO_ITEM_NONE || vectors->dimensions == 0
        || position + (uint64_t) vectors->dimensions * 4
               > vectors->lists_length)
    {
        return NULL;
    }

    return vectors->lists + position;
}


/* Vectors that are searched side by side. */
#define RECO_SNAPSHOT_BLOCK        16
#define RECO_SNAPSHOT_BLOCK_SCALES 64 /* bytes of a block's scales */

/* Items that are known to be near to each: a cache line of them. */
#define RECO_SNAPSHOT_NEAR 16

/* Bytes of a block of codes of so many bytes each. */
static inline size_t
reco_snapshot_block_size(uint32_t stride)
{
    return RECO_SNAPSHOT_BLOCK_SCALES + (size_t) RECO_SNAPSHOT_BLOCK * stride;
}


/*
 * The same vectors as bytes, by list, for searching; in blocks, as the top of
 * reco_snapshot_codes.c says.
 */
typedef struct {
    uint32_t nlists;
    uint32_t nvectors;
    uint32_t nblocks;
    uint32_t stride; /* bytes of a code, a multiple of 4 */
    uint32_t nprobe;
    const uint8_t *centroids; /* blocks of nlists codes */
    const uint32_t *starts;   /* nlists + 1; blocks */
    const uint8_t *blocks;
    const uint32_t *items; /* 16 a block; RECO_ITEM_NONE: padding */
    const float *lengths;  /* the longest of each block; descending in a list */
    const uint32_t *near;  /* RECO_SNAPSHOT_NEAR an item, the nearest first;
                              RECO_ITEM_NONE: no more */
} reco_snapshot_codes_t;


typedef struct {
    reco_snapshot_catalog_t catalog;
    reco_snapshot_postings_t sessions;
    reco_snapshot_edges_t neighbors[RECO_NEIGHBORS_COUNT];
    reco_snapshot_toplists_t popular;
    reco_snapshot_vectors_t vectors;
    reco_snapshot_codes_t codes;
    reco_snapshot_content_t content; /* of the vectors' dimensions */
} reco_snapshot_view_t;

const reco_snapshot_view_t *reco_snapshot_view(const reco_snapshot_t *snapshot);


typedef struct {
    uint32_t base_nitems;
    reco_snapshot_catalog_t catalog; /* of the new items, from 0 */
    const uint32_t *categories;      /* their categories by the base's
                                        numbers; new ones above them */
    reco_snapshot_postings_t sessions;
    uint32_t ntrending;
    const uint32_t *trending;
    const float *trending_scores;
    uint32_t dimensions;
    uint32_t nvectors;
    const uint32_t *vector_items;
    const float *vectors;
    const float *vector_norms;
    const uint32_t *vector_slots; /* of vector_items: row + 1, 0: empty */
    uint32_t vector_mask;
    uint32_t nunavailable;
    const uint32_t *unavailable; /* ascending */
    float weight;
} reco_snapshot_overlay_view_t;

const reco_snapshot_overlay_view_t *reco_snapshot_overlay_view(
    const reco_snapshot_overlay_t *overlay);

/* The row of an item's vector; RECO_ITEM_NONE if the overlay has none. */
uint32_t reco_snapshot_overlay_vector(
    const reco_snapshot_overlay_view_t *view, uint32_t item);

#endif /* RECO_SNAPSHOT_VIEW_H */
