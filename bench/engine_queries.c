/*
 * CPU time of queries, one thread:
 *
 *   engine_queries --items N --sessions N [--folder DIR] [--set KEY=VALUE]...
 *   engine_queries --train FILE --test FILE [...]
 *   ... --each | --only SOURCE, --n N, --queries N, --length EVENTS,
 *   --between BYTES
 *
 * The first measures a synthetic shop (engine_synthetic.h), the second trains
 * on real sessions; the version is kept in DIR, if that is given, and used
 * again.  Each query is a prefix
 * of a session that the model has not seen.  A server does other things
 * between two queries, which takes them out of the nearest caches: so many
 * bytes are copied before each, untimed.  0, which is the default, tells what
 * a query takes right after another.
 */

#define _GNU_SOURCE

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "config.h"
#include "dataset.h"
#include "engine/reco_engine.h"
#include "engine_synthetic.h"
#include "snapshot/reco_snapshot_view.h"
#include "train.h"

#define WARM_UP 2000
#define QUERIES 20000

typedef struct {
    const char *folder;
    const char *train;
    const char *test;
    uint32_t nitems;
    uint32_t nsessions;
    unsigned n;
    unsigned nqueries;
    unsigned length;  /* of every visit; 0: as they come */
    size_t between;   /* bytes copied before each query */
    char *copied;     /* twice as many */
    int each;         /* also every source alone */
    const char *only; /* one source */
    int ready;        /* the folder holds a version already */
    reco_engine_params_t params;
} bench_t;

/* What is asked: prefixes of sessions, as keys. */
typedef struct {
    reco_engine_session_t *sessions;
    unsigned count;
} questions_t;


static void
fail(const reco_error_t *error)
{
    fprintf(stderr, "engine_queries: %s\n", error->message);
    exit(1);
}


static uint64_t
key_of(uint32_t item)
{
    char text[16];

    return reco_item_key((reco_str_t){
        (size_t) snprintf(text, sizeof(text), "item-%u", item), text});
}


static void
question_add(questions_t *questions, const uint32_t *items, unsigned length)
{
    unsigned i;
    reco_engine_event_t event;
    reco_engine_session_t *session;

    session = &questions->sessions[questions->count++];
    memset(session, 0, sizeof(*session));

    for (i = 0; i < length; i++) {
        memset(&event, 0, sizeof(event));
        event.item = key_of(items[i]);
        event.time = 1702592000 + i;
        reco_engine_session_apply(session, &event);
    }
}


static void
ask_synthetic(const bench_t *bench, questions_t *questions)
{
    unsigned length;
    uint32_t items[32];
    synthetic_shop_t shop;

    synthetic_shop_init(&shop, bench->nitems, 7);

    while (questions->count < bench->nqueries + WARM_UP) {
        length = synthetic_session(&shop, items);
        length = 1 + (unsigned) (synthetic_random(&shop) % (length - 1));

        if (bench->length != 0) {
            length = synthetic_visit(&shop, items, bench->length);
        }

        question_add(questions, items, length);
    }

    synthetic_shop_done(&shop);
}


/* Every prefix of every test session, over and over. */
static void
ask_real(
    const bench_t *bench, const reco_history_t *history, questions_t *questions)
{
    uint32_t session;
    uint64_t first, event;

    for (;;) {
        for (session = 0; session < history->nsessions; session++) {
            first = history->offsets[session];

            for (event = first + 1; event < history->offsets[session + 1];
                 event++) {
                if (questions->count == bench->nqueries + WARM_UP) {
                    return;
                }

                question_add(questions, history->items + first,
                    (unsigned) (event - first));
            }
        }
    }
}


static void
read_history(
    const char *path, reco_dataset_names_t *names, reco_history_t *history)
{
    reco_error_t error;
    reco_dataset_t dataset;

    memset(&dataset, 0, sizeof(dataset));

    if (reco_dataset_read(&dataset, names, path, &error) != RECO_OK
        || reco_dataset_history(&dataset, names, 1800, history, &error)
               != RECO_OK)
    {
        fail(&error);
    }

    reco_dataset_done(&dataset);
}


