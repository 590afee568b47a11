/*
 * Sums by number: entries in the order of their arrival, and their places.
 * Where numbers are few, each has a slot for its place, and no two meet.  Of
 * more, the slots are an open hash table, as large as a query needs and not as
 * the catalogue is: it stays in the processor's nearest cache, and private
 * memory stays small.
 */

#ifndef RECO_ENGINE_TALLY_H
#define RECO_ENGINE_TALLY_H

#include "reco_engine_vote.h"


typedef struct {
    uint32_t number;
    float sum;
    reco_engine_claim_t most; /* that was given at a time, and by whom */
} reco_engine_tally_entry_t;

/* So many numbers have slots of their own: 256 KiB, for what a shop of some
   size has, and half of what a usual second cache holds. */
#define RECO_ENGINE_TALLY_DIRECT 65536

typedef struct {
    reco_engine_tally_entry_t *entries; /* 0 from count on */
    uint32_t *slots;     /* base + place of an entry; else empty */
    uint32_t nslots;     /* that there are */
    uint32_t base;       /* what earlier sums left in the slots is below */
    uint32_t multiplier; /* 1: the number is the slot */
    uint32_t mask;       /* of the slots in use, if they are a hash table */
    uint32_t shift;
    uint32_t nnumbers; /* numbers from here on are left out */
    uint32_t count;
    uint32_t limit; /* further numbers are left out */
} reco_engine_tally_t;

/* Room for limit of nnumbers numbers.  RECO_NOMEM. */
reco_status_t reco_engine_tally_create(
    reco_engine_tally_t *tally, uint32_t limit, uint32_t nnumbers);
void reco_engine_tally_destroy(reco_engine_tally_t *tally);

/* Has it the slots that so many numbers can have? */
int reco_engine_tally_serves(
    const reco_engine_tally_t *tally, uint32_t nnumbers);

/* Empty, ready for about so many of the numbers below nnumbers; it grows where
   there are more. */
void reco_engine_tally_clear(
    reco_engine_tally_t *tally, uint32_t expected, uint32_t nnumbers);

/* Twice the slots. */
void reco_engine_tally_grow(reco_engine_tally_t *tally);

/*
 * Writes the keys of the wanted entries with the largest sums to the front
 * of keys, which has room for all; returns how many.
 */
unsigned reco_engine_tally_select(const reco_engine_tally_t *tally,
    const reco_engine_kernels_t *kernels, uint64_t *keys, unsigned wanted);


static inline uint32_t
reco_engine_tally_slot(const reco_engine_tally_t *tally, uint32_t number)
{
    return (number * tally->multiplier) >> tally->shift;
}


/* The entry of a number below nnumbers, new where it is not there yet; NULL if
   full. */
static inline reco_engine_tally_entry_t *
reco_engine_tally_entry(reco_engine_tally_t *tally, uint32_t number)
{
    uint32_t slot, place;
    reco_engine_tally_entry_t *entry;

    slot = reco_engine_tally_slot(tally, number);

    while ((place = tally->slots[slot] - tally->base) < tally->count) {
        entry = &tally->entries[place];

        if (entry->number == number) {
            return entry;
        }

        slot = (slot + 1) & tally->mask;
    }

    if (tally->count == tally->limit) {
        return NULL;
    }

    entry = &tally->entries[tally->count];
    entry->number = number;
    tally->slots[slot] = tally->base + tally->count;
    tally->count++;

    if (tally->count > tally->mask / 2) {
        reco_engine_tally_grow(tally);
    }

    return entry;
}


/* The entry of a number that has one. */
static inline const reco_engine_tally_entry_t *
reco_engine_tally_known(const reco_engine_tally_t *tally, uint32_t number)
{
    uint32_t slot;
    const reco_engine_tally_entry_t *entry;

    slot = reco_engine_tally_slot(tally, number);
    entry = &tally->entries[tally->slots[slot] - tally->base];

    while (entry->number != number) {
        slot = (slot + 1) & tally->mask;
        entry = &tally->entries[tally->slots[slot] - tally->base];
    }

    return entry;
}


static inline void
reco_engine_tally_add(reco_engine_tally_t *tally, uint32_t number, float value,
    reco_engine_claim_t claim)
{
    reco_engine_tally_entry_t *entry;

    entry = reco_engine_tally_entry(tally, number);

    if (entry != NULL) {
        entry->sum += value;
        entry->most = claim > entry->most ? claim : entry->most;
    }
}

/*
 * Many at a time, which gives what adding one after the other would, and takes
 * a fraction of it.  Numbers from nnumbers on are left out.
 */

/* What sessions say. */
void reco_engine_tally_add_votes(
    reco_engine_tally_t *tally, const reco_engine_votes_t *votes);

/* Numbers with weight times the score of each, which is the claim of an
   origin, whose turn that is. */
void reco_engine_tally_add_row(reco_engine_tally_t *tally,
    const uint32_t *numbers, const float *scores, uint32_t count, float weight,
    uint32_t origin);

/* Numbers with the same weight.  All claims are of equal value: the most is
   that of the smallest origin. */
void reco_engine_tally_add_matches(reco_engine_tally_t *tally,
    const uint32_t *numbers, uint32_t count, float weight, uint32_t origin);

#endif /* RECO_ENGINE_TALLY_H */
