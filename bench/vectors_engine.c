/*
 * The engine's search for vectors_compare.cpp: the codes are scanned, and
 * what was found is multiplied again with the vectors themselves, as in a
 * query.
 */

#include "vectors_engine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/reco_engine_factors.h"
#include "engine/reco_engine_select.h"

struct vectors_engine_s {
    reco_snapshot_t *snapshot;
    reco_engine_model_t *model;
    reco_engine_scratch_t *scratch;
};


static void
fail(const reco_error_t *error)
{
    fprintf(stderr, "vectors: %s\n", error->message);
    exit(1);
}


void
vectors_engine_write(const char *folder, const float *vectors, uint32_t count,
    uint32_t dimensions, const float *queries, uint32_t nqueries)
{
    char *ids;
    float *popularity;
    uint32_t i;
    uint64_t *offsets;
    reco_error_t error;
    reco_snapshot_item_t *items;
    reco_snapshot_source_t source;

    memset(&source, 0, sizeof(source));
    ids = malloc((size_t) count * 16);
    items = calloc(count, sizeof(items[0]));
    popularity = calloc(count, sizeof(popularity[0]));
    offsets = calloc(1, sizeof(offsets[0]));

    if (ids == NULL || items == NULL || popularity == NULL || offsets == NULL) {
        fprintf(stderr, "vectors: out of memory\n");
        exit(1);
    }

    for (i = 0; i < count; i++) {
        items[i].id.data = ids + (size_t) i * 16;
        items[i].id.len = (size_t) snprintf(ids + (size_t) i * 16, 16, "%u", i);
        items[i].price = -1;
        items[i].available = 1;
    }

    source.nitems = count;
    source.items = items;
    source.sessions.offsets = offsets;
    source.popular = (reco_snapshot_popular_t){count, popularity, popularity};
    source.dimensions = dimensions;
    source.factors = vectors;
    source.queries = queries;
    source.nqueries = nqueries;

    if (reco_snapshot_write(folder, &source, &error) != RECO_OK) {
        fail(&error);
    }

    free(offsets);
    free(popularity);
    free(items);
    free(ids);
}


vectors_engine_t *
vectors_engine_open(const char *folder, unsigned nprobe)
{
    char text[16];
    reco_error_t error;
    vectors_engine_t *engine;
    reco_engine_params_t params;

    engine = calloc(1, sizeof(*engine));

    if (engine == NULL) {
        fprintf(stderr, "vectors: out of memory\n");
        exit(1);
    }

    reco_engine_params_init(&params);
    snprintf(text, sizeof(text), "%u", nprobe);

    if (reco_engine_params_set(&params, reco_string("factors.nprobe"),
            (reco_str_t){strlen(text), text}, &error)
            != RECO_OK
        || reco_engine_params_set(
               &params, reco_string("factors.budget"), reco_string("0"), &error)
               != RECO_OK
        || reco_snapshot_open(folder, 0, &engine->snapshot, &error) != RECO_OK
        || reco_engine_model_open(
               engine->snapshot, NULL, &params, &engine->model, &error)
               != RECO_OK
        || reco_engine_scratch_create(engine->model, &engine->scratch)
               != RECO_OK)
    {
        fail(&error);
    }

    return engine;
}


void
vectors_engine_close(vectors_engine_t *engine)
{
    reco_engine_scratch_destroy(engine->scratch);
    reco_engine_model_close(engine->model);
    reco_snapshot_release(engine->snapshot);
    free(engine);
}


void
vectors_engine_search(
    vectors_engine_t *engine, const float *query, unsigned k, int64_t *found)
{
    float norm;
    unsigned i, count;
    uint32_t item, dimensions;
    uint64_t *keys;

    dimensions = engine->model->base->vectors.dimensions;
    keys = engine->scratch->found;
    memcpy(engine->scratch->vector, query, dimensions * sizeof(query[0]));
    count =
        reco_engine_factors_search(engine->model, engine->scratch, k + k / 4);

    for (i = 0; i < count; i++) {
        __builtin_prefetch(
            reco_engine_hot(engine->model, reco_engine_key_number(keys[i])));
    }

    for (i = 0; i < count; i++) {
        item = reco_engine_key_number(keys[i]);
        keys[i] = reco_engine_key(
            engine->model->kernels->dot(query,
                reco_engine_vector(engine->model, item, &norm), dimensions),
            item);
    }

    count = reco_engine_select(engine->model->kernels, keys, count, k);
    reco_engine_sort(engine->model->kernels, keys, count);

    for (i = 0; i < k; i++) {
        found[i] = i < count ? (int64_t) reco_engine_key_number(keys[i]) : -1;
    }
}
