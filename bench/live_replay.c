/*
 * History as if it happened: the first half of a store's events trains a
 * version, the second half comes in as the stream would bring it, and the
 * overlay is published after every so many events.  Each event is predicted
 * before anything learns from it.
 *
 *   live_replay --from STATE --config FILE [--set KEY=VALUE]... [--step N]
 *
 * STATE holds all of the history (recoctl import), FILE names the folders of
 * the replay, which are new.  Prints the overlay's last report.
 */

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "batch.h"
#include "clock.h"
#include "config.h"
#include "follow.h"
#include "log.h"
#include "snapshot/reco_snapshot.h"
#include "store.h"

#define BATCH 1000


typedef struct {
    int64_t ts;
    uint64_t sequence;
} moment_t;

typedef struct {
    reco_config_t *config;
    reco_store_t *from;
    reco_store_t *store;
    reco_registry_t *registry;
    reco_follow_t *follow;
    moment_t *moments;
    size_t nmoments;
    reco_store_scratch_t scratch[BATCH];
    reco_event_t events[BATCH];
    reco_store_outcome_t outcomes[BATCH];
} replay_t;


static void
check(reco_status_t status, const reco_error_t *error)
{
    if (status != RECO_OK) {
        fprintf(stderr, "live_replay: %s\n", error->message);
        exit(1);
    }
}


static int
by_time(const void *one, const void *other)
{
    const moment_t *a = one;
    const moment_t *b = other;

    if (a->ts != b->ts) {
        return a->ts < b->ts ? -1 : 1;
    }

    return a->sequence < b->sequence ? -1 : a->sequence > b->sequence;
}


static void
read_moments(replay_t *replay)
{
    reco_store_stats_t stats;
    reco_store_event_t event;
    reco_store_view_t *view;
    reco_status_t status;
    reco_error_t error;

    check(reco_store_stats(replay->from, &stats, &error), &error);
    replay->moments = malloc((stats.events + 1) * sizeof(moment_t));
    if (replay->moments == NULL) {
        abort();
    }

    check(reco_store_view_begin(replay->from, &view, &error), &error);
    for (status = reco_store_view_seek(view, 0, &event); status == RECO_OK;
         status = reco_store_view_next(view, &event))
    {
        replay->moments[replay->nmoments++] =
            (moment_t){event.ts, event.sequence};
    }
    reco_store_view_end(view);

    qsort(replay->moments, replay->nmoments, sizeof(moment_t), by_time);
}


/* Events [first, first + count) of the history into the replay's store. */
static int64_t
apply(replay_t *replay, size_t first, size_t count)
{
    reco_store_batch_t batch = {.events = replay->events,
        .nevents = count,
        .outcomes = replay->outcomes};
    reco_store_limits_t limits;
    reco_store_event_t header;
    reco_store_view_t *view;
    reco_error_t error;
    size_t i;

    check(reco_store_view_begin(replay->from, &view, &error), &error);
    for (i = 0; i < count; i++) {
        if (reco_store_view_get(
                view, replay->moments[first + i].sequence, &header)
                != RECO_OK
            || reco_store_view_event(
                   view, &header, &replay->scratch[i], &replay->events[i])
                   != RECO_OK)
        {
            abort();
        }
    }

    limits.now = replay->moments[first + count - 1].ts;
    limits.retention = reco_config_integer(replay->config, "retention");
    limits.visitor_rate = UINT32_MAX;
    check(reco_store_apply(replay->store, &batch, &limits, &error), &error);
    reco_store_view_end(view);

    return limits.now;
}


static void
copy_catalog(replay_t *replay)
{
    reco_store_outcome_t outcome;
    reco_store_batch_t batch = {.nevents = 1, .outcomes = &outcome};
    reco_store_limits_t limits = {
        .now = reco_clock_ms(), .retention = INT64_MAX / 2, .visitor_rate = 1};
    reco_store_view_t *view;
    reco_store_item_t item;
    reco_event_t event;
    reco_error_t error;
    uint32_t i;

    check(reco_store_view_begin(replay->from, &view, &error), &error);
    for (i = 0; i < reco_store_view_nitems(view); i++) {
        if (reco_store_view_item(view, i, &item) != RECO_OK
            || item.updated == 0) {
            continue;
        }
        reco_event_init(&event);
        event.type = RECO_EVENT_ITEM;
        event.item = item.id;
        event.product = item.product;
        event.currency = item.currency;
        event.price = item.product.price;
        event.ts = item.updated;
        event.received = item.updated;
        batch.events = &event;
        check(reco_store_apply(replay->store, &batch, &limits, &error), &error);
    }
    reco_store_view_end(view);
}


