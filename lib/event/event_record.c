#include "event/event_column.h"
#include "event/event_text.h"

#include <string.h>

#define RECORD_VERSION 1
#define FIELD_HEADER   3 /* u8 and u16 */
#define USUAL_SOURCE   "sdk"


typedef struct {
    char *next;
    char *end;
    int full; /* sticky: checked once, at the end */
} record_writer_t;


/* Room for a field whose value may take up to max bytes; NULL if there is
   none.  The caller writes the value behind the name and calls end_field(). */
static char *
begin_field(record_writer_t *writer, reco_str_t name, size_t max)
{
    char *p;

    if ((size_t) (writer->end - writer->next) < FIELD_HEADER + name.len + max
        || max > UINT16_MAX)
    {
        writer->full = 1;
        return NULL;
    }

    p = writer->next;
    p[0] = (char) name.len;
    memcpy(p + FIELD_HEADER, name.data, name.len);

    return p + FIELD_HEADER + name.len;
}


static void
end_field(record_writer_t *writer, reco_str_t name, size_t len)
{
    writer->next[1] = (char) (len & 0xff);
    writer->next[2] = (char) (len >> 8);
    writer->next += FIELD_HEADER + name.len + len;
}


static void
put_string(record_writer_t *writer, reco_str_t name, reco_str_t value)
{
    char *p;

    p = begin_field(writer, name, value.len);
    if (p != NULL) {
        memcpy(p, value.data, value.len);
        end_field(writer, name, value.len);
    }
}


static void
put_int64(record_writer_t *writer, reco_str_t name, int64_t value)
{
    char *p;

    p = begin_field(writer, name, RECO_EVENT_NUMBER_MAX);
    if (p != NULL) {
        end_field(writer, name, reco_event_format_int64(value, p));
    }
}


static void
put_real(record_writer_t *writer, reco_str_t name, double value)
{
    char *p;

    p = begin_field(writer, name, RECO_EVENT_NUMBER_MAX);
    if (p != NULL) {
        end_field(writer, name, reco_event_format_real(value, p));
    }
}


static void
put_sequence(record_writer_t *writer, reco_str_t name, uint64_t value)
{
    char *p;

    p = begin_field(writer, name, RECO_EVENT_HEX_LEN);
    if (p != NULL) {
        reco_event_format_hex(value, p);
        end_field(writer, name, RECO_EVENT_HEX_LEN);
    }
}


/* "item TAB qty TAB price LF" for each; a qty of 1 and no price are empty. */
static void
put_lines(record_writer_t *writer, reco_str_t name, const reco_event_t *event)
{
    const reco_event_line_t *line;
    char *start, *p;
    size_t max;
    unsigned i;

    max = 0;
    for (i = 0; i < event->nlines; i++) {
        max += event->lines[i].item.len + 2 * RECO_EVENT_NUMBER_MAX + 3;
    }

    start = begin_field(writer, name, max);
    if (start == NULL) {
        return;
    }

    p = start;
    for (i = 0; i < event->nlines; i++) {
        line = &event->lines[i];

        memcpy(p, line->item.data, line->item.len);
        p += line->item.len;
        *p++ = '\t';
        if (line->qty != 1) {
            p += reco_event_format_real(line->qty, p);
        }
        *p++ = '\t';
        if (line->price >= 0) {
            p += reco_event_format_real(line->price, p);
        }
        *p++ = '\n';
    }

    end_field(writer, name, (size_t) (p - start));
}


/* "key TAB value LF" for each: no key or value has either of them. */
static void
put_context(record_writer_t *writer, reco_str_t name, const reco_event_t *event)
{
    const reco_event_pair_t *pair, *end;
    char *start, *p;
    size_t max;

    max = 0;
    end = event->context + event->ncontext;
    for (pair = event->context; pair < end; pair++) {
        max += pair->key.len + pair->value.len + 2;
    }

    start = begin_field(writer, name, max);
    if (start == NULL) {
        return;
    }

    p = start;
    for (pair = event->context; pair < end; pair++) {
        memcpy(p, pair->key.data, pair->key.len);
        p += pair->key.len;
        *p++ = '\t';
        memcpy(p, pair->value.data, pair->value.len);
        p += pair->value.len;
        *p++ = '\n';
    }

    end_field(writer, name, max);
}


