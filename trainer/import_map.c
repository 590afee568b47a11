#include "import_map.h"

#include "import_usual.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIELDS_MAX 40
#define PIECES_MAX 16
#define NULLS_MAX  16
#define TEXT_MAX   1024
#define UNBOUND    (-1)


typedef enum {
    EITHER,   /* columns: the first that is not empty */
    TEMPLATE, /* text and columns, one behind the other */
} rule_kind_t;

/* A column, or text where column is UNBOUND and name is none. */
typedef struct {
    reco_str_t text; /* the column's name, or the text itself */
    int is_column;
    int column;
} piece_t;

typedef struct {
    char *text; /* owned; field and pieces refer to it */
    reco_str_t field;
    rule_kind_t kind;
    size_t npieces;
    piece_t pieces[PIECES_MAX];
} rule_t;

struct reco_import_map_s {
    int items;
    size_t nrules;
    rule_t rules[FIELDS_MAX];
    size_t nnulls;
    char *nulls[NULLS_MAX];
};

static int
equals(reco_str_t text, const char *word)
{
    return strlen(word) == text.len
           && strncasecmp(word, text.data, text.len) == 0;
}


reco_import_map_t *
reco_import_map_create(int items)
{
    reco_import_map_t *map;

    map = calloc(1, sizeof(*map));
    if (map != NULL) {
        map->items = items;
    }

    return map;
}


void
reco_import_map_destroy(reco_import_map_t *map)
{
    size_t i;

    if (map == NULL) {
        return;
    }

    for (i = 0; i < map->nrules; i++) {
        free(map->rules[i].text);
    }

    for (i = 0; i < map->nnulls; i++) {
        free(map->nulls[i]);
    }

    free(map);
}


static rule_t *
find_rule(reco_import_map_t *map, reco_str_t field)
{
    size_t i;

    for (i = 0; i < map->nrules; i++) {
        if (map->rules[i].field.len == field.len
            && memcmp(map->rules[i].field.data, field.data, field.len) == 0)
        {
            return &map->rules[i];
        }
    }

    return NULL;
}


static int
add_piece(rule_t *rule, const char *text, size_t len, int is_column)
{
    piece_t *piece;

    if (rule->npieces == PIECES_MAX) {
        return 0;
    }

    piece = &rule->pieces[rule->npieces++];
    piece->text.data = text;
    piece->text.len = len;
    piece->is_column = is_column;
    piece->column = UNBOUND;

    return 1;
}


/* Text with {COLUMN} in it. */
static int
parse_template(rule_t *rule, const char *p, const char *end)
{
    const char *open, *close;

    rule->kind = TEMPLATE;

    while (p < end) {
        open = memchr(p, '{', (size_t) (end - p));
        if (open == NULL) {
            return add_piece(rule, p, (size_t) (end - p), 0);
        }

        close = memchr(open, '}', (size_t) (end - open));
        if (close == NULL || close == open + 1) {
            return 0;
        }

        if (open > p && !add_piece(rule, p, (size_t) (open - p), 0)) {
            return 0;
        }

        if (!add_piece(rule, open + 1, (size_t) (close - open - 1), 1)) {
            return 0;
        }
        p = close + 1;
    }

    return rule->npieces > 0;
}


static int
parse_columns(rule_t *rule, const char *p, const char *end)
{
    const char *bar;

    rule->kind = EITHER;

    for (;;) {
        bar = memchr(p, '|', (size_t) (end - p));
        if (bar == NULL) {
            return end > p && add_piece(rule, p, (size_t) (end - p), 1);
        }
        if (bar == p || !add_piece(rule, p, (size_t) (bar - p), 1)) {
            return 0;
        }
        p = bar + 1;
    }
}


/* Fills *rule from "FIELD=..."; 0 if it is not of that form. */
static int
parse_rule(rule_t *rule)
{
    const char *equal, *value, *end;

    equal = strchr(rule->text, '=');
    if (equal == NULL || equal == rule->text) {
        return 0;
    }

    rule->field.data = rule->text;
    rule->field.len = (size_t) (equal - rule->text);
    value = equal + 1;
    end = value + strlen(value);

    if (end - value >= 2 && value[0] == '"' && end[-1] == '"') {
        return parse_template(rule, value + 1, end - 1);
    }

    return memchr(value, '{', (size_t) (end - value)) != NULL
               ? parse_template(rule, value, end)
               : parse_columns(rule, value, end);
}


