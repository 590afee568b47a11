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


/* Are so many numbers few enough for a slot each? */
static int
tally_direct(uint32_t nnumbers)
{
    return nnumbers <= RECO_ENGINE_TALLY_DIRECT;
}


int
reco_engine_tally_serves(const reco_engine_tally_t *tally, uint32_t nnumbers)
{
    return !tally_direct(nnumbers) || nnumbers <= tally->nslots;
}


/* A hash table of so many slots. */
static void
tally_use(reco_engine_tally_t *tally, uint32_t slots)
{
    tally->multiplier = 0x9e3779b1u;
    tally->mask = slots - 1;
    tally->shift = 32 - (uint32_t) __builtin_ctz(slots);
}


/* A slot for each number: there is nothing to search, nor to grow. */
static void
tally_use_direct(reco_engine_tally_t *tally)
{
    tally->multiplier = 1;
    tally->mask = UINT32_MAX;
    tally->shift = 0;
}


reco_status_t
reco_engine_tally_create(
    reco_engine_tally_t *tally, uint32_t limit, uint32_t nnumbers)
{
    memset(tally, 0, sizeof(*tally));
    tally->limit = limit;
    tally->nslots = tally_slots(limit);

    while (tally_direct(nnumbers) && tally->nslots < nnumbers) {
        tally->nslots *= 2;
    }

    tally->entries = calloc((size_t) limit + 1, sizeof(tally->entries[0]));
    tally->slots = calloc(tally->nslots, sizeof(tally->slots[0]));

    if (tally->entries == NULL || tally->slots == NULL) {
        reco_engine_tally_destroy(tally);
        return RECO_NOMEM;
    }

    tally->base = 1;
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


/* What the slots hold now is below what they will. */
static void
tally_empty(reco_engine_tally_t *tally)
{
    if (UINT32_MAX - tally->base < 2 * tally->limit + 2) {
        memset(tally->slots, 0, tally->nslots * sizeof(tally->slots[0]));
        tally->base = 0;
    }

    tally->base += tally->count + 1;
}


void
reco_engine_tally_clear(
    reco_engine_tally_t *tally, uint32_t expected, uint32_t nnumbers)
{
    tally_empty(tally);
    memset(tally->entries, 0, tally->count * sizeof(tally->entries[0]));
    tally->count = 0;
    tally->nnumbers = nnumbers;

    if (tally_direct(nnumbers) && nnumbers <= tally->nslots) {
        tally_use_direct(tally);
    } else {
        tally_use(tally,
            tally_slots(expected < tally->limit ? expected : tally->limit));
    }
}


void
reco_engine_tally_grow(reco_engine_tally_t *tally)
{
    uint32_t place, slot;

    tally_empty(tally);
    tally_use(tally, tally_slots(tally->count));

    for (place = 0; place < tally->count; place++) {
        slot = reco_engine_tally_slot(tally, tally->entries[place].number);

        while (tally->slots[slot] >= tally->base) {
            slot = (slot + 1) & tally->mask;
        }

        tally->slots[slot] = tally->base + place;
    }
}


/* Is there room for so many numbers more, whatever they are? */
static int
tally_holds(const reco_engine_tally_t *tally, uint32_t count)
{
    return count <= tally->limit - tally->count && count <= tally->mask / 2
           && tally->count <= tally->mask / 2 - count;
}


/* What is added: values and claims are one each, or one for all. */
typedef struct {
    const uint32_t *numbers;
    const float *values;               /* times weight; NULL: 1 */
    const reco_engine_claim_t *claims; /* NULL: the claimant's */
    float weight;
    uint32_t claimant;
    uint32_t count;
} tally_run_t;

#define TALLY_INLINE static inline __attribute__((always_inline))


TALLY_INLINE float
tally_value(const tally_run_t *run, uint32_t i)
{
    if (run->values == NULL) {
        return run->weight;
    }

    return run->claims != NULL ? run->values[i] : run->weight * run->values[i];
}


/* Where all values are the same, they need not be compared. */
TALLY_INLINE reco_engine_claim_t
tally_claim(const tally_run_t *run, uint32_t i)
{
    if (run->values == NULL) {
        return run->claimant;
    }

    return run->claims != NULL
               ? run->claims[i]
               : reco_engine_claim(tally_value(run, i), run->claimant);
}


/*
 * Whether a number is there already cannot be foreseen, so nothing hangs on
 * it: an entry beyond the last one is empty, and is taken where the slot is.
 * Only where numbers meet in a slot, of a hash table, there is a jump.
 */
TALLY_INLINE void
tally_add_run(reco_engine_tally_t *tally, const tally_run_t *run, int direct)
{
    uint32_t i, count, number, slot, place, fresh, *slots;
    const uint32_t base = tally->base, nnumbers = tally->nnumbers;
    reco_engine_claim_t claim;
    reco_engine_tally_entry_t *entry, *entries;

    count = tally->count;
    slots = tally->slots;
    entries = tally->entries;

    for (i = 0; i < run->count; i++) {
        number = run->numbers[i];

        if (number >= nnumbers) {
            continue;
        }

        claim = tally_claim(run, i);
        slot = direct ? number : reco_engine_tally_slot(tally, number);
        place = slots[slot] - base;
        fresh = place >= count;
        place = fresh ? count : place;
        entry = &entries[place];

        if (!direct && ((entry->number ^ number) & (fresh - 1)) != 0) {
            tally->count = count;
            reco_engine_tally_add(tally, number, tally_value(run, i), claim);
            count = tally->count;
            continue;
        }

        slots[slot] = base + place;
        entry->number = number;
        entry->sum += tally_value(run, i);
        entry->most = claim > entry->most ? claim : entry->most;
        count += fresh;
    }

    tally->count = count;
}


/* Where the tally may have to grow, or is full. */
TALLY_INLINE void
tally_add_each(reco_engine_tally_t *tally, const tally_run_t *run)
{
    uint32_t i;

    for (i = 0; i < run->count; i++) {
        if (run->numbers[i] < tally->nnumbers) {
            reco_engine_tally_add(tally, run->numbers[i], tally_value(run, i),
                tally_claim(run, i));
        }
    }
}


/* Once for each kind of run, which then has no need to ask what it has. */
TALLY_INLINE void
tally_add(reco_engine_tally_t *tally, tally_run_t run)
{
    if (!tally_holds(tally, run.count)) {
        tally_add_each(tally, &run);

    } else if (tally->multiplier == 1) {
        tally_add_run(tally, &run, 1);

    } else {
        tally_add_run(tally, &run, 0);
    }
}


void
reco_engine_tally_add_votes(
    reco_engine_tally_t *tally, const reco_engine_votes_t *votes)
{
    tally_add(tally, (tally_run_t){votes->items, votes->values, votes->claims,
                         1, 0, votes->count});
}


void
reco_engine_tally_add_row(reco_engine_tally_t *tally, const uint32_t *numbers,
    const float *scores, uint32_t count, float weight, uint32_t origin)
{
    tally_add(tally, (tally_run_t){numbers, scores, NULL, weight,
                         reco_engine_claimant(origin, origin), count});
}


void
reco_engine_tally_add_matches(reco_engine_tally_t *tally,
    const uint32_t *numbers, uint32_t count, float weight, uint32_t origin)
{
    tally_add(tally, (tally_run_t){numbers, NULL, NULL, weight,
                         reco_engine_claimant(origin, origin), count});
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
