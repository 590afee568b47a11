#include "online.h"

#include "online_state.h"
#include "snapshot/reco_snapshot_view.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define STEEPNESS     5.0f  /* c: of the logistic function */
#define SQUARES_FIRST 1e-8f /* keeps a first step finite */
#define SAMPLE_MAX    50000 /* vectors that r is measured on */


static float
dot(const float *a, const float *b, uint32_t dimensions)
{
    float sum;
    uint32_t i;

    sum = 0;
    for (i = 0; i < dimensions; i++) {
        sum += a[i] * b[i];
    }

    return sum;
}


static void
add(float *sum, float weight, const float *vector, uint32_t dimensions)
{
    uint32_t i;

    for (i = 0; i < dimensions; i++) {
        sum[i] += weight * vector[i];
    }
}


static float
logistic(float x)
{
    return 1 / (1 + expf(-x));
}


/* The base's vector of an item; 0 if it has none. */
static int
base_vector(const reco_online_t *online, uint32_t number, float *out)
{
    const reco_snapshot_view_t *view;
    const uint8_t *vector;
    float length;

    view = reco_snapshot_view(online->base);
    if (number >= view->catalog.nitems) {
        return 0;
    }

    vector = reco_snapshot_vector(&view->vectors, &view->catalog.hot[number]);
    if (vector == NULL) {
        return 0;
    }

    memcpy(out, vector, online->dimensions * sizeof(float));
    length = dot(out, out, online->dimensions);

    return length > 0 && length < INFINITY;
}


static float
measure_length(const reco_online_t *online, float *vector)
{
    const reco_snapshot_catalog_t *catalog;
    uint32_t item, step, count;
    double sum;

    catalog = &reco_snapshot_view(online->base)->catalog;
    step = catalog->nitems / SAMPLE_MAX + 1;
    count = 0;
    sum = 0;

    for (item = 0; item < catalog->nitems; item += step) {
        if (base_vector(online, item, vector)) {
            sum += (double) dot(vector, vector, online->dimensions);
            count++;
        }
    }

    return count > 0 ? (float) sqrt(sum / count) : 0;
}


static void
read_keys(reco_online_t *online, const reco_config_t *config)
{
    size_t floats;

    online->rate = (float) reco_config_number(config, "online_rate");
    online->pull = (float) reco_config_number(config, "online_pull");
    online->drift = (float) reco_config_number(config, "online_drift");
    online->negatives =
        (unsigned) reco_config_integer(config, "online_negatives");
    online->batch = (unsigned) reco_config_integer(config, "online_batch");

    floats = online->dimensions * sizeof(float);
    reco_lru_init(&online->rows, sizeof(reco_online_row_t) + 3 * floats,
        (uint32_t) reco_config_integer(config, "online_items"));
    reco_lru_init(&online->visitors, sizeof(reco_online_visitor_t) + floats,
        (uint32_t) reco_config_integer(config, "online_visitors"));
}


reco_status_t
reco_online_open(reco_store_t *store, reco_snapshot_t *base, uint64_t since,
    const reco_config_t *config, reco_online_t **online, reco_error_t *error)
{
    reco_online_t *opened;
    reco_status_t status;

    opened = calloc(1, sizeof(*opened));
    if (opened == NULL) {
        return reco_error_set(error, RECO_NOMEM, "out of memory");
    }

    reco_snapshot_acquire(base);
    opened->store = store;
    opened->base = base;
    opened->identity = reco_snapshot_identity(base);
    opened->sequence = since;
    opened->dimensions = reco_snapshot_view(base)->vectors.dimensions;
    read_keys(opened, config);

    opened->gradient =
        malloc(((size_t) opened->dimensions + 1) * sizeof(float));
    if (opened->gradient == NULL) {
        reco_online_close(opened);
        return reco_error_set(error, RECO_NOMEM, "out of memory");
    }

    opened->length = measure_length(opened, opened->gradient);
    status = opened->length > 0
                 ? reco_online_load(opened, error)
                 : reco_error_set(error, RECO_DECLINED,
                     "version %s has no vectors", reco_snapshot_id(base));
    if (status != RECO_OK) {
        reco_online_close(opened);
        return status;
    }

    *online = opened;

    return RECO_OK;
}


void
reco_online_close(reco_online_t *online)
{
    if (online == NULL) {
        return;
    }

    reco_lru_done(&online->rows);
    reco_lru_done(&online->visitors);
    reco_snapshot_release(online->base);
    free(online->stirred);
    free(online->displaced);
    free(online->gradient);
    free(online);
}


uint64_t
reco_online_sequence(const reco_online_t *online)
{
    return online->sequence;
}


