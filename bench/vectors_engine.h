/*
 * The engine's search with a vector, behind a few functions that C++ can
 * call.  All of them exit where something fails.
 */

#ifndef VECTORS_ENGINE_H
#define VECTORS_ENGINE_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct vectors_engine_s vectors_engine_t;

/* A version with vectors and nothing else; queries are for its tuning. */
void vectors_engine_write(const char *folder, const float *vectors,
    uint32_t count, uint32_t dimensions, const float *queries,
    uint32_t nqueries);

/* nprobe 0: as tuned when it was written. */
vectors_engine_t *vectors_engine_open(const char *folder, unsigned nprobe);
void vectors_engine_close(vectors_engine_t *engine);

/* The k best by inner product, best first; -1 where there are fewer. */
void vectors_engine_search(
    vectors_engine_t *engine, const float *query, unsigned k, int64_t *found);

#ifdef __cplusplus
}
#endif

#endif /* VECTORS_ENGINE_H */
