#include "event/event_column.h"

#include <string.h>

#define DAY_MS INT64_C(86400000)

#define column(                                                                \
    name_, stream_, kind_, by_, field_, min_, max_, absent_, product_)         \
    {                                                                          \
        .name = {sizeof(name_) - 1, name_},                                    \
        .stream = {sizeof(stream_) - 1, stream_},                              \
        .kind = RECO_EVENT_KIND_##kind_, .by = RECO_EVENT_BY_##by_,            \
        .offset = offsetof(reco_event_draft_t, field_),                        \
        .min = (double) (min_), .max = (double) (max_), .absent = (absent_),   \
        .product = (product_),                                                 \
    }

/* clang-format off */
const reco_event_column_t reco_event_columns[] = {
    column("visitor",   "u",   TOKEN,    SERVER, event.visitor,  0, 64, 0, 0),
    column("sequence",  "q",   SEQUENCE, SERVER, event.sequence, 0, 0, 0, 0),
    column("v",         "v",   VERSION,  CLIENT, event,          1, 1, 0, 0),
    column("type",      "t",   TYPE,     CLIENT, event.type,     0, 16, 0, 0),
    column("id",        "id",  TOKEN,    CLIENT, event.id,
           0, RECO_EVENT_ID_MAX, 0, 0),
    column("item",      "i",   NAME,     CLIENT, event.item,
           0, RECO_EVENT_ITEM_MAX, 0, 0),
    column("ts",        "ts",  INT64,    CLIENT, event.ts,
           RECO_EVENT_TIME_MIN, RECO_EVENT_TIME_MAX, 0, 0),
    column("sent",      "",    INT64,    CLIENT, sent,
           RECO_EVENT_TIME_MIN, RECO_EVENT_TIME_MAX, 0, 0),
    column("ms",        "ms",  INT64,    CLIENT, event.ms,       0, DAY_MS, 0, 0),
    column("depth",     "d",   REAL,     CLIENT, event.depth,    0, 1, -1, 0),
    column("value",     "val", REAL,     CLIENT, event.value,    0, 1e9, -1, 0),
    column("qty",       "n",   REAL,     CLIENT, event.qty,      0, 1e6, 0, 0),
    column("price",     "p",   REAL,     CLIENT, event.price,    0, 1e9, -1, 0),
    column("currency",  "cur", TOKEN,    CLIENT, event.currency, 0, 3, 0, 0),
    column("slot",      "s",   TOKEN,    CLIENT, event.slot,     0, 64, 0, 0),
    column("rank",      "k",   INT,      CLIENT, event.rank,     0, 9999, -1, 0),
    column("req",       "r",   TOKEN,    CLIENT, event.req,      0, 64, 0, 0),
    column("items",     "l",   LINES,    CLIENT, event.lines,    0, 0, 0, 0),
    column("ctx",       "c",   CONTEXT,  CLIENT, event.context,  0, 0, 0, 0),
    column("title",     "ti",  TEXT,     CLIENT, event.product.title,
           0, 512, 0, 1),
    column("url",       "url", URL,      CLIENT, event.product.url,
           0, 2048, 0, 1),
    column("image",     "img", URL,      CLIENT, event.product.image,
           0, 2048, 0, 1),
    column("category",  "cat", TEXT,     CLIENT, event.product.category,
           0, 256, 0, 1),
    column("brand",     "br",  TEXT,     CLIENT, event.product.brand,
           0, 128, 0, 1),
    column("available", "av",  FLAG,     CLIENT, event.product.available,
           0, 1, -1, 1),
    column("received",  "rt",  INT64,    SERVER, event.received,
           RECO_EVENT_TIME_MIN, RECO_EVENT_TIME_MAX, 0, 0),
    column("arm",       "a",   TOKEN,    SERVER, event.arm,      0, 64, 0, 0),
    column("model",     "m",   TOKEN,    SERVER, event.model,    0, 64, 0, 0),
    column("source",    "src", TOKEN,    SERVER, event.source,   0, 16, 0, 0),
};
/* clang-format on */

#undef column

const unsigned reco_event_ncolumns =
    sizeof(reco_event_columns) / sizeof(reco_event_columns[0]);

const reco_event_column_t *
reco_event_column_by_name(reco_str_t name)
{
    const reco_event_column_t *column;

    for (column = reco_event_columns;
         column < reco_event_columns + reco_event_ncolumns; column++)
    {
        if (column->name.len == name.len && column->name.data[0] == name.data[0]
            && memcmp(column->name.data, name.data, name.len) == 0)
        {
            return column;
        }
    }

    return NULL;
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
