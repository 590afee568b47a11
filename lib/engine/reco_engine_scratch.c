/*
 * Memory of a thread's queries.
 */

#include "reco_engine_scratch.h"

#include <stdlib.h>
#include <string.h>

/* Room for at least this many, so that a scratch serves other models too. */
#define SCRATCH_SESSIONS_MIN 4096
#define SCRATCH_ITEMS_MIN    8192


static uint32_t
scratch_larger(uint32_t a, uint32_t b)
{
    return a > b ? a : b;
}


typedef struct {
    uint32_t sessions;
    uint32_t items;
    uint32_t keys;
} scratch_sizes_t;


static scratch_sizes_t
scratch_sizes(const reco_engine_model_t *model)
{
    scratch_sizes_t sizes;

    sizes.sessions = reco_engine_count(model, RECO_ENGINE_SESSION_M)
                     * reco_engine_count(model, RECO_ENGINE_SESSION_ITEMS);
    sizes.sessions = scratch_larger(sizes.sessions, SCRATCH_SESSIONS_MIN);
    sizes.items = reco_engine_count(model, RECO_ENGINE_SESSION_K) * 32;
    sizes.items = scratch_larger(sizes.items, SCRATCH_ITEMS_MIN);
    sizes.keys = scratch_larger(scratch_larger(sizes.sessions, sizes.items),
        model->base->vectors.nlists);

    return sizes;
}


int
reco_engine_scratch_serves(
    const reco_engine_scratch_t *scratch, const reco_engine_model_t *model)
{
    scratch_sizes_t sizes;

    sizes = scratch_sizes(model);

    return sizes.sessions <= scratch->nsessions
           && sizes.items <= scratch->nitems && sizes.keys <= scratch->nkeys
           && reco_engine_tally_serves(
               &scratch->sessions, model->base->sessions.nsessions)
           && reco_engine_tally_serves(&scratch->items, model->nitems);
}


reco_status_t
reco_engine_scratch_create(
    const reco_engine_model_t *model, reco_engine_scratch_t **scratch)
{
    reco_status_t status;
    scratch_sizes_t sizes;
    reco_engine_scratch_t *created;

    sizes = scratch_sizes(model);

    /* Aligned for the vectors within. */
    created = aligned_alloc(64, (sizeof(*created) + 63) & ~(size_t) 63);

    if (created == NULL) {
        return RECO_NOMEM;
    }

    memset(created, 0, sizeof(*created));
    created->nsessions = sizes.sessions;
    created->nitems = sizes.items;
    created->nkeys = sizes.keys;
    created->keys = malloc(
        (created->nkeys + RECO_ENGINE_SCAN_SPARE) * sizeof(created->keys[0]));
    status = created->keys != NULL ? RECO_OK : RECO_NOMEM;

    if (status == RECO_OK) {
        status = reco_engine_tally_create(&created->sessions, sizes.sessions,
            model->base->sessions.nsessions);
    }

    if (status == RECO_OK) {
        status = reco_engine_tally_create(
            &created->items, sizes.items, model->nitems);
    }

    if (status != RECO_OK) {
        reco_engine_scratch_destroy(created);
        return status;
    }

    *scratch = created;

    return RECO_OK;
}


void
reco_engine_scratch_destroy(reco_engine_scratch_t *scratch)
{
    if (scratch == NULL) {
        return;
    }

    reco_engine_tally_destroy(&scratch->sessions);
    reco_engine_tally_destroy(&scratch->items);
    free(scratch->keys);
    free(scratch);
}
