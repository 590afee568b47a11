/*
 * codes.bin: the vectors of vectors.faiss once more in a byte a dimension, in
 * the order of its lists, for a search that touches a quarter of the memory.
 *
 *   VMET  counts
 *   CENT  the centroids, in blocks
 *   LSTA  the block that each list starts with
 *   BLCK  the vectors, in blocks
 *   ITMS  their items
 *   LENG  the length of the longest vector in each block
 *   NEAR  what is near to each item (reco_snapshot_near.c)
 *
 * A code is 128 + round(value / scale): unsigned, as the processors' byte
 * products want one of their two sides to be.  16 vectors are a block: their
 * scales, then four bytes of each of their codes, the next four of each, and
 * so on, so that 16 products grow side by side.  Codes are padded with 128 to
 * a multiple of four bytes, lists to whole blocks by vectors whose scale is
 * not a number: no product of theirs is above any threshold.
 */

#include "reco_snapshot_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TAG_META RECO_SNAPSHOT_TAG('V', 'M', 'E', 'T')
#define TAG_CENT RECO_SNAPSHOT_TAG('C', 'E', 'N', 'T')
#define TAG_LSTA RECO_SNAPSHOT_TAG('L', 'S', 'T', 'A')
#define TAG_BLCK RECO_SNAPSHOT_TAG('B', 'L', 'C', 'K')
#define TAG_ITMS RECO_SNAPSHOT_TAG('I', 'T', 'M', 'S')
#define TAG_LENG RECO_SNAPSHOT_TAG('L', 'E', 'N', 'G')

#define CODES_BLOCK RECO_SNAPSHOT_BLOCK

typedef struct {
    uint32_t nlists;
    uint32_t nvectors;
    uint32_t dimensions;
    uint32_t stride;
    uint32_t nprobe;
    uint32_t nblocks;
    uint32_t unused[2];
} codes_meta_t;


static uint32_t
codes_stride(uint32_t dimensions)
{
    return (dimensions + 3) & ~3u;
}


static uint32_t
codes_blocks(uint32_t nvectors)
{
    return (nvectors + CODES_BLOCK - 1) / CODES_BLOCK;
}


/* Blocks of nothing but padding. */
static void
codes_clear(uint8_t *blocks, uint32_t count, uint32_t stride)
{
    size_t size;
    uint32_t block, lane;
    const float none = NAN;

    size = reco_snapshot_block_size(stride);
    memset(blocks, 128, count * size);

    for (block = 0; block < count; block++) {
        for (lane = 0; lane < CODES_BLOCK; lane++) {
            memcpy(blocks + block * size + lane * sizeof(none), &none,
                sizeof(none));
        }
    }
}


