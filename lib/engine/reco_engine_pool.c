/*
 * Rows of candidates, and the filters before them.
 */

#include "reco_engine_pool.h"

#include <string.h>

#define POOL_OPEN  (UINT16_MAX - 1)
#define POOL_SLOTS 1024 /* to begin with */


typedef float pool_lanes_t __attribute__((vector_size(16)));

_Static_assert(RECO_ENGINE_FEATURES_MAX % 4 == 0, "features are whole lanes");


/* Of a memset of so few bytes compilers make a string instruction, which takes
   longer to begin than this to end. */
static inline void
pool_zero(float *features)
{
    unsigned i;
    pool_lanes_t zero;

    zero = (pool_lanes_t){0};

    for (i = 0; i < RECO_ENGINE_FEATURES_MAX; i += 4) {
        memcpy(features + i, &zero, sizeof(zero));
    }
}


static void
pool_use(reco_engine_pool_t *pool, uint32_t slots)
{
    pool->mask = slots - 1;
    pool->shift = 32 - (uint32_t) __builtin_ctz(slots);
    memset(pool->slots, 0, slots * sizeof(pool->slots[0]));
}


void
reco_engine_pool_clear(reco_engine_pool_t *pool)
{
    pool->nrows = 0;
    pool->nentries = 0;
    pool->ncarried = 0;
    pool->rows = pool->space[0];
    pool->former = pool->space[1];
    pool_use(pool, POOL_SLOTS);
}


void
reco_engine_pool_continue(reco_engine_pool_t *pool)
{
    unsigned i;
    reco_engine_pool_row_t *rows;
    reco_engine_pool_entry_t *entry;

    rows = pool->rows;
    pool->rows = pool->former;
    pool->former = rows;
    pool->ncarried = pool->nentries;

    for (i = 0; i < pool->nentries; i++) {
        entry = &pool->entries[i];
        entry->former =
            entry->row < pool->nrows ? entry->row : RECO_ENGINE_POOL_REFUSED;
        entry->row = POOL_OPEN;
        entry->shown = 0;
        entry->history = 0;
        entry->place = 0;
    }

    pool->nrows = 0;
}


int
reco_engine_pool_crowded(const reco_engine_pool_t *pool)
{
    return pool->ncarried != 0 && pool->nentries == RECO_ENGINE_POOL_ENTRIES;
}


/* The slot of an item, or the empty one where it belongs. */
static inline uint32_t
pool_slot(const reco_engine_pool_t *pool, uint32_t item)
{
    uint32_t slot;

    slot = (item * 0x9e3779b1u) >> pool->shift;

    while (pool->slots[slot] != 0
           && pool->entries[pool->slots[slot] - 1].item != item)
    {
        slot = (slot + 1) & pool->mask;
    }

    return slot;
}


static void
pool_grow(reco_engine_pool_t *pool)
{
    unsigned i;

    pool_use(pool, 2 * (pool->mask + 1));

    for (i = 0; i < pool->nentries; i++) {
        pool->slots[pool_slot(pool, pool->entries[i].item)] =
            (uint16_t) (i + 1);
    }
}


/* The entry of an item, new where it is not there yet; NULL if full. */
static inline reco_engine_pool_entry_t *
pool_entry(reco_engine_pool_t *pool, uint32_t item)
{
    uint32_t slot;
    reco_engine_pool_entry_t *entry;

    slot = pool_slot(pool, item);

    if (pool->slots[slot] != 0) {
        return &pool->entries[pool->slots[slot] - 1];
    }

    if (pool->nentries == RECO_ENGINE_POOL_ENTRIES) {
        return NULL;
    }

    entry = &pool->entries[pool->nentries++];
    entry->item = item;
    entry->row = POOL_OPEN;
    entry->shown = 0;
    entry->history = 0;
    entry->place = 0;
    entry->former = RECO_ENGINE_POOL_REFUSED;
    pool->slots[slot] = (uint16_t) pool->nentries;

    if (pool->nentries > pool->mask / 2
        && pool->mask + 1 < RECO_ENGINE_POOL_SLOTS) {
        pool_grow(pool);
    }

    return entry;
}


void
reco_engine_pool_refuse(reco_engine_pool_t *pool, uint32_t item)
{
    reco_engine_pool_entry_t *entry;

    entry = pool_entry(pool, item);

    if (entry != NULL) {
        entry->row = RECO_ENGINE_POOL_REFUSED;
    }
}


void
reco_engine_pool_shown(reco_engine_pool_t *pool, uint32_t item, uint8_t times)
{
    reco_engine_pool_entry_t *entry;

    entry = pool_entry(pool, item);

    if (entry != NULL) {
        entry->shown = times;
    }
}


void
reco_engine_pool_history(
    reco_engine_pool_t *pool, uint32_t item, unsigned place)
{
    reco_engine_pool_entry_t *entry;

    entry = pool_entry(pool, item);

    if (entry != NULL) {
        if (entry->history == 0 || place < entry->place) {
            entry->place = (uint16_t) place;
        }
        entry->history += entry->history < UINT8_MAX;
    }
}


