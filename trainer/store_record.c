#include "store_record.h"

#include "store_bytes.h"
#include "store_fields.h"

#include <string.h>

#define EVENT_HEADER   40
#define PRODUCT_HEADER 40
#define LINE_BYTES     20


/* Sources that cost one byte; others are spelled out. */
static const char *const sources[] = {"", "sdk", "page", "import", "learn"};

#define NSOURCES       (sizeof(sources) / sizeof(sources[0]))
#define SOURCE_SPELLED 255


static int
is_hex(reco_str_t text)
{
    size_t i;

    for (i = 0; i < text.len; i++) {
        if (reco_hex_digit(text.data[i]) < 0) {
            return 0;
        }
    }

    return text.len % 2 == 0;
}


static void
add_id(reco_store_fields_t *writer, reco_str_t id)
{
    size_t i;
    char *p;

    if (id.len == 0 || !is_hex(id)) {
        reco_store_add_string(writer, RECO_STORE_TAG_ID, id);
        return;
    }

    p = reco_store_add_field(writer, RECO_STORE_TAG_ID_HEX, id.len / 2);
    for (i = 0; p != NULL && i < id.len / 2; i++) {
        p[i] = (char) ((unsigned) reco_hex_digit(id.data[2 * i]) << 4
                       | (unsigned) reco_hex_digit(id.data[2 * i + 1]));
    }
}


static void
add_lines(reco_store_fields_t *writer, const reco_store_line_t *lines,
    unsigned nlines)
{
    unsigned i;
    char *p;

    if (nlines == 0) {
        return;
    }

    p = reco_store_add_field(
        writer, RECO_STORE_TAG_LINES, (size_t) nlines * LINE_BYTES);
    for (i = 0; p != NULL && i < nlines; i++) {
        reco_store_u32(p, lines[i].item);
        reco_store_double(p + 4, lines[i].qty);
        reco_store_double(p + 12, lines[i].price);
        p += LINE_BYTES;
    }
}


static void
add_pair(reco_store_fields_t *writer, const reco_event_pair_t *pair)
{
    char *p;

    p = reco_store_add_field(
        writer, RECO_STORE_TAG_CONTEXT, pair->key.len + 1 + pair->value.len);
    if (p == NULL) {
        return;
    }

    memcpy(p, pair->key.data, pair->key.len);
    p[pair->key.len] = '\0';
    if (pair->value.len > 0) {
        memcpy(p + pair->key.len + 1, pair->value.data, pair->value.len);
    }
}


static uint8_t
source_number(reco_str_t source)
{
    size_t i;

    for (i = 0; i < NSOURCES; i++) {
        if (strlen(sources[i]) == source.len
            && (source.len == 0
                || memcmp(sources[i], source.data, source.len) == 0))
        {
            return (uint8_t) i;
        }
    }

    return SOURCE_SPELLED;
}


static void
add_details(reco_store_fields_t *writer, const reco_event_t *event)
{
    unsigned i;

    if (event->depth >= 0) {
        reco_store_add_number(writer, RECO_STORE_TAG_DEPTH, event->depth);
    }
    if (event->value >= 0) {
        reco_store_add_number(writer, RECO_STORE_TAG_VALUE, event->value);
    }
    if (event->qty > 0) {
        reco_store_add_number(writer, RECO_STORE_TAG_QTY, event->qty);
    }
    if (event->price >= 0) {
        reco_store_add_number(writer, RECO_STORE_TAG_PRICE, event->price);
    }
    if (event->rank >= 0) {
        reco_store_add_integer(
            writer, RECO_STORE_TAG_RANK, (uint64_t) event->rank);
    }

    reco_store_add_string(writer, RECO_STORE_TAG_CURRENCY, event->currency);
    reco_store_add_string(writer, RECO_STORE_TAG_SLOT, event->slot);
    reco_store_add_string(writer, RECO_STORE_TAG_REQ, event->req);
    reco_store_add_string(writer, RECO_STORE_TAG_ARM, event->arm);
    reco_store_add_string(writer, RECO_STORE_TAG_MODEL, event->model);

    for (i = 0; i < event->ncontext; i++) {
        add_pair(writer, &event->context[i]);
    }
}


