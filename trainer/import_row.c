#include "import_row.h"

#include "import_time.h"

#include <string.h>


static reco_str_t
trim(reco_str_t text)
{
    while (text.len > 0 && text.data[0] == ' ') {
        text.data++;
        text.len--;
    }

    while (text.len > 0 && text.data[text.len - 1] == ' ') {
        text.len--;
    }

    return text;
}


static int
is_field(reco_str_t field, const char *name)
{
    return strlen(name) == field.len
           && memcmp(field.data, name, field.len) == 0;
}


static int
is_any(reco_str_t text, const char *const *words)
{
    for (; *words != NULL; words++) {
        if (strlen(*words) == text.len
            && strncasecmp(*words, text.data, text.len) == 0) {
            return 1;
        }
    }

    return 0;
}


static reco_str_t
type_name(const reco_import_options_t *options, reco_str_t word)
{
    const reco_import_type_t *type;
    const char *name;
    size_t i;

    for (i = 0; i < options->ntypes; i++) {
        type = &options->types[i];
        if (type->word.len == word.len
            && memcmp(type->word.data, word.data, word.len) == 0)
        {
            name = reco_event_type_name(type->type);
            return (reco_str_t){strlen(name), name};
        }
    }

    return word;
}


/* Merchants' feeds write "in_stock" and "out of stock". */
static reco_str_t
flag_value(reco_str_t value)
{
    static const char *const yes[] = {
        "yes", "y", "in stock", "in_stock", "preorder", NULL};
    static const char *const no[] = {
        "no", "n", "out of stock", "out_of_stock", "sold out", NULL};

    if (is_any(value, yes)) {
        return reco_string("1");
    }

    return is_any(value, no) ? reco_string("0") : value;
}


/* Merchants' feeds write "12.99 EUR". */
static reco_status_t
set_price(reco_event_t *event, reco_str_t value, reco_event_arena_t *arena,
    reco_event_reject_t *reject)
{
    reco_status_t status;
    reco_str_t currency;
    const char *space;

    space = memchr(value.data, ' ', value.len);
    if (space != NULL) {
        currency.data = space + 1;
        currency.len = value.len - (size_t) (currency.data - value.data);
        value.len = (size_t) (space - value.data);
        status = reco_event_set(
            event, reco_string("currency"), trim(currency), arena, reject);
        if (status != RECO_OK) {
            return status;
        }
    }

    return reco_event_set(event, reco_string("price"), value, arena, reject);
}


static reco_status_t
set_field(reco_event_t *event, reco_str_t field, reco_str_t value,
    const reco_import_options_t *options, reco_event_arena_t *arena,
    reco_event_reject_t *reject)
{
    reco_str_t name;

    value = trim(value);
    if (value.len == 0) {
        return RECO_OK;
    }

    if (is_field(field, "ts")) {
        if (reco_import_time(value, &event->ts)) {
            return RECO_OK;
        }
        reject->field = "ts";
        reject->reason = RECO_EVENT_MALFORMED;
        return RECO_INVALID;
    }

    if (is_field(field, "price")) {
        return set_price(event, value, arena, reject);
    }

    name = field;

    if (is_field(field, "session")) {
        name = reco_string("ctx.session");
    } else if (is_field(field, "type")) {
        value = type_name(options, value);
    } else if (is_field(field, "available")) {
        value = flag_value(value);
    }

    return reco_event_set(event, name, value, arena, reject);
}


/* A session that names no visitor is one. */
static void
name_visitor(reco_event_t *event)
{
    unsigned i;

    for (i = 0; event->visitor.len == 0 && i < event->ncontext; i++) {
        if (is_field(event->context[i].key, "session")) {
            event->visitor = event->context[i].value;
        }
    }
}


reco_status_t
reco_import_row_read(const reco_table_row_t *row,
    const reco_import_options_t *options, char buffer[RECO_IMPORT_VALUE_MAX],
    reco_event_arena_t *arena, reco_event_t *event, reco_event_reject_t *reject)
{
    reco_str_t field, value;
    reco_status_t status;
    size_t i;

    reco_event_init(event);
    event->type = options->type;

    for (i = 0;; i++) {
        status =
            reco_import_map_value(options->map, i, row, buffer, &field, &value);
        if (status == RECO_DECLINED) {
            break;
        }

        if (status == RECO_OK) {
            status = set_field(event, field, value, options, arena, reject);
        } else {
            reject->field = "row";
            reject->reason = RECO_EVENT_TOO_LONG;
            status = RECO_INVALID;
        }

        if (status != RECO_OK) {
            return status;
        }
    }

    if (event->type == RECO_EVENT_ITEM) {
        event->ts = event->ts != 0 ? event->ts : options->limits.now;
    } else {
        name_visitor(event);
    }

    status = reco_event_finish(event, reject);

    /* Pages of no item are views too, and teach nothing: in a table of items
       it is a cell that was forgotten. */
    if (status == RECO_OK && event->type == RECO_EVENT_VIEW
        && event->item.len == 0) {
        reject->field = "item";
        reject->reason = RECO_EVENT_MISSING;
        status = RECO_INVALID;
    }

    return status;
}
