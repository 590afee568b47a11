#include "dataset.h"

#include "columns.h"
#include "event/reco_event.h"
#include "lines.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SNIFFED_LINES 1000


typedef struct {
    reco_dataset_form_t form;
    char separator;                 /* ' ' stands for any run of blanks */
    int columns[RECO_COLUMN_COUNT]; /* -1: the table has none */
} layout_t;

typedef struct {
    reco_dataset_t *dataset;
    reco_dataset_names_t *names;
    layout_t layout;
    uint64_t file; /* sets the sessions of two files apart */
    reco_lines_t *lines;
    reco_error_t *error;
} reading_t;


/* Cuts the next field off line.  0: there is none. */
static int
next_field(reco_str_t *line, char separator, reco_str_t *field)
{
    const char *end;

    if (separator == ' ') {
        while (line->len > 0 && isblank((unsigned char) line->data[0])) {
            line->data++;
            line->len--;
        }
        if (line->len == 0) {
            return 0;
        }
        field->data = line->data;
        field->len = 0;
        while (field->len < line->len
               && !isblank((unsigned char) field->data[field->len]))
        {
            field->len++;
        }
        line->data += field->len;
        line->len -= field->len;
        return 1;
    }

    if (line->data == NULL) {
        return 0;
    }

    field->data = line->data;
    end = memchr(line->data, separator, line->len);
    if (end == NULL) {
        field->len = line->len;
        line->data = NULL;
        line->len = 0;
        return 1;
    }

    field->len = (size_t) (end - line->data);
    line->data += field->len + 1;
    line->len -= field->len + 1;

    return 1;
}


static char
separator_of(reco_str_t line)
{
    if (memchr(line.data, '\t', line.len) != NULL) {
        return '\t';
    }

    return memchr(line.data, ',', line.len) != NULL ? ',' : ' ';
}


/* What no text holds: of a file that is something else, and would be read as
   ids that mean nothing. */
static int
is_text(reco_str_t line)
{
    size_t i;

    for (i = 0; i < line.len; i++) {
        if ((unsigned char) line.data[i] < ' ' && line.data[i] != '\t'
            && line.data[i] != '\r')
        {
            return 0;
        }
    }

    return 1;
}


/* Names of columns of which none is the item's are no ids either. */
static int
lacks_item(const layout_t *layout)
{
    return layout->columns[RECO_COLUMN_ITEM] == -1
           && (layout->columns[RECO_COLUMN_SESSION] != -1
               || layout->columns[RECO_COLUMN_USER] != -1)
           && layout->columns[RECO_COLUMN_TIME] != -1;
}


static void
sniff_header(layout_t *layout, reco_str_t line)
{
    reco_str_t field;
    reco_column_t column;
    int number;

    layout->separator = separator_of(line);

    for (number = 0; next_field(&line, layout->separator, &field); number++) {
        column = reco_column_find(field);
        if (column != RECO_COLUMN_COUNT && layout->columns[column] == -1) {
            layout->columns[column] = number;
        }
    }

    if (layout->columns[RECO_COLUMN_ITEM] != -1) {
        layout->form = RECO_DATASET_TABLE;
    }
}


static unsigned
count_fields(reco_str_t line, char separator)
{
    reco_str_t field;
    unsigned count;

    count = 0;
    while (count < 3 && next_field(&line, separator, &field)) {
        count += field.len > 0;
    }

    return count;
}


static reco_status_t
wrong_at(unsigned line, const char *reason, reco_error_t *error)
{
    if (error != NULL) {
        error->line = line;
    }

    return reco_error_set(error, RECO_INVALID, "%s", reason);
}


/* Tells the form from the first lines. */
static reco_status_t
sniff(layout_t *layout, const char *path, reco_error_t *error)
{
    reco_status_t status;
    reco_lines_t *lines;
    reco_str_t line;
    int i;

    for (i = 0; i < RECO_COLUMN_COUNT; i++) {
        layout->columns[i] = -1;
    }
    layout->form = RECO_DATASET_PAIRS;
    layout->separator = ' ';

    status = reco_lines_open(&lines, path, error);
    if (status != RECO_OK) {
        return status;
    }

    status = reco_lines_next(lines, &line, error);
    if (status == RECO_OK) {
        sniff_header(layout, line);
    }

    if (status == RECO_OK && lacks_item(layout)) {
        status = wrong_at(
            1, "no column is known to hold the item: call it ItemId", error);
    }

    for (i = 0; status == RECO_OK && i < SNIFFED_LINES
                && layout->form != RECO_DATASET_TABLE;
         i++)
    {
        if (!is_text(line)) {
            status = wrong_at(reco_lines_number(lines),
                "it is no text: there are control characters", error);
            break;
        }
        if (line.len > 0 && count_fields(line, layout->separator) != 2) {
            layout->form = RECO_DATASET_LISTS;
        }
        status = reco_lines_next(lines, &line, error);
    }

    reco_lines_close(lines);

    return status == RECO_DECLINED ? RECO_OK : status;
}


