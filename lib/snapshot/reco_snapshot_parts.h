/*
 * The parts of a version, between the files of this folder: for each, how its
 * sections are built and how they are found again.  The builders read what
 * reco_snapshot_source_t holds; the openers fill a view and check every
 * length that a later reader relies upon.
 */

#ifndef RECO_SNAPSHOT_PARTS_H
#define RECO_SNAPSHOT_PARTS_H

#include "reco_snapshot_builder.h"
#include "reco_snapshot_view.h"

#include <string.h>


#define RECO_SNAPSHOT_CATALOG   RECO_SNAPSHOT_TAG('c', 'a', 't', 'l')
#define RECO_SNAPSHOT_SESSIONS  RECO_SNAPSHOT_TAG('s', 'e', 's', 's')
#define RECO_SNAPSHOT_NEIGHBORS RECO_SNAPSHOT_TAG('n', 'e', 'i', 'g')
#define RECO_SNAPSHOT_POPULAR   RECO_SNAPSHOT_TAG('p', 'o', 'p', 'u')
#define RECO_SNAPSHOT_CODES     RECO_SNAPSHOT_TAG('c', 'o', 'd', 'e')
#define RECO_SNAPSHOT_CONTENT   RECO_SNAPSHOT_TAG('c', 'o', 'n', 't')
#define RECO_SNAPSHOT_OVERLAY   RECO_SNAPSHOT_TAG('o', 'v', 'e', 'r')

/* The smallest power of two >= value, at least 1. */
static inline uint32_t
reco_snapshot_power(uint64_t value)
{
    uint32_t power;

    for (power = 1; power < value && power < 1u << 31; power <<= 1) {
        /* void */
    }

    return power;
}


/* Where an item number is looked for first in a table of mask + 1 slots. */
static inline uint32_t
reco_snapshot_slot(uint32_t item, uint32_t mask)
{
    return (item * 0x9e3779b1u) >> 7 & mask;
}


/*
 * hot is where the other parts note what they know of each item, until the
 * file is written.  RECO_INVALID: two items share an id, or one has none.
 * RECO_TOO_LARGE.
 */
typedef struct {
    uint32_t nitems;
    uint32_t ncategories;
    reco_snapshot_hot_t *hot;
} reco_snapshot_facts_t;

reco_status_t reco_snapshot_catalog_build(reco_snapshot_builder_t *builder,
    const reco_snapshot_item_t *items, uint32_t nitems,
    reco_snapshot_facts_t *facts, reco_error_t *error);
reco_status_t reco_snapshot_catalog_open(
    const reco_snapshot_container_t *container,
    reco_snapshot_catalog_t *catalog, reco_error_t *error);

/* A category's name; the empty string past the last one. */
reco_str_t reco_snapshot_catalog_term(
    const reco_snapshot_catalog_t *catalog, uint32_t term);


/*
 * facts: of a base, whose nitems rows and idf are filled; NULL: of an
 * overlay, with rows only for the items that occur.
 */
reco_status_t reco_snapshot_sessions_build(reco_snapshot_builder_t *builder,
    const reco_snapshot_sessions_t *sessions, uint32_t nitems,
    reco_snapshot_facts_t *facts, reco_error_t *error);
reco_status_t reco_snapshot_sessions_open(
    const reco_snapshot_container_t *container, uint32_t nitems, int compact,
    reco_snapshot_postings_t *postings, reco_error_t *error);


reco_status_t reco_snapshot_neighbors_build(reco_snapshot_builder_t *builder,
    const reco_snapshot_neighbors_t *neighbors, uint32_t nitems,
    reco_error_t *error);
reco_status_t reco_snapshot_neighbors_open(
    const reco_snapshot_container_t *container, uint32_t nitems,
    reco_snapshot_edges_t *edges, reco_error_t *error);


/* Fills in each item's popularity and trend. */
reco_status_t reco_snapshot_popular_build(reco_snapshot_builder_t *builder,
    const reco_snapshot_popular_t *popular, reco_snapshot_facts_t *facts,
    reco_error_t *error);
reco_status_t reco_snapshot_popular_open(
    const reco_snapshot_container_t *container, uint32_t ncategories,
    reco_snapshot_toplists_t *toplists, reco_error_t *error);


/*
 * vectors.faiss: FAISS trains, fills, tunes and writes it; what it found is
 * for the manifest.  RECO_DECLINED: no item has a vector.
 */
