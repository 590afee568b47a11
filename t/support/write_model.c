/*
 * write_model DIR VERSION [overlay]: writes a model version (or an overlay on
 * it) as the lines of standard input say, and points DIR/current to it.
 * Fields are separated by tabs:
 *
 *     item ID TITLE CATEGORY PRICE POPULARITY [unavailable]
 *     session TIME ID...
 *     next ID ID SCORE
 *
 * Tests use it to have a small model of known contents without a trainer.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "snapshot/reco_snapshot.h"

#define ITEMS_MAX    20000
#define SESSIONS_MAX 20000
#define EVENTS_MAX   200000
#define EDGES_MAX    100000
#define WORDS_MAX    64

typedef struct {
    uint32_t from;
    uint32_t to;
    float score;
} edge_t;

static reco_snapshot_item_t items[ITEMS_MAX];
static float popularity[ITEMS_MAX];
static float trend[ITEMS_MAX];
static uint32_t nitems;

static uint64_t offsets[SESSIONS_MAX + 1];
static uint32_t times[SESSIONS_MAX];
static uint32_t events[EVENTS_MAX];
static uint32_t nsessions;

static edge_t edges[EDGES_MAX];
static uint32_t nedges;
static uint64_t edge_offsets[ITEMS_MAX + 1];
static uint32_t edge_items[EDGES_MAX];
static float edge_scores[EDGES_MAX];


static void
fail(const char *what, const char *which)
{
    fprintf(stderr, "write_model: %s: %s\n", what, which);
    exit(1);
}


static uint32_t
find(const char *id)
{
    uint32_t i;

    for (i = 0; i < nitems; i++) {
        if (strcmp(items[i].id.data, id) == 0) {
            return i;
        }
    }

    fail("unknown item", id);

    return 0;
}


static reco_str_t
text(const char *format, const char *word)
{
    char *data;
    reco_str_t s;

    data = malloc(strlen(format) + strlen(word) + 1);
    if (data == NULL) {
        fail("out of memory", word);
    }

    s.len = sprintf(data, format, word);
    s.data = data;

    return s;
}


static void
add_item(char **words, unsigned n)
{
    reco_snapshot_item_t *item;

    if (n < 6 || nitems == ITEMS_MAX) {
        fail("bad item", n > 1 ? words[1] : "");
    }

    item = &items[nitems];
    item->id = text("%s", words[1]);
    item->title = text("%s", words[2]);
    item->url = text("/product/%s", words[1]);
    item->image = text("/img/%s.jpg", words[1]);
    item->category = text("%s", words[3]);
    item->brand = reco_null_string;
    item->currency = reco_string("EUR");
    item->price = atof(words[4]);
    item->available = n < 7;
    item->born = 1;
    popularity[nitems] = atof(words[5]);
    nitems++;
}


static void
add_session(char **words, unsigned n)
{
    unsigned i;
    uint64_t k;

    if (n < 3 || nsessions == SESSIONS_MAX) {
        fail("bad session", n > 1 ? words[1] : "");
    }

    times[nsessions] = strtoul(words[1], NULL, 10);
    k = offsets[nsessions];

    for (i = 2; i < n && k < EVENTS_MAX; i++) {
        events[k++] = find(words[i]);
    }

    offsets[++nsessions] = k;
}


static void
add_edge(char **words, unsigned n)
{
    if (n != 4 || nedges == EDGES_MAX) {
        fail("bad edge", n > 1 ? words[1] : "");
    }

    edges[nedges].from = find(words[1]);
    edges[nedges].to = find(words[2]);
    edges[nedges].score = atof(words[3]);
    nedges++;
}


static int
by_row(const void *a, const void *b)
{
    const edge_t *x = a;
    const edge_t *y = b;

    if (x->from != y->from) {
        return x->from < y->from ? -1 : 1;
    }

    return x->score > y->score ? -1 : x->score < y->score;
}


static void
read_lines(void)
{
    char *line, *words[WORDS_MAX], *rest;
    size_t size;
    unsigned n;

    line = NULL;
    size = 0;

    while (getline(&line, &size, stdin) > 0) {
        line[strcspn(line, "\n")] = '\0';
        rest = line;

        for (n = 0; n < WORDS_MAX && rest != NULL; n++) {
            words[n] = strsep(&rest, "\t");
        }

        if (strcmp(words[0], "item") == 0) {
            add_item(words, n);

        } else if (strcmp(words[0], "session") == 0) {
            add_session(words, n);

        } else if (strcmp(words[0], "next") == 0) {
            add_edge(words, n);

        } else {
            fail("unknown line", words[0]);
        }
    }

    free(line);
}


static void
build_edges(void)
{
    uint32_t i, row;

    qsort(edges, nedges, sizeof(edge_t), by_row);

    for (i = 0, row = 0; row < nitems; row++) {
        edge_offsets[row] = i;

        for (/* void */; i < nedges && edges[i].from == row; i++) {
            edge_items[i] = edges[i].to;
            edge_scores[i] = edges[i].score;
        }
    }

    edge_offsets[nitems] = i;
}