/* Category, price band, stock; what came after the query was not there yet. */
static int
pool_passes(const reco_engine_model_t *model, const reco_engine_visit_t *visit,
    uint32_t item)
{
    const reco_snapshot_hot_t *hot;
    const reco_engine_query_t *query;

    hot = reco_engine_hot(model, item);
    query = visit->query;

    if (hot == NULL || !reco_engine_available(model, item, hot)
        || (query->now != 0 && hot->born > query->now)
        || (visit->rules.excluding != 0
            && reco_engine_rules_exclude(&visit->rules, model, item)))
    {
        return 0;
    }

    if (visit->category != RECO_ITEM_NONE
        && reco_engine_category(model, item, hot) != visit->category)
    {
        return 0;
    }

    /* An unknown price is in no band. */
    if (query->price_min > 0 && !(hot->price >= (float) query->price_min)) {
        return 0;
    }

    return query->price_max < 0
           || (hot->price >= 0 && hot->price <= (float) query->price_max);
}


static inline uint16_t
pool_row(reco_engine_pool_t *pool, const reco_engine_model_t *model,
    const reco_engine_visit_t *visit, uint32_t item)
{
    reco_engine_pool_row_t *row;
    const reco_engine_pool_row_t *former;
    reco_engine_pool_entry_t *entry;

    entry = pool_entry(pool, item);

    if (entry == NULL) {
        return RECO_ENGINE_POOL_REFUSED;
    }

    if (entry->row != POOL_OPEN) {
        return entry->row;
    }

    if (!pool_passes(model, visit, item)) {
        entry->row = RECO_ENGINE_POOL_REFUSED;
        return RECO_ENGINE_POOL_REFUSED;
    }

    if (pool->nrows == RECO_ENGINE_POOL_ROWS) {
        return RECO_ENGINE_POOL_REFUSED;
    }

    entry->row = (uint16_t) pool->nrows++;
    row = &pool->rows[entry->row];
    row->item = item;
    row->sources = 0;
    row->nsources = 0;
    row->because = RECO_ITEM_NONE;
    row->strongest = -1;
    row->score = 0;
    row->shown = entry->shown;
    row->history = entry->history;
    row->place = entry->place;
    row->source = RECO_ENGINE_SOURCE_COUNT;
    row->scored = 0;

    if (entry->former != RECO_ENGINE_POOL_REFUSED) {
        former = &pool->former[entry->former];
        row->scored = former->scored;
        row->vector = former->vector;
        row->norm = former->norm;
        row->product = former->product;
    }

    pool_zero(pool->features[entry->row]);

    return entry->row;
}


uint16_t
reco_engine_pool_row(reco_engine_pool_t *pool, const reco_engine_model_t *model,
    const reco_engine_visit_t *visit, uint32_t item)
{
    return pool_row(pool, model, visit, item);
}


uint16_t
reco_engine_pool_find(const reco_engine_pool_t *pool, uint32_t item)
{
    uint32_t slot;
    const reco_engine_pool_entry_t *entry;

    slot = pool_slot(pool, item);

    if (pool->slots[slot] == 0) {
        return RECO_ENGINE_POOL_REFUSED;
    }

    entry = &pool->entries[pool->slots[slot] - 1];

    return entry->row < pool->nrows ? entry->row : RECO_ENGINE_POOL_REFUSED;
}


static inline void
pool_add(reco_engine_pool_t *pool, const reco_engine_model_t *model,
    const reco_engine_visit_t *visit, uint32_t item,
    reco_engine_source_t source, float value, uint32_t because)
{
    uint16_t number;
    float weighted;
    reco_engine_pool_row_t *row;

    number = pool_row(pool, model, visit, item);

    if (number == RECO_ENGINE_POOL_REFUSED) {
        return;
    }

    row = &pool->rows[number];
    row->nsources += (row->sources & 1u << source) == 0;
    row->sources |= 1u << source;
    pool->features[number][source] += value;

    weighted = value * model->credit[source];

    if (weighted > row->strongest) {
        row->strongest = weighted;
        row->source = (uint8_t) source;
        row->because = because;
    }
}


void
reco_engine_pool_add(reco_engine_pool_t *pool, const reco_engine_model_t *model,
    const reco_engine_visit_t *visit, uint32_t item,
    reco_engine_source_t source, float value, uint32_t because)
{
    pool_add(pool, model, visit, item, source, value, because);
}


void
reco_engine_pool_add_all(reco_engine_pool_t *pool,
    const reco_engine_model_t *model, const reco_engine_visit_t *visit,
    const reco_engine_named_t *named, unsigned count,
    reco_engine_source_t source)
{
    unsigned i;

    for (i = 0; i < count; i++) {
        pool_add(pool, model, visit, named[i].item, source, named[i].value,
            named[i].because);
    }
}
