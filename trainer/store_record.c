#include "store_record.h"

#include "store_bytes.h"

#include <string.h>

#define EVENT_HEADER   40
#define PRODUCT_HEADER 40
#define LINE_BYTES     20


/* Numbers in files: never reuse one. */
typedef enum {
    TAG_ID = 1,
    TAG_ID_HEX, /* an id of lower-case hex digits, two a byte */
    TAG_SEQUENCE,
    TAG_RECEIVED,
    TAG_LINES,
    TAG_DEPTH,
    TAG_VALUE,
    TAG_QTY,
    TAG_PRICE,
    TAG_CURRENCY,
    TAG_SLOT,
    TAG_RANK,
    TAG_REQ,
    TAG_ARM,
    TAG_MODEL,
    TAG_SOURCE,
    TAG_CONTEXT, /* key, NUL, value */
    TAG_TITLE,
    TAG_URL,
    TAG_IMAGE,
    TAG_CATEGORY,
    TAG_BRAND
} tag_t;

/* Sources that cost one byte; others are spelled out. */
static const char *const sources[] = {"", "sdk", "page", "import", "learn"};

#define NSOURCES       (sizeof(sources) / sizeof(sources[0]))
#define SOURCE_SPELLED 255


typedef struct {
    char *data;
    size_t len;
    int full;
} writer_t;


/* Room for a field's bytes, or NULL once the record is full. */
static char *
add_field(writer_t *writer, tag_t tag, size_t len)
{
    char *p;

    if (writer->full || len > UINT16_MAX
        || writer->len + 3 + len > RECO_STORE_RECORD_MAX)
    {
        writer->full = 1;
        return NULL;
    }

    p = writer->data + writer->len;
    p[0] = (char) tag;
    p[1] = (char) len;
    p[2] = (char) (len >> 8);
    writer->len += 3 + len;

    return p + 3;
}


static void
add_string(writer_t *writer, tag_t tag, reco_str_t text)
{
    char *p;

    if (text.len == 0) {
        return;
    }

    p = add_field(writer, tag, text.len);
    if (p != NULL) {
        memcpy(p, text.data, text.len);
    }
}


static void
add_integer(writer_t *writer, tag_t tag, uint64_t value)
{
    char *p;

    p = add_field(writer, tag, 8);
    if (p != NULL) {
        reco_store_u64(p, value);
    }
}


static void
add_number(writer_t *writer, tag_t tag, double value)
{
    char *p;

    p = add_field(writer, tag, 8);
    if (p != NULL) {
        reco_store_double(p, value);
    }
}


static int
hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }

    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}


static int
is_hex(reco_str_t text)
{
    size_t i;

    for (i = 0; i < text.len; i++) {
        if (hex_digit(text.data[i]) < 0) {
            return 0;
        }
    }

    return text.len % 2 == 0;
}


static void
add_id(writer_t *writer, reco_str_t id)
{
    size_t i;
    char *p;

    if (id.len == 0 || !is_hex(id)) {
        add_string(writer, TAG_ID, id);
        return;
    }

    p = add_field(writer, TAG_ID_HEX, id.len / 2);
    for (i = 0; p != NULL && i < id.len / 2; i++) {
        p[i] = (char) ((unsigned) hex_digit(id.data[2 * i]) << 4
                       | (unsigned) hex_digit(id.data[2 * i + 1]));
    }
}


static void
add_lines(writer_t *writer, const reco_store_line_t *lines, unsigned nlines)
{
    unsigned i;
    char *p;

    if (nlines == 0) {
        return;
    }

    p = add_field(writer, TAG_LINES, (size_t) nlines * LINE_BYTES);
    for (i = 0; p != NULL && i < nlines; i++) {
        reco_store_u32(p, lines[i].item);
        reco_store_double(p + 4, lines[i].qty);
        reco_store_double(p + 12, lines[i].price);
        p += LINE_BYTES;
    }
}


