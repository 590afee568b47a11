/*
 * The candidates of one query: a row for each, found by item, with what each
 * source says of it.  An item that the filters refuse is remembered as such,
 * so that each item is judged once.  The rows of a page's last query are kept
 * for the next one, which takes from them what does not hang on the slot.
 */

#ifndef RECO_ENGINE_POOL_H
#define RECO_ENGINE_POOL_H

#include "reco_engine_score.h"
#include "reco_engine_visit.h"


#define RECO_ENGINE_NAMED_MAX 1000 /* the most candidates of a source */

/* What a source says, before any filter; with room for what is written beyond
   the last one. */
typedef struct {
    unsigned count;
    float floor; /* what is below only seconds other sources */
    uint32_t items[RECO_ENGINE_NAMED_MAX + 4];
    uint32_t because[RECO_ENGINE_NAMED_MAX + 4];
    float values[RECO_ENGINE_NAMED_MAX + 4] __attribute__((aligned(16)));
} reco_engine_list_t;


#define RECO_ENGINE_POOL_ROWS    2048
#define RECO_ENGINE_POOL_ENTRIES 8192
#define RECO_ENGINE_POOL_SLOTS   16384

#define RECO_ENGINE_POOL_REFUSED UINT16_MAX

typedef struct {
    uint32_t item;
    uint16_t row; /* or OPEN: only marked; or REFUSED */
    uint8_t shown;
    uint8_t history; /* times in the profile */
    uint16_t place;  /* in the profile, 0 is newest */
    uint16_t former; /* row in the page's last query; or REFUSED */
} reco_engine_pool_entry_t;

typedef struct {
    uint32_t item;
    uint32_t sources;
    uint32_t because;
    float strongest;    /* of what the sources say, weighted */
    float norm;         /* of the vector; where located */
    float product;      /* of it with the visitor's; where scored */
    const void *vector; /* unaligned; NULL: none, or not located */
    float *features;    /* RECO_ENGINE_LANES apart */
    uint8_t shown;
    uint8_t source; /* the strongest */
    uint8_t located;
    uint8_t scored;
} reco_engine_pool_row_t;

typedef struct {
    unsigned nrows;
    unsigned nentries;
    unsigned ncarried; /* entries that another query of the page made */
    int plain;         /* scores are sums of what is said; no features */
    int returned;      /* rows have the features of what was seen, */
    int profiled;      /* and those of the profile */
    uint32_t base;     /* what earlier queries left in the slots is below */
    uint32_t slots[RECO_ENGINE_POOL_SLOTS]; /* base + place of an entry */
    reco_engine_pool_entry_t entries[RECO_ENGINE_POOL_ENTRIES];
    reco_engine_pool_row_t *rows;
    reco_engine_pool_row_t *former; /* of the page's last query */
    reco_engine_pool_row_t space[2][RECO_ENGINE_POOL_ROWS];
    float scores[RECO_ENGINE_POOL_ROWS];
    reco_engine_block_t blocks[RECO_ENGINE_POOL_ROWS / RECO_ENGINE_LANES];
} reco_engine_pool_t;

static inline float *
reco_engine_pool_feature(
    reco_engine_pool_t *pool, unsigned row, unsigned feature)
{
    return &pool->blocks[row / RECO_ENGINE_LANES]
                .features[feature][row % RECO_ENGINE_LANES];
}

/* Gives all rows the features of what was seen (RECO_ENGINE_RETURNED). */
void reco_engine_pool_returned(reco_engine_pool_t *pool);

void reco_engine_pool_clear(reco_engine_pool_t *pool);

/* No rows and no marks; but those that there were are known as former ones. */
void reco_engine_pool_continue(reco_engine_pool_t *pool);

/* Did the entries of other queries take room that this one needed? */
int reco_engine_pool_crowded(const reco_engine_pool_t *pool);

/* Marks, before the first row is made. */
void reco_engine_pool_refuse(reco_engine_pool_t *pool, uint32_t item);
void reco_engine_pool_shown(
    reco_engine_pool_t *pool, uint32_t item, uint8_t times);
void reco_engine_pool_history(
    reco_engine_pool_t *pool, uint32_t item, unsigned place);

/*
 * The row of an item, new where it is not there yet; REFUSED where a filter
 * says no, or where there is no room.
 */
uint16_t reco_engine_pool_row(reco_engine_pool_t *pool,
    const reco_engine_model_t *model, const reco_engine_visit_t *visit,
    uint32_t item);

/* The row of an item that has one; REFUSED else. */
uint16_t reco_engine_pool_find(const reco_engine_pool_t *pool, uint32_t item);

/* A source names an item with a value from 0 to 1. */
void reco_engine_pool_add(reco_engine_pool_t *pool,
    const reco_engine_model_t *model, const reco_engine_visit_t *visit,
    uint32_t item, reco_engine_source_t source, float value, uint32_t because);

/* A source names an item and says nothing of it; nor does it agree with those
   that do. */
void reco_engine_pool_name(reco_engine_pool_t *pool,
    const reco_engine_model_t *model, const reco_engine_visit_t *visit,
    uint32_t item, reco_engine_source_t source);

/* It names all of a list. */
void reco_engine_pool_add_all(reco_engine_pool_t *pool,
    const reco_engine_model_t *model, const reco_engine_visit_t *visit,
    const reco_engine_list_t *list, reco_engine_source_t source);

#endif /* RECO_ENGINE_POOL_H */