typedef struct {
    uint32_t nlists;
    uint32_t nprobe;
    double recall; /* at 50, of the exact search */
} reco_snapshot_index_t;

reco_status_t reco_snapshot_faiss_build(const char *path,
    const reco_snapshot_source_t *source, reco_snapshot_index_t *index,
    reco_error_t *error);

/* Readers check the file's structure and never call FAISS. */
reco_status_t reco_snapshot_vectors_open(const uint8_t *base, uint64_t size,
    const char *path, reco_snapshot_vectors_t *vectors, reco_error_t *error);
void reco_snapshot_vectors_close(reco_snapshot_vectors_t *vectors);

/* A vector of the index, unaligned, by its place in its list; whose it is. */
static inline const uint8_t *
reco_snapshot_list_vector(const reco_snapshot_vectors_t *vectors, uint32_t list,
    uint32_t place, uint64_t *item)
{
    size_t size;
    const uint8_t *first;

    size = vectors->dimensions * sizeof(float);
    first = vectors->lists + vectors->list_offset[list];
    memcpy(item,
        first + vectors->list_length[list] * size + place * sizeof(*item),
        sizeof(*item));

    return first + place * size;
}

/* Notes where in the index each item's vector is, and its length. */
reco_status_t reco_snapshot_vectors_locate(
    const reco_snapshot_vectors_t *vectors, reco_snapshot_facts_t *facts,
    reco_error_t *error);


/* codes.bin, from the finished index. */
reco_status_t reco_snapshot_codes_build(reco_snapshot_builder_t *builder,
    const reco_snapshot_vectors_t *vectors, reco_error_t *error);
reco_status_t reco_snapshot_codes_open(
    const reco_snapshot_container_t *container,
    const reco_snapshot_vectors_t *vectors, reco_snapshot_codes_t *codes,
    reco_error_t *error);

/* The part of it that says what is near to each item; facts has what is sold
   out. */
reco_status_t reco_snapshot_near_build(reco_snapshot_builder_t *builder,
    const reco_snapshot_vectors_t *vectors, const reco_snapshot_facts_t *facts,
    reco_error_t *error);
reco_status_t reco_snapshot_near_open(
    const reco_snapshot_container_t *container, uint32_t nitems,
    reco_snapshot_codes_t *codes, reco_error_t *error);


/* content.bin: the map from content to vectors. */
reco_status_t reco_snapshot_content_build(reco_snapshot_builder_t *builder,
    const reco_snapshot_content_t *content, uint32_t dimensions,
    reco_error_t *error);
reco_status_t reco_snapshot_content_open(
    const reco_snapshot_container_t *container, uint32_t dimensions,
    reco_snapshot_content_t *content, reco_error_t *error);


/* The files of a version, in the order in which they are written. */
typedef enum {
    RECO_SNAPSHOT_FILE_SESSIONS,
    RECO_SNAPSHOT_FILE_NEIGHBORS,
    RECO_SNAPSHOT_FILE_POPULAR,
    RECO_SNAPSHOT_FILE_VECTORS, /* these two are absent where no item */
    RECO_SNAPSHOT_FILE_CODES,   /* has a vector */
    RECO_SNAPSHOT_FILE_CONTENT, /* absent where content tells nothing */
    RECO_SNAPSHOT_FILE_CATALOG,
    RECO_SNAPSHOT_FILE_COUNT
} reco_snapshot_file_t;

extern const char *const reco_snapshot_file_names[RECO_SNAPSHOT_FILE_COUNT];

/* What manifest.json says. */
typedef struct {
    char id[128];
    reco_str_t text;  /* malloc()ed */
    char *parameters; /* key NUL value NUL ..., malloc()ed */
    unsigned nparameters;
    struct {
        uint64_t size; /* 0: absent */
        uint64_t hash;
    } files[RECO_SNAPSHOT_FILE_COUNT];
} reco_snapshot_manifest_t;

/* Adds what is known of the files to the caller's JSON, and writes it.
   index NULL: what the JSON says of it still holds. */
reco_status_t reco_snapshot_manifest_write(const char *folder, const char *json,
    const reco_snapshot_manifest_t *manifest,
    const reco_snapshot_index_t *index, reco_error_t *error);
reco_status_t reco_snapshot_manifest_read(const char *folder,
    reco_snapshot_manifest_t *manifest, reco_error_t *error);
void reco_snapshot_manifest_done(reco_snapshot_manifest_t *manifest);

#endif /* RECO_SNAPSHOT_PARTS_H */
