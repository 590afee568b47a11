/*
 * Three steps: rows are counted and put in their visitor's place, in order of
 * arrival; each visitor's rows are sorted by time, merged and cut into
 * sessions; sessions are sorted by their end and written out by column.
 */

#include "store_history.h"

#include <stdlib.h>
#include <string.h>

#define TYPE_SHIFT 28
#define MS_MAX     ((UINT32_C(1) << TYPE_SHIFT) - 1)


/* 24 bytes: there are as many as events. */
typedef struct {
    int64_t ts;
    uint32_t item;
    uint32_t session; /* folded; compared with neighbours only */
    uint32_t order;   /* of arrival, among the visitor's */
    uint32_t act;     /* type, active ms */
} row_t;

typedef struct {
    uint64_t first;
    uint32_t nrows;
    uint32_t user;
    int64_t end;
} session_t;

typedef struct {
    reco_store_view_t *view;
    const reco_store_history_options_t *options;
    uint64_t begin; /* first event's number */
    int64_t oldest; /* time */
    uint32_t nvisitors;
    uint32_t nitems;
    uint64_t *starts; /* nvisitors + 1: rows of a visitor */
    row_t *rows;
    session_t *sessions;
    size_t nsessions;
    size_t sessions_size;
    uint32_t *dense; /* item's number -> its number in the history */
} build_t;

typedef void (*row_visit_t)(
    build_t *build, const reco_store_event_t *event, uint32_t item);


static uint32_t
row_type(const row_t *row)
{
    return row->act >> TYPE_SHIFT;
}


static uint32_t
row_ms(const row_t *row)
{
    return row->act & MS_MAX;
}


static int
lends_time(uint32_t type)
{
    return type == RECO_EVENT_DWELL || type == RECO_EVENT_HOVER;
}


static int
is_history(uint32_t type)
{
    switch (type) {
    case RECO_EVENT_VIEW:
    case RECO_EVENT_CLICK:
    case RECO_EVENT_CART:
    case RECO_EVENT_PURCHASE:
    case RECO_EVENT_RATING:
        return 1;
    default:
        return lends_time(type);
    }
}


/* Calls visit with each item of each event that counts. */
static reco_status_t
each_row(build_t *build, row_visit_t visit)
{
    reco_store_line_t lines[RECO_EVENT_ITEMS_MAX];
    reco_store_event_t event;
    reco_status_t status;
    unsigned i, nlines;

    status = reco_store_view_seek(build->view, build->begin, &event);

    while (status == RECO_OK) {
        if (is_history(event.type) && event.ts >= build->oldest
            && event.visitor < build->nvisitors)
        {
            nlines = event.type == RECO_EVENT_PURCHASE
                             || event.type == RECO_EVENT_CART
                         ? reco_store_event_lines(&event, lines)
                         : 0;
            for (i = 0; i < nlines; i++) {
                if (lines[i].item < build->nitems) {
                    visit(build, &event, lines[i].item);
                }
            }
            if (nlines == 0 && event.item < build->nitems) {
                visit(build, &event, event.item);
            }
        }
        status = reco_store_view_next(build->view, &event);
    }

    return status == RECO_DECLINED ? RECO_OK : status;
}


static void
count_row(build_t *build, const reco_store_event_t *event, uint32_t item)
{
    (void) item;

    build->starts[event->visitor]++;
}


/* starts[visitor] is where the visitor's next row goes. */
static void
place_row(build_t *build, const reco_store_event_t *event, uint32_t item)
{
    uint64_t place = build->starts[event->visitor]++;
    row_t *row = &build->rows[place];
    uint32_t ms;

    ms = event->ms < MS_MAX ? event->ms : MS_MAX;

    row->ts = event->ts;
    row->item = item;
    row->session = (uint32_t) (event->session ^ event->session >> 32);
    row->order = (uint32_t) place;
    row->act = (uint32_t) event->type << TYPE_SHIFT | ms;
}


static reco_status_t
place_rows(build_t *build)
{
    reco_status_t status;
    uint64_t total, count;
    uint32_t i;

    build->starts = calloc((size_t) build->nvisitors + 1, sizeof(uint64_t));
    if (build->starts == NULL) {
        return RECO_NOMEM;
    }

    status = each_row(build, count_row);
    if (status != RECO_OK) {
        return status;
    }

    total = 0;
    for (i = 0; i <= build->nvisitors; i++) {
        count = build->starts[i];
        build->starts[i] = total;
        total += count;
    }

    build->rows = calloc(total + 1, sizeof(row_t));
    if (build->rows == NULL) {
        return RECO_NOMEM;
    }

    status = each_row(build, place_row);

    /* Each start has moved to the next visitor's. */
    memmove(
        build->starts + 1, build->starts, build->nvisitors * sizeof(uint64_t));
    build->starts[0] = 0;

    return status;
}