static void
train_real(const bench_t *bench, questions_t *questions)
{
    char *text;
    uint32_t i, nitems;
    reco_error_t error;
    reco_config_t *config;
    reco_history_t train, test;
    reco_train_report_t report;
    reco_dataset_names_t names;
    reco_snapshot_item_t *items;

    memset(&names, 0, sizeof(names));
    read_history(bench->train, &names, &train);
    read_history(bench->test, &names, &test);
    nitems = train.nitems > test.nitems ? train.nitems : test.nitems;
    train.nitems = nitems;
    items = calloc(nitems, sizeof(items[0]));
    text = malloc((size_t) nitems * 16);
    config = reco_config_create();

    if (items == NULL || text == NULL || config == NULL) {
        fprintf(stderr, "out of memory\n");
        exit(1);
    }

    for (i = 0; i < nitems; i++) {
        items[i].id.data = text + (size_t) i * 16;
        items[i].id.len =
            (size_t) snprintf(text + (size_t) i * 16, 16, "item-%u", i);
        items[i].price = -1;
        items[i].available = 1;
    }

    if (!bench->ready
        && reco_train(
               &train, items, config, NULL, bench->folder, &report, &error)
               != RECO_OK)
    {
        fail(&error);
    }

    ask_real(bench, &test, questions);

    reco_config_destroy(config);
    reco_dataset_names_done(&names);
    reco_history_done(&train);
    reco_history_done(&test);
    free(items);
    free(text);
}


static double
cpu_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);

    return (double) now.tv_sec * 1e6 + (double) now.tv_nsec / 1e3;
}


static int
ascending(const void *a, const void *b)
{
    double left, right;

    left = *(const double *) a;
    right = *(const double *) b;

    return left < right ? -1 : left > right;
}


/* What asking the clock costs, which is not the engine's. */
static double
clock_cost(void)
{
    double best, begin;
    unsigned i;

    best = 1e9;

    for (i = 0; i < 1000; i++) {
        begin = cpu_now();
        begin = cpu_now() - begin;
        best = begin < best ? begin : best;
    }

    return best;
}


/* Equal answers have equal sums, on any processor. */
static uint64_t
answers_add(uint64_t answers, const reco_engine_result_t *result)
{
    unsigned i;

    for (i = 0; i < result->nhits; i++) {
        answers = answers * 0x9e3779b97f4a7c15u + result->hits[i].item;
        answers ^= answers >> 29;
    }

    return answers;
}


/* What a page's bytes do to the caches; the empty statement keeps a copy that
   nobody reads. */
static void
copy_page(const bench_t *bench)
{
    memcpy(bench->copied + bench->between, bench->copied, bench->between);
    __asm__ volatile("" : : "r"(bench->copied) : "memory");
}


/* A page's second block shows nothing of the first. */
static void
ask_first(const reco_engine_model_t *model, const reco_engine_query_t *second,
    reco_engine_scratch_t *scratch, uint64_t *keys, unsigned *nkeys)
{
    unsigned i;
    reco_engine_query_t query;
    reco_engine_result_t result;
    reco_snapshot_item_t item;

    query = *second;
    query.sources = 0;
    reco_engine_recommend(model, &query, scratch, &result);

    for (i = 0; i < result.nhits; i++) {
        reco_engine_item(model, result.hits[i].item, &item);
        keys[i] = reco_item_key(item.id);
    }

    *nkeys = result.nhits;
}


