#include "model/edges.h"

#include "parallel.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_ROWS 256


typedef struct {
    uint32_t item;
    float score;
} edge_t;

/* The finished rows of CHUNK_ROWS items. */
typedef struct {
    edge_t *edges;
    uint32_t nedges;
    uint32_t capacity;
} chunk_t;

typedef struct {
    uint32_t nitems;
    uint32_t limit;
    reco_edges_pt fill;
    const void *model;
    chunk_t *chunks;
    uint64_t *counts;       /* of each row; becomes the offsets */
    reco_edges_row_t *rows; /* one for each thread */
    edge_t **sorted;        /* the same: room for one row */
    atomic_int failed;
} building_t;


static int
compare_edges(const void *left, const void *right)
{
    const edge_t *a = left, *b = right;

    if (a->score != b->score) {
        return a->score > b->score ? -1 : 1;
    }

    return (a->item > b->item) - (a->item < b->item);
}


/* Moves the count best edges to the front (Hoare's quickselect). */
static void
select_best(edge_t *edges, uint32_t nedges, uint32_t count)
{
    edge_t pivot, swapped;
    int64_t low, high, i, j;

    low = 0;
    high = (int64_t) nedges - 1;

    while (low < high) {
        pivot = edges[low + (high - low) / 2];
        i = low;
        j = high;
        while (i <= j) {
            while (compare_edges(&edges[i], &pivot) < 0) {
                i++;
            }
            while (compare_edges(&edges[j], &pivot) > 0) {
                j--;
            }
            if (i <= j) {
                swapped = edges[i];
                edges[i++] = edges[j];
                edges[j--] = swapped;
            }
        }
        if ((int64_t) count - 1 <= j) {
            high = j;
        } else if ((int64_t) count - 1 >= i) {
            low = i;
        } else {
            return;
        }
    }
}


/* Empties the row into sorted; returns how many are kept. */
static uint32_t
take_row(reco_edges_row_t *row, edge_t *sorted, uint32_t limit)
{
    uint32_t i, item, count;

    count = 0;
    for (i = 0; i < row->ntouched; i++) {
        item = row->touched[i];
        if (row->sums[item] > 0) {
            sorted[count].item = item;
            sorted[count++].score = row->sums[item];
        }
        row->sums[item] = 0;
    }
    row->ntouched = 0;

    if (count > limit) {
        select_best(sorted, count, limit);
        count = limit;
    }
    qsort(sorted, count, sizeof(edge_t), compare_edges);

    return count;
}


static int
append(chunk_t *chunk, const edge_t *edges, uint32_t count)
{
    uint32_t capacity;
    edge_t *grown;

    if (chunk->nedges + count > chunk->capacity) {
        capacity = (chunk->nedges + count) * 2;
        grown = realloc(chunk->edges, (size_t) capacity * sizeof(edge_t));
        if (grown == NULL) {
            return 0;
        }
        chunk->edges = grown;
        chunk->capacity = capacity;
    }

    if (count > 0) {
        memcpy(chunk->edges + chunk->nedges, edges, count * sizeof(edge_t));
        chunk->nedges += count;
    }

    return 1;
}


static void
build_rows(void *context, unsigned thread, uint64_t begin, uint64_t end)
{
    building_t *building = context;
    reco_edges_row_t *row;
    uint32_t item, count;
    edge_t *sorted;

    row = &building->rows[thread];
    sorted = building->sorted[thread];

    for (item = (uint32_t) begin; item < end; item++) {
        building->fill(building->model, item, row);
        count = take_row(row, sorted, building->limit);
        building->counts[item] = count;
        if (!append(&building->chunks[begin / CHUNK_ROWS], sorted, count)) {
            atomic_store(&building->failed, 1);
            return;
        }
    }
}


static reco_status_t
allocate(building_t *building, unsigned threads)
{
    unsigned i;
    size_t n;

    n = (size_t) building->nitems + 1;
    building->chunks = calloc(n / CHUNK_ROWS + 1, sizeof(chunk_t));
    building->counts = calloc(n, sizeof(uint64_t));
    building->rows = calloc(threads, sizeof(*building->rows));
    building->sorted = calloc(threads, sizeof(*building->sorted));
    if (building->chunks == NULL || building->counts == NULL
        || building->rows == NULL || building->sorted == NULL)
    {
        return RECO_NOMEM;
    }

    for (i = 0; i < threads; i++) {
        building->rows[i].sums = calloc(n, sizeof(float));
        building->rows[i].touched = malloc(n * sizeof(uint32_t));
        building->sorted[i] = malloc(n * sizeof(edge_t));
        if (building->rows[i].sums == NULL || building->rows[i].touched == NULL
            || building->sorted[i] == NULL)
        {
            return RECO_NOMEM;
        }
    }

    return RECO_OK;
}


static void
release(building_t *building, unsigned threads)
{
    size_t i;

    for (i = 0; i < threads; i++) {
        if (building->rows != NULL) {
            free(building->rows[i].sums);
            free(building->rows[i].touched);
        }
        if (building->sorted != NULL) {
            free(building->sorted[i]);
        }
    }

    for (i = 0; building->chunks != NULL && i <= building->nitems / CHUNK_ROWS;
         i++) {
        free(building->chunks[i].edges);
    }

    free(building->rows);
    free(building->sorted);
    free(building->chunks);
    free(building->counts);
}


/* Lays the chunks end to end, giving each back as it goes. */
static reco_status_t
join(reco_edges_t *edges, building_t *building)
{
    uint64_t offset, count, i;
    uint32_t item;
    chunk_t *chunk;

    offset = 0;
    for (item = 0; item < building->nitems; item++) {
        count = building->counts[item];
        building->counts[item] = offset;
        offset += count;
    }
    building->counts[building->nitems] = offset;

    edges->items = malloc((offset > 0 ? offset : 1) * sizeof(uint32_t));
    edges->scores = malloc((offset > 0 ? offset : 1) * sizeof(float));
    if (edges->items == NULL || edges->scores == NULL) {
        reco_edges_done(edges);
        return RECO_NOMEM;
    }

    offset = 0;
    for (item = 0; item < building->nitems; item += CHUNK_ROWS) {
        chunk = &building->chunks[item / CHUNK_ROWS];
        for (i = 0; i < chunk->nedges; i++, offset++) {
            edges->items[offset] = chunk->edges[i].item;
            edges->scores[offset] = chunk->edges[i].score;
        }
        free(chunk->edges);
        chunk->edges = NULL;
    }

    edges->nitems = building->nitems;
    edges->offsets = building->counts;
    building->counts = NULL;

    return RECO_OK;
}


reco_status_t
reco_edges_build(reco_edges_t *edges, uint32_t nitems, uint32_t limit,
    unsigned threads, reco_edges_pt fill, const void *model,
    reco_error_t *error)
{
    building_t building = {
        .nitems = nitems, .limit = limit, .fill = fill, .model = model};
    reco_status_t status;

    memset(edges, 0, sizeof(*edges));
    atomic_init(&building.failed, 0);

    status = allocate(&building, threads);
    if (status == RECO_OK) {
        reco_parallel(threads, nitems, CHUNK_ROWS, build_rows, &building);
        status =
            atomic_load(&building.failed) ? RECO_NOMEM : join(edges, &building);
    }

    release(&building, threads);

    if (status != RECO_OK) {
        reco_error_set(
            error, status, "out of memory for the edges of %u items", nitems);
    }

    return status;
}


void
reco_edges_done(reco_edges_t *edges)
{
    free(edges->offsets);
    free(edges->items);
    free(edges->scores);
    memset(edges, 0, sizeof(*edges));
}