static reco_status_t
fail(const reading_t *reading, reco_status_t status, const char *reason)
{
    if (reading->error != NULL) {
        reading->error->line = reco_lines_number(reading->lines);
    }

    return reco_error_set(reading->error, status, "%s", reason);
}


static reco_status_t
add_name(
    reading_t *reading, reco_names_t *names, reco_str_t name, uint32_t *number)
{
    reco_status_t status;

    status = reco_names_add(names, name, number);
    if (status == RECO_OK) {
        return RECO_OK;
    }

    return fail(reading, status,
        status == RECO_NOMEM ? "out of memory" : "there are too many ids");
}


static reco_status_t
add_row(reading_t *reading, const reco_history_row_t *row)
{
    reco_dataset_t *dataset;
    reco_history_row_t *grown;
    uint64_t capacity;

    dataset = reading->dataset;

    if (dataset->nrows == dataset->capacity) {
        capacity = dataset->capacity > 0 ? dataset->capacity * 2 : 4096;
        grown = realloc(dataset->rows, capacity * sizeof(*grown));
        if (grown == NULL) {
            return fail(reading, RECO_NOMEM, "out of memory");
        }
        dataset->rows = grown;
        dataset->capacity = capacity;
    }

    dataset->rows[dataset->nrows++] = *row;

    return RECO_OK;
}


/* The session within its file; a visitor nobody knows is named after it. */
static reco_status_t
add_session(reading_t *reading, reco_str_t session, reco_str_t user,
    reco_history_row_t *row)
{
    char name[288];
    reco_status_t status;
    reco_str_t unique;
    int len;

    if (session.data != NULL) {
        if (session.len > 256) {
            return fail(reading, RECO_INVALID,
                "the session's id is longer than 256 bytes");
        }
        len = snprintf(name, sizeof(name), "\001%llu/%.*s",
            (unsigned long long) reading->file, (int) session.len,
            session.data);
        unique.data = name;
        unique.len = (size_t) len;

        status =
            add_name(reading, &reading->names->sessions, unique, &row->group);
        if (status != RECO_OK) {
            return status;
        }
        if (user.len == 0) {
            user = unique;
        }
    }

    status = add_name(reading, &reading->names->users, user, &row->user);
    if (session.data == NULL) {
        row->group = row->user;
    }

    return status;
}


static reco_status_t
read_event(reading_t *reading, reco_str_t line)
{
    reco_str_t field, fields[RECO_COLUMN_COUNT] = {{0, NULL}};
    reco_history_row_t row = {0};
    reco_status_t status;
    double time, dwell;
    int number, i;

    for (number = 0; next_field(&line, reading->layout.separator, &field);
         number++) {
        for (i = 0; i < RECO_COLUMN_COUNT; i++) {
            if (reading->layout.columns[i] == number) {
                fields[i] = field;
            }
        }
    }

    if (fields[RECO_COLUMN_ITEM].len == 0) {
        return fail(reading, RECO_INVALID, "the row has no item");
    }

    if (reading->layout.columns[RECO_COLUMN_TIME] != -1) {
        if (!reco_column_number(fields[RECO_COLUMN_TIME], &time)
            || time > UINT32_MAX) {
            return fail(reading, RECO_INVALID,
                "the time is not in seconds since the epoch");
        }
        row.time = (uint32_t) time;
        row.fraction = (uint16_t) ((time - floor(time)) * 65536);
    }

    row.type = RECO_EVENT_VIEW;
    if (fields[RECO_COLUMN_TYPE].len > 0) {
        row.type = (uint8_t) reco_event_type(fields[RECO_COLUMN_TYPE]);
        if (row.type == RECO_EVENT_TYPE_COUNT) {
            return fail(
                reading, RECO_INVALID, "the type is none of docs/events.md");
        }
    }

    if (fields[RECO_COLUMN_DWELL].len > 0) {
        if (!reco_column_number(fields[RECO_COLUMN_DWELL], &dwell)
            || dwell > UINT32_MAX)
        {
            return fail(reading, RECO_INVALID, "the dwell is not in ms");
        }
        row.dwell = (uint32_t) dwell;
    }

    status = add_session(
        reading, fields[RECO_COLUMN_SESSION], fields[RECO_COLUMN_USER], &row);
    if (status != RECO_OK) {
        return status;
    }

    status = add_name(
        reading, &reading->names->items, fields[RECO_COLUMN_ITEM], &row.item);

    return status == RECO_OK ? add_row(reading, &row) : status;
}


