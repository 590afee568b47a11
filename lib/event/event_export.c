#include "event/event_column.h"
#include "event/event_text.h"

#include <string.h>


typedef struct {
    char *next;
    char *end;
    int full; /* sticky: checked once, at the end */
} json_writer_t;


static void
put(json_writer_t *writer, reco_str_t text)
{
    if ((size_t) (writer->end - writer->next) < text.len) {
        writer->full = 1;
        return;
    }

    memcpy(writer->next, text.data, text.len);
    writer->next += text.len;
}


static void
put_char(json_writer_t *writer, char c)
{
    put(writer, (reco_str_t){1, &c});
}


/* "<" too, so that the text may stand in a page's script. */
static int
must_escape(unsigned char c)
{
    return c < 0x20 || c == '"' || c == '\\' || c == '<' || c == 0x7f;
}


static void
put_text(json_writer_t *writer, reco_str_t text)
{
    static const char digits[] = "0123456789abcdef";
    char escape[6] = "\\u00";
    size_t i, start;
    unsigned char c;

    put_char(writer, '"');

    start = 0;
    for (i = 0; i < text.len; i++) {
        c = (unsigned char) text.data[i];
        if (!must_escape(c)) {
            continue;
        }

        put(writer, (reco_str_t){i - start, text.data + start});
        start = i + 1;

        if (c == '"' || c == '\\') {
            put_char(writer, '\\');
            put_char(writer, (char) c);

        } else {
            escape[4] = digits[c >> 4];
            escape[5] = digits[c & 15];
            put(writer, (reco_str_t){sizeof(escape), escape});
        }
    }

    put(writer, (reco_str_t){i - start, text.data + start});
    put_char(writer, '"');
}


static void
put_name(json_writer_t *writer, reco_str_t name)
{
    if (writer->next[-1] != '{') {
        put_char(writer, ',');
    }

    put_text(writer, name);
    put_char(writer, ':');
}


static void
put_int64(json_writer_t *writer, int64_t number)
{
    char digits[RECO_EVENT_NUMBER_MAX];

    put(writer, (reco_str_t){reco_event_format_int64(number, digits), digits});
}


static void
put_real(json_writer_t *writer, double number)
{
    char digits[RECO_EVENT_NUMBER_MAX];

    put(writer, (reco_str_t){reco_event_format_real(number, digits), digits});
}


static void
put_lines(json_writer_t *writer, const reco_event_t *event)
{
    const reco_event_line_t *line;
    unsigned i;

    put_char(writer, '[');

    for (i = 0; i < event->nlines; i++) {
        line = &event->lines[i];

        if (i > 0) {
            put_char(writer, ',');
        }

        if (line->qty == 1 && line->price < 0) {
            put_text(writer, line->item);
            continue;
        }

        put(writer, reco_string("{\"item\":"));
        put_text(writer, line->item);
        put(writer, reco_string(",\"qty\":"));
        put_real(writer, line->qty);
        if (line->price >= 0) {
            put(writer, reco_string(",\"price\":"));
            put_real(writer, line->price);
        }
        put_char(writer, '}');
    }

    put_char(writer, ']');
}


static void
put_context(json_writer_t *writer, const reco_event_t *event)
{
    unsigned i;

    put_char(writer, '{');

    for (i = 0; i < event->ncontext; i++) {
        put_name(writer, event->context[i].key);
        put_text(writer, event->context[i].value);
    }

    put_char(writer, '}');
}


static void
put_value(json_writer_t *writer, const reco_event_column_t *column,
    const reco_event_t *event)
{
    const void *place;
    char hex[RECO_EVENT_HEX_LEN];

    place = (const char *) event + column->offset;

    switch (column->kind) {
    case RECO_EVENT_KIND_TYPE:
        put_text(writer, reco_event_type_text(event->type));
        break;

    case RECO_EVENT_KIND_VERSION:
        put_char(writer, '1');
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
        put_int64(writer, *(const int *) place);
        break;

    case RECO_EVENT_KIND_FLAG:
        put(writer,
            *(const int *) place ? reco_string("true") : reco_string("false"));
        break;

    case RECO_EVENT_KIND_REAL:
        put_real(writer, *(const double *) place);
        break;

    case RECO_EVENT_KIND_SEQUENCE:
        reco_event_format_hex(*(const uint64_t *) place, hex);
        put_text(writer, (reco_str_t){sizeof(hex), hex});
        break;

    case RECO_EVENT_KIND_LINES:
        put_lines(writer, event);
        break;

    case RECO_EVENT_KIND_CONTEXT:
        put_context(writer, event);
        break;
    }
}


reco_status_t
reco_event_to_json(
    const reco_event_t *event, char *out, size_t size, size_t *len)
{
    json_writer_t writer;
    reco_event_t filled;
    const reco_event_column_t *column;

    if (size == 0) {
        return RECO_TOO_LARGE;
    }

    filled = *event;
    if (filled.type == RECO_EVENT_ITEM && filled.product.price >= 0) {
        filled.price = filled.product.price;
    }

    writer = (json_writer_t){out, out + size, 0};
    put_char(&writer, '{');

    for (column = reco_event_columns;
         column < reco_event_columns + reco_event_ncolumns; column++)
    {
        if (column->stream.len > 0
            && !reco_event_column_absent(column, &filled)) {
            put_name(&writer, column->name);
            put_value(&writer, column, &filled);
        }
    }

    put_char(&writer, '}');

    if (writer.full) {
        return RECO_TOO_LARGE;
    }

    *len = (size_t) (writer.next - out);

    return RECO_OK;
}
