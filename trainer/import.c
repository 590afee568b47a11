#include "import.h"

#include "import_row.h"
#include "store_check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BATCH_EVENTS 20000
#define ARENA_SIZE   (16 << 20)
#define CONTENT_MAX  1024


typedef struct {
    const reco_import_options_t *options;
    reco_import_report_t *report;
    reco_event_arena_t arena;
    size_t nevents;
    reco_event_t *events;
    unsigned *lines;
    reco_store_outcome_t *outcomes;
    reco_event_batch_t *parsed; /* of one JSON line */
    char value[RECO_IMPORT_VALUE_MAX];
} import_t;


static void
refuse(import_t *import, unsigned line, const char *reason)
{
    import->report->refused++;

    if (import->options->refused != NULL) {
        import->options->refused(import->options->context, line, reason);
    }
}


/* "item: too long" */
static void
refuse_field(import_t *import, unsigned line, const reco_event_reject_t *reject)
{
    char reason[128];
    char *p;

    snprintf(reason, sizeof(reason), "%s: %s",
        reject->field != NULL ? reject->field : "event",
        reco_event_reason_name(reject->reason));

    for (p = reason; *p != '\0'; p++) {
        if (*p == '_') {
            *p = ' ';
        }
    }

    refuse(import, line, reason);
}


static const char *
outcome_reason(reco_store_outcome_t outcome)
{
    switch (outcome) {
    case RECO_STORE_BAD_VISITOR:
        return "visitor: missing or longer than 64 bytes";
    case RECO_STORE_BAD_ID:
        return "id: longer than 36 bytes";
    case RECO_STORE_BAD_ITEM:
        return "item: missing or longer than 128 bytes";
    case RECO_STORE_BAD_TIME:
        return "ts: before 2000 or in the future";
    case RECO_STORE_TOO_OLD:
        return "ts: older than the retention allows, counted from the newest "
               "event of the store (--latest now moves times)";
    case RECO_STORE_TOO_MANY:
        return "visitor: too many events on one day";
    default:
        return reco_store_outcome_name(outcome);
    }
}


static void
note_outcome(import_t *import, size_t i)
{
    reco_import_report_t *report = import->report;
    int64_t ts;

    switch (import->outcomes[i]) {
    case RECO_STORE_APPLIED:
        report->applied++;
        break;
    case RECO_STORE_DUPLICATE:
        report->duplicates++;
        break;
    default:
        refuse(import, import->lines[i], outcome_reason(import->outcomes[i]));
        return;
    }

    ts = import->events[i].ts;
    if (report->oldest == 0 || ts < report->oldest) {
        report->oldest = ts;
    }
    if (ts > report->newest) {
        report->newest = ts;
    }
}


static reco_status_t
flush(import_t *import, reco_error_t *error)
{
    const reco_import_options_t *options = import->options;
    reco_store_batch_t batch = {.events = import->events,
        .nevents = import->nevents,
        .outcomes = import->outcomes};
    reco_status_t status;
    size_t i;

    if (options->store != NULL) {
        status =
            reco_store_apply(options->store, &batch, &options->limits, error);
        if (status != RECO_OK) {
            return status;
        }
    } else {
        for (i = 0; i < import->nevents; i++) {
            import->outcomes[i] =
                reco_store_check(&import->events[i], &options->limits);
        }
    }

    for (i = 0; i < import->nevents; i++) {
        note_outcome(import, i);
    }

    import->nevents = 0;
    import->arena.used = 0;

    if (options->progress != NULL) {
        options->progress(options->context, import->report);
    }

    return RECO_OK;
}


static char *
append(char *out, const char *end, reco_str_t text)
{
    size_t len;

    len = text.len < (size_t) (end - out) ? text.len : (size_t) (end - out);
    if (len > 0) {
        memcpy(out, text.data, len);
        out += len;
    }
    if (out < end) {
        *out++ = '\0';
    }

    return out;
}


