/*
 * Builds vectors.faiss: the only file that calls FAISS.
 *
 * IVF,Flat, because it is the one type of FAISS index that can be shared by
 * all workers as a mapping, small catalogues being one list.  The number of
 * lists follows the number of vectors; nprobe is raised until the search
 * finds 95 % of what an exact search finds, on the site's own vectors.
 *
 * Vectors go in from the longest to the shortest, and so stand in each list:
 * a reader can stop where no product can be large enough any more.
 */

#include "reco_snapshot_parts.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <faiss/c_api/IndexIVF_c.h>
#include <faiss/c_api/Index_c.h>
#include <faiss/c_api/error_c.h>
#include <faiss/c_api/index_factory_c.h>
#include <faiss/c_api/index_io_c.h>

#define FAISS_RECALL_AT     50
#define FAISS_RECALL_TARGET 0.95
#define FAISS_QUERIES       256

/* Fewer points than this for each centroid make FAISS complain. */
#define FAISS_POINTS_MIN 39

/* More than this make training longer, and lists no better. */
#define FAISS_POINTS_MAX 64

/* The vectors that are not zero, packed, and what is searched. */
typedef struct {
    FaissIndex *index;
    uint32_t dimensions;
    idx_t count;
    float *vectors;
    idx_t *items;
    const float *queries;
    idx_t nqueries;
    float *sample; /* where queries are items' vectors */
} faiss_work_t;


static reco_status_t
faiss_failed(const char *what, reco_error_t *error)
{
    const char *reason;

    reason = faiss_get_last_error();

    return reco_error_set(error, RECO_IO, "FAISS cannot %s the index: %s", what,
        reason != NULL ? reason : "unknown reason");
}


static void
faiss_done(faiss_work_t *work)
{
    if (work->index != NULL) {
        faiss_Index_free(work->index);
    }

    free(work->vectors);
    free(work->items);
    free(work->sample);
}


typedef struct {
    float length; /* squared */
    uint32_t item;
} faiss_place_t;


static int
faiss_longest_first(const void *a, const void *b)
{
    const faiss_place_t *left, *right;

    left = a;
    right = b;

    if (left->length != right->length) {
        return left->length < right->length ? 1 : -1;
    }

    return left->item < right->item ? -1 : left->item > right->item;
}


/* The rows that are not all zero, in the order of their lengths. */
static reco_status_t
faiss_order(faiss_place_t *places, idx_t *count,
    const reco_snapshot_source_t *source, reco_error_t *error)
{
    float length;
    uint32_t i, item;
    const float *row;

    for (item = 0; item < source->nitems; item++) {
        row = source->factors + (size_t) item * source->dimensions;
        length = 0;

        for (i = 0; i < source->dimensions; i++) {
            length += row[i] * row[i];
        }

        if (!isfinite(length)) {
            return reco_error_set(error, RECO_INVALID,
                "the vector of item %u has a value that is no number, or "
                "too large",
                item);
        }

        if (length > 0) {
            places[*count].length = length;
            places[*count].item = item;
            (*count)++;
        }
    }

    qsort(places, (size_t) *count, sizeof(places[0]), faiss_longest_first);

    return *count != 0
               ? RECO_OK
               : reco_error_set(error, RECO_DECLINED, "no item has a vector");
}


static reco_status_t
faiss_pack(faiss_work_t *work, const reco_snapshot_source_t *source,
    reco_error_t *error)
{
    idx_t i;
    size_t dimensions;
    faiss_place_t *places;
    reco_status_t status;

    dimensions = source->dimensions;
    work->dimensions = source->dimensions;
    places = malloc(((size_t) source->nitems + 1) * sizeof(places[0]));
    work->vectors =
        malloc(((size_t) source->nitems * dimensions + 1) * sizeof(float));
    work->items = malloc(((size_t) source->nitems + 1) * sizeof(idx_t));

    if (places == NULL || work->vectors == NULL || work->items == NULL) {
        free(places);
        return reco_error_set(
            error, RECO_NOMEM, "out of memory for the vectors");
    }

    status = faiss_order(places, &work->count, source, error);

    for (i = 0; i < work->count && status == RECO_OK; i++) {
        memcpy(work->vectors + (size_t) i * dimensions,
            source->factors + (size_t) places[i].item * dimensions,
            dimensions * sizeof(float));
        work->items[i] = (idx_t) places[i].item;
    }

    free(places);

    return status;
}


