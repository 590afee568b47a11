/*
 * Examples of blocks that were shown: what was clicked, and what was seen and
 * was not.
 */

#include "examples.h"
#include "visit.h"

#include <stdlib.h>
#include <string.h>


/* A click, by what it is found by: its rendering, or its visitor. */
typedef struct {
    uint64_t key;
    int64_t ts;
} click_t;

typedef struct {
    click_t *clicks; /* by key and time */
    size_t nclicks;
    size_t capacity;
    int64_t cut; /* ms; what came before is in the model */
    int64_t gap;
} clicks_t;


/* Of an item in a rendering; of one that a visitor met. */
static uint64_t
click_key(reco_str_t request, uint32_t visitor, uint32_t item)
{
    struct {
        uint64_t whose;
        uint32_t item;
        uint32_t kind;
    } parts = {.item = item};

    parts.kind = request.len > 0;
    parts.whose =
        request.len > 0 ? reco_hash(request.data, request.len) : visitor;

    return reco_hash(&parts, sizeof(parts));
}


static reco_status_t
note_click(clicks_t *clicks, uint64_t key, int64_t ts)
{
    size_t capacity;
    click_t *grown;

    if (clicks->nclicks == clicks->capacity) {
        capacity = clicks->capacity * 2 + 1024;
        grown = realloc(clicks->clicks, capacity * sizeof(click_t));
        if (grown == NULL) {
            return RECO_NOMEM;
        }
        clicks->clicks = grown;
        clicks->capacity = capacity;
    }

    clicks->clicks[clicks->nclicks++] = (click_t){key, ts};

    return RECO_OK;
}


static reco_status_t
collect_clicks(clicks_t *clicks, reco_store_view_t *view)
{
    static const reco_str_t none = {0, ""};
    reco_store_scratch_t scratch;
    reco_store_event_t header;
    reco_event_t event;
    reco_status_t status;

    status = reco_store_view_seek(view, 1, &header);

    while (status == RECO_OK) {
        if (header.type == RECO_EVENT_CLICK && header.ts >= clicks->cut) {
            status = reco_store_view_event(view, &header, &scratch, &event);
            if (status == RECO_OK && event.req.len > 0) {
                status = note_click(
                    clicks, click_key(event.req, 0, header.item), header.ts);
            }
            if (status == RECO_OK) {
                status = note_click(clicks,
                    click_key(none, header.visitor, header.item), header.ts);
            }
        }
        if (status == RECO_OK) {
            status = reco_store_view_next(view, &header);
        }
    }

    return status == RECO_DECLINED ? RECO_OK : status;
}


static int
compare_clicks(const void *left, const void *right)
{
    const click_t *a = left, *b = right;

    if (a->key != b->key) {
        return a->key < b->key ? -1 : 1;
    }

    return (a->ts > b->ts) - (a->ts < b->ts);
}


/* Whether there is a click of key from the time ts on, within the gap. */
static int
was_clicked(const clicks_t *clicks, uint64_t key, int64_t ts)
{
    size_t low, high, middle;
    click_t wanted = {key, ts};

    low = 0;
    high = clicks->nclicks;
    while (low < high) {
        middle = low + (high - low) / 2;
        if (compare_clicks(&clicks->clicks[middle], &wanted) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }

    return low < clicks->nclicks && clicks->clicks[low].key == key
           && clicks->clicks[low].ts - ts <= clicks->gap;
}


static const reco_engine_candidate_t *
find_candidate(const reco_examples_t *examples, uint32_t item)
{
    unsigned i;

    for (i = 0; i < examples->ncandidates; i++) {
        if (examples->candidates[i].item == item) {
            return &examples->candidates[i];
        }
    }

    return NULL;
}


/* One block: a line for each of its items that the model has a row for. */
static reco_status_t
write_block(reco_examples_t *examples, const clicks_t *clicks,
    reco_store_view_t *view, const reco_store_event_t *header,
    reco_error_t *error)
{
    reco_store_line_t lines[RECO_EVENT_ITEMS_MAX];
    const reco_engine_candidate_t *candidate;
    reco_store_scratch_t scratch;
    unsigned i, nlines, written;
    reco_event_t event;
    reco_status_t status;
    reco_visit_t visit;

    status = reco_store_view_event(view, header, &scratch, &event);
    if (status != RECO_OK) {
        return reco_error_set(error, status, "cannot read an impression");
    }

    status = reco_visit_before(&visit, view, header, clicks->gap, error);
    if (status != RECO_OK) {
        return status;
    }

    visit.query.n = RECO_ENGINE_RESULT_MAX;
    visit.query.repeat = examples->options->repeat;
    reco_examples_ask(examples, &visit.query);
    reco_visit_done(&visit);

    nlines = reco_store_event_lines(header, lines);
    written = 0;

    for (i = 0; i < nlines && i < event.nlines; i++) {
        candidate =
            find_candidate(examples, reco_engine_find(examples->model,
                                         reco_item_key(event.lines[i].item)));
        if (candidate == NULL) {
            examples->report->lost++;
            continue;
        }
        reco_examples_line(examples,
            was_clicked(clicks,
                click_key(event.req, header->visitor, lines[i].item),
                header->ts),
            i + 1, candidate);
        written++;
    }

    examples->report->requests += written > 0;

    return RECO_OK;
}


static reco_status_t
write_blocks(reco_examples_t *examples, const clicks_t *clicks,
    reco_store_view_t *view, reco_error_t *error)
{
    reco_store_event_t header;
    reco_status_t status;
    uint64_t next;

    next = 1;

    while (examples->report->requests < examples->options->limit
           && reco_store_view_seek(view, next, &header) == RECO_OK)
    {
        next = header.sequence + 1;
        if (header.type != RECO_EVENT_IMPRESSION || header.ts < clicks->cut) {
            continue;
        }

        status = write_block(examples, clicks, view, &header, error);
        if (status != RECO_OK) {
            return status;
        }
    }

    return RECO_OK;
}


reco_status_t
reco_examples_shown(reco_examples_t *examples, reco_error_t *error)
{
    const reco_history_t *history = &examples->history;
    clicks_t clicks = {0};
    reco_store_view_t *view;
    reco_status_t status;

    clicks.gap = reco_config_integer(examples->config, "session_gap");
    clicks.cut =
        (int64_t) history->times[history->offsets[examples->begin] - 1] * 1000;

    status = reco_store_view_begin(examples->store, &view, error);
    if (status != RECO_OK) {
        return status;
    }

    status = collect_clicks(&clicks, view);
    if (status != RECO_OK) {
        reco_error_set(error, status, "cannot read the clicks: %s",
            reco_status_name(status));
    } else if (clicks.nclicks > 0) {
        qsort(clicks.clicks, clicks.nclicks, sizeof(click_t), compare_clicks);
        status = write_blocks(examples, &clicks, view, error);
    }

    reco_store_view_end(view);
    free(clicks.clicks);

    return status;
}
