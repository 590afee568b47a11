/*
 * Sums by number: an open hash table with a list of the places in use, made
 * empty by a new stamp.  As large as a query needs, not as the catalogue is:
 * it stays in the processor's cache, and private memory stays small.
 */

#ifndef RECO_ENGINE_TALLY_H
#define RECO_ENGINE_TALLY_H

#include "reco.h"


typedef struct {
    uint32_t number;
    uint16_t stamp;
    uint16_t origin; /* who gave the most, by the caller's numbers */
    float sum;
    float most;
} reco_engine_tally_entry_t;

typedef struct {
    reco_engine_tally_entry_t *entries;
    uint32_t *places; /* of the entries in use */
    uint32_t mask;
    uint32_t shift;
    uint32_t count;
    uint32_t limit; /* further numbers are left out */
    uint16_t stamp;
} reco_engine_tally_t;

/* Room for limit numbers.  RECO_NOMEM. */
reco_status_t reco_engine_tally_create(
    reco_engine_tally_t *tally, uint32_t limit);
void reco_engine_tally_destroy(reco_engine_tally_t *tally);

void reco_engine_tally_clear(reco_engine_tally_t *tally);

/*
 * Writes the keys of the wanted entries with the largest sums to the front
 * of keys, which has room for all; returns how many.
 */
unsigned reco_engine_tally_select(
    const reco_engine_tally_t *tally, uint64_t *keys, unsigned wanted);


/* The entry of a number, new where it is not there yet; NULL if full. */
static inline reco_engine_tally_entry_t *
reco_engine_tally_entry(reco_engine_tally_t *tally, uint32_t number)
{
    uint32_t place;
    reco_engine_tally_entry_t *entry;

    place = (number * 0x9e3779b1u) >> tally->shift;

    for (;; place = (place + 1) & tally->mask) {
        entry = &tally->entries[place];

        if (entry->stamp != tally->stamp) {
            break;
        }

        if (entry->number == number) {
            return entry;
        }
    }

    if (tally->count == tally->limit) {
        return NULL;
    }

    tally->places[tally->count++] = place;
    entry->number = number;
    entry->stamp = tally->stamp;
    entry->origin = UINT16_MAX;
    entry->sum = 0;
    entry->most = 0;

    return entry;
}


static inline void
reco_engine_tally_add(
    reco_engine_tally_t *tally, uint32_t number, float value, uint16_t origin)
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

#endif /* RECO_ENGINE_TALLY_H */