/* Writes one vector, the number-th, to where it belongs in the blocks. */
static void
codes_quantize(uint8_t *blocks, uint32_t stride, uint32_t number,
    const uint8_t *vector, uint32_t dimensions)
{
    float value, largest, steps, scale;
    uint8_t *block, *codes;
    uint32_t i, lane;

    lane = number % CODES_BLOCK;
    block = blocks + number / CODES_BLOCK * reco_snapshot_block_size(stride);
    codes = block + RECO_SNAPSHOT_BLOCK_SCALES + lane * 4;
    largest = 0;

    for (i = 0; i < dimensions; i++) {
        memcpy(&value, vector + i * sizeof(value), sizeof(value));
        largest = fmaxf(largest, fabsf(value));
    }

    for (i = 0; i < dimensions; i++) {
        memcpy(&value, vector + i * sizeof(value), sizeof(value));
        steps = largest > 0 ? rintf(value * 127 / largest) : 0;
        codes[i / 4 * 4 * CODES_BLOCK + i % 4] = (uint8_t) (128 + (int) steps);
    }

    scale = largest / 127;
    memcpy(block + lane * sizeof(scale), &scale, sizeof(scale));
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


/* One list's vectors, from block on. */
static void
codes_build_list(const reco_snapshot_vectors_t *vectors, uint32_t list,
    uint8_t *blocks, uint32_t *items, float *lengths, uint32_t stride)
{
    uint32_t i;
    uint64_t item;
    const uint8_t *vector;

    for (i = 0; i < vectors->list_length[list]; i++) {
        vector = reco_snapshot_list_vector(vectors, list, i, &item);
        codes_quantize(blocks, stride, i, vector, vectors->dimensions);
        items[i] = (uint32_t) item;

        if (i % CODES_BLOCK == 0) {
            lengths[i / CODES_BLOCK] =
                codes_length(vector, vectors->dimensions);
        }
    }

    for (; i % CODES_BLOCK != 0; i++) {
        items[i] = RECO_ITEM_NONE;
    }
}


/* LSTA, BLCK, ITMS, LENG, list after list. */
static int
codes_build_vectors(reco_snapshot_builder_t *builder,
    const reco_snapshot_vectors_t *vectors, const codes_meta_t *meta)
{
    float *lengths;
    size_t size;
    uint8_t *blocks;
    uint32_t list, *starts, *items;

    size = reco_snapshot_block_size(meta->stride);
    starts = reco_snapshot_builder_new(
        builder, TAG_LSTA, (uint64_t) meta->nlists + 1, sizeof(starts[0]));
    blocks = reco_snapshot_builder_new(builder, TAG_BLCK, meta->nblocks, size);
    items = reco_snapshot_builder_new(builder, TAG_ITMS,
        (uint64_t) meta->nblocks * CODES_BLOCK, sizeof(items[0]));
    lengths = reco_snapshot_builder_new(
        builder, TAG_LENG, meta->nblocks, sizeof(lengths[0]));

    if (lengths == NULL) {
        return 0;
    }

    codes_clear(blocks, meta->nblocks, meta->stride);

    for (list = 0; list < meta->nlists; list++) {
        codes_build_list(vectors, list, blocks + starts[list] * size,
            items + (size_t) starts[list] * CODES_BLOCK, lengths + starts[list],
            meta->stride);
        starts[list + 1] =
            starts[list] + codes_blocks(vectors->list_length[list]);
    }

    return 1;
}


static int
codes_build_centroids(reco_snapshot_builder_t *builder,
    const reco_snapshot_vectors_t *vectors, const codes_meta_t *meta)
{
    uint8_t *blocks;
    uint32_t list, count;

    count = codes_blocks(meta->nlists);
    blocks = reco_snapshot_builder_new(
        builder, TAG_CENT, count, reco_snapshot_block_size(meta->stride));

    if (blocks == NULL) {
        return 0;
    }

    codes_clear(blocks, count, meta->stride);

    for (list = 0; list < meta->nlists; list++) {
        codes_quantize(blocks, meta->stride, list,
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
    uint32_t list;
    codes_meta_t *meta;

    meta = reco_snapshot_builder_new(builder, TAG_META, 1, sizeof(*meta));

    if (meta != NULL) {
        meta->nlists = vectors->nlists;
        meta->nvectors = (uint32_t) vectors->ntotal;
        meta->dimensions = vectors->dimensions;
        meta->stride = codes_stride(vectors->dimensions);
        meta->nprobe = vectors->nprobe;

        for (list = 0; list < vectors->nlists; list++) {
            meta->nblocks += codes_blocks(vectors->list_length[list]);
        }
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
    size_t size;
    reco_status_t status;
    const codes_meta_t *meta;

    status = reco_snapshot_container_array(
        container, TAG_META, sizeof(*meta), 1, &meta, error);

    if (status != RECO_OK) {
        return status;
    }

    if (meta->dimensions != vectors->dimensions
        || meta->nlists != vectors->nlists || meta->nvectors != vectors->ntotal
        || meta->stride != codes_stride(meta->dimensions) || meta->nprobe == 0
        || meta->nprobe > meta->nlists)
    {
        return reco_error_set(error, RECO_CORRUPT,
            "\"%s\" belongs to another index", container->path);
    }

    codes->nlists = meta->nlists;
    codes->nvectors = meta->nvectors;
    codes->nblocks = meta->nblocks;
    codes->stride = meta->stride;
    codes->nprobe = meta->nprobe;
    size = reco_snapshot_block_size(meta->stride);

    const reco_snapshot_array_t arrays[] = {
        {TAG_CENT, size, codes_blocks(meta->nlists), &codes->centroids},
        {TAG_LSTA, 4, (uint64_t) meta->nlists + 1, &codes->starts},
        {TAG_BLCK, size, meta->nblocks, &codes->blocks},
        {TAG_ITMS, 4, (uint64_t) meta->nblocks * CODES_BLOCK, &codes->items},
        {TAG_LENG, 4, meta->nblocks, &codes->lengths},
    };

    return reco_snapshot_container_arrays(
        container, arrays, sizeof(arrays) / sizeof(arrays[0]), error);
}
