/*
 * What the tests of rendering share: a template rendered over a block, as a
 * string, and the error of one that is refused.
 */

#ifndef RENDER_CASE_H
#define RENDER_CASE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "render/reco_render.h"


#define RENDER_POOL 64

/* Everything that was allocated, freed by render_pool_done(). */
typedef struct {
    void *blocks[RENDER_POOL];
    unsigned used;
    unsigned left; /* allocations that succeed */
} render_pool_t;


static inline void *
render_pool_alloc(void *owner, size_t size)
{
    render_pool_t *pool;

    pool = owner;

    if (pool->left == 0 || pool->used == RENDER_POOL) {
        return NULL;
    }

    pool->left--;
    pool->blocks[pool->used] = malloc(size);

    return pool->blocks[pool->used++];
}


static inline void
render_pool_done(render_pool_t *pool)
{
    while (pool->used > 0) {
        free(pool->blocks[--pool->used]);
    }
}


static inline reco_str_t
text(const char *data)
{
    return (reco_str_t){strlen(data), data};
}


/* The template rendered over the block; the buffer is overwritten each time. */
static inline const char *
rendered(const char *source, const reco_render_block_t *block)
{
    static char out[65536];
    reco_render_memory_t memory;
    reco_render_template_t *template;
    render_pool_t pool = {.left = RENDER_POOL};
    reco_error_t error;
    reco_status_t status;
    size_t len;

    memory.alloc = render_pool_alloc;
    memory.owner = &pool;
    error.message[0] = '\0';

    status = reco_render_parse(text(source), &memory, &template, &error);
    assert_string_equal(error.message, "");
    assert_int_equal(status, RECO_OK);

    status = reco_render(template, block, out, sizeof(out) - 1, &len);
    assert_int_equal(status, RECO_OK);
    out[len] = '\0';
    render_pool_done(&pool);

    return out;
}


/* The error of a template that must be refused. */
static inline reco_error_t
refused(const char *source)
{
    reco_render_memory_t memory;
    reco_render_template_t *template;
    render_pool_t pool = {.left = RENDER_POOL};
    reco_error_t error;
    reco_status_t status;

    memory.alloc = render_pool_alloc;
    memory.owner = &pool;
    memset(&error, 0, sizeof(error));

    status = reco_render_parse(text(source), &memory, &template, &error);
    assert_int_equal(status, RECO_INVALID);
    render_pool_done(&pool);

    return error;
}

#endif /* RENDER_CASE_H */
