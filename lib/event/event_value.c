#include "event/event_column.h"
#include "event/event_text.h"

#include <string.h>


void *
reco_event_alloc(reco_event_arena_t *arena, size_t size)
{
    size_t start;

    start = (arena->used + _Alignof(max_align_t) - 1)
            & ~(_Alignof(max_align_t) - 1);

    if (start > arena->size || arena->size - start < size) {
        return NULL;
    }

    arena->used = start + size;

    return arena->data + start;
}


/* Unaligned, so that a body's strings never take more room than the body. */
static reco_status_t
copy_string(reco_event_arena_t *arena, reco_str_t text, reco_str_t *copy)
{
    if (arena->size - arena->used < text.len) {
        return RECO_NOMEM;
    }

    copy->data = memcpy(arena->data + arena->used, text.data, text.len);
    copy->len = text.len;
    arena->used += text.len;

    return RECO_OK;
}


reco_status_t
reco_event_refuse(reco_event_setter_t *setter, reco_event_reason_t reason)
{
    setter->reason = reason;

    return RECO_INVALID;
}


/*
 * Tab, CR and LF become spaces in a text, and nowhere else; and so do U+0080 to
 * U+009F, which pages have where Windows-1252 was taken for Latin-1: one wrong
 * apostrophe is no reason to lose a product.
 */
static void
flatten(reco_str_t *text)
{
    char *p;
    size_t i, len;

    p = (char *) (uintptr_t) text->data;
    len = 0;

    for (i = 0; i < text->len; i++) {
        if (p[i] == '\t' || p[i] == '\r' || p[i] == '\n') {
            p[len++] = ' ';

        } else if (reco_control(*text, i) == 2) {
            p[len++] = ' ';
            i++;

        } else {
            p[len++] = p[i];
        }
    }

    text->len = len;
}


static int
starts_with(reco_str_t text, const char *prefix)
{
    size_t len;

    len = strlen(prefix);

    return text.len >= len && memcmp(text.data, prefix, len) == 0;
}


/* What a browser would load as a page or image, and never run. */
static int
is_web_address(reco_str_t url)
{
    return starts_with(url, "https://") || starts_with(url, "http://")
           || starts_with(url, "/");
}


/* Checks a string of the kind and copies it. */
static reco_status_t
set_string(reco_event_kind_t kind, double max, reco_str_t text, reco_str_t *out,
    reco_event_setter_t *setter)
{
    reco_str_t copy;

    if (text.len > (size_t) max) {
        return reco_event_refuse(setter, RECO_EVENT_TOO_LONG);
    }

    if (kind == RECO_EVENT_KIND_TOKEN) {
        if (!reco_event_is_token(text)) {
            return reco_event_refuse(setter, RECO_EVENT_BAD_CHARACTER);
        }

    } else if (!reco_event_utf8_valid(text)) {
        return reco_event_refuse(setter, RECO_EVENT_BAD_UTF8);
    }

    if (copy_string(setter->arena, text, &copy) != RECO_OK) {
        return RECO_NOMEM;
    }

    if (kind == RECO_EVENT_KIND_TEXT) {
        flatten(&copy);
    }

    if (kind != RECO_EVENT_KIND_TOKEN && reco_event_has_control(copy)) {
        return reco_event_refuse(setter, RECO_EVENT_BAD_CHARACTER);
    }

    if (kind == RECO_EVENT_KIND_URL && copy.len > 0 && !is_web_address(copy)) {
        return reco_event_refuse(setter, RECO_EVENT_UNKNOWN_VALUE);
    }

    *out = copy;

    return RECO_OK;
}


static int
is_key(reco_str_t key)
{
    size_t i;
    char c;

    for (i = 0; i < key.len; i++) {
        c = key.data[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
                || (c >= '0' && c <= '9') || c == '_' || c == '-'))
        {
            return 0;
        }
    }

    return key.len > 0;
}


/*
 * What a visitor typed into a search field is no mistake of the site's, however
 * long it is: its beginning is kept, up to a whole character.
 */
static reco_str_t
cut_phrase(reco_str_t key, reco_str_t value)
{
    if (key.len != 1 || key.data[0] != 'q' || value.len <= RECO_EVENT_VALUE_MAX)
    {
        return value;
    }

    value.len = RECO_EVENT_VALUE_MAX;
    while (value.len > 0 && (value.data[value.len] & 0xc0) == 0x80) {
        value.len--;
    }

    return value;
}


