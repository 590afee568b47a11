/*
 * A part of codes.bin: for each item, those that lie nearest to it.  Who has
 * looked at few items has a vector between theirs, so that what lies near it
 * is in their lists, and the index need not be searched.
 *
 *   NEAR  RECO_SNAPSHOT_NEAR items an item, the nearest first, none of which
 *         is sold out; RECO_ITEM_NONE where there are fewer
 *
 * Nearest is the largest product, as in the index.  The items of one of its
 * lists look at that list and at those whose centroids are nearest to its own,
 * so that they share what is fetched.
 */

#include "reco_snapshot_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TAG_NEAR RECO_SNAPSHOT_TAG('N', 'E', 'A', 'R')

#define NEAR_COUNT RECO_SNAPSHOT_NEAR

/* What the items of a list look at, at most: vectors, and lists. */
#define NEAR_VECTORS 4096
#define NEAR_LISTS   256

/* Vectors, and queries, that are multiplied side by side. */
#define NEAR_LANES   16
#define NEAR_QUERIES 2

typedef float near_four_t __attribute__((vector_size(16)));
typedef int32_t near_bits_t __attribute__((vector_size(16)));

#define NEAR_FOURS (NEAR_LANES / 4)

typedef struct {
    float product;
    uint32_t number;
} near_found_t;

typedef struct {
    const reco_snapshot_vectors_t *vectors;
    const reco_snapshot_facts_t *facts;
    float *tile; /* in blocks of 16 vectors, element after element */
    float *queries;
    uint32_t *items; /* of the tile */
    uint32_t count;
    near_found_t lists[NEAR_LISTS];
    unsigned nlists;
} near_work_t;


/* Keeps the largest ones, in order; returns how many there are then. */
static unsigned
near_insert(near_found_t *found, unsigned count, unsigned max, float product,
    uint32_t number)
{
    unsigned i;

    if (count == max && !(product > found[count - 1].product)) {
        return count;
    }

    i = count < max ? count++ : count - 1;

    for (; i > 0 && product > found[i - 1].product; i--) {
        found[i] = found[i - 1];
    }

    found[i].product = product;
    found[i].number = number;

    return count;
}


/* The lists that the items of one look at: as many as a search does. */
static void
near_choose(near_work_t *work, uint32_t list)
{
    float a, b, product;
    unsigned max;
    uint32_t i, other;
    const uint8_t *centroids;
    const reco_snapshot_vectors_t *vectors;

    vectors = work->vectors;
    centroids = vectors->centroids;
    max = vectors->nprobe < NEAR_LISTS ? vectors->nprobe : NEAR_LISTS;
    work->nlists =
        near_insert(work->lists, 0, max, INFINITY, list); /* its own first */

    for (other = 0; other < vectors->nlists; other++) {
        product = 0;

        for (i = 0; i < vectors->dimensions; i++) {
            memcpy(&a,
                centroids
                    + ((size_t) list * vectors->dimensions + i) * sizeof(a),
                sizeof(a));
            memcpy(&b,
                centroids
                    + ((size_t) other * vectors->dimensions + i) * sizeof(b),
                sizeof(b));
            product += a * b;
        }

        if (other != list) {
            work->nlists =
                near_insert(work->lists, work->nlists, max, product, other);
        }
    }
}


/* The chosen lists' vectors, from the longest of each to where there are
   enough. */
static void
near_fill(near_work_t *work)
{
    float *block;
    unsigned n;
    uint32_t i, j, list, dimensions;
    uint64_t item;
    const uint8_t *vector;

    dimensions = work->vectors->dimensions;
    work->count = 0;

    for (n = 0; n < work->nlists; n++) {
        list = work->lists[n].number;

        for (i = 0;
             i < work->vectors->list_length[list] && work->count < NEAR_VECTORS;
             i++)
        {
            vector = reco_snapshot_list_vector(work->vectors, list, i, &item);

            if (item >= work->facts->nitems
                || (work->facts->hot[item].category & RECO_SNAPSHOT_AVAILABLE)
                       == 0)
            {
                continue;
            }

            block =
                work->tile
                + (size_t) (work->count / NEAR_LANES) * NEAR_LANES * dimensions
                + work->count % NEAR_LANES;

            for (j = 0; j < dimensions; j++) {
                memcpy(&block[j * NEAR_LANES], vector + j * sizeof(float),
                    sizeof(float));
            }

            work->items[work->count++] = (uint32_t) item;
        }
    }
}


/* The products of a block with two queries. */
static void
near_multiply(const float *block, const float *queries, uint32_t dimensions,
    float (*products)[NEAR_LANES])
{
    uint32_t j;
    near_four_t value, a0, a1, a2, a3, b0, b1, b2, b3;

    a0 = a1 = a2 = a3 = b0 = b1 = b2 = b3 = (near_four_t){0};

    for (j = 0; j < dimensions; j++, block += NEAR_LANES) {
        memcpy(&value, block, sizeof(value));
        a0 += value * queries[j];
        b0 += value * queries[dimensions + j];
        memcpy(&value, block + 4, sizeof(value));
        a1 += value * queries[j];
        b1 += value * queries[dimensions + j];
        memcpy(&value, block + 8, sizeof(value));
        a2 += value * queries[j];
        b2 += value * queries[dimensions + j];
        memcpy(&value, block + 12, sizeof(value));
        a3 += value * queries[j];
        b3 += value * queries[dimensions + j];
    }

    memcpy(&products[0][0], &a0, sizeof(a0));
    memcpy(&products[0][4], &a1, sizeof(a1));
    memcpy(&products[0][8], &a2, sizeof(a2));
    memcpy(&products[0][12], &a3, sizeof(a3));
    memcpy(&products[1][0], &b0, sizeof(b0));
    memcpy(&products[1][4], &b1, sizeof(b1));
    memcpy(&products[1][8], &b2, sizeof(b2));
    memcpy(&products[1][12], &b3, sizeof(b3));
}


