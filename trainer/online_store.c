/*
 * The records of online.c in the store:
 *
 *   o          identity of the base, dimensions, sequence
 *   i ITEM     sum of squares, where it began, vector
 *   v VISITOR  events, sum of squares, vector
 *
 * Numbers and floats are this machine's: the store does not leave it.
 */

#include "online_state.h"
#include "snapshot/reco_snapshot_view.h"

#include <stdlib.h>
#include <string.h>

#define KEYS "oiv"


typedef struct {
    uint64_t identity;
    uint64_t sequence;
    uint32_t dimensions;
    uint32_t unused;
} header_t;

typedef struct {
    char first;
    char number[4];
} state_key_t;

/* The records of one transaction. */
typedef struct {
    reco_store_state_t *records;
    size_t nrecords;
    char *bytes;
    size_t used;
} sheet_t;


static void
take_floats(char **bytes, const float *values, uint32_t count)
{
    memcpy(*bytes, values, count * sizeof(float));
    *bytes += count * sizeof(float);
}


/* Begins a record in the sheet's bytes. */
static char *
begin_record(sheet_t *sheet, char first, uint32_t number, size_t len)
{
    reco_store_state_t *record;
    char *key;

    record = &sheet->records[sheet->nrecords++];
    key = sheet->bytes + sheet->used;
    key[0] = first;
    memcpy(key + 1, &number, sizeof(number));
    record->key = (reco_str_t){sizeof(state_key_t), key};
    record->value = (reco_str_t){len, key + sizeof(state_key_t)};
    sheet->used += sizeof(state_key_t) + len;

    return key + sizeof(state_key_t);
}


static size_t
row_size(const reco_online_t *online)
{
    return (1 + 2 * (size_t) online->dimensions) * sizeof(float);
}


static size_t
visitor_size(const reco_online_t *online)
{
    return (2 + (size_t) online->dimensions) * sizeof(float);
}


static void
put_row(const reco_online_t *online, sheet_t *sheet, reco_online_row_t *row)
{
    char *out;

    out = begin_record(sheet, 'i', row->link.number, row_size(online));
    take_floats(&out, &row->squares, 1);
    take_floats(&out, row->values + online->dimensions, online->dimensions);
    take_floats(&out, row->values, online->dimensions);
}


static void
put_visitor(const reco_online_t *online, sheet_t *sheet,
    const reco_online_visitor_t *visitor)
{
    char *out;

    out = begin_record(sheet, RECO_STORE_STATE_VISITOR, visitor->link.number,
        visitor_size(online));
    memcpy(out, &visitor->nevents, sizeof(visitor->nevents));
    out += sizeof(visitor->nevents);
    take_floats(&out, &visitor->squares, 1);
    take_floats(&out, visitor->vector, online->dimensions);
}


/* How much a sheet of everything that has changed takes. */
static reco_status_t
make_sheet(const reco_online_t *online, size_t nothers, sheet_t *sheet)
{
    const reco_online_visitor_t *visitor;
    const reco_online_row_t *row;
    size_t count, size;

    count = 1 + nothers + online->ndisplaced;
    size = sizeof(header_t) + sizeof(state_key_t) * (count + 1);

    for (row = reco_lru_newest(&online->rows); row != NULL;
         row = reco_lru_older(&online->rows, row))
    {
        if (row->dirty) {
            count++;
            size += sizeof(state_key_t) + row_size(online);
        }
    }

    for (visitor = reco_lru_newest(&online->visitors); visitor != NULL;
         visitor = reco_lru_older(&online->visitors, visitor))
    {
        if (visitor->dirty) {
            count++;
            size += sizeof(state_key_t) + visitor_size(online);
        }
    }

    sheet->nrecords = 0;
    sheet->used = 0;
    sheet->records = malloc(count * sizeof(reco_store_state_t));
    sheet->bytes = malloc(size);

    return sheet->records != NULL && sheet->bytes != NULL ? RECO_OK
                                                          : RECO_NOMEM;
}


static void
fill_sheet(const reco_online_t *online, const reco_store_state_t *others,
    size_t nothers, sheet_t *sheet)
{
    reco_online_visitor_t *visitor;
    reco_online_row_t *row;
    header_t header;
    uint32_t i;

    for (i = 0; i < online->ndisplaced; i++) {
        begin_record(sheet, 'i', online->displaced[i], 0);
    }

    for (row = reco_lru_newest(&online->rows); row != NULL;
         row = reco_lru_older(&online->rows, row))
    {
        if (row->dirty) {
            put_row(online, sheet, row);
        }
    }

    for (visitor = reco_lru_newest(&online->visitors); visitor != NULL;
         visitor = reco_lru_older(&online->visitors, visitor))
    {
        if (visitor->dirty) {
            put_visitor(online, sheet, visitor);
        }
    }

    memset(&header, 0, sizeof(header));
    header.identity = online->identity;
    header.sequence = online->sequence;
    header.dimensions = online->dimensions;
    memcpy(
        begin_record(sheet, 'o', 0, sizeof(header)), &header, sizeof(header));

    for (i = 0; i < nothers; i++) {
        sheet->records[sheet->nrecords++] = others[i];
    }
}


static void
note_saved(reco_online_t *online)
{
    reco_online_visitor_t *visitor;
    reco_online_row_t *row;

    for (row = reco_lru_newest(&online->rows); row != NULL;
         row = reco_lru_older(&online->rows, row))
    {
        row->dirty = 0;
    }

    for (visitor = reco_lru_newest(&online->visitors); visitor != NULL;
         visitor = reco_lru_older(&online->visitors, visitor))
    {
        visitor->dirty = 0;
    }

    online->ndisplaced = 0;
    online->fresh = 0;
}