/* An id that the same content gives again. */
static void
derive_id(const reco_event_t *event, char id[16])
{
    char content[CONTENT_MAX];
    char numbers[128];
    char *out, *end;
    char hex[17];
    unsigned i;
    int len;

    out = content;
    end = content + sizeof(content);
    len = snprintf(numbers, sizeof(numbers), "%lld %.6f %.6f %.6f %lld",
        (long long) event->ts, event->qty, event->price, event->value,
        (long long) event->ms);

    out = append(out, end, event->visitor);
    out = append(out, end, event->item);
    out = append(out, end,
        (reco_str_t){strlen(reco_event_type_name(event->type)),
            reco_event_type_name(event->type)});
    out = append(out, end, (reco_str_t){(size_t) len, numbers});

    for (i = 0; i < event->ncontext; i++) {
        out = append(out, end, event->context[i].value);
    }
    for (i = 0; i < event->nlines; i++) {
        out = append(out, end, event->lines[i].item);
    }

    snprintf(hex, sizeof(hex), "%016llx",
        (unsigned long long) reco_hash(content, (size_t) (out - content)));
    memcpy(id, hex, 16);
}


/* Takes a complete event into the batch. */
static reco_status_t
add_event(
    import_t *import, unsigned line, reco_event_t *event, reco_error_t *error)
{
    reco_event_arena_t *arena = &import->arena;
    reco_names_t *named = import->options->named;
    reco_status_t status;
    uint32_t number;
    char *id;

    if (named != NULL && event->type == RECO_EVENT_ITEM) {
        if (event->product.available < 0) {
            event->product.available = 1;
        }

        status = reco_names_add(named, event->item, &number);
        if (status != RECO_OK) {
            return reco_error_set(error, status, "too many items");
        }
    }

    if (event->id.len == 0 && event->type != RECO_EVENT_ITEM) {
        if (arena->size - arena->used < 16) {
            return reco_error_set(error, RECO_NOMEM, "out of memory");
        }
        id = arena->data + arena->used;
        arena->used += 16;
        derive_id(event, id);
        event->id = (reco_str_t){16, id};
    }

    event->ts += import->options->shift;
    event->received = event->received != 0
                          ? event->received + import->options->shift
                          : event->ts;
    if (event->source.len == 0) {
        event->source = reco_string("import");
    }

    import->events[import->nevents] = *event;
    import->lines[import->nevents] = line;
    import->nevents++;

    return RECO_OK;
}


static reco_status_t
import_row(import_t *import, const reco_table_row_t *row, reco_error_t *error)
{
    reco_event_reject_t reject = {0};
    reco_status_t status;
    reco_event_t event;

    status = reco_import_row_read(
        row, import->options, import->value, &import->arena, &event, &reject);

    switch (status) {
    case RECO_OK:
        return add_event(import, row->line, &event, error);
    case RECO_INVALID:
        refuse_field(import, row->line, &reject);
        return RECO_OK;
    case RECO_DECLINED:
        return reco_error_set(error, RECO_INVALID,
            "--map names a field that events do not have: docs/events.md "
            "lists them");
    default:
        return reco_error_set(error, status, "out of memory");
    }
}


static reco_status_t
import_json(import_t *import, const reco_table_row_t *row, reco_error_t *error)
{
    reco_event_batch_t *parsed = import->parsed;
    reco_error_t reason = {0};
    reco_status_t status;
    unsigned i;

    status = reco_event_parse_json(
        row->fields[0], 0, &import->arena, parsed, &reason);
    if (status == RECO_NOMEM) {
        return reco_error_set(error, status, "out of memory");
    }

    if (status != RECO_OK) {
        refuse(import, row->line, reason.message);
        return RECO_OK;
    }

    for (i = 0; i < parsed->nrejects; i++) {
        refuse_field(import, row->line, &parsed->rejects[i]);
    }

    for (i = 0; status == RECO_OK && i < parsed->nevents; i++) {
        status = add_event(import, row->line, &parsed->events[i], error);
    }

    return status;
}


