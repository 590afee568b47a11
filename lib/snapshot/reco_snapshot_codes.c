/*
 * codes.bin: the vectors of vectors.faiss once more in a byte a dimension, in
 * the order of its lists, for a search that touches a quarter of the memory.
 *
 *   VMET  counts
 *   CCOD, CSCA  codes and scales of the centroids
 *   LSTA  where each list starts
 *   CODE, SCAL, ITMS, LENG  code, scale, item and length of each vector, in
 *         a list from the longest on
 *
 * A code is 128 + round(value / scale), padded with 128 to a multiple of 64
 * bytes: unsigned, as the processors' byte products want one of their two
 * sides to be.
 */

#include "reco_snapshot_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TAG_META RECO_SNAPSHOT_TAG('V', 'M', 'E', 'T')
#define TAG_CCOD RECO_SNAPSHOT_TAG('C', 'C', 'O', 'D')
#define TAG_CSCA RECO_SNAPSHOT_TAG('C', 'S', 'C', 'A')
#define TAG_LSTA RECO_SNAPSHOT_TAG('L', 'S', 'T', 'A')
#define TAG_CODE RECO_SNAPSHOT_TAG('C', 'O', 'D', 'E')
#define TAG_SCAL RECO_SNAPSHOT_TAG('S', 'C', 'A', 'L')
#define TAG_ITMS RECO_SNAPSHOT_TAG('I', 'T', 'M', 'S')
#define TAG_LENG RECO_SNAPSHOT_TAG('L', 'E', 'N', 'G')

typedef struct {
    uint32_t nlists;
    uint32_t nvectors;
    uint32_t dimensions;
    uint32_t stride;
    uint32_t nprobe;
    uint32_t unused[3];
} codes_meta_t;


/* Writes one code; returns its scale. */
static float
codes_quantize(uint8_t *code, const uint8_t *vector, uint32_t dimensions)
{
    float value, largest, steps;
    uint32_t i;

    largest = 0;

    for (i = 0; i < dimensions; i++) {
        memcpy(&value, vector + i * sizeof(value), sizeof(value));
        largest = fmaxf(largest, fabsf(value));
    }

    for (i = 0; i < dimensions; i++) {
        memcpy(&value, vector + i * sizeof(value), sizeof(value));
        steps = largest > 0 ? rintf(value * 127 / largest) : 0;
        code[i] = (uint8_t) (128 + (int) steps);
    }

    return largest / 127;
}


static float
codes_length(const uint8_t *vector, uint32_t dimensions)
{
    float value;
    double sum;
    uint32_t i;

    sum = 0;

    for (i = 0; i < dimensions; i++) {
        memcpy(&value, vector + i * sizeof(value), sizeof(value));
        sum += (double) value * value;
    }

    return (float) sqrt(sum);
}


/* CODE, SCAL, ITMS, LENG, list after list. */
static int
codes_build_vectors(reco_snapshot_builder_t *builder,
    const reco_snapshot_vectors_t *vectors, const codes_meta_t *meta)
{
    float *scales, *lengths;
    uint8_t *codes;
    uint32_t list, i, ordinal, *starts, *items;
    uint64_t id, stride;
    const uint8_t *vector, *ids;

    starts = reco_snapshot_builder_new(
        builder, TAG_LSTA, (uint64_t) meta->nlists + 1, sizeof(starts[0]));
    codes = reco_snapshot_builder_new(
        builder, TAG_CODE, (uint64_t) meta->nvectors, meta->stride);
    scales = reco_snapshot_builder_new(
        builder, TAG_SCAL, meta->nvectors, sizeof(scales[0]));
    items = reco_snapshot_builder_new(
        builder, TAG_ITMS, meta->nvectors, sizeof(items[0]));
    lengths = reco_snapshot_builder_new(
        builder, TAG_LENG, meta->nvectors, sizeof(lengths[0]));

    if (lengths == NULL) {
        return 0;
    }

    memset(codes, 128, (size_t) meta->nvectors * meta->stride);
    stride = meta->dimensions * sizeof(float);
    ordinal = 0;

    for (list = 0; list < meta->nlists; list++) {
        vector = vectors->lists + vectors->list_offset[list];
        ids = vector + vectors->list_length[list] * stride;

        for (i = 0; i < vectors->list_length[list]; i++) {
            scales[ordinal] =
                codes_quantize(codes + (size_t) ordinal * meta->stride, vector,
                    meta->dimensions);
            lengths[ordinal] = codes_length(vector, meta->dimensions);
            memcpy(&id, ids + i * sizeof(id), sizeof(id));
            items[ordinal++] = (uint32_t) id;
            vector += stride;
        }

        starts[list + 1] = ordinal;
    }

    return 1;
}