static int
compare_rows(const void *left, const void *right)
{
    const row_t *a = left;
    const row_t *b = right;

    if (a->ts != b->ts) {
        return a->ts < b->ts ? -1 : 1;
    }

    return a->order < b->order ? -1 : a->order > b->order;
}


static void
sort_rows(row_t *rows, size_t nrows)
{
    size_t i;

    for (i = 1; i < nrows; i++) {
        if (rows[i].ts < rows[i - 1].ts) {
            qsort(rows, nrows, sizeof(row_t), compare_rows);
            return;
        }
    }
}


static int
same_session(const build_t *build, const row_t *before, const row_t *row)
{
    if (before->session != 0 || row->session != 0) {
        return before->session == row->session;
    }

    return row->ts - before->ts <= build->options->session_gap;
}


/* Adds the time of row to the item's latest visit in the session. */
static void
lend_time(row_t *session, size_t nrows, const row_t *row)
{
    uint32_t ms, room;

    while (nrows > 0 && session[nrows - 1].item != row->item) {
        nrows--;
    }

    if (nrows == 0) {
        return;
    }

    session += nrows - 1;
    room = MS_MAX - row_ms(session);
    ms = row_ms(row) < room ? row_ms(row) : room;
    session->act += ms;
}


/* A click leads to a view of the same item, and pages are reloaded. */
static int
is_same_visit(const row_t *before, const row_t *row)
{
    return before->item == row->item && row_type(row) == RECO_EVENT_VIEW
           && (row_type(before) == RECO_EVENT_VIEW
               || row_type(before) == RECO_EVENT_CLICK);
}


static reco_status_t
add_session(build_t *build, uint64_t first, size_t nrows, uint32_t user)
{
    session_t *grown;
    size_t size;

    if (nrows == 0) {
        return RECO_OK;
    }

    if (build->nsessions == build->sessions_size) {
        size = build->sessions_size * 2 + 1024;
        grown = realloc(build->sessions, size * sizeof(session_t));
        if (grown == NULL) {
            return RECO_NOMEM;
        }
        build->sessions = grown;
        build->sessions_size = size;
    }

    /* What was merged into an event does not move the session's end. */
    build->sessions[build->nsessions++] = (session_t){.first = first,
        .nrows = (uint32_t) nrows,
        .user = user,
        .end = build->rows[first + nrows - 1].ts};

    return RECO_OK;
}


/*
 * Cuts rows [first, end) of a visitor into sessions, merging in place: a
 * session's rows are moved to its front, never past the one that is read.
 */
static reco_status_t
cut_sessions(build_t *build, uint64_t first, uint64_t end, uint32_t user)
{
    reco_status_t status;
    row_t *rows;
    uint64_t i, begin;
    size_t nrows;

    rows = build->rows;
    begin = first;
    nrows = 0;
    status = RECO_OK;

    for (i = first; status == RECO_OK && i < end; i++) {
        if (i > first && !same_session(build, &rows[i - 1], &rows[i])) {
            status = add_session(build, begin, nrows, user);
            begin = i;
            nrows = 0;
        }

        if (lends_time(row_type(&rows[i]))) {
            lend_time(rows + begin, nrows, &rows[i]);
        } else if (nrows > 0
                   && is_same_visit(&rows[begin + nrows - 1], &rows[i])) {
            lend_time(rows + begin, nrows, &rows[i]);
            rows[begin + nrows - 1].ts = rows[i].ts;
        } else {
            rows[begin + nrows++] = rows[i];
        }
    }

    if (status == RECO_OK && end > first) {
        status = add_session(build, begin, nrows, user);
    }

    return status;
}


static int
compare_sessions(const void *left, const void *right)
{
    const session_t *a = left;
    const session_t *b = right;

    if (a->end != b->end) {
        return a->end < b->end ? -1 : 1;
    }

    return a->first < b->first ? -1 : a->first > b->first;
}


static reco_status_t
make_sessions(build_t *build, uint32_t *nusers)
{
    reco_status_t status;
    uint64_t first, end;
    size_t before;
    uint32_t i;

    *nusers = 0;
    status = RECO_OK;

    for (i = 0; status == RECO_OK && i < build->nvisitors; i++) {
        first = build->starts[i];
        end = build->starts[i + 1];
        sort_rows(build->rows + first, end - first);

        before = build->nsessions;
        status = cut_sessions(build, first, end, *nusers);
        *nusers += build->nsessions > before;
    }

    if (build->nsessions > 0) {
        qsort(build->sessions, build->nsessions, sizeof(session_t),
            compare_sessions);
    }

    return status;
}


