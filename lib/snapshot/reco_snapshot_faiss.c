/*
 * Builds vectors.faiss: the only file that calls FAISS.
 *
 * IVF,Flat, because it is the one type of FAISS index that can be shared by
 * all workers as a mapping, small catalogues being one list.  The number of
 * lists follows the number of vectors; nprobe is raised until the search
 * finds 95 % of what an exact search finds, on the site's own vectors.
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


/* Keeps the rows that are not all zero. */
static reco_status_t
faiss_pack(faiss_work_t *work, const reco_snapshot_source_t *source,
    reco_error_t *error)
{
    int any;
    size_t i, item, dimensions;
    const float *row;

    dimensions = source->dimensions;
    work->dimensions = source->dimensions;
    work->vectors =
        malloc(((size_t) source->nitems * dimensions + 1) * sizeof(float));
    work->items = malloc(((size_t) source->nitems + 1) * sizeof(idx_t));

    if (work->vectors == NULL || work->items == NULL) {
        return reco_error_set(
            error, RECO_NOMEM, "out of memory for the vectors");
    }

    for (item = 0; item < source->nitems; item++) {
        row = source->factors + item * dimensions;
        any = 0;

        for (i = 0; i < dimensions; i++) {
            any |= row[i] != 0;

            if (!isfinite(row[i])) {
                return reco_error_set(error, RECO_INVALID,
                    "the vector of item %zu has a value that is no number",
                    item);
            }
        }

        if (any) {
            memcpy(work->vectors + work->count * dimensions, row,
                dimensions * sizeof(float));
            work->items[work->count++] = (idx_t) item;
        }
    }

    return work->count != 0
               ? RECO_OK
               : reco_error_set(error, RECO_DECLINED, "no item has a vector");
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
    rows = faiss_stride(work, &count);

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
