/*
 * Memory for the templates of one run of a fuzz target: one piece, which the
 * next run takes again.
 */

#ifndef RENDER_POOL_H
#define RENDER_POOL_H

#include <stddef.h>

#define POOL_SIZE (1 << 20)

typedef struct {
    char *data;
    size_t used;
} pool_t;


static void *
pool_alloc(void *owner, size_t size)
{
    pool_t *pool;
    void *p;

    pool = owner;
    size = (size + 15) & ~(size_t) 15;

    if (size > POOL_SIZE - pool->used) {
        return NULL;
    }

    p = pool->data + pool->used;
    pool->used += size;

    return p;
}

#endif /* RENDER_POOL_H */
