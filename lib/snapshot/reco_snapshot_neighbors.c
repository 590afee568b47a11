/*
 * neighbors.bin: scored edges from item to item, a table for each kind.
 *
 *   NMET  edges of each kind
 *   OFF0 .. OFF3  where each item's row starts
 *   ITM0 .. ITM3  the items that it leads to, by descending score
 *   SCO0 .. SCO3  the scores
 */

#include "reco_snapshot_parts.h"

#include <math.h>
#include <string.h>

#define TAG_META      RECO_SNAPSHOT_TAG('N', 'M', 'E', 'T')
#define TAG_OFF(kind) RECO_SNAPSHOT_TAG('O', 'F', 'F', '0' + (kind))
#define TAG_ITM(kind) RECO_SNAPSHOT_TAG('I', 'T', 'M', '0' + (kind))
#define TAG_SCO(kind) RECO_SNAPSHOT_TAG('S', 'C', 'O', '0' + (kind))

typedef struct {
    uint32_t nitems;
    uint32_t present; /* mask of kinds */
    uint32_t nedges[RECO_NEIGHBORS_COUNT];
    uint32_t unused[2];
} neighbors_meta_t;


static reco_status_t
neighbors_check(const reco_snapshot_neighbors_t *table, unsigned kind,
    uint32_t nitems, reco_error_t *error)
{
    uint32_t item;
    uint64_t edge;

    for (item = 0; item < nitems; item++) {
        if (table->offsets[item] > table->offsets[item + 1]) {
            return reco_error_set(error, RECO_INVALID,
                "neighbours of kind %u: row %u ends before it starts", kind,
                item);
        }
    }

    if (table->offsets[0] != 0 || table->offsets[nitems] > UINT32_MAX) {
        return reco_error_set(error, RECO_TOO_LARGE,
            "neighbours of kind %u: more than %u edges", kind, UINT32_MAX);
    }

    for (edge = 0; edge < table->offsets[nitems]; edge++) {
        if (table->items[edge] >= nitems || !isfinite(table->scores[edge])) {
            return reco_error_set(error, RECO_INVALID,
                "neighbours of kind %u: edge %llu leads to item %u of %u "
                "or has no finite score",
                kind, (unsigned long long) edge, table->items[edge], nitems);
        }
    }

    return RECO_OK;
}


reco_status_t
reco_snapshot_neighbors_build(reco_snapshot_builder_t *builder,
    const reco_snapshot_neighbors_t *neighbors, uint32_t nitems,
    reco_error_t *error)
{
    unsigned kind;
    uint32_t item, *offsets;
    reco_status_t status;
    neighbors_meta_t *meta;
    const reco_snapshot_neighbors_t *table;

    meta = reco_snapshot_builder_new(builder, TAG_META, 1, sizeof(*meta));

    if (meta == NULL) {
        return reco_error_set(
            error, RECO_NOMEM, "out of memory for the neighbours");
    }

    meta->nitems = nitems;

    for (kind = 0; kind < RECO_NEIGHBORS_COUNT; kind++) {
        table = &neighbors[kind];

        if (table->offsets == NULL) {
            continue;
        }

        status = neighbors_check(table, kind, nitems, error);

        if (status != RECO_OK) {
            return status;
        }

        offsets = reco_snapshot_builder_new(
            builder, TAG_OFF(kind), (uint64_t) nitems + 1, sizeof(offsets[0]));

        if (offsets == NULL) {
            return reco_error_set(
                error, RECO_NOMEM, "out of memory for the neighbours");
        }

        for (item = 0; item <= nitems; item++) {
            offsets[item] = (uint32_t) table->offsets[item];
        }

        meta->present |= 1u << kind;
        meta->nedges[kind] = offsets[nitems];

        reco_snapshot_builder_add(builder, TAG_ITM(kind), table->items,
            (uint64_t) offsets[nitems] * sizeof(table->items[0]));
        reco_snapshot_builder_add(builder, TAG_SCO(kind), table->scores,
            (uint64_t) offsets[nitems] * sizeof(table->scores[0]));
    }

    return RECO_OK;
}


reco_status_t
reco_snapshot_neighbors_open(const reco_snapshot_container_t *container,
    uint32_t nitems, reco_snapshot_edges_t *edges, reco_error_t *error)
{
    unsigned kind;
    reco_status_t status;
    const neighbors_meta_t *meta;

    status = reco_snapshot_container_array(
        container, TAG_META, sizeof(*meta), 1, &meta, error);

    if (status != RECO_OK) {
        return status;
    }

    for (kind = 0; kind < RECO_NEIGHBORS_COUNT; kind++) {
        if ((meta->present & 1u << kind) == 0) {
            continue;
        }

        const reco_snapshot_array_t arrays[] = {
            {TAG_OFF(kind), 4, (uint64_t) nitems + 1, &edges[kind].offsets},
            {TAG_ITM(kind), 4, meta->nedges[kind], &edges[kind].items},
            {TAG_SCO(kind), 4, meta->nedges[kind], &edges[kind].scores},
        };

        status = reco_snapshot_container_arrays(
            container, arrays, sizeof(arrays) / sizeof(arrays[0]), error);

        if (status != RECO_OK) {
            return status;
        }

        edges[kind].nedges = meta->nedges[kind];
    }

    return RECO_OK;
}
