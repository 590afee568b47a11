#include "history.h"

#include <stdlib.h>
#include <string.h>


/* A run of rows that will be one session. */
typedef struct {
    uint64_t begin; /* in the order by group and time */
    uint32_t count;
    uint32_t user;
    uint32_t last; /* time of its last event */
} run_t;

/* A row while its group is being sorted. */
typedef struct {
    uint64_t time; /* with its fraction */
    uint32_t row;
} sort_key_t;

typedef struct {
    const reco_history_row_t *rows;
    uint64_t nrows;
    uint32_t *order;  /* row numbers by group, time, place in the input */
    uint64_t *starts; /* of each group in order; ngroups + 1 */
    sort_key_t *keys; /* of one group */
    run_t *runs;
    uint32_t nruns;
} sorting_t;


static reco_status_t
check_rows(const reco_history_row_t *rows, uint64_t nrows, uint32_t ngroups,
    uint32_t nitems, uint32_t nusers, reco_error_t *error)
{
    uint64_t i;

    if (nrows > UINT32_MAX) {
        return reco_error_set(error, RECO_INVALID,
            "%llu events are too many for one history: at most 2^32 - 1",
            (unsigned long long) nrows);
    }

    for (i = 0; i < nrows; i++) {
        if (rows[i].group >= ngroups || rows[i].item >= nitems
            || rows[i].user >= nusers)
        {
            return reco_error_set(error, RECO_INVALID,
                "event %llu has a session, item or user number out of bounds",
                (unsigned long long) i);
        }
    }

    return RECO_OK;
}


static uint64_t
exact_time(const reco_history_row_t *row)
{
    return (uint64_t) row->time << 16 | row->fraction;
}


static int
compare_keys(const void *left, const void *right)
{
    const sort_key_t *a = left, *b = right;

    if (a->time != b->time) {
        return a->time < b->time ? -1 : 1;
    }

    return (a->row > b->row) - (a->row < b->row);
}


/* Counting sort by group; it is stable, so each group keeps its order. */
static uint64_t
group_rows(sorting_t *sorting, uint32_t ngroups)
{
    uint64_t i, count, longest, start;
    uint32_t group;

    for (i = 0; i < sorting->nrows; i++) {
        sorting->starts[sorting->rows[i].group]++;
    }

    longest = 0;
    start = 0;
    for (group = 0; group < ngroups; group++) {
        count = sorting->starts[group];
        longest = count > longest ? count : longest;
        sorting->starts[group] = start;
        start += count;
    }

    for (i = 0; i < sorting->nrows; i++) {
        group = sorting->rows[i].group;
        sorting->order[sorting->starts[group]++] = (uint32_t) i;
    }

    /* Each start moved to its group's end: the next one's start. */
    memmove(sorting->starts + 1, sorting->starts,
        (size_t) ngroups * sizeof(*sorting->starts));
    sorting->starts[0] = 0;

    return longest;
}


static void
sort_group(sorting_t *sorting, uint64_t begin, uint64_t end)
{
    const reco_history_row_t *rows;
    uint32_t *order;
    uint64_t i;

    rows = sorting->rows;
    order = sorting->order;

    for (i = begin + 1; i < end; i++) {
        if (exact_time(&rows[order[i]]) < exact_time(&rows[order[i - 1]])) {
            break;
        }
    }
    if (i >= end) {
        return;
    }

    for (i = begin; i < end; i++) {
        sorting->keys[i - begin].time = exact_time(&rows[order[i]]);
        sorting->keys[i - begin].row = order[i];
    }

    qsort(sorting->keys, end - begin, sizeof(sort_key_t), compare_keys);

    for (i = begin; i < end; i++) {
        order[i] = sorting->keys[i - begin].row;
    }
}


static void
cut_group(sorting_t *sorting, uint64_t begin, uint64_t end, uint32_t gap)
{
    const reco_history_row_t *row, *before;
    run_t *run;
    uint64_t i;

    run = NULL;
    before = NULL;

    for (i = begin; i < end; i++) {
        row = &sorting->rows[sorting->order[i]];
        if (run == NULL || (gap > 0 && row->time - before->time >= gap)) {
            run = &sorting->runs[sorting->nruns++];
            run->begin = i;
            run->count = 0;
            run->user = row->user;
        }
        run->count++;
        run->last = row->time;
        before = row;
    }
}


static int
compare_runs(const void *left, const void *right)
{
    const run_t *a = left, *b = right;

    if (a->last != b->last) {
        return a->last < b->last ? -1 : 1;
    }

    return (a->begin > b->begin) - (a->begin < b->begin);
}


