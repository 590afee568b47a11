/*
 * Reads vectors.faiss in place.
 *
 * The worker walks the inverted lists of FAISS's file itself: FAISS's own
 * reader trusts what it reads, its search allocates, and its quantizer would
 * be a private copy in each process.  So the structure of the one index type
 * that the trainer writes, an IndexIVFFlat with a flat quantizer and inner
 * product, is checked here field by field:
 *
 *   "IwFl" d ntotal - - trained metric nlists nprobe
 *   "IxFI" d ntotal - - trained metric count, centroids
 *   direct map: type, 0
 *   "ilar" nlists code_size "full"|"sprs" count, sizes
 *   each list: vectors, ids
 *
 * Nothing in it is aligned.
 */

#include "reco_snapshot_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FOURCC_IVF_FLAT      RECO_SNAPSHOT_TAG('I', 'w', 'F', 'l')
#define FOURCC_FLAT          RECO_SNAPSHOT_TAG('I', 'x', 'F', 'I')
#define FOURCC_LISTS         RECO_SNAPSHOT_TAG('i', 'l', 'a', 'r')
#define FOURCC_SIZES_FULL    RECO_SNAPSHOT_TAG('f', 'u', 'l', 'l')
#define FOURCC_SIZES_SPARSE  RECO_SNAPSHOT_TAG('s', 'p', 'r', 's')
#define METRIC_INNER_PRODUCT 0
#define VECTORS_LISTS_MAX    (1u << 20)

/* Reads little-endian fields one after the other; sticky at the end. */
typedef struct {
    const uint8_t *next;
    const uint8_t *end;
    int failed;
} vectors_cursor_t;


static const uint8_t *
cursor_skip(vectors_cursor_t *cursor, uint64_t length)
{
    const uint8_t *start;

    if (cursor->failed || length > (uint64_t) (cursor->end - cursor->next)) {
        cursor->failed = 1;
        return NULL;
    }

    start = cursor->next;
    cursor->next += length;

    return start;
}


static uint64_t
cursor_read(vectors_cursor_t *cursor, size_t size)
{
    uint64_t value;
    const uint8_t *bytes;

    value = 0;
    bytes = cursor_skip(cursor, size);

    if (bytes != NULL) {
        memcpy(&value, bytes, size);
    }

    return value;
}


static void
cursor_expect(vectors_cursor_t *cursor, uint64_t value, size_t size)
{
    if (cursor_read(cursor, size) != value) {
        cursor->failed = 1;
    }
}


/* What every FAISS index starts with. */
static void
vectors_read_header(vectors_cursor_t *cursor, uint32_t fourcc,
    uint32_t *dimensions, uint64_t *ntotal)
{
    cursor_expect(cursor, fourcc, 4);
    *dimensions = (uint32_t) cursor_read(cursor, 4);
    *ntotal = cursor_read(cursor, 8);
    cursor_skip(cursor, 16);
    cursor_expect(cursor, 1, 1);
    cursor_expect(cursor, METRIC_INNER_PRODUCT, 4);
}


static void
vectors_read_quantizer(
    vectors_cursor_t *cursor, reco_snapshot_vectors_t *vectors)
{
    uint32_t dimensions;
    uint64_t ncentroids, nfloats;

    vectors_read_header(cursor, FOURCC_FLAT, &dimensions, &ncentroids);
    nfloats = (uint64_t) vectors->nlists * vectors->dimensions;

    if (dimensions != vectors->dimensions || ncentroids != vectors->nlists) {
        cursor->failed = 1;
    }

    cursor_expect(cursor, nfloats, 8);
    vectors->centroids = cursor_skip(cursor, nfloats * sizeof(float));
}


/* The sizes of the lists: all of them, or pairs (list, size). */
static void
vectors_read_sizes(vectors_cursor_t *cursor, reco_snapshot_vectors_t *vectors)
{
    uint32_t i;
    uint64_t count, list, size;

    switch (cursor_read(cursor, 4)) {
    case FOURCC_SIZES_FULL:
        cursor_expect(cursor, vectors->nlists, 8);

        for (i = 0; i < vectors->nlists && !cursor->failed; i++) {
            size = cursor_read(cursor, 8);
            cursor->failed |= size > vectors->ntotal;
            vectors->list_length[i] = (uint32_t) size;
        }
        break;

    case FOURCC_SIZES_SPARSE:
        count = cursor_read(cursor, 8);

        for (; count >= 2 && !cursor->failed; count -= 2) {
            list = cursor_read(cursor, 8);
            size = cursor_read(cursor, 8);

            if (list >= vectors->nlists || size > vectors->ntotal) {
                cursor->failed = 1;
                break;
            }

            vectors->list_length[list] = (uint32_t) size;
        }

        cursor->failed |= count != 0;
        break;

    default:
        cursor->failed = 1;
    }
}


