#include "feature_store.h"

#include "clock.h"
#include "engine/reco_engine_profile.h"
#include "lru.h"
#include "redis.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PENDING_MAX   100000 /* visitors and items that wait for Redis */
#define ITEMS_MAX     1000000
#define PIPELINE      128
#define RETRY_SECONDS 5.0
#define CHAIN_MAX     2000 /* events of a visitor that are looked at */
#define REPLAYED_MAX  256  /* of them, what can still be in the record */
#define KEY_MAX       256
#define FILL_STEP     2000 /* written with what has changed, of many */


typedef enum {
    ITEM_IMPRESSION,
    ITEM_VIEW,
    ITEM_CLICK,
    ITEM_CART,
    ITEM_PURCHASE,
    ITEM_COUNTERS
} item_counter_t;

static const char *const counter_names[ITEM_COUNTERS] = {
    "impression", "view", "click", "cart", "purchase"};

typedef struct {
    reco_lru_link_t link; /* its number is the visitor's */
    uint64_t last;        /* their newest event */
} waiting_t;

typedef struct {
    reco_lru_link_t link; /* its number is the item's */
    uint64_t counts[ITEM_COUNTERS];
    int changed;
} tally_t;

struct reco_features_s {
    const reco_config_t *config;
    reco_store_t *store;
    redisContext *context; /* NULL: not connected */
    char base[RECO_ENGINE_PROFILE_BASE_MAX];
    reco_lru_t visitors; /* that wait */
    reco_lru_t items;    /* all since the base */
    uint32_t *fill;      /* visitors who are to be written besides */
    uint64_t nfill;
    uint64_t filled;
    int64_t failed; /* monotonic ns; 0: works */
    unsigned nappended;
    uint64_t chain[CHAIN_MAX];
    reco_engine_profile_t profile;
    char record[RECO_ENGINE_PROFILE_SIZE_MAX];
};


reco_status_t
reco_features_create(const reco_config_t *config, reco_store_t *store,
    const char *base, reco_features_t **features, reco_error_t *error)
{
    reco_features_t *created;

    if (!reco_config_integer(config, "features")) {
        return reco_error_set(error, RECO_DECLINED, "\"features off\"");
    }

    created = calloc(1, sizeof(*created));
    if (created == NULL) {
        return reco_error_set(error, RECO_NOMEM, "out of memory");
    }

    created->config = config;
    created->store = store;
    snprintf(created->base, sizeof(created->base), "%s", base);
    reco_lru_init(&created->visitors, sizeof(waiting_t), PENDING_MAX);
    reco_lru_init(&created->items, sizeof(tally_t), ITEMS_MAX);
    *features = created;

    return RECO_OK;
}


void
reco_features_destroy(reco_features_t *features)
{
    if (features == NULL) {
        return;
    }

    if (features->context != NULL) {
        redisFree(features->context);
    }
    reco_lru_done(&features->visitors);
    reco_lru_done(&features->items);
    free(features->fill);
    free(features);
}


void
reco_features_fill(
    reco_features_t *features, uint32_t *visitors, uint64_t count)
{
    free(features->fill);
    features->fill = visitors;
    features->nfill = count;
    features->filled = 0;
}


uint64_t
reco_features_left(const reco_features_t *features)
{
    return features->nfill - features->filled;
}


static item_counter_t
counter_of(uint8_t type)
{
    switch (type) {
    case RECO_EVENT_IMPRESSION:
        return ITEM_IMPRESSION;
    case RECO_EVENT_VIEW:
        return ITEM_VIEW;
    case RECO_EVENT_CLICK:
        return ITEM_CLICK;
    case RECO_EVENT_CART:
        return ITEM_CART;
    case RECO_EVENT_PURCHASE:
        return ITEM_PURCHASE;
    default:
        return ITEM_COUNTERS;
    }
}


static reco_status_t
count(reco_features_t *features, uint32_t item, item_counter_t counter)
{
    reco_status_t status;
    tally_t *tally;
    void *record;
    int made;

    status = reco_lru_take(&features->items, item, &record, &made);
    if (status == RECO_OK) {
        tally = record;
        tally->counts[counter]++;
        tally->changed = 1;
    }

    return status;
}