reco_status_t
reco_store_event_encode(const reco_store_event_t *header,
    const reco_event_t *event, const reco_store_line_t *lines, char *out,
    size_t *len)
{
    reco_store_fields_t writer = {.data = out, .len = EVENT_HEADER};
    uint8_t source;

    source = source_number(event->source);

    out[0] = (char) header->type;
    out[1] = (char) source;
    out[2] = 0;
    out[3] = 0;
    reco_store_u32(out + 4, header->item);
    reco_store_u32(out + 8, header->visitor);
    reco_store_u32(out + 12, header->ms);
    reco_store_u64(out + 16, (uint64_t) header->ts);
    reco_store_u64(out + 24, header->previous);
    reco_store_u64(out + 32, header->session);

    add_id(&writer, event->id);
    if (event->sequence != 0) {
        reco_store_add_integer(
            &writer, RECO_STORE_TAG_SEQUENCE, event->sequence);
    }
    if (event->received != event->ts) {
        reco_store_add_integer(
            &writer, RECO_STORE_TAG_RECEIVED, (uint64_t) event->received);
    }
    if (source == SOURCE_SPELLED) {
        reco_store_add_string(&writer, RECO_STORE_TAG_SOURCE, event->source);
    }
    add_lines(&writer, lines, event->nlines);
    add_details(&writer, event);

    *len = writer.len;

    return writer.full ? RECO_TOO_LARGE : RECO_OK;
}


reco_status_t
reco_store_event_decode(reco_str_t record, reco_store_event_t *header)
{
    const char *in = record.data;

    if (record.len < EVENT_HEADER
        || (unsigned char) in[0] >= RECO_EVENT_TYPE_COUNT) {
        return RECO_CORRUPT;
    }

    header->type = (uint8_t) in[0];
    header->source = (uint8_t) in[1];
    header->item = reco_load_u32(in + 4);
    header->visitor = reco_load_u32(in + 8);
    header->ms = reco_load_u32(in + 12);
    header->ts = (int64_t) reco_load_u64(in + 16);
    header->previous = reco_load_u64(in + 24);
    header->session = reco_load_u64(in + 32);
    header->fields.data = in + EVENT_HEADER;
    header->fields.len = record.len - EVENT_HEADER;

    return RECO_OK;
}


unsigned
reco_store_event_lines(
    const reco_store_event_t *header, reco_store_line_t *lines)
{
    reco_str_t fields, value;
    unsigned i, nlines;
    const char *p;
    reco_store_tag_t tag;

    fields = header->fields;

    while (reco_store_next_field(&fields, &tag, &value)) {
        if (tag != RECO_STORE_TAG_LINES) {
            continue;
        }

        nlines = (unsigned) (value.len / LINE_BYTES);
        if (nlines > RECO_EVENT_ITEMS_MAX) {
            nlines = RECO_EVENT_ITEMS_MAX;
        }

        for (i = 0; i < nlines; i++) {
            p = value.data + (size_t) i * LINE_BYTES;
            lines[i].item = reco_load_u32(p);
            lines[i].qty = reco_load_double(p + 4);
            lines[i].price = reco_load_double(p + 12);
        }

        return nlines;
    }

    return 0;
}


static void
restore_id(reco_str_t value, reco_store_scratch_t *scratch, reco_event_t *event)
{
    static const char digits[] = "0123456789abcdef";
    size_t i;

    if (value.len > sizeof(scratch->id) / 2) {
        return;
    }

    for (i = 0; i < value.len; i++) {
        scratch->id[2 * i] = digits[(unsigned char) value.data[i] >> 4];
        scratch->id[2 * i + 1] = digits[value.data[i] & 15];
    }

    event->id.data = scratch->id;
    event->id.len = 2 * value.len;
}