reco_status_t
reco_online_save(reco_online_t *online, const reco_store_state_t *others,
    size_t nothers, reco_error_t *error)
{
    reco_status_t status;
    sheet_t sheet;

    reco_online_settle(online);

    status = make_sheet(online, nothers, &sheet);
    if (status == RECO_OK) {
        fill_sheet(online, others, nothers, &sheet);
        status = reco_store_state_save(online->store,
            online->fresh ? KEYS : NULL, sheet.records, sheet.nrecords, error);
    } else {
        reco_error_set(error, status, "out of memory");
    }

    free(sheet.records);
    free(sheet.bytes);

    if (status == RECO_OK) {
        note_saved(online);
    }

    return status;
}


static int
read_key(reco_str_t key, uint32_t *number)
{
    if (key.len != sizeof(state_key_t)) {
        return 0;
    }

    memcpy(number, key.data + 1, sizeof(*number));

    return 1;
}


static reco_status_t
load_row(void *context, reco_str_t key, reco_str_t value)
{
    reco_online_t *online = context;
    size_t floats = online->dimensions * sizeof(float);
    reco_online_row_t *row;
    reco_status_t status;
    uint32_t number;
    void *record;
    int made;

    if (!read_key(key, &number) || value.len != row_size(online)) {
        return RECO_CORRUPT;
    }

    status = reco_lru_take(&online->rows, number, &record, &made);
    if (status != RECO_OK) {
        return status;
    }

    row = record;
    memcpy(&row->squares, value.data, sizeof(float));
    memcpy(
        row->values + online->dimensions, value.data + sizeof(float), floats);
    memcpy(row->values, value.data + sizeof(float) + floats, floats);
    reco_online_bound(online, row);

    return RECO_OK;
}


static reco_status_t
load_visitor(void *context, reco_str_t key, reco_str_t value)
{
    reco_online_t *online = context;
    reco_online_visitor_t *visitor;
    reco_status_t status;
    uint32_t number;

    if (!read_key(key, &number) || value.len != visitor_size(online)) {
        return RECO_CORRUPT;
    }

    status = reco_online_visitor(online, number, &visitor);
    if (status != RECO_OK) {
        return status;
    }

    memcpy(&visitor->nevents, value.data, sizeof(visitor->nevents));
    memcpy(&visitor->squares, value.data + sizeof(visitor->nevents),
        sizeof(float));
    memcpy(visitor->vector,
        value.data + sizeof(visitor->nevents) + sizeof(float),
        online->dimensions * sizeof(float));

    return RECO_OK;
}


int
reco_online_kept(reco_store_view_t *view, const reco_snapshot_t *base,
    uint32_t visitor, float *vector)
{
    state_key_t key = {'o', {0}};
    reco_str_t name = {sizeof(key), (const char *) &key}, value;
    header_t header;
    uint32_t nevents;
    size_t size;

    if (reco_store_view_state(view, name, &value) != RECO_OK
        || value.len != sizeof(header))
    {
        return 0;
    }
    memcpy(&header, value.data, sizeof(header));
    if (header.identity != reco_snapshot_identity(base)
        || header.dimensions != reco_snapshot_view(base)->vectors.dimensions)
    {
        return 0;
    }

    key.first = RECO_STORE_STATE_VISITOR;
    memcpy(key.number, &visitor, sizeof(visitor));
    size = header.dimensions * sizeof(float);
    if (reco_store_view_state(view, name, &value) != RECO_OK
        || value.len != sizeof(nevents) + sizeof(float) + size)
    {
        return 0;
    }

    memcpy(&nevents, value.data, sizeof(nevents));
    memcpy(vector, value.data + sizeof(nevents) + sizeof(float), size);

    return nevents > 0;
}


static reco_status_t
load_header(reco_online_t *online, reco_store_view_t *view)
{
    state_key_t key = {'o', {0}};
    reco_status_t status;
    reco_str_t value;
    header_t header;

    status = reco_store_view_state(
        view, (reco_str_t){sizeof(key), (const char *) &key}, &value);
    if (status != RECO_OK) {
        return status;
    }

    if (value.len != sizeof(header)) {
        return RECO_DECLINED;
    }

    memcpy(&header, value.data, sizeof(header));
    if (header.identity != online->identity
        || header.dimensions != online->dimensions
        || header.sequence < online->sequence
        || header.sequence > reco_store_view_sequence(view))
    {
        return RECO_DECLINED;
    }

    online->sequence = header.sequence;

    return RECO_OK;
}


reco_status_t
reco_online_load(reco_online_t *online, reco_error_t *error)
{
    reco_store_view_t *view;
    reco_status_t status;

    status = reco_store_view_begin(online->store, &view, error);
    if (status != RECO_OK) {
        return status;
    }

    status = load_header(online, view);
    if (status == RECO_DECLINED) {
        online->fresh = 1;
        reco_store_view_end(view);
        return RECO_OK;
    }

    if (status == RECO_OK) {
        status = reco_store_view_states(view, 'i', load_row, online);
    }
    if (status == RECO_OK) {
        status = reco_store_view_states(
            view, RECO_STORE_STATE_VISITOR, load_visitor, online);
    }
    reco_store_view_end(view);

    return status == RECO_OK
               ? RECO_OK
               : reco_error_set(error, status,
                   "what was learnt since version %s cannot be read",
                   reco_snapshot_id(online->base));
}
