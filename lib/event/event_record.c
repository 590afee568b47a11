#define _GNU_SOURCE /* memmem() */

#include "event/event_column.h"
#include "event/event_text.h"

#include <string.h>

#define USUAL_SOURCE "sdk"


typedef struct {
    char *next;
    char *end;
    reco_status_t status; /* of the first that failed */
} record_writer_t;


/* A part of a line, and the TAB behind it. */
static void
put(record_writer_t *writer, reco_str_t part)
{
    if (writer->status != RECO_OK) {
        return;
    }

    if ((size_t) (writer->end - writer->next) <= part.len) {
        writer->status = RECO_TOO_LARGE;
        return;
    }

    memcpy(writer->next, part.data, part.len);
    writer->next += part.len;
    *writer->next++ = '\t';
}


/* One that comes from outside: nothing in it may end a part or a line. */
static void
put_text(record_writer_t *writer, reco_str_t text)
{
    if (writer->status == RECO_OK && reco_event_has_control(text)) {
        writer->status = RECO_INVALID;
    }

    put(writer, text);
}


static void
put_int64(record_writer_t *writer, int64_t number)
{
    char digits[RECO_EVENT_NUMBER_MAX];

    put(writer, (reco_str_t){reco_event_format_int64(number, digits), digits});
}


static void
put_real(record_writer_t *writer, double number)
{
    char digits[RECO_EVENT_NUMBER_MAX];

    put(writer, (reco_str_t){reco_event_format_real(number, digits), digits});
}


static void
put_sequence(record_writer_t *writer, uint64_t sequence)
{
    char digits[RECO_EVENT_HEX_LEN];

    reco_event_format_hex(sequence, digits);
    put(writer, (reco_str_t){sizeof(digits), digits});
}


/* The last part has a LF behind it. */
static void
end_line(record_writer_t *writer)
{
    if (writer->status == RECO_OK) {
        writer->next[-1] = '\n';
    }
}


/* name, item, qty, price; a qty of 1 and no price are empty. */
static void
put_lines(record_writer_t *writer, reco_str_t name, const reco_event_t *event)
{
    const reco_event_line_t *line, *end;

    end = event->lines + event->nlines;

    for (line = event->lines; line < end; line++) {
        put(writer, name);
        put_text(writer, line->item);

        if (line->qty != 1) {
            put_real(writer, line->qty);
        } else {
            put(writer, reco_string(""));
        }

        if (line->price >= 0) {
            put_real(writer, line->price);
        } else {
            put(writer, reco_string(""));
        }

        end_line(writer);
    }
}


/* name, key, value. */
static void
put_context(record_writer_t *writer, reco_str_t name, const reco_event_t *event)
{
    const reco_event_pair_t *pair, *end;

    end = event->context + event->ncontext;

    for (pair = event->context; pair < end; pair++) {
        put(writer, name);
        put_text(writer, pair->key);
        put_text(writer, pair->value);
        end_line(writer);
    }
}


static void
put_value(record_writer_t *writer, const reco_event_column_t *column,
    const reco_event_t *event)
{
    const void *place;

    place = (const char *) event + column->offset;

    switch (column->kind) {
    case RECO_EVENT_KIND_TYPE:
        put(writer, reco_event_type_text(event->type));
        break;

    case RECO_EVENT_KIND_TOKEN:
    case RECO_EVENT_KIND_NAME:
    case RECO_EVENT_KIND_TEXT:
    case RECO_EVENT_KIND_URL:
        put_text(writer, *(const reco_str_t *) place);
        break;

    case RECO_EVENT_KIND_INT64:
        put_int64(writer, *(const int64_t *) place);
        break;

    case RECO_EVENT_KIND_INT:
    case RECO_EVENT_KIND_FLAG:
        put_int64(writer, *(const int *) place);
        break;

    case RECO_EVENT_KIND_REAL:
        put_real(writer, *(const double *) place);
        break;

    case RECO_EVENT_KIND_SEQUENCE:
        put_sequence(writer, *(const uint64_t *) place);
        break;

    default:
        break;
    }
}


