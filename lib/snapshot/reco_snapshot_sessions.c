/*
 * sessions.bin: what session kNN walks.
 *
 *   SMET  counts
 *   POFF  where each row's postings start
 *   POST  session numbers, ascending: from the most recent session on
 *   SOFF  where each session's items start
 *   ITEM  the items of a session, oldest first
 *   WGHT  a weight for each of them, in 1/255 of SMET's scale; optional
 *   TIME  of each session's last event
 *   ROWS  the items of the rows, ascending; overlay only
 *   RSLT  hash index item -> row; overlay only
 *
 * A session number is its rank by recency, so that the m most recent sessions
 * with an item are a prefix of its postings, and a posting costs 4 bytes.
 */

#include "reco_snapshot_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TAG_META RECO_SNAPSHOT_TAG('S', 'M', 'E', 'T')
#define TAG_POFF RECO_SNAPSHOT_TAG('P', 'O', 'F', 'F')
#define TAG_POST RECO_SNAPSHOT_TAG('P', 'O', 'S', 'T')
#define TAG_SOFF RECO_SNAPSHOT_TAG('S', 'O', 'F', 'F')
#define TAG_ITEM RECO_SNAPSHOT_TAG('I', 'T', 'E', 'M')
#define TAG_WGHT RECO_SNAPSHOT_TAG('W', 'G', 'H', 'T')
#define TAG_TIME RECO_SNAPSHOT_TAG('T', 'I', 'M', 'E')
#define TAG_ROWS RECO_SNAPSHOT_TAG('R', 'O', 'W', 'S')
#define TAG_RSLT RECO_SNAPSHOT_TAG('R', 'S', 'L', 'T')

/* A damaged index must not make a search long. */
#define SESSIONS_PROBES_MAX 1024

typedef struct {
    uint32_t nsessions;
    uint32_t nrows;
    uint32_t nevents;
    uint32_t npostings;
    uint32_t newest;
    uint32_t row_slots; /* 0: of a base */
    float weight_scale; /* 0: no weights */
    uint32_t unused;
} sessions_meta_t;

/* The sessions in their final order, and what is counted along. */
typedef struct {
    const reco_snapshot_sessions_t *source;
    reco_snapshot_builder_t *builder;
    sessions_meta_t *meta;
    uint32_t nitems;
    uint32_t limit;    /* of postings of an item */
    uint32_t *counts;  /* sessions with each item */
    uint32_t *rows;    /* item -> row; NULL: the same */
    uint32_t *offsets; /* SOFF */
    uint32_t *items;   /* ITEM */
    uint8_t *weights;  /* WGHT */
} sessions_work_t;


static uint32_t
sessions_row(const sessions_work_t *work, uint32_t item)
{
    return work->rows != NULL ? work->rows[item] : item;
}


static float
sessions_weight_scale(const reco_snapshot_sessions_t *source, uint64_t nevents)
{
    float scale;
    uint64_t i;

    scale = 0;

    for (i = 0; source->weights != NULL && i < nevents; i++) {
        scale = fmaxf(scale, source->weights[i]);
    }

    return scale;
}


static uint8_t
sessions_quantize(float weight, float scale)
{
    float steps;

    steps = 255 * weight / scale;

    return steps > 0 ? (uint8_t) (steps + 0.5f) : 0;
}


/*
 * Copies one session's items to the end of ITEM, each once, where it was
 * last; of a longer session the last RECO_SNAPSHOT_SESSION_MAX.
 */
static void
sessions_copy(sessions_work_t *work, uint32_t session)
{
    uint32_t first, used, i, swap;
    uint64_t event, begin, end;
    uint8_t weight;
    const reco_snapshot_sessions_t *source;

    source = work->source;
    begin = source->offsets[session];
    end = source->offsets[session + 1];
    first = work->meta->nevents;
    used = first;

    for (event = end; event > begin; event--) {
        for (i = first; i < used; i++) {
            if (work->items[i] == source->items[event - 1]) {
                break;
            }
        }

        if (i < used) {
            continue;
        }

        if (used - first == RECO_SNAPSHOT_SESSION_MAX) {
            break;
        }

        work->items[used] = source->items[event - 1];

        if (work->weights != NULL) {
            work->weights[used] = sessions_quantize(
                source->weights[event - 1], work->meta->weight_scale);
        }

        used++;
    }

    work->meta->nevents = used;

    /* They came newest first. */
    for (i = used; first + 1 < i; first++) {
        i--;
        swap = work->items[first];
        work->items[first] = work->items[i];
        work->items[i] = swap;

        if (work->weights != NULL) {
            weight = work->weights[first];
            work->weights[first] = work->weights[i];
            work->weights[i] = weight;
        }
    }
}


