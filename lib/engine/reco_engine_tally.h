/*
 * Sums by number: entries in the order of their arrival, and an open hash
 * table of their places.  The table is as large as a query needs, not as the
 * catalogue is, and is cleared for each: it stays in the processor's nearest
 * cache, and private memory stays small.
 */

#ifndef RECO_ENGINE_TALLY_H
#define RECO_ENGINE_TALLY_H

#include "reco_engine_vote.h"


typedef struct {
    uint32_t number;
    uint32_t origin; /* who gave the most, by the caller's numbers */
    float sum;
    float most;
} reco_engine_tally_entry_t;

#define RECO_ENGINE_TALLY_NOBODY UINT32_MAX

typedef struct {
    reco_engine_tally_entry_t *entries;
    uint32_t *slots; /* 1 + place of an entry, 0: empty */
    uint32_t mask;   /* of the slots in use */
    uint32_t shift;
    uint32_t count;
    uint32_t limit; /* further numbers are left out */
} reco_engine_tally_t;

/* Room for limit numbers.  RECO_NOMEM. */
reco_status_t reco_engine_tally_create(
    reco_engine_tally_t *tally, uint32_t limit);
void reco_engine_tally_destroy(reco_engine_tally_t *tally);

/* Empty, ready for about so many numbers; it grows where there are more. */
void reco_engine_tally_clear(reco_engine_tally_t *tally, uint32_t expected);

/* Twice the slots. */
void reco_engine_tally_grow(reco_engine_tally_t *tally);

/*
 * Writes the keys of the wanted entries with the largest sums to the front
 * of keys, which has room for all; returns how many.
 */
unsigned reco_engine_tally_select(const reco_engine_tally_t *tally,
    const reco_engine_kernels_t *kernels, uint64_t *keys, unsigned wanted);


/* The entry of a number, new where it is not there yet; NULL if full. */
static inline reco_engine_tally_entry_t *
reco_engine_tally_entry(reco_engine_tally_t *tally, uint32_t number)
{
    uint32_t slot;
    reco_engine_tally_entry_t *entry;

    slot = (number * 0x9e3779b1u) >> tally->shift;

    for (; tally->slots[slot] != 0; slot = (slot + 1) & tally->mask) {
        entry = &tally->entries[tally->slots[slot] - 1];

        if (entry->number == number) {
            return entry;
        }
    }

    if (tally->count == tally->limit) {
        return NULL;
    }

    entry = &tally->entries[tally->count++];
    entry->number = number;
    entry->origin = RECO_ENGINE_TALLY_NOBODY;
    entry->sum = 0;
    entry->most = 0;
    tally->slots[slot] = tally->count;

    if (tally->count > tally->mask / 2) {
        reco_engine_tally_grow(tally);
    }

    return entry;
}


static inline void
reco_engine_tally_add(
    reco_engine_tally_t *tally, uint32_t number, float value, uint32_t origin)
{
    reco_engine_tally_entry_t *entry;

    entry = reco_engine_tally_entry(tally, number);

    if (entry != NULL) {
        entry->sum += value;

        if (value > entry->most) {
            entry->most = value;
            entry->origin = origin;
        }
    }
}

/*
 * Many at a time, which gives what adding one after the other would, and takes
 * half as long.  Numbers from nnumbers on are left out.
 */

/* What sessions say; origins are the votes' places. */
void reco_engine_tally_add_votes(reco_engine_tally_t *tally,
    const reco_engine_votes_t *votes, uint32_t nnumbers);

/* Numbers with weight times the score of each. */
void reco_engine_tally_add_row(reco_engine_tally_t *tally,
    const uint32_t *numbers, const float *scores, uint32_t count, float weight,
    uint32_t origin, uint32_t nnumbers);

/* Numbers with the same weight.  An entry's origin is the first, and what it
   was given at most is not kept. */
void reco_engine_tally_add_matches(reco_engine_tally_t *tally,
    const uint32_t *numbers, uint32_t count, float weight, uint32_t origin);

#endif /* RECO_ENGINE_TALLY_H */