static void
train(replay_t *replay)
{
    reco_batch_report_t report;
    reco_error_t error;
    size_t first, half, count;

    half = replay->nmoments / 2;
    for (first = 0; first < half; first += count) {
        count = half - first < BATCH ? half - first : BATCH;
        apply(replay, first, count);
    }

    check(reco_batch_run(replay->config, replay->store, 1, &report, &error),
        &error);
}


static void
follow(replay_t *replay, size_t step)
{
    reco_status_t status;
    reco_error_t error = {0};
    size_t first, count;
    int64_t now, began;

    began = reco_clock_monotonic_ns();

    for (first = replay->nmoments / 2; first < replay->nmoments; first += count)
    {
        count =
            replay->nmoments - first < step ? replay->nmoments - first : step;
        now = apply(replay, first, count);
        do {
            status = reco_follow_step(replay->follow, now, &error);
        } while (status == RECO_AGAIN);
        if (status != RECO_DECLINED) {
            check(status, &error);
        }
    }

    fprintf(stderr, "%zu events followed in %.1f s\n",
        replay->nmoments - replay->nmoments / 2, reco_clock_elapsed(began));
}


static void
print_report(const replay_t *replay)
{
    reco_snapshot_overlay_t *overlay;
    reco_snapshot_t *base;
    reco_version_id_t id;
    reco_error_t error;
    reco_str_t report;
    char path[PATH_MAX];

    check(reco_registry_live(replay->registry, &id, &error), &error);
    check(reco_registry_path(replay->registry, &id, path, &error), &error);
    check(reco_snapshot_open(path, 0, &base, &error), &error);
    snprintf(path, sizeof(path), "%.4000s/overlay",
        reco_config_string(replay->config, "model"));
    check(reco_snapshot_overlay_open(path, base, &overlay, &error), &error);
    report = reco_snapshot_overlay_report(overlay);
    printf("%.*s\n", (int) report.len, report.data);
    reco_snapshot_overlay_release(overlay);
    reco_snapshot_release(base);
}


static void
open_all(replay_t *replay, const char *from)
{
    reco_error_t error;

    check(reco_store_open(from, RECO_STORE_EXISTING, 0, &replay->from, &error),
        &error);
    check(reco_store_open(reco_config_string(replay->config, "state"),
              RECO_STORE_WRITE, 256 << 20, &replay->store, &error),
        &error);
    check(reco_batch_registry(
              replay->config, RECO_REGISTRY_CREATE, &replay->registry, &error),
        &error);
    check(reco_follow_create(replay->config, replay->store, replay->registry,
              &replay->follow, &error),
        &error);
}


static replay_t replay;

int
main(int argc, char **argv)
{
    static const struct option options[] = {
        {"from", required_argument, NULL, 'f'},
        {"config", required_argument, NULL, 'c'},
        {"set", required_argument, NULL, 's'},
        {"step", required_argument, NULL, 'n'}, {NULL, 0, NULL, 0}};
    const char *from;
    reco_error_t error = {0};
    size_t step;
    int option;

    from = NULL;
    step = 200;
    replay.config = reco_config_create();
    if (replay.config == NULL) {
        abort();
    }

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (option) {
        case 'f':
            from = optarg;
            break;
        case 'c':
            check(reco_config_read(replay.config, optarg, &error), &error);
            break;
        case 's':
            check(reco_config_set_pair(replay.config, optarg, &error), &error);
            break;
        case 'n':
            step = strtoul(optarg, NULL, 10);
            break;
        default:
            return 2;
        }
    }

    if (from == NULL || step == 0 || step > BATCH) {
        fprintf(stderr, "live_replay: --from STATE, --step 1 to %d\n", BATCH);
        return 2;
    }

    check(reco_config_set_pair(replay.config, "features=off", &error), &error);
    reco_log_set_level(RECO_LOG_NOTICE);
    open_all(&replay, from);
    read_moments(&replay);
    copy_catalog(&replay);
    train(&replay);
    follow(&replay, step);
    print_report(&replay);

    reco_follow_destroy(replay.follow);
    reco_registry_close(replay.registry);
    reco_store_close(replay.store);
    reco_store_close(replay.from);
    reco_config_destroy(replay.config);
    free(replay.moments);

    return 0;
}