static reco_status_t
add_rule(
    reco_import_map_t *map, const char *text, size_t len, reco_error_t *error)
{
    rule_t rule = {.npieces = 0};
    rule_t *old;

    rule.text = strndup(text, len);
    if (rule.text == NULL) {
        return reco_error_set(error, RECO_NOMEM, "out of memory");
    }

    if (len > TEXT_MAX || !parse_rule(&rule)) {
        reco_error_set(error, RECO_INVALID,
            "\"%.80s\" is no map of a field: it takes FIELD=COLUMN, "
            "FIELD=COLUMN|COLUMN, FIELD=text{COLUMN} or FIELD=\"text\"",
            rule.text);
        free(rule.text);
        return RECO_INVALID;
    }

    /* Who maps "id" of a catalogue means the item's. */
    if (map->items && equals(rule.field, "id")) {
        rule.field = reco_string("item");
    }

    old = find_rule(map, rule.field);
    if (old != NULL) {
        free(old->text);
        *old = rule;
        return RECO_OK;
    }

    if (map->nrules == FIELDS_MAX) {
        free(rule.text);
        return reco_error_set(
            error, RECO_INVALID, "more than %d fields are mapped", FIELDS_MAX);
    }

    map->rules[map->nrules++] = rule;

    return RECO_OK;
}


/* The comma that ends a rule: not one in quotes or in a template's braces. */
static const char *
rule_end(const char *p)
{
    int quoted, braced;

    quoted = 0;
    braced = 0;

    for (; *p != '\0'; p++) {
        if (*p == '"') {
            quoted = !quoted;
        } else if (*p == '{') {
            braced = 1;
        } else if (*p == '}') {
            braced = 0;
        } else if (*p == ',' && !quoted && !braced) {
            break;
        }
    }

    return p;
}


reco_status_t
reco_import_map_add(
    reco_import_map_t *map, const char *text, reco_error_t *error)
{
    reco_status_t status;
    const char *end;

    for (;;) {
        end = rule_end(text);
        status = add_rule(map, text, (size_t) (end - text), error);
        if (status != RECO_OK || *end == '\0') {
            return status;
        }
        text = end + 1;
    }
}


reco_status_t
reco_import_map_add_null(
    reco_import_map_t *map, const char *text, reco_error_t *error)
{
    char *copy;

    if (map->nnulls == NULLS_MAX) {
        return reco_error_set(
            error, RECO_INVALID, "more than %d values of none", NULLS_MAX);
    }

    copy = strdup(text);
    if (copy == NULL) {
        return reco_error_set(error, RECO_NOMEM, "out of memory");
    }

    map->nulls[map->nnulls++] = copy;

    return RECO_OK;
}


static int
find_column(const reco_table_row_t *header, reco_str_t name)
{
    unsigned i, number, most;

    for (i = 0; header != NULL && i < header->nfields; i++) {
        if (header->fields[i].len == name.len
            && strncasecmp(header->fields[i].data, name.data, name.len) == 0)
        {
            return (int) i;
        }
    }

    number = 0;
    for (i = 0; i < name.len && i < 4; i++) {
        if (!isdigit((unsigned char) name.data[i])) {
            return UNBOUND;
        }
        number = number * 10 + (unsigned) (name.data[i] - '0');
    }

    most = header != NULL ? header->nfields : RECO_TABLE_FIELDS_MAX;

    return i == name.len && number >= 1 && number <= most ? (int) number - 1
                                                          : UNBOUND;
}


static reco_status_t
bind_rule(rule_t *rule, const reco_table_row_t *header, reco_error_t *error)
{
    piece_t *piece;
    size_t i;

    for (i = 0; i < rule->npieces; i++) {
        piece = &rule->pieces[i];
        if (!piece->is_column) {
            continue;
        }

        piece->column = find_column(header, piece->text);
        if (piece->column == UNBOUND) {
            return reco_error_set(error, RECO_INVALID,
                "there is no column \"%.*s\" for \"%.*s\"%s",
                (int) piece->text.len, piece->text.data, (int) rule->field.len,
                rule->field.data,
                header == NULL ? ": without a header, columns are numbers"
                               : "");
        }
    }

    return RECO_OK;
}


static reco_status_t
add_usual(reco_import_map_t *map, const reco_import_usual_t *usual,
    const reco_table_row_t *header, reco_error_t *error)
{
    reco_str_t field, column;
    char text[128];
    size_t i;
    int len;

    field.data = usual->field;
    field.len = strlen(usual->field);

    if (find_rule(map, field) != NULL) {
        return RECO_OK;
    }

    for (i = 0; usual->names[i] != NULL; i++) {
        column.data = usual->names[i];
        column.len = strlen(usual->names[i]);
        if (find_column(header, column) != UNBOUND) {
            len = snprintf(
                text, sizeof(text), "%s=%s", usual->field, usual->names[i]);
            return add_rule(map, text, (size_t) len, error);
        }
    }

    return RECO_OK;
}


static reco_status_t
require(reco_import_map_t *map, const char *field, reco_error_t *error)
{
    if (find_rule(map, (reco_str_t){strlen(field), field}) != NULL) {
        return RECO_OK;
    }

    return reco_error_set(error, RECO_INVALID,
        "no column is known to hold \"%s\": say --map %s=COLUMN", field, field);
}


