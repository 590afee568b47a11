#include "event/event_column.h"

#include <string.h>

#define DAY_MS INT64_C(86400000)

/* As they are called, in the order of a record's lines. */
enum {
    COLUMN_visitor,
    COLUMN_sequence,
    COLUMN_v,
    COLUMN_type,
    COLUMN_id,
    COLUMN_item,
    COLUMN_ts,
    COLUMN_sent,
    COLUMN_ms,
    COLUMN_depth,
    COLUMN_value,
    COLUMN_qty,
    COLUMN_price,
    COLUMN_currency,
    COLUMN_slot,
    COLUMN_rank,
    COLUMN_req,
    COLUMN_items,
    COLUMN_ctx,
    COLUMN_title,
    COLUMN_url,
    COLUMN_image,
    COLUMN_category,
    COLUMN_brand,
    COLUMN_available,
    COLUMN_received,
    COLUMN_arm,
    COLUMN_model,
    COLUMN_source,
    COLUMNS
};

#define column(                                                                \
    name_, stream_, kind_, by_, field_, min_, max_, absent_, product_)         \
    [COLUMN_##name_] = {                                                       \
        .name = {sizeof(#name_) - 1, #name_},                                  \
        .stream = {sizeof(stream_) - 1, stream_},                              \
        .kind = RECO_EVENT_KIND_##kind_,                                       \
        .by = RECO_EVENT_BY_##by_,                                             \
        .offset = offsetof(reco_event_draft_t, field_),                        \
        .min = (double) (min_),                                                \
        .max = (double) (max_),                                                \
        .absent = (absent_),                                                   \
        .product = (product_),                                                 \
    }

/* clang-format off */
const reco_event_column_t reco_event_columns[] = {
    column(visitor,     "u",   TOKEN,    SERVER, event.visitor,  0, 64, 0, 0),
    column(sequence,    "q",   SEQUENCE, SERVER, event.sequence, 0, 0, 0, 0),
    column(v,           "v",   VERSION,  CLIENT, event,          1, 1, 0, 0),
    column(type,        "t",   TYPE,     CLIENT, event.type,     0, 16, 0, 0),
    column(id,          "id",  TOKEN,    CLIENT, event.id,
           0, RECO_EVENT_ID_MAX, 0, 0),
    column(item,        "i",   NAME,     CLIENT, event.item,
           0, RECO_EVENT_ITEM_MAX, 0, 0),
    column(ts,          "ts",  INT64,    CLIENT, event.ts,
           RECO_EVENT_TIME_MIN, RECO_EVENT_TIME_MAX, 0, 0),
    column(sent,        "",    INT64,    CLIENT, sent,
           RECO_EVENT_TIME_MIN, RECO_EVENT_TIME_MAX, 0, 0),
    column(ms,          "ms",  INT64,    CLIENT, event.ms,       0, DAY_MS, 0, 0),
    column(depth,       "d",   REAL,     CLIENT, event.depth,    0, 1, -1, 0),
    column(value,       "val", REAL,     CLIENT, event.value,    0, 1e9, -1, 0),
    column(qty,         "n",   REAL,     CLIENT, event.qty,      0, 1e6, 0, 0),
    column(price,       "p",   REAL,     CLIENT, event.price,    0, 1e9, -1, 0),
    column(currency,    "cur", TOKEN,    CLIENT, event.currency, 0, 3, 0, 0),
    column(slot,        "s",   TOKEN,    CLIENT, event.slot,     0, 64, 0, 0),
    column(rank,        "k",   INT,      CLIENT, event.rank,     0, 9999, -1, 0),
    column(req,         "r",   TOKEN,    CLIENT, event.req,      0, 64, 0, 0),
    column(items,       "l",   LINES,    CLIENT, event.lines,    0, 0, 0, 0),
    column(ctx,         "c",   CONTEXT,  CLIENT, event.context,  0, 0, 0, 0),
    column(title,       "ti",  TEXT,     CLIENT, event.product.title,
           0, 512, 0, 1),
    column(url,         "url", URL,      CLIENT, event.product.url,
           0, 2048, 0, 1),
    column(image,       "img", URL,      CLIENT, event.product.image,
           0, 2048, 0, 1),
    column(category,    "cat", TEXT,     CLIENT, event.product.category,
           0, 256, 0, 1),
    column(brand,       "br",  TEXT,     CLIENT, event.product.brand,
           0, 128, 0, 1),
    column(available,   "av",  FLAG,     CLIENT, event.product.available,
           0, 1, -1, 1),
    column(received,    "rt",  INT64,    SERVER, event.received,
           RECO_EVENT_TIME_MIN, RECO_EVENT_TIME_MAX, 0, 0),
    column(arm,         "a",   TOKEN,    SERVER, event.arm,      0, 64, 0, 0),
    column(model,       "m",   TOKEN,    SERVER, event.model,    0, 64, 0, 0),
    column(source,      "src", TOKEN,    SERVER, event.source,   0, 16, 0, 0),
};
/* clang-format on */

#undef column

const unsigned reco_event_ncolumns = COLUMNS;


/*
 * Where a name is looked for; free slots send it to the first column, whose name
 * it is not.  Two names in one slot are an error of the compiler's
 * (-Woverride-init), and one that stands in the wrong slot is never found.
 */
#define SLOTS 128
#define SLOT(length, first, middle)                                            \
    (((length) + (first) + 6 * (middle)) % SLOTS)

static const uint8_t column_slots[SLOTS] = {
    [SLOT(7, 'v', 'i')] = COLUMN_visitor,
    [SLOT(8, 's', 'e')] = COLUMN_sequence,
    [SLOT(1, 'v', 'v')] = COLUMN_v,
    [SLOT(4, 't', 'p')] = COLUMN_type,
    [SLOT(2, 'i', 'd')] = COLUMN_id,
    [SLOT(4, 'i', 'e')] = COLUMN_item,
    [SLOT(2, 't', 's')] = COLUMN_ts,
    [SLOT(4, 's', 'n')] = COLUMN_sent,
    [SLOT(2, 'm', 's')] = COLUMN_ms,
    [SLOT(5, 'd', 'p')] = COLUMN_depth,
    [SLOT(5, 'v', 'l')] = COLUMN_value,
    [SLOT(3, 'q', 't')] = COLUMN_qty,
    [SLOT(5, 'p', 'i')] = COLUMN_price,
    [SLOT(8, 'c', 'e')] = COLUMN_currency,
    [SLOT(4, 's', 'o')] = COLUMN_slot,
    [SLOT(4, 'r', 'n')] = COLUMN_rank,
    [SLOT(3, 'r', 'e')] = COLUMN_req,
    [SLOT(5, 'i', 'e')] = COLUMN_items,
    [SLOT(3, 'c', 't')] = COLUMN_ctx,
    [SLOT(5, 't', 't')] = COLUMN_title,
    [SLOT(3, 'u', 'r')] = COLUMN_url,
    [SLOT(5, 'i', 'a')] = COLUMN_image,
    [SLOT(8, 'c', 'g')] = COLUMN_category,
    [SLOT(5, 'b', 'a')] = COLUMN_brand,
    [SLOT(9, 'a', 'l')] = COLUMN_available,
    [SLOT(8, 'r', 'i')] = COLUMN_received,
    [SLOT(3, 'a', 'r')] = COLUMN_arm,
    [SLOT(5, 'm', 'd')] = COLUMN_model,
    [SLOT(6, 's', 'r')] = COLUMN_source,
};


const reco_event_column_t *
reco_event_column_by_name(reco_str_t name)
{
    const reco_event_column_t *column;
    const unsigned char *letters;
    size_t slot;

    if (name.len == 0) {
        return NULL;
    }

    letters = (const unsigned char *) name.data;
    slot = SLOT(name.len, letters[0], letters[name.len / 2]);
    column = &reco_event_columns[column_slots[slot]];

    return column->name.len == name.len
                   && memcmp(column->name.data, name.data, name.len) == 0
               ? column
               : NULL;
}


const reco_event_column_t *
reco_event_column_by_stream(reco_str_t name)
{
    const reco_event_column_t *column;

    if (name.len == 0) {
        return NULL;
    }

    for (column = reco_event_columns;
         column < reco_event_columns + reco_event_ncolumns; column++)
    {
        if (column->stream.len == name.len
            && memcmp(column->stream.data, name.data, name.len) == 0)
        {
            return column;
        }
    }

    return NULL;
}


void
reco_event_init(reco_event_t *event)
{
    memset(event, 0, sizeof(*event));

    event->type = RECO_EVENT_TYPE_COUNT;
    event->depth = -1;
    event->value = -1;
    event->price = -1;
    event->rank = -1;
    event->product.price = -1;
    event->product.available = -1;
}
