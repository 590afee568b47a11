/*
 * Rows of candidates, and the filters before them.
 */

#include "reco_engine_pool.h"

#include <math.h>
#include <string.h>

#define POOL_OPEN  (UINT16_MAX - 1)
#define POOL_SHIFT 18 /* of a product of 32 bits, to the number of a slot */

_Static_assert(RECO_ENGINE_POOL_SLOTS == 1u << (32 - POOL_SHIFT),
    "a slot is the highest bits");
_Static_assert(RECO_ENGINE_POOL_SLOTS > RECO_ENGINE_POOL_ENTRIES,
    "a search ends at an empty slot");


#define POOL_INLINE static inline __attribute__((always_inline))

#define POOL_RECENT 20.f /* events of the profile that halve it */

typedef float pool_lanes_t __attribute__((vector_size(16)));


/* Features from first to last of sixteen rows, 0.  Of a memset of so few bytes
   compilers make a string instruction, which takes longer to begin than this
   to end. */
static inline void
pool_zero(reco_engine_block_t *block, unsigned first, unsigned last)
{
    unsigned i, lane;
    pool_lanes_t zero;

    zero = (pool_lanes_t){0};

    for (i = first; i <= last; i++) {
        for (lane = 0; lane < RECO_ENGINE_LANES; lane += 4) {
            memcpy(&block->features[i][lane], &zero, sizeof(zero));
        }
    }
}


static inline void
pool_zero_returned(reco_engine_block_t *block)
{
    pool_zero(block, RECO_ENGINE_FEATURE_RETURN_LAST,
        RECO_ENGINE_FEATURE_RETURN_LENGTH);
    pool_zero(block, RECO_ENGINE_FEATURE_RETURN_AGE,
        RECO_ENGINE_FEATURE_RETURN_LAST_GAP);
}


/* All features but those that are computed when all candidates are there, and
   those that none of them has: what is written here is out of the nearest
   cache before it is read. */
static inline void
pool_zero_told(reco_engine_block_t *block, const reco_engine_pool_t *pool)
{
    pool_zero(block, 0, RECO_ENGINE_FEATURE_SHOWN);
    pool_zero(
        block, RECO_ENGINE_FEATURE_AGREEMENT, RECO_ENGINE_FEATURE_AGREEMENT);
    pool_zero(
        block, RECO_ENGINE_FEATURE_NEXT_LAST, RECO_ENGINE_FEATURE_VIEWED_LAST);
    pool_zero(block, RECO_ENGINE_FEATURE_COSINE, RECO_ENGINE_FEATURE_COSINE);

    if (pool->returned) {
        pool_zero_returned(block);
    }

    if (pool->profiled) {
        pool_zero(
            block, RECO_ENGINE_FEATURE_HISTORY, RECO_ENGINE_FEATURE_HISTORY);
        pool_zero(block, RECO_ENGINE_FEATURE_HISTORY_COUNT,
            RECO_ENGINE_FEATURE_HISTORY_RECENT);
    }
}


void
reco_engine_pool_returned(reco_engine_pool_t *pool)
{
    unsigned i;

    for (i = 0; !pool->returned && i * RECO_ENGINE_LANES < pool->nrows; i++) {
        pool_zero_returned(&pool->blocks[i]);
    }

    pool->returned = 1;
}