/* Where the pair of this key stands, for the last one counts; or belongs. */
static unsigned
context_place(const reco_event_t *event, reco_str_t key)
{
    const reco_event_pair_t *pair;
    unsigned i;

    for (i = 0; i < event->ncontext; i++) {
        pair = &event->context[i];

        if (pair->key.len == key.len
            && memcmp(pair->key.data, key.data, key.len) == 0) {
            break;
        }
    }

    return i;
}


reco_status_t
reco_event_add_context(reco_event_t *event, reco_str_t key, reco_str_t value,
    reco_event_setter_t *setter)
{
    reco_event_pair_t *pair;
    reco_status_t rc;
    unsigned place;

    place = context_place(event, key);
    if (place == RECO_EVENT_CONTEXT_MAX) {
        return reco_event_refuse(setter, RECO_EVENT_TOO_MANY);
    }

    if (event->context == NULL) {
        event->context = reco_event_alloc(
            setter->arena, RECO_EVENT_CONTEXT_MAX * sizeof(*event->context));
        if (event->context == NULL) {
            return RECO_NOMEM;
        }
    }

    if (!is_key(key)) {
        return reco_event_refuse(setter, RECO_EVENT_BAD_CHARACTER);
    }

    pair = &event->context[place];

    rc = set_string(
        RECO_EVENT_KIND_TOKEN, RECO_EVENT_KEY_MAX, key, &pair->key, setter);
    if (rc != RECO_OK) {
        return rc;
    }

    rc = set_string(RECO_EVENT_KIND_TEXT, RECO_EVENT_VALUE_MAX,
        cut_phrase(key, value), &pair->value, setter);
    if (rc != RECO_OK) {
        return rc;
    }

    event->ncontext += place == event->ncontext;

    return RECO_OK;
}


/* Range of the column "qty" or "price", for lines. */
static int
in_range(reco_str_t name, double number)
{
    const reco_event_column_t *column;

    column = reco_event_column_by_name(name);

    return number >= column->min && number <= column->max;
}


reco_status_t
reco_event_add_line(reco_event_t *event, reco_str_t item, double qty,
    double price, reco_event_setter_t *setter)
{
    reco_event_line_t *line;
    reco_status_t rc;

    if (event->nlines == RECO_EVENT_ITEMS_MAX) {
        return reco_event_refuse(setter, RECO_EVENT_TOO_MANY);
    }

    if (event->lines == NULL) {
        event->lines = reco_event_alloc(
            setter->arena, RECO_EVENT_ITEMS_MAX * sizeof(*event->lines));
        if (event->lines == NULL) {
            return RECO_NOMEM;
        }
    }

    if (item.len == 0) {
        return reco_event_refuse(setter, RECO_EVENT_MISSING);
    }

    if (!in_range(reco_string("qty"), qty)
        || !(price < 0 || in_range(reco_string("price"), price)))
    {
        return reco_event_refuse(setter, RECO_EVENT_OUT_OF_RANGE);
    }

    line = &event->lines[event->nlines];

    rc = set_string(
        RECO_EVENT_KIND_NAME, RECO_EVENT_ITEM_MAX, item, &line->item, setter);
    if (rc != RECO_OK) {
        return rc;
    }

    line->qty = reco_event_round(qty);
    line->price = price < 0 ? -1 : reco_event_round(price);
    event->nlines++;

    return RECO_OK;
}


/* A whole number as the text of a name: shops number their items. */
static reco_status_t
set_whole(const reco_event_column_t *column, double number, reco_str_t *out,
    reco_event_setter_t *setter)
{
    char digits[RECO_EVENT_NUMBER_MAX];
    reco_str_t text;

    if (reco_event_format_whole(number, digits, &text.len) != RECO_OK) {
        return reco_event_refuse(setter, RECO_EVENT_WRONG_TYPE);
    }

    text.data = digits;

    return set_string(column->kind, column->max, text, out, setter);
}