/* second: of a page's blocks, the first of which asks all sources. */
static void
measure(const bench_t *bench, const reco_engine_model_t *model,
    const questions_t *questions, const char *name, uint32_t sources,
    int second)
{
    double begin, cost, *times;
    unsigned i, empty;
    uint64_t nhits, answers, shown[RECO_ENGINE_RESULT_MAX];
    reco_engine_query_t query;
    reco_engine_result_t result;
    reco_engine_scratch_t *scratch;

    times = malloc(bench->nqueries * sizeof(times[0]));

    if (times == NULL || reco_engine_scratch_create(model, &scratch) != RECO_OK)
    {
        fprintf(stderr, "out of memory\n");
        exit(1);
    }

    cost = clock_cost();
    nhits = 0;
    answers = 0;
    empty = 0;

    for (i = 0; i < questions->count; i++) {
        memset(&query, 0, sizeof(query));
        query.session = &questions->sessions[i];
        query.current =
            reco_engine_session_event(query.session, query.session->nevents - 1)
                ->item;
        query.now = 1702592100;
        query.sources = sources;
        query.n = bench->n;
        query.repeat = 1;
        query.price_max = -1;

        copy_page(bench);

        if (second) {
            query.page = i + 1;
            query.excluded = shown;
            ask_first(model, &query, scratch, shown, &query.nexcluded);
        }

        begin = cpu_now();
        reco_engine_recommend(model, &query, scratch, &result);
        begin = cpu_now() - begin - cost;

        if (i >= WARM_UP) {
            times[i - WARM_UP] = begin > 0 ? begin : 0;
            nhits += result.nhits;
            empty += result.nhits == 0;
            answers = answers_add(answers, &result);
        }
    }

    qsort(times, bench->nqueries, sizeof(times[0]), ascending);
    printf("%-22s %8.1f %8.1f %8.1f %8.1f   %.2f   %08x\n", name,
        times[bench->nqueries / 2], times[bench->nqueries * 9 / 10],
        times[bench->nqueries * 99 / 100], times[bench->nqueries - 1],
        (double) nhits / bench->nqueries, (unsigned) answers);
    fflush(stdout);

    reco_engine_scratch_destroy(scratch);
    free(times);
}


/* What each file costs an item, or a session. */
static void
print_sizes(const bench_t *bench, const reco_snapshot_t *snapshot)
{
    char path[512];
    unsigned i;
    double count;
    struct stat st;

    static const char *const names[] = {"catalog.bin", "codes.bin",
        "vectors.faiss", "neighbors.bin", "popular.bin", "sessions.bin"};

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        snprintf(path, sizeof(path), "%s/%s", bench->folder, names[i]);
        count = i < 5 ? reco_snapshot_nitems(snapshot)
                      : reco_snapshot_view(snapshot)->sessions.nsessions;

        if (stat(path, &st) == 0 && count > 0) {
            printf("%-14s %11lld bytes %8.1f %s\n", names[i],
                (long long) st.st_size, (double) st.st_size / count,
                i < 5 ? "an item" : "a session");
        }
    }
}


static void
measure_all(const bench_t *bench, const questions_t *questions)
{
    unsigned source;
    double begin;
    const char *name;
    struct timespec now;
    reco_error_t error;
    reco_snapshot_t *snapshot;
    reco_engine_model_t *model;

    clock_gettime(CLOCK_MONOTONIC, &now);
    begin = (double) now.tv_sec * 1e3 + (double) now.tv_nsec / 1e6;

    if (reco_snapshot_open(bench->folder, 0, &snapshot, &error) != RECO_OK
        || reco_engine_model_open(
               snapshot, NULL, &bench->params, &model, &error)
               != RECO_OK)
    {
        fail(&error);
    }

    clock_gettime(CLOCK_MONOTONIC, &now);
    printf("opened in %.2f ms\n",
        (double) now.tv_sec * 1e3 + (double) now.tv_nsec / 1e6 - begin);
    print_sizes(bench, snapshot);
    printf("\n");
    printf("%-22s %8s %8s %8s %8s   %s\n", "CPU us of a query", "p50", "p90",
        "p99", "max", "hits   answers");

    for (source = 0; source < RECO_ENGINE_SOURCE_COUNT; source++) {
        name = reco_engine_source_name(source);

        if (bench->each
            || (bench->only != NULL && strcmp(bench->only, name) == 0)) {
            measure(bench, model, questions, name, 1u << source, 0);
        }
    }

    if (bench->only == NULL) {
        measure(bench, model, questions, "all", 0, 0);
        measure(bench, model, questions, "second block, for you",
            1u << RECO_ENGINE_SESSION | 1u << RECO_ENGINE_FACTORS
                | 1u << RECO_ENGINE_BACKFILL,
            1);
        measure(bench, model, questions, "second block, all", 0, 1);
    }

    reco_engine_model_close(model);
    reco_snapshot_release(snapshot);
}