reco_status_t
reco_features_note(reco_features_t *features, const reco_store_event_t *event)
{
    reco_store_line_t lines[RECO_EVENT_ITEMS_MAX];
    item_counter_t counter;
    reco_status_t status;
    unsigned i, nlines;
    void *record;
    int made;

    status = reco_lru_take(&features->visitors, event->visitor, &record, &made);
    if (status != RECO_OK) {
        return status;
    }
    ((waiting_t *) record)->last = event->sequence;

    counter = counter_of(event->type);
    if (counter == ITEM_COUNTERS) {
        return RECO_OK;
    }

    nlines = reco_store_event_lines(event, lines);
    for (i = 0; status == RECO_OK && i < nlines; i++) {
        status = count(features, lines[i].item, counter);
    }

    return status == RECO_OK && nlines == 0 && event->item != RECO_STORE_NO_ITEM
               ? count(features, event->item, counter)
               : status;
}


/* -- a visitor's record -- */


/* One round: all that is written together. */
typedef struct {
    reco_features_t *features;
    reco_store_view_t *view;
    reco_features_vector_t vector;
    void *context;
    uint64_t nfill; /* of fill, in this round */
    char ttl[24];
} writing_t;


static uint64_t
key_of(reco_store_view_t *view, uint32_t item)
{
    reco_store_item_t entry;

    return item != RECO_STORE_NO_ITEM
                   && reco_store_view_item(view, item, &entry) == RECO_OK
               ? reco_item_key(entry.id)
               : 0;
}


/* The visitor's events from the newest on, and how many of each type. */
static unsigned
read_chain(reco_features_t *features, reco_store_view_t *view, uint64_t last)
{
    reco_store_event_t event;
    unsigned length;

    memset(features->profile.counters, 0, sizeof(features->profile.counters));

    for (length = 0; length < CHAIN_MAX && last != 0; length++) {
        if (reco_store_view_get(view, last, &event) != RECO_OK
            || event.previous >= last)
        {
            break;
        }
        features->chain[length] = last;
        if (event.type < RECO_ENGINE_PROFILE_COUNTERS) {
            features->profile.counters[event.type]++;
        }
        last = event.previous;
    }

    return length;
}


static void
apply_event(reco_engine_session_t *session, reco_store_view_t *view,
    const reco_store_event_t *event)
{
    reco_store_line_t lines[RECO_EVENT_ITEMS_MAX];
    uint64_t keys[RECO_EVENT_ITEMS_MAX];
    reco_engine_event_t entry;
    unsigned i, nlines;

    nlines = reco_store_event_lines(event, lines);
    for (i = 0; i < nlines; i++) {
        keys[i] = key_of(view, lines[i].item);
    }

    if (event->type == RECO_EVENT_IMPRESSION) {
        reco_engine_session_shown(session, keys, nlines);
        return;
    }

    memset(&entry, 0, sizeof(entry));
    entry.time = (uint32_t) (event->ts / 1000);
    entry.dwell = event->ms;
    entry.type = event->type;
    if (nlines == 0) {
        nlines = 1;
        keys[0] = key_of(view, event->item);
    }

    for (i = 0; i < nlines; i++) {
        entry.item = keys[i];
        reco_engine_session_apply(session, &entry);
    }
}