reco_status_t
reco_event_column_set_number(const reco_event_column_t *column, double number,
    reco_event_draft_t *draft, reco_event_setter_t *setter)
{
    void *place;

    place = (char *) draft + column->offset;

    switch (column->kind) {
    case RECO_EVENT_KIND_NAME:
        return set_whole(column, number, place, setter);

    case RECO_EVENT_KIND_VERSION:
        return number == 1
                   ? RECO_OK
                   : reco_event_refuse(setter, RECO_EVENT_UNKNOWN_VALUE);

    case RECO_EVENT_KIND_INT64:
    case RECO_EVENT_KIND_INT:
    case RECO_EVENT_KIND_FLAG:
    case RECO_EVENT_KIND_REAL:
        break;

    default:
        return reco_event_refuse(setter, RECO_EVENT_WRONG_TYPE);
    }

    /* Written so that NaN is out of range. */
    if (!(number >= column->min && number <= column->max)) {
        return reco_event_refuse(setter, RECO_EVENT_OUT_OF_RANGE);
    }

    if (column->kind == RECO_EVENT_KIND_INT64) {
        *(int64_t *) place = (int64_t) number;

    } else if (column->kind == RECO_EVENT_KIND_REAL) {
        *(double *) place = reco_event_round(number);

    } else {
        *(int *) place = (int) number;
    }

    return RECO_OK;
}


static reco_status_t
set_type(reco_str_t text, reco_event_t *event, reco_event_setter_t *setter)
{
    event->type = reco_event_type(text);

    return event->type < RECO_EVENT_TYPE_COUNT
               ? RECO_OK
               : reco_event_refuse(setter, RECO_EVENT_UNKNOWN_VALUE);
}


static reco_status_t
set_real(const reco_event_column_t *column, reco_str_t text,
    reco_event_draft_t *draft, reco_event_setter_t *setter)
{
    double number;

    if (column->kind == RECO_EVENT_KIND_FLAG) {
        if (text.len == 4 && starts_with(text, "true")) {
            text = reco_string("1");

        } else if (text.len == 5 && starts_with(text, "false")) {
            text = reco_string("0");
        }
    }

    switch (reco_event_parse_real(text, &number)) {
    case RECO_OK:
        return reco_event_column_set_number(column, number, draft, setter);
    case RECO_TOO_LARGE:
        return reco_event_refuse(setter, RECO_EVENT_OUT_OF_RANGE);
    default:
        return reco_event_refuse(setter, RECO_EVENT_WRONG_TYPE);
    }
}


reco_status_t
reco_event_column_set_text(const reco_event_column_t *column, reco_str_t text,
    reco_event_draft_t *draft, reco_event_setter_t *setter)
{
    void *place;

    place = (char *) draft + column->offset;

    switch (column->kind) {
    case RECO_EVENT_KIND_TYPE:
        return set_type(text, &draft->event, setter);

    case RECO_EVENT_KIND_TOKEN:
    case RECO_EVENT_KIND_NAME:
    case RECO_EVENT_KIND_TEXT:
    case RECO_EVENT_KIND_URL:
        return set_string(column->kind, column->max, text, place, setter);

    case RECO_EVENT_KIND_SEQUENCE:
        return reco_event_parse_hex(text, place) == RECO_OK
                   ? RECO_OK
                   : reco_event_refuse(setter, RECO_EVENT_WRONG_TYPE);

    case RECO_EVENT_KIND_LINES:
    case RECO_EVENT_KIND_CONTEXT:
        return reco_event_refuse(setter, RECO_EVENT_WRONG_TYPE);

    default:
        return set_real(column, text, draft, setter);
    }
}


reco_status_t
reco_event_set_named(reco_str_t name, reco_str_t text,
    reco_event_draft_t *draft, reco_event_setter_t *setter, const char **field)
{
    static const char ctx[] = "ctx.";
    const reco_event_column_t *column;
    reco_str_t key;

    if (starts_with(name, ctx)) {
        key.data = name.data + sizeof(ctx) - 1;
        key.len = name.len - (sizeof(ctx) - 1);
        *field = "ctx";
        return reco_event_add_context(&draft->event, key, text, setter);
    }

    column = reco_event_column_by_name(name);
    if (column == NULL) {
        return RECO_DECLINED;
    }

    *field = column->name.data;

    if (column->kind == RECO_EVENT_KIND_LINES) {
        return reco_event_add_line(&draft->event, text, 1, -1, setter);
    }

    return reco_event_column_set_text(column, text, draft, setter);
}
