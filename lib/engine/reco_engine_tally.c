/*
 * Memory of the tallies, and their best entries.
 */

#include "reco_engine_tally.h"

#include <stdlib.h>
#include <string.h>

#include "reco_engine_select.h"


reco_status_t
reco_engine_tally_create(reco_engine_tally_t *tally, uint32_t limit)
{
    uint32_t size;

    memset(tally, 0, sizeof(*tally));
    tally->shift = 32;

    /* At most half full. */
    for (size = 1; size < 2 * limit; size *= 2) {
        tally->shift--;
    }

    tally->mask = size - 1;
    tally->limit = limit;
    tally->stamp = 1;
    tally->entries = calloc(size, sizeof(tally->entries[0]));
    tally->places = malloc((size_t) limit * sizeof(tally->places[0]));

    if (tally->entries == NULL || tally->places == NULL) {
        reco_engine_tally_destroy(tally);
        return RECO_NOMEM;
    }

    return RECO_OK;
}


void
reco_engine_tally_destroy(reco_engine_tally_t *tally)
{
    free(tally->entries);
    free(tally->places);
    memset(tally, 0, sizeof(*tally));
}


void
reco_engine_tally_clear(reco_engine_tally_t *tally)
{
    tally->count = 0;
    tally->stamp++;

    /* Once in 65,536 times an old stamp would look new. */
    if (tally->stamp == 0) {
        memset(tally->entries, 0,
            ((size_t) tally->mask + 1) * sizeof(tally->entries[0]));
        tally->stamp = 1;
    }
}


unsigned
reco_engine_tally_select(
    const reco_engine_tally_t *tally, uint64_t *keys, unsigned wanted)
{
    uint32_t i;
    const reco_engine_tally_entry_t *entry;

    for (i = 0; i < tally->count; i++) {
        entry = &tally->entries[tally->places[i]];
        keys[i] = reco_engine_key(entry->sum, entry->number);
    }

    return reco_engine_select(keys, tally->count, wanted);
}
