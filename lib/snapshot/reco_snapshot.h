/*
 * A model version on disk: writers for each of its files, and a reader that
 * maps them, checks every offset once, and then serves without parsing.
 *
 * All files but manifest.json and vectors.faiss share one container: a header,
 * a table of sections (tag, offset, length, XXH3), sections aligned to 64
 * bytes, little-endian.  See docs/snapshot.md.
 *
 * Items are dense uint32 from 0.  The overlay extends the base's numbers: its
 * new items are base.nitems, base.nitems + 1, ...
 */

#ifndef RECO_SNAPSHOT_H
#define RECO_SNAPSHOT_H

#include "reco.h"


#define RECO_ITEM_NONE               UINT32_MAX
#define RECO_SNAPSHOT_ITEMS_MAX      (1u << 28)
#define RECO_SNAPSHOT_DIMENSIONS_MAX 1024

/* A catalogue entry.  Empty strings and price < 0 are absent. */
typedef struct {
    reco_str_t id;
    reco_str_t title;
    reco_str_t url;
    reco_str_t image;
    reco_str_t category;
    reco_str_t brand;
    reco_str_t currency;
    double price;
    int available;
    uint32_t born; /* seconds since the epoch, first seen */
} reco_snapshot_item_t;


/* Of a longer session the last items are kept; see postings_max. */
#define RECO_SNAPSHOT_SESSION_MAX  100
#define RECO_SNAPSHOT_POSTINGS_MAX 2048

/*
 * Sessions for session kNN, as arrays that the caller owns: session s has
 * events [offsets[s], offsets[s + 1]), oldest first; sessions in order of
 * their last event, oldest first.
 */
typedef struct {
    uint32_t nsessions;
    const uint64_t *offsets; /* nsessions + 1 */
    const uint32_t *items;   /* dense */
    const float *weights;    /* by event type and dwell; NULL: all 1 */
    const uint32_t *times;   /* of each session's last event, s; nsessions */
    uint32_t postings_max;   /* most recent sessions kept of each item, at
                                least the m of queries; 0: 2048 */
} reco_snapshot_sessions_t;


/* Directed, scored edges item -> item, rows by descending score. */
typedef enum {
    RECO_NEIGHBORS_NEXT,    /* sequential rules: what follows, by distance */
    RECO_NEIGHBORS_VIEW,    /* viewed in the same session */
    RECO_NEIGHBORS_BUY,     /* bought together */
    RECO_NEIGHBORS_CONTENT, /* alike by title, category, brand, price */
    RECO_NEIGHBORS_COUNT
} reco_neighbors_kind_t;

typedef struct {
    const uint64_t *offsets; /* nitems + 1; NULL: this kind is absent */
    const uint32_t *items;
    const float *scores;
} reco_snapshot_neighbors_t;

/* Lists by descending score: global and for each category of the catalogue. */
typedef struct {
    uint32_t nitems;
    const float *popularity; /* decayed count of each item; finite */
    const float *trend;      /* velocity against its baseline, 0 = none */
} reco_snapshot_popular_t;

/*
 * How the catalogue's words lead to a vector: sums of rows of map, one for each
 * token of an item, hashed into nfeatures buckets.
 */
typedef struct {
    uint32_t nfeatures;    /* a power of two; 0: there is none */
    const float *rarities; /* nfeatures; 0: nothing is known of it */
    const float *map;      /* nfeatures + 1 rows of dimensions floats, finite;
                              the last is what an item is like on average */
} reco_snapshot_content_t;

#define RECO_SNAPSHOT_FEATURES_MAX (1u << 20)

/* Everything that a version is made of.  The caller owns all of it. */
typedef struct {
    uint32_t nitems;
    const reco_snapshot_item_t *items;
    reco_snapshot_sessions_t sessions;
    reco_snapshot_neighbors_t neighbors[RECO_NEIGHBORS_COUNT];
    reco_snapshot_popular_t popular;
    uint32_t dimensions;  /* of the factors; 0: none */
    const float *factors; /* nitems * dimensions, row-major, finite; a row of
                             zeros: this item has none */
    const float *queries; /* a sample of visitors' vectors to tune the index
                             on, row-major; NULL: made from sessions */
    uint32_t nqueries;
    reco_snapshot_content_t content;
    const char *manifest; /* JSON object: what the trainer wants to keep with
                             it (params, metrics, weights); the writer adds
                             format, sizes and hashes */
} reco_snapshot_source_t;

/*
 * Writes a version into the new folder path: every file, fsynced, verified by
 * opening it again.  Building the kNN postings and the FAISS index is part of
 * it.  On failure the folder is left for the caller to remove.
 */
reco_status_t reco_snapshot_write(const char *path,
    const reco_snapshot_source_t *source, reco_error_t *error);

/*
 * Writes a version into the new folder path that is like the one in the folder
 * from but for what changes holds: manifest; and where factors is not NULL,
 * dimensions and factors of from's items, queries and nqueries, and content.  Files that
 * stay the same are linked: both folders are on one file system.
 */