static reco_status_t
sessions_check(const reco_snapshot_sessions_t *source, uint32_t nitems,
    reco_error_t *error)
{
    uint32_t i;
    uint64_t event;

    if (source->nsessions == 0) {
        return RECO_OK;
    }

    for (i = 0; i < source->nsessions; i++) {
        if (source->offsets[i] > source->offsets[i + 1]
            || (i != 0 && source->times[i] < source->times[i - 1]))
        {
            return reco_error_set(error, RECO_INVALID,
                "session %u is not in the order of last events", i);
        }
    }

    if (source->offsets[0] != 0
        || source->offsets[source->nsessions] > UINT32_MAX) {
        return reco_error_set(error, RECO_TOO_LARGE,
            "more than %u events in sessions", UINT32_MAX);
    }

    for (event = 0; event < source->offsets[source->nsessions]; event++) {
        if (source->items[event] >= nitems) {
            return reco_error_set(error, RECO_INVALID,
                "event %llu of the sessions has item %u; there are %u",
                (unsigned long long) event, source->items[event], nitems);
        }
    }

    return RECO_OK;
}


/* SOFF, ITEM, WGHT and TIME, most recent session first. */
static int
sessions_build_events(sessions_work_t *work)
{
    uint32_t i, nsessions, *times;
    uint64_t nevents;
    const reco_snapshot_sessions_t *source;

    source = work->source;
    nsessions = source->nsessions;
    nevents = nsessions != 0 ? source->offsets[nsessions] : 0;

    work->meta->nsessions = nsessions;
    work->meta->weight_scale = sessions_weight_scale(source, nevents);

    work->offsets = reco_snapshot_builder_new(work->builder, TAG_SOFF,
        (uint64_t) nsessions + 1, sizeof(work->offsets[0]));
    times = reco_snapshot_builder_new(
        work->builder, TAG_TIME, nsessions, sizeof(times[0]));
    work->items = malloc((nevents + 1) * sizeof(work->items[0]));
    work->weights = work->meta->weight_scale > 0 ? malloc(nevents + 1) : NULL;

    if (times == NULL || work->items == NULL
        || (work->meta->weight_scale > 0 && work->weights == NULL))
    {
        free(work->items);
        free(work->weights);
        return 0;
    }

    for (i = 0; i < nsessions; i++) {
        sessions_copy(work, nsessions - 1 - i);
        work->offsets[i + 1] = work->meta->nevents;
        times[i] = source->times[nsessions - 1 - i];
    }

    work->meta->newest = nsessions != 0 ? times[0] : 0;

    reco_snapshot_builder_adopt(work->builder, TAG_ITEM, work->items,
        (uint64_t) work->meta->nevents * sizeof(work->items[0]));

    if (work->weights != NULL) {
        reco_snapshot_builder_adopt(
            work->builder, TAG_WGHT, work->weights, work->meta->nevents);
    }

    for (i = 0; i < work->meta->nevents; i++) {
        work->counts[work->items[i]]++;
    }

    return 1;
}


/* ROWS and RSLT: the items that occur. */
static int
sessions_build_rows(sessions_work_t *work)
{
    uint32_t item, row, slot, mask, *rows, *slots;

    for (item = 0; item < work->nitems; item++) {
        work->meta->nrows += work->counts[item] != 0;
    }

    work->meta->row_slots =
        reco_snapshot_power((uint64_t) work->meta->nrows * 2 + 1);
    mask = work->meta->row_slots - 1;

    rows = reco_snapshot_builder_new(
        work->builder, TAG_ROWS, work->meta->nrows, sizeof(rows[0]));
    slots = reco_snapshot_builder_new(
        work->builder, TAG_RSLT, work->meta->row_slots, sizeof(slots[0]));
    work->rows = malloc(((size_t) work->nitems + 1) * sizeof(rows[0]));

    if (slots == NULL || work->rows == NULL) {
        return 0;
    }

    row = 0;

    for (item = 0; item < work->nitems; item++) {
        if (work->counts[item] == 0) {
            continue;
        }

        rows[row] = item;
        work->rows[item] = row;

        for (slot = reco_snapshot_slot(item, mask); slots[slot] != 0;
             slot = (slot + 1) & mask)
        {
            /* void */
        }

        slots[slot] = ++row;
    }

    return 1;
}


/* POFF and POST, by counting. */
static int
sessions_build_postings(sessions_work_t *work)
{
    uint32_t item, session, event, row, count, *offsets, *postings, *used;
    uint64_t total;

    offsets = reco_snapshot_builder_new(work->builder, TAG_POFF,
        (uint64_t) work->meta->nrows + 1, sizeof(offsets[0]));

    if (offsets == NULL) {
        return 0;
    }

    total = 0;

    for (item = 0; item < work->nitems; item++) {
        count = work->counts[item];

        if (count != 0) {
            total += count < work->limit ? count : work->limit;
        }

        if (work->rows == NULL || count != 0) {
            offsets[sessions_row(work, item) + 1] = (uint32_t) total;
        }
    }

    work->meta->npostings = (uint32_t) total;
    postings = reco_snapshot_builder_new(
        work->builder, TAG_POST, total, sizeof(postings[0]));
    used = calloc((size_t) work->meta->nrows + 1, sizeof(used[0]));

    if (postings == NULL || used == NULL) {
        free(used);
        return 0;
    }

    for (session = 0; session < work->meta->nsessions; session++) {
        for (event = work->offsets[session]; event < work->offsets[session + 1];
             event++)
        {
            row = sessions_row(work, work->items[event]);

            if (offsets[row] + used[row] < offsets[row + 1]) {
                postings[offsets[row] + used[row]++] = session;
            }
        }
    }

    free(used);

    return 1;
}


