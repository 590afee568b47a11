/*
 * Memory in which the newest takes the room of the oldest (internal).
 *
 * Places count all bytes that were ever put in, so that a place tells whether
 * what stood there is still there: memory holds the last of them.  What is put
 * in lies in one piece.
 */

#ifndef RECO_NEWEST_H
#define RECO_NEWEST_H

#include <stddef.h>
#include <stdint.h>


typedef struct {
    char *memory;
    uint64_t size; /* a multiple of what sizes are rounded to */
    uint64_t head; /* place of the next one */
} reco_newest_t;


/* memory: size bytes of the caller, aligned for what is put in.  No place is 0. */
static inline void
reco_newest_init(reco_newest_t *newest, void *memory, size_t size)
{
    newest->memory = memory;
    newest->size = size;
    newest->head = size;
}


/* A size as it is taken: what comes behind is aligned for integers of 64 bits. */
static inline size_t
reco_newest_rounded(size_t size)
{
    return (size + sizeof(uint64_t) - 1) / sizeof(uint64_t) * sizeof(uint64_t);
}


/* Has the next one begin at memory's start. */
static inline void
reco_newest_rewind(reco_newest_t *newest)
{
    newest->head += newest->size - newest->head % newest->size;
}


/* The place of what is put in now, size bytes, rounded and no more than memory
   has. */
static inline uint64_t
reco_newest_take(reco_newest_t *newest, size_t size)
{
    if (size > newest->size - newest->head % newest->size) {
        reco_newest_rewind(newest);
    }

    newest->head += size;

    return newest->head - size;
}


/* What is at a place.  NULL: 0, or it has had to go. */
static inline void *
reco_newest_at(const reco_newest_t *newest, uint64_t at)
{
    return at != 0 && newest->head - at <= newest->size
               ? newest->memory + at % newest->size
               : NULL;
}

#endif /* RECO_NEWEST_H */