void
reco_engine_pool_clear(reco_engine_pool_t *pool)
{
    /* Slots begin as 0, which is below. */

    pool->base += pool->nentries + 1;

    if (pool->base > UINT32_MAX - 2 * RECO_ENGINE_POOL_ENTRIES) {
        memset(pool->slots, 0, sizeof(pool->slots));
        pool->base = 1;
    }

    pool->nrows = 0;
    pool->nentries = 0;
    pool->ncarried = 0;
    pool->rows = pool->space[0];
    pool->former = pool->space[1];
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


/* The slot of an item, or the empty one where it belongs; its place, or one
   from nentries on. */
static inline uint32_t
pool_slot(const reco_engine_pool_t *pool, uint32_t item, uint32_t *place)
{
    uint32_t slot;

    slot = (item * 0x9e3779b1u) >> POOL_SHIFT;

    while ((*place = pool->slots[slot] - pool->base) < pool->nentries
           && pool->entries[*place].item != item)
    {
        slot = (slot + 1) % RECO_ENGINE_POOL_SLOTS;
    }

    return slot;
}


/* The entry of an item, new where it is not there yet; NULL if full. */
static inline reco_engine_pool_entry_t *
pool_entry(reco_engine_pool_t *pool, uint32_t item)
{
    uint32_t slot, place;
    reco_engine_pool_entry_t *entry;

    slot = pool_slot(pool, item, &place);

    if (place < pool->nentries) {
        return &pool->entries[place];
    }

    if (pool->nentries == RECO_ENGINE_POOL_ENTRIES) {
        return NULL;
    }

    pool->slots[slot] = pool->base + pool->nentries;
    entry = &pool->entries[pool->nentries++];
    *entry = (reco_engine_pool_entry_t){
        item, POOL_OPEN, 0, 0, 0, RECO_ENGINE_POOL_REFUSED};

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


/* Category, price band, and what the site leaves out. */
static int
pool_fits(const reco_engine_model_t *model, const reco_engine_visit_t *visit,
    uint32_t item, const reco_snapshot_hot_t *hot)
{
    const reco_engine_query_t *query;

    query = visit->query;

    if (visit->rules.excluding != 0
        && reco_engine_rules_exclude(&visit->rules, model, item))
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


static inline int
pool_passes(const reco_engine_model_t *model, const reco_engine_visit_t *visit,
    uint32_t item, const reco_snapshot_hot_t *hot)
{
    return hot != NULL && reco_engine_available(model, item, hot, visit->flags)
           && hot->born <= visit->latest
           && (!visit->narrow || pool_fits(model, visit, item, hot));
}


/* What the catalogue says of an item, as the blend wants it. */
static inline void
pool_describe(const reco_engine_pool_row_t *row,
    const reco_engine_model_t *model, const reco_engine_visit_t *visit,
    const reco_snapshot_hot_t *hot, const reco_engine_pool_entry_t *entry)
{
    float *features;
    uint32_t category;

    features = row->features;

    features[RECO_ENGINE_LANES * RECO_ENGINE_POPULAR] = hot->popularity;
    features[RECO_ENGINE_LANES * RECO_ENGINE_TRENDING] =
        model->retrends ? 0 : hot->trend;
    features[RECO_ENGINE_LANES * RECO_ENGINE_FEATURE_PRICE] = hot->price;
    features[RECO_ENGINE_LANES * RECO_ENGINE_FEATURE_FRESH] =
        hot->born == 0             ? INFINITY
        : hot->born < visit->today ? (float) (visit->today - hot->born)
                                   : 0;

    category = reco_engine_category(model, entry->item, hot);
    features[RECO_ENGINE_LANES * RECO_ENGINE_FEATURE_SAME_CATEGORY] =
        category == visit->anchor_category && category != 0;

    if (entry->shown != 0) {
        features[RECO_ENGINE_LANES * RECO_ENGINE_FEATURE_SHOWN] = entry->shown;
    }

    if (entry->history != 0) {
        features[RECO_ENGINE_LANES * RECO_ENGINE_FEATURE_HISTORY] = 1;
        features[RECO_ENGINE_LANES * RECO_ENGINE_FEATURE_HISTORY_COUNT] =
            logf(entry->history);
        features[RECO_ENGINE_LANES * RECO_ENGINE_FEATURE_HISTORY_RECENT] =
            POOL_RECENT / (POOL_RECENT + entry->place);
    }
}


/* A vector is multiplied when all candidates are there: until then it may
   come from memory. */
static inline void
pool_prefetch(const float *vector, uint32_t dimensions)
{
    uint32_t i;

    for (i = 0; vector != NULL && i < dimensions; i += 16) {
        __builtin_prefetch(vector + i, 0, 2);
    }
}


POOL_INLINE uint16_t
pool_row_new(reco_engine_pool_t *pool, const reco_engine_model_t *model,
    const reco_engine_visit_t *visit, reco_engine_pool_entry_t *entry)
{
    reco_engine_pool_row_t *row;
    const reco_snapshot_hot_t *hot;
    const reco_engine_pool_row_t *former;

    hot = reco_engine_hot(model, entry->item);

    if (!pool_passes(model, visit, entry->item, hot)) {
        entry->row = RECO_ENGINE_POOL_REFUSED;
        return RECO_ENGINE_POOL_REFUSED;
    }

    if (pool->nrows == RECO_ENGINE_POOL_ROWS) {
        return RECO_ENGINE_POOL_REFUSED;
    }

    entry->row = (uint16_t) pool->nrows++;
    pool->scores[entry->row] = 0;
    row = &pool->rows[entry->row];
    row->item = entry->item;
    row->sources = 0;
    row->because = RECO_ITEM_NONE;
    row->strongest = -1;
    row->shown = entry->shown;
    row->source = RECO_ENGINE_SOURCE_COUNT;
    row->located = 0;
    row->scored = 0;
    row->vector = NULL;
    row->norm = 0;

    if (entry->former != RECO_ENGINE_POOL_REFUSED) {
        former = &pool->former[entry->former];
        row->located = former->located;
        row->scored = former->scored;
        row->vector = former->vector;
        row->norm = former->norm;
        row->product = former->product;
    }

    if (visit->located && !row->located) {
        row->located = 1;
        row->vector = reco_engine_vector_of(model, row->item, hot, &row->norm);
        pool_prefetch(row->vector, model->base->vectors.dimensions);
    }

    if (!pool->plain) {
        if (entry->row % RECO_ENGINE_LANES == 0) {
            pool_zero_told(&pool->blocks[entry->row / RECO_ENGINE_LANES], pool);
        }

        row->features = reco_engine_pool_feature(pool, entry->row, 0);
        pool_describe(row, model, visit, hot, entry);
    }

    return entry->row;
}


POOL_INLINE uint16_t
pool_row(reco_engine_pool_t *pool, const reco_engine_model_t *model,
    const reco_engine_visit_t *visit, uint32_t item)
{
    reco_engine_pool_entry_t *entry;

    entry = pool_entry(pool, item);

    if (entry == NULL) {
        return RECO_ENGINE_POOL_REFUSED;
    }

    return entry->row != POOL_OPEN ? entry->row
                                   : pool_row_new(pool, model, visit, entry);
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
    uint32_t place;
    const reco_engine_pool_entry_t *entry;

    pool_slot(pool, item, &place);

    if (place >= pool->nentries) {
        return RECO_ENGINE_POOL_REFUSED;
    }

    entry = &pool->entries[place];

    return entry->row < pool->nrows ? entry->row : RECO_ENGINE_POOL_REFUSED;
}


static inline void
pool_say(
    const reco_engine_pool_row_t *row, reco_engine_source_t source, float value)
{
    row->features[RECO_ENGINE_LANES * RECO_ENGINE_FEATURE_AGREEMENT] +=
        (row->sources & 1u << source) == 0;
    row->features[RECO_ENGINE_LANES * source] += value;
}


POOL_INLINE void
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

    if (pool->plain) {
        pool->scores[number] += value;
    } else {
        pool_say(row, source, value);
    }

    row->sources |= 1u << source;

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
reco_engine_pool_name(reco_engine_pool_t *pool,
    const reco_engine_model_t *model, const reco_engine_visit_t *visit,
    uint32_t item, reco_engine_source_t source)
{
    uint16_t number;
    reco_engine_pool_row_t *row;

    number = pool_row(pool, model, visit, item);

    if (number != RECO_ENGINE_POOL_REFUSED) {
        row = &pool->rows[number];
        row->sources |= 1u << source;
        row->source = row->strongest < 0 ? (uint8_t) source : row->source;
        row->strongest = row->strongest < 0 ? 0 : row->strongest;
    }
}


void
reco_engine_pool_add_all(reco_engine_pool_t *pool,
    const reco_engine_model_t *model, const reco_engine_visit_t *visit,
    const reco_engine_list_t *list, reco_engine_source_t source)
{
    unsigned i;

    for (i = 0; i < list->count; i++) {
        __builtin_prefetch(reco_engine_hot(model, list->items[i]));
    }

    for (i = 0; i < list->count; i++) {
        pool_add(pool, model, visit, list->items[i], source, list->values[i],
            list->because[i]);
    }
}
