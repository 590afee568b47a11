#include "evidence.h"

#include "snapshot/reco_snapshot_view.h"

#include <stdlib.h>
#include <string.h>

#define SESSIONS_SHOWN 5


/* A session that the visit's items lead to. */
typedef struct {
    uint32_t session;
    uint32_t matches; /* items that it has in common with the visit */
} match_t;

typedef struct {
    const reco_live_t *live;
    uint32_t visit[RECO_ENGINE_EVENTS_MAX]; /* distinct, newest first */
    unsigned nvisit;
    uint32_t item;
} evidence_t;


static void
find_visit(evidence_t *evidence, const reco_visit_t *visit)
{
    uint32_t item;
    unsigned i, j;

    for (i = visit->session.nevents; i-- > 0;) {
        item = reco_engine_find(evidence->live->model,
            reco_engine_session_event(&visit->session, i)->item);
        for (j = 0; j < evidence->nvisit && evidence->visit[j] != item; j++) {
        }
        if (item != RECO_ITEM_NONE && j == evidence->nvisit) {
            evidence->visit[evidence->nvisit++] = item;
        }
    }
}


cJSON *
reco_evidence_name(const reco_live_t *live, uint32_t item)
{
    char id[129], title[257];
    reco_snapshot_item_t entry;
    cJSON *name;

    reco_engine_item(live->model, item, &entry);
    reco_str_t texts[] = {entry.id, entry.title};
    char *copies[] = {id, title};
    size_t sizes[] = {sizeof(id), sizeof(title)}, len;
    unsigned i;

    for (i = 0; i < 2; i++) {
        len = texts[i].len < sizes[i] ? texts[i].len : sizes[i] - 1;
        memcpy(copies[i], texts[i].data, len);
        copies[i][len] = '\0';
    }

    name = cJSON_CreateObject();
    if (name == NULL || cJSON_AddStringToObject(name, "item", id) == NULL
        || cJSON_AddStringToObject(name, "title", title) == NULL)
    {
        cJSON_Delete(name);
        return NULL;
    }

    return name;
}


/* Takes name into parent; 0: one of them is missing. */
static int
adopt(cJSON *parent, const char *key, cJSON *value)
{
    if (value == NULL
        || !(key != NULL ? cJSON_AddItemToObject(parent, key, value)
                         : cJSON_AddItemToArray(parent, value)))
    {
        cJSON_Delete(value);
        return 0;
    }

    return 1;
}


static int
add_edge(
    cJSON *neighbors, const evidence_t *evidence, unsigned kind, uint32_t from)
{
    static const char *const names[] = {"next", "viewed", "bought", "content"};
    const reco_snapshot_edges_t *edges;
    reco_snapshot_row_t row;
    cJSON *edge;
    uint32_t i;

    edges = &reco_snapshot_view(evidence->live->snapshot)->neighbors[kind];
    if (edges->offsets == NULL) {
        return 1;
    }

    row = reco_snapshot_row(edges->offsets,
        reco_snapshot_nitems(evidence->live->snapshot), edges->nedges, from);

    for (i = 0; i < row.count; i++) {
        if (edges->items[row.first + i] == evidence->item) {
            break;
        }
    }
    if (i == row.count) {
        return 1;
    }

    edge = cJSON_CreateObject();

    return adopt(neighbors, NULL, edge)
           && cJSON_AddStringToObject(edge, "kind", names[kind]) != NULL
           && adopt(edge, "from", reco_evidence_name(evidence->live, from))
           && cJSON_AddNumberToObject(
                  edge, "score", edges->scores[row.first + i])
                  != NULL
           && cJSON_AddNumberToObject(edge, "rank", i + 1) != NULL
           && cJSON_AddNumberToObject(edge, "of", row.count) != NULL;
}


static int
add_neighbors(cJSON *root, const evidence_t *evidence)
{
    cJSON *neighbors;
    unsigned kind, i;

    neighbors = cJSON_AddArrayToObject(root, "neighbors");
    if (neighbors == NULL) {
        return 0;
    }

    for (kind = 0; kind < RECO_NEIGHBORS_COUNT; kind++) {
        for (i = 0; i < evidence->nvisit; i++) {
            if (!add_edge(neighbors, evidence, kind, evidence->visit[i])) {
                return 0;
            }
        }
    }

    return 1;
}


static int
compare_numbers(const void *left, const void *right)
{
    uint32_t a = ((const match_t *) left)->session;
    uint32_t b = ((const match_t *) right)->session;

    return (a > b) - (a < b);
}


static int
compare_matches(const void *left, const void *right)
{
    const match_t *a = left, *b = right;

    if (a->matches != b->matches) {
        return a->matches > b->matches ? -1 : 1;
    }

    return compare_numbers(left, right);
}