float
reco_online_length(const reco_online_t *online)
{
    return online->length;
}


void
reco_online_reach(reco_online_t *online, uint64_t sequence)
{
    online->sequence = sequence;
}


reco_status_t
reco_online_visitor(
    reco_online_t *online, uint32_t number, reco_online_visitor_t **visitor)
{
    reco_status_t status;
    void *record;
    int made;

    status = reco_lru_take(&online->visitors, number, &record, &made);
    if (status == RECO_OK) {
        *visitor = record;
    }

    return status;
}


const float *
reco_online_known(const reco_online_t *online, uint32_t number)
{
    const reco_online_visitor_t *visitor;

    visitor = reco_lru_find(&online->visitors, number);

    return visitor != NULL && visitor->nevents > 0 ? visitor->vector : NULL;
}


/* An item's record in the store goes when its row is displaced. */
static reco_status_t
note_displaced(reco_online_t *online, uint32_t item)
{
    uint32_t *displaced, size;

    if (online->ndisplaced == online->displaced_size) {
        size = 2 * online->displaced_size + 64;
        displaced = realloc(online->displaced, size * sizeof(uint32_t));
        if (displaced == NULL) {
            return RECO_NOMEM;
        }
        online->displaced = displaced;
        online->displaced_size = size;
    }

    online->displaced[online->ndisplaced++] = item;

    return RECO_OK;
}


void
reco_online_bound(const reco_online_t *online, reco_online_row_t *row)
{
    const float *origin;
    float length;

    origin = row->values + online->dimensions;
    length = sqrtf(dot(origin, origin, online->dimensions));
    row->bound =
        online->drift * (length > online->length ? length : online->length);
}


static void
begin_row(const reco_online_t *online, reco_online_row_t *row, uint32_t number,
    const float *content)
{
    uint32_t dimensions = online->dimensions;

    if (!base_vector(online, number, row->values)) {
        memset(row->values, 0, dimensions * sizeof(float));
        if (content != NULL) {
            memcpy(row->values, content, dimensions * sizeof(float));
        }
    }

    memcpy(row->values + dimensions, row->values, dimensions * sizeof(float));
    reco_online_bound(online, row);
}


/* What the catalogue says may come after the item's first event. */
static void
tell_content(
    const reco_online_t *online, reco_online_row_t *row, const float *content)
{
    uint32_t dimensions = online->dimensions;
    float *origin = row->values + dimensions;

    if (content != NULL && !(dot(origin, origin, dimensions) > 0)) {
        add(origin, 1, content, dimensions);
        add(row->values, 1, content, dimensions);
        reco_online_bound(online, row);
        row->dirty = 1;
    }
}


/* The row of an item, a new one as the base or content has it. */
static reco_status_t
take_row(reco_online_t *online, uint32_t item, uint32_t number,
    const float *content, reco_online_row_t **row)
{
    reco_online_row_t *victim;
    reco_status_t status;
    void *record;
    int made;

    victim = reco_lru_victim(&online->rows, item);
    if (victim != NULL) {
        reco_online_settle(online);
        status = note_displaced(online, victim->link.number);
        if (status != RECO_OK) {
            return status;
        }
    }

    status = reco_lru_take(&online->rows, item, &record, &made);
    if (status != RECO_OK) {
        return status;
    }

    *row = record;
    if (made) {
        begin_row(online, *row, number, content);
    } else {
        tell_content(online, *row, content);
    }

    return RECO_OK;
}


/* Adds to what the batch does to the row. */
static reco_status_t
stir(reco_online_t *online, reco_online_row_t *row, float weight,
    const float *context)
{
    reco_online_row_t **stirred;
    uint32_t size;

    if (!row->stirred) {
        if (online->nstirred == online->stirred_size) {
            size = 2 * online->stirred_size + 64;
            stirred =
                realloc(online->stirred, size * sizeof(online->stirred[0]));
            if (stirred == NULL) {
                return RECO_NOMEM;
            }
            online->stirred = stirred;
            online->stirred_size = size;
        }
        online->stirred[online->nstirred++] = row;
        row->stirred = 1;
        memset(row->values + 2 * (size_t) online->dimensions, 0,
            online->dimensions * sizeof(float));
    }

    add(row->values + 2 * (size_t) online->dimensions, weight, context,
        online->dimensions);

    return RECO_OK;
}


/* A step by AdaGrad, one rate for the whole row; length is the vector's. */
static void
step(float *vector, const float *gradient, float *squares, float rate,
    float length, uint32_t dimensions)
{
    float norm;

    norm = dot(gradient, gradient, dimensions);
    if (!(norm > 0 && norm < INFINITY)) {
        return;
    }

    *squares += norm;
    add(vector, rate * length / sqrtf(*squares + SQUARES_FIRST), gradient,
        dimensions);
}