static void
put_column(record_writer_t *writer, const reco_event_column_t *column,
    const reco_event_t *event)
{
    switch (column->kind) {
    case RECO_EVENT_KIND_VERSION: /* the first: what says none is of it */
        break;

    case RECO_EVENT_KIND_LINES:
        put_lines(writer, column->stream, event);
        break;

    case RECO_EVENT_KIND_CONTEXT:
        put_context(writer, column->stream, event);
        break;

    default:
        put(writer, column->stream);
        put_value(writer, column, event);
        end_line(writer);
    }
}


/* The id that stands for an event whose client gave none; "~" keeps it apart
   from those that clients make up. */
static reco_str_t
made_id(uint64_t sequence, char *out)
{
    out[0] = '~';
    reco_event_format_hex(sequence, out + 1);

    return (reco_str_t){1 + RECO_EVENT_HEX_LEN, out};
}


static int
is_usual(reco_str_t source)
{
    return source.len == sizeof(USUAL_SOURCE) - 1
           && memcmp(source.data, USUAL_SOURCE, source.len) == 0;
}


/* When a sequence was given, in ms since the epoch; 0 where it does not tell. */
static int64_t
sequence_time(uint64_t sequence)
{
    int64_t time;

    time = (int64_t) (sequence >> RECO_EVENT_SEQUENCE_BITS);

    return time >= RECO_EVENT_TIME_MIN && time <= RECO_EVENT_TIME_MAX ? time
                                                                      : 0;
}


static void
fill_in(reco_event_t *event)
{
    if (event->received == 0) {
        event->received = sequence_time(event->sequence);
    }

    if (event->received == 0) {
        event->received = event->ts;
    }

    if (event->ts == 0) {
        event->ts = event->received;
    }

    if (event->source.len == 0) {
        event->source = reco_string(USUAL_SOURCE);
    }
}


/* What goes without saying, as fill_in() has it: Redis copies an entry, keeps it,
   and writes it to its file. */
static void
leave_out(reco_event_t *event)
{
    int64_t given;

    given = sequence_time(event->sequence);

    if (given == 0) {
        if (event->received == event->ts) {
            event->received = 0;
        }

    } else {
        if (event->ts == event->received) {
            event->ts = 0;
        }

        if (event->received == given) {
            event->received = 0;
        }
    }

    if (is_usual(event->source)) {
        event->source = reco_null_string;
    }
}


reco_status_t
reco_event_encode(
    const reco_event_t *event, char *out, size_t size, size_t *len)
{
    reco_event_t filled;
    record_writer_t writer;
    const reco_event_column_t *column;
    char id[1 + RECO_EVENT_HEX_LEN];

    filled = *event;
    if (filled.id.len == 0 && filled.sequence != 0) {
        filled.id = made_id(filled.sequence, id);
    }
    if (filled.type == RECO_EVENT_ITEM && filled.product.price >= 0) {
        filled.price = filled.product.price;
    }
    fill_in(&filled);
    leave_out(&filled);

    writer = (record_writer_t){out, out + size, RECO_OK};

    for (column = reco_event_columns;
         column < reco_event_columns + reco_event_ncolumns; column++)
    {
        if (column->stream.len > 0
            && !reco_event_column_absent(column, &filled)) {
            put_column(&writer, column, &filled);
        }
    }

    *len = (size_t) (writer.next - out);

    return writer.status;
}


/* What comes before a byte of text, which is moved behind it. */
static reco_status_t
cut(reco_str_t *text, char byte, reco_str_t *before)
{
    const char *end;

    end = memchr(text->data, byte, text->len);
    if (end == NULL) {
        return RECO_INVALID;
    }

    before->data = text->data;
    before->len = (size_t) (end - text->data);
    text->data = end + 1;
    text->len -= before->len + 1;

    return RECO_OK;
}


int
reco_event_next_record(reco_str_t *entry, reco_str_t *record)
{
    const char *end;

    *record = *entry;

    end = memmem(entry->data, entry->len, "\n\n", 2);
    if (end == NULL) {
        *entry = reco_null_string;
        return 0;
    }

    record->len = (size_t) (end + 1 - entry->data);
    entry->data = end + 2;
    entry->len -= record->len + 1;

    return entry->len > 0;
}


reco_status_t
reco_event_next_line(reco_str_t *record, reco_str_t *name, reco_str_t *value)
{
    reco_str_t rest;

    if (record->len == 0) {
        return RECO_DECLINED;
    }

    rest = *record;
    if (cut(&rest, '\n', value) != RECO_OK || cut(value, '\t', name) != RECO_OK)
    {
        return RECO_INVALID;
    }

    *record = rest;

    return RECO_OK;
}