/* What is near to one of the list's items, among the tile's first so many. */
typedef struct {
    near_found_t found[NEAR_COUNT];
    unsigned count;
    uint64_t item;
} near_row_t;


static void
near_take(
    near_work_t *work, near_row_t *row, uint32_t first, const float *products)
{
    unsigned lane, lanes;
    float least;

    lanes = work->count - first < NEAR_LANES ? work->count - first : NEAR_LANES;

    for (lane = 0; lane < lanes; lane++) {
        least = row->count == NEAR_COUNT ? row->found[NEAR_COUNT - 1].product
                                         : -INFINITY;

        if (products[lane] > least && work->items[first + lane] != row->item) {
            row->count = near_insert(row->found, row->count, NEAR_COUNT,
                products[lane], work->items[first + lane]);
        }
    }
}


/* Two items of a list against the whole tile. */
static void
near_search(near_work_t *work, near_row_t *rows)
{
    float products[NEAR_QUERIES][NEAR_LANES];
    unsigned query;
    uint32_t first, dimensions;

    dimensions = work->vectors->dimensions;

    for (first = 0; first < work->count; first += NEAR_LANES) {
        near_multiply(work->tile + (size_t) first * dimensions, work->queries,
            dimensions, products);

        for (query = 0; query < NEAR_QUERIES; query++) {
            near_take(work, &rows[query], first, products[query]);
        }
    }
}


/* The row's item and vector from a list; a list of odd length repeats its
   last. */
static void
near_ask(near_work_t *work, near_row_t *rows, uint32_t list, uint32_t first)
{
    size_t size;
    unsigned query;
    uint32_t number, length;
    const uint8_t *vector;

    size = work->vectors->dimensions * sizeof(float);
    length = work->vectors->list_length[list];

    for (query = 0; query < NEAR_QUERIES; query++) {
        number = first + query < length ? first + query : length - 1;
        vector = reco_snapshot_list_vector(
            work->vectors, list, number, &rows[query].item);
        memcpy(work->queries + query * work->vectors->dimensions, vector, size);
        rows[query].count = 0;
    }
}


static void
near_build_list(near_work_t *work, uint32_t list, uint32_t *near)
{
    unsigned query, i;
    uint32_t first, *row;
    near_row_t rows[NEAR_QUERIES];

    near_choose(work, list);
    near_fill(work);

    for (first = 0; first < work->vectors->list_length[list];
         first += NEAR_QUERIES) {
        near_ask(work, rows, list, first);
        near_search(work, rows);

        for (query = 0; query < NEAR_QUERIES; query++) {
            if (rows[query].item >= work->facts->nitems) {
                continue;
            }

            row = near + (size_t) rows[query].item * NEAR_COUNT;

            for (i = 0; i < rows[query].count; i++) {
                row[i] = rows[query].found[i].number;
            }
        }
    }
}


reco_status_t
reco_snapshot_near_build(reco_snapshot_builder_t *builder,
    const reco_snapshot_vectors_t *vectors, const reco_snapshot_facts_t *facts,
    reco_error_t *error)
{
    size_t size;
    uint32_t list, *near;
    near_work_t work;

    memset(&work, 0, sizeof(work));
    work.vectors = vectors;
    work.facts = facts;
    size = vectors->dimensions * sizeof(float);
    work.tile = calloc(NEAR_VECTORS, size);
    work.queries = calloc(NEAR_QUERIES, size);
    work.items = calloc(NEAR_VECTORS, sizeof(work.items[0]));
    near = reco_snapshot_builder_new(
        builder, TAG_NEAR, facts->nitems, NEAR_COUNT * sizeof(near[0]));

    if (near != NULL && work.tile != NULL && work.queries != NULL
        && work.items != NULL)
    {
        memset(
            near, 0xff, (size_t) facts->nitems * NEAR_COUNT * sizeof(near[0]));

        for (list = 0; list < vectors->nlists; list++) {
            near_build_list(&work, list, near);
        }

    } else {
        near = NULL;
    }

    free(work.tile);
    free(work.queries);
    free(work.items);

    return near != NULL ? RECO_OK
                        : reco_error_set(error, RECO_NOMEM,
                            "out of memory for the items near each item");
}


reco_status_t
reco_snapshot_near_open(const reco_snapshot_container_t *container,
    uint32_t nitems, reco_snapshot_codes_t *codes, reco_error_t *error)
{
    return reco_snapshot_container_array(container, TAG_NEAR,
        NEAR_COUNT * sizeof(codes->near[0]), nitems, &codes->near, error);
}