/* Which items occur. */
static reco_status_t
mark_items(build_t *build)
{
    uint64_t row;
    size_t s;

    build->dense = calloc((size_t) build->nitems + 1, sizeof(uint32_t));
    if (build->dense == NULL) {
        return RECO_NOMEM;
    }

    for (s = 0; s < build->nsessions; s++) {
        for (row = 0; row < build->sessions[s].nrows; row++) {
            build->dense[build->rows[build->sessions[s].first + row].item] = 1;
        }
    }

    return RECO_OK;
}


static void
write_columns(const build_t *build, reco_history_t *history)
{
    const session_t *session;
    const row_t *row;
    uint64_t event;
    uint32_t i;
    size_t s;

    event = 0;

    for (s = 0; s < build->nsessions; s++) {
        session = &build->sessions[s];
        history->offsets[s] = event;
        history->users[s] = session->user;

        for (i = 0; i < session->nrows; i++) {
            row = &build->rows[session->first + i];
            history->items[event] = build->dense[row->item];
            history->times[event] = (uint32_t) (row->ts / 1000);
            history->dwells[event] = row_ms(row);
            history->types[event] = (uint8_t) row_type(row);
            event++;
        }
    }

    history->offsets[build->nsessions] = event;
}


static reco_status_t
fill_history(const build_t *build, uint32_t nitems, uint32_t nusers,
    reco_history_t *history)
{
    uint64_t nevents;
    size_t s;

    nevents = 0;
    for (s = 0; s < build->nsessions; s++) {
        nevents += build->sessions[s].nrows;
    }

    history->nitems = nitems;
    history->nusers = nusers;
    history->nsessions = (uint32_t) build->nsessions;
    history->nevents = nevents;
    history->offsets = malloc((build->nsessions + 1) * sizeof(uint64_t));
    history->users = malloc((build->nsessions + 1) * sizeof(uint32_t));
    history->items = malloc((nevents + 1) * sizeof(uint32_t));
    history->times = malloc((nevents + 1) * sizeof(uint32_t));
    history->dwells = malloc((nevents + 1) * sizeof(uint32_t));
    history->types = malloc(nevents + 1);

    if (history->offsets == NULL || history->users == NULL
        || history->items == NULL || history->times == NULL
        || history->dwells == NULL || history->types == NULL)
    {
        return RECO_NOMEM;
    }

    write_columns(build, history);

    return RECO_OK;
}


static void
begin_build(build_t *build)
{
    reco_store_event_t event;
    uint64_t newest;

    build->nvisitors = reco_store_view_nvisitors(build->view);
    build->nitems = reco_store_view_nitems(build->view);

    newest = reco_store_view_sequence(build->view);
    build->begin = newest > build->options->events_max
                       ? newest - build->options->events_max + 1
                       : 1;
    build->oldest =
        reco_store_view_newest(build->view) - build->options->retention;

    if (reco_store_view_seek(build->view, build->begin, &event) == RECO_OK) {
        build->begin = event.sequence;
    }
}


reco_status_t
reco_store_history(reco_store_t *store,
    const reco_store_history_options_t *options, reco_history_t *history,
    reco_store_catalog_t *catalog, reco_error_t *error)
{
    build_t build = {.options = options};
    reco_status_t status;
    uint32_t nusers;

    memset(history, 0, sizeof(*history));
    memset(catalog, 0, sizeof(*catalog));

    status = reco_store_view_begin(store, &build.view, error);
    if (status != RECO_OK) {
        return status;
    }

    begin_build(&build);

    status = place_rows(&build);
    if (status == RECO_OK) {
        status = make_sessions(&build, &nusers);
    }
    if (status == RECO_OK) {
        status = mark_items(&build);
    }
    if (status == RECO_OK) {
        status = reco_store_catalog_copy(
            catalog, build.view, build.dense, build.nitems);
    }
    if (status == RECO_OK) {
        status = fill_history(&build, catalog->nitems, nusers, history);
    }

    history->sequence = reco_store_view_sequence(build.view);

    reco_store_view_end(build.view);
    free(build.starts);
    free(build.rows);
    free(build.sessions);
    free(build.dense);

    if (status != RECO_OK) {
        reco_history_done(history);
        reco_store_catalog_done(catalog);
        return reco_error_set(error, status, "cannot read the history: %s",
            reco_status_name(status));
    }

    return RECO_OK;
}
