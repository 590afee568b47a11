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
    tally->entries = malloc(((size_t) limit + 1) * sizeof(tally->entries[0]));
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


static void
tally_add_each(reco_engine_tally_t *tally, const reco_engine_votes_t *votes,
    uint32_t nnumbers, unsigned first, unsigned end)
{
    unsigned i;

    for (i = first; i < end; i++) {
        if (votes->items[i] < nnumbers) {
            reco_engine_tally_add(
                tally, votes->items[i], votes->values[i], votes->places[i]);
        }
    }
}


/* Is there room for so many numbers more, whatever they are? */
static int
tally_holds(const reco_engine_tally_t *tally, uint32_t count)
{
    return count <= tally->limit - tally->count && count <= tally->mask / 2
           && tally->count <= tally->mask / 2 - count;
}


/*
 * Whether a number is there already cannot be foreseen, so nothing hangs on
 * it: an entry beyond the last one is empty, and is taken where the slot is.
 * Only where numbers meet in a slot, which is rare, there is a jump.
 */
void
reco_engine_tally_add_all(reco_engine_tally_t *tally,
    const reco_engine_votes_t *votes, uint32_t nnumbers)
{
    float value;
    unsigned i;
    uint32_t count, number, slot, place, fresh, higher, shift, *slots;
    reco_engine_tally_entry_t *entry, *entries;

    static const reco_engine_tally_entry_t empty = {
        0, RECO_ENGINE_TALLY_NOBODY, 0, 0};

    if (!tally_holds(tally, votes->count)) {
        tally_add_each(tally, votes, nnumbers, 0, votes->count);
        return;
    }

    count = tally->count;
    shift = tally->shift;
    slots = tally->slots;
    entries = tally->entries;
    entries[count] = empty;

    for (i = 0; i < votes->count; i++) {
        number = votes->items[i];
        value = votes->values[i];
        slot = (number * 0x9e3779b1u) >> shift;
        place = slots[slot];
        fresh = -(uint32_t) (place == 0);
        place |= fresh & (count + 1);
        entry = &entries[place - 1];

        if (number >= nnumbers || ((entry->number ^ number) & ~fresh) != 0) {
            tally->count = count;
            tally_add_each(tally, votes, nnumbers, i, i + 1);
            count = tally->count;
            entries[count] = empty;
            continue;
        }

        slots[slot] = place;
        higher = -(uint32_t) (value > entry->most);
        entry->number = number;
        entry->origin ^= (entry->origin ^ votes->places[i]) & higher;
        entry->sum += value;
        entry->most = value > entry->most ? value : entry->most;
        count -= fresh;
        entries[count] = empty;
    }

    tally->count = count;
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