/* 4 * sqrt(n), rounded to a power of two, where there are points enough. */
static uint32_t
faiss_nlists(idx_t count)
{
    double lists;
    uint32_t nlists;

    lists = exp2(round(log2(4 * sqrt((double) count))));
    nlists = lists > 65536 ? 65536 : (uint32_t) lists;

    while (nlists > 1 && (idx_t) nlists * FAISS_POINTS_MIN > count) {
        nlists /= 2;
    }

    return nlists;
}


/* Evenly strided rows; *count of them or all. */
static float *
faiss_stride(const faiss_work_t *work, idx_t *count)
{
    idx_t i;
    float *rows;
    size_t size;

    if (*count > work->count) {
        *count = work->count;
    }

    size = work->dimensions * sizeof(float);
    rows = malloc((size_t) *count * size);

    for (i = 0; i < *count && rows != NULL; i++) {
        memcpy(rows + i * work->dimensions,
            work->vectors
                + (size_t) (i * work->count / *count) * work->dimensions,
            size);
    }

    return rows;
}


/* All rows, so often that FAISS does not complain of too few. */
static float *
faiss_repeat(const faiss_work_t *work, idx_t *count)
{
    idx_t i;
    float *rows;
    size_t size;

    *count = (FAISS_POINTS_MIN + work->count - 1) / work->count * work->count;
    size = work->dimensions * sizeof(float);
    rows = malloc((size_t) *count * size);

    for (i = 0; i < *count && rows != NULL; i++) {
        memcpy(rows + i * work->dimensions,
            work->vectors + (i % work->count) * work->dimensions, size);
    }

    return rows;
}


static reco_status_t
faiss_train(faiss_work_t *work, uint32_t nlists, reco_error_t *error)
{
    int rc;
    char factory[32];
    float *rows;
    idx_t count;

    snprintf(factory, sizeof(factory), "IVF%u,Flat", nlists);
    rc = faiss_index_factory(
        &work->index, (int) work->dimensions, factory, METRIC_INNER_PRODUCT);

    if (rc != 0) {
        work->index = NULL;
        return faiss_failed("make", error);
    }

    count = (idx_t) nlists * FAISS_POINTS_MAX;
    rows = nlists == 1 && work->count < FAISS_POINTS_MIN
               ? faiss_repeat(work, &count)
               : faiss_stride(work, &count);

    if (rows == NULL) {
        return reco_error_set(
            error, RECO_NOMEM, "out of memory for the training sample");
    }

    rc = faiss_Index_train(work->index, count, rows);
    free(rows);

    if (rc != 0) {
        return faiss_failed("train", error);
    }

    rc = faiss_Index_add_with_ids(
        work->index, work->count, work->vectors, work->items);

    return rc == 0 ? RECO_OK : faiss_failed("fill", error);
}


/* The share of the exact answers that are among the found ones. */
static double
faiss_recall(const idx_t *exact, const idx_t *found, idx_t nqueries)
{
    unsigned i, j;
    idx_t query;
    uint64_t hits, total;

    hits = 0;
    total = 0;

    for (query = 0; query < nqueries; query++) {
        for (i = 0; i < FAISS_RECALL_AT; i++) {
            if (exact[i] < 0) {
                continue;
            }

            total++;

            for (j = 0; j < FAISS_RECALL_AT; j++) {
                if (found[j] == exact[i]) {
                    hits++;
                    break;
                }
            }
        }

        exact += FAISS_RECALL_AT;
        found += FAISS_RECALL_AT;
    }

    return total != 0 ? (double) hits / (double) total : 1;
}


static int
faiss_search(
    const faiss_work_t *work, uint32_t nprobe, float *scores, idx_t *labels)
{
    faiss_IndexIVF_set_nprobe(faiss_IndexIVF_cast(work->index), nprobe);

    return faiss_Index_search(work->index, work->nqueries, work->queries,
        FAISS_RECALL_AT, scores, labels);
}