static void
add_pair(writer_t *writer, const reco_event_pair_t *pair)
{
    char *p;

    p = add_field(writer, TAG_CONTEXT, pair->key.len + 1 + pair->value.len);
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
add_details(writer_t *writer, const reco_event_t *event)
{
    unsigned i;

    if (event->depth >= 0) {
        add_number(writer, TAG_DEPTH, event->depth);
    }
    if (event->value >= 0) {
        add_number(writer, TAG_VALUE, event->value);
    }
    if (event->qty > 0) {
        add_number(writer, TAG_QTY, event->qty);
    }
    if (event->price >= 0) {
        add_number(writer, TAG_PRICE, event->price);
    }
    if (event->rank >= 0) {
        add_integer(writer, TAG_RANK, (uint64_t) event->rank);
    }

    add_string(writer, TAG_CURRENCY, event->currency);
    add_string(writer, TAG_SLOT, event->slot);
    add_string(writer, TAG_REQ, event->req);
    add_string(writer, TAG_ARM, event->arm);
    add_string(writer, TAG_MODEL, event->model);

    for (i = 0; i < event->ncontext; i++) {
        add_pair(writer, &event->context[i]);
    }
}


reco_status_t
reco_store_event_encode(const reco_store_event_t *header,
    const reco_event_t *event, const reco_store_line_t *lines, char *out,
    size_t *len)
{
    writer_t writer = {.data = out, .len = EVENT_HEADER};
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
        add_integer(&writer, TAG_SEQUENCE, event->sequence);
    }
    if (event->received != event->ts) {
        add_integer(&writer, TAG_RECEIVED, (uint64_t) event->received);
    }
    if (source == SOURCE_SPELLED) {
        add_string(&writer, TAG_SOURCE, event->source);
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


/* Takes the next field off fields; 0 at the end or at a broken one. */
static int
next_field(reco_str_t *fields, tag_t *tag, reco_str_t *value)
{
    if (fields->len < 3) {
        return 0;
    }

    *tag = (unsigned char) fields->data[0];
    value->len = (size_t) (unsigned char) fields->data[1]
                 | (size_t) (unsigned char) fields->data[2] << 8;
    value->data = fields->data + 3;
    if (value->len > fields->len - 3) {
        return 0;
    }

    fields->data += 3 + value->len;
    fields->len -= 3 + value->len;

    return 1;
}


unsigned
reco_store_event_lines(
    const reco_store_event_t *header, reco_store_line_t *lines)
{
    reco_str_t fields, value;
    unsigned i, nlines;
    const char *p;
    tag_t tag;

    fields = header->fields;

    while (next_field(&fields, &tag, &value)) {
        if (tag != TAG_LINES) {
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
restore_number(tag_t tag, reco_str_t value, reco_event_t *event)
{
    if (value.len != 8) {
        return;
    }

    switch (tag) {
    case TAG_SEQUENCE:
        event->sequence = reco_load_u64(value.data);
        break;
    case TAG_RECEIVED:
        event->received = (int64_t) reco_load_u64(value.data);
        break;
    case TAG_RANK:
        event->rank = (int) reco_load_u64(value.data);
        break;
    case TAG_DEPTH:
        event->depth = reco_load_double(value.data);
        break;
    case TAG_VALUE:
        event->value = reco_load_double(value.data);
        break;
    case TAG_QTY:
        event->qty = reco_load_double(value.data);
        break;
    case TAG_PRICE:
        event->price = reco_load_double(value.data);
        break;
    default:
        break;
    }
}


/* Where a field that is a string goes; NULL: it is none. */
static reco_str_t *
string_field(tag_t tag, reco_event_t *event)
{
    switch (tag) {
    case TAG_ID:
        return &event->id;
    case TAG_CURRENCY:
        return &event->currency;
    case TAG_SLOT:
        return &event->slot;
    case TAG_REQ:
        return &event->req;
    case TAG_ARM:
        return &event->arm;
    case TAG_MODEL:
        return &event->model;
    case TAG_SOURCE:
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
    tag_t tag;

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

    while (next_field(&fields, &tag, &value)) {
        string = string_field(tag, event);
        if (string != NULL) {
            *string = value;
        } else if (tag == TAG_ID_HEX) {
            restore_id(value, scratch, event);
        } else if (tag == TAG_CONTEXT) {
            restore_pair(value, scratch, event);
        } else {
            restore_number(tag, value, event);
        }
    }
}


reco_status_t
reco_store_item_encode(const reco_store_item_t *item, char *out, size_t *len)
{
    writer_t writer = {.data = out, .len = PRODUCT_HEADER};

    memset(out, 0, PRODUCT_HEADER);
    reco_store_u64(out, (uint64_t) item->first_seen);
    reco_store_u64(out + 8, (uint64_t) item->last_seen);
    reco_store_u64(out + 16, (uint64_t) item->updated);
    reco_store_double(out + 24, item->product.price);
    out[32] = (char) item->product.available;

    add_string(&writer, TAG_ID, item->id);
    add_string(&writer, TAG_TITLE, item->product.title);
    add_string(&writer, TAG_URL, item->product.url);
    add_string(&writer, TAG_IMAGE, item->product.image);
    add_string(&writer, TAG_CATEGORY, item->product.category);
    add_string(&writer, TAG_BRAND, item->product.brand);
    add_string(&writer, TAG_CURRENCY, item->currency);

    *len = writer.len;

    return writer.full ? RECO_TOO_LARGE : RECO_OK;
}


static reco_str_t *
item_field(tag_t tag, reco_store_item_t *item)
{
    switch (tag) {
    case TAG_ID:
        return &item->id;
    case TAG_TITLE:
        return &item->product.title;
    case TAG_URL:
        return &item->product.url;
    case TAG_IMAGE:
        return &item->product.image;
    case TAG_CATEGORY:
        return &item->product.category;
    case TAG_BRAND:
        return &item->product.brand;
    case TAG_CURRENCY:
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
    tag_t tag;

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

    while (next_field(&fields, &tag, &value)) {
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