static int
codes_build_centroids(reco_snapshot_builder_t *builder,
    const reco_snapshot_vectors_t *vectors, const codes_meta_t *meta)
{
    float *scales;
    uint8_t *codes;
    uint32_t list;

    codes = reco_snapshot_builder_new(
        builder, TAG_CCOD, (uint64_t) meta->nlists, meta->stride);
    scales = reco_snapshot_builder_new(
        builder, TAG_CSCA, meta->nlists, sizeof(scales[0]));

    if (scales == NULL) {
        return 0;
    }

    memset(codes, 128, (size_t) meta->nlists * meta->stride);

    for (list = 0; list < meta->nlists; list++) {
        scales[list] = codes_quantize(codes + (size_t) list * meta->stride,
            vectors->centroids
                + (size_t) list * meta->dimensions * sizeof(float),
            meta->dimensions);
    }

    return 1;
}


reco_status_t
reco_snapshot_codes_build(reco_snapshot_builder_t *builder,
    const reco_snapshot_vectors_t *vectors, reco_error_t *error)
{
    codes_meta_t *meta;

    meta = reco_snapshot_builder_new(builder, TAG_META, 1, sizeof(*meta));

    if (meta != NULL) {
        meta->nlists = vectors->nlists;
        meta->nvectors = (uint32_t) vectors->ntotal;
        meta->dimensions = vectors->dimensions;
        meta->stride = (vectors->dimensions + 63) & ~63u;
        meta->nprobe = vectors->nprobe;
    }

    if (meta == NULL || !codes_build_centroids(builder, vectors, meta)
        || !codes_build_vectors(builder, vectors, meta))
    {
        return reco_error_set(
            error, RECO_NOMEM, "out of memory for the vectors' codes");
    }

    return RECO_OK;
}


reco_status_t
reco_snapshot_codes_open(const reco_snapshot_container_t *container,
    const reco_snapshot_vectors_t *vectors, reco_snapshot_codes_t *codes,
    reco_error_t *error)
{
    reco_status_t status;
    const codes_meta_t *meta;

    status = reco_snapshot_container_array(
        container, TAG_META, sizeof(*meta), 1, &meta, error);

    if (status != RECO_OK) {
        return status;
    }

    if (meta->dimensions != vectors->dimensions
        || meta->nlists != vectors->nlists || meta->nvectors != vectors->ntotal
        || meta->stride != ((meta->dimensions + 63) & ~63u) || meta->nprobe == 0
        || meta->nprobe > meta->nlists)
    {
        return reco_error_set(error, RECO_CORRUPT,
            "\"%s\" belongs to another index", container->path);
    }

    codes->nlists = meta->nlists;
    codes->nvectors = meta->nvectors;
    codes->stride = meta->stride;
    codes->nprobe = meta->nprobe;

    const reco_snapshot_array_t arrays[] = {
        {TAG_CCOD, meta->stride, meta->nlists, &codes->centroids},
        {TAG_CSCA, 4, meta->nlists, &codes->centroid_scales},
        {TAG_LSTA, 4, (uint64_t) meta->nlists + 1, &codes->starts},
        {TAG_CODE, meta->stride, meta->nvectors, &codes->codes},
        {TAG_SCAL, 4, meta->nvectors, &codes->scales},
        {TAG_ITMS, 4, meta->nvectors, &codes->items},
        {TAG_LENG, 4, meta->nvectors, &codes->lengths},
    };

    return reco_snapshot_container_arrays(
        container, arrays, sizeof(arrays) / sizeof(arrays[0]), error);
}