/* Raises nprobe by halves of powers of two: 1, 2, 3, 4, 6, 8, 12, ... */
static reco_status_t
faiss_tune(const faiss_work_t *work, reco_snapshot_index_t *index,
    float *scores, idx_t *exact, idx_t *found, reco_error_t *error)
{
    uint32_t nprobe, step;

    if (faiss_search(work, index->nlists, scores, exact) != 0) {
        return faiss_failed("search", error);
    }

    nprobe = 1;
    step = 1;

    for (;;) {
        if (faiss_search(work, nprobe, scores, found) != 0) {
            return faiss_failed("search", error);
        }

        index->nprobe = nprobe;
        index->recall = faiss_recall(exact, found, work->nqueries);

        if (index->recall >= FAISS_RECALL_TARGET || nprobe >= index->nlists) {
            return RECO_OK;
        }

        if (nprobe >= 4 * step) {
            step *= 2;
        }

        nprobe += step;

        if (nprobe > index->nlists) {
            nprobe = index->nlists;
        }
    }
}


/*
 * Visitors as the engine will fold them in, roughly: means of the vectors of
 * recent sessions' items.  Fewer where sessions have no vectors.
 */
static void
faiss_visitors(faiss_work_t *work, const reco_snapshot_source_t *source)
{
    uint32_t i, j, session;
    uint64_t event;
    float *row, any;
    const float *factors;
    const reco_snapshot_sessions_t *sessions;

    sessions = &source->sessions;
    work->sample = calloc(
        (size_t) FAISS_QUERIES * source->dimensions, sizeof(work->sample[0]));

    if (work->sample == NULL || sessions->nsessions < FAISS_QUERIES) {
        return;
    }

    for (i = 0; i < FAISS_QUERIES; i++) {
        session =
            (uint32_t) ((uint64_t) i * sessions->nsessions / FAISS_QUERIES);
        row = work->sample + (size_t) work->nqueries * source->dimensions;
        any = 0;

        for (event = sessions->offsets[session];
             event < sessions->offsets[session + 1]; event++)
        {
            factors = source->factors
                      + (size_t) sessions->items[event] * source->dimensions;

            for (j = 0; j < source->dimensions; j++) {
                row[j] += factors[j];
                any += fabsf(row[j]);
            }
        }

        work->nqueries += any > 0;
    }
}


static reco_status_t
faiss_tune_queries(faiss_work_t *work, const reco_snapshot_source_t *source,
    reco_snapshot_index_t *index, reco_error_t *error)
{
    float *scores;
    idx_t *exact, *found;
    size_t size;
    reco_status_t status;

    work->queries = source->queries;
    work->nqueries =
        source->nqueries < FAISS_QUERIES ? source->nqueries : FAISS_QUERIES;

    if (work->queries == NULL || work->nqueries == 0) {
        work->nqueries = 0;
        faiss_visitors(work, source);
        work->queries = work->sample;
    }

    if (work->queries != NULL && work->nqueries == 0) {
        free(work->sample);
        work->nqueries = FAISS_QUERIES;
        work->sample = faiss_stride(work, &work->nqueries);
        work->queries = work->sample;
    }

    size = (size_t) work->nqueries * FAISS_RECALL_AT;
    scores = malloc(size * sizeof(scores[0]));
    exact = malloc(size * sizeof(exact[0]));
    found = malloc(size * sizeof(found[0]));

    if (work->queries == NULL || scores == NULL || exact == NULL
        || found == NULL) {
        status = reco_error_set(
            error, RECO_NOMEM, "out of memory for tuning the index");

    } else {
        status = faiss_tune(work, index, scores, exact, found, error);
    }

    free(scores);
    free(exact);
    free(found);

    return status;
}


reco_status_t
reco_snapshot_faiss_build(const char *path,
    const reco_snapshot_source_t *source, reco_snapshot_index_t *index,
    reco_error_t *error)
{
    faiss_work_t work;
    reco_status_t status;

    if (source->dimensions > RECO_SNAPSHOT_DIMENSIONS_MAX) {
        return reco_error_set(error, RECO_TOO_LARGE,
            "vectors of %u dimensions; %u are possible", source->dimensions,
            RECO_SNAPSHOT_DIMENSIONS_MAX);
    }

    memset(&work, 0, sizeof(work));
    status = faiss_pack(&work, source, error);

    if (status == RECO_OK) {
        index->nlists = faiss_nlists(work.count);
        status = faiss_train(&work, index->nlists, error);
    }

    if (status == RECO_OK) {
        status = faiss_tune_queries(&work, source, index, error);
    }

    if (status == RECO_OK) {
        faiss_IndexIVF_set_nprobe(
            faiss_IndexIVF_cast(work.index), index->nprobe);

        if (faiss_write_index_fname(work.index, path) != 0) {
            status = faiss_failed("write", error);
        }
    }

    faiss_done(&work);

    return status;
}