static reco_status_t
bind_columns(import_t *import, reco_table_t *table, reco_error_t *error)
{
    const reco_import_options_t *options = import->options;
    reco_table_row_t *header;
    reco_status_t status;

    if (options->map == NULL) {
        return RECO_OK;
    }

    if (!options->header) {
        return reco_import_map_bind(options->map, NULL, error);
    }

    header = malloc(sizeof(*header));
    if (header == NULL) {
        return reco_error_set(error, RECO_NOMEM, "out of memory");
    }

    header->line = 1;
    status = reco_table_next(table, header, error);
    if (status == RECO_DECLINED) {
        status = reco_error_set(error, RECO_INVALID,
            "the file is empty: its first line should name the columns");
    } else if (status == RECO_OK) {
        status = reco_import_map_bind(options->map, header, error);
    }
    if (status == RECO_INVALID && error != NULL) {
        error->line = header->line;
    }
    free(header);

    return status;
}


static reco_status_t
import_all(import_t *import, reco_table_t *table, reco_error_t *error)
{
    reco_table_row_t *row;
    reco_status_t status;
    reco_error_t reason;

    row = malloc(sizeof(*row));
    if (row == NULL) {
        return reco_error_set(error, RECO_NOMEM, "out of memory");
    }

    for (;;) {
        memset(&reason, 0, sizeof(reason));
        status = reco_table_next(table, row, &reason);

        if (status == RECO_OK) {
            import->report->rows++;
            status = import->options->map != NULL
                         ? import_row(import, row, error)
                         : import_json(import, row, error);
        } else if (status == RECO_INVALID || status == RECO_TOO_LARGE) {
            import->report->rows++;
            refuse(import, reason.line, reason.message);
            status = RECO_OK;
        } else {
            break;
        }

        /* One row, be it an array of events, adds at most a batch's. */
        if (status == RECO_OK
            && (import->nevents + RECO_EVENT_BATCH_MAX > BATCH_EVENTS
                || import->arena.size - import->arena.used
                       < RECO_EVENT_ARENA_SIZE))
        {
            status = flush(import, error);
        }

        if (status != RECO_OK) {
            free(row);
            return status;
        }
    }

    free(row);

    if (status == RECO_DECLINED) {
        return flush(import, error);
    }

    /* The file breaks off: what came before counts. */
    flush(import, NULL);

    return reco_error_set(error, status, "%s", reason.message);
}


reco_status_t
reco_import(reco_table_t *table, const reco_import_options_t *options,
    reco_import_report_t *report, reco_error_t *error)
{
    reco_status_t status;
    import_t *import;

    memset(report, 0, sizeof(*report));

    import = calloc(1, sizeof(*import));
    if (import == NULL) {
        return reco_error_set(error, RECO_NOMEM, "out of memory");
    }

    import->options = options;
    import->report = report;
    import->arena.size = ARENA_SIZE;
    import->arena.data = malloc(ARENA_SIZE);
    import->events = malloc(BATCH_EVENTS * sizeof(*import->events));
    import->lines = malloc(BATCH_EVENTS * sizeof(*import->lines));
    import->outcomes = malloc(BATCH_EVENTS * sizeof(*import->outcomes));
    import->parsed = malloc(sizeof(*import->parsed));

    if (import->arena.data == NULL || import->events == NULL
        || import->lines == NULL || import->outcomes == NULL
        || import->parsed == NULL)
    {
        status = reco_error_set(error, RECO_NOMEM, "out of memory");
    } else {
        status = bind_columns(import, table, error);
    }

    if (status == RECO_OK) {
        status = import_all(import, table, error);
    }

    free(import->arena.data);
    free(import->events);
    free(import->lines);
    free(import->outcomes);
    free(import->parsed);
    free(import);

    return status;
}