reco_status_t
reco_event_peek(reco_str_t record, reco_str_t *visitor, uint64_t *sequence)
{
    reco_str_t name, value;
    reco_status_t rc;

    *visitor = reco_string("");
    *sequence = 0;

    do {
        rc = reco_event_next_line(&record, &name, &value);

        if (rc == RECO_OK && name.len == 1) {
            if (name.data[0] == 'u') {
                *visitor = value;

            } else if (name.data[0] == 'q') {
                rc = reco_event_parse_hex(value, sequence);
            }
        }
    } while (rc == RECO_OK && (visitor->len == 0 || *sequence == 0));

    return rc == RECO_DECLINED ? RECO_OK : rc;
}


/* item, qty, price, as put_lines() has them. */
static reco_status_t
read_item(reco_str_t text, reco_event_t *event, reco_event_setter_t *setter)
{
    reco_str_t item, number;
    double qty, price;

    if (cut(&text, '\t', &item) != RECO_OK
        || cut(&text, '\t', &number) != RECO_OK) {
        return reco_event_refuse(setter, RECO_EVENT_MALFORMED);
    }

    qty = 1;
    price = -1;
    if ((number.len > 0 && reco_event_parse_real(number, &qty) != RECO_OK)
        || (text.len > 0 && reco_event_parse_real(text, &price) != RECO_OK))
    {
        return reco_event_refuse(setter, RECO_EVENT_WRONG_TYPE);
    }

    return reco_event_add_line(event, item, qty, price, setter);
}


/* key, value, as put_context() has them. */
static reco_status_t
read_pair(reco_str_t text, reco_event_t *event, reco_event_setter_t *setter)
{
    reco_str_t key;

    return cut(&text, '\t', &key) == RECO_OK
               ? reco_event_add_context(event, key, text, setter)
               : reco_event_refuse(setter, RECO_EVENT_MALFORMED);
}


/* One line; *field is the column's name, for the error. */
static reco_status_t
read_line(reco_str_t name, reco_str_t value, reco_event_draft_t *draft,
    reco_event_setter_t *setter, const char **field)
{
    const reco_event_column_t *column;

    column = reco_event_column_by_stream(name);
    if (column == NULL) {
        return RECO_OK;
    }

    *field = column->name.data;

    switch (column->kind) {
    case RECO_EVENT_KIND_LINES:
        return read_item(value, &draft->event, setter);
    case RECO_EVENT_KIND_CONTEXT:
        return read_pair(value, &draft->event, setter);
    default:
        return reco_event_column_set_text(column, value, draft, setter);
    }
}


static reco_status_t
read_record(reco_str_t record, reco_event_draft_t *draft,
    reco_event_setter_t *setter, const char **field)
{
    reco_str_t name, value;
    reco_status_t rc;

    for (;;) {
        rc = reco_event_next_line(&record, &name, &value);

        if (rc == RECO_DECLINED) {
            break;
        }

        if (rc != RECO_OK) {
            *field = RECO_EVENT_FIELD;
            return reco_event_refuse(setter, RECO_EVENT_MALFORMED);
        }

        rc = read_line(name, value, draft, setter, field);
        if (rc != RECO_OK) {
            return rc;
        }
    }

    fill_in(&draft->event);

    return reco_event_complete(draft, 0, setter, field);
}


reco_status_t
reco_event_decode(reco_str_t record, reco_event_arena_t *arena,
    reco_event_t *event, reco_error_t *error)
{
    reco_event_draft_t draft;
    reco_event_setter_t setter;
    const char *field;
    reco_status_t rc;

    reco_event_init(&draft.event);
    draft.sent = 0;
    setter.arena = arena;

    rc = read_record(record, &draft, &setter, &field);

    switch (rc) {
    case RECO_OK:
        *event = draft.event;
        return RECO_OK;

    case RECO_INVALID:
        return reco_error_set(error, rc, "\"%s\" of the entry: %s", field,
            reco_event_reason_name(setter.reason));

    default:
        return reco_error_set(error, rc, "the arena is too small");
    }
}


unsigned
reco_event_shard(reco_str_t visitor, unsigned shards)
{
    return (unsigned) (reco_hash(visitor.data, visitor.len) % shards);
}