static void
vectors_read_lists(vectors_cursor_t *cursor, reco_snapshot_vectors_t *vectors)
{
    uint32_t i;
    uint64_t total, bytes, stride;

    stride = vectors->dimensions * sizeof(float);

    cursor_expect(cursor, FOURCC_LISTS, 4);
    cursor_expect(cursor, vectors->nlists, 8);
    cursor_expect(cursor, stride, 8);
    vectors_read_sizes(cursor, vectors);

    if (cursor->failed) {
        return;
    }

    stride += sizeof(uint64_t);
    total = 0;
    bytes = 0;

    for (i = 0; i < vectors->nlists; i++) {
        vectors->list_offset[i] = bytes;
        total += vectors->list_length[i];
        bytes += vectors->list_length[i] * stride;
    }

    vectors->lists_length = bytes;
    vectors->lists = cursor_skip(cursor, bytes);

    /* Nothing may follow: what is there is then all that was checked. */
    cursor->failed |= total != vectors->ntotal || cursor->next != cursor->end;
}


static reco_status_t
vectors_read(vectors_cursor_t *cursor, reco_snapshot_vectors_t *vectors)
{
    uint64_t nlists, nprobe;

    vectors_read_header(
        cursor, FOURCC_IVF_FLAT, &vectors->dimensions, &vectors->ntotal);
    nlists = cursor_read(cursor, 8);
    nprobe = cursor_read(cursor, 8);

    if (cursor->failed || vectors->dimensions == 0
        || vectors->dimensions > RECO_SNAPSHOT_DIMENSIONS_MAX
        || vectors->ntotal > RECO_SNAPSHOT_ITEMS_MAX || nlists == 0
        || nlists > VECTORS_LISTS_MAX || nprobe == 0 || nprobe > nlists)
    {
        return RECO_CORRUPT;
    }

    vectors->nlists = (uint32_t) nlists;
    vectors->nprobe = (uint32_t) nprobe;
    vectors->list_offset = calloc(nlists, sizeof(vectors->list_offset[0]));
    vectors->list_length = calloc(nlists, sizeof(vectors->list_length[0]));

    if (vectors->list_offset == NULL || vectors->list_length == NULL) {
        return RECO_NOMEM;
    }

    vectors_read_quantizer(cursor, vectors);

    cursor_expect(cursor, 0, 1);
    cursor_expect(cursor, 0, 8);

    vectors_read_lists(cursor, vectors);

    return cursor->failed ? RECO_CORRUPT : RECO_OK;
}


reco_status_t
reco_snapshot_vectors_open(const uint8_t *base, uint64_t size, const char *path,
    reco_snapshot_vectors_t *vectors, reco_error_t *error)
{
    reco_status_t status;
    vectors_cursor_t cursor;

    memset(vectors, 0, sizeof(*vectors));
    cursor.next = base;
    cursor.end = base + size;
    cursor.failed = 0;

    status = vectors_read(&cursor, vectors);

    if (status != RECO_OK) {
        reco_snapshot_vectors_close(vectors);
        return reco_error_set(error, status,
            "\"%s\" is not an intact IVF,Flat index with inner product", path);
    }

    return RECO_OK;
}


void
reco_snapshot_vectors_close(reco_snapshot_vectors_t *vectors)
{
    free(vectors->list_offset);
    free(vectors->list_length);
    memset(vectors, 0, sizeof(*vectors));
}


static float
vectors_inverse_norm(const uint8_t *vector, uint32_t dimensions)
{
    uint32_t i;
    float value;
    double sum;

    sum = 0;

    for (i = 0; i < dimensions; i++) {
        memcpy(&value, vector + i * sizeof(value), sizeof(value));
        sum += (double) value * value;
    }

    return sum > 0 ? (float) (1 / sqrt(sum)) : 0;
}


reco_status_t
reco_snapshot_vectors_locate(const reco_snapshot_vectors_t *vectors,
    reco_snapshot_facts_t *facts, reco_error_t *error)
{
    uint32_t list, i;
    uint64_t item;
    const uint8_t *vector;

    if (vectors->lists_length / 4 >= RECO_ITEM_NONE) {
        return reco_error_set(error, RECO_TOO_LARGE,
            "the vectors take %llu bytes; 16 GiB are possible",
            (unsigned long long) vectors->lists_length);
    }

    for (list = 0; list < vectors->nlists; list++) {
        for (i = 0; i < vectors->list_length[list]; i++) {
            vector = reco_snapshot_list_vector(vectors, list, i, &item);

            if (item < facts->nitems) {
                facts->hot[item].position =
                    (uint32_t) ((uint64_t) (vector - vectors->lists) / 4);
                facts->hot[item].norm =
                    vectors_inverse_norm(vector, vectors->dimensions);
            }
        }
    }

    return RECO_OK;
}