static reco_status_t
allocate(reco_history_t *history, uint64_t nevents, uint32_t nsessions)
{
    size_t n;

    n = nevents > 0 ? nevents : 1;
    history->offsets = calloc((size_t) nsessions + 1, sizeof(uint64_t));
    history->users = calloc(nsessions > 0 ? nsessions : 1, sizeof(uint32_t));
    history->items = malloc(n * sizeof(uint32_t));
    history->times = malloc(n * sizeof(uint32_t));
    history->dwells = malloc(n * sizeof(uint32_t));
    history->types = malloc(n);

    if (history->offsets == NULL || history->users == NULL
        || history->items == NULL || history->times == NULL
        || history->dwells == NULL || history->types == NULL)
    {
        return RECO_NOMEM;
    }

    return RECO_OK;
}


static void
fill(reco_history_t *history, const sorting_t *sorting)
{
    const reco_history_row_t *row;
    const run_t *run;
    uint64_t event, i;
    uint32_t s;

    event = 0;

    for (s = 0; s < sorting->nruns; s++) {
        run = &sorting->runs[s];
        history->users[s] = run->user;

        for (i = run->begin; i < run->begin + run->count; i++) {
            row = &sorting->rows[sorting->order[i]];
            history->items[event] = row->item;
            history->times[event] = row->time;
            history->dwells[event] = row->dwell;
            history->types[event] = row->type;
            event++;
        }

        history->offsets[s + 1] = event;
    }
}


static reco_status_t
sort_rows(sorting_t *sorting, uint32_t ngroups, uint32_t gap)
{
    uint64_t longest;
    uint32_t group;
    size_t n;

    n = sorting->nrows > 0 ? sorting->nrows : 1;
    sorting->order = calloc(n, sizeof(uint32_t));
    sorting->starts = calloc((size_t) ngroups + 1, sizeof(uint64_t));
    if (sorting->order == NULL || sorting->starts == NULL) {
        return RECO_NOMEM;
    }

    longest = group_rows(sorting, ngroups);

    sorting->keys = malloc((longest > 0 ? longest : 1) * sizeof(sort_key_t));
    sorting->runs = malloc((gap > 0 ? n : ngroups + 1U) * sizeof(run_t));
    if (sorting->keys == NULL || sorting->runs == NULL) {
        return RECO_NOMEM;
    }

    for (group = 0; group < ngroups; group++) {
        sort_group(sorting, sorting->starts[group], sorting->starts[group + 1]);
        cut_group(
            sorting, sorting->starts[group], sorting->starts[group + 1], gap);
    }

    qsort(sorting->runs, sorting->nruns, sizeof(run_t), compare_runs);

    return RECO_OK;
}


reco_status_t
reco_history_build(reco_history_t *history, const reco_history_row_t *rows,
    uint64_t nrows, uint32_t ngroups, uint32_t nitems, uint32_t nusers,
    uint32_t gap, reco_error_t *error)
{
    sorting_t sorting = {.rows = rows, .nrows = nrows};
    reco_status_t status;

    memset(history, 0, sizeof(*history));

    status = check_rows(rows, nrows, ngroups, nitems, nusers, error);
    if (status != RECO_OK) {
        return status;
    }

    status = sort_rows(&sorting, ngroups, gap);
    if (status == RECO_OK) {
        status = allocate(history, nrows, sorting.nruns);
    }

    if (status == RECO_OK) {
        history->nitems = nitems;
        history->nusers = nusers;
        history->nsessions = sorting.nruns;
        history->nevents = nrows;
        fill(history, &sorting);
    } else {
        reco_history_done(history);
        reco_error_set(error, status, "out of memory for %llu events",
            (unsigned long long) nrows);
    }

    free(sorting.order);
    free(sorting.starts);
    free(sorting.keys);
    free(sorting.runs);

    return status;
}


void
reco_history_row(const reco_history_t *history, uint32_t s, uint64_t event,
    reco_history_row_t *row)
{
    *row = (reco_history_row_t){.group = s,
        .user = history->users[s],
        .item = history->items[event],
        .time = history->times[event],
        .dwell = history->dwells[event],
        .type = history->types[event]};
}


void
reco_history_slice(const reco_history_t *history, uint32_t begin, uint32_t end,
    reco_history_t *slice)
{
    *slice = *history;
    slice->offsets += begin;
    slice->users += begin;
    slice->nsessions = end - begin;
    slice->nevents = history->offsets[end] - history->offsets[begin];
}


void
reco_history_done(reco_history_t *history)
{
    free(history->offsets);
    free(history->users);
    free(history->items);
    free(history->times);
    free(history->dwells);
    free(history->types);
    memset(history, 0, sizeof(*history));
}