static void
make_profile(writing_t *writing, uint32_t visitor, uint64_t last)
{
    reco_features_t *features = writing->features;
    reco_store_view_t *view = writing->view;
    reco_engine_profile_t *profile = &features->profile;
    reco_store_event_t event;
    const float *vector;
    uint32_t dimensions;
    unsigned length;

    length = read_chain(features, view, last);
    memset(&profile->session, 0, sizeof(profile->session));

    for (length = length < REPLAYED_MAX ? length : REPLAYED_MAX; length > 0;
         length--)
    {
        if (reco_store_view_get(view, features->chain[length - 1], &event)
            == RECO_OK) {
            apply_event(&profile->session, view, &event);
        }
    }

    profile->updated = reco_clock_ms();
    profile->nbase = 0;
    profile->dimensions = 0;

    dimensions = 0;
    vector = writing->vector(writing->context, view, visitor, &dimensions);
    if (vector != NULL && dimensions <= RECO_SNAPSHOT_DIMENSIONS_MAX) {
        profile->nbase = strlen(features->base);
        memcpy(profile->base, features->base, profile->nbase);
        profile->dimensions = dimensions;
        memcpy(profile->vector, vector, dimensions * sizeof(float));
    }
}


/* -- Redis -- */


static reco_str_t
text(const char *data)
{
    return (reco_str_t){strlen(data), data};
}


static reco_status_t
read_replies(reco_features_t *features, reco_error_t *error)
{
    reco_status_t status;
    redisReply *reply;

    status = RECO_OK;

    while (features->nappended > 0 && status == RECO_OK) {
        features->nappended--;
        reply = NULL;
        status = reco_redis_reply(features->context, &reply, error);
        freeReplyObject(reply);
    }

    return status;
}


static reco_status_t
append(reco_features_t *features, size_t n, const reco_str_t *arguments,
    reco_error_t *error)
{
    reco_status_t status;

    status = reco_redis_append(features->context, n, arguments, error);
    if (status != RECO_OK) {
        return status;
    }

    return ++features->nappended < PIPELINE ? RECO_OK
                                            : read_replies(features, error);
}


/* Prefix and name; 0 where that is too long. */
static size_t
make_key(const char *prefix, reco_str_t name, char key[KEY_MAX])
{
    int len;

    len = snprintf(key, KEY_MAX, "%s%.*s", prefix, (int) name.len, name.data);

    return len > 0 && len < KEY_MAX ? (size_t) len : 0;
}


/* last: the visitor's newest event; 0: as the store has it. */
static reco_status_t
write_visitor(
    writing_t *writing, uint32_t number, uint64_t last, reco_error_t *error)
{
    reco_features_t *features = writing->features;
    char key[KEY_MAX], name[RECO_STORE_VISITOR_MAX];
    reco_str_t visitor, arguments[5];
    reco_store_visitor_t record;
    reco_status_t status;
    size_t len;

    /* Forgotten meanwhile: nothing of them may come back. */
    status = reco_store_view_name(writing->view, number, name, &visitor);
    if (status == RECO_OK && last == 0) {
        status = reco_store_view_visitor(writing->view, visitor, &record);
        last = record.last;
    }
    if (status != RECO_OK) {
        return status == RECO_DECLINED ? RECO_OK : status;
    }

    make_profile(writing, number, last);
    status = reco_engine_profile_encode(
        &features->profile, features->record, sizeof(features->record), &len);
    if (status != RECO_OK) {
        return RECO_OK;
    }

    arguments[0] = text("SET");
    arguments[1].data = key;
    arguments[1].len = make_key(
        reco_config_string(features->config, "visitor_prefix"), visitor, key);
    arguments[2] = (reco_str_t){len, features->record};
    arguments[3] = text("EX");
    arguments[4] = text(writing->ttl);

    return arguments[1].len > 0 ? append(features, 5, arguments, error)
                                : RECO_OK;
}


static reco_status_t
write_item(writing_t *writing, const tally_t *tally, reco_error_t *error)
{
    reco_features_t *features = writing->features;
    char key[KEY_MAX], numbers[ITEM_COUNTERS][24];
    reco_str_t arguments[4 + 2 * ITEM_COUNTERS];
    reco_store_item_t item;
    reco_status_t status;
    int i;

    if (reco_store_view_item(writing->view, tally->link.number, &item)
        != RECO_OK) {
        return RECO_OK;
    }

    arguments[0] = text("HSET");
    arguments[1].data = key;
    arguments[1].len = make_key(
        reco_config_string(features->config, "item_prefix"), item.id, key);
    arguments[2] = text("base");
    arguments[3] = text(features->base);
    if (arguments[1].len == 0) {
        return RECO_OK;
    }

    for (i = 0; i < ITEM_COUNTERS; i++) {
        snprintf(numbers[i], sizeof(numbers[i]), "%llu",
            (unsigned long long) tally->counts[i]);
        arguments[4 + 2 * i] = text(counter_names[i]);
        arguments[5 + 2 * i] = text(numbers[i]);
    }

    status = append(features, 4 + 2 * ITEM_COUNTERS, arguments, error);
    arguments[0] = text("EXPIRE");
    arguments[2] = text(writing->ttl);

    return status == RECO_OK ? append(features, 3, arguments, error) : status;
}