static void
restore_pair(
    reco_str_t value, reco_store_scratch_t *scratch, reco_event_t *event)
{
    reco_event_pair_t *pair;
    const char *nul;

    nul = memchr(value.data, '\0', value.len);
    if (nul == NULL || event->ncontext == RECO_EVENT_CONTEXT_MAX) {
        return;
    }

    pair = &scratch->context[event->ncontext++];
    pair->key.data = value.data;
    pair->key.len = (size_t) (nul - value.data);
    pair->value.data = nul + 1;
    pair->value.len = value.len - pair->key.len - 1;
}


static void
restore_number(reco_store_tag_t tag, reco_str_t value, reco_event_t *event)
{
    if (value.len != 8) {
        return;
    }

    switch (tag) {
    case RECO_STORE_TAG_SEQUENCE:
        event->sequence = reco_load_u64(value.data);
        break;
    case RECO_STORE_TAG_RECEIVED:
        event->received = (int64_t) reco_load_u64(value.data);
        break;
    case RECO_STORE_TAG_RANK:
        event->rank = (int) reco_load_u64(value.data);
        break;
    case RECO_STORE_TAG_DEPTH:
        event->depth = reco_load_double(value.data);
        break;
    case RECO_STORE_TAG_VALUE:
        event->value = reco_load_double(value.data);
        break;
    case RECO_STORE_TAG_QTY:
        event->qty = reco_load_double(value.data);
        break;
    case RECO_STORE_TAG_PRICE:
        event->price = reco_load_double(value.data);
        break;
    default:
        break;
    }
}


/* Where a field that is a string goes; NULL: it is none. */
static reco_str_t *
string_field(reco_store_tag_t tag, reco_event_t *event)
{
    switch (tag) {
    case RECO_STORE_TAG_ID:
        return &event->id;
    case RECO_STORE_TAG_CURRENCY:
        return &event->currency;
    case RECO_STORE_TAG_SLOT:
        return &event->slot;
    case RECO_STORE_TAG_REQ:
        return &event->req;
    case RECO_STORE_TAG_ARM:
        return &event->arm;
    case RECO_STORE_TAG_MODEL:
        return &event->model;
    case RECO_STORE_TAG_SOURCE:
        return &event->source;
    default:
        return NULL;
    }
}


void
reco_store_event_restore(const reco_store_event_t *header,
    reco_store_scratch_t *scratch, reco_event_t *event)
{
    reco_str_t fields, value, *string;
    reco_store_tag_t tag;

    memset(event, 0, sizeof(*event));
    event->type = header->type;
    event->ts = header->ts;
    event->received = header->ts;
    event->ms = header->ms;
    event->depth = -1;
    event->value = -1;
    event->price = -1;
    event->rank = -1;
    event->context = scratch->context;
    event->lines = scratch->lines;
    event->product.price = -1;
    event->product.available = -1;

    if (header->source < NSOURCES) {
        event->source.data = sources[header->source];
        event->source.len = strlen(sources[header->source]);
    }

    fields = header->fields;

    while (reco_store_next_field(&fields, &tag, &value)) {
        string = string_field(tag, event);
        if (string != NULL) {
            *string = value;
        } else if (tag == RECO_STORE_TAG_ID_HEX) {
            restore_id(value, scratch, event);
        } else if (tag == RECO_STORE_TAG_CONTEXT) {
            restore_pair(value, scratch, event);
        } else {
            restore_number(tag, value, event);
        }
    }
}