static void
put_column(record_writer_t *writer, const reco_event_column_t *column,
    const reco_event_t *event)
{
    const void *place;
    reco_str_t name;

    name = column->stream;
    place = (const char *) event + column->offset;

    switch (column->kind) {
    case RECO_EVENT_KIND_TYPE:
        put_string(writer, name, reco_event_type_text(event->type));
        break;

    case RECO_EVENT_KIND_VERSION: /* the first: what says none is of it */
        break;

    case RECO_EVENT_KIND_TOKEN:
    case RECO_EVENT_KIND_NAME:
    case RECO_EVENT_KIND_TEXT:
    case RECO_EVENT_KIND_URL:
        put_string(writer, name, *(const reco_str_t *) place);
        break;

    case RECO_EVENT_KIND_INT64:
        put_int64(writer, name, *(const int64_t *) place);
        break;

    case RECO_EVENT_KIND_INT:
    case RECO_EVENT_KIND_FLAG:
        put_int64(writer, name, *(const int *) place);
        break;

    case RECO_EVENT_KIND_REAL:
        put_real(writer, name, *(const double *) place);
        break;

    case RECO_EVENT_KIND_SEQUENCE:
        put_sequence(writer, name, *(const uint64_t *) place);
        break;

    case RECO_EVENT_KIND_LINES:
        put_lines(writer, name, event);
        break;

    case RECO_EVENT_KIND_CONTEXT:
        put_context(writer, name, event);
        break;
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


/* What goes without saying, as fill_in() has it: a word less in an entry is one
   less that Redis parses, keeps, and writes to its file. */
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

    if (size == 0) {
        return RECO_TOO_LARGE;
    }

    filled = *event;
    if (filled.id.len == 0 && filled.sequence != 0) {
        filled.id = made_id(filled.sequence, id);
    }
    if (filled.type == RECO_EVENT_ITEM && filled.product.price >= 0) {
        filled.price = filled.product.price;
    }
    fill_in(&filled);
    leave_out(&filled);

    writer = (record_writer_t){out + 1, out + size, 0};
    out[0] = RECORD_VERSION;

    for (column = reco_event_columns;
         column < reco_event_columns + reco_event_ncolumns; column++)
    {
        if (column->stream.len > 0
            && !reco_event_column_absent(column, &filled)) {
            put_column(&writer, column, &filled);
        }
    }

    if (writer.full) {
        return RECO_TOO_LARGE;
    }

    *len = (size_t) (writer.next - out);

    return RECO_OK;
}


reco_status_t
reco_event_split(
    reco_str_t record, reco_event_field_t *fields, unsigned *nfields)
{
    const unsigned char *p, *end;
    size_t name, value;
    unsigned n;

    if (record.len == 0) {
        return RECO_CORRUPT;
    }

    p = (const unsigned char *) record.data;
    end = p + record.len;

    if (*p++ != RECORD_VERSION) {
        return RECO_UNSUPPORTED;
    }

    for (n = 0; p < end; n++) {
        if (n == RECO_EVENT_FIELDS_MAX || end - p < FIELD_HEADER) {
            return RECO_CORRUPT;
        }

        name = p[0];
        value = p[1] | (size_t) p[2] << 8;
        p += FIELD_HEADER;

        if (name == 0 || (size_t) (end - p) < name + value) {
            return RECO_CORRUPT;
        }

        fields[n].name = (reco_str_t){name, (const char *) p};
        fields[n].value = (reco_str_t){value, (const char *) p + name};
        p += name + value;
    }

    *nfields = n;

    return RECO_OK;
}


/* The pairs of ctx, as put_context() has them. */
static reco_status_t
read_context(reco_str_t text, reco_event_t *event, reco_event_setter_t *setter)
{
    const char *p, *end, *tab, *line_end;
    reco_status_t rc;

    rc = RECO_OK;
    end = text.data + text.len;

    for (p = text.data; p < end && rc == RECO_OK; p = line_end + 1) {
        line_end = memchr(p, '\n', (size_t) (end - p));
        if (line_end == NULL) {
            return reco_event_refuse(setter, RECO_EVENT_MALFORMED);
        }

        tab = memchr(p, '\t', (size_t) (line_end - p));
        if (tab == NULL) {
            return reco_event_refuse(setter, RECO_EVENT_MALFORMED);
        }

        rc = reco_event_add_context(event, (reco_str_t){(size_t) (tab - p), p},
            (reco_str_t){(size_t) (line_end - tab - 1), tab + 1}, setter);
    }

    return rc;
}


/* One field of an entry; *name is the column's, for the error. */
static reco_status_t
read_field(const reco_event_field_t *field, reco_event_draft_t *draft,
    reco_event_setter_t *setter, const char **name)
{
    const reco_event_column_t *column;
    reco_str_t key;

    /* Older entries have a field for each pair. */
    if (field->name.len > 2 && memcmp(field->name.data, "c.", 2) == 0) {
        key.data = field->name.data + 2;
        key.len = field->name.len - 2;
        *name = "ctx";
        return reco_event_add_context(&draft->event, key, field->value, setter);
    }

    column = reco_event_column_by_stream(field->name);
    if (column == NULL) {
        return RECO_OK;
    }

    *name = column->name.data;

    if (column->kind == RECO_EVENT_KIND_CONTEXT) {
        return read_context(field->value, &draft->event, setter);
    }

    return reco_event_column_set_text(column, field->value, draft, setter);
}


reco_status_t
reco_event_from_fields(const reco_event_field_t *fields, unsigned nfields,
    reco_event_arena_t *arena, reco_event_t *event, reco_error_t *error)
{
    reco_event_draft_t draft;
    reco_event_setter_t setter;
    const char *name;
    unsigned i;
    reco_status_t rc;

    reco_event_init(&draft.event);
    draft.sent = 0;
    setter.arena = arena;
    rc = RECO_OK;

    for (i = 0; i < nfields && rc == RECO_OK; i++) {
        rc = read_field(&fields[i], &draft, &setter, &name);
    }

    if (rc == RECO_OK) {
        fill_in(&draft.event);
        rc = reco_event_complete(&draft, 0, &setter, &name);
    }

    switch (rc) {
    case RECO_OK:
        *event = draft.event;
        return RECO_OK;

    case RECO_INVALID:
        return reco_error_set(error, rc, "field \"%s\" of the entry: %s", name,
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