static reco_status_t
write_items(writing_t *writing, reco_error_t *error)
{
    reco_features_t *features = writing->features;
    reco_status_t status;
    tally_t *tally;

    status = RECO_OK;

    /* What has changed was used last: the rest behind it has not. */
    for (tally = reco_lru_newest(&features->items);
         status == RECO_OK && tally != NULL && tally->changed;
         tally = reco_lru_older(&features->items, tally))
    {
        status = write_item(writing, tally, error);
    }

    return status;
}


static reco_status_t
write_visitors(writing_t *writing, reco_error_t *error)
{
    reco_features_t *features = writing->features;
    const waiting_t *waiting;
    reco_status_t status;
    uint64_t i;

    status = RECO_OK;

    for (waiting = reco_lru_newest(&features->visitors);
         status == RECO_OK && waiting != NULL;
         waiting = reco_lru_older(&features->visitors, waiting))
    {
        status =
            write_visitor(writing, waiting->link.number, waiting->last, error);
    }

    for (i = 0; status == RECO_OK && i < writing->nfill; i++) {
        status = write_visitor(
            writing, features->fill[features->filled + i], 0, error);
    }

    return status;
}


static reco_status_t
write_all(writing_t *writing, reco_error_t *error)
{
    reco_features_t *features = writing->features;
    reco_status_t status;

    writing->nfill = reco_features_left(features);
    if (writing->nfill > FILL_STEP) {
        writing->nfill = FILL_STEP;
    }
    snprintf(writing->ttl, sizeof(writing->ttl), "%lld",
        (long long) reco_config_integer(features->config, "feature_ttl")
            / 1000);

    status = reco_store_view_begin(features->store, &writing->view, error);
    if (status != RECO_OK) {
        return status;
    }

    status = write_visitors(writing, error);
    if (status == RECO_OK) {
        status = write_items(writing, error);
    }
    reco_store_view_end(writing->view);

    return status == RECO_OK ? read_replies(features, error) : status;
}


static void
note_written(reco_features_t *features, uint64_t nfill)
{
    tally_t *tally;

    for (tally = reco_lru_newest(&features->items);
         tally != NULL && tally->changed;
         tally = reco_lru_older(&features->items, tally))
    {
        tally->changed = 0;
    }

    reco_lru_done(&features->visitors);
    reco_lru_init(&features->visitors, sizeof(waiting_t), PENDING_MAX);
    features->filled += nfill;
}


reco_status_t
reco_features_write(reco_features_t *features, reco_features_vector_t vector,
    void *context, reco_error_t *error)
{
    writing_t writing = {
        .features = features, .vector = vector, .context = context};
    reco_status_t status;

    if (features->failed != 0
        && reco_clock_elapsed(features->failed) < RETRY_SECONDS)
    {
        return RECO_DECLINED;
    }

    status = RECO_OK;
    if (features->context == NULL) {
        status =
            reco_redis_connect(features->config, 0, &features->context, error);
    }
    if (status == RECO_OK) {
        status = write_all(&writing, error);
    }

    if (status == RECO_OK) {
        features->failed = 0;
        note_written(features, writing.nfill);
        return RECO_OK;
    }

    if (features->context != NULL) {
        redisFree(features->context);
        features->context = NULL;
    }
    features->nappended = 0;
    features->failed = reco_clock_monotonic_ns();

    return RECO_IO;
}