static reco_snapshot_sessions_t
sessions(void)
{
    return (reco_snapshot_sessions_t){.nsessions = nsessions,
        .offsets = offsets,
        .items = events,
        .times = times};
}


static reco_status_t
write_version(const char *dir, const char *version, reco_error_t *error)
{
    char path[4096], current[4096], next[4096];
    reco_status_t status;
    reco_snapshot_source_t source;

    build_edges();

    memset(&source, 0, sizeof(source));
    source.nitems = nitems;
    source.items = items;
    source.sessions = sessions();
    source.neighbors[RECO_NEIGHBORS_NEXT].offsets = edge_offsets;
    source.neighbors[RECO_NEIGHBORS_NEXT].items = edge_items;
    source.neighbors[RECO_NEIGHBORS_NEXT].scores = edge_scores;
    source.popular.nitems = nitems;
    source.popular.popularity = popularity;
    source.popular.trend = trend;
    source.manifest = "{}";

    snprintf(path, sizeof(path), "%s/versions", dir);
    if (mkdir(path, 0755) != 0 && errno != EEXIST) {
        return reco_error_set(error, RECO_IO, "cannot make %s", path);
    }

    snprintf(path, sizeof(path), "%s/versions/%s", dir, version);
    status = reco_snapshot_write(path, &source, error);
    if (status != RECO_OK) {
        return status;
    }

    snprintf(path, sizeof(path), "versions/%s", version);
    snprintf(current, sizeof(current), "%s/current", dir);
    snprintf(next, sizeof(next), "%s/current.next", dir);

    if (symlink(path, next) != 0 || rename(next, current) != 0) {
        return reco_error_set(error, RECO_IO, "cannot link %s", current);
    }

    return RECO_OK;
}


static reco_status_t
write_overlay(const char *dir, const char *version, reco_error_t *error)
{
    char path[4096];
    uint64_t i;
    reco_status_t status;
    reco_snapshot_t *base;
    reco_snapshot_overlay_source_t source;
    struct timespec now;

    snprintf(path, sizeof(path), "%s/versions/%s", dir, version);
    status = reco_snapshot_open(path, 1, &base, error);
    if (status != RECO_OK) {
        return status;
    }

    /* the overlay's items are numbered on from the base's */

    for (i = 0; i < offsets[nsessions]; i++) {
        events[i] += reco_snapshot_nitems(base);
    }

    clock_gettime(CLOCK_REALTIME, &now);

    memset(&source, 0, sizeof(source));
    source.base = reco_snapshot_id(base);
    source.sequence = now.tv_sec;
    source.created = (int64_t) now.tv_sec * 1000;
    source.base_nitems = reco_snapshot_nitems(base);
    source.nitems = nitems;
    source.items = items;
    source.sessions = sessions();
    source.weight = 0.5F;

    snprintf(path, sizeof(path), "%s/overlay", dir);
    status = reco_snapshot_overlay_write(path, &source, error);

    reco_snapshot_release(base);

    return status;
}


int
main(int argc, char **argv)
{
    reco_error_t error;
    reco_status_t status;

    if (argc < 3) {
        fail("usage", "write_model DIR VERSION [overlay] < LINES");
    }

    error.message[0] = '\0';
    read_lines();

    status = argc > 3 ? write_overlay(argv[1], argv[2], &error)
                      : write_version(argv[1], argv[2], &error);

    if (status != RECO_OK) {
        fail(reco_status_name(status), error.message);
    }

    return 0;
}