static reco_status_t
read_list(reading_t *reading, reco_str_t line)
{
    reco_history_row_t row = {0};
    reco_status_t status;
    reco_str_t field;

    if (!next_field(&line, reading->layout.separator, &field) || field.len == 0)
    {
        return line.len == 0 ? RECO_OK : fail(reading, RECO_INVALID, "no user");
    }

    status = add_session(reading, reco_null_string, field, &row);

    while (status == RECO_OK
           && next_field(&line, reading->layout.separator, &field))
    {
        if (field.len == 0) {
            continue;
        }
        status = add_name(reading, &reading->names->items, field, &row.item);
        if (status == RECO_OK) {
            status = add_row(reading, &row);
        }
    }

    return status;
}


static reco_status_t
read_rows(reading_t *reading)
{
    reco_status_t status;
    reco_str_t line;

    if (reading->layout.form == RECO_DATASET_TABLE) {
        status = reco_lines_next(reading->lines, &line, reading->error);
        if (status != RECO_OK) {
            return status;
        }
    }

    for (;;) {
        status = reco_lines_next(reading->lines, &line, reading->error);
        if (status != RECO_OK) {
            return status == RECO_DECLINED ? RECO_OK : status;
        }
        if (line.len == 0) {
            continue;
        }

        status = reading->layout.form == RECO_DATASET_TABLE
                     ? read_event(reading, line)
                     : read_list(reading, line);
        if (status != RECO_OK) {
            return status;
        }
    }
}


/* Forms without columns are of one kind with each other. */
static reco_status_t
agree(reco_dataset_t *dataset, const layout_t *layout, reco_error_t *error)
{
    int has_sessions, has_users, has_times;

    has_sessions = layout->columns[RECO_COLUMN_SESSION] != -1;
    has_users = layout->form != RECO_DATASET_TABLE
                || layout->columns[RECO_COLUMN_USER] != -1;
    has_times = layout->columns[RECO_COLUMN_TIME] != -1;

    if (!has_sessions && !has_users) {
        return wrong_at(1,
            "the first line names an item's column but neither a session's "
            "nor a user's: docs/eval.md lists the names",
            error);
    }

    if (dataset->nrows > 0
        && (dataset->has_sessions != has_sessions
            || dataset->has_users != has_users
            || dataset->has_times != has_times))
    {
        return wrong_at(
            1, "the file has other columns than the one before it", error);
    }

    dataset->form = layout->form;
    dataset->has_sessions = has_sessions;
    dataset->has_users = has_users;
    dataset->has_times = has_times;

    return RECO_OK;
}


reco_status_t
reco_dataset_read(reco_dataset_t *dataset, reco_dataset_names_t *names,
    const char *path, reco_error_t *error)
{
    reading_t reading = {.dataset = dataset, .names = names, .error = error};
    reco_status_t status;

    status = sniff(&reading.layout, path, error);
    if (status == RECO_OK) {
        status = agree(dataset, &reading.layout, error);
    }
    if (status != RECO_OK) {
        return status;
    }

    status = reco_lines_open(&reading.lines, path, error);
    if (status != RECO_OK) {
        return status;
    }

    reading.file = names->sessions.count;
    status = read_rows(&reading);
    reco_lines_close(reading.lines);

    return status == RECO_DECLINED ? RECO_OK : status;
}


void
reco_dataset_done(reco_dataset_t *dataset)
{
    free(dataset->rows);
    memset(dataset, 0, sizeof(*dataset));
}


void
reco_dataset_names_done(reco_dataset_names_t *names)
{
    reco_names_done(&names->items);
    reco_names_done(&names->users);
    reco_names_done(&names->sessions);
}


reco_status_t
reco_dataset_history(const reco_dataset_t *dataset,
    const reco_dataset_names_t *names, uint32_t gap, reco_history_t *history,
    reco_error_t *error)
{
    uint32_t ngroups;

    ngroups =
        dataset->has_sessions ? names->sessions.count : names->users.count;
    if (dataset->form != RECO_DATASET_TABLE || dataset->has_sessions
        || !dataset->has_times)
    {
        gap = 0;
    }

    return reco_history_build(history, dataset->rows, dataset->nrows, ngroups,
        names->items.count, names->users.count, gap, error);
}