reco_status_t
reco_store_item_encode(const reco_store_item_t *item, char *out, size_t *len)
{
    reco_store_fields_t writer = {.data = out, .len = PRODUCT_HEADER};

    memset(out, 0, PRODUCT_HEADER);
    reco_store_u64(out, (uint64_t) item->first_seen);
    reco_store_u64(out + 8, (uint64_t) item->last_seen);
    reco_store_u64(out + 16, (uint64_t) item->updated);
    reco_store_double(out + 24, item->product.price);
    out[32] = (char) item->product.available;

    reco_store_add_string(&writer, RECO_STORE_TAG_ID, item->id);
    reco_store_add_string(&writer, RECO_STORE_TAG_TITLE, item->product.title);
    reco_store_add_string(&writer, RECO_STORE_TAG_URL, item->product.url);
    reco_store_add_string(&writer, RECO_STORE_TAG_IMAGE, item->product.image);
    reco_store_add_string(
        &writer, RECO_STORE_TAG_CATEGORY, item->product.category);
    reco_store_add_string(&writer, RECO_STORE_TAG_BRAND, item->product.brand);
    reco_store_add_string(&writer, RECO_STORE_TAG_CURRENCY, item->currency);

    *len = writer.len;

    return writer.full ? RECO_TOO_LARGE : RECO_OK;
}


static reco_str_t *
item_field(reco_store_tag_t tag, reco_store_item_t *item)
{
    switch (tag) {
    case RECO_STORE_TAG_ID:
        return &item->id;
    case RECO_STORE_TAG_TITLE:
        return &item->product.title;
    case RECO_STORE_TAG_URL:
        return &item->product.url;
    case RECO_STORE_TAG_IMAGE:
        return &item->product.image;
    case RECO_STORE_TAG_CATEGORY:
        return &item->product.category;
    case RECO_STORE_TAG_BRAND:
        return &item->product.brand;
    case RECO_STORE_TAG_CURRENCY:
        return &item->currency;
    default:
        return NULL;
    }
}


reco_status_t
reco_store_item_decode(reco_str_t record, reco_store_item_t *item)
{
    reco_str_t fields, value, *string;
    const char *in = record.data;
    reco_store_tag_t tag;

    if (record.len < PRODUCT_HEADER) {
        return RECO_CORRUPT;
    }

    memset(item, 0, sizeof(*item));
    item->first_seen = (int64_t) reco_load_u64(in);
    item->last_seen = (int64_t) reco_load_u64(in + 8);
    item->updated = (int64_t) reco_load_u64(in + 16);
    item->product.price = reco_load_double(in + 24);
    item->product.available = (signed char) in[32];

    fields.data = in + PRODUCT_HEADER;
    fields.len = record.len - PRODUCT_HEADER;

    while (reco_store_next_field(&fields, &tag, &value)) {
        string = item_field(tag, item);
        if (string != NULL) {
            *string = value;
        }
    }

    return item->id.len > 0 ? RECO_OK : RECO_CORRUPT;
}


void
reco_store_visitor_encode(
    const reco_store_visitor_t *visitor, char out[RECO_STORE_VISITOR_BYTES])
{
    reco_store_u32(out, visitor->number);
    reco_store_u32(out + 4, visitor->nevents);
    reco_store_u64(out + 8, visitor->last);
    reco_store_u64(out + 16, (uint64_t) visitor->first_seen);
    reco_store_u64(out + 24, (uint64_t) visitor->last_seen);
    reco_store_u32(out + 32, visitor->day);
    reco_store_u32(out + 36, visitor->day_events);
}


reco_status_t
reco_store_visitor_decode(reco_str_t record, reco_store_visitor_t *visitor)
{
    const char *in = record.data;

    if (record.len != RECO_STORE_VISITOR_BYTES) {
        return RECO_CORRUPT;
    }

    visitor->number = reco_load_u32(in);
    visitor->nevents = reco_load_u32(in + 4);
    visitor->last = reco_load_u64(in + 8);
    visitor->first_seen = (int64_t) reco_load_u64(in + 16);
    visitor->last_seen = (int64_t) reco_load_u64(in + 24);
    visitor->day = reco_load_u32(in + 32);
    visitor->day_events = reco_load_u32(in + 36);

    return RECO_OK;
}