reco_status_t
reco_import_map_bind(
    reco_import_map_t *map, const reco_table_row_t *header, reco_error_t *error)
{
    const reco_import_usual_t *usual;
    reco_status_t status;
    size_t i;

    usual = map->items ? reco_import_usual_items : reco_import_usual_events;
    status = RECO_OK;

    for (; status == RECO_OK && header != NULL && usual->field != NULL; usual++)
    {
        status = add_usual(map, usual, header, error);
    }

    for (i = 0; status == RECO_OK && i < map->nrules; i++) {
        status = bind_rule(&map->rules[i], header, error);
    }

    if (status == RECO_OK) {
        status = require(map, "item", error);
    }
    if (status == RECO_OK && !map->items) {
        status = require(map, "ts", error);
    }
    if (status == RECO_OK && !map->items
        && find_rule(map, reco_string("session")) == NULL)
    {
        status = require(map, "visitor", error);
    }

    return status;
}


static int
is_key(reco_str_t field)
{
    return equals(field, "visitor") || equals(field, "session")
           || equals(field, "item");
}


static int
is_null(const reco_import_map_t *map, reco_str_t value)
{
    size_t i;

    for (i = 0; i < map->nnulls; i++) {
        if (strlen(map->nulls[i]) == value.len
            && (value.len == 0
                || memcmp(map->nulls[i], value.data, value.len) == 0))
        {
            return 1;
        }
    }

    return value.len == 0;
}


static reco_str_t
column_value(const piece_t *piece, const reco_table_row_t *row)
{
    if ((unsigned) piece->column >= row->nfields) {
        return reco_null_string;
    }

    return row->fields[piece->column];
}


/*
 * The first column that says something.  A key from another column than the
 * first is told from the first's by that column's name.
 */
static reco_status_t
either_value(const reco_import_map_t *map, const rule_t *rule,
    const reco_table_row_t *row, char *buffer, reco_str_t *value)
{
    const piece_t *piece;
    size_t i, len;

    *value = reco_null_string;

    for (i = 0; i < rule->npieces; i++) {
        piece = &rule->pieces[i];
        *value = column_value(piece, row);
        if (is_key(rule->field) ? !is_null(map, *value) : value->len > 0) {
            break;
        }
        *value = reco_null_string;
    }

    if (value->len == 0 || i == 0 || !equals(rule->field, "visitor")) {
        return RECO_OK;
    }

    len = piece->text.len + 1 + value->len;
    if (len > RECO_IMPORT_VALUE_MAX) {
        return RECO_TOO_LARGE;
    }

    memcpy(buffer, piece->text.data, piece->text.len);
    buffer[piece->text.len] = ':';
    memcpy(buffer + piece->text.len + 1, value->data, value->len);
    *value = (reco_str_t){len, buffer};

    return RECO_OK;
}


/* Appends text; encoded for a URL where encode. */
static int
append(char *buffer, size_t *len, reco_str_t text, int encode)
{
    static const char digits[] = "0123456789ABCDEF";
    unsigned char c;
    size_t i;

    for (i = 0; i < text.len; i++) {
        if (*len + 3 > RECO_IMPORT_VALUE_MAX) {
            return 0;
        }

        c = (unsigned char) text.data[i];
        if (!encode || isalnum(c) || (c != '\0' && strchr("-._~", c) != NULL)) {
            buffer[(*len)++] = (char) c;
        } else {
            buffer[(*len)++] = '%';
            buffer[(*len)++] = digits[c >> 4];
            buffer[(*len)++] = digits[c & 15];
        }
    }

    return 1;
}


/* Empty where one of its columns is. */
static reco_status_t
template_value(const rule_t *rule, const reco_table_row_t *row, char *buffer,
    reco_str_t *value)
{
    const piece_t *piece;
    reco_str_t text;
    size_t i, len;
    int encode;

    encode = equals(rule->field, "url") || equals(rule->field, "image");
    len = 0;

    for (i = 0; i < rule->npieces; i++) {
        piece = &rule->pieces[i];
        text = piece->is_column ? column_value(piece, row) : piece->text;
        if (text.len == 0) {
            *value = reco_null_string;
            return RECO_OK;
        }
        if (!append(buffer, &len, text, encode && piece->is_column)) {
            return RECO_TOO_LARGE;
        }
    }

    *value = (reco_str_t){len, buffer};

    return RECO_OK;
}


reco_status_t
reco_import_map_value(const reco_import_map_t *map, size_t index,
    const reco_table_row_t *row, char *buffer, reco_str_t *field,
    reco_str_t *value)
{
    const rule_t *rule;

    if (index >= map->nrules) {
        return RECO_DECLINED;
    }

    rule = &map->rules[index];
    *field = rule->field;

    return rule->kind == EITHER ? either_value(map, rule, row, buffer, value)
                                : template_value(rule, row, buffer, value);
}