/* Back towards where it began, and no further off than allowed. */
static void
draw_back(const reco_online_t *online, reco_online_row_t *row)
{
    uint32_t i, dimensions = online->dimensions;
    const float *origin = row->values + dimensions;
    float distance, keep;

    distance = 0;
    for (i = 0; i < dimensions; i++) {
        distance += (row->values[i] - origin[i]) * (row->values[i] - origin[i]);
    }

    distance = sqrtf(distance) * (1 - online->pull);
    keep = 1 - online->pull;
    if (distance > row->bound) {
        keep *= row->bound / distance;
    }

    for (i = 0; i < dimensions; i++) {
        row->values[i] = origin[i] + keep * (row->values[i] - origin[i]);
    }
}


void
reco_online_settle(reco_online_t *online)
{
    reco_online_row_t *row;
    uint32_t i;

    for (i = 0; i < online->nstirred; i++) {
        row = online->stirred[i];
        step(row->values, row->values + 2 * (size_t) online->dimensions,
            &row->squares, online->rate, online->length, online->dimensions);
        draw_back(online, row);
        row->stirred = 0;
        row->dirty = 1;
    }

    online->nstirred = 0;
    online->nsteps = 0;
}


/* An item of the last events, evenly; the same for the same event. */
static reco_online_row_t *
draw_negative(const reco_online_t *online, reco_random_t *random)
{
    return online->rows.records[reco_random_below(random, online->rows.count)];
}


/*
 * One pair: how it moves the item's vector (with the batch) and adds to the
 * visitor's gradient.
 */
static reco_status_t
learn_pair(reco_online_t *online, const float *context, reco_online_row_t *row,
    float weight, int positive)
{
    float force, scale;

    scale = STEEPNESS / online->length;
    force = logistic(scale * dot(context, row->values, online->dimensions));
    force = weight * (positive ? 1 - force : -force);
    add(online->gradient, force * scale, row->values, online->dimensions);

    return stir(online, row, force, context);
}


/* A new visitor's first direction is that of the first item. */
static void
step_visitor(reco_online_t *online, reco_online_visitor_t *visitor,
    const reco_online_row_t *row)
{
    uint32_t i, dimensions = online->dimensions;
    float length;

    if (visitor->nevents == 0) {
        memcpy(visitor->vector, row->values, dimensions * sizeof(float));
    } else {
        step(visitor->vector, online->gradient, &visitor->squares, online->rate,
            1, dimensions);
    }

    length = sqrtf(dot(visitor->vector, visitor->vector, dimensions));
    if (!(length > 0 && length < INFINITY)) {
        return;
    }

    for (i = 0; i < dimensions; i++) {
        visitor->vector[i] /= length;
    }
    visitor->nevents++;
    visitor->dirty = 1;
}


reco_status_t
reco_online_learn(reco_online_t *online, const float *context,
    reco_online_visitor_t *visitor, uint32_t item, uint32_t number,
    const float *content, float weight)
{
    reco_online_row_t *row, *negative;
    reco_random_t random;
    reco_status_t status;
    unsigned i;

    status = take_row(online, item, number, content, &row);
    if (status != RECO_OK) {
        return status;
    }

    memset(online->gradient, 0, online->dimensions * sizeof(float));

    if (context != NULL) {
        status = learn_pair(online, context, row, weight, 1);
        random.state = online->sequence * UINT64_C(0x2545f4914f6cdd1d) + item;

        for (i = 0; status == RECO_OK && i < online->negatives; i++) {
            negative = draw_negative(online, &random);
            if (negative != row) {
                status = learn_pair(online, context, negative, weight, 0);
            }
        }
    }

    if (status == RECO_OK) {
        step_visitor(online, visitor, row);
        if (++online->nsteps >= online->batch) {
            reco_online_settle(online);
        }
    }

    return status;
}


const float *
reco_online_vector(const reco_online_t *online, uint32_t item)
{
    const reco_online_row_t *row;

    row = reco_lru_find(&online->rows, item);

    return row != NULL ? row->values : NULL;
}


uint32_t
reco_online_recent(
    reco_online_t *online, uint32_t max, uint32_t *items, const float **vectors)
{
    const reco_online_row_t *row;
    uint32_t count;

    reco_online_settle(online);
    count = 0;

    for (row = reco_lru_newest(&online->rows); row != NULL && count < max;
         row = reco_lru_older(&online->rows, row))
    {
        items[count] = row->link.number;
        vectors[count] = row->values;
        count++;
    }

    return count;
}
