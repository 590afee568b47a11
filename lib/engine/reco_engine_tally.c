/*
 * Memory of the tallies, and their best entries.
 */

#include "reco_engine_tally.h"

#include <stdlib.h>
#include <string.h>

#include "reco_engine_select.h"

#define TALLY_SLOTS_MIN 128


/* Slots for count entries, which fill half of them at most. */
static uint32_t
tally_slots(uint32_t count)
{
    uint32_t slots;

    for (slots = TALLY_SLOTS_MIN; slots / 2 <= count; slots *= 2) {
        /* void */
    }

    return slots;
}


static void
tally_use(reco_engine_tally_t *tally, uint32_t slots)
{
    tally->mask = slots - 1;
    tally->shift = 32 - (uint32_t) __builtin_ctz(slots);
    memset(tally->slots, 0, slots * sizeof(tally->slots[0]));
}


reco_status_t
reco_engine_tally_create(reco_engine_tally_t *tally, uint32_t limit)
{
    memset(tally, 0, sizeof(*tally));
    tally->limit = limit;
    tally->entries = malloc((size_t) limit * sizeof(tally->entries[0]));
    tally->slots = malloc(tally_slots(limit) * sizeof(tally->slots[0]));

    if (tally->entries == NULL || tally->slots == NULL) {
        reco_engine_tally_destroy(tally);
        return RECO_NOMEM;
    }

    tally_use(tally, TALLY_SLOTS_MIN);

    return RECO_OK;
}


void
reco_engine_tally_destroy(reco_engine_tally_t *tally)
{
    free(tally->entries);
    free(tally->slots);
    memset(tally, 0, sizeof(*tally));
}


void
reco_engine_tally_clear(reco_engine_tally_t *tally, uint32_t expected)
{
    tally->count = 0;
    tally_use(
        tally, tally_slots(expected < tally->limit ? expected : tally->limit));
}


void
reco_engine_tally_grow(reco_engine_tally_t *tally)
{
    uint32_t place, slot;

    tally_use(tally, tally_slots(tally->count));

    for (place = 0; place < tally->count; place++) {
        slot = (tally->entries[place].number * 0x9e3779b1u) >> tally->shift;

        while (tally->slots[slot] != 0) {
            slot = (slot + 1) & tally->mask;
        }

        tally->slots[slot] = place + 1;
    }
}


unsigned
reco_engine_tally_select(const reco_engine_tally_t *tally,
    const reco_engine_kernels_t *kernels, uint64_t *keys, unsigned wanted)
{
    uint32_t i;
    const reco_engine_tally_entry_t *entry;

    for (i = 0; i < tally->count; i++) {
        entry = &tally->entries[i];
        keys[i] = reco_engine_key(entry->sum, entry->number);
    }

    return reco_engine_select(kernels, keys, tally->count, wanted);
}