static void
set_param(bench_t *bench, const char *pair)
{
    const char *equals;
    reco_str_t key, value;
    reco_error_t error;

    equals = strchr(pair, '=');
    equals = equals != NULL ? equals : pair + strlen(pair) - 1;
    key = (reco_str_t){(size_t) (equals - pair), pair};
    value = (reco_str_t){strlen(equals + 1), equals + 1};

    if (reco_engine_params_set(&bench->params, key, value, &error) != RECO_OK) {
        fail(&error);
    }
}


static void
read_options(bench_t *bench, int argc, char **argv)
{
    int option;

    static const struct option options[] = {
        {"items", required_argument, NULL, 'i'},
        {"sessions", required_argument, NULL, 's'},
        {"folder", required_argument, NULL, 'f'},
        {"train", required_argument, NULL, 't'},
        {"test", required_argument, NULL, 'T'},
        {"n", required_argument, NULL, 'n'},
        {"queries", required_argument, NULL, 'q'},
        {"length", required_argument, NULL, 'l'},
        {"between", required_argument, NULL, 'b'},
        {"each", no_argument, NULL, 'e'},
        {"only", required_argument, NULL, 'o'},
        {"set", required_argument, NULL, 'S'}, {NULL, 0, NULL, 0}};

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (option) {
        case 'i':
            bench->nitems = (uint32_t) strtoul(optarg, NULL, 10);
            break;
        case 's':
            bench->nsessions = (uint32_t) strtoul(optarg, NULL, 10);
            break;
        case 'f':
            bench->folder = optarg;
            break;
        case 't':
            bench->train = optarg;
            break;
        case 'T':
            bench->test = optarg;
            break;
        case 'n':
            bench->n = (unsigned) strtoul(optarg, NULL, 10);
            break;
        case 'q':
            bench->nqueries = (unsigned) strtoul(optarg, NULL, 10);
            break;
        case 'l':
            bench->length = (unsigned) strtoul(optarg, NULL, 10);
            break;
        case 'b':
            bench->between = strtoul(optarg, NULL, 10);
            break;
        case 'e':
            bench->each = 1;
            break;
        case 'o':
            bench->only = optarg;
            break;
        case 'S':
            set_param(bench, optarg);
            break;
        default:
            exit(2);
        }
    }
}


int
main(int argc, char **argv)
{
    bench_t bench;
    struct stat st;
    questions_t questions;
    synthetic_shop_t shop;
    char temporary[] = "/dev/shm/reco-bench-XXXXXX", command[64];

    memset(&bench, 0, sizeof(bench));
    bench.nitems = 18000;
    bench.nsessions = 24000;
    bench.n = 8;
    bench.nqueries = QUERIES;
    reco_engine_params_init(&bench.params);
    set_param(&bench, "diversity.lambda=0.8");
    read_options(&bench, argc, argv);

    if (bench.folder == NULL && (bench.folder = mkdtemp(temporary)) == NULL) {
        fprintf(stderr, "no /dev/shm\n");
        return 1;
    }

    bench.ready = bench.folder != temporary && stat(bench.folder, &st) == 0;
    questions.count = 0;
    questions.sessions =
        malloc((bench.nqueries + WARM_UP) * sizeof(questions.sessions[0]));
    bench.copied = calloc(2 * bench.between + 1, 1);

    if (questions.sessions == NULL || bench.copied == NULL) {
        fprintf(stderr, "no memory\n");
        free(questions.sessions);
        free(bench.copied);
        return 1;
    }

    if (bench.train != NULL && bench.test != NULL) {
        printf("%s\n", bench.train);
        train_real(&bench, &questions);

    } else {
        printf("%u items, %u sessions, synthetic\n", bench.nitems,
            bench.nsessions);
        ask_synthetic(&bench, &questions);

        if (!bench.ready) {
            synthetic_shop_init(&shop, bench.nitems, 1);
            synthetic_write(&shop, bench.nsessions, bench.folder);
            synthetic_shop_done(&shop);
        }
    }

    measure_all(&bench, &questions);
    free(questions.sessions);
    free(bench.copied);

    if (bench.folder == temporary) {
        snprintf(command, sizeof(command), "rm -rf %s", temporary);
        return system(command) != 0;
    }

    return 0;
}