static void
sessions_note_idf(const sessions_work_t *work, reco_snapshot_facts_t *facts)
{
    uint32_t item;
    double sessions;

    sessions = work->meta->nsessions;

    for (item = 0; item < work->nitems; item++) {
        facts->hot[item].idf = (float) log1p(
            sessions / (work->counts[item] != 0 ? work->counts[item] : 1));
    }
}


reco_status_t
reco_snapshot_sessions_build(reco_snapshot_builder_t *builder,
    const reco_snapshot_sessions_t *sessions, uint32_t nitems,
    reco_snapshot_facts_t *facts, reco_error_t *error)
{
    int done;
    reco_status_t status;
    sessions_work_t work;

    status = sessions_check(sessions, nitems, error);

    if (status != RECO_OK) {
        return status;
    }

    memset(&work, 0, sizeof(work));
    work.source = sessions;
    work.builder = builder;
    work.nitems = nitems;
    work.limit = sessions->postings_max != 0 ? sessions->postings_max
                                             : RECO_SNAPSHOT_POSTINGS_MAX;
    work.meta =
        reco_snapshot_builder_new(builder, TAG_META, 1, sizeof(*work.meta));
    work.counts = calloc((size_t) nitems + 1, sizeof(work.counts[0]));

    done = work.meta != NULL && work.counts != NULL
           && sessions_build_events(&work);

    if (done && facts == NULL) {
        done = sessions_build_rows(&work);

    } else if (done) {
        work.meta->nrows = nitems;
        sessions_note_idf(&work, facts);
    }

    done = done && sessions_build_postings(&work);

    free(work.counts);
    free(work.rows);

    return done ? RECO_OK
                : reco_error_set(error, RECO_NOMEM,
                    "out of memory while indexing %u sessions",
                    sessions->nsessions);
}


reco_status_t
reco_snapshot_sessions_open(const reco_snapshot_container_t *container,
    uint32_t nitems, int compact, reco_snapshot_postings_t *postings,
    reco_error_t *error)
{
    unsigned narrays;
    reco_status_t status;
    const sessions_meta_t *meta;

    status = reco_snapshot_container_array(
        container, TAG_META, sizeof(*meta), 1, &meta, error);

    if (status != RECO_OK) {
        return status;
    }

    if ((compact && (meta->row_slots & (meta->row_slots - 1)) != 0)
        || (compact && meta->row_slots <= meta->nrows)
        || (!compact && meta->nrows != nitems)
        || !(meta->weight_scale >= 0 && meta->weight_scale < 1e6f))
    {
        return reco_error_set(error, RECO_CORRUPT,
            "the counts of \"%s\" contradict each other", container->path);
    }

    postings->nsessions = meta->nsessions;
    postings->nrows = meta->nrows;
    postings->nevents = meta->nevents;
    postings->npostings = meta->npostings;
    postings->newest = meta->newest;
    postings->weight_scale = meta->weight_scale / 255;
    postings->row_mask = meta->row_slots - 1;

    reco_snapshot_array_t arrays[10] = {
        {TAG_POFF, 4, (uint64_t) meta->nrows + 1, &postings->posting_offsets},
        {TAG_POST, 4, meta->npostings, &postings->postings},
        {TAG_SOFF, 4, (uint64_t) meta->nsessions + 1,
            &postings->session_offsets},
        {TAG_ITEM, 4, meta->nevents, &postings->items},
        {TAG_TIME, 4, meta->nsessions, &postings->times},
    };

    narrays = 5;

    if (meta->weight_scale > 0) {
        arrays[narrays++] = (reco_snapshot_array_t){
            TAG_WGHT, 1, meta->nevents, &postings->weights};
    }

    if (compact) {
        arrays[narrays++] = (reco_snapshot_array_t){
            TAG_ROWS, 4, meta->nrows, &postings->row_items};
        arrays[narrays++] = (reco_snapshot_array_t){
            TAG_RSLT, 4, meta->row_slots, &postings->row_slots};
    }

    return reco_snapshot_container_arrays(container, arrays, narrays, error);
}


uint32_t
reco_snapshot_postings_row(
    const reco_snapshot_postings_t *postings, uint32_t item)
{
    uint32_t slot, row, probes;

    if (postings->row_items == NULL) {
        return item < postings->nrows ? item : RECO_ITEM_NONE;
    }

    slot = reco_snapshot_slot(item, postings->row_mask);

    for (probes = 0; probes < SESSIONS_PROBES_MAX; probes++) {
        row = postings->row_slots[slot] - 1;

        if (row >= postings->nrows) {
            break;
        }

        if (postings->row_items[row] == item) {
            return row;
        }

        slot = (slot + 1) & postings->row_mask;
    }

    return RECO_ITEM_NONE;
}