/* The sessions that the visit leads to, each once; NULL: out of memory. */
static match_t *
collect_matches(const evidence_t *evidence,
    const reco_snapshot_postings_t *postings, unsigned limit, size_t *count)
{
    reco_snapshot_row_t row;
    match_t *matches;
    size_t n, i;
    unsigned v;

    matches = malloc(((size_t) evidence->nvisit * limit + 1) * sizeof(match_t));
    if (matches == NULL) {
        return NULL;
    }

    n = 0;
    for (v = 0; v < evidence->nvisit; v++) {
        row = reco_snapshot_row(postings->posting_offsets, postings->nrows,
            postings->npostings,
            reco_snapshot_postings_row(postings, evidence->visit[v]));
        for (i = 0; i < row.count && i < limit; i++) {
            matches[n++] = (match_t){postings->postings[row.first + i], 1};
        }
    }

    qsort(matches, n, sizeof(match_t), compare_numbers);

    *count = 0;
    for (i = 0; i < n; i++) {
        if (*count > 0 && matches[*count - 1].session == matches[i].session) {
            matches[*count - 1].matches++;
        } else {
            matches[(*count)++] = matches[i];
        }
    }

    return matches;
}


static reco_snapshot_row_t
session_items(const reco_snapshot_postings_t *postings, uint32_t session)
{
    return reco_snapshot_row(postings->session_offsets, postings->nsessions,
        postings->nevents, session);
}


/* Keeps those that hold the item; returns how many. */
static size_t
keep_holders(const evidence_t *evidence,
    const reco_snapshot_postings_t *postings, match_t *matches, size_t count)
{
    reco_snapshot_row_t row;
    size_t i, kept;
    uint32_t j;

    kept = 0;
    for (i = 0; i < count; i++) {
        row = session_items(postings, matches[i].session);
        for (j = 0; j < row.count; j++) {
            if (postings->items[row.first + j] == evidence->item) {
                matches[kept++] = matches[i];
                break;
            }
        }
    }

    return kept;
}


static int
add_session(cJSON *shown, const evidence_t *evidence,
    const reco_snapshot_postings_t *postings, const match_t *match)
{
    reco_snapshot_row_t row;
    cJSON *session, *items;
    uint32_t i;

    session = cJSON_CreateObject();
    if (!adopt(shown, NULL, session)
        || cJSON_AddNumberToObject(session, "matches", match->matches) == NULL
        || (match->session < postings->nsessions
            && cJSON_AddNumberToObject(
                   session, "time", postings->times[match->session])
                   == NULL))
    {
        return 0;
    }

    items = cJSON_AddArrayToObject(session, "items");
    row = session_items(postings, match->session);

    for (i = 0; items != NULL && i < row.count; i++) {
        if (!adopt(items, NULL,
                reco_evidence_name(
                    evidence->live, postings->items[row.first + i])))
        {
            return 0;
        }
    }

    return items != NULL;
}


/* Of one index: the base's or the overlay's. */
static int
add_index(cJSON *root, const char *key, const evidence_t *evidence,
    const reco_snapshot_postings_t *postings, unsigned limit)
{
    size_t count, holders, i;
    cJSON *sessions, *shown;
    match_t *matches;
    int done;

    matches = collect_matches(evidence, postings, limit, &count);
    if (matches == NULL) {
        return 0;
    }

    holders = keep_holders(evidence, postings, matches, count);
    qsort(matches, holders, sizeof(match_t), compare_matches);

    sessions = cJSON_AddObjectToObject(root, key);
    done =
        sessions != NULL
        && cJSON_AddNumberToObject(sessions, "matched", (double) count) != NULL
        && cJSON_AddNumberToObject(sessions, "holding", (double) holders)
               != NULL;
    shown = done ? cJSON_AddArrayToObject(sessions, "shown") : NULL;
    done = shown != NULL;

    for (i = 0; done && i < holders && i < SESSIONS_SHOWN; i++) {
        done = add_session(shown, evidence, postings, &matches[i]);
    }

    free(matches);

    return done;
}


static unsigned
parameter(const reco_live_t *live, const char *name)
{
    const reco_engine_param_t *param;
    unsigned i;

    for (i = 0; (param = reco_engine_param(i)) != NULL; i++) {
        if (strcmp(param->name, name) == 0) {
            return (unsigned) live->params.values[i];
        }
    }

    return 0;
}


int
reco_evidence_add(cJSON *root, const reco_live_t *live,
    const reco_visit_t *visit, uint32_t item)
{
    evidence_t evidence = {.live = live, .item = item};
    unsigned limit, longest;

    find_visit(&evidence, visit);
    if (!add_neighbors(root, &evidence)) {
        return 0;
    }

    limit = parameter(live, "session.m");
    longest = parameter(live, "session.items");
    if (evidence.nvisit > longest) {
        evidence.nvisit = longest;
    }

    return add_index(root, "sessions", &evidence,
               &reco_snapshot_view(live->snapshot)->sessions, limit)
           && (live->overlay == NULL
               || add_index(root, "overlay_sessions", &evidence,
                   &reco_snapshot_overlay_view(live->overlay)->sessions,
                   limit));
}