reco_status_t reco_snapshot_revise(const char *path, const char *from,
    const reco_snapshot_source_t *changes, reco_error_t *error);


typedef struct reco_snapshot_s reco_snapshot_t;

/* Maps and checks a version.  verify: also every XXH3 (reads all bytes). */
reco_status_t reco_snapshot_open(const char *path, int verify,
    reco_snapshot_t **snapshot, reco_error_t *error);

/* The count of holders; the last release unmaps.  Not for several threads. */
void reco_snapshot_acquire(reco_snapshot_t *snapshot);
void reco_snapshot_release(reco_snapshot_t *snapshot);

/*
 * Mapping a version touches none of it, and unmapping a large one at once
 * would hold up a worker: both can be done in steps of so many bytes (4 MiB
 * take 0.2 to 1 ms), each call taking the next, 0 once there is nothing left.
 * Warm a new version before using it; drop the pages of one that nobody else
 * holds before releasing it.
 */
int reco_snapshot_warm(reco_snapshot_t *snapshot, size_t bytes);
int reco_snapshot_drop(reco_snapshot_t *snapshot, size_t bytes);

/* The manifest's "id", or the name of the folder. */
const char *reco_snapshot_id(const reco_snapshot_t *snapshot);

/* The manifest as it was read, for those who want more of it. */
reco_str_t reco_snapshot_manifest(const reco_snapshot_t *snapshot);

/* Tells versions apart, also two that have one id: a hash of the manifest. */
uint64_t reco_snapshot_identity(const reco_snapshot_t *snapshot);

/* The scalars of the manifest's object "engine", in its order; 0 past the
   last. */
int reco_snapshot_parameter(const reco_snapshot_t *snapshot, unsigned index,
    reco_str_t *key, reco_str_t *value);

uint32_t reco_snapshot_nitems(const reco_snapshot_t *snapshot);

/* Dense number of a key or an external id; RECO_ITEM_NONE if unknown. */
uint32_t reco_snapshot_find(const reco_snapshot_t *snapshot, uint64_t key);

/* Fills *item with strings that refer to the mapping. */
void reco_snapshot_item(const reco_snapshot_t *snapshot, uint32_t number,
    reco_snapshot_item_t *item);


/*
 * The overlay: what came in since the base, tied to its id.  Same shapes; new
 * items carry numbers from base.nitems on.
 */
typedef struct {
    const char *base;  /* id of the base version */
    uint64_t sequence; /* grows with each publish */
    int64_t created;   /* ms since the epoch */
    uint32_t base_nitems;
    uint32_t nitems; /* new ones */
    const reco_snapshot_item_t *items;
    reco_snapshot_sessions_t sessions; /* recent; any item number */
    uint32_t ntrending;                /* descending score */
    const uint32_t *trending;
    const float *trending_scores;
    uint32_t dimensions;
    uint32_t nvectors; /* touched and new item vectors */
    const uint32_t *vector_items;
    const float *vectors;
    uint32_t nunavailable; /* base items sold out or withdrawn since */
    const uint32_t *unavailable;
    float weight;          /* of its sessions against the base's */
    reco_str_t parameters; /* of the engine, over the base's: pairs of key NUL
                              value NUL */
    reco_str_t report;     /* JSON, for people: why it is as it is */
} reco_snapshot_overlay_source_t;

/* Writes aside and renames over path. */
reco_status_t reco_snapshot_overlay_write(const char *path,
    const reco_snapshot_overlay_source_t *source, reco_error_t *error);

typedef struct reco_snapshot_overlay_s reco_snapshot_overlay_t;

/* RECO_DECLINED: there is none, or it belongs to another base. */
reco_status_t reco_snapshot_overlay_open(const char *path,
    reco_snapshot_t *base, reco_snapshot_overlay_t **overlay,
    reco_error_t *error);

/*
 * The same in steps, each of which verifies so many bytes more: check says
 * RECO_AGAIN until it is open, and only then is it to be used.  Until it is
 * open, or released because check refused it, it holds base.
 */
reco_status_t reco_snapshot_overlay_begin(const char *path,
    reco_snapshot_t *base, reco_snapshot_overlay_t **overlay,
    reco_error_t *error);
reco_status_t reco_snapshot_overlay_check(
    reco_snapshot_overlay_t *overlay, size_t bytes, reco_error_t *error);

void reco_snapshot_overlay_acquire(reco_snapshot_overlay_t *overlay);
void reco_snapshot_overlay_release(reco_snapshot_overlay_t *overlay);
int64_t reco_snapshot_overlay_created(const reco_snapshot_overlay_t *overlay);
uint64_t reco_snapshot_overlay_sequence(const reco_snapshot_overlay_t *overlay);

/* Its parameters, in order, as text that refers to the mapping; 0 past the
   last. */
int reco_snapshot_overlay_parameter(const reco_snapshot_overlay_t *overlay,
    unsigned index, reco_str_t *key, reco_str_t *value);

/* As it was written; refers to the mapping. */
reco_str_t reco_snapshot_overlay_report(const reco_snapshot_overlay_t *overlay);

#endif /* RECO_SNAPSHOT_H */
